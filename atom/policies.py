"""Distributions over one player's actions: when two are the same, and how a lapse blurs them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from atom.errors import DistributionError, IllegalActionError, ReasonerError, shortly

Policy: TypeAlias = Mapping[str, float]
"""A distribution over one player's legal actions: action -> probability in [0, 1], summing to 1."""

Probability = TypeVar("Probability", float, NDArray[np.float64])

TOLERANCE = 1e-9
"""The largest difference in an action's probability within policies that count as the same."""

_OWN = __name__.partition(".")[0]
_ROUNDING = 1e-6


def _one_by_one(values: Iterable[float]) -> float:
    # ``sum`` compensates rounding where it begins with an int or a float and nothing else: a bool is neither
    return sum(values, False) + 0


added: Callable[[Iterable[float]], float] = sum if sys.version_info < (3, 12) else _one_by_one
"""``((0 + values[0]) + values[1]) + …``: the same bits on every Python.

The built-in ``sum`` keeps what rounding loses from Python 3.12 on, which is 4e-16 here and there: another
belief, and now and then another draw.
"""


def lapsed(probability: Probability, lapse: Probability | float, n_actions: int) -> Probability:
    """``(1 - ε) p + ε / |A|``: the probability of an action by somebody who lapses.

    Whoever lapses, at the rate ε, draws one of its legal actions uniformly.

    Args:
        probability: p in [0, 1], of the action without lapses; an array for many at once.
        lapse: ε in [0, 1]; an array where the rates differ.
        n_actions: ``|A|``, how many actions are legal, >= 1.
    """
    return (1.0 - lapse) * probability + lapse / n_actions


def mixture(
    policies: Mapping[str, Policy],
    probabilities: Mapping[str, float],
    lapses: Mapping[str, float],
    actions: Sequence[str] = (),
) -> dict[str, float]:
    """The mean of some policies, each blurred by its lapses.

    Args:
        policies: name -> policy, one at least.
        probabilities: name -> weight >= 0, of these names at least; all alike where none is above 0, as of
            ``FollowTheLeader``, who gives all but one hypothesis no probability.
        lapses: name -> lapse rate in [0, 1], 0 where it is absent.
        actions: the legal actions; those that the policies name where it is empty.
    """
    weights = [probabilities[name] for name in policies]
    total = added(weights)
    if total <= 0.0:
        weights, total = [1.0] * len(weights), float(len(weights))
    legal = actions or list(dict.fromkeys(action for policy in policies.values() for action in policy))
    rates = [lapses.get(name, 0.0) for name in policies]
    parts, n = list(zip(weights, policies.values(), rates, strict=True)), len(legal)
    return {
        action: added([w * lapsed(policy.get(action, 0.0), rate, n) for w, policy, rate in parts]) / total
        for action in legal
    }


def same_policy(one: Policy, other: Policy, tolerance: float = TOLERANCE) -> bool:
    """Whether two policies are the same but for rounding.

    Args:
        one, other: policies; an action left out has probability 0.
        tolerance: the largest difference in any action's probability, >= 0.
    """
    return one is other or all(
        abs(one.get(action, 0.0) - other.get(action, 0.0)) <= tolerance for action in {*one, *other}
    )


def is_distribution(policy: object) -> bool:
    """Whether something is action -> probability, >= 0 and summing to 1; of an action at least."""
    try:
        values = policy.values()  # type: ignore[attr-defined]  # what has none is none
        return bool(values) and min(values) >= 0.0 and abs(sum(values) - 1.0) < _ROUNDING
    except (AttributeError, TypeError, ValueError):
        return False


def is_plain(policy: object, legal: Sequence[str]) -> bool:
    """Whether a policy is beyond doubt one, at a glance; what is not may still pass ``check_policy``."""
    if type(policy) is not dict:
        return False
    total = 0.0
    for action, probability in policy.items():
        # a comparison with NaN is false, whichever it is
        if type(probability) is not float or not 0.0 <= probability <= 1.0 or action not in legal:
            return False
        total += probability
    return -_ROUNDING < total - 1.0 < _ROUNDING


def check_policy(policy: object, legal: Sequence[str], who: str, source: str) -> Policy:
    """``policy`` itself.

    Args:
        policy: what a reasoner returned.
        legal: the actions that it may be over.
        who: whose it is and by whom, in the error.
        source: by whom alone.

    Raises:
        DistributionError: a probability that is no number in [0, 1], or a sum other than 1.
        IllegalActionError: an action that is not legal.
        ReasonerError: no mapping.
    """
    found = check_probabilities(policy, who, source)
    for action in found:
        if action not in legal:
            raise IllegalActionError(
                f"{who} gives {action!r} a probability, which is not legal; legal are {list(legal)}"
            )
    total = math.fsum(found.values())
    if abs(total - 1.0) > _ROUNDING:
        raise DistributionError(
            f"the probabilities of {who} add up to {total:g} instead of 1: {shortly(dict(found))}", source
        )
    return found


def check_probabilities(policy: object, who: str, source: str) -> Policy:
    """``policy`` itself, which may be over whatever actions, and leave some probability to others.

    Args:
        policy: what a hypothesis says.
        who: whose it is and by whom, in the error.
        source: by whom alone.

    Raises:
        DistributionError: a probability that is no number in [0, 1], or a sum above 1.
        ReasonerError: no mapping.
    """
    if type(policy) is dict and _is_plain_part(policy):
        return policy
    if not isinstance(policy, Mapping):
        raise ReasonerError(
            f"{who} is a {type(policy).__name__}, {shortly(policy)}; a policy is action -> probability, "
            'such as {"A": 1.0}'
        )
    for action, probability in policy.items():
        is_number = isinstance(probability, int | float | np.floating)
        if not is_number or not 0.0 <= probability <= 1.0 + _ROUNDING:
            raise DistributionError(
                f"{who} gives {action!r} the probability {shortly(probability)}; probabilities are numbers "
                "in [0, 1]",
                source,
            )
    total = math.fsum(policy.values())
    if total > 1.0 + _ROUNDING:
        raise DistributionError(
            f"the probabilities of {who} add up to {total:g} instead of 1: {shortly(dict(policy))}", source
        )
    return policy


def completed(part: Policy, legal: Sequence[str]) -> Policy | None:
    """A distribution made of a part of one; None where it names no action, or gives none of all a chance.

    Args:
        part: legal action -> probability, summing to at most 1.
        legal: the legal actions. What is left goes to those that are not named, alike, or where all are
            to these in proportion.
    """
    total = added(part.values())
    left, others = 1.0 - total, [action for action in legal if action not in part]
    if not part or (total <= 0.0 and not others):
        return None
    if left <= _ROUNDING:
        return part
    if not others:
        return {action: probability / total for action, probability in part.items()}
    return {**part, **dict.fromkeys(others, left / len(others))}


def _is_plain_part(policy: dict[str, Any]) -> bool:
    total = 0.0
    for probability in policy.values():
        if type(probability) is not float or not 0.0 <= probability <= 1.0:
            return False
        total += probability
    return total <= 1.0 + _ROUNDING


def is_ours(thing: object) -> bool:
    """Whether a reasoner or learner is one of this package, which gives distributions by construction.

    A class derived from one is not: it may have a policy of its own.
    """
    return type(thing).__module__.partition(".")[0] == _OWN
