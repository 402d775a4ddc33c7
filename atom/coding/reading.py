"""What was read of a repository, as plain data, and what a file's text says of a change to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from atom.coding.changes import Change, Hunk
from atom.coding.symbols import LARGEST, Symbol, symbols_of, touched


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes:
        since: the commit that it begins at.
        until: the commit that it ends at; None for a worktree's files as they are.
        changes: what was done, file by file; of several commits that touch one file, several.
        notes: what a reader should know, one sentence each: history that was rewritten, a diff too large.
    """

    since: str
    until: str | None
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        return {
            "since": self.since,
            "until": self.until,
            "changes": [change.as_plain() for change in self.changes],
            "notes": list(self.notes),
        }


def with_symbols(change: Change, old: str | None, new: str | None) -> Change:
    """A change with the symbols that it touches, and the signatures of those, before and after.

    Args:
        change: of a Python file, with its hunks.
        old, new: the file before and after; empty where there was none, None where it was not read.
    """
    before = [] if old == "" else symbols_of(old or "\0")
    after = [] if new == "" else symbols_of(new or "\0")
    if before is None or after is None or not change.known:
        return change
    gone = touched(
        before, [(h.old_start, h.old_start + h.old_lines - 1) for h in change.hunks if h.old_lines]
    )
    came = touched(after, [(h.new_start, h.new_start + h.new_lines - 1) for h in change.hunks if h.new_lines])
    names = tuple(sorted(gone | came))
    was, becomes = _signatures(before), _signatures(after)
    pairs = {name: (was.get(name), becomes.get(name)) for name in names if name in was or name in becomes}
    return replace(change, symbols=names, signatures=pairs)


def _signatures(symbols: Iterable[Symbol]) -> dict[str, str]:
    return {symbol.name: symbol.signature for symbol in symbols if symbol.signature is not None}


def is_python(change: Change) -> bool:
    """Whether the names in a file can be told."""
    return change.known and not change.binary and change.path.endswith((".py", ".pyi"))


def new_file(root: Path, path: str) -> Change:
    """A file that git does not know."""
    full = root / path
    text = contents(full)
    if text is None:
        return Change(path, "added", known=False)
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    hunks = (Hunk(0, 0, 1, lines),) if lines else ()
    change = Change(path, "added", hunks=hunks)
    return with_symbols(change, "", text) if is_python(change) else change


def contents(path: Path) -> str | None:
    """A file's text; None for a link, for what is too large and for what is no text."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            return None
        return text_of(path.read_bytes())
    except OSError:
        return None


def text_of(content: bytes) -> str | None:
    """The content as text; None for what is none."""
    if b"\0" in content:
        return None
    return content.decode("utf-8", "replace").replace("\r\n", "\n")
