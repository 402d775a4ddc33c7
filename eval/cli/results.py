"""Commands that read results files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import ResultsFile, RunNumber, writable_folder
from eval.results import check, content_digest, export, repair
from eval.results.export import Form
from eval.show.console import as_data, note, out, working


def export_(
    file: ResultsFile,
    parquet: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            callback=writable_folder,
            help="Directory for episodes.parquet, steps.parquet and transcripts.parquet.",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            callback=writable_folder,
            help="Directory for episodes.csv, steps.csv and transcripts.csv.",
        ),
    ] = None,
    run: RunNumber = None,
) -> None:
    """Write a run's episodes, steps and transcripts as Parquet or CSV tables (extra 'results').

    Transcripts are all prompts that language models were asked, and their replies; there are none where no
    model played or --no-transcripts was given. Tables of before in the directory are replaced, and its table
    of transcripts is removed where this run has none.
    """
    if parquet is None and csv is None:
        raise ValueError("export needs --parquet DIRECTORY or --csv DIRECTORY")
    wanted: list[tuple[Path | None, Form]] = [(parquet, "parquet"), (csv, "csv")]
    for directory, form in wanted:
        if directory is None:
            continue
        stale = directory / f"transcripts.{form}"
        was_there = stale.exists()
        with working(f"writing {form}"):
            written = list(export(file, directory, form, run))
        for path in written:
            note(f"wrote {path}")
        if was_there and not stale.exists():
            note(f"removed {stale}, which was of another run: this one has no transcripts")


def digest(file: ResultsFile, run: RunNumber = None) -> None:
    """Print a digest of a run's content; equal digests mean the same episodes, whenever played."""
    with working("reading episodes"):
        found = content_digest(file, run)
    out.print(found, highlight=False)


def check_(
    file: ResultsFile,
    repair_: Annotated[
        bool,
        typer.Option(
            "--repair", help="Put a new file with all that is whole in its place, and keep the old."
        ),
    ] = False,
) -> None:
    """Verify a results file, episode by episode; --repair saves what is whole of a damaged one.

    Exit status 1 says that something is damaged. The command that played a run plays again what is missing.
    """
    found = check(file)
    for number, whole in found.whole.items():
        out.print(f"run {number}: {whole} episodes are whole", highlight=False)
    for line in (*map(str, found.damaged), *found.problems):
        out.print(as_data(line), highlight=False)
    if found.is_sound:
        return
    if not repair_:
        note("add --repair to save what is whole")
        raise typer.Exit(1)
    saved = repair(file)
    for number, episodes in saved.episodes.items():
        lost = ", but what was asked for is lost" if number in saved.without else ""
        note(f"run {number}: saved {episodes} episodes{lost}")
    note(f"saved {saved.transcripts} transcripts; the damaged file is {saved.copy}")
    note("the command that played a run plays again what is missing")
