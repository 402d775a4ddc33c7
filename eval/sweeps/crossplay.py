"""Every agent with every partner: cross-play matrices, and what can be paired."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from eval.play import MAX_DEGRADED, SELF, Cell, Pairing, Runtime, scores_of
from eval.sweeps.outcomes import Outcome, cell_of
from eval.sweeps.plan import Sweep
from eval.sweeps.run import Execution, Progress, outcomes_of
from eval.tasks import Environment, Task, make_task
from partners import all_kinds

ALL = "all"


def pairing_scores(
    task: Task,
    agent: str,
    partner: str,
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
) -> Iterator[float]:
    """The agent's score in one episode after the other; many are played at once where that is possible.

    The agent takes one seat after the other, in a circle; all others are the partner's.

    Args:
        task: the task to be played.
        agent, partner: names of the zoo; a partner ``"self"`` is the agent's own kind.
        episodes: how many.
        seed: seed of all random numbers, >= 0.
        runtime: ``"plain"`` plays the episodes directly, ``"langgraph"`` in a compiled graph; the
            episodes are the same.
        epsilon: the rate at which every player lapses to a random action.
    """
    pairings = [
        Pairing(task, agent, partner, seat, seed=seed, epsilon=epsilon, runtime=runtime)
        for seat in range(min(episodes, len(task.players)))
    ]
    yield from scores_of(pairings, episodes)


def play_cell(
    task: Task,
    agent: str,
    partner: str,
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
    progress: Progress = lambda: None,
) -> Cell:
    """All episodes of one pairing; ``progress`` is called after each. Arguments as ``pairing_scores``."""
    scores = []
    for score in pairing_scores(task, agent, partner, episodes, seed=seed, runtime=runtime, epsilon=epsilon):
        scores.append(score)
        progress()
    return Cell(agent, partner, tuple(scores))


def cross_play(
    task_name: str,
    agents: Sequence[str],
    partners: Sequence[str],
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
    env: Environment = "table",
) -> list[list[Cell]]:
    """One cross-play matrix, played here: a row for each agent and a column for each partner.

    What is stored, or played elsewhere, is a ``Sweep`` for ``cross_plays``.

    Args:
        task_name: name of a task.
        agents, partners: names of the zoo.
        episodes: episodes a cell, >= 1.
        seed, runtime, epsilon: see ``pairing_scores``.
        env: see ``make_task``.

    Raises:
        ValueError: an unknown name, a partner that cannot play the task, no episodes; all before the
            first episode is played.
    """
    matrix = (task_name, tuple(agents), tuple(partners))
    (rows,) = cross_plays(Sweep((matrix,), episodes, seed, epsilon, runtime, env))
    return rows


def cross_plays(sweep: Sweep, how: Execution | None = None) -> list[list[list[Cell]]]:
    """The cross-play matrices of a sweep, one after the other.

    Args:
        sweep: what is asked for; all cells of its matrices.
        how: how it is carried out; in this process, and nothing stored, for None.

    Raises:
        ValueError: an unknown name, or a partner that cannot play the task; before the first episode is
            played.
        ResultsError, TranscriptError, WorkerLostError: see ``run_sweep``.
    """
    check_pairings(sweep)
    found = outcomes_of(sweep.units, how)

    def outcomes(task: str, agent: str, partner: str) -> list[Outcome]:
        return [found[task, agent, partner, episode] for episode in range(sweep.episodes)]

    return [
        [
            [cell_of(agent, partner, outcomes(task, agent, partner)) for partner in partners]
            for agent in agents
        ]
        for task, agents, partners in sweep.matrices
    ]


def check_pairings(sweep: Sweep) -> None:
    """Refuses what cannot be played, before anything is.

    Raises:
        ValueError: an unknown name, a player that cannot play the task, or an optimum that is no number.
    """
    for task, agent, partner in sweep.cells():
        made = make_task(task, sweep.env_of(task))
        if made.optimum is not None and not math.isfinite(made.optimum):
            raise ValueError(f"the optimum of {task!r} is {made.optimum}; it has to be finite, or None")
        Pairing(made, agent, partner, 0, seed=0, epsilon=sweep.epsilon_on(task))


def who_plays(task_name: str, env: Environment = "table") -> tuple[tuple[str, ...], dict[str, str]]:
    """All players of the zoo that can play a task, and name -> reason for those that cannot."""
    task = make_task(task_name, env)
    able, reasons = [], {}
    for name in sorted(all_kinds(), key=_place):
        try:
            Pairing(task, name, SELF, 0, seed=0)
        except (ValueError, ModuleNotFoundError) as error:
            reasons[name] = str(error)
        else:
            able.append(name)
    return tuple(able), reasons


_FIRST = (
    "tom-0",
    "tom-1",
    "tom-2",
    "tom-3",
    "ftl",
    "hedge",
    "fixed-share",
    "bayes",
    "random",
    "repeat",
    "alternate",
    "imitate",
    "switching",
    "noisy",
    "tomsup",
    "convention",
    "independent-ties",
    "population",
    "greedy",
    "greedy-unstuck",
    "competence",
    "quantal",
    "cognitive-hierarchy",
    "deceptive",
    "learning",
    "adaptive",
    "adahedge",
    "rescorla-wagner",
    "no-belief",
    "permuted",
    "frequency",
    "oracle",
)
"""The order that ``all`` stands for. Results files store it, so it does not follow the order of the list."""


def _place(name: str) -> int:
    """Where a player stands in ``all``; those that came later follow, in the order of the list."""
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def as_json(
    task: str,
    agents: Sequence[str],
    partners: Sequence[str],
    seed: int,
    rows: list[list[Cell]],
    *,
    max_degraded: float = MAX_DEGRADED,
) -> dict[str, Any]:
    """The matrix as plain data: all but the first five are ``[agents][partners]``.

    ``degraded``, ``repaired`` and ``truncated`` are shares of the decisions, see ``eval.play.Tally``;
    ``marked`` says where that of degraded ones is above ``max_degraded``.
    """
    return {
        "task": task,
        "agents": list(agents),
        "partners": list(partners),
        "n": rows[0][0].n,
        "seed": seed,
        "mean": [[cell.mean for cell in row] for row in rows],
        "se": [[cell.se for cell in row] for row in rows],
        **{
            name: [[cell.tally.as_plain(max_degraded)[name] for cell in row] for row in rows]
            for name in ("degraded", "repaired", "truncated", "marked")
        },
    }
