"""Whether anything that is believed of a partner explains what it does.

A belief over hypotheses always sums to one, and the best of them may be no good. So what is predicted is
held against chance: either the partner does what is thought likeliest of it, and lapses half of the time at
most, or it draws its actions uniformly. After every action the odds of these two are multiplied by the ratio
of their likelihoods, and with the hazard of a change the prior is mixed back in, as ``Bayes`` does.
"""

from __future__ import annotations

from collections.abc import Mapping

from atom.observation import Did, chance
from atom.policies import Policy, lapsed

PRIOR = 0.8
"""Probability, before anything was seen, that a partner is explained."""

LAPSE = 0.5
"""The lapse rate of a partner that counts as explained only just."""

HAZARD = 0.005
"""Probability that a partner that was explained is so no longer after a step, or the other way round."""

_TIE = 1e-9


def explained(
    before: float, policies: Mapping[str, Policy], weights: Mapping[str, float], did: Did, n_actions: int
) -> float:
    """Probability, after one more action, that a partner is explained.

    Args:
        before: the same before the action, in [0, 1].
        policies: hypothesis -> policy, of those that were evaluated.
        weights: hypothesis -> probability before the action was seen.
        did: what the partner did.
        n_actions: how many legal actions it had.
    """
    likely: dict[str, float] = {}
    for name, policy in policies.items():
        weight = weights[name]
        for option, p in policy.items():
            if p:
                likely[option] = likely.get(option, 0.0) + weight * p
    top = max(likely.values(), default=0.0) - _TIE
    best = [option for option, p in likely.items() if p >= top]
    hit = lapsed(chance(dict.fromkeys(best, 1.0 / len(best)), did), LAPSE, n_actions)
    after = before * hit / (before * hit + (1.0 - before) / n_actions)
    return (1.0 - HAZARD) * after + HAZARD * PRIOR
