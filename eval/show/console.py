"""What commands say: consoles, progress bars, lines on stderr, files of numbers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    from eval.sweeps import ModelSession

_UNBOUNDED = 10_000
_OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class DataConsole(Console):
    """A console whose texts are data: what is to have a style is a ``Text``."""

    def print(self, *objects: Any, **settings: Any) -> None:
        """The same, where texts are never markup, and control no terminal."""
        super().print(*map(_shown, objects), **settings)


# Piped output has no terminal to fit into, and a table broken at 80 columns is hard to read.
out = DataConsole() if sys.stdout.isatty() else DataConsole(width=140)
err = DataConsole(stderr=True)


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.3g}/s", style="progress.data.speed")


@contextmanager
def working(title: str) -> Iterator[None]:
    """A line on stderr with the time so far, for work whose parts cannot be counted."""
    with Progress(
        TextColumn("{task.description}", markup=False), TimeElapsedColumn(), console=err, transient=True
    ) as bar:
        bar.add_task(as_data(title).plain, total=None)
        yield


@contextmanager
def progress_bar(title: str, total: int, session: ModelSession | None = None) -> Iterator[Callable[[], None]]:
    """A bar on stderr; the function within advances it by one. It shows what language models have cost."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    title = as_data(title).plain
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=total)
        if session is not None:
            from eval.sweeps import spend  # noqa: PLC0415 - the help needs none of it

            session.on_episode = lambda now: bar.update(task, description=f"{title}: {spend(now.spent)}")
        yield lambda: bar.advance(task)


def check_writable(file: Path | None) -> None:
    """Before any work is done that a wrong path would lose.

    Raises:
        ValueError: the file is a folder, or cannot be written, or its folder does not exist.
    """
    if file is None:
        return
    _check_folder(file, file.parent)
    if file.is_dir():
        raise ValueError(f"cannot write {str(file)!r}: it is a directory; name a file")
    if file.exists() and not os.access(file, os.W_OK):
        raise ValueError(f"cannot write {str(file)!r}: it may not be changed; name another file")


def check_folder(folder: Path | None) -> None:
    """The same for a folder, which is made where it is missing.

    Raises:
        ValueError: it is a file, or cannot be written or made.
    """
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"cannot write into {str(folder)!r}: it is a file; name a directory")
    _check_folder(folder, folder if folder.exists() else folder.parent)


def _check_folder(path: Path, folder: Path) -> None:
    if not folder.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: there is no directory {str(folder)!r}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"cannot write {str(path)!r}: the directory {str(folder)!r} may not be written")


def write_json(file: Path | None, content: dict[str, Any]) -> None:
    """Writes the content where a file is given."""
    if file is not None:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        note(f"wrote {file}")


def note(text: str) -> None:
    """A line on stderr."""
    err.print(text, soft_wrap=True)


def as_data(text: str, style: str = "") -> Text:
    r"""Words of others for the terminal: no markup, and nothing that a terminal would obey.

    Control and format characters but for line ends and tabs, and what no encoding knows, are shown as Python
    writes them.

    Example:
        >>> print(as_data("[red]a[/red]" + chr(27) + "[2J"))
        [red]a[/red]\x1b[2J
    """
    shown = (
        char.encode("unicode_escape").decode() if category(char) in _OBEYED and char not in "\n\t" else char
        for char in text
    )
    return Text("".join(shown), style)


class Table(RichTable):
    """A table whose texts are data: names of tasks, players and models are never markup.

    Where it does not fit, words stay whole and nothing is cut off: columns of words are wrapped between them,
    and where that is not enough, each row becomes a heading with a line for every column.
    """

    def __init__(self, *headers: Any, title: Any = None, **settings: Any) -> None:
        super().__init__(title=_shown(title, "table.title"), **settings)
        for header in headers:
            self.add_column(header)

    @property
    def caption(self) -> Any:
        """What stands below the table; a text is data."""
        return self._caption

    @caption.setter
    def caption(self, caption: Any) -> None:
        self._caption = _shown(caption, "table.caption")

    def add_column(self, header: Any = "", *further: Any, **settings: Any) -> None:
        """The same with a heading that is data."""
        super().add_column(_shown(header), *further, **settings)

    def add_row(self, *cells: Any, **settings: Any) -> None:
        """The same with cells that are data; a ``Text`` is taken as it is."""
        super().add_row(*map(_shown, cells), **settings)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, its columns narrower, or row by row, as there is room."""
        least, most = self._widths(console, options)
        room = options.max_width - self._extra_width
        if sum(most) <= room or not self.columns:
            yield from super().__rich_console__(console, options)
        elif sum(least) > room:
            yield from self._row_by_row()
        else:
            before = [(column.width, column.no_wrap) for column in self.columns]
            spare, wanted = room - sum(least), sum(most) - sum(least)
            try:
                for column, low, high in zip(self.columns, least, most, strict=True):
                    column.width = low + spare * (high - low) // wanted - self._padding_of(column)
                yield from super().__rich_console__(console, options)
            finally:
                for column, (width, no_wrap) in zip(self.columns, before, strict=True):
                    column.width, column.no_wrap = width, no_wrap

    def _padding_of(self, column: Column) -> int:
        return self._get_padding_width(self.columns.index(column))

    def _widths(self, console: Console, options: ConsoleOptions) -> tuple[list[int], list[int]]:
        """Of every column the least that breaks no word and no figure, and what it would take."""
        unbounded = options.update(max_width=_UNBOUNDED, min_width=1)
        found = [self._measure_column(console, unbounded, column) for column in self.columns]
        least = [
            one.maximum if column.justify == "right" or column.no_wrap else one.minimum
            for one, column in zip(found, self.columns, strict=True)
        ]
        return least, [one.maximum for one in found]

    def _row_by_row(self) -> RenderResult:
        """Every row as a heading, the words of its first columns, and a line for each of the others."""
        if self.title:
            yield Text.assemble(self.title, style="table.title")
        texts = [list(column.cells) for column in self.columns]
        lead = next((i for i, column in enumerate(self.columns) if column.justify == "right"), 1) or 1
        names = [_plain(column.header) for column in self.columns]
        if self.show_header:
            yield Text(" · ".join(names[:lead]), style="dim")
        for row in zip(*texts, strict=True):
            yield Text(" · ".join(filter(None, map(_plain, row[:lead]))), style="bold")
            told = [
                (name, cell)
                for name, cell in zip(names[lead:], row[lead:], strict=True)
                if _plain(cell).strip()
            ]
            if not told:
                yield Text("  –")
            for name, cell in told:
                yield Text.assemble("  ", (name, "dim"), "  ", cell if isinstance(cell, Text) else str(cell))
        if self.caption:
            yield Text.assemble(self.caption, style="table.caption")


def _plain(cell: Any) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _shown(cell: Any, style: str = "") -> Any:
    return as_data(cell, style) if isinstance(cell, str) else cell
