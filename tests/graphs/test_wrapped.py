"""Wrapped agents are left whole: they pause, hand over, remember and answer as they would without us.

Real agents in real graphs with real checkpointers; every pause is resumed by a graph that is built anew, as
another process would. What pauses and handoffs do to beliefs is in test_pauses.py.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from operator import add
from types import SimpleNamespace
from typing import Annotated

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt
from pydantic import BaseModel
from savers import calls
from scripted import ScriptedModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    BareAgent,
    Hypothesis,
    IllegalActionError,
    LLMError,
    NormalFormReasoner,
    Prediction,
    Situation,
    StateKeyError,
    ToMState,
    add_tom_node,
    add_tom_team,
    as_actor,
    atake_turn,
    symmetric_payoffs,
    take_turn,
)
from atom.agents import own_messages

REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
SITUATION = Situation({"ann": ("login", "billing"), "ben": ("login", "billing")})
KINDS = ["memory", "sqlite", "postgres"]
FIRST = {"node": "ann", "team": "ann", "middleware": "AdaptiveToMMiddleware.before_model"}
THREAD = {"configurable": {"thread_id": "1"}}


class Board(TypedDict, total=False):
    ann: str
    notes: Annotated[list[str], add]
    messages: Annotated[list, add_messages]


class Ledger:
    """What was really done, and how often a model was asked."""

    def __init__(self):
        self.deleted = []
        self.asked = 0

    def model(self, *answers):
        """Calls the tool while it has no result, then gives the last answer."""

        def answer(messages):
            self.asked += 1
            if any(isinstance(message, ToolMessage) for message in messages):
                return AIMessage(answers[-1])
            return AIMessage("", tool_calls=[{"name": "delete", "args": {"file": "old.py"}, "id": "c1"}])

        return ScriptedModel(answer=answer)

    def tools(self):
        @tool
        def delete(file: str) -> str:
            """Delete a file."""
            self.deleted.append(file)
            return "deleted"

        return [delete]


def approving(ledger, *more, name=None, **settings):
    """An agent whose tool needs a person's approval."""
    ask = HumanInTheLoopMiddleware({"delete": True})
    return create_agent(
        ledger.model("Option 1"), tools=ledger.tools(), middleware=[*more, ask], name=name, **settings
    )


def node_of(agent, **settings):
    hooks = {
        "situation": lambda state: SITUATION,
        "observed": lambda state: None,
        "write": lambda decision: {"ann": decision.action},
    }
    player = agent if isinstance(agent, AdaptiveAgent) else AdaptiveAgent("ann", REASONER, agent=agent)
    return AdaptiveToMNode("ann", player, **{**hooks, **settings})


def in_graph(node, checkpointer=None, *, team=False, schema=Board):
    builder = StateGraph(schema)
    if team:
        router = add_tom_team(builder, "ann", [node])
        builder.add_conditional_edges(START, router, ["ann"])
    else:
        add_tom_node(builder, "ann", node).add_edge(START, "ann")
    return builder.add_edge("ann", END).compile(checkpointer=checkpointer)


def watching():
    return AdaptiveToMMiddleware(
        AdaptiveAgent("ann", REASONER),
        situation=lambda state: SITUATION,
        observed=lambda messages: None,
        acted=lambda messages: None,
    )


def approval_in(shell, ledger, checkpointer):
    """A graph in which somebody has to approve what the agent of a shell does."""
    if shell == "middleware":
        return approving(ledger, watching(), checkpointer=checkpointer)
    return in_graph(node_of(approving(ledger)), checkpointer, team=shell == "team")


@asynccontextmanager
async def opened(kind, way, where):
    """A checkpointer for one way of calling, and how to call with it."""
    async with calls(kind, way, where) as call:
        yield call.checkpointer, call.invoke


@pytest.fixture
def where(request, tmp_path):
    kind = request.node.callspec.params["kind"]
    if kind == "postgres":
        return request.getfixturevalue("postgres_database")
    return str(tmp_path / "checkpoints.sqlite")


@pytest.mark.parametrize("shell", ["node", "team", "middleware"])
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_pause_is_forked_into_an_approval_and_a_rejection(kind, way, shell, where):
    ledger = Ledger()
    async with opened(kind, way, where) as (checkpointer, call):
        graph = approval_in(shell, ledger, checkpointer)
        await call(graph, {"messages": [HumanMessage("Go.")]}, THREAD)
        states = [state async for state in graph.aget_state_history(THREAD)] if way == "async" else [
            *graph.get_state_history(THREAD)
        ]  # fmt: skip
        (before,) = [state for state in states if state.next == (FIRST[shell],)]
        for decision, deletions in (("approve", 1), ("reject", 1), ("approve", 2)):
            fork = (
                await graph.aupdate_state(before.config, None, as_node="__copy__")
                if way == "async"
                else graph.update_state(before.config, None, as_node="__copy__")
            )
            assert (await call(approval_in(shell, ledger, checkpointer), None, fork))["__interrupt__"]
            resumed = Command(resume={"decisions": [{"type": decision}]})
            done = await call(approval_in(shell, ledger, checkpointer), resumed, THREAD)
            assert "__interrupt__" not in done
            assert ledger.deleted == ["old.py"] * deletions


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("hook", ["situation", "observed", "write", "brief", "a function that acts"])
async def test_whoever_asks_a_person_pauses_the_graph(hook, way):
    def asking(answer):
        return lambda *_: (interrupt("May I?"), answer)[1]

    answers = {"situation": SITUATION, "observed": None, "write": {"ann": "login"}, "brief": []}
    acts = asking("login") if hook not in answers else (lambda situation, prediction: "login")
    hooks = {hook: asking(answers[hook])} if hook in answers else {}
    graph = in_graph(node_of(acts, **hooks), InMemorySaver())
    async with opened("memory", way, "") as (_, call):
        config = THREAD
        if hook == "observed":  # nothing is observed before the first decision
            await call(graph, {"messages": []}, config)
        paused = await call(graph, {"messages": []}, config)
        assert [found.value for found in paused["__interrupt__"]] == ["May I?"]
        assert (await call(graph, Command(resume="yes"), config))["ann"] == "login"


async def test_a_reader_of_a_middleware_that_asks_a_person_pauses_the_agent():
    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", REASONER),
        situation=lambda state: SITUATION,
        observed=lambda messages: {"ben": interrupt("What did ben do?")},
    )
    model = ScriptedModel(answer=lambda messages: AIMessage("login"))
    agent = create_agent(model, middleware=[middleware], checkpointer=InMemorySaver())
    agent.invoke({"messages": [HumanMessage("Go.")]}, THREAD)
    (asked,) = agent.invoke({"messages": [HumanMessage("Again.")]}, THREAD)["__interrupt__"]
    assert asked.value == "What did ben do?"
    assert agent.invoke(Command(resume="login"), THREAD)["tom"]["ann"]["step"] == 2


def test_a_paused_agent_that_nobody_can_resume_is_said_to_be_so():
    agent = approving(Ledger(), checkpointer=InMemorySaver())
    configured = agent.with_config(configurable={"thread_id": "inner"})
    decision, _ = take_turn(AdaptiveAgent("ann", REASONER, agent=configured), {}, SITUATION)
    assert "the agent paused to ask a person, and nobody can go on with it here" in decision.degraded[0]


# ---- messages in and out ----


def test_an_agent_is_handed_its_own_messages_and_its_answer_is_written_back():
    model = ScriptedModel(answer=lambda messages: AIMessage("Option 2"))
    agent = create_agent(model, system_prompt="You are ann.")
    node = node_of(
        agent,
        brief=lambda state: state["messages"],
        write=lambda decision: {"ann": decision.action, "messages": list(decision.reply)},
    )
    graph = in_graph(node, InMemorySaver())
    said = [SystemMessage("House rules."), HumanMessage("Login is broken.")]
    graph.invoke({"messages": said}, THREAD)
    state = graph.invoke({"messages": [HumanMessage("Billing, too.")]}, THREAD)
    assert state["ann"] == "billing"
    assert [m.text for m in state["messages"]] == [
        "House rules.", "Login is broken.", "Option 2", "Billing, too.", "Option 2"
    ]  # fmt: skip
    texts = [message.text for message in model.sent[-1]]
    assert texts[:2] == ["You are ann.", "House rules."]
    assert "What was observed so far" in texts[2]
    assert texts[3:6] == ["Login is broken.", "Option 2", "Billing, too."]
    assert '2) "billing"' in texts[6]
    assert texts[6].endswith("Reply with the label of one option (1 or 2) and nothing else.")
    assert len(texts) == 7


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_all_that_an_agent_did_is_its_reply_after_a_pause_too(way):
    ledger = Ledger()
    node = node_of(
        approving(ledger),
        brief=lambda state: state["messages"],
        write=lambda decision: {"ann": decision.action, "messages": list(decision.reply)},
    )
    graph = in_graph(node, InMemorySaver())
    async with opened("memory", way, "") as (_, call):
        await call(graph, {"messages": [HumanMessage("Tidy up.")]}, THREAD)
        approved = Command(resume={"decisions": [{"type": "approve"}]})
        state = await call(graph, approved, THREAD)
    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai"]
    assert state["messages"][-1].text == "Option 1"


def test_chat_models_and_functions_reply_as_well():
    model = ScriptedModel(answer=lambda messages: AIMessage("login"))
    player = AdaptiveAgent("ann", REASONER, agent=model)
    assert [m.text for m in take_turn(player, {}, SITUATION)[0].reply] == ["login"]

    def acts(situation, prediction):
        return model.invoke([*own_messages(), HumanMessage("Which?")])

    player = AdaptiveAgent("ann", REASONER, agent=acts)
    decision, _ = take_turn(player, {}, SITUATION, brief=[HumanMessage("Login is broken.")])
    assert decision.action == "login"
    assert [m.text for m in decision.reply] == ["login"]
    assert [m.text for m in model.sent[-1]] == ["Login is broken.", "Which?"]
    plain = AdaptiveAgent("ann", REASONER, agent=lambda situation, prediction: "login")
    assert take_turn(plain, {}, SITUATION)[0].reply is None
    assert json.dumps(decision.as_plain())


def test_an_agent_that_remembers_replies_with_what_is_new():
    """A subgraph with a memory of its own answers with all of its messages."""
    model = ScriptedModel(answer=lambda messages: AIMessage(f"{len(messages)} messages. Answer: 1"))
    agent = create_agent(model, checkpointer=True)
    counted = []
    node = node_of(
        agent, write=lambda decision: counted.append(len(decision.reply)) or {"ann": decision.action}
    )
    graph = in_graph(node, InMemorySaver())
    for _ in range(3):
        graph.invoke({"messages": []}, THREAD)
    assert counted == [1, 1, 1]


def replying(*texts, repair=None):
    return as_actor("ann", words_of(*texts), repair=repair)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("texts", "settings", "action", "reply"),
    [
        (["Hm.", "login"], {}, "login", ["login"]),
        (["Hm.", "Hm."], {}, "billing", None),
        (["login", "billing"], {"gate": "ask"}, "billing", ["billing"]),
        (["login", "Hm.", "Hm."], {"gate": "ask"}, "login", ["login"]),
        (["login", "login!"], {"gate": "ask"}, "login", ["login"]),
        (["login"], {"gate": "override"}, "billing", None),
        (["billing"], {"gate": "override"}, "billing", ["billing"]),
        (["login"], {"gate": "off"}, "login", ["login"]),
    ],
)
async def test_the_reply_is_that_of_the_answer_that_acts(way, texts, settings, action, reply):
    expects_login = Hypothesis("login", behaviour=lambda situation, player: {"login": 1.0})
    player = AdaptiveAgent(
        "ann", REASONER, agent=replying(*texts), hypotheses=[expects_login], seed=1, **settings
    )
    turn = take_turn if way == "sync" else atake_turn
    done = turn(player, {}, SITUATION)
    decision, _ = done if way == "sync" else await done
    assert decision.action == action
    assert (decision.reply and [message.text for message in decision.reply]) == reply


def test_an_answer_that_nobody_acts_on_is_no_reply():
    bare = BareAgent("ann", replying("Hm.", "Hm."))
    assert take_turn(bare, {}, SITUATION)[0].reply is None
    assert take_turn(BareAgent("ann", replying("login")), {}, SITUATION)[0].reply is not None

    def asks_somebody(situation, prediction):
        replying("login")(situation, prediction)
        return "billing"

    decision, _ = take_turn(AdaptiveAgent("ann", REASONER, agent=asks_somebody), {}, SITUATION)
    assert (decision.action, decision.reply) == ("billing", None)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("inner", ["agent", "bare agent", "actor", "within a graph", "hypothesis"])
async def test_an_agent_that_is_asked_on_the_way_has_no_messages_of_the_one_that_decides(way, inner):
    model = words_of("login")
    eve = {
        "agent": AdaptiveAgent("eve", REASONER, agent=model),
        "bare agent": BareAgent("eve", model),
        "hypothesis": BareAgent("ann", model),
    }.get(inner, BareAgent("ann", model))
    situation = Situation({"eve": ("login", "billing"), "ann": ("login", "billing")})
    seen = []

    def asked(*_):
        if inner == "actor":
            as_actor("eve", model)(situation, Prediction(0, {}))
        else:
            eve.decide(situation, eve.start(["ann"] if eve.me == "eve" else ["eve"]))
        seen.append([message.content for message in own_messages()])
        return "billing"

    agent, settings = asked, {}
    if inner == "within a graph":
        builder = StateGraph(MessagesState)
        builder.add_node("act", lambda state: {"messages": [AIMessage(asked())]})
        agent = builder.add_edge(START, "act").add_edge("act", END).compile()
    elif inner == "hypothesis":
        agent = words_of("billing")
        settings = {"hypotheses": [Hypothesis("asks", behaviour=lambda *_: {asked(): 1.0})]}
    player = AdaptiveAgent("ann", REASONER, agent=agent, **settings)
    turn = take_turn if way == "sync" else atake_turn
    done = turn(player, {}, SITUATION, brief=[HumanMessage("For ann alone.")])
    decision, _ = done if way == "sync" else await done
    assert decision.action == "billing"
    assert model.sent
    assert not [message for sent in model.sent for message in sent if message.content == "For ann alone."]
    expected = {"within a graph": ["billing"], "hypothesis": ["billing"]}.get(inner)
    assert (decision.reply and [message.text for message in decision.reply]) == expected
    assert seen[0] == ([] if inner == "within a graph" else ["For ann alone."])
    assert own_messages() == ()


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": None, "output_tokens": 3}, (0, 3)),
        ({"input_tokens": 4}, (4, 0)),
        ({"input_tokens": "many"}, (0, 0)),
        (None, (0, 0)),
        ("none", (0, 0)),
    ],
)
def test_tokens_that_a_model_does_not_say_are_none(usage, tokens):
    message = SimpleNamespace(content="login", type="ai", usage_metadata=usage)
    decision, _ = take_turn(AdaptiveAgent("ann", REASONER, agent=Silent(message)), {}, SITUATION)
    assert decision.action == "login"
    assert decision.degraded == ()
    assert (decision.usage.prompt_tokens, decision.usage.completion_tokens) == tokens


# ---- commands ----


class Outer(ToMState, total=False):
    ann: str
    notes: Annotated[list[str], add]


@pytest.mark.parametrize("update", [{"ann": "x"}, [("ann", "x")], None], ids=["mapping", "pairs", "none"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_write_may_return_a_command(way, update):
    builder = StateGraph(Board)
    node = node_of(AdaptiveAgent("ann", REASONER), write=lambda decision: Command(update=update, goto="eve"))
    add_tom_node(builder, "ann", node, destinations=("eve",)).add_edge(START, "ann")
    builder.add_node("eve", lambda state: {"notes": ["eve worked"]}).add_edge("eve", END)
    graph = builder.compile(checkpointer=InMemorySaver())
    async with opened("memory", way, "") as (_, call):
        for step in (1, 2):
            state = await call(graph, {"notes": []}, THREAD)
            assert state.get("ann") == (None if update is None else "x")
            assert state["notes"] == ["eve worked"] * step
            assert graph.get_state(THREAD).values["tom"]["ann"]["step"] == step


def test_a_command_to_the_graph_around_takes_the_belief_along():
    inner = StateGraph(Outer)
    node = node_of(
        AdaptiveAgent("ann", REASONER),
        write=lambda decision: Command(graph=Command.PARENT, update={"notes": ["handed over"]}, goto="eve"),
    )
    add_tom_node(inner, "ann", node).add_edge(START, "ann")
    outer = StateGraph(Outer)
    outer.add_node("team", inner.compile()).add_edge(START, "team")
    outer.add_node("eve", lambda state: {"notes": ["eve worked"]}).add_edge("eve", END)
    graph = outer.compile(checkpointer=InMemorySaver())
    for step in (1, 2):
        state = graph.invoke({}, THREAD)
        assert state["tom"]["ann"]["step"] == step
    assert state["notes"] == ["handed over", "eve worked"] * 2


@pytest.mark.parametrize(
    ("update", "says"),
    [
        ({"nowhere": 1}, "write returned \\['nowhere'\\]"),
        ({"tom": {}}, "that key belongs to the node"),
        ("login", "a Command with the update str 'login'"),
    ],
)
def test_a_command_is_checked_as_an_update_is(update, says):
    node = node_of(AdaptiveAgent("ann", REASONER), write=lambda decision: Command(update=update))
    with pytest.raises(StateKeyError, match=says):
        in_graph(node).invoke({"messages": []})


# ---- answers ----


def words_of(*texts):
    """A model that says one text after the other."""
    left = list(texts)
    return ScriptedModel(answer=lambda messages: AIMessage(left.pop(0) if len(left) > 1 else left[0]))


def graph_of(model):
    return create_agent(model)


def chain_of(model):
    return model | (lambda message: message)


def function_of(model):
    return lambda situation, prediction: model.invoke([HumanMessage("Which?")])


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("wrapped", "calls"),
    [
        (lambda model: model, 2),
        (lambda model: model.bind(stop=["x"]), 2),
        (lambda model: model.with_retry(), 2),
        (graph_of, 1),
        (chain_of, 1),
        (function_of, 1),
        (lambda model: as_actor("ann", graph_of(model), repair=True), 2),
        (lambda model: as_actor("ann", model, repair=False), 1),
    ],
    ids=["model", "bound", "retrying", "graph", "chain", "function", "graph, allowed", "model, forbidden"],
)
async def test_who_may_have_done_something_is_not_run_again_for_its_wording(wrapped, calls, way):
    model = words_of("Hm.", "Hm.")
    player = AdaptiveAgent("ann", REASONER, agent=wrapped(model))
    graph = in_graph(node_of(player))
    async with opened("memory", way, "") as (_, call):
        state = await call(graph, {"messages": []}, THREAD)
    assert len(model.sent) == calls
    assert state["ann"] in SITUATION.actions["ann"]
    decision, _ = take_turn(player, {}, SITUATION)
    (problem,) = decision.degraded
    assert '"Hm." is none of the options' in problem
    if calls == 1 and wrapped is not function_of:
        assert "repair=True" in problem


class Choice(BaseModel):
    action: str
    why: str = ""


def called(*calls, results=(), text=""):
    """A graph whose agent called tools and then said something."""

    def act(state: MessagesState):
        made = [{"name": name, "args": args, "id": f"c{i}"} for i, (name, args) in enumerate(calls)]
        done = [
            ToolMessage("ok", tool_call_id=f"c{i}", status=results[i] if i < len(results) else "success")
            for i in range(len(calls))
        ]
        return {"messages": [AIMessage("", tool_calls=made), *done, *([AIMessage(text)] if text else [])]}

    builder = StateGraph(MessagesState).add_node("act", act).add_edge(START, "act")
    return builder.add_edge("act", END).compile()


def structured(found):
    class State(MessagesState):
        structured_response: object

    builder = StateGraph(State)
    builder.add_node("act", lambda state: {"structured_response": found, "messages": [AIMessage("Done.")]})
    return builder.add_edge(START, "act").add_edge("act", END).compile()


@pytest.mark.parametrize(
    "agent",
    [
        structured(Choice(action="billing", why="login is taken")),
        structured({"pick": "billing", "why": "login is taken"}),
        structured({"answer": "2"}),
        called(("choose", {"action": "billing"}), text="Done."),
        called(("choose", {"ticket": "billing", "note": "quick"})),
        called(("billing", {})),
        called(
            ("choose", {"action": "billing"}), ("choose", {"action": "login"}), results=("success", "error")
        ),
        called(("choose", {"action": "login"}), text='I changed my mind, so my answer is "billing".'),
        words_of([{"type": "reasoning", "reasoning": "1?"}, {"type": "text", "text": "2"}]),
        words_of("<think>Option 1? They take it.</think>\n\n2) billing"),
        words_of("\uff12"),
        ScriptedModel(
            answer=lambda messages: AIMessage(
                "", tool_calls=[{"name": "choose", "args": {"action": "billing"}, "id": "c"}]
            )
        ),
    ],
    ids=[
        "model", "dictionary", "label", "call and text", "call", "tool that is an action", "rejected call",
        "text before calls", "parts", "thoughts", "full width", "call of a chat model",
    ],
)  # fmt: skip
def test_structures_calls_and_words_are_read(agent):
    decision, _ = take_turn(AdaptiveAgent("ann", REASONER, agent=agent), {}, SITUATION)
    assert decision.degraded == ()
    assert decision.action == "billing"


class Silent:
    """Something to be invoked that answers what it was made with."""

    def __init__(self, answer):
        self.answer = answer

    def invoke(self, messages):
        return self.answer

    async def ainvoke(self, messages):
        return self.answer


NUMBERS = Situation({"ann": ("0", "1", "2"), "ben": ("0", "1", "2")})
PAYS = NormalFormReasoner(symmetric_payoffs([[0, 5, 5], [5, 0, 5], [5, 5, 0]]))


class Ticket(Enum):
    LOGIN = "login"
    BILLING = "billing"


class Picked(BaseModel):
    ticket: Ticket


@dataclass
class Inner:
    choice: Ticket


@dataclass
class Outside:
    decision: Inner


@pytest.mark.parametrize(
    "agent",
    [
        structured(Ticket.BILLING),
        structured(Picked(ticket="billing")),
        structured({"why": "Ben's action is login.", "pick": Ticket.BILLING}),
        structured(Outside(Inner(Ticket.BILLING))),
        structured(2.0),
        structured({10**5000: "billing"}),
        called(("choose", {"action": Ticket.BILLING})),
        called(("choose", {"action": "billing"}), text="Ben's action is login."),
        called(("choose", {"action": "billing"}), text="I chose login or billing; ask me again."),
        called(("choose", {"action": "billing"}), text="If they take login, I take login."),
        called(("choose", {"action": "billing"}), text="Tickets left:\n1) login"),
        called(("choose", {"action": "billing"}), text="x" * 10**5),
        called(("wait", {"seconds": 1}), ("choose", {"action": "billing"}), ("wait", {"seconds": 1})),
        called(("look", {"file": "a", "lines": 1}), text="I will go with billing."),
        words_of("Ben's action is login. I will go with billing."),
        words_of("Hm.", "Ben: login. Me: billing."),
        lambda situation, prediction: {
            "messages": [
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [
                        {"id": "c", "function": {"name": "choose", "arguments": '{"action": "billing"}'}}
                    ],
                }
            ]
        },
    ],
)
def test_what_is_said_of_partners_and_in_passing_is_not_the_answer(agent):
    decision, _ = take_turn(AdaptiveAgent("ann", REASONER, agent=agent), {}, SITUATION)
    assert decision.degraded == ()
    assert decision.action == "billing"


@pytest.mark.parametrize(
    "agent",
    [
        called(("choose", {"action": "billing"}), ("choose", {"action": "login"})),
        called(("choose", {"action": "login or billing"})),
        called(("wait", {"seconds": 2})),
        Silent(
            {"messages": [{"role": "assistant", "content": "", "tool_calls": [{"args": ["billing"]}, 3]}]}
        ),
        words_of("Ben's action is login."),
        structured({"mine": "login", "yours": "billing"}),
        structured({Ticket.LOGIN: 10**5000}),
        structured(10**5000),
    ],
)
def test_answers_that_name_two_options_or_none_degrade(agent):
    decision, _ = take_turn(
        AdaptiveAgent("ann", REASONER, agent=as_actor("ann", agent, repair=False)), {}, SITUATION
    )
    (problem,) = decision.degraded
    assert problem.startswith("the agent: ")


@pytest.mark.parametrize(
    ("agent", "action"),
    [
        (lambda situation, prediction: AIMessage("1"), "1"),
        (lambda situation, prediction: AIMessage("My answer is 2."), "2"),
        (lambda situation, prediction: {"messages": [AIMessage("0")]}, "0"),
        (lambda situation, prediction: {"structured_response": {"action": 1}, "messages": []}, "1"),
        (structured(Choice(action="1")), "1"),
        (structured({"answer": 2}), "2"),
        (structured({"label": "1"}), "0"),
        (called(("choose", {"action": "1"})), "1"),
        (called(("choose", {"number": 2})), "2"),
        (called(("1", {})), "1"),
        (words_of("1"), "0"),  # who was asked for a label gives one
        (words_of('{"answer": "3"}'), "2"),
    ],
)
def test_actions_that_look_like_labels_are_read_as_actions_where_no_label_was_asked_for(agent, action):
    decision, _ = take_turn(AdaptiveAgent("ann", PAYS, agent=agent), {}, NUMBERS)
    assert decision.degraded == ()
    assert decision.action == action


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "the answer is None"),
        (AIMessage([{"type": "image", "url": "x"}]), r"no text, only parts of type \['image'\]"),
        (AIMessage(""), "the reply is empty"),
        ({"messages": []}, r"a dictionary with the keys \['messages'\]"),
        ({"output": "login"}, r"a dictionary with the keys \['output'\]"),
        (AIMessage("<think>Now, should I"), "ends within its thoughts"),
        (3, "the answer is a int without text"),
    ],
)
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_answer_without_words_is_said_to_be_one(answer, says, way):
    player = AdaptiveAgent("ann", REASONER, agent=Silent(answer), on_error="raise")
    turn = take_turn if way == "sync" else atake_turn
    with pytest.raises(LLMError, match=says):
        await asyncio.gather(turn(player, {}, SITUATION))


def test_a_function_that_returns_nothing_is_told_what_to_return():
    player = BareAgent("ann", lambda situation, prediction: None)
    with pytest.raises(IllegalActionError, match=r"returned None, which is no action; legal are \['login'"):
        player.decide(SITUATION, player.start([]))
