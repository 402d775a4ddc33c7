"""Sweeps as they are carried out: episodes stored as they are played, continued where they stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from eval.play import EpisodeResult, Key, Unit, materials_of
from eval.results import Run
from eval.sweeps.executors import Backend, play_all
from eval.sweeps.outcomes import Outcome, stored_outcomes
from eval.sweeps.plan import Sweep
from eval.sweeps.session import ModelSession

Progress: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Execution:
    """How a sweep is carried out; its episodes are the same, however.

    Attributes:
        backend: where episodes are played; in this process for None.
        run: where they are stored, and taken from where they are there already; None keeps the scores only.
        models: what is kept of episodes with language models besides; where no results are stored, its
            transcripts say which episodes are there already.
        progress: called after every episode, played or found.
        steps: whether what is stored has every step, and not scores alone. Where it has, episodes are
            played one after the other; episodes with language models have their steps in any case.
    """

    backend: Backend | None = None
    run: Run | None = None
    models: ModelSession | None = None
    progress: Progress = lambda: None
    steps: bool = True


def run_sweep(sweep: Sweep, how: Execution | None = None) -> dict[Key, float]:
    """(task, agent, partner, episode) -> the agent's score, of all episodes of a sweep.

    Args:
        sweep: what is asked for.
        how: how it is carried out; in this process, and nothing stored, for None.

    Raises:
        ResultsError: an episode could not be stored; those before it are safe.
        TranscriptError: a transcript cannot be read.
        WorkerLostError: see ``play_all``.
    """
    return run_units(sweep.units, how)


def run_units(units: Sequence[Unit], how: Execution | None = None) -> dict[Key, float]:
    """``run_sweep`` of episodes one by one."""
    return {key: outcome.score for key, outcome in outcomes_of(units, how).items()}


def outcomes_of(units: Sequence[Unit], how: Execution | None = None) -> dict[Key, Outcome]:
    """``run_units`` with what the decisions were like.

    Episodes that are there already are not played again, but for those in which every decision of a language
    model was degraded.
    """
    how = how or Execution()
    run, models = how.run, how.models
    known: dict[Key, Outcome] = {}
    if run is not None:
        run.keep(materials_of(units))
        known, _ = stored_outcomes(run)
    elif models is not None:
        known, _ = models.outcomes(units)
    missing = [unit for unit in units if unit.key not in known]
    for _ in range(len(units) - len(missing)):
        how.progress()
    late: list[EpisodeResult] = []
    played = play_all(missing, how.backend, detailed=run is not None and how.steps, late=late)
    try:
        with closing(played):
            for result in played:
                _keep(result, how)
                known[result.unit.key] = Outcome(result.score, result.tally)
                how.progress()
    finally:
        for result in late:  # paid for, though the sweep is over
            _keep(result, how)
    if run is not None:
        run.finish()
    return {unit.key: known[unit.key] for unit in units}


def _keep(result: EpisodeResult, how: Execution) -> None:
    if how.models is not None:
        how.models.keep(result)
    if how.run is not None:
        how.run.add(result)
