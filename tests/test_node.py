"""The node in real graphs: schemas, checkpointers, sync and async, subgraphs, parallel branches, errors."""

import asyncio
import dataclasses
import json
from typing import Any

import pytest
import typing_extensions
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from pydantic import BaseModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    BeliefError,
    IllegalActionError,
    Situation,
    SituationError,
    StateKeyError,
    ToMState,
    add_tom_node,
)
from atom.graph import merge_memories

ROUNDS = 6


class Plain(TypedDict):
    ann: str
    ben: str
    rounds: int


class Extended(typing_extensions.TypedDict):
    ann: str
    ben: str
    rounds: int


class Inherits(ToMState):
    ann: str
    ben: str
    rounds: int


@dataclasses.dataclass
class Record:
    ann: str
    ben: str
    rounds: int


@dataclasses.dataclass(frozen=True)
class Frozen:
    ann: str
    ben: str
    rounds: int


class Mine(ToMState):
    """What a subgraph around ann's node returns."""

    ann: str


class Model(BaseModel):
    ann: str
    ben: str
    rounds: int


SCHEMAS = [Plain, Extended, Inherits, Record, Frozen, Model]
EMPTY = {"ann": "", "ben": "", "rounds": 0}


def get(state: Any, key: str) -> Any:
    return state[key] if isinstance(state, dict) else getattr(state, key)


def loop_to(*nodes):
    return lambda state: END if get(state, "rounds") >= ROUNDS else list(nodes)


@pytest.fixture
def make_node(anti_coordination, situation):
    def make(me, partner, **changes):
        settings = {
            "situation": lambda state: situation,
            "observed": lambda state: {partner: get(state, partner)} if get(state, partner) else None,
            "write": lambda decision: {me: decision.action},
        }
        agent = changes.pop("agent", None) or AdaptiveAgent(me, anti_coordination, seed=11)
        return AdaptiveToMNode(me, agent, **{**settings, **changes})

    return make


@pytest.fixture
def make_builder(make_node):
    def make(schema=Plain, *, add=add_tom_node):
        """Two adaptive nodes in parallel branches of one super-step, in a loop."""
        builder = StateGraph(schema)
        builder.add_node("count", lambda state: {"rounds": get(state, "rounds") + 1})
        add(builder, "ann", make_node("ann", "ben"))
        add(builder, "ben", make_node("ben", "ann"))
        builder.add_edge(START, "ann")
        builder.add_edge(START, "ben")
        builder.add_edge(["ann", "ben"], "count")
        builder.add_conditional_edges(
            "count",
            lambda state: END if get(state, "rounds") >= ROUNDS else ["ann", "ben"],
            ["ann", "ben", END],
        )
        return builder

    return make


def trace(graph, config=None):
    steps = graph.stream(EMPTY, config, stream_mode="values")
    return [(get(s, "ann"), get(s, "ben")) for s in steps if get(s, "ann")]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.__name__)
def test_every_kind_of_schema_plays_the_same(make_builder, schema):
    expected = trace(make_builder(Plain).compile())
    graph = make_builder(schema).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    assert trace(graph, config) == expected
    tom = graph.get_state(config).values["tom"]
    assert {me: memory["step"] for me, memory in tom.items()} == {"ann": ROUNDS, "ben": ROUNDS}
    assert json.loads(json.dumps(tom)) == tom


def test_a_schema_that_inherits_needs_no_helper(make_builder):
    plain = make_builder(Inherits, add=lambda builder, name, node: builder.add_node(name, node)).compile()
    assert trace(plain) == trace(make_builder().compile())


def test_beliefs_change_and_persist_between_steps(make_builder):
    graph = make_builder().compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    graph.invoke(EMPTY, config)
    steps = [s.values.get("tom", {}).get("ann", {}).get("step", 0) for s in graph.get_state_history(config)]
    assert sorted(set(steps)) == list(range(ROUNDS + 1))
    histories = [s.values.get("tom", {}).get("ann") for s in graph.get_state_history(config)]
    beliefs = {json.dumps(m["partners"]["ben"]["weights"]) for m in histories if m}
    assert len(beliefs) > 1


@pytest.mark.parametrize("checkpointed", [False, True])
async def test_async_plays_as_sync(make_builder, checkpointed):
    saver = InMemorySaver() if checkpointed else None
    graph = make_builder().compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "1"}} if checkpointed else None
    states = [s async for s in graph.astream(EMPTY, config, stream_mode="values")]
    assert [(s["ann"], s["ben"]) for s in states if s["ann"]] == trace(make_builder().compile())


async def test_an_async_agent_runs_in_ainvoke_and_is_named_in_invoke(make_node, anti_coordination):
    async def agent(situation, prediction):
        return "A"

    builder = StateGraph(Plain)
    add_tom_node(
        builder, "ann", make_node("ann", "ben", agent=AdaptiveAgent("ann", anti_coordination, agent=agent))
    )
    graph = builder.set_entry_point("ann").compile()
    assert (await graph.ainvoke(EMPTY))["ann"] == "A"
    with pytest.raises(TypeError, match="run the graph with ainvoke"):
        graph.invoke(EMPTY)


def test_sqlite_resumes_in_another_graph_object(make_builder, tmp_path):
    config = {"configurable": {"thread_id": "1"}}
    expected = trace(make_builder().compile())
    with SqliteSaver.from_conn_string(str(tmp_path / "graph.sqlite")) as saver:
        stopped = make_builder().compile(checkpointer=saver, interrupt_after=["count"])
        stopped.invoke(EMPTY, config)
        stopped.invoke(None, config)
    with SqliteSaver.from_conn_string(str(tmp_path / "graph.sqlite")) as saver:
        graph = make_builder().compile(checkpointer=saver)
        rest = [(s["ann"], s["ben"]) for s in graph.stream(None, config, stream_mode="values")]
        assert graph.get_state(config).values["tom"]["ann"]["step"] == ROUNDS
    assert rest[-1] == expected[-1]


def test_as_a_node_of_a_subgraph(make_builder, make_node):
    """With ``tom`` in both schemas the belief outlives the subgraph's runs."""
    sub = StateGraph(Inherits, output_schema=Mine)
    sub.add_node("ann", make_node("ann", "ben"))
    sub.set_entry_point("ann")
    parent = StateGraph(Inherits)
    parent.add_node("count", lambda state: {"rounds": state["rounds"] + 1})
    parent.add_node("sub", sub.compile())
    parent.add_node("ben", make_node("ben", "ann"))
    parent.add_edge(START, "sub")
    parent.add_edge(START, "ben")
    parent.add_edge(["sub", "ben"], "count")
    parent.add_conditional_edges("count", loop_to("sub", "ben"), ["sub", "ben", END])
    out = parent.compile().invoke(EMPTY)
    assert {me: m["step"] for me, m in out["tom"].items()} == {"ann": ROUNDS, "ben": ROUNDS}
    assert (out["ann"], out["ben"]) == trace(make_builder().compile())[-1]


def memory(step, episode=0):
    return {"step": step, "episode": episode}


def test_merging_memories():
    new, old = memory(3), memory(2)
    assert merge_memories({"ann": old}, {"ben": new}) == {"ann": old, "ben": new}
    assert merge_memories({"ann": old}, {"ann": new}) == {"ann": new}
    assert merge_memories({"ann": new}, {"ann": old}) == {"ann": new}  # passed through by a subgraph
    assert merge_memories({"ann": new}, {"ann": memory(0)}) == {"ann": memory(0)}  # begun anew
    assert merge_memories({"ann": new}, {"ann": memory(1, episode=1)}) == {"ann": memory(1, episode=1)}
    assert merge_memories({"ann": new, "ben": new}, {"ann": None}) == {"ben": new}


def test_the_key_stays_out_of_the_output_unless_the_schema_has_it(make_builder):
    assert set(make_builder().compile().invoke(EMPTY)) == {"ann", "ben", "rounds"}


def test_belief_updates_are_streamed(make_builder):
    events = list(make_builder().compile().stream(EMPTY, stream_mode="custom"))
    assert len(events) == 2 * ROUNDS
    mine = [e for e in events if e["observer"] == "ann"]
    assert [e["step"] for e in mine] == list(range(ROUNDS))
    assert {(e["type"], e["node"], e["partner"]) for e in mine} == {("tom.belief", "ann", "ben")}
    assert mine[0]["posterior"] == pytest.approx({"0": 0.27, "1": 0.27, "2": 0.27, "3": 0.04, "habits": 0.15})
    assert mine[1]["posterior"] != mine[0]["posterior"]
    assert json.dumps(events)


def test_the_node_is_usable_on_its_own(make_node):
    update = make_node("ann", "ben").invoke({**EMPTY, "tom": {}})
    assert update["ann"] in "AB"
    assert update["tom"]["ann"]["step"] == 1


def test_one_node_in_two_graphs(make_node):
    node = make_node("ann", "ben")
    for schema in (Plain, Model):
        builder = add_tom_node(StateGraph(schema), "ann", node).set_entry_point("ann")
        assert get(builder.compile().invoke(EMPTY), "ann") in "AB"


def test_the_episode_keys_the_random_numbers(make_node, anti_coordination):
    def actions(**settings):
        node = make_node("ann", "ben", **settings)
        return [node.invoke({**EMPTY, "rounds": n, "tom": {}})["ann"] for n in range(40)]

    assert len(set(actions())) == 1
    assert len(set(actions(episode=lambda state: state["rounds"]))) == 2


def run(make_node, state=None, schema=Plain, **changes):
    builder = add_tom_node(StateGraph(schema), "ann", make_node("ann", "ben", **changes)).set_entry_point(
        "ann"
    )
    return builder.compile().invoke({**EMPTY, **(state or {})})


def test_a_key_that_the_graph_would_drop_is_an_error(make_node):
    with pytest.raises(StateKeyError, match=r"\['an'\].*would drop; its keys are \['ann', 'ben'"):
        run(make_node, write=lambda decision: {"an": decision.action})


def test_a_graph_without_the_state_key_is_an_error(make_node):
    builder = StateGraph(Plain).add_node("ann", make_node("ann", "ben")).set_entry_point("ann")
    with pytest.raises(StateKeyError, match="use add_tom_node, or let the state's schema inherit"):
        builder.compile().invoke(EMPTY)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"write": lambda decision: {"tom": {}}}, StateKeyError, "belongs to the node"),
        ({"write": lambda decision: decision.action}, StateKeyError, "must return a mapping"),
    ],
)
def test_bad_writes(make_node, changes, error, words):
    with pytest.raises(error, match=words):
        run(make_node, **changes)


def test_errors_say_which_node_and_player(make_node, anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination, agent=lambda situation, prediction: "C")
    with pytest.raises(IllegalActionError) as caught:
        run(make_node, agent=agent)
    assert "In the node 'ann' of player 'ann'." in caught.value.__notes__


def test_a_belief_of_other_orders_in_the_state_is_an_error(make_node, anti_coordination):
    memory = AdaptiveAgent("ann", anti_coordination, orders=(0, 1, 4)).start(["ben"])
    with pytest.raises(BeliefError, match="begin a new one"):
        run(make_node, {"tom": {"ann": memory}}, Inherits)


def test_an_action_observed_of_somebody_else_is_an_error(make_node, anti_coordination, situation):
    agent = AdaptiveAgent("ann", anti_coordination)
    _, memory = agent.decide(situation, agent.start(["ben"]))
    with pytest.raises(SituationError, match="observed an action of 'eve'"):
        run(make_node, {"tom": {"ann": memory}}, Inherits, observed=lambda state: {"eve": "A"})


def test_a_schema_of_another_kind_is_named(make_node):
    class Odd:
        ann: str

    builder = StateGraph(Plain)
    builder.state_schema = Odd
    with pytest.raises(StateKeyError, match="schema of type Odd"):
        add_tom_node(builder, "ann", make_node("ann", "ben"))


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_a_wrapped_graph_that_asks_a_person_pauses_and_goes_on(way, anti_coordination):
    asked = []

    def ask(state: MessagesState):
        asked.append(1)
        return {"messages": [AIMessage(interrupt("A or B?"))]}

    inner = StateGraph(MessagesState)
    inner.add_node("ask", ask).add_edge(START, "ask").add_edge("ask", END)
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", anti_coordination, agent=inner.compile()),
        situation=lambda board: Situation({"ann": ("A", "B"), "ben": ("A", "B")}),
        observed=lambda board: None,
        write=lambda decision: {"ann": decision.action},
    )
    builder = add_tom_node(StateGraph(Plain), "ann", node).add_edge(START, "ann").add_edge("ann", END)
    graph, thread = builder.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "1"}}

    def run(given):
        return asyncio.run(graph.ainvoke(given, thread)) if way == "ainvoke" else graph.invoke(given, thread)

    (paused,) = run({"ann": "", "ben": "", "rounds": 0})["__interrupt__"]
    assert paused.value == "A or B?"
    assert run(Command(resume="B"))["ann"] == "B"
    assert len(asked) == 2  # once to pause, once more to go on, as LangGraph does
