"""How the cost of one step grows: CPU time, and bytes where something is stored, along one axis at a time.

    python benchmarks/growth.py           # less than two minutes
    python benchmarks/growth.py --full    # all of it, several minutes and about 4 GB of memory
    python benchmarks/growth.py --write   # the table and the pictures of docs/growth.md as well

Every value is the median CPU time of a step, so that what else the machine does counts least; what is
compared is one row's values with each other, which are taken in one run.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias

import numpy as np
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.base import GetOp, Item, SearchOp
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    BeliefMemory,
    CongestionReasoner,
    NormalFormReasoner,
    Situation,
    TabularModel,
    TabularReasoner,
    add_tom_node,
    symmetric_payoffs,
)
from eval.show.figures.style import DARK, LIGHT, Look, legend, new_figure, svg

DOCS = Path(__file__).parents[1] / "docs"
STEPS = 30
RNG = np.random.default_rng(1)


class Point(NamedTuple):
    """What one step costs: CPU milliseconds, and bytes (None where nothing is stored)."""

    milliseconds: float
    bytes: float | None = None


Measure: TypeAlias = Callable[[int], Point]


class Axis(NamedTuple):
    """One axis: what grows, where it is measured by default, and where besides with ``--full``."""

    name: str
    measure: Measure
    sizes: Sequence[int]
    further: Sequence[int] = ()


def steps(
    agent: AdaptiveAgent, situation: Situation, others: Sequence[str], count: int, memory: Any = None
) -> tuple[float, Any]:
    """CPU milliseconds of a decision with its observation, the median of some, and the last memory."""
    times, memory = [], memory or agent.start(others)
    for _ in range(count):
        did = {name: str(RNG.choice(situation.legal(name))) for name in others}
        began = time.process_time()
        decision, memory = agent.decide(situation, memory)
        memory = agent.observe(memory, situation, {agent.me: decision.action, **did})
        times.append(time.process_time() - began)
    return 1e3 * statistics.median(times), memory


def of(players: int, actions: int, history: Sequence[Mapping[str, str]] = ()) -> tuple[Situation, list[str]]:
    """A situation, and the names of the others."""
    names = ["ann", *(f"p{i}" for i in range(players - 1))]
    labels = tuple(str(a) for a in range(actions))
    return Situation(dict.fromkeys(names, labels), history=tuple(history)), names[1:]


class Board(TypedDict, total=False):
    """The state of the graph."""

    round: int
    actions: Annotated[dict[str, str], lambda left, right: {**left, **right}]


def checkpointed(partners: int, before: int = STEPS) -> Point:
    """A round of a graph after some: an adaptive node and then the partners, SQLite as its checkpointer."""
    situation, others = of(partners + 1, 5)
    reasoner = CongestionReasoner(lambda _player, _action, same, _others: -float(same))
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", reasoner),
        situation=lambda _: situation,
        observed=lambda state: {name: state["actions"][name] for name in others} if state["round"] else None,
        write=lambda decision: {"actions": {"ann": decision.action}},
    )
    builder = add_tom_node(StateGraph(Board), "ann", node)
    builder.add_node(
        "others",
        lambda state: {
            "round": state["round"] + 1,
            "actions": {name: str(RNG.integers(5)) for name in others},
        },
    )
    builder.add_edge(START, "ann")
    builder.add_edge("ann", "others")
    builder.add_conditional_edges(
        "others", lambda state: END if state["round"] in (before, before + STEPS) else "ann", ["ann", END]
    )
    with SqliteSaver.from_conn_string(":memory:") as saver:
        graph: Any = builder.compile(checkpointer=saver)
        config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 3 * (before + STEPS)}
        graph.invoke({"round": 0}, config)
        stored, began = _stored(saver), time.process_time()
        graph.invoke({"round": before}, config)
        spent = time.process_time() - began
        return Point(1e3 * spent / STEPS, (_stored(saver) - stored) / STEPS)


def _stored(saver: SqliteSaver) -> int:
    asked = (
        "SELECT (SELECT sum(length(checkpoint) + length(metadata)) FROM checkpoints)"
        " + (SELECT sum(length(value)) FROM writes)"
    )
    return int(saver.conn.execute(asked).fetchone()[0])


def orders(highest: int) -> Point:
    """Two players with ten actions, hypotheses 0 to the highest."""
    situation, others = of(2, 10)
    reasoner = NormalFormReasoner(symmetric_payoffs(RNG.random((10, 10))))
    agent = AdaptiveAgent("ann", reasoner, orders=tuple(range(highest + 1)))
    return Point(steps(agent, situation, others, STEPS)[0])


def actions(count: int) -> Point:
    """Two players, the default hypotheses."""
    situation, others = of(2, count)
    reasoner = NormalFormReasoner(symmetric_payoffs(RNG.random((count, count))))
    return Point(steps(AdaptiveAgent("ann", reasoner), situation, others, STEPS)[0])


def players(count: int) -> Point:
    """Ten actions each, a payoff array of all joint actions."""
    situation, others = of(count, 10)
    reasoner = NormalFormReasoner(RNG.random((count, *(10,) * count), dtype=np.float64))
    return Point(steps(AdaptiveAgent("ann", reasoner), situation, others, 7)[0])


def crowd(count: int) -> Point:
    """The same number of players where only how many do the same counts."""
    situation, others = of(count, 10)
    reasoner = CongestionReasoner(lambda _player, _action, same, _others: -float(same))
    return Point(steps(AdaptiveAgent("ann", reasoner), situation, others, 7)[0])


def states(count: int) -> Point:
    """A step on a table that is solved: a walk of two along a line, until both are at its end."""
    side = int(count**0.5)
    at = np.arange(side)
    move = np.stack([np.maximum(at - 1, 0), at, np.minimum(at + 1, side - 1)], axis=1)
    first, second = np.divmod(np.arange(side * side), side)
    following = move[first][:, :, None] * side + move[second][:, None, :]
    ends = (first == side - 1) & (second == side - 1)
    labels = ("0", "1", "2")
    cost = np.where(ends, 0, 1)
    model = TabularModel(next=following, cost=cost, terminal=ends, starts=(side + 1,), actions=labels)
    reasoner = TabularReasoner(model, cache=False)
    situation = Situation({"ann": labels, "p0": labels}, state=side + 1)
    reasoner.policy(situation, "ann", 1)  # solves it
    return Point(steps(AdaptiveAgent("ann", reasoner, orders=(0, 1)), situation, ["p0"], STEPS)[0])


def history(length: int) -> Point:
    """A step after so many: habits are counted and the situation has them all; bytes of the memory."""
    rounds = [{"ann": str(i % 5), "p0": str(i // 5 % 5)} for i in range(length)]
    situation, others = of(2, 5, rounds)
    agent = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs(np.eye(5))))
    _, memory = steps(agent, of(2, 5, rounds[-1:])[0], others, length)
    milliseconds, memory = steps(agent, situation, others, STEPS, memory)
    return Point(milliseconds, len(repr(memory)))


class Counting(InMemoryStore):
    """Counts the bytes of what comes back."""

    read = 0

    def batch(self, ops: Any) -> list[Any]:
        """The results, counted."""
        asked = list(ops)
        results = super().batch(asked)
        for op, result in zip(asked, results, strict=True):
            if isinstance(op, GetOp | SearchOp):
                self.read += sum(len(repr(item.value)) for item in _items(result))
        return results


def _items(result: Any) -> list[Item]:
    return result if isinstance(result, list) else [result] if result else []


def threads(count: int) -> Point:
    """The first step of a thread after so many others, with a Store; bytes that it reads there."""
    store, beliefs = Counting(), BeliefMemory("growth", half_life=None)
    agent = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs(np.eye(3))), orders=(0, 1, 2))
    situation, others = of(2, 3)
    _, seen = steps(agent, situation, others, 1, beliefs.before(store, agent, agent.start(others)))
    for _ in range(count):
        memory = beliefs.before(store, agent, agent.start(others))
        evidence = seen["partners"]["p0"]["evidence"]
        record = {**memory["partners"]["p0"], "evidence": evidence}
        beliefs.after(store, agent, {**memory, "partners": {"p0": record}})
    times, read = [], store.read
    for _ in range(STEPS):
        began = time.process_time()
        beliefs.before(store, agent, agent.start(others))
        times.append(time.process_time() - began)
    return Point(1e3 * statistics.median(times), (store.read - read) / STEPS)


AXES = (
    Axis("partners, with checkpoints", checkpointed, (1, 5, 20, 50)),
    Axis(
        "steps of a thread, with checkpoints", lambda n: checkpointed(1, n // 2), (20, 200, 1000), (10_000,)
    ),
    Axis("highest order", orders, (2, 4, 6, 8)),
    Axis("actions", actions, (2, 10, 50, 200)),
    Axis("players, payoff array", players, (2, 3, 4, 5), (6,)),
    Axis("players, congestion", crowd, (2, 3, 4, 5, 6, 50)),
    Axis("states of a table", states, (1_000, 10_000, 100_000), (1_000_000, 5_000_000)),
    Axis("steps of history", history, (10, 100, 1_000, 10_000), (100_000,)),
    Axis("threads of a Store", threads, (1, 10, 100, 1_000), (10_000,)),
)


def measured(axis: Axis, *, full: bool) -> dict[int, Point]:
    """Size -> what a step costs there, the best of three where that is quick."""
    found = {}
    for size in (*axis.sizes, *(axis.further if full else ())):
        began = time.process_time()
        point = axis.measure(size)
        for _ in range(2):
            if time.process_time() - began < 1.0:
                point = min(point, axis.measure(size))
        found[size] = point
    return found


def table(found: Mapping[str, Mapping[int, Point]]) -> str:
    """A Markdown table: a row for each axis, with everything relative to its first value."""
    rows = [
        "| what grows | to | CPU ms a step | × the first | bytes a step | × the first |",
        "|---|---|---|---|---|---|",
    ]
    for name, points in found.items():
        first = next(iter(points.values()))
        sizes = ", ".join(f"{size:,}" for size in points)
        cpu = ", ".join(f"{p.milliseconds:.2g}" for p in points.values())
        times = ", ".join(f"{p.milliseconds / first.milliseconds:.2g}" for p in points.values())
        stored, ratio = "", ""
        if first.bytes is not None:
            stored = ", ".join(f"{p.bytes or 0:,.0f}" for p in points.values())
            ratio = ", ".join(f"{(p.bytes or 0) / max(first.bytes, 1.0):.2g}" for p in points.values())
        rows.append(f"| {name} | {sizes} | {cpu} | {times} | {stored} | {ratio} |")
    return "\n".join(rows)


def picture(found: Mapping[str, Mapping[int, Point]], look: Look) -> str:
    """Both kinds of cost beside what grows, everything relative to its first value."""
    figure, axes = new_figure(look, 4.2, 1, 2)
    lines = []
    for i, (name, points) in enumerate(found.items()):
        first, sizes = next(iter(points.values())), list(points)
        x = [size / sizes[0] for size in sizes]
        (line,) = axes[0][0].plot(
            x, [p.milliseconds / first.milliseconds for p in points.values()], label=name, **look.series(i)
        )
        lines.append(line)
        if first.bytes:
            axes[0][1].plot(x, [(p.bytes or 0) / first.bytes for p in points.values()], **look.series(i))
    for axis, label in zip(axes.flat, ("CPU time of a step", "bytes of a step"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="what grows, × the first", ylabel=f"{label}, × the first")
    legend(figure, look, lines, list(found))
    return svg(figure)


def write(found: Mapping[str, Mapping[int, Point]]) -> None:
    """Puts the table and the pictures into the documentation."""
    for look, name in ((LIGHT, "light"), (DARK, "dark")):
        (DOCS / "pictures" / f"growth-{name}.svg").write_text(picture(found, look))
    page = DOCS / "growth.md"
    text = re.sub(
        r"(<!-- growth -->\n).*(<!-- end -->)",
        lambda match: f"{match[1]}{table(found)}\n{match[2]}",
        page.read_text(),
        flags=re.DOTALL,
    )
    page.write_text(text)


def main() -> None:
    """Measures, prints, and writes if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all sizes")
    parser.add_argument("--write", action="store_true", help="put the table and the pictures into docs/")
    given = parser.parse_args()
    found = {axis.name: measured(axis, full=given.full) for axis in AXES}
    print(table(found))
    if given.write:
        write(found)


if __name__ == "__main__":
    main()
