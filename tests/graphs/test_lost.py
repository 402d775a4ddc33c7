"""Beliefs that a graph would lose: found when it is built, said once when they begin anew, and kept where the
remedy is followed."""

import operator
from typing import Annotated, Literal

import pytest
from boards import ACTIONS, player_node, reasoner
from langchain.agents import AgentState, create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.channels import LastValue
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolRuntime
from langgraph.types import Command, Send
from scripted import ScriptedModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    Situation,
    StateKeyError,
    ToMState,
    add_tom_node,
    add_tom_team,
)
from atom.graph import check_beliefs, merge_memories

CONFIG = {"configurable": {"thread_id": "1"}}
WAYS = pytest.mark.parametrize("way", ["sync", "async"])
BOTH = Situation({"ann": ACTIONS, "ben": ACTIONS})
WARNING = "the belief of 'ann' begins anew in a thread in which it had begun before"


class Board(MessagesState, total=False):
    actions: Annotated[dict, operator.or_]
    notes: Annotated[list[str], operator.add]


class Kept(Board, ToMState, total=False):
    """Board with the key."""


class Minded(Board, total=False):
    mind: Annotated[dict, merge_memories]


def node(write=None, **settings):
    hooks = {"situation": lambda state: BOTH, "observed": lambda state: {"ben": "B"}}
    if write is not None:
        hooks["write"] = write
    return player_node(AdaptiveAgent("ann", reasoner(), seed=5), **hooks, **settings)


def handing_over(decision):
    return Command(graph=Command.PARENT, update={"notes": ["handed over"]}, goto="eve")


def match(write=None, *, team=False, schema=Kept, checkpointer=None, **settings):
    """A subgraph in which ann decides once."""
    builder = StateGraph(schema)
    if team:
        router = add_tom_team(builder, "ann", [node(write, **settings)])
        builder.add_conditional_edges(START, router, ["ann"])
    else:
        add_tom_node(builder, "ann", node(write, **settings)).add_edge(START, "ann")
    return builder.add_edge("ann", END).compile(checkpointer=checkpointer)


def agent(*tools, answer=lambda messages: AIMessage("A"), checkpointer=None):
    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", reasoner(), seed=5),
        situation=lambda state: BOTH,
        observed=lambda messages: {"ben": "B"} if messages else None,
    )
    model = ScriptedModel(answer=answer)
    return create_agent(model, tools=list(tools), middleware=[middleware], checkpointer=checkpointer)


@tool
def to_eve() -> Command[Literal["eve"]]:
    """Hand over to eve, and leave the belief behind."""
    return Command(graph=Command.PARENT, goto="eve", update={"notes": ["handed over"]})


@tool
def with_belief(runtime: ToolRuntime) -> Command[Literal["eve"]]:
    """Hand over to eve, and take the belief along."""
    update = {"notes": ["handed over"], "tom": runtime.state["tom"]}
    return Command(graph=Command.PARENT, goto="eve", update=update)


def calling(name):
    return lambda messages: AIMessage("", tool_calls=[{"name": name, "args": {}, "id": "1"}])


def messages_only(graph):
    return lambda state: {"messages": graph.invoke({"messages": state["messages"]})["messages"]}


def handing_on(graph):
    return lambda state: graph.invoke({"messages": state["messages"], "tom": state["tom"]})


def around(inner, schema=Board, checkpointer=None):
    builder = StateGraph(schema).add_node("match", inner).add_edge(START, "match")
    builder.add_node("eve", lambda state: {"notes": ["eve worked"]})
    return builder.add_edge("match", END).compile(checkpointer=checkpointer or InMemorySaver())


async def played(graph, way, times=3):
    for i in range(times):
        given = {"messages": [HumanMessage(f"Go {i}.")]}
        out = await graph.ainvoke(given, CONFIG) if way == "async" else graph.invoke(given, CONFIG)
    return out, graph.get_state(CONFIG).values


LOSING = {
    "node": (lambda: around(match()), True),
    "team": (lambda: around(match(team=True)), True),
    "another key": (lambda: around(match(key="mind", schema=Minded), Kept), True),
    "key within": (lambda: around(match(schema=Board), Kept), True),
    "key within, nowhere else": (lambda: around(match(schema=Board)), True),
    "node that hands over": (lambda: around(match(handing_over)), True),
    "agent": (lambda: around(agent()), True),
    "agent that hands over": (lambda: around(agent(to_eve, answer=calling("to_eve"))), True),
    "function": (lambda: around(messages_only(agent())), True),
    "two levels": (lambda: around(inner_of(match())), True),
    # which keys a function hands on, and a tool, is not seen before it does
    "function, key around": (lambda: around(messages_only(agent()), Kept), False),
    "tool, key around": (lambda: around(agent(to_eve, answer=calling("to_eve")), Kept), False),
}


def inner_of(graph):
    """A graph with the key around another, to be a part of one without."""
    return StateGraph(Kept).add_node("match", graph).add_edge(START, "match").add_edge("match", END).compile()


KEEPING = {
    "node": lambda: around(match(), Kept),
    "team": lambda: around(match(team=True), Kept),
    "another key": lambda: around(match(key="mind", schema=Minded), Minded),
    "node that hands over": lambda: around(match(handing_over), Kept),
    "agent": lambda: around(agent(), Kept),
    "agent that hands over": lambda: around(agent(with_belief, answer=calling("with_belief")), Kept),
    "function": lambda: around(handing_on(agent()), Kept),
    "two levels": lambda: around(inner_of(match()), Kept),
    "own checkpoints": lambda: around(match(schema=Board, checkpointer=True)),
    "agent with own checkpoints": lambda: around(agent(checkpointer=True)),
}


@WAYS
@pytest.mark.parametrize("case", LOSING)
async def test_a_belief_that_is_lost_is_said_to_be_so_once(case, way, caplog):
    make, found_when_built = LOSING[case]
    graph = make()
    await played(graph, way, times=1)
    assert caplog.records == []
    await played(graph, way)
    (record,) = [record for record in caplog.records if record.name == "atom"]
    assert WARNING in record.message
    for word in (
        "'match'",
        "have mind: Annotated" if case == "another key" else "inherit from ToMState",
        "check_beliefs",
    ):
        assert word in record.message
    if found_when_built:
        lacks = "'match' keeps the key" if "within" in case else "around 'match' has no key"
        with pytest.raises(StateKeyError, match=rf"the graph {lacks} '(tom|mind)'.*\['ann'\]"):
            check_beliefs(graph)


@WAYS
@pytest.mark.parametrize("case", KEEPING)
async def test_a_belief_that_is_kept_is_kept_in_silence(case, way, caplog):
    graph = KEEPING[case]()
    check_beliefs(graph)
    _, values = await played(graph, way)
    if "own checkpoints" not in case:
        assert values["mind" if case == "another key" else "tom"]["ann"]["step"] == 3
    assert [record for record in caplog.records if record.name == "atom"] == []


@WAYS
async def test_replays_calls_at_once_and_other_threads_are_no_loss(way, caplog):
    graph = around(match())
    await played(graph, way, times=1)
    (before,) = [state for state in graph.get_state_history(CONFIG) if state.next == ("match",)]
    if way == "async":
        await graph.ainvoke(None, before.config)
        await graph.ainvoke({"messages": []}, {"configurable": {"thread_id": "2"}})
    else:
        graph.invoke(None, before.config)
        graph.invoke({"messages": []}, {"configurable": {"thread_id": "2"}})
    builder = StateGraph(Board).add_node("match", match())
    builder.add_conditional_edges(START, lambda state: [Send("match", state)] * 3, ["match"])
    await played(builder.compile(checkpointer=InMemorySaver()), way, times=1)
    alone = StateGraph(Board).add_node("match", match()).add_edge(START, "match").compile()
    for _ in range(2):  # nothing is remembered from call to call without a checkpointer
        alone.invoke({"messages": []}, CONFIG)
    assert caplog.records == []


# ---- a key of one's own ----


class Named(AgentState):
    tom: str


class Listed(AgentState):
    tom: Annotated[list, operator.add]


class ListedBoard(TypedDict):
    tom: Annotated[list, operator.add]


@WAYS
@pytest.mark.parametrize(("schema", "value"), [(Named, "somebody"), (Listed, ["x"])])
async def test_an_agents_key_tom_of_another_kind_is_refused_at_the_first_step(schema, value, way):
    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", reasoner()), situation=lambda state: BOTH, observed=lambda messages: None
    )
    made = create_agent(
        ScriptedModel(answer=lambda messages: AIMessage("A")), middleware=[middleware], state_schema=schema
    )
    given = {"messages": [HumanMessage("Go.")], "tom": value}
    # which schema's key an agent has is up to the release of LangChain
    with pytest.raises(
        StateKeyError, match=r"(the state's key 'tom' is|was written to the state's key) .*key=\.\.\."
    ):
        await made.ainvoke(given) if way == "async" else made.invoke(given)
    if isinstance(made.channels["tom"], LastValue):
        with pytest.raises(StateKeyError, match="the graph has a key 'tom' without a reducer"):
            check_beliefs(made)


@WAYS
@pytest.mark.parametrize("team", [False, True])
async def test_a_graphs_key_tom_of_another_kind_is_refused_at_the_first_step(team, way):
    builder = StateGraph(ListedBoard)
    if team:
        builder.add_conditional_edges(START, add_tom_team(builder, "ann", [node()]), ["ann"])
    else:
        add_tom_node(builder, "ann", node()).add_edge(START, "ann")
    made = builder.compile()
    with pytest.raises(
        StateKeyError, match=r"the state's key 'tom' is list \['x'\], and the (node|team) 'ann'"
    ):
        await made.ainvoke({"tom": ["x"]}) if way == "async" else made.invoke({"tom": ["x"]})


def test_a_key_without_a_reducer_is_refused_where_a_node_is_added_as_any_other():
    """``add_tom_node`` refuses it itself."""

    class Own(TypedDict):
        tom: str

    made = StateGraph(Own).add_node("ann", node()).add_edge(START, "ann").add_edge("ann", END).compile()
    with pytest.raises(StateKeyError, match=r"the graph has a key 'tom' without a reducer.*\['ann'\]"):
        check_beliefs(made)
