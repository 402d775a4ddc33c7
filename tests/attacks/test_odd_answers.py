"""Odd answers of wrapped agents: read, or an error of the family of ``LLMError``; budgets and keys hold."""

import base64
import json
import logging
import re
import urllib.parse
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import Field, SecretStr

from atom import AdaptiveAgent, Budget, LLMError, NormalFormReasoner, Situation, errors, symmetric_payoffs
from atom.agents.briefing import briefed
from atom.llm import LLMReasoner
from atom.models.secrets import HIDDEN, cleaned, redact, without

TWO = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
NAN = float("nan")
HUGE = 10**5_000
CIRCULAR = {"a": 1}
CIRCULAR["answer"] = CIRCULAR
LOOP = ["x"]
LOOP.append(LOOP)


class Agent:
    """Answers whatever it is told to."""

    def __init__(self, answer):
        self.answer, self.sent = answer, []

    def invoke(self, request):
        self.sent.append(request)
        return self.answer

    async def ainvoke(self, request):
        return self.invoke(request)


@dataclass
class Holds:
    answer: object


HOLDS = Holds(None)
HOLDS.answer = HOLDS


class Raises:
    type = "ai"

    @property
    def content(self):
        raise RuntimeError("not now")

    usage_metadata = content


class Wordless:
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


def says(content, **further):
    return SimpleNamespace(content=content, type="ai", **further)


ODD = {
    "nothing": None,
    "a part that is none": says([None]),
    "parts that are none and a text": says([None, {"type": "text", "text": None}, {"type": "text"}]),
    "parts within parts": says([[["A"]]]),
    "parts that hold themselves": says(LOOP),
    "an object that holds itself": says(CIRCULAR),
    "a state that holds itself": {"messages": LOOP},
    "a structure that holds itself": {"messages": [], "structured_response": CIRCULAR},
    "a dataclass that holds itself": {"messages": [], "structured_response": HOLDS},
    "a huge number": says(HUGE),
    "a structured huge number": {"messages": [], "structured_response": {"answer": HUGE}},
    "a structure with a huge key": {"messages": [], "structured_response": {HUGE: HUGE}},
    "a number that is none": {"messages": [], "structured_response": {"answer": NAN}},
    "bytes": says(b"\xff\xfe"),
    "a function": says(print),
    "half a pair": says("\ud800 neither"),
    "a message that raises": Raises(),
    "what has no words": says(Wordless()),
    "a structure without words": {"messages": [], "structured_response": Wordless()},
    "calls that are none": says("", tool_calls=[None, 3, {"name": HUGE, "args": LOOP, "id": ["x"]}]),
    "arguments that hold themselves": says("", tool_calls=[{"name": "go", "args": CIRCULAR, "id": "1"}]),
    "arguments of a huge number": says(
        "", tool_calls=[{"function": {"name": "go", "arguments": "9" * 5_000}, "id": "1"}]
    ),
    "results of no call": {
        "messages": [SimpleNamespace(type="tool", status="error", tool_call_id=["x"], content="neither")]
    },
    "messages that are a dictionary": {"messages": {"content": "A"}},
    "messages that are numbers": {"messages": [1, 2, NAN]},
    "a long text": says("x" * 5_000_000),
}


@pytest.fixture(autouse=True)
def _said_anew():
    errors.forget_said()


async def decided(agent, way, memory):
    return agent.decide(TWO, memory) if way == "sync" else await agent.adecide(TWO, memory)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [("invoked", name) for name in ODD] + [("called", name) for name in ODD if name != "nothing"],
)
async def test_an_odd_answer_is_a_model_that_failed(name, kind, way):
    answer = ODD[name]
    wrapped = Agent(answer) if kind == "invoked" else lambda situation, prediction: answer
    agent = AdaptiveAgent("ann", REASONER, agent=wrapped)
    decision, memory = await decided(agent, way, agent.start(["ben"]))
    (said,) = decision.degraded
    assert said.startswith("the agent: the agent of 'ann': ")
    assert len(said) < 1_000
    said.encode()
    assert decision.action in "AB"
    json.dumps(memory, allow_nan=False).encode()
    strict = AdaptiveAgent("ann", REASONER, agent=wrapped, on_error="raise")
    with pytest.raises(LLMError, match="the agent of 'ann'"):
        await decided(strict, way, strict.start(["ben"]))


def test_an_error_without_words_is_one():
    class Fails(Agent):
        def invoke(self, request):
            raise ValueError(Wordless())

    agent = AdaptiveAgent("ann", REASONER, agent=Fails(None))
    assert "ValueError" in agent.decide(TWO, agent.start(["ben"]))[0].degraded[0]


def test_half_a_pair_beside_an_answer_is_replaced():
    agent = AdaptiveAgent("ann", REASONER, agent=Agent(AIMessage("A")))
    assert agent.decide(TWO, agent.start(["ben"]))[0].action == "A"
    odd = Agent(says("I choose B. \ud83d", usage_metadata={"input_tokens": 1, "output_tokens": 1}))
    decision, _ = AdaptiveAgent("ann", REASONER, agent=odd).decide(TWO, agent.start(["ben"]))
    assert (decision.action, decision.degraded) == ("B", ())


@pytest.mark.parametrize(
    "count",
    [-(10**9), 10**30, HUGE, 1.5, NAN, float("inf"), "3", True, [1], None],
    ids=lambda count: "huge" if count is HUGE else repr(count),
)
def test_counts_of_a_wrapped_agent_neither_lift_a_budget_nor_end_anything(count, caplog):
    """Negative ones made room for more calls; 1.5 is cut to whole tokens."""
    wrapped = Agent(says("A", usage_metadata={"input_tokens": count, "output_tokens": count}))
    agent = AdaptiveAgent("ann", REASONER, agent=wrapped, budget=Budget(calls=4, tokens=100, per="episode"))
    memory = agent.start(["ben"])
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            decision, memory = agent.decide(TWO, memory)
            if decision.usage is not None:
                assert 0 <= decision.usage.tokens <= 2
            memory = agent.observe(json.loads(json.dumps(memory, allow_nan=False)), TWO, {"ben": "A"})
    assert len(wrapped.sent) == 4
    warned = [record for record in caplog.records if "no number of tokens" in record.getMessage()]
    assert len(warned) == (count is not None and count != 1.5)


def test_one_negative_count_takes_nothing_from_the_others():
    odd, right = ({"input_tokens": n, "output_tokens": n} for n in (-(10**6), 60))
    messages = [says("thinking", usage_metadata=right), says("A", usage_metadata=odd)]
    agent = AdaptiveAgent("ann", REASONER, agent=Agent({"messages": messages}), budget=Budget(tokens=100))
    decision, _ = agent.decide(TWO, agent.start(["ben"]))
    assert decision.usage.tokens == 120


# ---- keys ----

KEY = "planted/key+0a1b=2c3d&4e5f"
QUOTED = 'planted"in\\json-77c1'
CODES = {
    "as it is": lambda key: key,
    "in a URL": urllib.parse.quote,
    "in a URL, whole": lambda key: urllib.parse.quote(key, safe=""),
    "in a URL, in small letters": lambda key: re.sub(
        "%..", lambda found: found[0].lower(), urllib.parse.quote(key)
    ),
    "in a form": urllib.parse.quote_plus,
    "in JSON": lambda key: json.dumps(key)[1:-1],
    "in Base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in Base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "as a basic authorization": lambda key: f"Basic {base64.b64encode(f'ann:{key}'.encode()).decode()}",
    "as another": lambda key: f"Basic {base64.b64encode(f'benn:{key}:x'.encode()).decode()}",
    "in hexadecimal": lambda key: key.encode().hex(),
}


def decoded(text):
    """A text, and all that its words of Base64 and hexadecimal have in them."""
    yield text
    yield urllib.parse.unquote(text)
    for word in text.replace('"', " ").split():
        for start in range(4):
            for code in (word, word.translate({ord("-"): "+", ord("_"): "/"})):
                whole = code[start : start + (len(code) - start) // 4 * 4]
                try:
                    yield base64.b64decode(whole).decode("latin-1")
                except ValueError:
                    continue


@pytest.mark.parametrize("key", [KEY, QUOTED])
@pytest.mark.parametrize("code", CODES)
def test_a_key_is_found_in_the_codes_that_headers_and_urls_have_it_in(code, key):
    text = f'you sent {{"authorization": "{CODES[code](key)}"}}, which is wrong'
    for clean in (without(text, {key}), redact(text, {key})):
        assert HIDDEN in clean
        assert clean.startswith("you sent")
        assert clean.endswith("which is wrong")
        assert not [found for found in decoded(clean) if key in found or key[4:-4] in found]


def test_other_words_stay():
    text = "The action is A, not B; c29tZSB0ZXh0IGluIEJhc2U2NA== and 61626364 and a%20b."
    assert without(text, {KEY, QUOTED, "secret"}) == text


def test_long_runs_take_linear_time():
    """A quadratic way would take hours."""
    part = base64.b64encode(KEY.encode()).decode()
    assert without("a" * 2_000_000 + part + "b" * 2_000_000, {KEY}) == HIDDEN
    assert len(without("a" * 4_000_000, {KEY})) == 4_000_000


class Echoing(BaseChatModel):
    """A chat model with a key, which it says."""

    api_key: SecretStr = SecretStr(KEY)
    default_headers: dict = Field(default_factory=lambda: {"x-gateway": QUOTED})
    code: str = "as it is"
    fails: bool = False

    @property
    def _llm_type(self):
        return "echoing"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        text = f"{CODES[self.code](KEY)} {CODES[self.code](QUOTED)}"
        if self.fails:
            raise RuntimeError(text)
        message = AIMessage(
            f"You sent {text}", additional_kwargs={"thoughts": text}, response_metadata={"headers": [text]}
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("bound", [False, True])
def test_keys_of_a_wrapped_chat_model_reach_nothing(code, fails, bound, caplog, capfd):
    model = Echoing(code=code, fails=fails)
    wrapped = model.bind(stop=["x"]).with_retry(stop_after_attempt=1) if bound else model
    agent = AdaptiveAgent("ann", REASONER, agent=wrapped)
    with briefed([]) as briefing, caplog.at_level(logging.DEBUG, logger="atom"):
        decision, memory = agent.decide(TWO, agent.start(["ben"]))
    assert decision.degraded
    written = [repr(decision), repr(briefing.reply), json.dumps(memory), caplog.text, *capfd.readouterr()]
    for text in written:
        found = [inner for inner in decoded(text) if KEY in inner or QUOTED in inner]
        assert not found


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("fails", [False, True])
def test_keys_of_a_chat_model_that_reasons_reach_nothing(code, fails, caplog):
    told = []
    reasoner = LLMReasoner(Echoing(code=code, fails=fails), observer=told.append)
    agent = AdaptiveAgent("ann", reasoner, orders=(0, 1))
    with caplog.at_level(logging.DEBUG, logger="atom"):
        decision, memory = agent.decide(TWO, agent.start(["ben"]))
    for text in (repr(decision), json.dumps(memory), caplog.text, repr(told)):
        assert not [inner for inner in decoded(text) if KEY in inner or QUOTED in inner]


def test_a_key_of_the_environment_in_a_graphs_answer_reaches_nothing(monkeypatch):
    monkeypatch.setenv("PLANTED_API_KEY", KEY)
    graph = StateGraph(MessagesState)
    graph.add_node("say", lambda state: {"messages": [AIMessage(f"It is {CODES['as another'](KEY)}")]})
    graph.add_edge(START, "say")
    agent = AdaptiveAgent("ann", REASONER, agent=graph.compile())
    decision, _ = agent.decide(TWO, agent.start(["ben"]))
    assert decision.degraded
    assert HIDDEN in decision.degraded[0]
    assert not [inner for inner in decoded(repr(decision)) if KEY in inner]


def test_messages_without_keys_are_the_agents_own():
    message = AIMessage("A", additional_kwargs={"x": [1, {"y": "z"}]})
    assert cleaned([message], {KEY})[0] is message
    said = AIMessage(f"A {KEY}", id="7")
    (clean,) = cleaned([said], {KEY})
    assert (clean.content, clean.id, type(clean)) == (f"A {HIDDEN}", "7", AIMessage)
    assert said.content == f"A {KEY}", "it is not modified in place"
