"""What stored episodes say of beliefs: calibration where the truth is known, regret, the gap to action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from atom import Learner
from eval.measure.regret import Regret, external_regret
from eval.measure.reliability import Calibration, calibration, class_probabilities, equivalence_classes
from eval.play import SELF, learner_of, true_orders
from eval.results import StoredEpisode, stored_episodes, stored_learners
from eval.tasks import make_task

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class BeliefSummary:
    """The beliefs of one agent about one partner.

    Attributes:
        task, agent, partner: the pairing.
        calibration: over the classes of orders that acted differently in the episode; None where the
            partner has no one order, or one that is no hypothesis.
        regret: mean external regret of an episode.
        worst: that of the episode with the largest measured regret, beside its bound; None where the
            learner cannot be run again.
        gap: mean belief-action gap of wrapped agents; None where nothing was wrapped.
        against: how often the agent acted against the best response to its belief, in [0, 1]. Steps of one
            episode hang together, so it has no interval.
    """

    task: str
    agent: str
    partner: str
    calibration: Calibration | None
    regret: float | None
    worst: Regret | None
    gap: float | None
    against: float | None


def belief_summaries(path: Path, number: int | None = None) -> Iterator[BeliefSummary]:
    """A summary for every pairing of a run whose agent holds beliefs.

    Raises:
        ResultsError: see ``stored_run``.
    """
    learners = stored_learners(path, number)
    for pairing, group in groupby(stored_episodes(path, number), key=lambda e: (e.task, e.agent, e.partner)):
        summary = _summary(*pairing, group, learners)
        if summary is not None:
            yield summary


def _summary(
    task: str,
    agent: str,
    partner: str,
    episodes: Iterable[StoredEpisode],
    learners: Mapping[tuple[str, str], Learner | None],
) -> BeliefSummary | None:
    truth = true_orders(agent if partner == SELF else partner)
    known = (task, agent) in learners
    learner = learners[task, agent] if known else _todays(task, agent, partner)
    beliefs: list[list[float]] = []
    truths: list[int] = []
    regrets: list[Regret] = []
    gaps: list[float] = []
    held = False
    for episode in episodes:
        players = list(episode.scores)
        me = players[episode.seat]
        gaps += [gap for step in episode.steps if (gap := step["decisions"][me].get("gap")) is not None]
        for other in players:
            seen = watched(episode.steps, me, other)
            if not seen:
                continue
            held = True
            for posterior, index in judged(seen, truth):
                beliefs.append(posterior)
                truths.append(index)
            regret = None if learner is None else _regret(learner, seen)
            if regret is not None:
                regrets.append(regret)
    if not held:
        return None
    worst = max(regrets, key=attrgetter("measured"), default=None)
    return BeliefSummary(
        task,
        agent,
        partner,
        calibration(beliefs, truths) if beliefs else None,
        float(np.mean([regret.measured for regret in regrets])) if regrets else None,
        worst,
        float(np.mean(gaps)) if gaps else None,
        sum(gap > _TOLERANCE for gap in gaps) / len(gaps) if gaps else None,
    )


def watched(steps: Iterable[Mapping[str, Any]], me: str, other: str) -> list[tuple[dict[str, Any], str]]:
    """(what ``me`` expected of ``other``, what it then did) of every step with an expectation."""
    return [
        (step["decisions"][me]["partners"][other], step["actions"][other])
        for step in steps
        if other in step["decisions"][me].get("partners", {})
    ]


def judged(seen: list[tuple[dict[str, Any], str]], truth: str | None) -> Iterator[tuple[list[float], int]]:
    """(belief over classes, index of the true class) of every step."""
    if truth is None or truth not in seen[0][0]["posterior"]:
        return
    classes = equivalence_classes(expected["by_order"] for expected, _ in seen)
    index = next((i for i, group in enumerate(classes) if truth in group), None)
    if index is None:
        return
    for expected, _ in seen:
        yield class_probabilities(expected["posterior"], classes), index


def _regret(learner: Learner, seen: list[tuple[dict[str, Any], str]]) -> Regret | None:
    orders = list(seen[0][0]["posterior"])
    if any(order not in expected["by_order"] for expected, _ in seen for order in orders):
        return None  # hypotheses were left out, so what they lost is not known
    rows = [[expected["by_order"][k].get(action, 0.0) for k in orders] for expected, action in seen]
    sizes = [len(expected["by_order"][orders[0]]) for expected, _ in seen]
    weights = learner.init(orders)
    for row, size in zip(rows[:-1], sizes[:-1], strict=True):
        weights = learner.update(weights, row, size)
    # an agent that did not learn from what its partner did, such as "permuted", has no such regret
    believed = [seen[-1][0]["posterior"][k] for k in orders]
    if not np.allclose(learner.probabilities(weights), believed, atol=_TOLERANCE):
        return None
    return external_regret(learner, rows, sizes)


def _todays(task: str, agent: str, partner: str) -> Learner | None:
    """What an agent learns by today, for runs that do not say what it was."""
    try:
        return learner_of(make_task(task), agent, partner)
    except (ValueError, OSError, ModuleNotFoundError):
        return None
