"""Which chat models share what a memo keeps: those alone that would be asked the same."""

import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import ConfigurableField
from langchain_openai import ChatOpenAI

from atom import Situation
from atom.llm import LLMReasoner, Sampling, SqliteMemo
from atom.models.chat import ChatEndpoint
from atom.models.identity import _instances, identity_of

ROOT = Path(__file__).parents[2]
HERE = Situation({"ann": ["A", "B"], "ben": ["A", "B"]}, description="Two doors.")
SINGLE = Sampling(methods=("single",))


class Silent(BaseChatModel):
    """Answers with one text, or what it is told in the call, and does not say what identifies it."""

    text: str = "1"

    @property
    def _llm_type(self) -> str:
        return "silent"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        text = kwargs.get("persona", self.text)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class Declared(Silent):
    """Says what identifies it."""

    client: Any = None

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"text": self.text, "client": self.client}


class Broken(Silent):
    @property
    def _identifying_params(self) -> dict[str, Any]:
        raise RuntimeError("not now")


class Level(Enum):
    LOW = 1
    HIGH = 2


class Watcher(BaseCallbackHandler):
    """Watches."""


def chat(**settings: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "m", "api_key": "sk-one", "base_url": "http://one/v1", **settings})


def of(model: Any, **options: Any) -> Any:
    endpoint = LLMReasoner(model, options=options).client.endpoints[0]
    assert isinstance(endpoint, ChatEndpoint)
    return endpoint.identity


SAME = {
    "the same settings": (chat(), chat()),
    "another key": (chat(), chat(api_key="sk-two")),
    "another key in a header": (
        chat(default_headers={"Authorization": "Bearer 1", "api-key": "1", "x-team": "red"}),
        chat(default_headers={"Authorization": "Bearer 2", "api-key": "2", "x-team": "red"}),
    ),
    "the same arguments": (chat().bind(a=1, b={"x", "y"}), chat().bind(b={"y", "x"}, a=1)),
    "retries": (chat().with_retry(), chat().with_retry()),
    "fallbacks": (chat().with_fallbacks([chat(model="n")]), chat().with_fallbacks([chat(model="n")])),
    "watched": (chat().with_config(callbacks=[Watcher()]), chat().with_config(callbacks=[Watcher()])),
    "by its provider": (
        init_chat_model("m", model_provider="openai", configurable_fields=("temperature",), api_key="sk-1"),
        init_chat_model("m", model_provider="openai", configurable_fields=("temperature",), api_key="sk-2"),
    ),
    "what it says of itself": (Declared(text="1"), Declared(text="1")),
}
OTHER = {
    "name": (chat(), chat(model="n")),
    "place": (chat(), chat(base_url="http://two/v1")),
    "header": (chat(default_headers={"x-team": "red"}), chat(default_headers={"x-team": "blue"})),
    "setting": (chat(temperature=0.0), chat(temperature=1.0)),
    "argument": (chat().bind(temperature=0), chat().bind(temperature=2)),
    "length": (chat().bind(max_tokens=1), chat().bind(max_tokens=2)),
    "level": (chat().bind(effort=Level.LOW), chat().bind(effort=Level.HIGH)),
    "argument beneath retries": (chat().bind(seed=1).with_retry(), chat().bind(seed=2).with_retry()),
    "no argument": (chat(), chat().bind(temperature=0)),
    "configuration": (
        chat().configurable_fields(temperature=ConfigurableField(id="heat")).with_config(
            configurable={"heat": 0.0}
        ),
        chat().configurable_fields(temperature=ConfigurableField(id="heat")).with_config(
            configurable={"heat": 1.0}
        ),
    ),
    "fallback": (chat().with_fallbacks([chat()]), chat().with_fallbacks([chat(model="n")])),
    "what it says of itself": (Declared(text="1"), Declared(text="2")),
    "an object of its own": (Declared(client=object()), Declared(client=object())),
    "silence": (Silent(), Silent()),
    "silence beneath arguments": (Silent().bind(a=1), Silent().bind(a=1)),
    "an error": (Broken(), Broken()),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same(one, other):
    assert of(one) == of(other)


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_others(one, other):
    assert of(one) != of(other)


def test_options_count():
    assert of(chat(), seed=1) == of(chat(), seed=1) != of(chat(), seed=2)


def test_a_silent_model_is_itself_in_every_reasoner():
    model = Silent()
    assert of(model) == of(model)
    assert of(model.bind(a=1)) == of(model.bind(a=1)) != of(model)


def test_a_model_that_is_gone_is_no_other_one():
    known = len(_instances)
    seen = {identity_of(Silent(), {}) for _ in range(50)}  # many of them at the same address
    assert len(seen) == 50
    assert len(_instances) <= known, "what is gone is forgotten"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Silent(text="1"), Silent(text="2")),
        (Silent().bind(persona="1"), Silent().bind(persona="2")),
        (Declared().bind(persona="1"), Declared().bind(persona="2")),
    ],
)
def test_each_has_its_own_answers(one, other, tmp_path):
    memo = SqliteMemo(tmp_path / "memo.sqlite")
    first, second = (LLMReasoner(model, memo=memo, sampling=SINGLE) for model in (one, other))
    assert first.policy(HERE, "ann", 0)["A"] > 0.9
    assert second.policy(HERE, "ann", 0)["B"] > 0.9


def test_no_secret_can_be_read():
    model = chat(default_headers={"x-config": "sk-hidden"}, base_url="http://me:sk-mine@one/v1")
    assert "sk-" not in str(of(model.bind(api_key="sk-bound").with_retry(), extra={"password": "sk-pass"}))


def test_another_process_says_the_same():
    script = "from tests.llm.test_identity import *; print(of(chat().bind(seed=1).with_retry()))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(of(chat().bind(seed=1).with_retry()))
