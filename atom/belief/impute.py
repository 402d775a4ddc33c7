"""Likelihoods of hypotheses that were not evaluated: they carry no information at that step."""

from __future__ import annotations

from collections.abc import Mapping

from atom.observation import Did, chance
from atom.policies import Policy, added


def impute(
    policies: Mapping[str, Policy], probabilities: Mapping[str, float], did: Did
) -> tuple[list[float], float]:
    """The likelihood of every hypothesis, and that of the evaluated ones together.

    Args:
        policies: hypothesis -> policy, of those that were evaluated; one at least.
        probabilities: hypothesis -> probability before the action was seen, of all.
        did: what the partner did.

    Returns:
        ``[K]`` likelihoods, and ``Σ p_k · L_k / Σ p_k`` over the evaluated hypotheses.
    """
    seen = {name: chance(policies[name], did) for name in probabilities if name in policies}
    weight = added(probabilities[name] for name in seen)
    if weight > 0.0:
        mean = added(probabilities[name] * likelihood for name, likelihood in seen.items()) / weight
    else:  # FollowTheLeader gives all but one hypothesis no probability
        mean = added(seen.values()) / len(seen)
    return [seen.get(name, mean) for name in probabilities], mean
