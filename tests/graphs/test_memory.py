"""Beliefs kept in a Store: in memory, in SQLite and in a real PostgreSQL server."""

import asyncio
import gc
import json
import logging
import math
import subprocess
import sys
import threading
import time
import weakref
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from boards import PLAYERS, board_graph, player_node, reasoner, situation
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.store.postgres import PostgresStore
from langgraph.store.postgres.aio import AsyncPostgresStore
from langgraph.store.sqlite import SqliteStore
from langgraph.store.sqlite.aio import AsyncSqliteStore

from atom import (
    AdaptiveAgent,
    BeliefError,
    BeliefMemory,
    Contract,
    FixedOrderAgent,
    FollowTheLeader,
    Hedge,
    take_turn,
)
from atom.belief.evidence import LAPSES, nothing, observed, prior, total

HERE = Path(__file__).parent


@contextmanager
def open_store(kind, tmp_path, request):
    if kind == "memory":
        yield InMemoryStore()
    elif kind == "sqlite":
        with SqliteStore.from_conn_string(str(tmp_path / "store.sqlite")) as store:
            store.setup()
            yield store
    else:
        with PostgresStore.from_conn_string(request.getfixturevalue("postgres_database")) as store:
            store.setup()
            yield store


PRIOR = 0.27
"""What is believed of each of the paper's orders before anything is known."""


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request, tmp_path):
    with open_store(request.param, tmp_path, request) as opened:
        yield opened


def meet(store, beliefs, *, rounds=6, order=1, agent=None, thread="t"):
    """A new thread of ann's with a partner of one order; the final state and the stream."""
    ann = agent or AdaptiveAgent("ann", reasoner(), seed=1)
    ben = FixedOrderAgent("ben", reasoner(), order)
    nodes = {"ann": player_node(ann, beliefs=beliefs), "ben": player_node(ben)}
    graph = board_graph(nodes=nodes).compile(store=store)
    events = []
    state = {}
    config = {"recursion_limit": 200, "configurable": {"thread_id": thread}}
    for mode, chunk in graph.stream({"rounds": rounds}, config, stream_mode=["custom", "values"]):
        if mode == "values":
            state = chunk
        else:
            events.append(chunk)
    return state, [e for e in events if e["observer"] == "ann"]


def test_a_belief_outlives_its_thread(store):
    beliefs = BeliefMemory("one-ahead")
    _, first = meet(store, beliefs)
    assert first[0]["posterior"]["1"] == pytest.approx(PRIOR)
    known = beliefs.known(store, "ann", "ben")
    assert known["observations"] == 5  # nobody is left to see the sixth
    _, second = meet(store, beliefs)
    assert 0.9 < second[0]["posterior"]["1"] < 1 - 0.1 * 2 / 3
    assert second[0]["estimate"] == 1
    assert beliefs.known(store, "ann", "ben")["observations"] == 10


def test_what_is_known_is_kept_apart_by_observer_partner_and_task(store):
    beliefs, other_task = BeliefMemory("memory-1"), BeliefMemory("memory-10")
    meet(store, other_task)
    _, events = meet(store, beliefs)
    assert events[0]["posterior"]["1"] == pytest.approx(PRIOR)
    assert beliefs.known(store, "ben", "ann") is None
    assert beliefs.known(store, "ann", "be") is None
    assert BeliefMemory("memory").known(store, "ann", "ben") is None


def test_forgetting_a_partner(store):
    beliefs, other = BeliefMemory("one.ahead"), BeliefMemory("other")
    meet(store, beliefs)
    meet(store, beliefs)
    meet(store, other)
    assert beliefs.forget(store, "benjamin") == 0
    assert beliefs.forget(store, "ben", observer="eve") == 0
    assert beliefs.forget(store, "ben") == 3
    assert beliefs.known(store, "ann", "ben") is None
    _, events = meet(store, beliefs)
    assert events[0]["posterior"]["1"] == pytest.approx(PRIOR)


def test_threads_at_once_add_up(store):
    beliefs = BeliefMemory("one-ahead")
    threads = [
        threading.Thread(target=meet, args=(store, beliefs), kwargs={"thread": str(i)}) for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert beliefs.known(store, "ann", "ben")["observations"] == 20


async def test_asynchronous_graphs_keep_beliefs_too(store):
    beliefs = BeliefMemory("one-ahead")
    nodes = {
        "ann": player_node(AdaptiveAgent("ann", reasoner()), beliefs=beliefs),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 2)),
    }
    graph = board_graph(nodes=nodes).compile(store=store)
    await graph.ainvoke({"rounds": 5})
    known = await asyncio.to_thread(beliefs.known, store, "ann", "ben")
    assert known["observations"] == 4
    assert await beliefs.aforget(store, "ben") == 1


@asynccontextmanager
async def open_async_store(kind, tmp_path, request):
    if kind == "sqlite":
        async with AsyncSqliteStore.from_conn_string(str(tmp_path / "store.sqlite")) as store:
            await store.setup()
            yield store
    else:
        async with AsyncPostgresStore.from_conn_string(request.getfixturevalue("postgres_database")) as store:
            await store.setup()
            yield store


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_asynchronous_stores(kind, tmp_path, request):
    beliefs = BeliefMemory("one-ahead")
    nodes = {
        "ann": player_node(AdaptiveAgent("ann", reasoner()), beliefs=beliefs),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 1)),
    }
    async with open_async_store(kind, tmp_path, request) as store:
        graph = board_graph(nodes=nodes).compile(store=store)
        await asyncio.gather(*(graph.ainvoke({"rounds": 5}) for _ in range(3)))
        items = await store.asearch(beliefs.namespace("ann", "ben"))
        assert [item.value["observations"] for item in items] == [4, 4, 4]
        ann = AdaptiveAgent("ann", reasoner())
        memory = await beliefs.abefore(store, ann, ann.start(["ben"]))
        assert ann.posterior(memory, "ben")[1] > 0.9
        assert await beliefs.aforget(store, "ben") == 3


WRITER = """
import sys
sys.path.insert(0, {here!r})
from langgraph.store.postgres import PostgresStore
from atom import BeliefMemory
from test_memory import meet
with PostgresStore.from_conn_string({uri!r}) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in range({threads}):
        meet(store, BeliefMemory("one-ahead"), rounds=11, thread=str(thread))
        print("played", flush=True)
"""


def writer(uri, threads):
    code = WRITER.format(here=str(HERE), uri=uri, threads=threads)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE.parents[1],
    )


def test_two_processes_add_up_even_when_one_is_killed(postgres_database):
    with PostgresStore.from_conn_string(postgres_database) as store:
        store.setup()
        steady, doomed = writer(postgres_database, 3), writer(postgres_database, 10_000)
        for process in (steady, doomed):
            assert process.stdout.readline() == "ready\n"
        for process in (steady, doomed):
            process.stdin.write("go\n")
            process.stdin.flush()
        for _ in range(2):
            assert doomed.stdout.readline() == "played\n"
        doomed.kill()
        doomed.wait()
        assert steady.wait(timeout=60) == 0
        beliefs = BeliefMemory("one-ahead")
        found = store.search(beliefs.namespace("ann", "ben"), limit=1000)
        counts = sorted(item.value["observations"] for item in found)
        assert counts[-5:] == [10] * 5  # three threads of one, two finished ones of the other
        assert beliefs.known(store, "ann", "ben")["observations"] == sum(counts) >= 50
        for process in (steady, doomed):
            process.stdin.close()
            process.stdout.close()


def test_a_store_that_is_down_stops_nobody_and_nothing_is_lost(postgres, postgres_database, caplog):
    beliefs = BeliefMemory("one-ahead", retry_after=0.0)
    with PostgresStore.from_conn_string(
        postgres_database, pool_config={"min_size": 1, "max_size": 2, "timeout": 1.0}
    ) as store:
        store.setup()
        meet(store, beliefs)
        graph, config = _paused(store, beliefs)
        postgres.stop()
        try:
            with caplog.at_level(logging.INFO, "atom"):
                for _ in range(8):
                    graph.invoke(None, config)
                state, _ = meet(store, BeliefMemory("one-ahead"), rounds=3, thread="u")
        finally:
            postgres.start()
        assert len(state["history"]) == 3
        downs = [r for r in caplog.records if r.levelno == logging.WARNING and r.name == "atom"]
        assert len(downs) == 2  # one for each memory object
        assert "the Store does not answer" in downs[0].getMessage()
        _wait(lambda: store.get(("x",), "y") is None)
        graph.invoke(None, config)
        assert any("answers again" in r.getMessage() for r in caplog.records) or beliefs.flush(store)
        steps = graph.get_state(config).values["tom"]["ann"]["step"]
        assert beliefs.known(store, "ann", "ben")["observations"] == 5 + steps - 1
        assert graph.get_state(config).values["tom"]["ann"]["partners"]["ben"]["recalled"] == 5


def _paused(store, beliefs):
    """A thread that stops after every super-step."""
    nodes = {
        "ann": player_node(AdaptiveAgent("ann", reasoner()), beliefs=beliefs),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 1)),
    }
    graph = board_graph(nodes=nodes).compile(
        store=store, checkpointer=InMemorySaver(), interrupt_after=["ann", "board"]
    )
    config = {"configurable": {"thread_id": "paused"}}
    graph.invoke({"rounds": 40}, config)
    return graph, config


def _wait(done, tries=100):
    for _ in range(tries):
        try:
            if done():
                return
        except Exception:  # noqa: BLE001
            time.sleep(0.1)
    raise AssertionError("the Store did not come back")


class Broken(InMemoryStore):
    """A Store whose connection is cut and restored by hand."""

    down = False

    def batch(self, ops):
        if self.down:
            raise ConnectionError("connection refused")
        return super().batch(ops)


def test_what_could_not_be_read_at_first_is_read_when_the_store_is_back():
    store = Broken()
    beliefs = BeliefMemory("one-ahead", retry_after=0.0)
    meet(store, beliefs)
    agent = AdaptiveAgent("ann", reasoner())
    store.down = True
    memory = beliefs.before(store, agent, agent.start(["ben"]))
    assert agent.posterior(memory, "ben")[1] == pytest.approx(PRIOR)
    store.down = False
    memory = beliefs.before(store, agent, memory)
    assert agent.posterior(memory, "ben")[1] > 0.9


def test_a_thread_that_ended_in_an_outage_is_written_by_the_next_one():
    store = Broken()
    beliefs = BeliefMemory("one-ahead", retry_after=0.0)
    store.down = True
    meet(store, beliefs)
    store.down = False
    assert beliefs.known(store, "ann", "ben") is None
    meet(store, beliefs, rounds=2)
    assert beliefs.known(store, "ann", "ben")["observations"] == 6
    assert beliefs.flush(store)


class Slotted:
    """A Store of the user's own, of which no weak reference can be made, and which is not hashable."""

    __slots__ = ("_store", "down")

    def __init__(self):
        self._store, self.down = InMemoryStore(), False

    __hash__ = None

    def __eq__(self, other):
        return True

    def batch(self, ops):
        if self.down:
            raise ConnectionError("connection refused")
        return self._store.batch(ops)

    async def abatch(self, ops):
        return self.batch(ops)


def saw(beliefs, store, times):
    """ann decides, and sees ben act so often; her memories then."""
    ann, memories, seen = AdaptiveAgent("ann", reasoner()), {}, None
    for _ in range(times + 1):
        _, memories = take_turn(ann, memories, situation({}), seen, kept=beliefs, store=store)
        seen = {"ben": "A"}
    return memories


@pytest.mark.parametrize("make", [Broken, Slotted])
def test_one_memory_in_two_stores_keeps_them_apart(make, caplog):
    """What one could not take is not written to the other, and an outage of one leaves the other at work."""
    beliefs = BeliefMemory("one-ahead", retry_after=1e6)
    ours, theirs = make(), make()
    ours.down = True
    saw(beliefs, ours, 3)
    saw(beliefs, theirs, 2)
    assert beliefs.known(theirs, "ann", "ben")["observations"] == 2
    assert beliefs.flush(theirs)
    assert not beliefs.flush(ours)
    theirs.down = True
    saw(beliefs, theirs, 1)
    downs = [r for r in caplog.records if r.levelno == logging.WARNING and r.name == "atom"]
    assert len(downs) == 2  # one for each Store


@pytest.mark.parametrize("make", [Broken, Slotted])
def test_forgetting_in_one_store_leaves_what_waits_for_another(make):
    beliefs = BeliefMemory("one-ahead", retry_after=0.0)
    ours, theirs = make(), make()
    ours.down = True
    saw(beliefs, ours, 3)
    beliefs.forget(theirs, "ben")
    ours.down = False
    assert beliefs.flush(ours)
    assert beliefs.known(ours, "ann", "ben")["observations"] == 3


def test_a_thread_writes_to_another_store_what_it_wrote_to_the_first():
    beliefs, first, second = BeliefMemory("one-ahead"), InMemoryStore(), InMemoryStore()
    memories = saw(beliefs, first, 3)
    ann = AdaptiveAgent("ann", reasoner())
    take_turn(ann, memories, situation({}), None, kept=beliefs, store=second)
    assert beliefs.known(second, "ann", "ben")["observations"] == 3


def test_what_another_process_could_not_write_is_written_with_nothing_new():
    ours, theirs, store = BeliefMemory("one-ahead"), BeliefMemory("one-ahead"), Broken()
    ann, memories = AdaptiveAgent("ann", reasoner()), saw(ours, store, 2)
    store.down = True
    _, memories = take_turn(ann, memories, situation({}), {"ben": "A"}, kept=theirs, store=store)
    store.down = False
    assert ours.known(store, "ann", "ben")["observations"] == 2
    take_turn(ann, memories, situation({}), None, kept=ours, store=store)
    assert ours.known(store, "ann", "ben")["observations"] == 3


def test_a_store_that_nobody_uses_is_let_go():
    beliefs, store = BeliefMemory("one-ahead"), InMemoryStore()
    saw(beliefs, store, 2)
    alive = weakref.ref(store)
    del store
    gc.collect()
    assert alive() is None


def test_replaying_a_step_does_not_count_it_twice():
    store, beliefs = InMemoryStore(), BeliefMemory("one-ahead")
    nodes = {
        "ann": player_node(AdaptiveAgent("ann", reasoner()), beliefs=beliefs),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 1)),
    }
    graph = board_graph(nodes=nodes).compile(store=store, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    graph.invoke({"rounds": 6}, config)
    middle = next(s for s in graph.get_state_history(config) if len(s.values.get("history", [])) == 3)
    graph.invoke(None, middle.config)
    assert beliefs.known(store, "ann", "ben")["observations"] == 5


class Clock(InMemoryStore):
    """Items that were all written some days ago."""

    days = 0.0

    def batch(self, ops):
        results = super().batch(ops)
        for found in results:
            for item in found if isinstance(found, list) else []:
                if hasattr(item, "updated_at"):
                    item.updated_at = datetime.now(UTC) - timedelta(days=self.days)
        return results


def test_what_is_known_fades():
    def start(days, **settings):
        store, beliefs = Clock(), BeliefMemory("one-ahead", **settings)
        meet(store, beliefs, rounds=4)
        store.days = days
        agent = AdaptiveAgent("ann", reasoner())
        return agent.posterior(beliefs.before(store, agent, agent.start(["ben"])), "ben")[1]

    now, month, year = start(0), start(30), start(365)
    assert now > month > year > PRIOR - 1e-9
    assert year < 0.35
    assert start(365, half_life=None) == pytest.approx(now)
    assert start(0, change=1.0) == pytest.approx(PRIOR)
    assert start(0, change=0.0) > now


@pytest.mark.parametrize("learner", [Hedge(), FollowTheLeader()], ids=["hedge", "ftl"])
def test_other_learners_start_from_what_is_known(learner):
    store, beliefs = InMemoryStore(), BeliefMemory("one-ahead")
    meet(store, beliefs, order=2)
    agent = AdaptiveAgent("ann", reasoner(), learner)
    posterior = agent.posterior(beliefs.before(store, agent, agent.start(["ben"])), "ben")
    assert max(posterior, key=posterior.get) == 2


def test_evidence_adds_up_in_any_order():
    names, likelihoods = ("0", "1"), {"A": (1.0, 0.0), "B": (0.0, 1.0)}
    seen = nothing()
    for action in "AABAB":
        seen = observed(seen, names, likelihoods[action], 2)
    parts = [observed(nothing(), names, likelihoods[action], 2) for action in "BAABA"]
    assert total((1.0, part) for part in parts)["log"]["1"] == pytest.approx(seen["log"]["1"])
    by_hand = [2 * math.log(1 - e + e / 2) + 3 * math.log(e / 2) for e in LAPSES]
    assert seen["log"]["1"] == pytest.approx(by_hand)
    assert seen["observations"] == 5
    assert json.loads(json.dumps(seen)) == seen
    assert prior(seen, names, 0.0)[0] > prior(seen, names, 0.3)[0] > 0.5
    assert prior(seen, (*names, "2"), 0.0)[2] == pytest.approx(1 / 3)


def test_items_of_another_version_are_left_alone():
    store, beliefs = InMemoryStore(), BeliefMemory("one-ahead")
    store.put(beliefs.namespace("ann", "ben"), "old", {"version": 0, "weights": [1, 2]})
    _, events = meet(store, beliefs)
    assert events[0]["posterior"]["1"] == pytest.approx(PRIOR)


def test_declarations_reach_partners_in_other_graphs(store):
    beliefs = BeliefMemory("one-ahead")
    ben = AdaptiveAgent("ben", reasoner(), contract=Contract({"ben": 0}))
    beliefs.before(store, ben, ben.start(["ann"]))
    ann = AdaptiveAgent("ann", reasoner(), contract=Contract({"ann": 1}))
    memory = beliefs.before(store, ann, ann.start(["ben"]))
    assert memory["partners"]["ben"]["contract"]["order"] == 0
    again = beliefs.before(store, ben, beliefs.before(store, ben, ben.start(["ann"])))
    assert again["partners"]["ann"]["contract"]["order"] == 1


def test_a_graph_without_a_store_says_so():
    nodes = {"ann": player_node(AdaptiveAgent("ann", reasoner()), beliefs=BeliefMemory("x"))}
    nodes["ben"] = player_node(FixedOrderAgent("ben", reasoner(), 0))
    with pytest.raises(BeliefError, match="there is none; compile the graph with store="):
        board_graph(nodes=nodes).compile().invoke({"rounds": 1})


def test_settings_out_of_range_and_agents_without_beliefs():
    with pytest.raises(BeliefError, match="half_life"):
        BeliefMemory("x", half_life=0)
    with pytest.raises(BeliefError, match="change"):
        BeliefMemory("x", change=1.5)
    with pytest.raises(BeliefError, match="a task"):
        BeliefMemory("")
    with pytest.raises(BeliefError, match="FixedOrderAgent has none"):
        player_node(FixedOrderAgent("ben", reasoner(), 0), beliefs=BeliefMemory("x"))
    assert PLAYERS == ("ann", "ben")
