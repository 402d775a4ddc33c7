"""The report: the explorer in one file, with figures and methods that can be printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from eval.results import StoredEpisode, stored_run
from eval.show.explorer import MAX_BYTES, RunPacker, explored_runs, one_file
from eval.show.report.still import still_fragment

__all__ = ["MAX_BYTES", "render", "write_report"]


def write_report(
    path: Path,
    out: Path,
    number: int | None = None,
    *,
    beside: Sequence[Path] = (),
    replays: int | None = None,
    read: Callable[[], None] = lambda: None,
) -> int:
    """Writes the report of a run as one page that needs nothing else.

    Args:
        path: the results file.
        out: the page.
        number: the run; the latest for None.
        beside: files whose latest runs can be looked at beside it.
        replays: how many episodes of a pairing can be stepped through; None for all, and fewer where
            the page would grow beyond ``MAX_BYTES``.
        read: called after every episode that was read, as often as the runs have episodes.

    Returns:
        bytes written.

    Raises:
        ResultsError: see ``stored_cells``.
        ModuleNotFoundError: the extra is not installed.
    """
    page = render(path, number, beside=beside, replays=replays, read=read).encode()
    out.write_bytes(page)
    return len(page)


def render(
    path: Path,
    number: int | None = None,
    *,
    beside: Sequence[Path] = (),
    replays: int | None = None,
    read: Callable[[], None] = lambda: None,
) -> str:
    """The page as text. Arguments and errors as ``write_report``."""
    numbers = [stored_run(path, number).number, *(stored_run(other).number for other in beside)]
    packers: list[RunPacker] = []
    still: list[str] = []
    for run in explored_runs([path, *beside]):
        place, _, own = run.id.partition(".")
        if int(own) != numbers[int(place) - 1]:
            continue
        packer = RunPacker(run, replays)

        def seen(episode: StoredEpisode, packer: RunPacker = packer) -> None:
            packer.add(episode)
            read()

        still.append(still_fragment(run, seen=seen, prefix=f"run-{place}-" if packers else ""))
        packers.append(packer)
    return one_file(packers, still="\n".join(still))
