"""Anything can be the acting agent, and the gate measures what it gives away."""

import asyncio
import json

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph

from atom import (
    AdaptiveAgent,
    BareAgent,
    IllegalActionError,
    LLMError,
    NormalFormReasoner,
    Prediction,
    as_actor,
    atake_turn,
    take_turn,
)
from atom.agents import Actor, InvokedActor
from atom.agents.actors import CalledActor
from atom.llm import LLMActor, LLMReasoner, Model, Patience
from atom.models.settings import ModelSettings
from eval.modelserver import Faults
from eval.tasks import make_task
from tests.llm.conftest import QUICK, described, reasoner_at

TASK = make_task("one-ahead-5")
SITUATION = described(TASK, [])


def _chat(server):
    return ChatOpenAI(model="scripted", base_url=server.url, api_key="none", temperature=0, max_retries=0)


def _langchain_agent(server):
    return create_agent(_chat(server), system_prompt="You are careful.")


def _graph(server):
    chat = _chat(server)

    class State(MessagesState):
        prediction: dict

    def act(state):
        return {"messages": [chat.invoke(state["messages"])]}

    builder = StateGraph(State).add_node("act", act).add_edge(START, "act").add_edge("act", END)
    return builder.compile()


def _model_name(server, **settings):
    return LLMActor("player-1", "openai/scripted", api_base=server.url, api_key="none", **settings)


def _told_model(server):
    return _model_name(server, tell="text")


@pytest.mark.parametrize("kind", [_chat, _langchain_agent, _graph, _told_model])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_every_kind_of_agent_acts_on_the_prediction(kind, way, serve):
    server = serve(record=True)
    player = AdaptiveAgent("player-1", TASK.reasoner(), agent=kind(server), seed=4)
    memory = player.start(["player-2"])
    for step in range(4):
        if way == "sync":
            decision, memory = await asyncio.to_thread(player.decide, SITUATION, memory)
        else:
            decision, memory = await player.adecide(SITUATION, memory)
        assert not decision.degraded
        expected = decision.partners["player-2"]
        if decision.order > expected.order:
            (predicted,) = (a for a, p in expected.policy.items() if p == 1.0)
            assert "ABCDE".index(decision.action) in {("ABCDE".index(predicted) + d) % 5 for d in (1, 4)}
        else:
            assert expected.expects[decision.action] == 1.0
        assert decision.usage.calls == 1
        assert decision.usage.prompt_tokens > 100
        memory = player.observe(memory, SITUATION, {"player-2": "B"})
        assert server.requests == step + 1
    role = "user" if kind is _told_model else "system"
    content = [m["content"] for m in server.bodies[0]["messages"] if m["role"] == role]
    assert any("You expect now:" in part for part in content)


@pytest.mark.parametrize("agent", [_model_name, lambda _: "openai/scripted"])
def test_a_model_by_name_is_recommended_what_an_exact_reasoner_answers(agent, serve, monkeypatch):
    server = serve(record=True)
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    player = AdaptiveAgent("player-1", TASK.reasoner(), agent=agent(server), seed=4)
    alone = AdaptiveAgent("player-1", TASK.reasoner(), seed=4)
    decision, _ = player.decide(SITUATION, player.start(["player-2"]))
    assert decision.action == alone.decide(SITUATION, alone.start(["player-2"]))[0].action
    asked = server.bodies[0]["messages"][-1]["content"]
    assert f'So the best option for you is "{decision.action}".' in asked
    assert server.requests == 1


def test_where_a_recommendation_costs_a_question_a_model_is_told(serve):
    server = serve(record=True)
    reasoner = LLMReasoner("openai/scripted", api_base=server.url, api_key="none")
    player = AdaptiveAgent("player-1", reasoner, agent=_model_name(server), seed=4)
    decision, _ = player.decide(SITUATION, player.start(["player-2"]))
    asked = server.bodies[-1]["messages"][-1]["content"]
    assert "You expect now:" in asked
    assert "the best option for you" not in asked
    assert decision.usage.calls == server.requests


def test_the_prediction_reaches_a_graph_as_data():
    seen = []

    class State(MessagesState):
        prediction: dict

    def act(state):
        seen.append(state)
        return {"messages": [AIMessage("2")]}

    graph = StateGraph(State).add_node("act", act).add_edge(START, "act").add_edge("act", END).compile()
    player = AdaptiveAgent("player-1", TASK.reasoner(), agent=InvokedActor("player-1", graph, tell="data"))
    decision, _ = player.decide(SITUATION, player.start(["player-2"]))
    assert decision.action == "B"
    told = seen[0]["prediction"]
    assert told["order"] == decision.order
    assert told["partners"]["player-2"]["posterior"] == pytest.approx(
        {"0": 0.27, "1": 0.27, "2": 0.27, "3": 0.04, "habits": 0.15}
    )
    assert "expect now" not in seen[0]["messages"][0].content
    json.dumps(told)


def test_plain_callables_sync_and_async():
    async def slow(situation, prediction):
        await asyncio.sleep(0)
        return "C"

    player = AdaptiveAgent("player-1", TASK.reasoner(), agent=slow)
    decision, _ = asyncio.run(player.adecide(SITUATION, player.start(["player-2"])))
    assert decision.action == "C"
    with pytest.raises(TypeError, match="call adecide"):
        player.decide(SITUATION, player.start(["player-2"]))
    plain = BareAgent("player-1", lambda situation, prediction: "F")
    with pytest.raises(IllegalActionError, match="'F' is not a legal action"):
        plain.decide(SITUATION, plain.start([]))
    with pytest.raises(TypeError, match="must be a model name, a chat model, a graph or a callable"):
        BareAgent("player-1", 3)


@pytest.mark.parametrize(
    ("replies", "action"),
    [(["2"], "B"), (["Let me see.", "2"], "B"), ([AIMessage([{"type": "text", "text": "3"}])], "C")],
)
def test_chat_models_may_need_a_second_try(replies, action):
    chat = GenericFakeChatModel(messages=iter(replies))
    plain = BareAgent("player-1", chat)
    assert plain.decide(SITUATION, plain.start([]))[0].action == action


def test_an_agent_that_never_answers_degrades_or_raises():
    replies = ["Who knows?"] * 2
    for on_error in ("degrade", "raise"):
        player = AdaptiveAgent(
            "player-1", TASK.reasoner(), agent=GenericFakeChatModel(messages=iter(replies)), on_error=on_error
        )
        if on_error == "raise":
            with pytest.raises(LLMError, match="after one repair"):
                player.decide(SITUATION, player.start(["player-2"]))
        else:
            decision, _ = player.decide(SITUATION, player.start(["player-2"]))
            (problem,) = decision.degraded
            assert '"Who knows?" is none of the options' in problem


def test_a_chat_models_own_error_is_no_crash(serve):
    server = serve(faults=Faults({"server-error": 1.0}))
    player = AdaptiveAgent("player-1", TASK.reasoner(), agent=_chat(server))
    decision, _ = player.decide(SITUATION, player.start(["player-2"]))
    assert "Error code: 500" in decision.degraded[0]
    assert TASK.reasoner().policy(SITUATION, "player-1", decision.order)[decision.action] == 1.0


@pytest.mark.parametrize(
    ("gate", "answers", "action", "overruled"),
    [
        ("off", ["A"], "A", None),
        ("ask", ["A", "E"], "E", "A"),
        ("ask", ["A", "A"], "A", None),
        ("override", ["A"], "best", "A"),
        ("override", ["best"], "best", None),
    ],
)
def test_the_gate(gate, answers, action, overruled):
    notes = []

    def agent(situation, prediction):
        notes.append(prediction.note)
        given = answers[len(notes) - 1]
        expected = TASK.reasoner().expected_payoffs(
            SITUATION, "player-1", {"player-2": prediction.partners["player-2"].policy}
        )
        bests.append(max(expected, key=expected.get))
        return bests[0] if given == "best" else given

    bests = []
    player = AdaptiveAgent(
        "player-1", TASK.reasoner(), agent=agent, gate=gate, orders=(0,), response="above", seed=1
    )  # order 0 does B here, so A, next to it, would do as well as C
    situation = described(TASK, [{"player-1": "B", "player-2": "B"}])  # order 0 does C
    decision, _ = player.decide(situation, player.start(["player-2"]))
    assert decision.action == (action if action != "best" else bests[0])
    assert decision.overruled == overruled
    assert decision.gap == (0.0 if answers == ["best"] else 5.0)
    if gate == "ask":
        assert notes[0] == ""
        assert 'You answered "A"' in notes[1]
        assert "is worth 5" in notes[1]


def test_a_gate_without_payoffs_is_refused(server):
    with pytest.raises(ValueError, match="gate='ask' needs payoffs"):
        AdaptiveAgent("player-1", reasoner_at(server), agent=lambda s, p: "A", gate="ask")
    with pytest.raises(ValueError, match="gate must be"):
        AdaptiveAgent("player-1", TASK.reasoner(), gate="never")


def test_a_language_models_hypotheses_can_be_gated_by_known_payoffs(server):
    payoffs = NormalFormReasoner(TASK.payoffs, ties="next")
    player = AdaptiveAgent(
        "player-1",
        reasoner_at(server, patience=QUICK),
        agent=lambda situation, prediction: "E",
        gate="override",
        payoffs=payoffs,
        orders=(0,),
    )
    decision, _ = player.decide(SITUATION, player.start(["player-2"]))
    assert decision.action in "AC"  # order 0 does B
    assert decision.overruled == "E"
    assert decision.gap == 5.0


def _says_b(situation, prediction):
    return "B"


async def _says_c(situation, prediction):
    return "C"


class _Both:
    """An actor with twins of its own, which could be invoked as well."""

    def __call__(self, situation, prediction):
        return "D"

    async def aact(self, situation, prediction):
        return "E"

    def invoke(self, messages):
        raise AssertionError

    async def ainvoke(self, messages):
        raise AssertionError


async def test_whatever_is_wrapped_is_an_actor(server):
    nothing = Prediction(0, {})
    wrapped = [as_actor("player-1", agent) for agent in (_says_b, _says_c, _Both(), _chat(server), "x/y")]
    assert all(isinstance(actor, Actor) for actor in wrapped)
    kinds = [CalledActor, CalledActor, _Both, InvokedActor, LLMActor]
    assert [type(actor) for actor in wrapped] == kinds
    assert as_actor("player-1", wrapped[0]) is wrapped[0]
    assert wrapped[0](SITUATION, nothing) == await wrapped[0].aact(SITUATION, nothing) == "B"
    assert await wrapped[1].aact(SITUATION, nothing) == "C"
    with pytest.raises(TypeError, match="the agent of 'player-1' is asynchronous; call adecide"):
        wrapped[1](SITUATION, nothing)
    assert (wrapped[2](SITUATION, nothing), await wrapped[2].aact(SITUATION, nothing)) == ("D", "E")


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_model_by_name_is_handed_its_own_messages_as_texts(way, serve):
    server = serve(record=True)
    brief = [
        SystemMessage("House rules."),
        HumanMessage([{"type": "text", "text": "Login is broken."}]),
        AIMessage("", tool_calls=[{"name": "look", "args": {"file": "a"}, "id": "c1"}]),
        ToolMessage("It is.", tool_call_id="c1", name="look"),
        {"role": "assistant", "content": "I see."},
        AIMessage(""),
    ]
    player = AdaptiveAgent("player-1", TASK.reasoner(), agent=_told_model(server))
    if way == "sync":
        decision, _ = await asyncio.to_thread(take_turn, player, {}, SITUATION, brief=brief)
    else:
        decision, _ = await atake_turn(player, {}, SITUATION, brief=brief)
    assert decision.degraded == ()
    assert decision.reply is None
    sent = server.bodies[0]["messages"]
    assert [message["role"] for message in sent] == [
        "system", "system", "user", "assistant", "user", "assistant", "user"
    ]  # fmt: skip
    assert sent[0]["content"] == "House rules."
    assert "You expect now:" not in sent[1]["content"]
    assert "You expect now:" in sent[-1]["content"]
    assert [message["content"] for message in sent[2:6]] == [
        "Login is broken.", "[called look with {'file': 'a'}]", "[result of look] It is.", "I see."
    ]  # fmt: skip


def test_options_of_a_model_are_what_is_no_keyword_of_ours():
    actor = LLMActor(
        "player-1", "x/y", seed=3, patience=None, api_base="here", num_ctx=7, options={"top_k": 1}
    )
    (endpoint,) = actor.client.endpoints
    assert endpoint.options == {"top_k": 1, "api_base": "here", "num_ctx": 7}
    assert actor.client.patience == Patience()
    reasoner = LLMReasoner(
        "x/y", fallbacks=["x/z", Model("x/w", "secret-key")], api_key="other-key", top_p=0.5
    )
    assert [endpoint.model for endpoint in reasoner.client.endpoints] == ["x/y", "x/z", "x/w"]
    assert [endpoint.options for endpoint in reasoner.client.endpoints] == [{"top_p": 0.5}, {}, {}]
    assert "secret-key" not in repr(ModelSettings.of("x/y", {"api_key": "secret-key"}))


@pytest.mark.parametrize(
    "agent", ["openai/scripted", lambda situation, prediction: "A"], ids=["name", "function"]
)
def test_an_unknown_way_of_telling_is_refused(agent):
    with pytest.raises(ValueError, match="tell must be 'text', 'recommendation' or 'data', got 'advice'"):
        as_actor("ann", agent, tell="advice")


def test_a_models_name_is_told_in_words():
    with pytest.raises(ValueError, match="tell must be 'text' or 'recommendation', got 'data'"):
        as_actor("ann", "openai/scripted", tell="data")
    assert as_actor("ann", "openai/scripted", tell="recommendation").tell == "recommendation"
