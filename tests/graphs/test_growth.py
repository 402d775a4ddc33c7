"""What a thread stores: as much a step however long it is, and little for each partner."""

import datetime as dt
import random
import zlib
from typing import Annotated

import pytest
from boards import PLAYERS, board_graph, merge, player_node, reasoner
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from savers import saver
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    CongestionReasoner,
    FixedOrderAgent,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)
from atom.graph.state import Memories, merge_memories
from atom.memories import Memory


class Rounds(TypedDict, total=False):
    round: int
    actions: Annotated[dict[str, str], merge]


def stored_at(partners, actions, marks, opened):
    """The graph's state, and the bytes stored until each of some rounds."""
    names = ["ann", *(f"p{i}" for i in range(partners))]
    legal, rng = tuple("ABCDE"[:actions]), random.Random(1)  # noqa: S311 - partners at random, no secret
    situation = Situation(dict.fromkeys(names, legal))
    many = CongestionReasoner(lambda _player, _action, same, _others: -float(same))
    two = NormalFormReasoner(symmetric_payoffs([[int(a != b) for a in legal] for b in legal]))
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", two if partners == 1 else many),
        situation=lambda _: situation,
        observed=lambda state: {n: state["actions"][n] for n in names[1:]} if state["round"] else None,
        write=lambda decision: {"actions": {"ann": decision.action}},
    )
    builder = add_tom_node(StateGraph(Rounds), "ann", node)
    builder.add_node(
        "others",
        lambda state: {"round": state["round"] + 1, "actions": {n: rng.choice(legal) for n in names[1:]}},
    )
    builder.add_edge(START, "ann").add_edge("ann", "others")
    builder.add_conditional_edges(
        "others", lambda state: END if state["round"] in marks else "ann", ["ann", END]
    )
    graph = builder.compile(checkpointer=opened)
    config, sums = {"configurable": {"thread_id": "t"}, "recursion_limit": 3000}, []
    for begin in (0, *marks[:-1]):
        graph.invoke({"round": begin}, config)
        sums.append(bytes_in(opened))
    return graph.get_state(config).values, sums


def bytes_in(opened):
    asked = (
        "SELECT (SELECT sum(length(checkpoint) + length(metadata)) FROM checkpoints)"
        " + (SELECT sum(length(value)) FROM writes)"
    )
    return opened.conn.execute(asked).fetchone()[0]


def test_a_step_stores_as_much_after_a_thousand_steps_as_after_some():
    marks = (100, 110, 500, 510, 990, 1000)
    with SqliteSaver.from_conn_string(":memory:") as opened:
        state, sums = stored_at(1, 2, marks, opened)
    assert state["tom"]["ann"]["step"] == 1000
    early, middle, late = ((sums[i + 1] - sums[i]) / 10 for i in (0, 2, 4))
    assert middle < 1.05 * early
    assert late < 1.05 * early


def test_each_partner_stores_little():
    def a_round(partners):
        with SqliteSaver.from_conn_string(":memory:") as opened:
            _, (before, after) = stored_at(partners, 5, (40, 50), opened)
        return (after - before) / 10

    few, many = a_round(5), a_round(20)
    assert (many - few) / 15 < 2_300, "two checkpoints and a write a round; it was above 4,300"
    assert few < 16_000


def players(schema=None):
    nodes = {
        "ann": player_node(AdaptiveAgent("ann", reasoner(), seed=5)),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 1)),
    }
    return board_graph(nodes=nodes, **({} if schema is None else {"schema": schema}))


class Before(TypedDict, total=False):
    """A board whose memories stand in checkpoints as they are, as all did."""

    rounds: int
    actions: Annotated[dict[str, str], merge]
    history: Annotated[list[dict[str, str]], lambda left, right: left + right]
    tom: Annotated[dict[str, Memory], merge_memories]


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_threads_of_before_go_on_as_if_nothing_had_changed(kind, tmp_path, request):
    where = request.getfixturevalue("postgres_database") if kind == "postgres" else str(tmp_path / "s.sqlite")
    config = {"configurable": {"thread_id": "t"}, "recursion_limit": 100}
    whole = players().compile(checkpointer=InMemorySaver())
    expected = whole.invoke({"rounds": 9}, config)
    with saver(kind, where) as opened:
        players(Before).compile(checkpointer=opened, interrupt_after=["board"]).invoke({"rounds": 9}, config)
        assert isinstance(opened.get(config)["channel_values"]["tom"], dict)
        graph = players().compile(checkpointer=opened)
        assert graph.get_state(config).values["tom"].keys() == set(PLAYERS)
        found = graph.invoke(None, config)
        assert isinstance(opened.get(config)["channel_values"]["tom"], bytes)
        assert found["history"] == expected["history"]
        assert graph.get_state(config).values["tom"] == whole.get_state(config).values["tom"]
        forked = next(s for s in graph.get_state_history(config) if len(s.values.get("history", [])) == 4)
        assert graph.invoke(None, forked.config)["history"] == expected["history"]


def test_a_packed_channel_is_what_it_was():
    channel = Memories(dict)
    assert channel.checkpoint() == {}
    channel.update([{"ann": {"step": 1, "episode": 0}}])
    packed = channel.checkpoint()
    assert channel.checkpoint() is packed, "made once"
    again = Memories(dict).from_checkpoint(packed)
    assert again.get() == channel.get()
    assert again.checkpoint() is packed
    again.update([{"ann": {"step": 2, "episode": 0}}])
    assert again.checkpoint() != packed
    assert channel.get()["ann"]["step"] == 1
    assert Memories(dict).from_checkpoint({"ann": {"step": 3}}).get() == {"ann": {"step": 3}}
    assert channel.copy().get() == channel.get()


def test_memories_that_are_no_plain_data_are_left_to_the_checkpointer():
    for odd in ((1, 2), {3}, object()):
        channel = Memories(dict)
        channel.update([{"ann": {"step": 1, "episode": 0, "odd": odd}}])
        assert channel.checkpoint() == channel.get()
        assert Memories(dict).from_checkpoint(channel.checkpoint()).get()["ann"]["odd"] == odd


def test_unpacking_makes_numbers_and_texts_and_nothing_else():
    """Whoever may write to the database of checkpoints names no class that is then made."""
    kind, data = JsonPlusSerializer().dumps_typed({"ann": dt.datetime.now(dt.UTC)})
    packed = kind.encode() + b"\n" + zlib.compress(data)
    with pytest.raises(Exception, match="ext"):
        Memories(dict).from_checkpoint(packed)
