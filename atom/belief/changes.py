"""When a partner changed: the probability that another hypothesis holds than some steps ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.belief.learners import Bayes
from atom.decision import Change
from atom.errors import BeliefError
from atom.memories import Track, Turned, Weights
from atom.policies import lapsed


@dataclass(frozen=True, slots=True)
class ChangePoints:
    """Reports that a partner changed, to another order say, with the probability that it did.

    ``Bayes`` follows a partner that changes, through its hazard rate, without ever saying so. The same
    filter, run over pairs of hypotheses, says it: with the belief of ``window`` steps ago as the start,
    ``P(k then, k now | actions)`` is filtered through the actions since, and its mass off the diagonal
    is the probability that what holds now is another than what held then. It is the smoothing
    distribution at a fixed lag (Rabiner 1989, section III; compare the run lengths of Adams and MacKay
    2007), K times the work of the filter. A lapse lifts it for one step; the next actions decide.

    After a report the window begins anew, so that one change is reported once.

    Args:
        window: steps that are looked back on, >= 1. Longer is surer and remembers longer.
        threshold: probability in (0.5, 1) from which a change is reported.

    Raises:
        BeliefError: a setting out of its range.
    """

    window: int = 5
    threshold: float = 0.6

    def __post_init__(self) -> None:
        if self.window < 1 or not 0.5 < self.threshold < 1.0:
            raise BeliefError(
                "the window of change points is at least 1 and their threshold lies in (0.5, 1), got "
                f"{self.window} and {self.threshold}"
            )

    def pairs(
        self, learner: Bayes, then: ArrayLike, likelihoods: Sequence[ArrayLike], n_actions: Sequence[int]
    ) -> NDArray[np.float64]:
        """``[..., K, K]``: probability of every pair (hypothesis then, hypothesis now).

        Args:
            learner: whose lapse rates, hazard rate and prior hold.
            then: its weights before the first of the actions, ``[..., K, L]``.
            likelihoods: for every action since, ``[..., K]``.
            n_actions: how many actions were legal each time.
        """
        start = np.asarray(then, dtype=float)
        k = start.shape[-2]
        joint = start[..., None, :, :] * np.eye(k)[:, :, None]
        prior = np.asarray(learner.init([str(i) for i in range(k)]))
        rates, stays = np.asarray(learner.lapses), np.asarray(learner.stays)
        for i, (likelihood, n) in enumerate(zip(likelihoods, n_actions, strict=True)):
            if i:  # the weights that it begins with have had their share mixed in
                moved = (joint * (1.0 - stays)).sum(axis=(-2, -1), keepdims=True)
                joint = joint * stays + moved * prior
            given = np.asarray(likelihood, dtype=float)[..., None, :, None]
            joint = joint * lapsed(given, rates, n)
            joint /= joint.sum(axis=(-3, -2, -1), keepdims=True)
        return np.asarray(joint.sum(axis=-1))

    def follow(
        self,
        learner: Bayes,
        hypotheses: Sequence[str],
        track: Track | None,
        weights: tuple[Weights, Weights],
        seen: tuple[int | None, int, Sequence[float]],
        step: int,
    ) -> Track:
        """What is remembered after one more action.

        Args:
            learner: the agent's.
            hypotheses: names of all hypotheses.
            track: what was remembered before; None at the first action.
            weights: the learner's before and after the action.
            seen: one's own order, how many actions the partner had, and the ``[K]`` likelihoods.
            step: number of the observer's next decision.
        """
        before, after = weights
        track = track or {"then": before, "seen": [], "probability": 0.0, "last": None}
        window = [*track["seen"], [seen[0], seen[1], list(seen[2])]]
        then = track["then"]
        if len(window) > self.window:
            _, n, likelihoods = window.pop(0)
            then = learner.update(then, likelihoods, n)
        pairs = self.pairs(learner, then, [entry[2] for entry in window], [entry[1] for entry in window])
        probability = max(0.0, 1.0 - float(np.trace(pairs)))
        if probability < self.threshold:
            return {"then": then, "seen": window, "probability": probability, "last": track["last"]}
        old, new = np.unravel_index(np.argmax(pairs * (1.0 - np.eye(len(hypotheses)))), pairs.shape)
        last: Turned = {
            "step": step,
            "before": hypotheses[int(old)],
            "after": hypotheses[int(new)],
            "probability": probability,
            "followed": _moved_before(window, int(old), int(new)),
        }
        return {"then": after, "seen": [], "probability": probability, "last": last}


def _moved_before(window: Sequence[Sequence[Any]], old: int, new: int) -> bool:
    """Whether one's own order changed before the partner first acted more by ``new`` than by ``old``."""
    first = next((i for i, entry in enumerate(window) if entry[2][new] > entry[2][old]), 0)
    return len({entry[0] for entry in window[: first + 1]}) > 1


def last_change(track: Track | None) -> Change | None:
    """The last change that was reported of a partner."""
    return None if track is None or track["last"] is None else Change(**track["last"])
