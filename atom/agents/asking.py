"""Asking a reasoner for policies and a wrapped agent for its action, waiting or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from atom.agents.actors import Actor
from atom.agents.deciding import Pairs, Request
from atom.agents.player import OnError
from atom.decision import Prediction
from atom.errors import LLMError
from atom.reasoning.reasoner import (
    AsyncReasoner,
    ConcurrentReasoner,
    DecisionReasoner,
    ImmediateReasoner,
    Reasoner,
    Responder,
    apolicy,
    arespond,
)
from atom.situation import Policy, Situation


class Asker:
    """Answers the requests of a decision (see ``atom.agents.deciding``).

    Args:
        me: the player that decides.
        reasoner: says how a player of any order acts.
        agent: the wrapped agent, or None.
        on_error: whether the ``LLMError`` of a model that failed is the answer, or is raised.
    """

    def __init__(self, me: str, reasoner: Reasoner, agent: Actor | None, on_error: OnError) -> None:
        self._me = me
        self._reasoner = reasoner
        self._agent = agent
        self._on_error = on_error
        self._per_decision = reasoner if isinstance(reasoner, DecisionReasoner) else None
        self._concurrent = reasoner if isinstance(reasoner, ConcurrentReasoner) else None
        self._immediate = reasoner if isinstance(reasoner, ImmediateReasoner) else None
        self._awaited = isinstance(reasoner, AsyncReasoner) and self._immediate is None

    def for_decision(self) -> Asker:
        """One that asks on behalf of one decision."""
        if self._per_decision is None:
            return self
        return Asker(self._me, self._per_decision.for_decision(), self._agent, self._on_error)

    def answer(self, situation: Situation, request: Request) -> Any:
        """What a request asks for; the ``LLMError`` in its place where a model failed."""
        if self._concurrent is not None and not isinstance(request, Prediction):
            return self._concurrent.run(self.aanswer(situation, request))
        if isinstance(request, list):
            return self._policies(situation, request)
        try:
            if isinstance(request, Prediction):
                return cast("Actor", self._agent)(situation, request)
            return cast("Responder", self._reasoner).respond(situation, self._me, request)
        except LLMError as error:
            return self._failed(error)

    async def aanswer(self, situation: Situation, request: Request) -> Any:
        """The same as ``answer``; policies that do not depend on each other are awaited at once."""
        if isinstance(request, list):
            if not self._awaited:
                return self._policies(situation, request)
            return await asyncio.gather(*(self._apolicy(situation, *pair) for pair in request))
        try:
            if isinstance(request, Prediction):
                return await cast("Actor", self._agent).aact(situation, request)
            return await arespond(cast("Responder", self._reasoner), situation, self._me, request)
        except LLMError as error:
            return self._failed(error)

    def _policies(self, situation: Situation, pairs: Pairs) -> Sequence[Policy | LLMError]:
        if self._immediate is not None:
            return self._immediate.policies_at_once(situation, pairs)
        found: list[Policy | LLMError] = []
        for player, order in pairs:
            try:
                found.append(self._reasoner.policy(situation, player, order))
            except LLMError as error:
                found.append(self._failed(error))
        return found

    async def _apolicy(self, situation: Situation, player: str, order: int) -> Policy | LLMError:
        try:
            return await apolicy(self._reasoner, situation, player, order)
        except LLMError as error:
            return self._failed(error)

    def _failed(self, error: LLMError) -> LLMError:
        if self._on_error == "raise":
            raise error
        return error
