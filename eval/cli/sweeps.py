"""What commands that play sweeps share: which matrices, and how a sweep is carried out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import typer

from eval.cli.options import DEGRADED_STATUS, Models, Storing
from eval.results import Run, open_run, transcript_command
from eval.show.console import note, progress_bar
from eval.show.tables import Marks
from eval.sweeps import ALL, Execution, Matrix, Speaker, Sweep, model_session, who_plays
from eval.tasks import Environment


def matrices_of(
    tasks: Sequence[str], agents: Sequence[str], partners: Sequence[str], env: Environment = "table"
) -> list[Matrix]:
    """A matrix for every task; ``"all"`` stands for all players of the zoo that can play it.

    Raises:
        ValueError: an unknown task.
    """
    matrices = []
    for task in dict.fromkeys(tasks):
        able: tuple[str, ...] = ()
        if ALL in (*agents, *partners):
            able, reasons = who_plays(task, env)
            if reasons:
                note(f"{task}: without {', '.join(reasons)}; name one to see why it cannot play")
        rows, columns = (
            tuple(dict.fromkeys(n for name in names for n in (able if name == ALL else (name,))))
            for names in (agents, partners)
        )
        matrices.append((task, rows, columns))
    return matrices


@contextmanager
def execution(
    sweep: Sweep,
    storing: Storing,
    models: Models | None = None,
    *,
    told: Mapping[str, Any] | None = None,
    beside_others: bool = False,
    endpoints: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Execution]:
    """How a command carries out a sweep: with a bar, stored, and agreed on where it costs money.

    Args:
        sweep: what is asked for.
        storing, models: from the command line.
        told: what transcripts say of the sweep; tasks and settings for None.
        beside_others: whether the results file may hold runs of other configurations.
        endpoints: see ``Asking``.

    Raises:
        ValueError: options that exclude each other, or a player that cannot play its task.
        ConnectionError: see ``Storing.backend``.
        ResultsError: see ``open_run``.
        TranscriptError: see ``model_session``.
        typer.Abort: the user does not want to pay.
    """
    tasks, asked = ",".join(sweep.tasks), models or Models()
    if told is None:
        told = {
            "task": tasks,
            "seed": sweep.seed,
            "epsilon": sweep.epsilon,
            "runtime": sweep.runtime,
            "env": sweep.env,
        }
    backend = storing.backend(models=sweep.asks_models)
    title = tasks if sweep.kind != "paper" else sweep.kind
    asking = replace(asked.asking, endpoints=endpoints or {})
    user = Speaker(note, lambda question: typer.confirm(question, abort=True))
    with (
        _stored(sweep, storing, beside_others=beside_others, transcripts=not asked.no_transcripts) as run,
        model_session(sweep, asking, run, told, user) as session,
        progress_bar(title, len(sweep.units), session) as progress,
    ):
        yield Execution(backend, run, session, progress, steps=not storing.scores_only)
    if run is not None and (command := transcript_command(run.path, run.number)):
        note(f"what was asked and answered: {command}")


def with_transcripts(content: Mapping[str, Any], how: Execution) -> dict[str, Any]:
    """Content of a ``--json`` file, and where the run has transcripts the command that shows them."""
    command = "" if how.run is None else transcript_command(how.run.path, how.run.number)
    return {**content, **({"transcripts": command} if command else {})}


def end(tables: Mapping[str, Marks]) -> None:
    """Ends a command after its tables: with another exit status where scores are marked.

    Args:
        tables: what each table is of -> its marks.

    Raises:
        typer.Exit: too large a share of the decisions behind a score was degraded.
    """
    marked = [(name, *pair) for name, marks in tables.items() for pair in marks.marked]
    if marked:
        limit = next(marks.limit for marks in tables.values() if marks.marked)
        places = "; ".join(f"{agent} with {partner} ({name})" for name, agent, partner in marked)
        note(
            f"more than {100 * limit:g} % of the decisions were degraded, so these are no results of the "
            f"players that are named: {places}. See --max-degraded; exit status {DEGRADED_STATUS}"
        )
        raise typer.Exit(DEGRADED_STATUS)


@contextmanager
def _stored(
    sweep: Sweep, storing: Storing, *, beside_others: bool, transcripts: bool
) -> Iterator[Run | None]:
    """The run in the results file, begun or continued; None where no file is given."""
    file = storing.results
    if file is None:
        if storing.force_new:
            raise ValueError("--force-new begins a new run in a results file; name one with --results FILE")
        if storing.extend:
            raise ValueError("--extend lets a run in a results file grow; name one with --results FILE")
        if storing.scores_only:
            raise ValueError("--scores-only says what a results file keeps; name one with --results FILE")
        yield None
        return
    with open_run(
        file,
        sweep.configuration(),
        command=sys.argv[1:],
        force_new=storing.force_new,
        beside_others=beside_others,
        transcripts=transcripts,
        extend=storing.extend,
    ) as run:
        for text in run.notes:
            note(text)
        if run.there:
            note(f"{file}: {run.there} episodes are there already")
        yield run
