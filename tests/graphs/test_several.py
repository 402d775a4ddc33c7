"""Several partners, of whom some did what cannot be counted, and one's own action among what was seen."""

import enum
import json
from typing import Annotated

import numpy as np
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt
from scripted import ScriptedModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    ExtractionError,
    IllegalActionError,
    NormalFormReasoner,
    Situation,
    SituationError,
    add_tom_node,
    atake_turn,
    symmetric_payoffs,
    take_turn,
)

CONFIG = {"configurable": {"thread_id": "1"}}
PAYOFFS = np.array([[[[5.0 if (a, b, c)[me] == (a, b, c)[me - 1] else 0.0 for c in (0, 1)] for b in (0, 1)]
                     for a in (0, 1)] for me in range(3)])  # fmt: skip
TRIO = Situation(dict.fromkeys(("ann", "ben", "eve"), ("A", "B")))
WAYS = pytest.mark.parametrize("way", ["sync", "async"])


def ann():
    return AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), seed=5)


class Letter(enum.Enum):
    A = "A"
    B = "B"


class State(TypedDict, total=False):
    did: dict
    messages: Annotated[list, add_messages]
    degraded: tuple


def graph_of(read=None, *, also=None, **settings):
    """Ann's node, which reads what was done from the state, or by ``read`` from messages.

    ``also`` is what was done besides, where a checkpoint could not hold it.
    """
    if read is not None:
        settings["messages"] = lambda state: state["messages"]
    node = AdaptiveToMNode(
        "ann",
        ann(),
        situation=lambda state: TRIO,
        observed=read or (lambda state: {**state["did"], **(also or {})}),
        write=lambda decision: {"degraded": decision.degraded},
        **settings,
    )
    builder = add_tom_node(StateGraph(State), "ann", node).add_edge(START, "ann").add_edge("ann", END)
    return builder.compile(checkpointer=InMemorySaver())


async def call(graph, given, way):
    return await graph.ainvoke(given, CONFIG) if way == "async" else graph.invoke(given, CONFIG)


async def after(graph, did, way):
    """The state and the memory after a first turn, and one more in which something was seen."""
    await call(graph, {"did": {}, "messages": [HumanMessage("Go.")]}, way)
    out = await call(graph, {"did": did, "messages": [HumanMessage("On.")]}, way)
    return out, graph.get_state(CONFIG).values["tom"]["ann"]


async def told(read, way, **settings):
    """The memory of a middleware whose ``read`` is called once, after a first prediction."""
    middleware = AdaptiveToMMiddleware(ann(), situation=lambda state: TRIO, observed=read, **settings)
    model = ScriptedModel(answer=lambda messages: AIMessage("A"))
    agent = create_agent(model, middleware=[middleware], checkpointer=InMemorySaver())
    for said in ("Go.", "On."):
        out = await call(agent, {"messages": [HumanMessage(said)]}, way)
    return out["tom"]["ann"]


def weights(memory):
    return {name: record["weights"] for name, record in memory["partners"].items()}


ODD = pytest.mark.parametrize(
    "odd", [{"eve": "Z"}, {"eve": 10**5000}, {"zoe": "A"}, {"zoe": None}],
    ids=["unlisted", "too long", "unknown", "nothing of somebody unknown"],
)  # fmt: skip


@WAYS
@ODD
async def test_what_a_middleware_cannot_count_of_one_leaves_the_others_counted(odd, way, caplog):
    expected = await told(lambda messages: {"ben": "B"}, way)
    assert caplog.records == []
    found = await told(lambda messages: {**odd, "ben": "b"}, way)
    assert (found["step"], weights(found)) == (2, weights(expected))
    (problem,) = found["told"]["problems"]
    (record,) = caplog.records
    for said in (problem, record.message):
        assert "the middleware 'AdaptiveToMMiddleware'" in said
        assert repr(next(iter(odd))) in said
    with pytest.raises(ExtractionError, match="on_error='degrade'"):
        await told(lambda messages: {**odd, "ben": "b"}, way, on_error="raise")


@WAYS
async def test_nothing_seen_of_partners_is_no_news(way, caplog):
    found = await told(lambda messages: {"ben": None, "eve": None}, way)
    assert (found["step"], found["told"]["problems"], caplog.records) == (1, [], [])


@WAYS
async def test_what_a_middlewares_agent_did_is_known_in_every_form(way):
    found = await told(lambda messages: None, way, acted=lambda messages: {"ann": Letter.B})
    assert (found["told"]["taken"], found["told"]["problems"]) == ("B", [])
    found = await told(lambda messages: None, way, acted=lambda messages: {"ann": 10**5000})
    assert found["told"]["taken"] is None
    assert "is not a legal action of 'ann'" in found["told"]["problems"][0]


@WAYS
@pytest.mark.parametrize("happened", ["A", None])
async def test_somebody_unknown_in_the_state_is_a_mistake_whatever_was_seen(happened, way):
    with pytest.raises(SituationError, match="observed an action of 'zoe'"):
        await after(graph_of(), {"ben": "B", "zoe": happened}, way)
    _, memories = take_turn(ann(), {}, TRIO)
    with pytest.raises(SituationError, match="observed an action of 'zoe'"):
        take_turn(ann(), memories, TRIO, {"zoe": happened})


class Unshowable:
    def __repr__(self):
        raise RuntimeError("no")


@WAYS
@pytest.mark.parametrize("happened", [10**5000, [10**5000, 1], Unshowable()], ids=["long", "list", "object"])
async def test_what_has_no_text_is_left_out_as_well(happened, way, caplog):
    _, expected = await after(graph_of(), {"eve": "A"}, way)
    out, found = await after(graph_of(also={"ben": happened}), {"eve": "A"}, way)
    (problem,) = out["degraded"]
    assert "is not a legal action of 'ben'" in problem
    assert weights(found) == weights(expected)
    assert len(caplog.records) == 1


@WAYS
async def test_a_partner_that_left_is_no_mistake_while_nothing_is_seen_of_it(way):
    """A reader may go on naming everybody who ever took part."""
    two = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    player = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
    memories = {"ann": player.start(["ben", "eve"])}
    for happened in ({}, {"ben": "A", "eve": None}):
        if way == "async":
            _, memories = await atake_turn(player, memories, two, happened)
        else:
            _, memories = take_turn(player, memories, two, happened)
    assert memories["ann"]["step"] == 2
    with pytest.raises(SituationError, match="observed an action of 'eve'"):
        take_turn(player, memories, two, {"eve": "A"})


# ---- what one did oneself, which habits of partners are counted after ----


@WAYS
@pytest.mark.parametrize(
    ("form", "problems"),
    [
        (lambda mine: None, 0),
        (lambda mine: mine.lower(), 0),
        (Letter, 0),
        (lambda mine: [mine], 0),
        (lambda mine: 10**5000, 1),
        (lambda mine: ["A", mine], 0),
        (lambda mine: "", 1),
    ],
    ids=["nothing", "case", "enum", "list", "too long", "the last of two", "empty"],
)
async def test_ones_own_action_is_known_in_every_form(form, problems, way):
    did = {"ben": "A", "eve": "A"}
    _, expected = await after(graph_of(), did, way)
    mine = expected["partners"]["ben"]["habits"]["last"][1]
    graph = graph_of(also={"ann": form(mine)})
    out, found = await after(graph, did, way)
    assert found["partners"]["ben"]["habits"] == expected["partners"]["ben"]["habits"]
    assert len(out["degraded"]) == problems
    assert json.loads(json.dumps(found)) == found
    assert all("is no action of 'ann'" in problem for problem in out["degraded"])


@WAYS
async def test_an_own_action_that_is_not_legal_any_more_is_taken_as_it_is(way):
    _, found = await after(graph_of(), {"ben": "A", "ann": "C"}, way)
    assert found["partners"]["ben"]["habits"]["last"] == ["A", "C"]


# ---- nodes that read messages ----


def failing(messages):
    raise KeyError("ben_did")


@WAYS
@pytest.mark.parametrize(
    ("read", "says"),
    [
        (failing, "the extractor 'failing' of 'ann' failed (KeyError: 'ben_did')"),
        (lambda messages: "A", "the hook 'observed' of the node 'ann' returned str 'A'"),
        (lambda messages: {"zoe": "A"}, "observed an action of 'zoe'"),
        (lambda messages: {"ben": "Z"}, "'Z' is not a legal action of 'ben'"),
    ],
    ids=["raises", "a text", "unknown", "unlisted"],
)
async def test_a_node_that_cannot_read_messages_goes_on_with_one_warning(read, says, way, caplog):
    graph = graph_of(read)
    before, _ = await after(graph_of(lambda messages: None), {}, way), caplog.clear()
    out, memory = await after(graph, {}, way)
    (problem,) = out["degraded"]
    (record,) = caplog.records
    assert says in problem
    assert says in record.message
    assert "the node 'ann'" in problem
    assert (memory["step"], weights(memory)) == (2, weights(before[1]))
    assert memory["told"]["read"] == out["messages"][-1].id  # it is not read again
    with pytest.raises((ExtractionError, SituationError, IllegalActionError)):
        await after(graph_of(read, on_unseen="raise"), {}, way)


@WAYS
async def test_what_a_node_reads_of_one_leaves_the_others_counted(way):
    _, expected = await after(graph_of(lambda messages: {"ben": "B"}), {}, way)
    out, found = await after(graph_of(lambda messages: {"zoe": "A", "ben": "B"}), {}, way)
    assert weights(found) == weights(expected)
    assert len(out["degraded"]) == 1


@WAYS
async def test_a_reader_of_a_node_may_ask_a_person(way):
    graph = graph_of(lambda messages: {"ben": interrupt("What did ben do?")})
    await call(graph, {"messages": [HumanMessage("Go.")]}, way)
    paused = await call(graph, {"messages": [HumanMessage("On.")]}, way)
    assert paused["__interrupt__"][0].value == "What did ben do?"
    out = await call(graph, Command(resume="B"), way)
    assert out["degraded"] == ()
