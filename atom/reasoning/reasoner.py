"""What a reasoner is, and what some can do besides."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol, cast, runtime_checkable

from atom.situation import Policy, Situation


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


async def apolicy(reasoner: Reasoner, situation: Situation, player: str, order: int) -> Policy:
    """``reasoner.policy``, awaited where the reasoner offers an asynchronous twin."""
    twin = getattr(reasoner, "apolicy", None)
    if twin is None:
        return reasoner.policy(situation, player, order)
    return await cast("Awaitable[Policy]", twin(situation, player, order))


def respond(reasoner: Reasoner, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
    """``reasoner.respond`` of a reasoner that has it."""
    return cast("Responder", reasoner).respond(situation, player, predicted)


async def arespond(
    reasoner: Reasoner, situation: Situation, player: str, predicted: Mapping[str, Policy]
) -> Policy:
    """``reasoner.respond``, awaited where the reasoner offers an asynchronous twin."""
    twin = getattr(reasoner, "arespond", None)
    if twin is None:
        return respond(reasoner, situation, player, predicted)
    return await cast("Awaitable[Policy]", twin(situation, player, predicted))
