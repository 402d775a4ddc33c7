"""One table of what everything costs: measure, rival, ours, theirs, ratio and limit, of one run.

Every row is the median of interleaved pairs, in processor time, so that a slow minute is one for both. The
other files here measure each of these more closely. ``--write`` puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import batched
import decisions
import explorer
import imports
import llm_calls
import node
import storage
import tables
from rich.console import Console

from atom.belief import DEFAULT_HYPOTHESES
from atom.models.portal import run_blocking
from atom.reasoning.tables import shortest_costs
from eval.play import Pairing
from eval.show.console import Table
from eval.show.tables import markdown
from eval.sweeps import Matrix
from eval.tasks import make_task
from eval.tasks.overcooked import overcooked

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PAIRS = 7


@dataclass(frozen=True, slots=True)
class Measure:
    """One row.

    Attributes:
        name, rival: what is measured, and beside what.
        unit: of both numbers, which are processor time unless it says otherwise.
        ours, theirs: measure once.
        limit: of ours / theirs.
        means: whether the ratio should be ``"at most"`` the limit, or ``"at least"``, as of speeds.
        pairs: how many.
    """

    name: str
    rival: str
    unit: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    limit: float
    means: Literal["at most", "at least"] = "at most"
    pairs: int = PAIRS

    def row(self) -> list[str]:
        """The cells of the table."""
        both = [(self.ours(), self.theirs()) for _ in range(self.pairs)]
        ours, theirs = (statistics.median(column) for column in zip(*both, strict=True))
        ratio = statistics.median(one / other for one, other in both)
        kept = ratio <= self.limit if self.means == "at most" else ratio >= self.limit
        return [
            self.name,
            self.rival,
            f"{ours:,.3g} {self.unit}",
            f"{theirs:,.3g} {self.unit}",
            f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}",
            f"{self.means} {self.limit:g}" + ("" if kept else ", missed"),
        ]


def deciding() -> Iterator[Measure]:
    """A decision with its observation."""
    tomsup = "tomsup's 2-ToM agent"
    for name, hypotheses in decisions.HYPOTHESES.items():
        yield Measure(
            f"a decision and its observation, 2 × 2, {name}",
            tomsup,
            "µs",
            lambda some=hypotheses: decisions.adaptive_microseconds(some)[1],  # type: ignore[misc]
            decisions.tomsup_microseconds,
            0.05,
        )
    yield Measure(
        "the same with habits",
        "with three orders alone",
        "µs",
        lambda: decisions.adaptive_microseconds(DEFAULT_HYPOTHESES)[1],
        lambda: decisions.adaptive_microseconds(decisions.HYPOTHESES["three orders"])[1],
        2.0,
    )


def in_graphs() -> Iterator[Measure]:
    """Super-steps with and without the node."""
    threads = map(str, itertools.count())
    for name, build, limit in (
        ("a round of a game of two in a graph, one adaptive", node.game, 1.15),
        ("a super-step of a graph that is the node alone", node.alone, 1.25),
    ):
        graphs = {adaptive: build("invoke", adaptive=adaptive).compile() for adaptive in (True, False)}
        yield Measure(
            name,
            "the same graph with a bare node",
            "µs",
            lambda graph=graphs[True]: node.microseconds(graph, "invoke", next(threads)),  # type: ignore[misc]
            lambda graph=graphs[False]: node.microseconds(graph, "invoke", next(threads)),  # type: ignore[misc]
            limit,
        )


def in_batches() -> Iterator[Measure]:
    """Episodes of one cell at once."""
    for task, agent, partner in (("memory-1", "bayes", "self"), ("overcooked", "bayes", "self")):
        pairing = Pairing(make_task(task), agent, partner, 0, seed=1)
        at_once = pairing.at_once
        if at_once is None:
            raise ValueError(f"{agent} with {partner} on {task} is played one at a time")
        at_once.play(range(1_000))
        yield Measure(
            f"episodes a second, {task}, `{agent}` with itself, 1,000 at once",
            "one at a time",
            "a second",
            lambda played=at_once: 1_000 / batched.spent(played.play, range(1_000)),  # type: ignore[misc]
            lambda one=pairing: 20 / batched.spent(batched.one_by_one, one, range(20)),  # type: ignore[misc]
            90.0,
            "at least",
        )


def on_disk() -> Iterator[Measure]:
    """Results files."""
    for task, agent, partner in (storage.PAIRINGS[1], ("game-1", "bayes", "tom-1")):
        matrix = (task, (agent,), (partner,))

        def stored(matrix: Matrix = matrix) -> float:
            with tempfile.TemporaryDirectory() as scratch:
                return storage.seconds(matrix, Path(scratch) / "results.sqlite")

        yield Measure(
            f"{storage.EPISODES} episodes with every step stored, {task}",
            "the same, one at a time, not stored",
            "s",
            stored,
            lambda matrix=matrix: storage.seconds(matrix, None),  # type: ignore[misc]
            1.2,
            pairs=3,
        )


def on_tables() -> Iterator[Measure]:
    """Shortest costs."""
    model = overcooked().model
    joint, bare = model.next.reshape(model.n_states, -1), tables.bare_solver(model)
    yield Measure(
        f"least joint costs of a kitchen, {model.n_states:,} states",
        "SciPy's Dijkstra on a graph that is built already",
        "s",
        lambda: tables.cpu(lambda: shortest_costs(joint, model.cost, model.terminal)),
        lambda: tables.cpu(bare),
        3.0,
        pairs=3,
    )


def at_start() -> Iterator[Measure]:
    """Imports and the help."""
    yield Measure(
        "import atom",
        "import langgraph.graph",
        "ms",
        lambda: imports.milliseconds("atom"),
        lambda: imports.milliseconds("langgraph.graph"),
        1.15,
    )
    yield Measure(
        "python -m eval --help",
        "import langgraph.graph",
        "ms",
        lambda: _of_child("-m", "eval", "--help"),
        lambda: _of_child("-c", "import langgraph.graph"),
        1.0,
    )


def _of_child(*arguments: str) -> float:
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 - our own
    after = os.times()
    return 1e3 * (after.children_user + after.children_system - before.children_user - before.children_system)


def opened() -> Iterator[Measure]:
    """A large run in a browser; none where there is no browser."""
    if explorer.browser_path() is None:
        return
    with tempfile.TemporaryDirectory() as scratch:
        file = explorer.grown(Path(scratch) / "results.sqlite", explorer.EPISODES)
        with explorer.openings(file) as opening:
            yield Measure(
                f"a run of {explorer.EPISODES:,} episodes opened in a browser, seconds on the clock",
                "a static page of as many elements and bytes",
                "s",
                opening.ours,
                opening.theirs,
                explorer.LIMIT,
                pairs=explorer.PAIRS,
            )


def asked_of_models(url: str) -> Iterator[Measure]:
    """Calls to a scripted server."""
    asks, _ = llm_calls.rivals(url)
    for rival, limit in ((llm_calls.BEHIND, 0.2), ("OpenAI's client", 1.0), ("httpx", 1.0)):
        yield Measure(
            "a call to a model at an address of one's own",
            rival,
            "ms",
            lambda: run_blocking(llm_calls.milliseconds(asks[llm_calls.OURS], 100)),
            lambda name=rival: run_blocking(llm_calls.milliseconds(asks[name], 100)),  # type: ignore[misc]
            limit,
        )


def rows() -> Iterator[list[str]]:
    """All rows, as they are measured."""
    for group in (deciding, in_graphs, in_batches, on_disk, on_tables, at_start, opened):
        for measure in group():
            yield measure.row()
    command = [sys.executable, "-m", "eval.modelserver", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        try:
            for measure in asked_of_models((server.stdout or sys.stdin).readline().split()[-1]):
                yield measure.row()
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description="What everything costs beside named rivals, in one table.")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    asked = parser.parse_args()
    columns = ("measure", "beside", "ours", "theirs", "ratio", "limit of the ratio")
    table = Table(*columns, title="Beside named rivals, in one run")
    for row in rows():
        table.add_row(*row)
        print(" · ".join(row), flush=True)
    Console().print(table)
    if asked.write:
        machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
        what = (
            "What things cost beside named rivals: medians of interleaved pairs in one run, processor time. "
            "`make bench` measures them\nagain, and then each more closely; "
            "`python benchmarks/summary.py --write` makes this page."
        )
        page = [
            "# Benchmarks",
            what,
            markdown(table).strip(),
            f"{machine}, load {os.getloadavg()[0]:.1f}. How costs grow: [growth](growth.md).",
        ]
        PAGE.write_text("\n\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
