"""The belief-action gap: does a wrapped agent act against the best response to what it believes?"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar

from atom.agents.payoffs import Payoffs, knows_best
from atom.decision import PartnerPrediction, Prediction
from atom.policies import Policy
from atom.situation import Situation

T = TypeVar("T")

Gate: TypeAlias = Literal["off", "ask", "override"]


@dataclass(frozen=True, slots=True)
class Gated:
    """What came of an agent's answer.

    Attributes:
        action: the action to take.
        gap: expected payoff that the first answer gives away, >= 0; None where nothing was predicted.
        overruled: the first answer, where another action is taken.
    """

    action: str
    gap: float | None = None
    overruled: str | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """What one's own actions are worth against what is predicted.

    Attributes:
        expected: action -> expected payoff.
        good: the actions that are equally good, and best; one at least.
    """

    expected: Mapping[str, float]
    good: frozenset[str]


def worth_of(payoffs: Payoffs, situation: Situation, me: str, prediction: Prediction) -> Worth | None:
    """What actions are worth where everybody sees the same; None where not all partners are predicted.

    Raises:
        ExpectedPayoffError: what an action is worth is no finite number.
    """
    if set(prediction.partners) != set(situation.actions) - {me}:
        return None
    expected, predicted = weighed(
        lambda predicted: payoffs.expected_payoffs(situation, me, predicted),
        prediction.expected,
        prediction.partners,
    )
    return Worth(expected, knows_best(payoffs).best_actions(situation, me, predicted))


async def gated(
    gate: Gate,
    worth: Worth,
    prediction: Prediction,
    action: str,
    again: Callable[[Prediction], Awaitable[str | None]],
) -> Gated:
    """Measures the gap of ``action`` and closes it as the gate says.

    ``"off"`` only measures. ``"ask"`` asks the agent once more, by ``again``, with a note in the
    prediction, and takes its second answer; the first stands where there is none. ``"override"`` takes
    the best response.
    """
    expected, good = worth.expected, worth.good
    top = max((option for option in expected if option in good), key=lambda option: expected[option])
    gap = max(0.0, expected[top] - expected[action])
    if gate == "off" or action in good:
        return Gated(action, gap)
    if gate == "override":
        return Gated(top, gap, action)
    note = (
        f"You answered {json.dumps(action)}. If the prediction is right, that is worth "
        f"{expected[action]:g} to you, and {json.dumps(top)} is worth {expected[top]:g}. Decide again."
    )
    second = await again(replace(prediction, note=note))
    if second is None or second == action:
        return Gated(action, gap)
    return Gated(second, gap, action)


def weighed(
    weigh: Callable[[Mapping[str, Policy]], T],
    predicted: Mapping[str, Policy],
    partners: Mapping[str, PartnerPrediction],
) -> tuple[T, Mapping[str, Policy]]:
    """What ``weigh`` makes of what is predicted, and of what it was made.

    Those who will reply are left out at first. Payoffs of somebody's own may know nothing of replies, and
    are then told what such partners would do as if they acted at once.

    Args:
        weigh: of partner -> policy; raises ``KeyError`` where it misses one.
        predicted: partner -> policy, without those who will reply.
        partners: what is expected of all.
    """
    try:
        return weigh(predicted), predicted
    except KeyError:
        replying = {name: partner.policy for name, partner in partners.items() if name not in predicted}
        if not replying:
            raise
        whole = {**predicted, **replying}
        return weigh(whole), whole
