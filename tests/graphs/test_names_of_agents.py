"""Two agents of one name are refused where they would overwrite each other's memory, and nowhere else."""

import pytest
from boards import Board, player_node, reasoner
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from atom import AdaptiveAgent, StateKeyError, add_tom_node, add_tom_team

CONFIG = {"configurable": {"thread_id": "1"}}


def ann(**settings):
    return player_node(AdaptiveAgent("ann", reasoner()), **settings)


def ben(**settings):
    return player_node(AdaptiveAgent("ben", reasoner()), **settings)


def as_node(builder, name, *nodes):
    (node,) = nodes
    add_tom_node(builder, name, node)


def as_team(builder, name, *nodes):
    router = add_tom_team(builder, name, [*nodes, ben(key=nodes[0].key)])
    builder.add_conditional_edges(START, router, [name])


SHELLS = [(as_node, as_node), (as_team, as_node), (as_node, as_team)]
IDS = ["node, node", "team, node", "node, team"]


@pytest.mark.parametrize(("first", "second"), [*SHELLS, (as_team, as_team)], ids=[*IDS, "team, team"])
def test_two_agents_of_one_name_are_refused(first, second):
    builder = StateGraph(Board)
    first(builder, "one", ann())
    with pytest.raises(
        StateKeyError, match=r"the nodes 'one' and 'two' have two agents with the name '(ann|ben)'"
    ) as caught:
        second(builder, "two", ann())
    assert "under 'tom'" in str(caught.value)
    assert list(builder.nodes) == ["one"]


@pytest.mark.parametrize(("first", "second"), SHELLS, ids=IDS)
def test_one_agent_may_have_two_nodes(first, second):
    builder, node = StateGraph(Board), ann()
    first(builder, "one", node)
    second(builder, "two", node)
    assert list(builder.nodes) == ["one", "two"]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(("first", "second"), [*SHELLS, (as_team, as_team)], ids=[*IDS, "team, team"])
async def test_two_agents_of_one_name_under_different_keys_remember_apart(first, second, way):
    builder = StateGraph(Board)
    first(builder, "one", ann())
    second(builder, "two", ann(key="mind"))
    for name, shell in (("one", first), ("two", second)):
        if shell is as_node:
            builder.add_edge(START, name)
        builder.add_edge(name, END)
    graph = builder.compile(checkpointer=InMemorySaver())
    for _ in range(2):
        given = {"history": [{"ann": "A", "ben": "B"}]}
        await graph.ainvoke(given, CONFIG) if way == "async" else graph.invoke(given, CONFIG)
    values = graph.get_state(CONFIG).values
    assert (values["tom"]["ann"]["step"], values["mind"]["ann"]["step"]) == (2, 2)


def test_a_name_that_a_node_has_is_refused_by_the_graph():
    builder, node = StateGraph(Board), ann()
    add_tom_node(builder, "one", node)
    with pytest.raises(ValueError, match="already present"):
        add_tom_node(builder, "one", node)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    "named",
    [["ann", "ann"], ("ann", "ann"), dict.fromkeys(("ann",)).keys()],
    ids=["list", "tuple", "keys"],
)
async def test_whoever_is_named_twice_acts_once(way, named):
    builder = StateGraph(Board)
    router = add_tom_team(builder, "team", [ann(), ben()], who=lambda state: named)
    builder.add_conditional_edges(START, router, ["team"]).add_edge("team", END)
    graph = builder.compile()
    given, events = {"history": []}, []
    if way == "async":
        events = [event async for event in graph.astream(given, stream_mode="custom")]
    else:
        events = list(graph.stream(given, stream_mode="custom"))
    assert [(event["observer"], event["step"]) for event in events] == [("ann", 0)]
