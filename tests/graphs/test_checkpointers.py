"""One suite over every checkpointer, synchronous and asynchronous, flat and as a subgraph.

It runs on the oldest and on the newest supported LangGraph, see .ci/oldest.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from boards import Board, board_graph, merge, player_node, reasoner
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore
from savers import asaver, saver

from atom import AdaptiveAgent, BeliefMemory, Contract, FixedOrderAgent, ToMState, declare

HERE = Path(__file__).parent
ROUNDS = 7
LONG = 150
KINDS = ["memory", "sqlite", "postgres"]


class Match(Board, ToMState, total=False):
    """A board whose declarations and beliefs come from outside."""


class Season(ToMState, total=False):
    """The parent knows the key ``tom``, so that beliefs last from match to match."""

    rounds: int
    history: list[dict[str, str]]


def flat():
    """Two adaptive agents in parallel branches of every super-step."""
    return board_graph(
        AdaptiveAgent("ann", reasoner(), seed=1), AdaptiveAgent("ben", reasoner(), seed=2), schema=Board
    )


def nested():
    """The same as a subgraph, which the parent enters once more after it ended."""
    builder = StateGraph(Season)
    builder.add_node("match", board_graph(AdaptiveAgent("ann", reasoner(), seed=1), schema=Match).compile())
    builder.add_node("break", lambda state: {"rounds": state["rounds"] + 3})
    builder.add_edge(START, "match")
    builder.add_conditional_edges("match", lambda s: END if s["rounds"] > ROUNDS else "break", ["break", END])
    builder.add_edge("break", "match")
    return builder


def under_contract():
    """The same as flat, with declarations in the state before the first round."""
    trusting = [AdaptiveAgent(name, reasoner(), contract=Contract()) for name in ("ann", "ben")]
    return board_graph(*trusting, schema=Match)


SHAPES = {"flat": flat, "subgraph": nested, "contract": under_contract}
STARTS = {"contract": declare({"ann": 1, "ben": 0})}


def start(shape):
    return {"rounds": ROUNDS, **STARTS.get(shape, {})}


@pytest.fixture
def place(request, tmp_path):
    """Where a kind of checkpointer keeps its data."""

    def find(kind):
        if kind == "postgres":
            return request.getfixturevalue("postgres_database")
        return str(tmp_path / "checkpoints.sqlite")

    return find


def config(thread="t"):
    return {"configurable": {"thread_id": thread}, "recursion_limit": 200}


@pytest.fixture(autouse=True)
def strict():
    assert os.environ["LANGGRAPH_STRICT_MSGPACK"] == "true"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_checkpoints_change_nothing(kind, shape, place):
    bare = SHAPES[shape]().compile().invoke(start(shape), config())
    with saver(kind, place(kind)) as opened:
        kept = SHAPES[shape]().compile(checkpointer=opened).invoke(start(shape), config())
        assert kept["history"] == bare["history"]
        assert len(kept["history"]) == ROUNDS + (3 if shape == "subgraph" else 0)
    if kind == "memory":
        return
    with saver(kind, place(kind)) as reopened:
        memories = SHAPES[shape]().compile(checkpointer=reopened).get_state(config()).values["tom"]
        assert json.loads(json.dumps(memories)) == memories
        assert memories["ann"]["step"] == len(bare["history"])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
async def test_asynchronous_checkpoints_change_nothing(kind, shape, place):
    bare = SHAPES[shape]().compile().invoke(start(shape), config())
    async with asaver(kind, place(kind)) as opened:
        kept = await SHAPES[shape]().compile(checkpointer=opened).ainvoke(start(shape), config())
        assert kept["history"] == bare["history"]


@pytest.mark.parametrize("kind", KINDS)
def test_replaying_any_checkpoint_leads_to_the_same_end(kind, place):
    with saver(kind, place(kind)) as opened:
        graph = flat().compile(checkpointer=opened)
        end = graph.invoke(start("flat"), config())["history"]
        checkpoints = [s for s in graph.get_state_history(config()) if s.next and "__start__" not in s.next]
        assert len(checkpoints) == 2 * ROUNDS
        for checkpoint in checkpoints:
            assert graph.invoke(None, checkpoint.config)["history"] == end


@pytest.mark.parametrize("kind", KINDS)
def test_a_fork_goes_its_own_way_and_leaves_the_trunk_alone(kind, place):
    with saver(kind, place(kind)) as opened:
        graph = flat().compile(checkpointer=opened)
        end = graph.invoke(start("flat"), config())["history"]
        trunk = graph.get_state(config()).config
        # Before anybody decided for the next round: a decision is not to be judged by the round before.
        # New input and not `update_state`: LangGraph 1.0 adds the players' decisions there to what is forked.
        middle = next(
            s
            for s in graph.get_state_history(config())
            if len(s.values.get("history", [])) == 3 and "board" not in s.next
        )
        forked = graph.invoke({"rounds": ROUNDS + 2}, {**config(), **middle.config})["history"]
        assert forked[:ROUNDS] == end
        assert len(forked) == ROUNDS + 2
        assert graph.get_state(trunk).values["history"] == end


def test_beliefs_of_two_threads_of_one_graph_do_not_mix():
    with saver("memory", "") as opened:
        graph = board_graph(ben=FixedOrderAgent("ben", reasoner(), 1)).compile(checkpointer=opened)
        one = graph.invoke({"rounds": 5}, config("one"))
        other = graph.invoke({"rounds": 5}, config("other"))
        assert one["history"] == other["history"]


def test_a_declaration_does_not_wipe_a_thread_under_way():
    with saver("memory", "") as opened:
        graph = under_contract().compile(checkpointer=opened)
        graph.invoke(start("contract"), config())
        state = graph.invoke({"rounds": ROUNDS + 1, **declare({"ann": 1, "ben": 0})}, config())
        assert state["tom"]["ann"]["step"] == ROUNDS + 1
        assert len(state["history"]) == ROUNDS + 1


def test_contracts_declared_in_the_state_hold_from_the_first_round():
    state = under_contract().compile().invoke(start("contract"))
    assert all(joint["ann"] != joint["ben"] for joint in state["history"])
    assert state["tom"]["ann"]["partners"]["ben"]["contract"]["order"] == 0
    assert state["tom"]["ann"]["order"] == 1


async def test_a_store_and_a_checkpointer_together():
    store, beliefs = InMemoryStore(), BeliefMemory("one-ahead")
    nodes = {
        "ann": player_node(AdaptiveAgent("ann", reasoner()), beliefs=beliefs),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 1)),
    }
    async with asaver("memory", "") as opened:
        graph = board_graph(nodes=nodes).compile(checkpointer=opened, store=store)
        for thread in "ab":
            await graph.ainvoke({"rounds": 4}, config(thread))
    assert beliefs.known(store, "ann", "ben")["observations"] == 6
    assert merge({}, {}) == {}


CHILD = """
import json, sys
sys.path.insert(0, {here!r})
import os
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
from savers import saver
from test_checkpointers import LONG, ROUNDS, config, flat
with saver({kind!r}, {where!r}) as opened:
    graph = flat().compile(checkpointer=opened)
    {work}
"""

STOP = """
    for k in range(2 * ROUNDS):
        for i, _ in enumerate(graph.stream({"rounds": ROUNDS}, config(f"k{k}"), stream_mode="values")):
            if i == k:
                break
    print("stopped", flush=True)
    for i, _ in enumerate(graph.stream({"rounds": LONG}, {**config("killed"), "recursion_limit": 10**6})):
        if i == 20:
            print("under way", flush=True)
"""

RESUME = """
    ends = {}
    for k in range(2 * ROUNDS):
        ends[k] = graph.invoke(None, config(f"k{k}"))["history"]
    before = len(graph.get_state(config("killed")).values["history"])
    after = graph.invoke(None, {**config("killed"), "recursion_limit": 10**6})["history"]
    print(json.dumps([ends, before, after]))
"""


def child(kind, where, work):
    code = CHILD.format(here=str(HERE), kind=kind, where=where, work=work.strip())
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_episode_stopped_anywhere_goes_on_alike_in_another_process(kind, place):
    """Stopped after every super-step, and killed under way."""
    where = place(kind)
    first = child(kind, where, STOP)
    assert first.stdout.readline() == "stopped\n"
    assert first.stdout.readline() == "under way\n"
    first.kill()
    first.wait()
    first.stdout.close()
    second = child(kind, where, RESUME)
    output, _ = second.communicate(timeout=120)
    assert second.returncode == 0
    ends, before, after = json.loads(output)
    expected = flat().compile().invoke({"rounds": LONG}, {"recursion_limit": 10**6})["history"]
    assert all(history == expected[:ROUNDS] for history in ends.values())
    assert len(ends) == 2 * ROUNDS
    assert 3 <= before < LONG
    assert after == expected
