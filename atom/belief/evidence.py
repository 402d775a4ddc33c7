"""What was observed of a partner, as sums that add up over threads, processes and learners.

For every hypothesis k and every lapse rate ε of a fixed grid, the evidence is the log-likelihood of the
partner's actions, ``Σ ln((1 - ε) · policy_k(a) + ε / |A|)``. Sums of sums are sums: whoever observed
what, and in which order, does not matter. As plain data::

    {"observations": n, "log": {hypothesis: [one number for each of LAPSES]}}
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from atom.belief.learners import normalised
from atom.memories import Evidence
from atom.policies import added, lapsed

LAPSES = (0.02, 0.1, 0.3, 0.6, 1.0)
"""The grid of lapse rates, in (0, 1]; the last one is the partner that nothing explains."""


def nothing() -> Evidence:
    """The evidence before anything was observed."""
    return {"observations": 0, "log": {}}


def observed(
    evidence: Evidence, hypotheses: Sequence[str], likelihoods: Sequence[float], n_actions: int
) -> Evidence:
    """The evidence after one more action.

    Args:
        evidence: the evidence before.
        hypotheses: names of all hypotheses, K of them.
        likelihoods: ``[K]``, the probability that each gave to the action, in [0, 1].
        n_actions: how many legal actions the partner had.
    """
    one: Evidence = {
        "observations": 1,
        "log": {
            name: [math.log(lapsed(likelihood, lapse, n_actions)) for lapse in LAPSES]
            for name, likelihood in zip(hypotheses, likelihoods, strict=True)
        },
    }
    return total([(1.0, evidence), (1.0, one)]) if evidence["observations"] else one


def corrected(
    evidence: Evidence,
    hypotheses: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
    n_actions: int,
) -> Evidence:
    """The evidence once an action that was counted with some likelihoods turns out to have others."""
    change: Evidence = {
        "observations": 0,
        "log": {
            name: [
                math.log(lapsed(new, lapse, n_actions) / lapsed(old, lapse, n_actions)) for lapse in LAPSES
            ]
            for name, old, new in zip(hypotheses, before, after, strict=True)
        },
    }
    found = total([(1.0, evidence), (1.0, change)])
    # what was counted may be in a Store by now; log-likelihoods are <= 0, and a shift of all favours none
    top = max(0.0, *(value for sums in found["log"].values() for value in sums))
    if top > 0.0:
        found["log"] = {name: [value - top for value in sums] for name, sums in found["log"].items()}
    return found


def total(parts: Iterable[tuple[float, Evidence]]) -> Evidence:
    """The weighted sum of evidence.

    A weight below 1 is a power prior: what was observed then counts for so much less (Ibrahim and
    Chen 2000, "Power prior distributions for regression models"). A hypothesis that one part knows
    nothing of gets that part's mean over hypotheses, which favours none.

    Args:
        parts: weights in [0, 1], and evidence.
    """
    parts = [(weight, part) for weight, part in parts if part["log"]]
    log = {name: [0.0] * len(LAPSES) for _, part in parts for name in part["log"]}
    observations = 0.0
    for weight, part in parts:
        observations += weight * part["observations"]
        known = list(part["log"].values())
        mean = [added(column) / len(known) for column in zip(*known, strict=True)]
        for name, sums in log.items():
            more = part["log"].get(name, mean)
            log[name] = [a + weight * b for a, b in zip(sums, more, strict=True)]
    whole = int(observations) == observations
    return {"observations": int(observations) if whole else observations, "log": log}


def prior(evidence: Evidence, hypotheses: Sequence[str], change: float) -> list[float]:
    """``[K]`` probabilities of the hypotheses for a partner met again.

    The lapse rate is summed out with a uniform prior, and with probability ``change`` the partner is
    taken to be another than it was: ``p ← (1 - change) · p + change / K``.

    Args:
        evidence: what was observed of it.
        hypotheses: names of the K hypotheses. Those that the evidence knows nothing of get the mean of
            the others.
        change: probability in [0, 1].
    """
    k = len(hypotheses)
    log = {name: _log_mean_exp(evidence["log"][name]) for name in hypotheses if name in evidence["log"]}
    if not log:
        return [1.0 / k] * k
    best = max(log.values())
    mass = {name: math.exp(value - best) for name, value in log.items()}
    mean = added(mass.values()) / len(mass)
    full = normalised([mass.get(name, mean) for name in hypotheses])
    return [lapsed(p, change, k) for p in full]


def _log_mean_exp(values: Sequence[float]) -> float:
    top = max(values)
    return top + math.log(added(math.exp(value - top) for value in values) / len(values))
