"""What all commands share: consoles, progress bars, lists of names, files of numbers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eval.sweeps.executors import Backend, dask, in_process, processes, threads
from eval.sweeps.session import spend
from eval.sweeps.spending import LLMRun

# Piped output has no terminal to fit into, and a table broken at 80 columns is hard to read.
out = Console() if sys.stdout.isatty() else Console(width=140)
err = Console(stderr=True)


_MODEL_WORKERS = 4
"""Episodes with language models at once, unless told otherwise."""


class EnvName(StrEnum):
    """What takes the steps of a kitchen."""

    table = "table"
    real = "real"


class RuntimeName(StrEnum):
    """Where episodes are played."""

    plain = "plain"
    langgraph = "langgraph"


Episodes = Annotated[int, typer.Option(min=1, help="Episodes a cell.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]
Epsilon = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Rate at which every player lapses to a random action.")
]
RuntimeOption = Annotated[
    RuntimeName,
    typer.Option(help="plain: directly. langgraph: the same episodes inside a compiled graph, slower."),
]
EnvOption = Annotated[
    EnvName,
    typer.Option(help="real: every step of a kitchen in overcooked-ai itself (extra overcooked)."),
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", dir_okay=False, help="Also write the numbers to this file.")
]
Results = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="Store every episode in this file; the same command continues it."),
]
ForceNew = Annotated[
    bool, typer.Option("--force-new", help="Begin a new run in the results file, whatever it holds.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Play in so many processes; with language models, so many episodes at once.",
        show_default="1; with language models 4",
    ),
]
DaskAddress = Annotated[str, typer.Option(help="Play on the Dask cluster of this scheduler.")]


Temperature = Annotated[float, typer.Option(min=0.0, help="Temperature of language models (paper: 0.1).")]
TranscriptsDir = Annotated[
    Path | None,
    typer.Option(
        "--transcripts",
        file_okay=False,
        help="Keep prompts and answers of language models here. Without --results, episodes found there are "
        "not played again.",
    ),
]
MemoFile = Annotated[
    Path | None,
    typer.Option("--memo", dir_okay=False, help="SQLite file of language models' answers, for later runs."),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--requests-per-minute",
        min=0.1,
        help="How many requests to language models in a minute, all together.",
        show_default="no limit",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Ask language models without asking first.")]


@contextmanager
def progress_bar(title: str, total: int, run: LLMRun | None = None) -> Iterator[Callable[[], None]]:
    """A bar on stderr; the function within advances it by one. It shows what a model run has spent."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=total)
        if run is not None:
            run.on_episode = lambda run: bar.update(task, description=f"{title}: {spend(run.spent)}")
        yield lambda: bar.advance(task)


def split_names(text: str) -> list[str]:
    """Names separated by commas.

    Raises:
        ValueError: there is none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError(f"expected names separated by commas, got {text!r}")
    return names


def check_writable(file: Path | None) -> None:
    """Before any work is done that a wrong path would lose.

    Raises:
        ValueError: the file's directory does not exist.
    """
    if file is not None and not file.parent.is_dir():
        raise ValueError(f"cannot write {str(file)!r}: there is no directory {str(file.parent)!r}")


def write_json(file: Path | None, content: dict[str, Any]) -> None:
    """Writes the content where a file is given."""
    if file is not None:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        err.print(f"wrote {escape(str(file))}")


def note(text: str) -> None:
    """A line on stderr."""
    err.print(escape(text), highlight=False, soft_wrap=True)


def choose_backend(workers: int | None, address: str, *, models: bool = False) -> Backend:
    """The backend of ``--workers`` and ``--dask``.

    Args:
        workers: how many; None for one, or four where models are asked.
        address: of a Dask scheduler, or empty.
        models: whether language models play: their episodes mostly wait, so they share this process.

    Raises:
        ValueError: both are given, or a cluster for language models.
        ConnectionError: no scheduler answers.
    """
    if models:
        if address:
            raise ValueError(
                "episodes with language models are played in this process, --workers of them at once, so "
                "that they share one rate limit and one memo; leave --dask out"
            )
        return threads(workers or _MODEL_WORKERS)
    workers = workers or 1
    if address:
        if workers > 1:
            raise ValueError("--dask and --workers exclude each other: a cluster has its own workers")
        return dask(address)
    return processes(workers) if workers > 1 else in_process()
