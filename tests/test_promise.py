"""Promises: what breaks them and what does not, how authors are tested, and what persists."""

import json
from dataclasses import replace
from difflib import SequenceMatcher

import pytest
from langgraph.store.memory import InMemoryStore

from atom import AdaptiveAgent, BeliefMemory, Contract, RecursiveReasoner, Situation
from atom.belief import order
from atom.coding import (
    Change,
    Hunk,
    Promise,
    Scope,
    judged,
    promise_event,
    promising,
    scope_of,
    seen_in,
    verified,
)
from atom.coding.reading import with_symbols
from atom.errors import PromiseError
from atom.graph.events import decision_events
from atom.observation import Seen
from atom.randomness import RandomStream

CART = Change(
    "shop/cart.py",
    hunks=(Hunk(6, 1, 6, 1),),
    symbols=("Cart.total",),
    signatures={"Cart.total": ("(self)", "(self, rate)")},
)
TAX = Change("shop/tax.py", hunks=(Hunk(3, 2, 3, 4), Hunk(20, 0, 23, 2)))
UNREAD = Change("shop/big.py", known=False)
GONE = Change("shop/tax.py", "deleted", hunks=(Hunk(1, 9, 0, 0),))
MOVED = Change("shop/new.py", "renamed", "shop/old.py")


@pytest.mark.parametrize(
    ("touches", "leaves", "changes", "kept"),
    [
        (["shop"], [], [CART, TAX], True),
        (["shop/cart.py"], [], [CART], True),
        (["shop/cart.py"], [], [CART, TAX], False),
        (["shop/cart.p"], [], [CART], False),
        (["shop/cart.py::Cart.total"], [], [CART], True),
        (["shop/cart.py::Cart"], [], [CART], True),
        (["shop/cart.py::Cart.tot"], [], [CART], False),
        (["shop/cart.py::Cart.count"], [], [CART], False),
        (["shop/cart.py", "shop/tax.py"], [], [CART], False),  # one of them was never touched
        (["shop/tax.py:1-5", "shop/tax.py:20-30"], [], [TAX], True),
        (["shop/tax.py:3-4"], [], [TAX], False),
        (["shop/big.py::f"], [], [UNREAD], None),
        (["shop/big.py"], [], [UNREAD], True),
        (["shop/new.py"], [], [MOVED], False),  # it took shop/old.py away as well
        (["shop/new.py", "shop/old.py"], [], [MOVED], True),
        ([], ["shop/tax.py"], [CART], True),
        ([], ["shop/tax.py"], [TAX], False),
        ([], ["shop/tax.py:9-19"], [TAX], True),
        ([], ["shop/tax.py:21-30"], [TAX], True),  # what was added after line 20 is above line 21
        ([], ["shop/tax.py:20-30"], [TAX], False),  # between lines 20 and 21
        ([], ["shop/tax.py:4-9"], [TAX], False),
        ([], ["shop/tax.py:40-49"], [GONE], False),
        ([], ["shop/old.py"], [MOVED], False),
        ([], ["shop/big.py:1-2"], [UNREAD], None),
        ([], [{"path": "shop/cart.py", "symbol": "Cart.total", "signature": "(self)"}], [CART], False),
        ([], [{"path": "shop/cart.py", "symbol": "Cart.total", "signature": "(self, rate)"}], [CART], True),
        ([], [{"path": "shop/cart.py", "symbol": "Cart.count", "signature": "(self)"}], [CART], True),
        ([{"path": "shop/cart.py", "symbol": "Cart.total", "signature": "(self, r)"}], [], [CART], False),
        ([{"path": "shop/cart.py", "symbol": "Cart.total", "signature": "(self, rate)"}], [], [CART], True),
        (["shop/cart.py"], ["shop/tax.py"], [], None),  # nothing was done
    ],
)
def test_what_keeps_a_promise_and_what_breaks_it(touches, leaves, changes, kept):
    promise = Promise("ben", touches, leaves)
    verdict = judged(promise, changes)
    assert verdict.kept is kept, verdict
    assert bool(verdict.breaches) == (kept is False)
    assert Promise.of_plain(json.loads(json.dumps(promise.as_plain()))) == promise
    assert json.loads(json.dumps(verdict.as_plain()))["kept"] is kept
    assert all(breach.in_words() for breach in verdict.breaches)


SOURCE = """import os
try:
    from fast import tax
except ImportError:
    def tax(net):
        return net
A, (B, *C) = 1, (2, 3)
for k in range(2):
    def looped(): return k
while os.name == "none":
    waited = 1
match os.name:
    case "posix":
        matched = 1


def total(net):
    return net
"""


@pytest.mark.parametrize(
    ("old", "new", "symbols"),
    [
        ("        return net\n", "        return 2 * net\n", ("tax",)),
        ("A, (B, *C) = 1, (2, 3)", "A, (B, *C) = 1, (2, 4)", ("A", "B", "C")),
        ("return k", "return k + 1", ("looped",)),
        ("waited = 1", "waited = 2", ("waited",)),
        ("matched = 1", "matched = 2", ("matched",)),
        ("import os\n", "import os, sys\n", ("<module>",)),
        ("except ImportError:", "except OSError:", ("<module>",)),
        ("    return net\n", "    return net\n\n\nprint(total(1))\n", ("<module>",)),
        ("    return net\n", "    return net\n\n\n# the end\n", ()),
    ],
)
def test_every_line_of_code_is_in_a_symbol(old, new, symbols):
    at = SOURCE.rindex(old)
    edited = SOURCE[:at] + new + SOURCE[at + len(old) :]
    before, after = SOURCE.splitlines(), edited.splitlines()
    hunks = tuple(
        Hunk(i1 + (i1 < i2), i2 - i1, j1 + (j1 < j2), j2 - j1)
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if tag != "equal"
    )
    change = with_symbols(Change("c.py", hunks=hunks), SOURCE, edited)
    assert change.symbols == symbols
    for symbol in symbols:
        assert judged(Promise("ben", leaves=[f"c.py::{symbol}"]), [change]).kept is False
    beside = replace(change, symbols=tuple(sorted({"total", *symbols})))
    assert judged(Promise("ben", touches=["c.py::total"]), [beside]).kept is (not symbols)


def test_what_is_not_finished_breaks_nothing_that_can_still_be_done():
    promise = Promise("ben", touches=["shop/cart.py", "shop/tax.py"])
    assert judged(promise, [CART], done=False).kept is None
    assert judged(promise, [CART, MOVED], done=False).kept is False
    assert judged(Promise("ben", touches=["shop/cart.py"], only=False), [CART, TAX]).kept is True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda: Promise("ben"), "promises nothing"),
        (lambda: Promise("", ["a"]), "by= names who"),
        (lambda: Promise("ben", "shop/cart.py"), r"a list of parts.*write \['shop/cart.py'\]"),
        (lambda: Promise("ben", ["a"], ["a"]), "decide on one"),
        (lambda: Promise("ben", ["a"], step=-1), "step is the number of a decision"),
        (lambda: Promise("ben", ["../other/cart.py"]), "leads outside the repository; name a path below"),
        (lambda: Promise("ben", ["shop/../../x"]), "leads outside the repository"),
        (lambda: Promise("ben", ["/etc/passwd"]), "leads outside the repository"),
        (lambda: Promise("ben", ["C:\\x"]), "leads outside the repository"),
        (lambda: Promise("ben", ["~/x"]), "leads outside the repository"),
        (lambda: Promise("ben", [".git/config"]), "leads outside the repository"),
        (lambda: Promise("ben", [""]), "a path in a repository is a text"),
        (lambda: Promise("ben", ["a\0b"]), "a path in a repository is a text"),
        (lambda: Promise("ben", [7]), "names no part of a repository"),
        (lambda: Promise("ben", [{"file": "a"}]), "names no part of a repository"),
        (lambda: Promise.of_plain({"touches": ["a"]}), "is no promise"),
        (lambda: Promise.of_plain({"by": "ben", "touch": ["a"]}), "is no promise"),
        (lambda: Promise.of_plain({"by": "ben", "touches": 5}), "touches of 'ben' is a list of parts, got 5"),
        (lambda: Promise.of_plain({"by": "ben", "leaves": None}), "leaves of 'ben' is a list of parts"),
        (lambda: Scope("a", lines=(9, 3)), "the first and the last one"),
        (lambda: Scope("a", lines=(0, 3)), "the first and the last one"),
        (lambda: Scope("a", lines=(1, 3), symbol="f"), "not by both"),
        (lambda: Scope("a", signature="()"), "is of no symbol"),
        (lambda: Scope("a", symbol=""), "is a name such as"),
    ],
)
def test_what_is_no_promise_is_refused_with_the_remedy(given, said):
    with pytest.raises(PromiseError, match=said):
        given()


def test_parts_are_written_in_short():
    for short in ("shop/cart.py", "shop/cart.py:3-9", "shop/cart.py::Cart.total"):
        assert scope_of(short).named == short
    assert scope_of("a:3").lines == (3, 3)
    assert scope_of("./shop//cart.py").path == "shop/cart.py"


def test_what_was_touched_is_an_action():
    parts = {"total": ["shop/cart.py::Cart.total"], "tax": ["shop/tax.py"], "rest": ["docs"]}
    assert seen_in([CART], parts, step=4) == Seen("total", step=4)
    assert seen_in([CART, TAX, TAX], parts).did == {"total": 1 / 3, "tax": 2 / 3}
    assert seen_in([UNREAD], parts) is None


def play(contract, kept, steps):
    """The step at which a promiser is reported; None where it never is."""
    promise, term = Promise("ben", ["shop/cart.py"]), None
    for step in range(steps):
        term = verified(contract, term, judged(promise, [CART if kept(step) else TAX]), step)
        if term["broken"] is not None:
            return step
    return None


def test_kept_promises_are_not_reported():
    contract = Contract()
    assert play(contract, lambda step: True, 10_000) is None
    rng = RandomStream(0, 0, 0, "ben")
    slips = contract.lapse / 2  # who slips draws kept or broken
    reported = [play(contract, lambda step: rng.random() >= slips, 50) for _ in range(2000)]
    assert sum(one is not None for one in reported) <= 0.005 * 2000


def test_broken_promises_are_reported_soon():
    assert play(Contract(), lambda step: False, 9) == 1
    assert 101 <= play(Contract(), lambda step: step < 100, 200) <= 104


def test_what_says_nothing_is_no_evidence():
    contract = Contract()
    term = verified(contract, None, judged(Promise("ben", ["shop/cart.py"]), []), 0)
    assert verified(contract, term, judged(Promise("ben", ["shop/big.py::f"]), [UNREAD]), 1) == term
    event = promise_event("ann", judged(Promise("ben", ["shop/cart.py"]), [TAX]), contract, term)
    assert event["status"] == "broken"
    assert event["words"][0] == "touched shop/tax.py, of which nothing was promised"
    assert event["contract"]["kept"] == pytest.approx(0.95)
    json.dumps(event)


PARTS = ("p0", "p1", "p2", "p3")
WORK = RecursiveReasoner(
    lambda situation, player: {situation.legal(player)[0]: 1.0},
    lambda situation, player, predicted: {
        min(situation.legal(player), key=lambda a: next(iter(predicted.values())).get(a, 0.0)): 1.0
    },
)


def allowed(situation, player):
    """What ben may touch by his promises on the board: everything but one part."""
    return [part for part in PARTS if part not in situation.state.get(player, ())]


def agent(**settings):
    hypotheses = [order(0), order(1), *promising(allowed)]
    return AdaptiveAgent("ann", WORK, hypotheses=hypotheses, contract=Contract({"ben": "keeps"}), **settings)


def board(left):
    return Situation({"ann": PARTS, "ben": PARTS}, state={"ben": [left]})


def test_who_keeps_a_promise_in_the_same_way_for_ever_keeps_it():
    """An order predicts it better than "one of three, each alike", and that is no breach."""
    ann = agent()
    memory = ann.start(["ben"])
    for step in range(300):
        decision, memory = ann.decide(board(PARTS[1 + step % 3]), memory)
        memory = ann.observe(memory, None, {"ben": "p0"})
        assert decision.contracts["ben"].broken_at is None
    assert decision.contracts["ben"].kept > 0.95


def test_a_breach_is_in_the_state_the_event_and_the_decision():
    ann = agent()
    memory = ann.start(["ben"])
    for step in range(7):
        decision, memory = ann.decide(board("p0" if step < 3 else "p1"), memory)
        memory = ann.observe(memory, None, {"ben": "p1"})
    broken_at = memory["partners"]["ben"]["contract"]["broken"]
    assert decision.contracts["ben"].broken_at == broken_at == 6
    events = decision_events("ann", decision, 6)
    assert [event["declared"] for event in events if event["type"] == "tom.contract"] == ["keeps"]


def test_trust_outlives_its_thread():
    store, kept = InMemoryStore(), BeliefMemory("coding")
    hypotheses = [order(0), *promising()]

    def thread(said, did, steps):
        ann = AdaptiveAgent("ann", WORK, hypotheses=hypotheses)
        memory = kept.before(store, ann, ann.start(["ben"]))
        decisions = []
        for _ in range(steps):
            now = Situation({"ann": PARTS, "ben": PARTS}, announced={"ben": said})
            decision, memory = ann.decide(now, memory)
            memory = ann.observe(memory, None, {"ben": did})
            decisions.append(decision)
        kept.after(store, ann, memory)
        return decisions

    stranger = thread("p2", "p2", 12)[0]
    friend = thread("p2", "p2", 1)[0]
    before, after = (d.partners["ben"].probabilities["keeps"] for d in (stranger, friend))
    assert after > before + 0.2
    kept.forget(store, "ben")
    thread("p2", "p3", 12)
    known = thread("p2", "p3", 1)[0].partners["ben"].probabilities
    assert max(known, key=known.get) == "takes-next"
