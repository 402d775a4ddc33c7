"""Commands that read results files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import ResultsFile, RunNumber
from eval.results import content_digest, export
from eval.show.console import note, out


def export_(
    file: ResultsFile,
    parquet: Annotated[
        Path | None, typer.Option(help="Directory for episodes.parquet and steps.parquet.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Directory for episodes.csv and steps.csv.")] = None,
    run: RunNumber = None,
) -> None:
    """Write a run's episodes and steps as Parquet or CSV tables (extra 'results')."""
    if parquet is None and csv is None:
        raise ValueError("export needs --parquet DIRECTORY or --csv DIRECTORY")
    written = [] if parquet is None else export(file, parquet, "parquet", run)
    written += [] if csv is None else export(file, csv, "csv", run)
    for path in written:
        note(f"wrote {path}")


def digest(file: ResultsFile, run: RunNumber = None) -> None:
    """Print a digest of a run's content; equal digests mean the same episodes, whenever played."""
    out.print(content_digest(file, run), highlight=False)
