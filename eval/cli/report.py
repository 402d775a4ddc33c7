"""The command that writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import ResultsFile, RunNumber, writable
from eval.results import stored_run
from eval.show.console import note, progress_bar

Out = Annotated[
    Path, typer.Option("--out", "-o", dir_okay=False, callback=writable, help="The page to write.")
]
Replays = Annotated[
    int | None,
    typer.Option(min=0, help="Episodes a pairing to step through.", show_default="all that fit into 8 MB"),
]


def report(
    file: ResultsFile, out: Out = Path("report.html"), run: RunNumber = None, replays: Replays = None
) -> None:
    """Write one page with figures, replays and methods of a results file (extra 'report')."""
    try:
        from eval.show.report import MAX_BYTES, write_report  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "reports need the extra 'report': pip install 'langgraph-atom[report]'", name=error.name
        ) from None
    stored = stored_run(file, run)
    with progress_bar("reading episodes", stored.episodes) as advance:
        size = write_report(file, out, stored.number, replays=replays, read=advance)
    note(f"wrote {out} ({size / 1e6:.1f} MB)")
    if size > MAX_BYTES:
        note("it is large for a phone: a run of fewer tasks or players makes a smaller page")
