"""The key of the state that has the beliefs can be chosen, in every kind of schema and shell."""

import dataclasses

import pytest
from boards import ACTIONS, Board, board_graph, player_node, reasoner, situation
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from savers import asaver, saver
from scripted import ScriptedModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    Contract,
    FixedOrderAgent,
    Situation,
    add_tom_node,
    add_tom_team,
    declare,
    json_field,
)

CONFIG = {"configurable": {"thread_id": "1"}, "recursion_limit": 100}


class Plain(TypedDict):
    tom: str


class Model(BaseModel):
    tom: str


@dataclasses.dataclass
class Record:
    tom: str


def ann(**settings):
    return AdaptiveAgent("ann", reasoner(), seed=5, **settings)


def nodes(key):
    players = ann(), FixedOrderAgent("ben", reasoner(), 1)
    return {player.me: player_node(player, key=key) for player in players}


def test_another_key_plays_the_same():
    histories = []
    for key in ("tom", "mind"):
        graph = board_graph(nodes=nodes(key)).compile(checkpointer=InMemorySaver())
        histories.append(graph.invoke({"rounds": 6}, CONFIG)["history"])
        values = graph.get_state(CONFIG).values
        assert values[key]["ann"]["step"] == 6
        assert ("tom" in values) == (key == "tom")
    assert histories[0] == histories[1]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize(
    ("schema", "team"), [(Plain, False), (Model, False), (Record, False), (Plain, True)]
)  # a team's states are mappings
async def test_a_graph_may_have_a_key_tom_of_its_own(schema, team, kind, way, tmp_path):
    node = player_node(
        ann(),
        key="mind",
        situation=lambda state: Situation({"ann": ACTIONS, "ben": ACTIONS}),
        observed=lambda state: {"ben": "B"},
        write=lambda decision: {"tom": decision.action},
    )
    builder = StateGraph(schema)
    if team:
        router = add_tom_team(builder, "ann", [node])
        builder.add_conditional_edges(START, router, ["ann"])
    else:
        add_tom_node(builder, "ann", node).add_edge(START, "ann")
    builder.add_edge("ann", END)
    where = str(tmp_path / "c.sqlite")
    if way == "sync":
        with saver(kind, where) as checkpointer:
            graph = builder.compile(checkpointer=checkpointer)
            for _ in range(2):
                out = graph.invoke({"tom": "somebody"}, CONFIG)
            found = graph.get_state(CONFIG).values
    else:
        async with asaver(kind, where) as checkpointer:
            graph = builder.compile(checkpointer=checkpointer)
            for _ in range(2):
                out = await graph.ainvoke({"tom": "somebody"}, CONFIG)
            found = (await graph.aget_state(CONFIG)).values
    assert out["tom"] in ACTIONS
    assert found["mind"]["ann"]["step"] == 2


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_agents_middleware_keeps_its_belief_under_another_key(way):
    middleware = AdaptiveToMMiddleware(
        ann(), situation=lambda state: situation({}), observed=json_field("ben", "ben_did"), key="mind"
    )
    model = ScriptedModel(answer=lambda messages: AIMessage("A"))
    agent = create_agent(model, middleware=[middleware], checkpointer=InMemorySaver())
    for news in ("Go.", '{"ben_did": "B"}'):
        given = {"messages": [HumanMessage(news)]}
        state = await agent.ainvoke(given, CONFIG) if way == "async" else agent.invoke(given, CONFIG)
    assert state["mind"]["ann"]["step"] == 2
    assert "tom" not in state
    assert state["mind"]["ann"]["told"]["text"] in model.sent[-1][0].text


def test_declarations_under_another_key_are_heard():
    players = (AdaptiveAgent(name, reasoner(), contract=Contract()) for name in ("ann", "ben"))
    made = {player.me: player_node(player, key="mind") for player in players}
    graph = StateGraph(Board)
    graph.add_node("agree", lambda state: declare({"ann": 0, "ben": 1}, key="mind"))
    for name, node in made.items():
        add_tom_node(graph, name, node).add_edge("agree", name)
    compiled = graph.add_edge(START, "agree").compile(checkpointer=InMemorySaver())
    compiled.invoke({"rounds": 1}, CONFIG)
    memory = compiled.get_state(CONFIG).values["mind"]["ann"]
    assert memory["partners"]["ben"]["contract"]["order"] == 1
