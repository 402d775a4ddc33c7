"""Kill -9 of the databases under checkpointer and Store, ten times each, while a graph writes to them.

    python benchmarks/database_kills.py               # PostgreSQL and SQLite
    python benchmarks/database_kills.py postgres      # one of them

Of PostgreSQL all processes of the server are killed, of SQLite the process of the graph. Every round that was
acknowledged must be in the thread, each once; in the end the rounds, the beliefs and what the Store knows
must be those of a thread that nobody killed.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import add
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.store.postgres import PostgresStore
from langgraph.store.sqlite import SqliteStore
from langgraph.types import StateSnapshot

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    BeliefMemory,
    NormalFormReasoner,
    Situation,
    ToMState,
    add_tom_node,
    symmetric_payoffs,
)
from tests.graphs.postgres import Server, server

KILLS = 10
FURTHER = 8
"""Rounds after the last kill, and at most between two."""
_PAUSE = 0.08

Graph: TypeAlias = CompiledStateGraph[Any, Any, Any, Any]
Opened: TypeAlias = tuple[BaseCheckpointSaver[str], BaseStore]
THREAD: Any = {"configurable": {"thread_id": "killed"}}
BELIEFS = BeliefMemory("kills", half_life=None, retry_after=0.0)
_BOTH = {"ann": ("A", "B"), "ben": ("A", "B")}


class Board(ToMState, total=False):
    """The state of the graph: what both did in every round."""

    ann: str
    history: Annotated[list[dict[str, str]], add]


def graph_of(opened: Opened) -> Graph:
    """Ann decides, then ben acts; a run of the graph is a round."""
    saver, store = opened
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))),
        situation=lambda state: Situation(_BOTH, history=state.get("history", [])[-1:]),
        observed=lambda state: state["history"][-1] if state.get("history") else None,
        write=lambda decision: {"ann": decision.action},
        beliefs=BELIEFS,
    )
    builder = add_tom_node(StateGraph(Board), "ann", node)
    builder.add_node(
        "ben", lambda s: {"history": [{"ann": s["ann"], "ben": "AAB"[len(s.get("history", [])) % 3]}]}
    )
    builder.add_edge(START, "ann")
    builder.add_edge("ann", "ben")
    builder.add_edge("ben", END)
    return builder.compile(checkpointer=saver, store=store)


def state_of(graph: Graph) -> StateSnapshot:
    """The state in the last checkpoint itself.

    Asked for the thread alone, LangGraph adds what nodes wrote after that checkpoint, and names none of them
    as next. New input would then discard what they wrote: a round that was begun is gone on with first.
    """
    return graph.get_state(graph.get_state(THREAD).config)


def play_on(graph: Graph, stop: Callable[[int], bool], acknowledge: Callable[[int], object]) -> None:
    """Rounds from where the thread is, until it has to stop; a round that was begun is ended first."""
    while True:
        state = state_of(graph)
        there = len(state.values.get("history", []))
        if stop(there) and not state.next:
            return
        graph.invoke(None if state.next else {}, THREAD)
        acknowledge(there + 1)


@contextmanager
def in_postgres(uri: str) -> Iterator[Opened]:
    """Checkpointer and Store of a server; their tables are made where they are not there."""
    with PostgresSaver.from_conn_string(uri) as saver, PostgresStore.from_conn_string(uri) as store:
        saver.setup()
        store.setup()
        yield saver, store


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Opened]:
    """The same in two files."""
    with (
        SqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite")) as saver,
        SqliteStore.from_conn_string(str(folder / "store.sqlite")) as store,
    ):
        store.setup()
        yield saver, store


@dataclass
class Found:
    """What became of a thread whose database was killed.

    Attributes:
        kills: how often.
        at: how many rounds had been acknowledged, at each kill.
        lost: acknowledged rounds that were not in the thread afterwards.
        rounds: in the thread at the end.
        same: whether its rounds, beliefs and Store are those of a thread that nobody killed.
    """

    kills: int = 0
    at: list[int] = field(default_factory=list)
    lost: int = 0
    rounds: int = 0
    same: bool = False

    def ended(self, graph: Graph, store: BaseStore) -> None:
        """Looks at the thread at its end."""
        self.rounds = len(_history(graph))
        self.same = known_of(graph, store) == unkilled(self.rounds)

    def __str__(self) -> str:
        same = "as" if self.same else "NOT as"
        return (
            f"{self.kills} kills, at {len(set(self.at))} different rounds; acknowledged rounds lost: "
            f"{self.lost}; at the end {self.rounds} rounds, {same} those of a thread that nobody killed, "
            "beliefs and Store as well"
        )


def _history(graph: Graph) -> list[dict[str, str]]:
    return list(state_of(graph).values.get("history", []))


def known_of(graph: Graph, store: BaseStore) -> tuple[list[dict[str, str]], Any, Any]:
    """The rounds of the thread, what ann believes and what the Store knows."""
    values, known = graph.get_state(THREAD).values, BELIEFS.known(store, "ann", "ben")
    partner = values["tom"]["ann"]["partners"]["ben"]
    return values["history"], (partner["weights"], partner["evidence"]), known


def unkilled(rounds: int) -> tuple[list[dict[str, str]], Any, Any]:
    """The same of a thread that nobody killed."""
    opened = InMemorySaver(), InMemoryStore()
    graph = graph_of(opened)
    play_on(graph, lambda there: there >= rounds, lambda _: None)
    return known_of(graph, opened[1])


def postgres_killed(running: Server, kills: int, seed: int = 7) -> Found:
    """Plays while the server is killed; a client that lost it begins again when it answers."""
    found, rng, acknowledged, done = Found(), np.random.default_rng(seed), [0], threading.Event()

    def client() -> None:
        while True:
            try:
                with in_postgres(running.uri) as opened:
                    graph = graph_of(opened)
                    found.lost += max(0, acknowledged[-1] - len(_history(graph)))
                    play_on(graph, lambda _: done.is_set(), acknowledged.append)
                    play_on(graph, lambda there: there >= acknowledged[-1] + FURTHER, lambda _: None)
                    found.ended(graph, opened[1])
                    return
            except psycopg.OperationalError:
                time.sleep(0.02)

    playing = threading.Thread(target=client)
    playing.start()
    for _ in range(kills):
        target = acknowledged[-1] + int(rng.integers(1, FURTHER))
        while acknowledged[-1] < target and playing.is_alive():
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, _PAUSE))
        found.at.append(acknowledged[-1])
        running.kill()
        found.kills += 1
        running.start()
    done.set()
    playing.join()
    return found


def sqlite_killed(folder: Path, kills: int, seed: int = 7) -> Found:
    """Kills a process that plays, in another process each time."""
    found, rng, acknowledged = Found(), np.random.default_rng(seed), 0
    command = [sys.executable, __file__, "--play", str(folder)]
    for _ in range(kills):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
            said = process.stdout or sys.stdin
            there = int(said.readline())
            found.lost += max(0, acknowledged - there)
            for _ in range(int(rng.integers(1, FURTHER))):
                acknowledged = int(said.readline())
            time.sleep(rng.uniform(0.0, _PAUSE))
            process.send_signal(signal.SIGKILL)
            # what it had said before it was killed was acknowledged too; its last line may be a part of one
            acknowledged = max([acknowledged, *(int(line) for line in said if line.endswith("\n"))])
        found.at.append(acknowledged)
        found.kills += 1
    with in_sqlite(folder) as opened:
        graph = graph_of(opened)
        found.lost += max(0, acknowledged - len(_history(graph)))
        play_on(graph, lambda there: there >= acknowledged + FURTHER, lambda _: None)
        found.ended(graph, opened[1])
    return found


def play_until_killed(folder: Path) -> None:
    """Says how many rounds there are, and then each that is acknowledged."""
    with in_sqlite(folder) as opened:
        graph = graph_of(opened)
        print(len(_history(graph)), flush=True)
        play_on(graph, lambda _: False, lambda there: print(there, flush=True))


def main() -> None:
    """Kills what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("only", nargs="*", help="postgres, sqlite; both by default")
    parser.add_argument("--kills", type=int, default=KILLS, help="of each")
    parser.add_argument("--play", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if strange := set(given.only) - {"postgres", "sqlite"}:
        parser.error(f"there is no {', '.join(sorted(strange))}")
    if given.play:
        play_until_killed(given.play)
        return
    if not given.only or "postgres" in given.only:
        with server(durable=True) as running:
            print(
                f"PostgreSQL under checkpointer and Store: {postgres_killed(running, given.kills)}",
                flush=True,
            )
    if not given.only or "sqlite" in given.only:
        with tempfile.TemporaryDirectory() as scratch:
            print(f"SQLite under checkpointer and Store: {sqlite_killed(Path(scratch), given.kills)}")


if __name__ == "__main__":
    main()
