"""What a situation takes for actions, and a history that no longer fits."""

import enum
import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from atom import AdaptiveAgent, CongestionReasoner, NormalFormReasoner, Situation, symmetric_payoffs
from atom.errors import SituationError
from atom.situation import folded


class Move(enum.StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Door(enum.Enum):
    FIRST = "first"
    SECOND = "second"


class Number(enum.Enum):
    ONE = 1
    TWO = 2


AVOID = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ((Move.LEFT, Move.RIGHT), ("left", "right")),
        (list(Door), ("first", "second")),
        (Door, ("first", "second")),
        ((np.str_("a"), "b"), ("a", "b")),
    ],
    ids=repr,
)
def test_what_stands_for_a_text_is_taken_for_it(given, texts):
    two = {"ann": given, "ben": given} if given is not Door else {"ann": tuple(Door), "ben": tuple(Door)}
    situation = Situation(two)
    assert situation.actions == {"ann": texts, "ben": texts}
    assert {type(action) for action in situation.legal("ann")} == {str}
    ann = AdaptiveAgent("ann", AVOID)
    decision, memory = ann.decide(situation, ann.start(["ben"]))
    assert type(decision.action) is str
    assert json.loads(json.dumps(memory)) == memory


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (1, "is of type int; actions are texts, .* write '1'"),
        (2.5, "is of type float"),
        (("up", 1), "is of type tuple"),
        (Number.ONE, "is an Enum with the value 1"),
        (b"left", "is of type bytes"),
    ],
    ids=repr,
)
def test_what_is_no_text_is_refused_for_that_reason(action, reason):
    with pytest.raises(SituationError, match=reason):
        Situation({"ann": (action, "b"), "ben": ("a", "b")})


def test_a_situation_does_not_change():
    with pytest.raises(FrozenInstanceError):
        Situation({"ann": ("a",)}).state = 1


@pytest.mark.parametrize(
    "reasoner",
    [AVOID, CongestionReasoner(lambda p, a, same, others: float(same == 0))],
    ids=["form", "crowd"],
)
def test_what_was_done_and_cannot_be_done_now_is_passed_over(reasoner):
    """Two who work through a list of files: what is done is no longer to be had."""
    two = {"ann": ("b.py", "c.py"), "ben": ("b.py", "c.py")}
    gone = Situation(two, history=[{"ann": "a.py", "ben": "z.py"}, {"eve": "x", "ann": "a.py"}])
    fresh = Situation(two)
    for order in range(3):
        assert reasoner.policy(gone, "ann", order) == reasoner.policy(fresh, "ann", order)
    mixed = Situation(two, history=[{"ann": "a.py", "ben": "c.py"}])
    clean = Situation(two, history=[{"ann": "b.py", "ben": "c.py"}])
    assert reasoner.policy(mixed, "ann", 1) == reasoner.policy(clean, "ann", 1)


def test_of_all_that_is_remembered_what_fits_counts():
    form = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]), memory=None)
    two = {"ann": ("b", "c"), "ben": ("b", "c")}
    rounds = [{"ann": "b", "ben": "c"}, {"ann": "a", "ben": "a"}, {"ann": "c", "ben": "c"}]
    fitting = [rounds[0], rounds[2]]
    for order in range(3):
        assert form.policy(Situation(two, history=rounds), "ann", order) == form.policy(
            Situation(two, history=fitting), "ann", order
        )


def test_texts_that_differ_in_form_alone_are_alike():
    assert folded(" \uff22 ") == folded("b")
