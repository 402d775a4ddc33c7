"""How soon a change of a partner is noticed, and how often one that never was.

All detectors read the same actions: those of a partner beside an adaptive agent, as likelihoods under
every order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom import AdaptiveAgent, Bayes, ChangePoints, FixedShare, Hedge, Learner
from eval.play import play
from eval.tasks import Task, make_task, one_ahead
from partners import make_partner

ORDERS = (0, 1, 2)
HYPOTHESES = tuple(map(str, ORDERS))
ROUNDS_A_FALSE_ALARM = 200
TOLERANCES = (3, 5)
SETTINGS: dict[str, tuple[float, ...]] = {
    "hazard filter": (0.6, 0.7, 0.8),
    "bayes, leader": (0.55, 0.7, 0.9),
    "fixed-share, leader": (0.55, 0.7, 0.9),
    "hedge, leader": (0.55, 0.7, 0.9),
    "two-sided CUSUM": (0.5, 1.0, 2.0, 3.0),
}
"""Detector -> the settings tried; see ``detector``."""

_KINDS = {
    "2-0@8": ("switching:2-0@8", [8]),
    "2-0-2@20-40": ("switching:2-0-2@20-40", [20, 40]),
    "2-0-1@20-40": ("switching:2-0-1@20-40", [20, 40]),
    "game-2, 1-0@3": ("switching:1-0@3", [3]),
}
"""What is said of a partner that changes -> its name, and the rounds in which it does."""

MOVED = (
    "switching:2-0-2-0@50-100-150",
    "switching:1-2-1-2@50-100-150",
    "deceptive:1-2@4",
    "noisy:0.05:tom-1",
    "learning:hedge@0.5",
    "learning:hedge@2",
    "learning:fixed-share@2",
)
"""Partners that change by themselves, and such that may because the agent did."""

Floats: TypeAlias = NDArray[np.float64]
Detector: TypeAlias = Callable[[Floats, int], list[int]]
"""``detector(likelihoods [T, K], n_actions)``: the rounds, counted from 1, after which it alarms."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How a detector did on episodes with changes at known rounds.

    Attributes:
        within: tolerance in rounds -> share of changes that were noticed so soon.
        delay: mean rounds from the change to the alarm, of those noticed within the largest tolerance.
        false_alarms: alarms that belong to no change, per 200 rounds.
    """

    within: dict[int, float]
    delay: float
    false_alarms: float


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detector with one of its settings noticed.

    Attributes:
        detector: its name in ``SETTINGS``.
        setting: a threshold or a margin.
        false_alarms: per 200 rounds beside partners that never change.
        delays: kind of change -> how soon it was noticed.
    """

    detector: str
    setting: float
    false_alarms: float
    delays: dict[str, Delay]


def parts_of_detectors(episodes: int) -> int:
    """How often ``compare_detectors`` calls its ``progress``."""
    settings = sum(map(len, SETTINGS.values()))
    return len(_KINDS) * episodes + len(ORDERS) * (1 + episodes // 10) + settings


def compare_detectors(
    episodes: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> list[Detected]:
    """Every detector with every setting, on the same episodes.

    Args:
        episodes: of every partner that changes, >= 1.
        seed: seed of all random numbers, >= 0.
        progress: called after every episode, and every setting.

    Raises:
        ModuleNotFoundError: see ``page_hinkley``.
    """
    made = (one_ahead(5), one_ahead(5, 60), one_ahead(5, 60), make_task("game-2"))
    kinds = {title: (task, *rest) for task, (title, rest) in zip(made, _KINDS.items(), strict=True)}
    seen = {
        title: (observe_partner(task, partner, episodes, seed=seed, progress=progress), changes)
        for title, (task, partner, changes) in kinds.items()
    }
    fixed = [
        rows
        for order in ORDERS
        for rows in observe_partner(
            one_ahead(5, 200), f"noisy:0.05:tom-{order}", 1 + episodes // 10, seed=seed, progress=progress
        )
    ]
    found = []
    for name, settings in SETTINGS.items():
        for setting in settings:
            detect = detector(name, setting)
            quiet = _scored(detect, fixed, [])
            delays = {title: _scored(detect, rows, changes) for title, (rows, changes) in seen.items()}
            found.append(Detected(name, setting, quiet.false_alarms, delays))
            progress()
    return found


def _scored(detect: Detector, episodes: Sequence[Floats], changes: Sequence[int]) -> Delay:
    return score([detect(rows, 5) for rows in episodes], changes, list(map(len, episodes)), TOLERANCES)


def detector(name: str, setting: float) -> Detector:
    """A detector with one of its settings.

    Args:
        name: ``"hazard filter"`` is this package's change points; ``"…, leader"`` alarms at a new likeliest
            order or heaviest expert; ``"two-sided CUSUM"`` is river's ``PageHinkley`` on the likelihoods of
            the best order.
        setting: a threshold or a margin.
    """
    if name == "hazard filter":
        return hazard_filter(ChangePoints(threshold=setting))
    if name == "two-sided CUSUM":
        return page_hinkley(setting, 0.05)
    learners: dict[str, Learner] = {
        "bayes, leader": Bayes(),
        "fixed-share, leader": FixedShare(),
        "hedge, leader": Hedge(),
    }
    return change_of_leader(learners[name], setting)


def changes_followed(
    episodes: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> dict[str, tuple[int, int]]:
    """Partner -> changes reported, and how many of them just after the agent's own; 200 rounds an episode.

    Args:
        episodes: of every partner, >= 1.
        seed: seed of all random numbers, >= 0.
        progress: called after every partner.
    """
    found = {}
    for partner in MOVED:
        found[partner] = followed(one_ahead(5, 200), partner, episodes, seed=seed)
        progress()
    return found


def observe_partner(
    task: Task, partner: str, episodes: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> list[Floats]:
    """``[T, K]`` likelihoods of a partner's actions beside an adaptive agent, for every episode.

    Args:
        task: a task of two players.
        partner: name of the zoo.
        episodes: how many, >= 1.
        seed: seed of all random numbers, >= 0.
        progress: called after every episode.
    """
    me, other = task.players
    agent = AdaptiveAgent(me, task.reasoner(), seed=seed, orders=ORDERS)
    seats = {me: agent, other: make_partner(partner, other, task.reasoner(), seed=seed)}
    found = []
    for episode in range(episodes):
        rows = []
        for step in play(task, seats, episode):
            by_order = step.decisions[me].partners[other].by_order
            action = step.decisions[other].action
            rows.append([by_order[k].get(action, 0.0) for k in ORDERS])
        found.append(np.array(rows))
        progress()
    return found


def score(
    alarms: Sequence[Sequence[int]], changes: Sequence[int], rounds: Sequence[int], tolerances: Sequence[int]
) -> Delay:
    """Delay and false alarms.

    An alarm belongs to a change if it comes in its round or up to the largest tolerance later; of
    several the first counts, and the others are false.

    Args:
        alarms: the rounds of the alarms, for every episode.
        changes: the rounds of the changes, the same in all episodes.
        rounds: the episodes' lengths.
        tolerances: in rounds, >= 0.
    """
    delays: list[float] = []
    false = 0
    for episode in alarms:
        unused = sorted(episode)
        for change in changes:
            own = [alarm for alarm in unused if change <= alarm <= change + max(tolerances)]
            delays.append(own[0] - change if own else np.inf)
            if own:
                unused.remove(own[0])
        false += len(unused)
    array = np.array(delays)
    noticed = array[np.isfinite(array)]
    return Delay(
        {t: float((array <= t).mean()) if len(array) else float("nan") for t in tolerances},
        float(noticed.mean()) if len(noticed) else float("nan"),
        ROUNDS_A_FALSE_ALARM * false / sum(rounds),
    )


def hazard_filter(settings: ChangePoints, learner: Bayes | None = None) -> Detector:
    """Ours."""
    bayes = Bayes() if learner is None else learner

    def detect(likelihoods: Floats, n_actions: int) -> list[int]:
        weights, track, alarms = bayes.init(HYPOTHESES), None, []
        for t, row in enumerate(likelihoods.tolist()):
            after = bayes.update(weights, row, n_actions)
            seen = (None, n_actions, row)
            track = settings.follow(bayes, HYPOTHESES, track, (weights, after), seen, t + 1)
            weights = after
            if track["last"] and track["last"]["step"] == t + 1:
                alarms.append(t + 1)
        return alarms

    return detect


def change_of_leader(learner: Learner, margin: float) -> Detector:
    """Alarms when another order than the last leader reaches a probability of ``margin`` in (0.5, 1)."""

    def detect(likelihoods: Floats, n_actions: int) -> list[int]:
        weights, leader, alarms = learner.init(HYPOTHESES), None, []
        for t, row in enumerate(likelihoods.tolist()):
            weights = learner.update(weights, row, n_actions)
            probabilities = learner.probabilities(weights)
            best = int(np.argmax(probabilities))
            if probabilities[best] >= margin and best != leader:
                if leader is not None:
                    alarms.append(t + 1)
                leader = best
        return alarms

    return detect


def page_hinkley(threshold: float, delta: float) -> Detector:
    """River's two-sided CUSUM of the rate at which the best order so far explains the actions.

    It begins anew after an alarm, with the orders' losses.

    Args:
        threshold: λ > 0.
        delta: the change of the mean that is tolerated, >= 0.

    Raises:
        ModuleNotFoundError: the extra is not installed.
    """
    try:
        from river.drift import PageHinkley  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the two-sided CUSUM needs the extra 'drift': pip install 'langgraph-atom[drift]'",
            name=error.name,
        ) from None

    def new() -> Any:  # the package's methods are not annotated
        return PageHinkley(min_instances=1, delta=delta, threshold=threshold, alpha=1.0, mode="both")

    def detect(likelihoods: Floats, n_actions: int) -> list[int]:
        test, losses, alarms = new(), np.zeros(likelihoods.shape[1]), []
        for t, row in enumerate(likelihoods):
            expected = row[int(np.argmin(losses))]
            losses += 1.0 - row
            test.update(float(expected))
            if test.drift_detected:
                alarms.append(t + 1)
                test, losses = new(), 1.0 - row
        return alarms

    return detect


def followed(task: Task, partner: str, episodes: int, *, seed: int) -> tuple[int, int]:
    """How many changes of a partner an adaptive agent reports, and how many just after its own.

    Args:
        task: a task of two players.
        partner: name of the zoo.
        episodes: how many.
        seed: seed of all random numbers, >= 0.
    """
    me, other = task.players
    agent = AdaptiveAgent(me, task.reasoner(), seed=seed, orders=ORDERS, changes=ChangePoints())
    seats = {me: agent, other: make_partner(partner, other, task.reasoner(), seed=seed)}
    reports = set()
    for episode in range(episodes):
        for step in play(task, seats, episode):
            change = step.decisions[me].partners[other].change
            if change is not None:
                reports.add((episode, change))
    return len(reports), sum(change.followed for _, change in reports)
