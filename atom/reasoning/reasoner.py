"""What a reasoner is, and what some can do besides."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from atom.errors import SituationError
from atom.policies import Policy
from atom.situation import Situation

T = TypeVar("T")


@runtime_checkable
class Reasoner(Protocol):
    """Says how a player would act if it were of a given order."""

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order`` (an integer >= 0)."""
        ...


@runtime_checkable
class AsyncReasoner(Reasoner, Protocol):
    """A reasoner that can also be awaited; worth having where a policy costs a call over a network."""

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same as ``policy``."""
        ...


@runtime_checkable
class ImmediateReasoner(Reasoner, Protocol):
    """A reasoner that waits for nothing and calls no model: all policies of a decision at once."""

    def policies_at_once(self, situation: Situation, pairs: Sequence[tuple[str, int]]) -> list[Policy]:
        """``policy`` of every (player, order), in that order: the same policies as one by one."""
        ...


@runtime_checkable
class Responder(Protocol):
    """A reasoner that can answer partners of *different* orders at once (more than two players)."""

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what every other player is expected to do."""
        ...


@runtime_checkable
class AsyncResponder(Responder, Protocol):
    """A responder that can also be awaited."""

    async def arespond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``."""
        ...


@runtime_checkable
class RuleResponder(Responder, Protocol):
    """A responder that can also answer by a rule where ``respond`` leaves ties to chance."""

    def best_response(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response, ties broken as the reasoner's orders break them."""
        ...


@runtime_checkable
class ConcurrentReasoner(AsyncReasoner, Protocol):
    """A reasoner whose policies are calls over a network: whoever needs several asks for them at once."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of asynchronous work, for a synchronous caller that waits for it."""
        ...


@runtime_checkable
class DecisionReasoner(Reasoner, Protocol):
    """A reasoner that answers the same question differently from time to time."""

    def for_decision(self) -> Reasoner:
        """A reasoner for one decision, which remembers what that asked and shares it with no other."""
        ...


def for_decision(reasoner: Reasoner) -> Reasoner:
    """``reasoner`` for one decision: its own where it makes one, else itself."""
    return reasoner.for_decision() if isinstance(reasoner, DecisionReasoner) else reasoner


def check_responder(reasoner: object, why: str) -> Responder:
    """``reasoner`` itself.

    Args:
        reasoner: who is to respond.
        why: what needs that, for the error.

    Raises:
        SituationError: it cannot respond.
    """
    if not isinstance(reasoner, Responder):
        raise SituationError(
            f"{type(reasoner).__name__} cannot respond to predicted partners, which {why} need; use a "
            "reasoner with a method respond(situation, player, predicted)"
        )
    return reasoner


async def apolicy(reasoner: Reasoner, situation: Situation, player: str, order: int) -> Policy:
    """``reasoner.policy``, awaited where the reasoner offers an asynchronous twin."""
    if isinstance(reasoner, AsyncReasoner):
        return await reasoner.apolicy(situation, player, order)
    return reasoner.policy(situation, player, order)


async def arespond(
    reasoner: Responder, situation: Situation, player: str, predicted: Mapping[str, Policy]
) -> Policy:
    """``reasoner.respond``, awaited where the reasoner offers an asynchronous twin."""
    if isinstance(reasoner, AsyncResponder):
        return await reasoner.arespond(situation, player, predicted)
    return reasoner.respond(situation, player, predicted)
