"""Sweeps: all episodes of a cross-play, stored as they are played, continued where they stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeAlias

from eval.play.unit import EpisodeResult, Key, Limiter, Runtime, Unit, file_of
from eval.results.runs import Run
from eval.sweeps.executors import Backend, play_all
from eval.sweeps.spending import LLMRun
from eval.tasks import Environment

Progress: TypeAlias = Callable[[], None]
Matrix: TypeAlias = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A task, the agents and the partners to be paired on it, all by name."""


def plan(
    matrices: Sequence[Matrix],
    episodes: int,
    *,
    seed: int,
    epsilon: float = 0.0,
    runtime: Runtime = "plain",
    env: Environment = "table",
) -> list[Unit]:
    """The units of a sweep, in the order of tasks, agents, partners and episodes.

    Args:
        matrices: who is paired with whom.
        episodes: episodes a pairing, >= 1.
        seed, epsilon, runtime, env: see ``Unit``.
    """
    return [
        Unit(task, agent, partner, episode, seed, epsilon, runtime, env)
        for task, agents, partners in matrices
        for agent in agents
        for partner in partners
        for episode in range(episodes)
    ]


def sweep(
    units: Sequence[Unit],
    *,
    backend: Backend | None = None,
    run: Run | None = None,
    limiter: Limiter | None = None,
    models: LLMRun | None = None,
    progress: Progress = lambda: None,
) -> dict[Key, float]:
    """(task, agent, partner, episode) -> the agent's score, of all units.

    Args:
        units: what to play.
        backend: where; in this process for None.
        run: where episodes are stored, and taken from where they are there already; None keeps the
            scores only.
        limiter: entered for each episode, see ``play_all``.
        models: what is kept of episodes with language models besides; where no results are stored, its
            transcripts say which episodes are there already.
        progress: called after every episode, played or found.

    Raises:
        ResultsError: an episode could not be stored; those before it are safe.
        TranscriptError: a transcript cannot be read.
        WorkerLostError: see ``play_all``.
    """
    scores: dict[Key, float] = {}
    if run is not None:
        scores = run.scores()
    elif models is not None:
        scores = models.scores(units)
    missing = [unit for unit in units if unit.key not in scores]
    for _ in range(len(units) - len(missing)):
        progress()
    late: list[EpisodeResult] = []
    played = play_all(missing, backend, detailed=run is not None, limiter=limiter, late=late)
    try:
        with closing(played):
            for result in played:
                _keep(result, run, models)
                scores[result.unit.key] = result.score
                progress()
    finally:
        for result in late:  # paid for, though the sweep is over
            _keep(result, run, models)
    if run is not None:
        run.finish()
    return {unit.key: scores[unit.key] for unit in units}


def _keep(result: EpisodeResult, run: Run | None, models: LLMRun | None) -> None:
    if models is not None:
        models.keep(result)
    if run is not None:
        run.add(result)


def configuration(
    kind: str,
    matrices: Sequence[Matrix],
    episodes: int,
    *,
    seed: int,
    epsilon: float | Mapping[str, float],
    runtime: Runtime = "plain",
    env: Environment = "table",
    pairings: Sequence[tuple[str, str]] | None = None,
    models: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that the episodes of a sweep depend on, for ``open_run``.

    Tasks and players that are made from files count with the files' content.

    Args:
        kind: the command.
        matrices, episodes, seed, runtime, env: see ``plan``.
        epsilon: the same; or task -> rate.
        pairings: (agent, partner) of the cells that are played; None for all.
        models: how language models are asked, where any are.
    """
    names = dict.fromkeys(name for task, agents, partners in matrices for name in (task, *agents, *partners))
    files = {name: file for name in names if (file := file_of(name)) is not None}
    return {
        "kind": kind,
        "matrices": {
            task: {"agents": list(agents), "partners": list(partners)} for task, agents, partners in matrices
        },
        "episodes": episodes,
        "seed": seed,
        "epsilon": dict(epsilon) if isinstance(epsilon, Mapping) else epsilon,
        "runtime": runtime,
        "env": env,
        "files": {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()},
        **({} if pairings is None else {"pairings": [list(pairing) for pairing in pairings]}),
        **({} if models is None else {"models": dict(models)}),
    }
