"""Decisions that wait for models: beside one another, given up, and around reasoners that wrap one."""

import asyncio
import threading
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import ConfigDict, Field

from atom import AdaptiveAgent, Budget, BudgetError, DeclaredReasoner, LLMError, Situation
from atom.llm import LLMReasoner, Patience, Sampling
from atom.reasoning.reasoner import AsyncReasoner, AsyncResponder, ConcurrentReasoner
from atom.usage import Meter, metered

TEAM = ("ann", "ben", "cem")
SITUATION = Situation(dict.fromkeys(TEAM, ("A", "B")))
LONG = 30.0
"""Seconds; what waits so long is held up for good."""


class Gated(BaseChatModel):
    """Answers once it is let through, or after long."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    gate: Any = Field(default_factory=threading.Event)
    arrived: Any = Field(default_factory=lambda: threading.Semaphore(0))
    asked: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "gated"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        self.asked.append(messages)
        self.arrived.release()
        self.gate.wait(LONG)
        return ChatResult(generations=[ChatGeneration(message=AIMessage("1"))])


def reasoner_of(model: BaseChatModel, **settings: Any) -> LLMReasoner:
    return LLMReasoner(model, sampling=Sampling(methods=("single",)), **settings)


async def _until_asked(model: Gated, times: int = 1) -> None:
    for _ in range(times):
        assert await asyncio.to_thread(model.arrived.acquire, timeout=LONG)


async def test_a_budget_of_seconds_holds_while_another_asks_the_same():
    model = Gated()
    reasoner = reasoner_of(model)
    ann = AdaptiveAgent("ann", reasoner, orders=(0,))
    ben = AdaptiveAgent("ben", reasoner, orders=(0,), budget=Budget(seconds=0.3))
    first = asyncio.create_task(ann.adecide(SITUATION, ann.start(["ben", "cem"])))
    await _until_asked(model)
    decision, _ = await ben.adecide(SITUATION, ben.start(["ann", "cem"]))
    assert not model.gate.is_set()  # and nobody waited for it
    assert not first.done()
    assert any("cem at order 0: the budget is spent" in reason for reason in decision.degraded)
    model.gate.set()
    decision, _ = await first
    assert not decision.degraded


async def test_whoever_waited_for_anothers_question_asks_within_its_own_deadline():
    """The other's budget ends while its request waits for its turn, later than one's own deadline."""
    turn = asyncio.Semaphore(1)
    reasoner = reasoner_of(Gated(), limiter=turn, patience=Patience(deadline=0.01, failures=1))

    async def ask(budget):
        with metered(Meter(budget)):
            return await reasoner.for_decision().apolicy(SITUATION, "cem", 0)

    await turn.acquire()
    poor = asyncio.create_task(ask(Budget(seconds=1.0)))
    await asyncio.sleep(0)
    late = asyncio.create_task(ask(None))
    with pytest.raises(LLMError, match="the budget's time ended"):
        await poor
    with pytest.raises(LLMError, match="the deadline passed while another asked the same"):
        await asyncio.wait_for(late, LONG)
    reasoner.client.endpoints[0].breaker.check()  # raises where that counted against the model


@pytest.mark.parametrize("memo", ["default", None])
async def test_a_decision_that_is_cancelled_asks_nothing_more(memo):
    model = Gated()
    reasoner = reasoner_of(model) if memo else reasoner_of(model, memo=None)
    ann = AdaptiveAgent("ann", reasoner, orders=(0, 1, 2))
    before = asyncio.all_tasks()
    decision = asyncio.create_task(ann.adecide(SITUATION, ann.start(["ben", "cem"])))
    await _until_asked(model, len(TEAM))  # at order 0; further questions wait for these
    decision.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decision
    assert asyncio.all_tasks() <= before
    model.gate.set()
    await asyncio.sleep(0.05)
    assert len(model.asked) == len(TEAM)


def test_declared_orders_can_be_awaited_exactly_where_the_wrapped_reasoner_can():
    reasoner = reasoner_of(Gated())
    for inner in (reasoner, reasoner.for_decision()):
        declared = DeclaredReasoner(inner, {"ann": 0, "ben": 1})
        for ability in (AsyncReasoner, AsyncResponder, ConcurrentReasoner):
            assert isinstance(declared, ability)
    assert isinstance(declared.for_decision(), ConcurrentReasoner)


class FirstTwo:
    """A gate for two at once, which somebody opens besides; those after them go through."""

    def __init__(self):
        self.both, self.opened = threading.Event(), threading.Event()
        self._barrier = threading.Barrier(2, self.both.set)
        self._first = [1, 2]

    def wait(self, timeout):
        if self._first:
            self._first.pop()
            self._barrier.wait(timeout)
            assert self.opened.wait(timeout)


def _declared(gate):
    reasoner = DeclaredReasoner(reasoner_of(Gated(gate=gate), memo=None), {"ben": 0, "cem": 0})
    ann = AdaptiveAgent("ann", reasoner, orders=(0,), on_error="raise")
    return ann, ann.start(["ben", "cem"])


async def test_declared_orders_around_a_model_ask_at_once_and_hold_no_event_loop_up():
    gate = FirstTwo()
    ann, memory = _declared(gate)
    asking = asyncio.create_task(ann.adecide(SITUATION, memory))
    assert await asyncio.to_thread(gate.both.wait, LONG)
    gate.opened.set()  # which nobody could, were the event loop waiting for the model
    decision, _ = await asking
    assert decision.partners.keys() == {"ben", "cem"}


def test_declared_orders_around_a_model_ask_at_once_for_synchronous_callers_too():
    gate = FirstTwo()
    gate.opened.set()
    ann, memory = _declared(gate)
    decision, _ = ann.decide(SITUATION, memory)
    assert gate.both.is_set()
    assert decision.partners.keys() == {"ben", "cem"}


class Restarting(BaseChatModel):
    """Fails once, and answers then."""

    asked: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "restarting"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        self.asked.append(messages)
        if len(self.asked) == 1:
            raise ConnectionError("restarting")
        return ChatResult(generations=[ChatGeneration(message=AIMessage("1"))])


async def test_a_retry_that_only_a_budget_forbids_is_made_for_whoever_has_none() -> None:
    """The pause before it is longer than the budget of whoever asked first, and no fault of the server's."""
    model = Restarting()
    patience = Patience(failures=2, pause=2.0, longest_pause=2.0)
    reasoner = reasoner_of(model, patience=patience)

    async def asked(budget: Budget | None) -> Any:
        with metered(Meter(budget)):
            return await reasoner.for_decision().apolicy(SITUATION, "ben", 0)

    poor, other = await asyncio.gather(asked(Budget(seconds=0.9)), asked(None), return_exceptions=True)
    assert isinstance(poor, BudgetError)
    assert other["A"] > 0.9
    assert len(model.asked) == 2
    assert not reasoner.client.endpoints[0].breaker.is_open


async def test_a_server_that_is_down_is_left_alone_by_budgets_that_allow_no_retry() -> None:
    class Down(Restarting):
        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
            self.asked.append(messages)
            raise ConnectionError("refused")

    model = Down()
    patience = Patience(failures=3, pause=300.0, longest_pause=300.0, deadline=900.0, cooldown=900.0)
    reasoner = reasoner_of(model, patience=patience)
    for _ in range(6):
        with metered(Meter(Budget(seconds=50.0))), pytest.raises(LLMError):
            await reasoner.for_decision().apolicy(SITUATION, "ben", 0)
    assert len(model.asked) == 3
