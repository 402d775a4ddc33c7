"""The command that plays the numbers of the README and of the pages again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import Workers
from eval.published import Block, How, Playing, blocks_in, blocks_named, shape, with_blocks
from eval.show.console import Table, as_data, note, out, progress_bar
from eval.sweeps import processes

CHECKOUT = Path(__file__).parents[2]
DIFFERENT_STATUS = 1
"""Exit status of --check where a page says something else than what was played."""


def results(
    names: Annotated[
        list[str] | None, typer.Argument(help="Blocks, or pages such as docs/teams.md.", show_default="all")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what came out into the pages.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help=f"End with exit status {DIFFERENT_STATUS} where a page differs.")
    ] = False,
    small: Annotated[
        bool,
        typer.Option(
            "--small", help="Play next to nothing, and compare rows, columns and words, no figures."
        ),
    ] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="List blocks, pages and processor time; play nothing.")
    ] = False,
    workers: Workers = None,
    root: Annotated[
        Path, typer.Option(file_okay=False, help="The checkout.", show_default="where eval is")
    ] = CHECKOUT,
) -> None:
    """Play the numbers of the README and of docs/ again, and print what differs from the pages.

    A page holds them between '<!-- numbers: NAME -->' and '<!-- /numbers -->'. It needs a checkout, since an
    installed package has no pages. The same seeds give the same figures, whatever plays them.
    """
    blocks = blocks_named(names or [])
    if list_:
        for table in _listed(blocks):
            out.print(table)
        return
    if write and (small or check):
        other = "--small" if small else "--check"
        raise ValueError(f"--write publishes what was played, and {other} does not go with it; leave one out")
    texts = {page: _read(root, page) for page in dict.fromkeys(block.page for block in blocks)}
    for block in blocks:
        with_blocks(texts[block.page], {block.name: []})
    found = False
    for block, lines in _played(blocks, small=small, workers=workers):
        text = _read(root, block.page)
        found |= _differs(block.page, text, {block.name: lines}, small=small)
        if write and (after := with_blocks(text, {block.name: lines})) != text:
            # at once: whoever stops a run of half an hour keeps what was played
            (root / block.page).write_text(after, encoding="utf-8")
            note(f"wrote {block.name} into {root / block.page}")
    if not found:
        note("the pages say what was played" + (", but for figures" if small else ""))
    elif check:
        raise typer.Exit(DIFFERENT_STATUS)


def _played(
    blocks: Sequence[Block], *, small: bool, workers: int | None
) -> Iterator[tuple[Block, list[str]]]:
    """Each block and its lines, as it is made; says how long that took."""
    backend = processes(workers) if workers and workers > 1 else None
    playing = Playing(small=small, how=How(backend, progress_bar))
    for i, block in enumerate(blocks, 1):
        begun = time.perf_counter()
        lines = playing.lines(block)
        note(f"{i}/{len(blocks)} {block.name} ({block.page}): {time.perf_counter() - begun:.1f} s")
        yield block, lines


def _differs(page: str, text: str, made: dict[str, list[str]], *, small: bool) -> bool:
    """Whether blocks of a page are not what was made; prints how they differ."""
    found = False
    there = blocks_in(text)
    for name, lines in made.items():
        before, after = (shape(there[name]), shape(lines)) if small else (there[name], lines)
        titles = f"{page} ({name}, committed)", f"{page} ({name}, played)"
        for line in unified_diff(before, after, *titles, lineterm=""):
            found = True
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
            out.print(as_data(line, style), soft_wrap=True)
    return found


def _read(root: Path, page: str) -> str:
    try:
        return (root / page).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(
            f"there is no {page} in {str(root)!r}: 'results' compares with the pages of a checkout, which an "
            "installed package does not have; run it in a checkout, or name one with --root DIR"
        ) from None


def _listed(blocks: Sequence[Block]) -> list[Table]:
    """One row a block, and one a study, which several blocks may share."""
    of_blocks, of_studies = Table(), Table()
    for heading in ("block", "page", "made of"):
        of_blocks.add_column(heading, no_wrap=True)
    for block in blocks:
        of_blocks.add_row(block.name, block.page, ", ".join(study.name for study in block.studies))
    of_studies.add_column("study", no_wrap=True)
    of_studies.add_column("setting", no_wrap=True)
    of_studies.add_column("processor time", justify="right", no_wrap=True)
    studies = {study.name: study for block in blocks for study in block.studies}
    for study in studies.values():
        of_studies.add_row(study.name, str(study.full), f"{study.seconds:.0f} s")
    of_studies.add_section()
    of_studies.add_row("all of these", "", f"{sum(study.seconds for study in studies.values()):.0f} s")
    return [of_blocks, of_studies]
