"""What a reasoner is, and what some can do besides.

A reasoner says what it can by the methods that it has: each protocol here is one ability, to be asked
for with ``isinstance``. That takes several microseconds, so agents ask once, when they are made.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from atom.errors import ReasonerError, SituationError
from atom.policies import Policy
from atom.situation import JointAction, Situation

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
class ConcurrentReasoner(AsyncReasoner, Protocol):
    """A reasoner of which synchronous callers, too, ask for several policies at once.

    For policies that are calls over a network: the caller awaits ``apolicy`` of each in one coroutine
    and hands that to ``run``.
    """

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, which runs in an event loop with the caller's context variables.

        Raises:
            RuntimeError: called within that event loop, where it would wait for itself.
        """
        ...


@runtime_checkable
class ImmediateReasoner(Reasoner, Protocol):
    """A reasoner that waits for nothing and calls no model: all policies of a decision at once."""

    def policies_at_once(self, situation: Situation, pairs: Sequence[tuple[str, int]]) -> list[Policy]:
        """``policy`` of every (player, order), in that order: the same policies as one by one."""
        ...


@runtime_checkable
class DecisionReasoner(Reasoner, Protocol):
    """A reasoner whose answers may be chance: every decision asks a reasoner of its own.

    What one player drew from a model must not be another one's prediction, and one decision must
    predict alike whenever it comes back to a question. A reasoner that wraps another passes
    ``for_decision`` on.
    """

    def for_decision(self) -> Reasoner:
        """A reasoner for one decision, which can do what this one can.

        It remembers what the decision asked, and shares that with no other decision.
        """
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
    """A responder that leaves ties to chance in ``respond``, and knows a rule for them as well."""

    def best_response(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``, with ties as in ``policy``."""
        ...


@runtime_checkable
class OutcomeReasoner(Protocol):
    """A reasoner that knows what came of a joint action for a player."""

    def outcome(self, situation: Situation, player: str, joint: JointAction) -> str | None:
        """What ``player`` got where the players did ``joint``, as text; None where that cannot be said.

        Equal outcomes are equal texts.
        """
        ...


@runtime_checkable
class TieReasoner(Reasoner, Protocol):
    """A reasoner that knows what else a player of an order might do that breaks ties in its own way."""

    def with_other_ties(self, situation: Situation, player: str, orders: Sequence[int]) -> list[Policy]:
        """``policy`` of ``player`` at each of the ``orders``, averaged over ways to break ties."""
        ...


def check_reasoner(given: object) -> Reasoner:
    """``given`` itself.

    Raises:
        ReasonerError: it is none, or a class that has yet to be called.
    """
    if isinstance(given, type):
        raise ReasonerError(f"the reasoner is the class {given.__name__}; make one, {given.__name__}(...)")
    if isinstance(given, Reasoner):
        return given
    kind = type(given).__name__
    if hasattr(given, "shape") or isinstance(given, list | tuple | Mapping):
        remedy = (
            "payoffs become one by NormalFormReasoner(payoffs), or symmetric_payoffs(...) of one player's"
        )
    elif isinstance(given, str):
        remedy = f"a model's name becomes one by atom.llm.LLMReasoner({given!r})"
    elif hasattr(given, "ainvoke"):
        remedy = (
            "a chat model or graph acts as agent=..., beside a reasoner; a chat model becomes a reasoner by "
            "atom.llm.LLMReasoner(chat_model)"
        )
    else:
        remedy = "write a method policy(situation, player, order), or take one of atom.reasoning"
    raise ReasonerError(f"a {kind} is no reasoner; {remedy}")


def check_responder(reasoner: object, why: str) -> Responder:
    """``reasoner`` itself.

    Args:
        reasoner: who is to respond.
        why: what needs that, for the error.

    Raises:
        SituationError: it cannot respond.
    """
    if isinstance(reasoner, Responder):
        return reasoner
    raise SituationError(
        f"{type(reasoner).__name__} cannot respond to predicted partners, which {why} need; use a reasoner "
        "with a method respond(situation, player, predicted)"
    )


def for_decision(reasoner: Reasoner) -> Reasoner:
    """The reasoner to ask in one decision: ``reasoner`` itself where all decisions may share it."""
    return reasoner.for_decision() if isinstance(reasoner, DecisionReasoner) else reasoner


async def apolicy(reasoner: Reasoner, situation: Situation, player: str, order: int) -> Policy:
    """``reasoner.policy``, awaited where the reasoner offers an asynchronous twin."""
    if isinstance(reasoner, AsyncReasoner):
        return await reasoner.apolicy(situation, player, order)
    return reasoner.policy(situation, player, order)
