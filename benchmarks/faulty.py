"""A graph of two adaptive players in which things go wrong, in every run alike; ``soak.py`` plays it."""

from __future__ import annotations

import copy
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias

import numpy as np
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Decision,
    NormalFormReasoner,
    Prediction,
    Situation,
    ToMState,
    add_tom_node,
    symmetric_payoffs,
)

ACTIONS = ("north", "east", "south", "west", "stay")
PLAYERS = {"ann": "ben", "ben": "ann"}
GAME = NormalFormReasoner(
    symmetric_payoffs([[5.0 if (a - b) % 5 in (1, 4) else 0.0 for b in range(5)] for a in range(5)]),
    ties="next",
)
CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)
ODD_SEEN: tuple[Any, ...] = ("up", None, "", 10**400, float("nan"), [], {"north": 3.0}, "\ud800")
ODD_ANSWERS = (None, "up", 10**400, float("nan"), {"action": ["up"]}, CIRCULAR, "\ud800", b"north")
TAMPERED: tuple[tuple[tuple[str | int, ...], Any], ...] = (
    (("weights", 0, 0), float("nan")),
    (("weights", 1, 2), 78.0),
    (("expected", "policies", "0", "north"), float("nan")),
    (("explained",), float("nan")),
    (("habits", "weights", 0), -1.0),
)
OURS = ("nothing is seen", "an odd action is seen", "the agent raises", "an odd answer", "a tampered memory",
        "a node raises")  # fmt: skip
Graph: TypeAlias = CompiledStateGraph[Any, Any, Any, Any]


class Fault(NamedTuple):
    """What goes wrong in a round, empty for nothing, and a number that says which of its kind.

    Where nothing is wrong with Ann's agent, it acts by that number.
    """

    kind: str = ""
    which: int = 0


NOTHING = Fault()
_now: ContextVar[Fault] = ContextVar("_now", default=NOTHING)


class NodeFailedError(Exception):
    """Raised by the graph's own node."""


class Table(ToMState, total=False):
    """The state of the graph: the last round alone."""

    round: int
    actions: Annotated[dict[str, str], lambda left, right: {**left, **right}]
    last: dict[str, str]


@dataclass
class Counts:
    """What happened, by its name."""

    faults: Counter[str] = field(default_factory=Counter)
    degraded: Counter[str] = field(default_factory=Counter)


def fault_of(thread: int, number: int, rate: float) -> Fault:
    """What goes wrong in a round of a thread, always the same."""
    rng = np.random.default_rng([5, thread, number])
    kind = OURS[int(rng.integers(len(OURS)))] if rng.random() < rate else ""
    return Fault(kind, int(rng.integers(1_000)))


def acts(messages: Any) -> Any:
    """Ann's own agent, a chain: it names one of three actions, or fails."""
    fault = _now.get()
    if fault.kind == "the agent raises":
        raise RuntimeError("the agent's own error")
    if fault.kind == "an odd answer":
        return ODD_ANSWERS[fault.which % len(ODD_ANSWERS)]
    return AIMessage(ACTIONS[fault.which % 3])


def stays(situation: Situation, prediction: Prediction) -> str:
    """Ben's agent where there is no model: it moves on by what it did last."""
    last = situation.history[-1]["ben"] if situation.history else ACTIONS[0]
    return ACTIONS[(ACTIONS.index(last) + 2) % len(ACTIONS)]


def seen_by(me: str) -> Callable[[Table], Any]:
    """What a player sees of the last round: all of it, nothing, or something odd."""

    def observed(state: Table) -> Any:
        fault = _now.get()
        if not state.get("last") or fault.kind == "nothing is seen":
            return None
        if fault.kind == "an odd action is seen":
            return {PLAYERS[me]: ODD_SEEN[fault.which % len(ODD_SEEN)]}
        return {PLAYERS[me]: state["last"][PLAYERS[me]]}

    return observed


def situation_of(state: Table) -> Situation:
    return Situation(dict.fromkeys(PLAYERS, ACTIONS), history=[state["last"]] if state.get("last") else [])


def built(bens: Any, counts: Counts, checkpointer: Any) -> Graph:
    """Both players at once, then the table; a round is a run of the graph."""
    builder = StateGraph(Table)

    def table(state: Table) -> Table:
        if _now.get().kind == "a node raises":
            raise NodeFailedError
        return {"last": dict(state["actions"]), "round": state.get("round", 0) + 1}

    builder.add_node("table", table)
    for me, agent in (("ann", RunnableLambda(acts)), ("ben", bens)):

        def write(decision: Decision, me: str = me) -> dict[str, Any]:
            counts.degraded[me] += bool(decision.degraded)
            return {"actions": {me: decision.action}}

        adaptive = AdaptiveAgent(me, GAME, agent=agent, seed=3)
        add_tom_node(
            builder,
            me,
            AdaptiveToMNode(me, adaptive, situation=situation_of, observed=seen_by(me), write=write),
        )
        builder.add_edge(START, me)
        builder.add_edge(me, "table")
    builder.add_edge("table", END)
    return builder.compile(checkpointer=checkpointer)


def tampered(memory: Any, partner: str, which: int) -> Any:
    """A copy in which a number of what is remembered of the partner is another."""
    (*way, last), value = TAMPERED[which % len(TAMPERED)]
    found = copy.deepcopy(memory)
    inner = found["partners"][partner]
    try:
        for key in way:
            inner = inner[key]
        inner[last] = value
    except (KeyError, IndexError, TypeError):  # nothing is there yet
        found["partners"][partner]["explained"] = value
    return found


def before_round(graph: Graph, config: Any, thread: int, number: int, rate: float, counts: Counts) -> Fault:
    """What goes wrong next; a memory is tampered with before the round."""
    fault = fault_of(thread, number, rate)
    counts.faults[fault.kind] += 1
    if fault.kind == "a tampered memory" and number:
        memory = graph.get_state(config).values["tom"]["ann"]
        graph.update_state(config, {"tom": {"ann": tampered(memory, "ben", fault.which)}}, as_node="table")
    return fault


def play_round(graph: Graph, config: Any, fault: Fault) -> None:
    """A round; after its node raised, the run is gone on with from its last checkpoint."""
    token = _now.set(fault)
    try:
        graph.invoke({}, config, durability="exit")
    except NodeFailedError:
        _now.set(Fault("", fault.which))
        graph.invoke(None, config, durability="exit")
    finally:
        _now.reset(token)


async def aplay_round(graph: Graph, config: Any, fault: Fault) -> None:
    """The same, awaited."""
    token = _now.set(fault)
    try:
        await graph.ainvoke({}, config, durability="exit")
    except NodeFailedError:
        _now.set(Fault("", fault.which))
        await graph.ainvoke(None, config, durability="exit")
    finally:
        _now.reset(token)


def config_of(thread: int) -> Any:
    return {"configurable": {"thread_id": str(thread)}}


def resident() -> float:
    """MiB of this process now; its peak where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
