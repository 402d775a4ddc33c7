"""How chat models are asked: in threads of their own, which hang, wait and end without harm."""

import asyncio
import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from atom import LLMError, Situation
from atom.llm import LLMReasoner, Patience, Sampling
from atom.models.threads import Threads, _call

ROOT = Path(__file__).parents[2]
SINGLE = Sampling(methods=("single",))


class Scripted(BaseChatModel):
    """Answers "1" after ``before`` has returned, and counts what it was asked."""

    before: Any = None
    calls: list[float] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.calls.append(time.monotonic())
        if self.before is not None:
            self.before()
        return ChatResult(generations=[ChatGeneration(message=AIMessage("1"))])


def question(number: int) -> Situation:
    return Situation({"ann": ["A", "B"], "ben": ["A", "B"]}, description=f"Round {number}.")


async def answers(reasoner: LLMReasoner, count: int) -> list[Any]:
    return await asyncio.gather(
        *(reasoner.apolicy(question(number), "ann", 0) for number in range(count)), return_exceptions=True
    )


HANGING = """
import threading, time
from tests.llm.test_chat_threads import *

patience = Patience(timeout=1.0, deadline=2.0, attempts=1)
hung = Scripted(before=lambda: threading.Event().wait(100))
try:
    LLMReasoner(hung, patience=patience, memo=None).policy(question(0), "ann", 0)
except LLMError as error:
    print(error)
print(time.time())
"""


def test_a_hung_model_does_not_keep_the_process():
    done = subprocess.run(
        [sys.executable, "-c", HANGING], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    ended = time.time()
    error, at_end_of_script = done.stdout.splitlines()
    assert "no answer within" in error
    assert ended - float(at_end_of_script) < 60


async def test_as_many_requests_as_are_asked_go_at_once():
    count = 40  # asyncio's own threads are 32 at most
    everyone = threading.Barrier(count)
    model = Scripted(before=lambda: everyone.wait(60.0))
    patience = Patience(timeout=60.0, deadline=90.0, attempts=1)
    found = await answers(LLMReasoner(model, sampling=SINGLE, patience=patience, memo=None), count)
    assert [answer for answer in found if isinstance(answer, Exception)] == []
    assert len(model.calls) == count


async def test_waiting_for_a_thread_is_not_the_models_time():
    model = Scripted(before=lambda: time.sleep(1.0))
    patience = Patience(timeout=5.0, deadline=90.0, attempts=1)
    reasoner = LLMReasoner(model, sampling=SINGLE, patience=patience, memo=None)
    reasoner.client.endpoints[0]._threads = Threads(1)
    found = await answers(reasoner, 6)
    assert [answer for answer in found if isinstance(answer, Exception)] == []
    assert len(model.calls) == 6
    assert min(later - earlier for earlier, later in zip(model.calls, model.calls[1:], strict=False)) > 0.9


async def test_what_finds_no_thread_before_the_deadline_is_never_sent():
    """And is no failure of the model."""
    over = threading.Event()
    model = Scripted(before=lambda: over.wait(100))
    patience = Patience(timeout=1.5, deadline=3.0, attempts=3, pause=0.01, failures=2, cooldown=900.0)
    reasoner = LLMReasoner(model, sampling=SINGLE, patience=patience, memo=None)
    endpoint = reasoner.client.endpoints[0]
    endpoint._threads = Threads(1)
    for _ in range(2):
        with pytest.raises(LLMError, match="requests before this one have not ended"):
            await reasoner.apolicy(question(0), "ann", 0)
    assert len(model.calls) == 1
    over.set()
    assert (await reasoner.apolicy(question(1), "ann", 0))["A"] > 0.9
    assert len(model.calls) == 2


async def test_what_is_given_up_before_its_thread_began_is_not_called():
    called: list[str] = []
    call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    given_up = threading.Event()
    given_up.set()
    await asyncio.to_thread(_call, lambda: called.append("too late"), call, given_up)
    await call
    assert called == []


async def test_context_variables_are_the_callers():
    name = ContextVar("name", default="nobody's")
    found: list[str] = []
    reasoner = LLMReasoner(Scripted(before=lambda: found.append(name.get())), sampling=SINGLE, memo=None)
    name.set("the caller's")
    await reasoner.apolicy(question(0), "ann", 0)
    assert found == ["the caller's"]


def test_an_iterator_that_is_exhausted_is_a_failure_at_once():
    model = GenericFakeChatModel(messages=iter([AIMessage("1")]))
    patience = Patience(timeout=60.0, deadline=90.0, attempts=2, pause=0.01)
    reasoner = LLMReasoner(model, sampling=SINGLE, patience=patience, memo=None)
    assert reasoner.policy(question(0), "ann", 0)["A"] > 0.9
    began = time.monotonic()
    with pytest.raises(LLMError, match="StopIteration"):
        reasoner.policy(question(1), "ann", 0)
    assert time.monotonic() - began < 30
