"""Log-probabilities over several listings of the options: what a place or a label is worth cancels out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence

from atom.models.prompts import Question
from atom.policies import Policy, added

_LEAST = 1e-6
"""For an option that is not among the tokens that a server names."""


async def over_listings(
    question: Question, permutations: int, temperature: float, ask: Callable[[Question], Awaitable[Policy]]
) -> Policy:
    """The answer to a question, whichever option is listed first.

    Args:
        question: of A options.
        permutations: how many listings, >= 1; at most A are asked for, each once.
        temperature: T >= 0 of the answer.
        ask: the distribution at temperature 1 for one listing; raises as it likes.
    """
    first, *others = listings(question, permutations)
    policies = [await ask(first)]  # which says whether log-probabilities are to be had at all
    tasks = [asyncio.ensure_future(ask(other)) for other in others]
    try:
        policies += await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
    return averaged(policies, temperature)


def listings(question: Question, permutations: int) -> list[Question]:
    """The question itself, and others whose lists begin at options that lie as far apart as can be.

    With as many as there are options each of them stands at each place once.
    """
    n = len(question.actions)
    count = min(permutations, n)
    return [question, *(question.listed_from(i * n // count) for i in range(1, count))]


def averaged(policies: Sequence[Policy], temperature: float) -> Policy:
    """``p(a) ∝ exp(mean log p_i(a) / T)``, at T = 0 the likeliest action, the first on ties.

    A place that multiplies the odds of whatever stands there multiplies those of every action alike.
    """
    means = {
        action: added(math.log(max(_LEAST, policy[action])) for policy in policies) / len(policies)
        for action in policies[0]
    }
    best = max(means, key=lambda action: means[action])
    if temperature <= 0.0:
        return {action: float(action == best) for action in means}
    weights = {action: math.exp((mean - means[best]) / temperature) for action, mean in means.items()}
    total = added(weights.values())
    return {action: weight / total for action, weight in weights.items()}
