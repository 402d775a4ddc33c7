"""LangChain chat models as hypotheses: the same policies over the same server, and models that take less."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import ConfigurableField
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from atom import AdaptiveAgent, AdaptiveToMNode, LLMError, Situation, add_tom_node
from atom.llm import LLMActor, LLMReasoner, Model, Patience, Sampling, SqliteMemo
from eval.tasks import make_task
from tests.llm.conftest import GREEDY, QUICK, described, reasoner_at

TASK = make_task("memory-1")
SITUATION = described(TASK, [{"player-1": "A", "player-2": "B"}])


def chat_at(server: Any, **settings: Any) -> ChatOpenAI:
    return ChatOpenAI(model="scripted", base_url=server.url, api_key="none", max_retries=0, **settings)


class Picky(BaseChatModel):
    """Answers with one text, takes no argument of the call, and counts no tokens."""

    text: str = "1"
    calls: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "picky"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        if kwargs:
            raise TypeError(f"unexpected keyword arguments {sorted(kwargs)}")
        self.calls.append(messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.text))])


@pytest.mark.parametrize("methods", [("logprobs",), ("stated",), ("single",)])
def test_a_chat_model_says_what_litellm_says_of_the_same_server(server, methods):
    sampling = Sampling(temperature=0.0, methods=methods)
    by_chat = LLMReasoner(chat_at(server), sampling=sampling, patience=QUICK)
    by_litellm = reasoner_at(server, sampling=sampling)
    for order in range(3):
        assert by_chat.policy(SITUATION, "player-1", order) == pytest.approx(
            by_litellm.policy(SITUATION, "player-1", order)
        )
    assert repr(by_chat) == "LLMReasoner('scripted')"


async def test_awaited_and_not_from_changing_event_loops(server):
    reasoner = LLMReasoner(chat_at(server), sampling=GREEDY, patience=QUICK, memo=None)
    awaited = await reasoner.apolicy(SITUATION, "player-2", 1)
    assert await asyncio.to_thread(reasoner.policy, SITUATION, "player-2", 1) == awaited
    assert await asyncio.to_thread(lambda: asyncio.run(reasoner.apolicy(SITUATION, "player-2", 1))) == awaited


def test_tokens_are_counted(server):
    agent = AdaptiveAgent("player-1", LLMReasoner(chat_at(server), sampling=GREEDY, patience=QUICK))
    decision, _ = agent.decide(SITUATION, agent.start(["player-2"]))
    assert decision.usage.calls > 0
    assert decision.usage.prompt_tokens > 50 * decision.usage.calls
    assert decision.degraded == ()


def test_a_model_that_takes_no_arguments_is_asked_without_them_and_found_out_once():
    model = Picky()
    reasoner = LLMReasoner(model, sampling=Sampling(methods=("single",)), patience=QUICK, memo=None)
    assert reasoner.policy(SITUATION, "player-1", 0)["A"] > 0.9
    asked = len(model.calls)
    assert reasoner.for_decision().policy(SITUATION, "player-1", 0)["A"] > 0.9
    assert len(model.calls) == asked + 1, "one call for one question, from now on"


class Settings(BaseModel, extra="forbid"):
    stop: str = ""


class Answer(BaseModel):
    text: str


class Failing(Picky):
    """Takes every argument, and fails when it is asked for the first time; ``given`` are the arguments."""

    error: Any
    given: list[dict[str, Any]] = Field(default_factory=list)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.given.append(kwargs)
        if len(self.given) == 1:
            self.error()
        return super()._generate(messages)


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


PASSING = {
    "no JSON": lambda: json.loads("<html>"),
    "a body of another form": lambda: Answer.model_validate({"error": "the temperature of the chip is high"}),
    "no such attribute": raising(AttributeError("'NoneType' object has no attribute 'choices'")),
    "another type": raising(TypeError("'NoneType' object is not subscriptable")),
    "no value": raising(ValueError("the server sent nothing")),
}
REFUSING = {
    "an unexpected keyword": raising(TypeError("create() got an unexpected keyword argument 'max_tokens'")),
    "twice": raising(TypeError("create() got multiple values for keyword argument 'temperature'")),
    "no such field": lambda: Settings.model_validate({"temperature": 0.1}),
    "by its name": raising(ValueError("temperature is not supported by this model")),
    "not implemented": raising(NotImplementedError()),
}


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("methods", [("single",), ("logprobs", "single")])
def test_a_failure_that_passes_is_tried_again_with_the_same_settings(error, methods):
    model = Failing(error=error)
    reasoner = LLMReasoner(model, sampling=Sampling(methods=methods), patience=QUICK, memo=None)
    assert reasoner.policy(SITUATION, "player-1", 0)["A"] > 0.9
    assert model.given[0].keys() == model.given[1].keys() != set()


@pytest.mark.parametrize("error", REFUSING.values(), ids=REFUSING)
def test_an_argument_that_is_refused_is_left_out_at_once(error):
    model = Failing(error=error)
    reasoner = LLMReasoner(model, sampling=Sampling(methods=("single",)), patience=QUICK, memo=None)
    assert reasoner.policy(SITUATION, "player-1", 0)["A"] > 0.9
    assert reasoner.for_decision().policy(SITUATION, "player-2", 0)["A"] > 0.9
    assert [sorted(given) for given in model.given] == [["max_tokens", "temperature"], [], []]


def test_a_model_that_names_no_option_degrades_the_decision_and_no_more():
    agent = AdaptiveAgent("player-1", LLMReasoner(Picky(text="as you like"), patience=QUICK))
    decision, _ = agent.decide(SITUATION, agent.start(["player-2"]))
    assert decision.action in ("A", "B")
    assert any("Picky" in problem for problem in decision.degraded)


def test_a_dead_server_is_an_error_of_ours(server):
    dead = ChatOpenAI(model="gone", base_url="http://127.0.0.1:9/v1", api_key="sk-secret", max_retries=0)
    reasoner = LLMReasoner(dead, patience=Patience(attempts=2, pause=0.01))
    with pytest.raises(LLMError) as caught:
        reasoner.policy(SITUATION, "player-1", 0)
    assert "gone" in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_a_chat_model_falls_back_and_is_fallen_back_to(server):
    dead = ChatOpenAI(model="gone", base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)
    short = Patience(attempts=1)
    first = LLMReasoner(dead, fallbacks=[chat_at(server)], sampling=GREEDY, patience=short)
    expected = reasoner_at(server).policy(SITUATION, "player-1", 1)
    assert first.policy(SITUATION, "player-1", 1) == pytest.approx(expected)


def test_a_memo_on_disk_tells_chat_models_apart(tmp_path):
    memo = SqliteMemo(tmp_path / "memo.sqlite")

    class Named(Picky):
        @property
        def _identifying_params(self) -> dict[str, Any]:
            return {"text": self.text}

    single = Sampling(methods=("single",))
    one, other = (
        LLMReasoner(Named(text=text), memo=memo, sampling=single, patience=QUICK) for text in ("1", "2")
    )
    assert one.policy(SITUATION, "player-1", 0)["A"] > 0.9
    assert other.policy(SITUATION, "player-1", 0)["B"] > 0.9


def test_hypotheses_are_no_part_of_a_graphs_stream_of_messages(server):
    class State(TypedDict, total=False):
        messages: Annotated[list[Any], add_messages]
        action: str

    reasoner = LLMReasoner(chat_at(server, streaming=True), sampling=GREEDY, patience=QUICK)
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("player-1", reasoner),
        situation=lambda state: SITUATION,
        observed=lambda state: None,
        write=lambda decision: {"action": decision.action},
    )
    builder = StateGraph(State)
    add_tom_node(builder, "ann", node)
    builder.add_edge(START, "ann")
    chunks = list(builder.compile().stream({"messages": []}, stream_mode=["messages", "updates"]))
    assert [mode for mode, _ in chunks] == ["updates"]
    assert server.requests, "the model was asked"


def secretive(model: str = "scripted", **settings: Any) -> ChatOpenAI:
    headers = {"Authorization": "Bearer sk-in-a-header"}
    return ChatOpenAI(model=model, api_key="sk-its-key", default_headers=headers, **settings)


STRUCTURED = {"title": "Answer", "type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (7, "a model is a name.*; got int$"),
        ("", "a model is a name.*; got ''$"),
        (ChatOpenAI, "got the class ChatOpenAI: make a model of it"),
        (secretive().with_structured_output(STRUCTURED), "^a RunnableSequence is no chat model: give the"),
        ((secretive() | StrOutputParser()).with_retry(), "^a RunnableSequence is no chat model: give the"),
        (Model, "got the class Model: make a model of it"),
    ],
)
def test_what_is_no_model_is_refused_without_its_secrets(given, words):
    for arguments in ({"model": given}, {"model": "openai/some", "fallbacks": [given]}):
        with pytest.raises(ValueError, match=words) as caught:
            LLMReasoner(**arguments)
        assert "sk-" not in str(caught.value)


def test_a_model_of_ours_has_all_that_is_said_of_it():
    """What was said beside it did not count, whatever it was."""
    model = Model("openai/x", "none", {"api_base": "http://here"})
    beside = {"api_base": "http://there", "max_tokens": 7, "api_key": "sk-planted", "options": {"top_k": 1}}
    for make in (LLMReasoner, lambda model, **given: LLMActor("ann", model, **given)):
        for name, value in beside.items():
            named = "top_k" if name == "options" else name
            with pytest.raises(
                ValueError, match=rf"^{named} beside Model\('openai/x'\).*into the Model"
            ) as error:
                make(model, **{name: value})
            assert "sk-" not in str(error.value)
        with pytest.raises(ValueError, match=r"^api_key, top_k, api_base, max_tokens beside"):
            make(model, **beside)
        made = make(model, api_key=None, api_version=None, sampling=GREEDY)
        (endpoint,) = made.client.endpoints
        assert (made.model, endpoint.options) == ("openai/x", {"api_base": "http://here"})


def test_a_chat_model_that_acts_is_shown_by_its_name():
    assert repr(LLMActor("ann", secretive())) == f"LLMActor('ann', {secretive().model_name!r})"


def test_a_model_is_shown_without_its_chat_models_secrets():
    assert "sk-" not in repr(Model.of(secretive()))


WRAPPED = {
    "arguments": lambda model: model.bind(seed=1),
    "tags": lambda model: model.with_config(tags=["mine"]),
    "retries": lambda model: model.with_retry(),
    "retries of arguments": lambda model: model.bind(seed=1).with_retry(),
    "arguments of retries": lambda model: model.with_retry().bind(seed=1),
    "fallbacks": lambda model: model.with_retry().with_fallbacks([model]),
    "fields": lambda model: model.configurable_fields(temperature=ConfigurableField(id="heat")),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_what_is_wrapped_around_a_chat_model_may_stay(wrap, server):
    reasoner = LLMReasoner(wrap(chat_at(server)), sampling=GREEDY, patience=QUICK, memo=None)
    assert repr(reasoner) == "LLMReasoner('scripted')"
    expected = reasoner_at(server).policy(SITUATION, "player-1", 1)
    assert reasoner.policy(SITUATION, "player-1", 1) == pytest.approx(expected)


def test_a_key_beside_a_chat_model_is_refused():
    with pytest.raises(ValueError, match="a chat model has its own key"):
        LLMReasoner(Picky(), api_key="sk-1")


def test_one_option_needs_no_question():
    model = Picky()
    alone = Situation({"player-1": ("A",), "player-2": ("A", "B")})
    assert LLMReasoner(model).policy(alone, "player-1", 0) == {"A": 1.0}
    assert model.calls == []
