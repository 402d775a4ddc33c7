"""The belief-action gap: does a wrapped agent act against the best response to what it believes?"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from atom.decision import Prediction
from atom.situation import Policy, Situation

Gate: TypeAlias = Literal["off", "ask", "override"]

_TOLERANCE = 1e-9


@runtime_checkable
class Payoffs(Protocol):
    """Whoever knows payoffs, such as ``NormalFormReasoner``."""

    def expected_payoffs(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> Mapping[str, float]:
        """Action of ``player`` -> its expected payoff when the others act as ``predicted``."""
        ...


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


def gated(
    gate: Gate, payoffs: Payoffs, situation: Situation, me: str, prediction: Prediction, action: str
) -> Generator[Prediction, Any, Gated]:
    """Measures the gap of ``action`` and closes it as the gate says.

    ``"off"`` only measures. ``"ask"`` yields the prediction with a note, to ask the agent once more,
    and takes its second answer. ``"override"`` takes the best response.
    """
    if set(prediction.partners) != set(situation.actions) - {me}:
        return Gated(action)
    predicted = {name: partner.policy for name, partner in prediction.partners.items()}
    expected = payoffs.expected_payoffs(situation, me, predicted)
    best = max(expected, key=lambda option: expected[option])
    gap = max(0.0, expected[best] - expected[action])
    if gap <= _TOLERANCE or gate == "off":
        return Gated(action, gap)
    if gate == "override":
        return Gated(best, gap, action)
    note = (
        f"You answered {json.dumps(action)}. If the prediction is right, that is worth "
        f"{expected[action]:g} to you, and {json.dumps(best)} is worth {expected[best]:g}. Decide again."
    )
    again = yield replace(prediction, note=note)
    if not isinstance(again, str):  # the model failed; the first answer stands
        return Gated(action, gap)
    situation.check_action(me, again)
    return Gated(again, gap, None if again == action else action)
