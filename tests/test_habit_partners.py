"""Partners of habit, and the predictor that a habit of one step cannot fool."""

from itertools import pairwise

import numpy as np
import pytest

from atom import Situation, SituationError, symmetric_payoffs
from eval.sweeps import play_cell
from eval.tasks import MatrixTask, make_task
from partners import make_partner
from partners.habits import ConstantPartner, MarkovPartner, transitions


def played(name, theirs, *, seat=0, task="one-ahead-5", seed=0, episode=0):
    """The partner's actions against given ones, as a row of letters."""
    task = make_task(task) if isinstance(task, str) else task
    me, other = task.players[seat], task.players[1 - seat]
    made = make_partner(name, me, task.reasoner(), seed=seed)
    memory, state, actions = made.start([other], episode=episode), task.start(), ""
    for action in theirs:
        situation = task.situation(state)
        decision, memory = made.decide(situation, memory)
        joint = {me: decision.action, other: action}
        memory = made.observe(memory, situation, joint)
        state = task.step(state, joint).state
        actions += decision.action
    return actions


@pytest.mark.parametrize("seat", [0, 1])
def test_constant_takes_the_action_of_its_number(seat):
    assert played("constant", "ABCDE", seat=seat) == "AAAAA"
    assert played("constant:3", "ABCDE", seat=seat) == "DDDDD"
    with pytest.raises(SituationError, match="number 5, counted from 0, and 'player-1' has 5"):
        played("constant:5", "A")


def test_constant_keeps_to_its_number_where_the_legal_actions_change():
    made = make_partner("constant:1", "ann", make_task("memory-1").reasoner())
    memory = made.start(["ben"])
    for legal, action in ((("A", "B"), "B"), (("B", "C", "D"), "C")):
        decision, memory = made.decide(Situation({"ann": legal, "ben": ("A", "B")}), memory)
        assert decision.action == action


@pytest.mark.parametrize("seat", [0, 1])
def test_mostly_keeps_one_action_of_an_episode_at_its_rate(seat):
    """84 % of five actions: 80 % by rate, and a fifth of the rest by chance."""
    rows = [played("mostly", "A" * 15, seat=seat, episode=e) for e in range(200)]
    kept = [max("ABCDE", key=row.count) for row in rows]
    share = np.mean([row.count(own) / 15 for row, own in zip(rows, kept, strict=True)])
    assert share == pytest.approx(0.84, abs=0.02)
    assert all(25 <= kept.count(action) <= 60 for action in "ABCDE")
    assert all(len(set(played("mostly:1", "ABCDE", episode=e))) == 1 for e in range(20))
    free = "".join(played("mostly:0", "A" * 15, episode=e) for e in range(200))
    assert all(540 <= free.count(action) <= 660 for action in "ABCDE")


def test_mostly_draws_anew_where_its_action_is_gone():
    made = make_partner("mostly:1", "a", make_task("memory-1").reasoner())
    decision, memory = made.decide(Situation({"a": ("x",), "b": ("x",)}), made.start(["b"]))
    assert decision.action == "x"
    assert made.decide(Situation({"a": ("y",), "b": ("y",)}), memory)[0].action == "y"


def test_win_stay_lose_shift_stays_with_a_neighbour_and_moves_on_else():
    """Neighbours on the circle score, which is above the mean payoff; nothing is below it."""
    rows = {played("win-stay-lose-shift", "BBBBBB", episode=e) for e in range(40)}
    assert rows == {"AAAAAA", "CCCCCC", "BCCCCC", "DEAAAA", "EAAAAA"}


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-7, 0.0), (1.0, 1e9), (3.0, -0.1)])
def test_win_stay_lose_shift_does_not_depend_on_the_units_of_payoffs(scale, offset):
    base = np.array([[0.1, 0.7, 0.7], [0.7, 0.1, 0.7], [0.7, 0.7, 0.1]])
    task = MatrixTask("scaled", symmetric_payoffs(scale * base + offset), ["A", "B", "C"])
    assert {played("win-stay-lose-shift", "AAAA", task=task, episode=e) for e in range(20)} == {
        "ABBB",
        "BBBB",
        "CCCC",
    }


def test_win_stay_lose_shift_stays_where_nothing_can_be_won():
    """Equal payoffs have their mean, whatever it is rounded to."""
    task = MatrixTask("flat", np.full((2, 3, 3), 0.1), ["A", "B", "C"])
    assert {len(set(played("win-stay-lose-shift", "ABCA", task=task, episode=e))) for e in range(9)} == {1}


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("win-stay-lose-shift", "game-2"),
        ("win-stay-lose-shift", "tickets-3-3"),
        ("markov-predictor", "game-2"),
    ],
)
def test_who_needs_payoffs_says_so(name, task):
    with pytest.raises(SituationError):
        make_partner(name, make_task(task).players[0], make_task(task).reasoner())


def test_markov_follows_its_matrix_in_either_seat_and_whatever_the_other_does():
    matrix = np.array(transitions(3, 5))
    assert matrix.sum(axis=1) == pytest.approx(1.0)
    counts = np.zeros((5, 5))
    for seat in (0, 1):
        for episode in range(300):
            row = played("markov:3", "ABCDE" * 3, seat=seat, episode=episode, seed=seat)
            for a, b in pairwise(row):
                counts["ABCDE".index(a), "ABCDE".index(b)] += 1
    seen = counts.sum(axis=1) > 200
    assert seen.sum() >= 3
    shares = counts[seen] / counts[seen].sum(axis=1, keepdims=True)
    assert abs(shares - matrix[seen]).max() < 0.1
    assert played("markov:3", "AAAAAA", seed=5) == played("markov:3", "EDCBAE", seed=5)
    assert transitions(3, 5) != transitions(4, 5)


def test_the_default_chain_is_one_that_its_last_action_says_much_about():
    for n in range(2, 7):
        matrix = np.array(transitions(7, n))
        often = np.linalg.matrix_power(matrix, 500)[0]
        assert often @ matrix.max(axis=1) - often.max() >= 0.15


def test_markov_predictor_learns_a_cycle_that_frequencies_do_not_see():
    """A partner that goes through three files: counts are equal, transitions certain after one turn."""
    task = make_task("anti-coordination-3")
    markov, frequency = (
        play_cell(task, name, "alternate", 2, seed=0).mean for name in ("markov-predictor", "frequency")
    )
    assert markov >= 65.0
    assert frequency < markov


def test_markov_predictor_expects_anything_after_what_it_never_saw_and_counts_by_player():
    task = make_task("coordination-3")
    made = make_partner("markov-predictor", "player-1", task.reasoner())
    memory, state = made.start(["player-2"]), task.start()
    for theirs in "BCBC":
        situation = task.situation(state)
        decision, memory = made.decide(situation, memory)
        joint = {"player-1": decision.action, "player-2": theirs}
        memory = made.observe(memory, situation, joint)
        state = task.step(state, joint).state
    assert memory["followed"] == {"player-2": {"B": {"C": 2}, "C": {"B": 1}}}
    assert made.decide(task.situation(state), memory)[0].action == "B"
    unseen = {**memory, "last": {"player-2": "A"}}
    assert made.decide(task.situation(state), unseen)[0].action == "A"  # all alike: the first of equal ones


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("constant:-1", "whole number, got '-1'.*the form is constant:INDEX"),
        ("constant:x", "the form is constant:INDEX"),
        ("mostly:1.5", "lies in \\[0, 1\\], got 1.5.*the form is mostly:RATE"),
        ("mostly:nan", "lies in \\[0, 1\\], got nan"),
        ("markov:-1", "whole number, got '-1'.*the form is markov:SEED"),
        ("win-stay-lose-shift:2", "takes no argument"),
    ],
)
def test_bad_names(name, words):
    with pytest.raises(ValueError, match=words):
        make_partner(name, "player-1", make_task("memory-1").reasoner())


def test_numbers_below_zero_are_refused():
    with pytest.raises(ValueError, match="counts from 0, got -1"):
        ConstantPartner("a", -1)
    with pytest.raises(ValueError, match=">= 0, got -1"):
        MarkovPartner("a", -1)
