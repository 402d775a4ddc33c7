"""What commands that play sweeps share: which matrices, and where episodes are stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from eval.cli.options import choose_backend, note, progress_bar
from eval.play.unit import Runtime
from eval.results import Run, open_run
from eval.sweeps.crossplay import ALL, Cell, cross_plays, who_plays
from eval.sweeps.plan import Matrix, configuration, plan
from eval.sweeps.session import LLMOptions, llm_session
from eval.tasks import Environment
from partners import asks_models


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


class Played(NamedTuple):
    """What a command played.

    Attributes:
        tables: a cross-play matrix for each task.
        run: the number of the run in the results file; None without one.
    """

    tables: list[list[list[Cell]]]
    run: int | None


def play_matrices(
    kind: str,
    matrices: Sequence[Matrix],
    episodes: int,
    *,
    seed: int,
    epsilon: float,
    runtime: Runtime = "plain",
    env: Environment = "table",
    results: Path | None = None,
    force_new: bool = False,
    beside_others: bool = False,
    workers: int | None = None,
    dask: str = "",
    options: LLMOptions | None = None,
) -> Played:
    """Cross-plays as a command plays them: with a bar, stored, and agreed on where they cost money.

    Args:
        kind: the command.
        matrices, episodes, seed, epsilon, runtime, env: see ``cross_plays``.
        results, force_new, beside_others: see ``stored``.
        workers, dask: see ``choose_backend``.
        options: how language models are asked, where any play.

    Raises:
        ValueError, ResultsError, TranscriptError: before the first episode, see ``cross_plays``,
            ``stored`` and ``llm_session``.
    """
    units = plan(matrices, episodes, seed=seed, epsilon=epsilon, runtime=runtime, env=env)
    settings = {"seed": seed, "epsilon": epsilon, "runtime": runtime, "env": env}
    tasks = ",".join(task for task, _, _ in matrices)
    asked = any(asks_models(unit.agent) or asks_models(unit.partner) for unit in units)
    backend = choose_backend(workers, dask, models=asked)
    options = options or LLMOptions()
    with (
        stored(
            results,
            kind,
            matrices,
            episodes,
            settings,
            force_new=force_new,
            beside_others=beside_others,
            options=options if asked else None,
        ) as run,
        llm_session(options, units, run, {"task": tasks, **settings}, note) as models,
        progress_bar(tasks, len(units), models) as progress,
    ):
        played = cross_plays(
            matrices,
            episodes,
            seed=seed,
            epsilon=epsilon,
            runtime=runtime,
            env=env,
            progress=progress,
            backend=backend,
            run=run,
            models=models,
        )
        return Played(played, None if run is None else run.number)


@contextmanager
def stored(
    file: Path | None,
    kind: str,
    matrices: Sequence[Matrix],
    episodes: int,
    settings: Mapping[str, Any],
    *,
    force_new: bool,
    beside_others: bool = False,
    options: LLMOptions | None = None,
) -> Iterator[Run | None]:
    """The run in the results file, begun or continued; None where no file is given.

    Args:
        file, force_new: from the command line.
        beside_others: whether the file may hold runs of other configurations.
        kind, matrices, episodes, settings: see ``configuration``.
        options: how language models are asked, where any play.

    Raises:
        ValueError: ``force_new`` without a file.
        ResultsError: see ``open_run``.
    """
    if file is None:
        if force_new:
            raise ValueError("--force-new begins a new run in a results file; name one with --results FILE")
        yield None
        return
    models = None if options is None else options.settings()
    asked = configuration(kind, matrices, episodes, **settings, models=models)
    with open_run(file, asked, command=sys.argv[1:], force_new=force_new, beside_others=beside_others) as run:
        for text in run.notes:
            note(text)
        found = len(run.scores())
        if found:
            note(f"{file}: {found} episodes are there already")
        yield run
