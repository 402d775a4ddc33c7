"""A thread of a graph for 20,000 rounds with faults in 30 % of them, and 1,000 threads of one graph at once.

    python benchmarks/soak.py                              # all of it, about ten minutes
    python benchmarks/soak.py --rounds 2000 --threads 50   # less
    python benchmarks/soak.py --write                      # and put the table into docs/promises.md

The graph has two adaptive players. Ann's agent is a chain; Ben's is a model, which a scripted server in a
process of its own plays. What goes wrong: the partner's action is missing or odd, the agent raises or answers
oddly, the memory in the checkpoint is tampered with, a node of the graph raises, the model hangs, fails or
talks nonsense. Checkpoints are LangGraph's, one a round, in a file of SQLite: its history grows, on disk.
Latency is the processor time of a process for a round. Since that depends on what else the machine does, the
last rounds are played in turn with the first ones of another thread, in a process that has just begun. With
threads the model is left out, since what is
too late for it depends on the clock: every thread's beliefs must then be those of the same thread alone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import multiprocessing
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from faulty import (
    OURS,
    Counts,
    Graph,
    aplay_round,
    before_round,
    built,
    config_of,
    fault_of,
    play_round,
    resident,
    stays,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from atom.agents import LLMActor
from atom.llm import Patience
from eval.modelserver import Faults, ScriptedServer

PAGE = Path(__file__).parents[1] / "docs" / "promises.md"
WINDOW = 1000
WARM = 20
"""Rounds of another thread before anything is measured."""
FAULTS = 0.3
WORKERS = 16
LATENCY_LIMIT = 1.1
FLAT = 8.0
"""MiB that the process may grow by after the first rounds, which is less than half a KiB a round."""

BY_THE_MODEL = {"timeout": 0.5, "server-error": 0.25, "garbage": 0.25}
"""Faults of the model's server, and their shares."""
PATIENCE = Patience(timeout=0.05, deadline=1.0, attempts=2, pause=0.0, longest_pause=0.0, cooldown=0.0)


def _serve(connection: Connection, rate: float) -> None:
    """A scripted model until told to stop; then says which faults it had."""
    faults = Faults({kind: rate * share for kind, share in BY_THE_MODEL.items()}, hang=4 * PATIENCE.timeout)
    with ScriptedServer(faults=faults) as server:
        connection.send(server.url)
        connection.recv()
        connection.send(server.fault_counts)


@contextmanager
def served(rate: float, counts: Counts) -> Iterator[str]:
    """The address of a scripted model in a process of its own; its faults are counted at the end."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, rate), daemon=True)
    process.start()
    try:
        yield here.recv()
        here.send(None)
        counts.faults.update({f"model: {kind}": times for kind, times in here.recv().items()})
    finally:
        process.terminate()
        process.join()


class Journey:
    """One thread that is played round by round, with checkpoints in a file of its own.

    Args:
        saver: of the thread.
        url: of Ben's model.
        window: after so many rounds the same faults come again, so that rounds of two windows are alike.
        rate: share of the rounds in which something goes wrong that is not the model's.
        counts: takes what happens.
    """

    def __init__(self, saver: SqliteSaver, url: str, window: int, rate: float, counts: Counts) -> None:
        ben = LLMActor("ben", "openai/scripted", api_base=url, api_key="none", patience=PATIENCE)
        self.graph = built(ben, counts, saver)
        self.window, self.rate, self.counts = window, rate, counts
        for number in range(WARM):
            play_round(self.graph, config_of(-1), fault_of(1, number, rate))
        counts.degraded.clear()

    def play(self, number: int) -> float:
        """A round; milliseconds of processor time."""
        fault = before_round(self.graph, config_of(0), 0, number % self.window, self.rate, self.counts)
        began = time.process_time()
        play_round(self.graph, config_of(0), fault)
        return 1e3 * (time.process_time() - began)


def _anew(connection: Connection, url: str, window: int, rate: float) -> None:
    """The first rounds of a thread in this process, each when it is asked for, with its milliseconds."""
    logging.getLogger("atom").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch, _saver(scratch) as saver:
        journey = Journey(saver, url, window, rate, Counts())
        while (number := connection.recv()) is not None:
            connection.send(journey.play(number))


@contextmanager
def beside(*given: Any) -> Iterator[Connection]:
    """Another process that plays the first rounds when told to; see ``_anew``."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_anew, args=(there, *given), daemon=True)
    process.start()
    try:
        yield here
        here.send(None)
        process.join(30)
    finally:
        process.terminate()
        process.join()


@contextmanager
def _saver(folder: str) -> Iterator[SqliteSaver]:
    with SqliteSaver.from_conn_string(str(Path(folder) / "checkpoints.sqlite")) as saver:
        saver.setup()
        # nothing is killed here, and waiting for the disk is not what is measured
        saver.conn.execute("PRAGMA synchronous = OFF")
        yield saver


class Long(NamedTuple):
    """What a long thread came to.

    Attributes:
        first, last: milliseconds of processor time of the rounds of the first and of the last window.
        anew: those of the first window of another thread in another process, played in turn with the last.
        memory: MiB after every window.
        file: MiB of checkpoints at the end.
        held: rounds in the state at the end.
        counts: what went wrong.
    """

    first: list[float]
    last: list[float]
    anew: list[float]
    memory: list[float]
    file: float
    held: int
    counts: Counts


def long_thread(rounds: int, window: int, rate: float) -> Long:
    """One thread for many rounds, at least two windows. Of the faults, a seventh is the model's."""
    counts, own = Counts(), rate * len(OURS) / (len(OURS) + 1)
    first, last, anew, memory = list[float](), list[float](), list[float](), list[float]()
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(served(rate - own, counts))
        journey = Journey(stack.enter_context(_saver(scratch)), url, window, own, counts)
        for number in range(rounds):
            if number == rounds - window:
                other = stack.enter_context(beside(url, window, own))
            last.append(journey.play(number))
            if number >= rounds - window:
                other.send(number - (rounds - window))
                anew.append(other.recv())
            if (number + 1) % window == 0:
                gc.collect()
                memory.append(resident())
                spent = statistics.fmean(last[-window:])
                print(f"  {number + 1:6,} rounds: {spent:.2f} ms a round, {memory[-1]:.1f} MiB", flush=True)
            if number + 1 == window:
                first = last.copy()
            del last[: max(0, len(last) - window)]
        held = journey.graph.get_state(config_of(0)).values["round"]
        size = sum(file.stat().st_size for file in Path(scratch).iterdir()) / 2**20
    return Long(first, last, anew, memory, size, held, counts)


def alone(thread: int, rounds: int, rate: float) -> Any:
    """What is believed after a thread that has a graph and a checkpointer to itself."""
    counts = Counts()
    graph, config = built(stays, counts, InMemorySaver()), config_of(thread)
    for number in range(rounds):
        play_round(graph, config, before_round(graph, config, thread, number, rate, counts))
    return graph.get_state(config).values["tom"]


def in_a_pool(graph: Graph, threads: int, rounds: int, rate: float, counts: Counts) -> None:
    """Round by round, all threads of the graph in another order, by some workers."""
    rng = np.random.default_rng(9)

    def one(thread: int, number: int) -> None:
        config = config_of(thread)
        play_round(graph, config, before_round(graph, config, thread, number, rate, counts))

    with ThreadPoolExecutor(WORKERS) as pool:
        for number in range(rounds):
            list(pool.map(one, map(int, rng.permutation(threads)), [number] * threads))


async def awaited(graph: Graph, threads: int, rounds: int, rate: float, counts: Counts) -> None:
    """All threads at once in one loop, as many rounds at a time as there are workers elsewhere."""
    gate = asyncio.Semaphore(WORKERS)

    async def one(thread: int) -> None:
        config = config_of(thread)
        for number in range(rounds):
            async with gate:
                fault = before_round(graph, config, thread, number, rate, counts)
                await aplay_round(graph, config, fault)

    await asyncio.gather(*map(one, range(threads)))


class Many(NamedTuple):
    """What many threads of one graph came to.

    Attributes:
        way: of calling.
        differ: threads that ended with other beliefs than alone.
        faults: rounds in which something went wrong.
    """

    way: str
    differ: int
    faults: int


def many_threads(threads: int, rounds: int, rate: float) -> Iterator[Many]:
    """What came of them, for each way of calling."""
    expected = [alone(thread, rounds, rate) for thread in range(threads)]
    for way in ("a thread pool", "asyncio"):
        counts = Counts()
        graph = built(stays, counts, InMemorySaver())
        if way == "asyncio":
            asyncio.run(awaited(graph, threads, rounds, rate, counts))
        else:
            in_a_pool(graph, threads, rounds, rate, counts)
        differ = sum(
            graph.get_state(config_of(thread)).values["tom"] != beliefs
            for thread, beliefs in enumerate(expected)
        )
        yield Many(way, differ, sum(times for kind, times in counts.faults.items() if kind))


def rows_of_many(threads: int, rounds: int, rate: float) -> Iterator[str]:
    """What is said of them."""
    for way, differ, faults in many_threads(threads, rounds, rate):
        yield (
            f"{threads:,} threads of one graph, {rounds} rounds each, by {way}, {WORKERS} at once, "
            f"{faults / (threads * rounds):.0%} of the rounds with faults | {differ} threads with other "
            "beliefs than alone | none"
        )


def long_rows(long: Long, rounds: int, window: int) -> Iterator[str]:
    """What is said of the long thread: a measure, what it came to, and its limit."""
    first, last, anew = (statistics.fmean(times) for times in (long.first, long.last, long.anew))
    pairs = statistics.median(one / other for one, other in zip(long.last, long.anew, strict=True))
    faults = {kind: times for kind, times in sorted(long.counts.faults.items()) if kind}
    yield (
        f"processor time of a round, the last {window:,} of {rounds:,} beside the first {window:,} of "
        f"another thread in another process, in turn | {last:.2f} ms beside {anew:.2f} ms, "
        f"{last / anew:.2f} times (median of the pairs {pairs:.2f}) | {LATENCY_LIMIT} times"
    )
    yield (
        f"the same beside its own first {window:,} | {last:.2f} ms beside {first:.2f} ms, "
        f"{last / first:.2f} times | {LATENCY_LIMIT} times"
    )
    yield (
        f"memory of the process after {rounds:,} rounds beside {window:,} | {long.memory[-1]:.1f} MiB beside "
        f"{long.memory[0]:.1f} MiB, {long.memory[-1] - long.memory[0]:+.1f} MiB | {FLAT:g} MiB more"
    )
    yield f"rounds that the thread's state holds | {long.held:,} of {rounds:,} | all"
    yield (
        f"faults | {sum(faults.values()) / rounds:.0%} of the rounds: "
        + ", ".join(f"{kind} {times:,}" for kind, times in faults.items())
        + " | "
    )
    yield (
        "decisions that say that something went wrong | "
        + ", ".join(f"{times:,} of {me}'s" for me, times in sorted(long.counts.degraded.items()))
        + " | "
    )
    yield f"LangGraph's history of checkpoints in SQLite | {long.file:,.0f} MiB on disk | "


def write(rows: Sequence[str], command: str) -> None:
    """Puts the table into the documentation."""
    lines = ["| measure | found | at most |", "|---|---|---|", *(f"| {row.rstrip()} |" for row in rows)]
    said = f"`{command}`, Python {sys.version.split()[0]}, {os.cpu_count()} cores:"
    text = re.sub(
        r"(<!-- soak -->\n).*(\n<!-- end -->)",
        lambda match: match[1] + "\n".join(["", said, "", *lines, ""]) + match[2],
        PAGE.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    """Plays, prints, and writes if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20_000, help="of the one long thread; 0 leaves it out")
    parser.add_argument("--window", type=int, default=WINDOW, help="rounds that are compared, first and last")
    parser.add_argument("--threads", type=int, default=1_000, help="of one graph; 0 leaves them out")
    parser.add_argument("--each", type=int, default=10, help="rounds of each of these threads")
    parser.add_argument("--faults", type=float, default=FAULTS, help="share of rounds in which one happens")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    given = parser.parse_args()
    logging.getLogger("atom").setLevel(logging.ERROR)  # every fault is warned of, which is not asked here
    rows: list[str] = []
    if given.rounds:
        if given.rounds < 2 * given.window or given.window < 1:
            parser.error("two windows are compared, and there are fewer rounds than that; lower --window")
        print(f"one thread, {given.rounds:,} rounds, faults in {given.faults:.0%}")
        rows += long_rows(long_thread(given.rounds, given.window, given.faults), given.rounds, given.window)
    if given.threads:
        rows += rows_of_many(given.threads, given.each, given.faults)
    for row in rows:
        print(row.rstrip(" |"))
    if given.write:
        write(rows, " ".join(["python", "benchmarks/soak.py", *(a for a in sys.argv[1:] if a != "--write")]))


if __name__ == "__main__":
    main()
