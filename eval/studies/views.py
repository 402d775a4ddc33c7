"""What it costs to see the partner late, seldom or unclearly.

The game is as always, and everybody remembers the same rounds; only what the agent's belief is told of its
partner's actions differs. Adaptive agents beside partners of fixed orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from atom import AdaptiveAgent, JointAction, Seen
from atom.observation import Observed
from atom.randomness import RandomStream
from eval.play import mean_and_error
from eval.tasks import MatrixTask, make_task
from partners import make_partner

MISSING = 0.6
NOISE = 0.3
PARTNERS = ("tom-0", "tom-1", "tom-2")

View: TypeAlias = Callable[[Sequence[JointAction], str, Sequence[str], int, int], "Observed | None"]
"""``view(history, partner, its actions, seed, episode)``: what is seen after the last round of a history."""


@dataclass(frozen=True, slots=True)
class Viewed:
    """How an agent does with one view.

    Attributes:
        view: its name.
        partner: beside whom.
        early, late: mean and standard error of the share of the optimum, in the first half of the rounds and
            in the second; no error where one episode was played.
    """

    view: str
    partner: str
    early: tuple[float, float | None]
    late: tuple[float, float | None]


def _in_time(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> Observed:
    return {partner: history[-1][partner]}


def _missing(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> Observed | None:
    rng = RandomStream(seed, episode, len(history), partner, "missing")
    return None if rng.random() < MISSING else {partner: history[-1][partner]}


def _late(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> Observed | None:
    step = len(history) - 2
    return {partner: Seen(history[step][partner], step=step)} if step >= 0 else None


def _blurred(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> str:
    rng = RandomStream(seed, episode, len(history), partner, "noise")
    others = [action for action in actions if action != history[-1][partner]]
    return others[rng.integers(len(others))] if rng.random() < NOISE else history[-1][partner]


def _noisy(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> Observed:
    seen = _blurred(history, partner, actions, seed, episode)
    wrong = NOISE / (len(actions) - 1)
    return {partner: Seen({action: 1.0 - NOISE if action == seen else wrong for action in actions})}


def _mistaken(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> Observed:
    return {partner: _blurred(history, partner, actions, seed, episode)}


def _nothing(
    history: Sequence[JointAction], partner: str, actions: Sequence[str], seed: int, episode: int
) -> None:
    return None


VIEWS: Mapping[str, View] = {
    "all, in time": _in_time,
    "all, one step late": _late,
    f"{MISSING:.0%} missing": _missing,
    f"{NOISE:.0%} wrong, and known to be": _noisy,
    f"{NOISE:.0%} wrong, taken for certain": _mistaken,
    "nothing": _nothing,
}
"""Name -> what is seen of the partner's actions."""

RANDOM = "a random player"


def views(name: str, *, rounds: int, episodes: int, seed: int, progress: Callable[[], None]) -> list[Viewed]:
    """Every view beside every partner, and a random player beside them.

    Args:
        name: of a repeated game of two players with a known optimum.
        rounds: of an episode, an even number >= 2.
        episodes: a cell, >= 2.
        seed: of all random numbers, >= 0.
        progress: called after every cell.

    Raises:
        ValueError: a task that is no such game.
    """
    task = make_task(name)
    if not isinstance(task, MatrixTask) or len(task.players) != 2 or task.optimum is None:
        raise ValueError(f"views are compared in repeated games of two players, and {name!r} is none")
    best = task.optimum / task.max_steps
    found = []
    for view in (*VIEWS, RANDOM):
        for partner in PARTNERS:
            scores = np.array(
                [_scores(task, view, partner, rounds, seed, episode) for episode in range(episodes)]
            )
            halves = [half.mean(axis=1) / best for half in np.split(scores, 2, axis=1)]
            early, late = (mean_and_error(half.tolist()) for half in halves)
            found.append(Viewed(view, partner, early, late))
            progress()
    return found


def _scores(task: MatrixTask, view: str, partner: str, rounds: int, seed: int, episode: int) -> list[float]:
    """What the agent gets in each round."""
    me, other = task.players
    agent = AdaptiveAgent(me, task.reasoner(), seed=seed, late=1)
    player = make_partner("random", me, task.reasoner(), seed=seed) if view == RANDOM else agent
    seats = {me: player, other: make_partner(partner, other, task.reasoner(), seed=seed)}
    memories = {me: player.start([other], episode=episode), other: seats[other].start([me], episode=episode)}
    state, scores = task.start(), []
    for _ in range(rounds):
        situation = task.situation(state)
        joint = {}
        for name, seat in seats.items():
            decision, memories[name] = seat.decide(situation, memories[name])
            joint[name] = decision.action
        transition = task.step(state, joint)
        state = transition.state
        scores.append(transition.scores[me])
        memories[other] = seats[other].observe(memories[other], situation, joint)
        if view != RANDOM:
            seen = VIEWS[view](state, other, situation.actions[other], seed, episode)
            if seen is not None:
                memories[me] = agent.observe(memories[me], situation, seen)
    return scores
