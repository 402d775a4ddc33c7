"""The command that writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import RunNumber, writable
from eval.results import stored_run
from eval.show.console import note, progress_bar

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="RESULTS…",
        dir_okay=False,
        help="A file that --results wrote; the latest runs of others can be looked at beside it.",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", "-o", dir_okay=False, callback=writable, help="The page to write.")
]
Replays = Annotated[
    int | None,
    typer.Option(min=0, help="Episodes a pairing to look into.", show_default="all that fit into 8 MB"),
]


def report(
    files: Files, out: Out = Path("report.html"), run: RunNumber = None, replays: Replays = None
) -> None:
    """Write the explorer as one page to send to somebody, with figures and methods (extra 'report').

    It opens with a verdict and leads to every decision, needs no network and can be printed. For more
    episodes than fit into one page, see view.
    """
    try:
        from eval.show.report import MAX_BYTES, write_report  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "reports need the extra 'report': pip install 'langgraph-atom[report]'", name=error.name
        ) from None
    file, *beside = files
    stored = [stored_run(file, run), *(stored_run(other) for other in beside)]
    with progress_bar("reading episodes", sum(one.episodes for one in stored)) as advance:
        size = write_report(file, out, stored[0].number, beside=beside, replays=replays, read=advance)
    note(f"wrote {out} ({size / 1e6:.1f} MB)")
    if size > MAX_BYTES:
        note("it is large for a phone: a run of fewer tasks or players makes a smaller page")
