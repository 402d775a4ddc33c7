"""What many threads know of a partner: reading stays small, nothing is left out, and nothing counts twice."""

import random
import threading
from contextlib import suppress

import pytest
from boards import reasoner, situation
from langgraph.store.base import GetOp, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore
from test_memory import open_store

from atom import AdaptiveAgent, BeliefMemory
from atom.belief.evidence import nothing, observed, total
from atom.coroutines import finish
from atom.graph import sums, writers
from atom.graph.reading import direct
from atom.graph.sums import last_leaf

AGENT = AdaptiveAgent("ann", reasoner(), orders=(0, 1, 2))
NAMES = ("0", "1", "2")
DAY = 86_400.0


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request, tmp_path):
    with open_store(request.param, tmp_path, request) as opened:
        yield opened


@pytest.fixture
def small(monkeypatch):
    """Leaves of three threads, so that a few threads make a tree of several levels."""
    monkeypatch.setattr(sums, "FAN", 3)


def act(memory, action="B"):
    """A decision, and what the partner did then."""
    decision, memory = AGENT.decide(situation({}), memory)
    return AGENT.observe(memory, None, {"ann": decision.action, "ben": action})


def keep(beliefs, store, memory):
    """What a node does at a step: recall, and write."""
    memory = beliefs.before(store, AGENT, memory)
    beliefs.after(store, AGENT, memory)
    return memory


def thread(beliefs, store, steps=1):
    """A thread of some observed actions; its memory."""
    memory = keep(beliefs, store, AGENT.start(["ben"]))
    for _ in range(steps):
        memory = keep(beliefs, store, act(memory))
    return memory


def count(beliefs, store):
    known = beliefs.known(store, "ann", "ben")
    return 0 if known is None else known["observations"]


def tree(beliefs, store, ask=None):
    return beliefs._sums(ask or direct(store), "ann", "ben")


def last(store, beliefs):
    return last_leaf(store.batch([tree(beliefs, store).head()])[0])


def in_a_week(beliefs, store):
    """How many leaves are closed when all threads so far have rested."""
    later = sums.seconds() + 8 * DAY
    return finish(tree(beliefs, store).compact(last(store, beliefs), most=99, now=later))


def total_items(store, prefix=("atom",)):
    return len(store.search(prefix, limit=100_000))


class Counting(InMemoryStore):
    """Counts what is asked, and how many items come back."""

    asked = read = 0

    def batch(self, ops):
        ops = list(ops)
        results = super().batch(ops)
        self.asked += len(ops)
        for result in results:
            self.read += len(result) if isinstance(result, list) else result is not None
        return results

    def counted(self, call):
        asked, read = self.asked, self.read
        found = call()
        return self.asked - asked, self.read - read, found


def test_a_new_thread_reads_as_much_at_the_thousandth_as_at_the_hundredth(small):
    store, beliefs = Counting(), BeliefMemory("many")
    most = {}
    for number in range(1, 1001):
        asked, read, memory = store.counted(lambda: beliefs.before(store, AGENT, AGENT.start(["ben"])))
        before = most.get(len(str(number - 1)), (0, 0))
        most[len(str(number - 1))] = max(before[0], asked), max(before[1], read)
        assert memory["partners"]["ben"]["recalled"] == number - 1, "nothing is left out"
        keep(beliefs, store, act(memory))
    levels = 7  # 3 ** 6 < 1000 / 3
    assert most[3][1] < 25 * levels, "with all that is made when a leaf is opened"
    assert most[3][1] < 3 * most[2][1]
    assert most[3][0] < 3 * most[2][0]


def test_a_first_step_between_openings_asks_little():
    store, beliefs = Counting(), BeliefMemory("many")
    for _ in range(200):
        thread(beliefs, store)
    asked, read, memory = store.counted(lambda: beliefs.before(store, AGENT, AGENT.start(["ben"])))
    assert memory["partners"]["ben"]["recalled"] == 200
    assert asked <= 4
    assert read <= 2 * sums.FAN
    asked, read, _ = store.counted(lambda: beliefs.before(store, AGENT, memory))
    assert (asked, read) == (0, 0), "later steps read nothing at their beginning"


def test_threads_in_any_leaf_go_on_and_are_counted(store, small):
    beliefs = BeliefMemory("many")
    memories, seen = [], 0
    for _ in range(30):
        memories.append(thread(beliefs, store))
        seen += 1
        assert count(beliefs, store) == seen
    assert last(store, beliefs) == 9
    for at in (0, 4, 17, 29, 4):
        memories[at] = keep(beliefs, store, act(memories[at]))
        seen += 1
        assert count(beliefs, store) == seen
        assert thread(beliefs, store, 0)["partners"]["ben"]["recalled"] == seen


def test_threads_at_once_add_up_over_leaves(store, small):
    beliefs = [BeliefMemory("many"), BeliefMemory("many")]  # as two processes have them
    errors = []

    def play(own):
        try:
            for _ in range(6):
                thread(own, store, 2)
        except Exception as error:  # noqa: BLE001 - to be seen in the test's own thread
            errors.append(error)

    running = [threading.Thread(target=play, args=(beliefs[i % 2],)) for i in range(4)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert errors == []
    # one more write into every leaf sums up what was still on its way
    assert count(beliefs[0], store) == 48


def test_what_is_recalled_is_the_same_as_from_one_long_list(small, monkeypatch):
    def belief():
        store, beliefs = InMemoryStore(), BeliefMemory("many", half_life=20.0)
        for day in range(40):
            with monkeypatch.context() as patched:
                patched.setattr(sums, "_time", lambda item: item.value.get("day", item.value.get("at")))
                patched.setattr(sums, "seconds", lambda now=day * DAY: now)
                thread_at(beliefs, store, day)
        with monkeypatch.context() as patched:
            patched.setattr(sums, "_time", lambda item: item.value.get("day", item.value.get("at")))
            known = finish(_everything(beliefs, store))
            return tree(beliefs, store).prior(known.parts, 45 * DAY), len(known.parts)

    def thread_at(beliefs, store, day):
        key, seen = f"writer{day:02}", nothing()
        for step in range(1 + day % 3):
            seen = observed(seen, NAMES, ((0.5, 0.2, 0.1) if step else (0.1, 0.9, 0.2)), 5)
        of = tree(beliefs, store)
        known = finish(_everything(beliefs, store))
        place = finish(of.join(known))
        store.put(of.leaf(place), key, {"version": 1, **seen, "day": day * DAY})
        (found,) = store.batch([of.head()])
        finish(of.wrote(place, found))

    folded, parts = belief()
    monkeypatch.setattr(sums, "FAN", 1000)
    flat, all_parts = belief()
    assert parts < 15 < all_parts == 40
    assert folded["observations"] == pytest.approx(flat["observations"])
    for name in NAMES:
        assert folded["log"][name] == pytest.approx(flat["log"][name])


async def _everything(beliefs, store):
    of = tree(beliefs, store)
    (found,) = await of.ask([of.head()])
    return await of.known(found)


class Killed(BaseException):
    """The process ends here."""


class Mortal(InMemoryStore):
    """A Store that somebody is killed while asking: before one of the batches, and for ever."""

    left = None

    def batch(self, ops):
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1
        return super().batch(ops)


@pytest.mark.parametrize("what", ["open", "write", "close"])
def test_whoever_is_killed_half_way_loses_and_doubles_nothing(small, what):
    for steps in range(200):
        store, beliefs = Mortal(), BeliefMemory("many")
        memories = [thread(beliefs, store) for _ in range(27)]
        store.left = steps
        with suppress(Killed):
            if what == "open":
                beliefs.before(store, AGENT, AGENT.start(["ben"]))
            elif what == "write":
                keep(beliefs, store, act(memories[7]))
            else:
                finish(
                    tree(beliefs, store).compact(last(store, beliefs), most=99, now=sums.seconds() + 8 * DAY)
                )
        done, store.left = store.left > 0, None
        fresh = BeliefMemory("many")
        if what == "write":  # the thread goes on elsewhere, or never; both are one thread
            assert count(fresh, store) in (27, 28)
            keep(fresh, store, act(memories[7]))
            assert count(fresh, store) == 28
        elif what == "close":
            assert count(fresh, store) == 27
            in_a_week(fresh, store)
            assert count(fresh, store) == 27
            assert total_items(store) < 20
        else:
            assert count(fresh, store) == 27
            thread(fresh, store)
            assert count(fresh, store) == 28
        if done:
            return
    raise AssertionError("it never came to its end")


class Turn:
    """An operation that waits for its turn."""

    def __init__(self, operations):
        self.operations = operations

    def __await__(self):
        return (yield self.operations)


async def _ask(operations):
    return await Turn(list(operations))


def play_out(store, coroutines, rng):
    """Runs coroutines to their ends, one batch of one of them after the other, in random order."""
    running = [(work, None) for work in coroutines]
    while running:
        at = rng.randrange(len(running))
        work, answer = running[at]
        try:
            operations = work.send(answer)
        except StopIteration:
            del running[at]
            continue
        running[at] = (work, store.batch(operations))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_order_every_thread_counts_once(small, seed):
    """Threads begin, write and close leaves at once, each operation at any time."""
    rng = random.Random(seed)  # noqa: S311 - an order, no secret
    store, beliefs = InMemoryStore(), BeliefMemory("many")
    of = tree(beliefs, store, _ask)
    written = {}

    async def one(name, steps):
        (found,) = await _ask([of.head()])
        place = await of.join(await of.known(found))
        seen = nothing()
        for _ in range(steps):
            seen = observed(seen, NAMES, (0.1, 0.9, 0.2), 5)
            value = {"version": 1, **seen, "observer": "ann", "partner": "ben", "task": "many"}
            await _ask([PutOp(of.leaf(place), name, value)])
            (found,) = await _ask([of.head()])
            await of.wrote(place, found)
        written[name] = steps

    async def close(wave):
        (found,) = await _ask([of.head()])
        await of.compact(last_leaf(found), most=99, now=sums.seconds() + 8 * DAY)

    for wave in range(5):
        play_out(store, [one(f"{wave}-{i}", rng.randint(1, 3)) for i in range(6)], rng)
        assert count(beliefs, store) == sum(written.values())
    # those threads have rested for a week: several close their leaves while others read
    play_out(store, [close(i) for i in range(3)] + [_reads(of, sum(written.values())) for _ in range(3)], rng)
    assert count(beliefs, store) == sum(written.values())


async def _reads(of, expected):
    for _ in range(4):
        (found,) = await _ask([of.head()])
        known = await of.known(found)
        assert total([(1.0, part.total) for part in known.parts])["observations"] == expected


def test_threads_that_rested_are_deleted(store, small):
    beliefs = BeliefMemory("many")
    for _ in range(60):
        thread(beliefs, store)
    before, of = total_items(store), tree(beliefs, store)
    assert finish(of.compact(last(store, beliefs), most=99)) == 0, "nobody has rested yet"
    closed = in_a_week(beliefs, store)
    assert closed == last(store, beliefs) - 1
    assert count(beliefs, store) == 60
    assert total_items(store) < before / 3
    assert thread(beliefs, store)["partners"]["ben"]["recalled"] == 60
    assert in_a_week(beliefs, store) == 1, "the leaf that was the last one"


def test_openings_close_what_has_rested(small, monkeypatch):
    store, beliefs = InMemoryStore(), BeliefMemory("many")
    for _ in range(30):
        thread(beliefs, store)
    later = sums.seconds() + 8 * DAY
    monkeypatch.setattr(sums, "seconds", lambda: later)
    for _ in range(30):
        thread(beliefs, store)
    assert count(beliefs, store) == 60
    closed = store.get(tree(beliefs, store).root, "closed")
    assert closed.value["leaf"] >= 9


def test_a_thread_that_goes_on_for_days_writes_under_other_names(monkeypatch):
    store, beliefs, now = InMemoryStore(), BeliefMemory("days"), sums.seconds()
    memory, names = thread(beliefs, store, 2), set()
    for day in range(1, 4):
        monkeypatch.setattr("atom.graph.store.seconds", lambda later=now + 1.1 * day * DAY: later)
        memory = keep(beliefs, store, act(memory))
        memory = keep(beliefs, store, act(memory))
        names.add(memory["writer"])
        assert count(beliefs, store) == 2 + 2 * day
    assert len(names) == 3
    assert total_items(store) == 4


@pytest.mark.parametrize("others", [0, 5, 30])
def test_a_step_run_again_counts_once_also_when_the_thread_is_a_day_old(small, monkeypatch, others):
    """Its node writes, and then is interrupted or fails, so that the checkpoint is the one of before."""
    store, beliefs, now = InMemoryStore(), BeliefMemory("days"), sums.seconds()
    before = act(thread(beliefs, store))
    for run in range(3):
        monkeypatch.setattr("atom.graph.store.seconds", lambda later=now + (1.1 + run) * DAY: later)
        after = keep(beliefs if run else BeliefMemory("days"), store, before)
        assert count(beliefs, store) == 2 + run * others
        for _ in range(others):
            thread(beliefs, store)
    assert after["writer"] != before["writer"]
    keep(beliefs, store, act(after))
    assert count(beliefs, store) == 3 + 3 * others


def test_a_step_that_is_run_again_on_the_next_day_counts_once(store, monkeypatch):
    """A person is asked in the evening and answers in the morning, when the name has come to its end."""
    beliefs, now = BeliefMemory("days"), sums.seconds()
    before = act(thread(beliefs, store))
    keep(beliefs, store, before)
    assert count(beliefs, store) == 2
    monkeypatch.setattr("atom.graph.store.seconds", lambda: now + 1.1 * DAY)
    after = keep(BeliefMemory("days"), store, before)
    assert after["writer"] != before["writer"]
    assert count(beliefs, store) == 2
    after = keep(beliefs, store, act(after))
    assert count(beliefs, store) == 3
    keep(beliefs, store, act(before, "A"))
    assert count(beliefs, store) == 4, "the same thread, forked: it observed something else"


def test_a_thread_of_before_goes_on_in_its_item():
    store, beliefs = InMemoryStore(), BeliefMemory("old")
    memory = thread(beliefs, store, 2)
    record = memory["partners"]["ben"]
    old = {k: v for k, v in record.items() if k not in ("place", "written")} | {"evidence": record["written"]}
    memory = {**memory, "writer": writers.key_of(memory["writer"]), "partners": {"ben": old}}
    keep(beliefs, store, act(memory))
    assert count(beliefs, store) == 3
    assert total_items(store) == 1


def _filled(store, beliefs, threads):
    seen = observed(nothing(), NAMES, (0.1, 0.9, 0.2), 5)
    value = {"version": 1, **seen, "observer": "ann", "partner": "ben", "task": beliefs.task}
    namespace = beliefs.namespace("ann", "ben")
    for begin in range(0, threads, 1000):
        many = range(begin, min(threads, begin + 1000))
        store.batch([PutOp(namespace, f"{i:032x}", value, index=False) for i in many])


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_more_than_ten_thousand_threads_are_all_known_and_all_forgotten(kind, tmp_path, request):
    """A Store of before, whose threads are all in one place."""
    with open_store(kind, tmp_path, request) as store:
        beliefs = BeliefMemory("many")
        _filled(store, beliefs, 10_050)
        assert count(beliefs, store) == 10_050
        memory = thread(beliefs, store)
        assert memory["partners"]["ben"]["recalled"] == 10_050
        assert count(beliefs, store) == 10_051
        eve = AdaptiveAgent("eve", reasoner(), orders=(0, 1, 2))
        beliefs.before(store, eve, eve.start(["ben"]))
        deleted = beliefs.forget(store, "ben")
        assert deleted >= 10_051
        assert total_items(store) == 0
        assert beliefs.known(store, "ann", "ben") is None
        assert beliefs.forget(store, "ben") == 0


def test_after_a_store_of_before_was_summed_up_new_threads_read_little():
    store, beliefs = Counting(), BeliefMemory("many")
    _filled(store, beliefs, 3_000)
    thread(beliefs, store)
    asked, read, memory = store.counted(lambda: beliefs.before(store, AGENT, AGENT.start(["ben"])))
    assert memory["partners"]["ben"]["recalled"] == 3_001
    assert asked <= 4
    assert read <= 4


def test_more_tasks_than_a_page_are_forgotten(monkeypatch):
    monkeypatch.setattr("atom.graph.reading.PAGE", 4)
    store = InMemoryStore()
    for task in range(11):
        thread(BeliefMemory(f"task{task}"), store)
    other = BeliefMemory("task0")
    store.put(other.namespace("ann", "benjamin"), "x", {"version": 1, "observations": 0, "log": {}})
    assert other.forget(store, "ben") == 11
    assert total_items(store) == 1, "benjamin's"


def test_threads_under_way_write_again_what_was_forgotten(store, small):
    beliefs = BeliefMemory("many")
    memories = [thread(beliefs, store) for _ in range(12)]
    assert beliefs.forget(store, "ben") > 12
    assert total_items(store) == 0
    memory = keep(beliefs, store, act(memories[-1]))
    assert memory["partners"]["ben"]["place"] > 0
    assert count(beliefs, store) == 2
    assert thread(beliefs, store)["partners"]["ben"]["recalled"] == 2
    keep(beliefs, store, act(memory))
    assert count(beliefs, store) == 4


def test_an_old_word_of_the_last_leaf_is_set_right_by_whoever_writes(small):
    store, beliefs = InMemoryStore(), BeliefMemory("many")
    memories = [thread(beliefs, store) for _ in range(14)]
    now = last(store, beliefs)
    store.put(tree(beliefs, store).root, "last", {"version": 1, "leaf": now - 2})
    keep(beliefs, store, act(memories[-1]))
    assert last(store, beliefs) == now
    assert count(beliefs, store) == 15
    store.put(tree(beliefs, store).root, "last", {"version": 1, "leaf": now - 3})
    keep(beliefs, store, act(memories[0]))
    assert count(beliefs, store) == 16, "or by whoever reads"


def test_a_thread_that_began_while_the_store_was_down_is_counted_in_the_first_leaf(small):
    class Broken(Counting):
        down = False

        def batch(self, ops):
            if self.down:
                raise ConnectionError("connection refused")
            return super().batch(ops)

    store, beliefs = Broken(), BeliefMemory("many", retry_after=0.0)
    for _ in range(12):
        thread(beliefs, store)
    store.down = True
    memory = thread(beliefs, store, 2)
    assert memory["partners"]["ben"]["place"] == 0
    assert memory["partners"]["ben"]["recalled"] is None
    store.down = False
    memory = keep(beliefs, store, act(memory))
    assert memory["partners"]["ben"]["recalled"] == 12
    assert count(beliefs, store) == 15
    memory = keep(beliefs, store, act(memory))
    assert count(beliefs, store) == 16


@pytest.mark.parametrize("left", range(1, 6))
def test_what_was_written_without_its_sums_is_summed_up_by_the_next_flush(small, left):
    class Failing(InMemoryStore):
        left = None

        def batch(self, ops):
            if self.left is not None:
                if self.left == 0:
                    raise ConnectionError("connection refused")
                self.left -= 1
            return super().batch(ops)

    store, beliefs = Failing(), BeliefMemory("many", retry_after=0.0)
    memories = [thread(beliefs, store) for _ in range(20)]
    store.left = left
    beliefs.after(store, AGENT, beliefs.before(store, AGENT, act(memories[1])))
    assert not beliefs.flush(store)
    store.left = None
    assert beliefs.flush(store)
    assert count(beliefs, store) == 21


def test_a_step_that_observes_nothing_writes_nothing(small):
    store, beliefs = Counting(), BeliefMemory("many")
    memories = [thread(beliefs, store) for _ in range(12)]
    place = tree(beliefs, store).leaf(memories[1]["partners"]["ben"]["place"])
    key = writers.key_of(memories[1]["writer"])
    when = store.get(place, key).updated_at
    asked, _, _ = store.counted(lambda: keep(beliefs, store, memories[1]))
    assert asked == 0
    assert store.get(place, key).updated_at == when, "it fades and rests meanwhile"
    assert beliefs.forget(store, "ben") > 12
    keep(beliefs, store, memories[1])
    assert count(beliefs, store) == 1, "what was forgotten is written again by a thread under way"


def test_a_leaf_that_is_closed_keeps_items_of_other_versions(small):
    store, beliefs = InMemoryStore(), BeliefMemory("many")
    for _ in range(12):
        thread(beliefs, store)
    store.put(tree(beliefs, store).leaf(1), "later", {"version": 2, "weights": [1, 2]})
    assert in_a_week(beliefs, store) >= 1
    assert count(beliefs, store) == 12
    assert store.get(tree(beliefs, store).leaf(1), "later") is not None


def test_sqlite_is_asked_by_key_and_namespace_only(tmp_path):
    """No operation of a first step is a filter over all items."""
    asked = []

    class Listening(SqliteStore):
        def batch(self, ops):
            ops = list(ops)
            asked.extend(ops)
            return super().batch(ops)

    with Listening.from_conn_string(str(tmp_path / "s.sqlite")) as store:
        store.setup()
        beliefs = BeliefMemory("many")
        for _ in range(40):
            thread(beliefs, store)
        asked.clear()
        beliefs.before(store, AGENT, AGENT.start(["ben"]))
    assert {type(op) for op in asked} == {GetOp, SearchOp}
    assert all(op.filter is None and op.query is None for op in asked if isinstance(op, SearchOp))
