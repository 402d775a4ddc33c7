"""What was observed of a partner, as sums that add up over threads, processes and learners.

For every order k and every lapse rate ε of a fixed grid, the evidence is the log-likelihood of the
partner's actions, ``Σ ln((1 - ε) · policy_k(a) + ε / |A|)``. Sums of sums are sums: whoever observed
what, and in which order, does not matter. As plain data::

    {"observations": n, "log": {order: [one number for each of LAPSES]}}
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from atom.agents.player import Memory
from atom.belief.impute import impute
from atom.situation import JointAction, Policy

Evidence: TypeAlias = dict[str, Any]

LAPSES = (0.02, 0.1, 0.3, 0.6, 1.0)
"""The grid of lapse rates, in (0, 1]; the last one is the partner that no order explains."""


def observed(
    evidence: Evidence | None,
    orders: Sequence[int],
    policies: Mapping[str, Policy],
    posterior: Mapping[int, float],
    action: str,
    n_actions: int,
) -> Evidence:
    """The evidence after one more action.

    Args:
        evidence: the evidence before; None for none.
        orders: all hypotheses.
        policies: order, as text -> policy; one at least.
        posterior: order -> probability, by which the likelihood of orders that were not evaluated is
            imputed.
        action: what the partner did.
        n_actions: how many legal actions it had.
    """
    likelihoods, _ = impute(orders, policies, posterior, action)
    one: Evidence = {
        "observations": 1,
        "log": {
            str(order): [math.log((1.0 - lapse) * likelihood + lapse / n_actions) for lapse in LAPSES]
            for order, likelihood in zip(orders, likelihoods, strict=True)
        },
    }
    return one if evidence is None else total([(1.0, evidence), (1.0, one)])


def observed_all(
    memory: Memory, actions: JointAction, posteriors: Mapping[str, Mapping[int, float]]
) -> dict[str, Evidence]:
    """Partner -> evidence after its action, for the partners that the last decision predicted.

    Args:
        memory: an adaptive agent's, before it observes ``actions``; evidence so far is under
            ``"evidence"``.
        actions: player -> action.
        posteriors: partner -> order -> probability.
    """
    evidence: dict[str, Evidence] = dict(memory.get("evidence", {}))
    for partner, expected in (memory["pending"] or {}).items():
        if partner in actions and expected["policies"]:
            evidence[partner] = observed(
                evidence.get(partner),
                memory["orders"],
                expected["policies"],
                posteriors[partner],
                actions[partner],
                len(expected["actions"]),
            )
    return evidence


def total(parts: Iterable[tuple[float, Evidence]]) -> Evidence:
    """The weighted sum of evidence.

    A weight below 1 is a power prior: what was observed then counts for so much less (Ibrahim and
    Chen 2000, "Power prior distributions for regression models"). An order that one part knows
    nothing of gets that part's mean over orders, which favours none.

    Args:
        parts: weights in [0, 1], and evidence.
    """
    parts = list(parts)
    orders = sorted({order for _, part in parts for order in part["log"]}, key=int)
    log = {order: [0.0] * len(LAPSES) for order in orders}
    observations = 0.0
    for weight, part in parts:
        observations += weight * part["observations"]
        known = list(part["log"].values())
        mean = [sum(column) / len(known) for column in zip(*known, strict=True)]
        for order, sums in log.items():
            added = part["log"].get(order, mean)
            log[order] = [a + weight * b for a, b in zip(sums, added, strict=True)]
    whole = int(observations) == observations
    return {"observations": int(observations) if whole else observations, "log": log}


def prior(evidence: Evidence, orders: Sequence[int], change: float) -> dict[int, float]:
    """Order -> probability for a partner met again.

    The lapse rate is summed out with a uniform prior, and with probability ``change`` the partner is
    taken to be another than it was: ``p ← (1 - change) · p + change / K``.

    Args:
        evidence: what was observed of it.
        orders: the hypotheses. Those that the evidence knows nothing of get the mean of the others.
        change: probability in [0, 1].
    """
    log = {k: _log_mean_exp(evidence["log"][str(k)]) for k in orders if str(k) in evidence["log"]}
    if not log:
        return dict.fromkeys(orders, 1.0 / len(orders))
    best = max(log.values())
    mass = {k: math.exp(value - best) for k, value in log.items()}
    mean = sum(mass.values()) / len(mass)
    full = {k: mass.get(k, mean) for k in orders}
    norm = sum(full.values())
    return {k: (1.0 - change) * p / norm + change / len(orders) for k, p in full.items()}


def _log_mean_exp(values: Sequence[float]) -> float:
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values) / len(values))
