"""Items of a Store that somebody damaged: a graph that reads them goes on, and no belief is poisoned."""

import copy
import math
import uuid

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    BeliefMemory,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)
from atom.errors import forget_said

REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
ACTIONS = {"ann": ("A", "B"), "ben": ("A", "B")}
ODD = (math.nan, math.inf, -1, 10**30, "x", None, [], {}, [math.nan] * 5, [78.0] * 5)


class Board(TypedDict):
    ann: str
    ben: str
    rounds: int


def graph(store):
    """Ann beside a partner that always does A, and what she learns kept over threads."""
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", REASONER),
        situation=lambda state: Situation(ACTIONS),
        observed=lambda state: {"ben": state["ben"]} if state["rounds"] else None,
        write=lambda decision: {"ann": decision.action},
        beliefs=BeliefMemory("game", half_life=None),
    )
    builder = StateGraph(Board)
    add_tom_node(builder, "ann", node)
    builder.add_node("board", lambda state: {"rounds": state["rounds"] + 1, "ben": "A"})
    builder.add_edge(START, "ann")
    builder.add_edge("ann", "board")
    builder.add_conditional_edges("board", lambda state: END if state["rounds"] > 3 else "ann")
    return builder.compile(store=store, checkpointer=InMemorySaver())


def play(store):
    """What Ann remembers after four rounds in a thread of their own."""
    made, config = graph(store), {"configurable": {"thread_id": str(uuid.uuid4())}}
    made.invoke({"ann": "A", "ben": "A", "rounds": 0}, config)
    return made.get_state(config).values["tom"]["ann"]


def places(value, path=()):
    """The path of every number, list and mapping within plain data."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from places(inner, (*path, key))


def test_whatever_of_an_item_is_damaged_stops_nobody():
    whole = InMemoryStore()
    play(whole)
    items = whole.search((), limit=100)
    assert items, "the first thread has left something for others"
    tried = 0
    for item in items:
        for path in places(item.value):
            for odd in ODD:
                store = InMemoryStore()
                for other in items:
                    value = copy.deepcopy(other.value)
                    if (other.namespace, other.key) == (item.namespace, item.key):
                        inner = value
                        for key in path[:-1]:
                            inner = inner[key]
                        inner[path[-1]] = odd
                    store.put(other.namespace, other.key, value)
                forget_said()
                weights = play(store)["partners"]["ben"]["weights"]
                assert sum(map(sum, weights)) == pytest.approx(1.0), (path, odd)
                assert all(w >= 0.0 for row in weights for w in row)
                tried += 1
    assert tried > 100
