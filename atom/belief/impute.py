"""Likelihoods of hypotheses that were not evaluated: they carry no information at that step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from atom.situation import Policy


def impute(
    orders: Sequence[int],
    policies: Mapping[str, Policy],
    posterior: Mapping[int, float],
    action: str,
) -> tuple[list[float], float]:
    """The likelihood of every hypothesis, and that of the evaluated ones together.

    Args:
        orders: all hypotheses.
        policies: order, as text -> policy; one at least.
        posterior: order -> probability before the action was seen.
        action: what the partner did.

    Returns:
        ``[K]`` likelihoods, and ``Σ p_k · L_k / Σ p_k`` over the evaluated hypotheses.
    """
    seen = {k: policies[str(k)].get(action, 0.0) for k in orders if str(k) in policies}
    weight = sum(posterior[k] for k in seen)
    if weight > 0.0:
        mean = sum(posterior[k] * likelihood for k, likelihood in seen.items()) / weight
    else:  # FollowTheLeader gives all but one hypothesis no probability
        mean = sum(seen.values()) / len(seen)
    return [seen.get(k, mean) for k in orders], mean
