"""How calibrated a belief about orders is: beside partners it expects, and beside those that never lapse."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from atom import Bayes
from eval.measure import Calibration, calibration
from eval.measure.beliefs import judged, watched
from eval.play import play, seat_players
from eval.sweeps import Progress
from eval.tasks import Task, make_task

TASKS = ("memory-1", "one-ahead-5", "game-2")
AGENT = "adaptive:bayes/win-stay/nearest"
ORDERS = (0, 1, 2)
"""The orders that the agent takes for equally likely."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Calibrations of one agent in one task, over all steps of all episodes.

    Attributes:
        task: name of the task.
        prior: beside partners drawn as the belief expects them: every order at every lapse rate of its grid.
        steady: beside partners of every order that never lapse.
    """

    task: str
    prior: Calibration
    steady: Calibration


def calibrated(task: str, episodes: int, *, seed: int = 42, progress: Progress = lambda: None) -> Calibrated:
    """Plays the agent beside both kinds of partners.

    Args:
        task: name of a task.
        episodes: episodes beside each partner, >= 1.
        seed: seed of all random numbers, >= 0.
        progress: called after each partner.
    """
    made = make_task(task)
    lapsing = [f"noisy:{lapse:g}:tom-{order}" for lapse, order in product(Bayes().lapses, ORDERS)]
    found = []
    for partners in (lapsing, [f"tom-{order}" for order in ORDERS]):
        beliefs: list[list[float]] = []
        truths: list[int] = []
        for partner in partners:
            for posterior, index in _judged(made, partner, episodes, seed):
                beliefs.append(posterior)
                truths.append(index)
            progress()
        found.append(calibration(beliefs, truths))
    return Calibrated(task, *found)


def _judged(task: Task, partner: str, episodes: int, seed: int) -> list[tuple[list[float], int]]:
    seats = seat_players(task, [AGENT, partner], seed=seed)
    me, other = task.players
    found: list[tuple[list[float], int]] = []
    for episode in range(episodes):
        steps = [
            {
                "decisions": {me: step.decisions[me].as_plain()},
                "actions": {name: decision.action for name, decision in step.decisions.items()},
            }
            for step in play(task, seats, episode)
        ]
        found += judged(watched(steps, me, other), partner.rsplit("-", 1)[-1])
    return found
