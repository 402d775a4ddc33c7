"""What outcomes come to: duplicates, coverage, tokens and failures, with intervals over runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from eval.delegation.leads import CHAT
from eval.delegation.play import Outcome
from eval.measure import Interval, joint_mean, mean_interval, paired_difference

FIXED = "fixed"
"""The lead that others are compared with: the same form of brief for all, a section each."""


@dataclass(frozen=True, slots=True)
class Delegated:
    """A lead over runs; intervals are of the means over runs, each of whose questions count alike.

    Attributes:
        lead: who.
        duplicates: findings of a question on facets that somebody had covered.
        coverage: share of a question's facets.
        tokens, calls, waits: of a question.
        beside_chat: tokens, over those of ``chat``; None where that was not played.
        half: duplicates less half of those of ``fixed``, with the same teams, questions and faults: below 0,
            they are less than half as many; None for ``fixed`` and where that was not played.
        dearer: tokens less those of ``fixed``; None as ``half``.
        failed: share of calls that raised, timed out or returned nothing that can be read.
        unsent: share of questions in which the cap allowed fewer workers than were briefed.
        dearest: the most tokens that a question cost.
        most_calls: the most calls of a question.
    """

    lead: str
    duplicates: Interval
    coverage: Interval
    tokens: Interval
    calls: float
    waits: float
    beside_chat: float | None
    half: Interval | None
    dearer: Interval | None
    failed: float
    unsent: float
    dearest: int
    most_calls: int


def delegated(played: Mapping[str, Sequence[Sequence[Outcome]]]) -> list[Delegated]:
    """Every lead, in the order in which they were played.

    Args:
        played: lead -> run -> question -> outcome.
    """
    duplicates = {
        name: [fmean(one.duplicates for one in run) for run in runs] for name, runs in played.items()
    }
    coverage = {name: [fmean(one.coverage for one in run) for run in runs] for name, runs in played.items()}
    tokens = {
        name: [fmean(float(one.tokens) for one in run) for run in runs] for name, runs in played.items()
    }
    chat = fmean(tokens[CHAT]) if CHAT in tokens else 0.0
    found = []
    for name, runs in played.items():
        every = [one for run in runs for one in run]
        compared = FIXED in played and name != FIXED and len(runs) > 1
        found.append(
            Delegated(
                name,
                _mean(duplicates[name], math.inf),
                _mean(coverage[name], 1.0),
                _mean(tokens[name], math.inf),
                fmean(one.calls for one in every),
                fmean(one.waits for one in every),
                fmean(tokens[name]) / chat if chat else None,
                joint_mean([duplicates[name], duplicates[FIXED]], weights=[1.0, -0.5]) if compared else None,
                paired_difference([tokens[name]], [tokens[FIXED]]) if compared else None,
                sum(one.failed for one in every) / max(1, sum(one.calls for one in every)),
                fmean(one.unsent > 0 for one in every),
                max(one.tokens for one in every),
                max(one.calls for one in every),
            )
        )
    return found


def _mean(values: Sequence[float], most: float) -> Interval:
    """The mean of values in [0, most], and an interval that is cut to that."""
    if len(values) == 1:
        return Interval(values[0], values[0], values[0])
    found = mean_interval(values)
    return replace(found, low=max(0.0, found.low), high=min(most, found.high))
