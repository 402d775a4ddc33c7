"""Normal-form reasoning against brute force, and errors that say what to do."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import NormalFormReasoner, PayoffError, Situation, SituationError, symmetric_payoffs
from eval.tasks import make_task


def situation_for(shape, history=()):
    players = [f"p{i}" for i in range(len(shape))]
    return Situation(
        {p: tuple(f"a{j}" for j in range(n)) for p, n in zip(players, shape, strict=True)}, history=history
    )


shapes = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)


@given(shape=shapes, seed=st.integers(0, 2**20))
def test_expected_payoffs_agree_with_enumeration(shape, seed):
    rng = np.random.default_rng(seed)
    payoffs = rng.normal(size=(len(shape), *shape))
    situation = situation_for(shape)
    players = list(situation.actions)
    predicted = {
        p: dict(zip(situation.actions[p], rng.dirichlet(np.ones(len(situation.actions[p]))), strict=True))
        for p in players
    }
    me = players[seed % len(players)]
    others = {p: v for p, v in predicted.items() if p != me}
    values = NormalFormReasoner(payoffs).expected_payoffs(situation, me, others)
    for mine, action in enumerate(situation.actions[me]):
        total = 0.0
        for joint in itertools.product(*(range(n) for n in shape)):
            if joint[players.index(me)] == mine:
                chance = math.prod(
                    predicted[p][situation.actions[p][a]]
                    for p, a in zip(players, joint, strict=True)
                    if p != me
                )
                total += chance * payoffs[(players.index(me), *joint)]
        assert values[action] == pytest.approx(total)


@given(shape=shapes, seed=st.integers(0, 2**20), order=st.integers(1, 4))
def test_level_k_best_responds_to_level_k_minus_1(shape, seed, order):
    payoffs = np.random.default_rng(seed).normal(size=(len(shape), *shape))
    reasoner, situation = NormalFormReasoner(payoffs), situation_for(shape)
    for me in situation.actions:
        policy = reasoner.policy(situation, me, order)
        assert sum(policy.values()) == pytest.approx(1.0)
        predicted = {p: reasoner.policy(situation, p, order - 1) for p in situation.actions if p != me}
        values = reasoner.expected_payoffs(situation, me, predicted)
        played = sum(p * values[a] for a, p in policy.items())
        assert played == pytest.approx(max(values.values()))


@given(seed=st.integers(0, 2**20), shift=st.permutations([0, 1, 2]), order=st.integers(0, 3))
def test_relabelling_actions_relabels_policies(seed, shift, order):
    """No action is special where payoffs have no ties: names and positions do not matter."""
    payoffs = np.random.default_rng(seed).normal(size=(2, 3, 3))
    permuted = payoffs[:, shift][:, :, shift]
    history = [{"p0": "a1", "p1": "a2"}]
    there = [{p: f"a{shift.index(int(a[1]))}" for p, a in joint.items()} for joint in history]
    policy = NormalFormReasoner(payoffs).policy(situation_for((3, 3), history), "p0", order)
    other = NormalFormReasoner(permuted).policy(situation_for((3, 3), there), "p0", order)
    assert {f"a{shift.index(int(a[1]))}": p for a, p in policy.items()} == other


def test_memory_windows():
    """ToM-0 answers the last round, all rounds, or a window; the common memory fills the beginning."""
    payoffs = symmetric_payoffs([[0, 5], [5, 0]])
    history = [{"p0": "a0", "p1": "a1"}, {"p0": "a0", "p1": "a1"}, {"p0": "a0", "p1": "a0"}]
    situation = situation_for((2, 2), history)
    best = lambda memory: max(  # noqa: E731
        NormalFormReasoner(payoffs, memory=memory).policy(situation, "p0", 0).items(),
        key=lambda item: item[1],
    )[0]
    assert best(1) == "a1"  # differs from a0, the last
    assert best(3) == "a0"  # differs from a1, the most frequent of three
    assert best(None) == "a0"  # a0 and a1 twice each with the common memory: the first wins
    first = NormalFormReasoner(payoffs, common_memory=(1, 1)).policy(situation_for((2, 2)), "p0", 0)
    assert first == {"a0": 1.0, "a1": 0.0}


@pytest.mark.parametrize(
    ("ties", "expected"),
    [("first", [0, 1, 0, 0, 0]), ("next", [0, 0, 0, 1, 0]), ("uniform", [0, 0.5, 0, 0.5, 0])],
)
def test_ties(ties, expected):
    """Neighbours of a2 on a circle of five score; a1 and a3 are equally good answers."""
    distance = (np.arange(5)[:, None] - np.arange(5)[None, :]) % 5
    payoffs = symmetric_payoffs(np.isin(distance, (1, 4)).astype(float))
    predicted = {"p1": {f"a{i}": float(i == 2) for i in range(5)}}
    policy = NormalFormReasoner(payoffs, ties=ties).respond(situation_for((5, 5)), "p0", predicted)
    assert list(policy.values()) == expected


def test_the_same_situation_shown_anew_gives_the_same_policies():
    """Results are remembered by what they depend on, also when players or actions change in between."""
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    first = situation_for((2, 2), [{"p0": "a0", "p1": "a1"}])
    renamed = Situation({"x": ("l", "r"), "y": ("l", "r")}, history=[{"x": "r", "y": "r"}])
    answers = [dict(reasoner.policy(first, "p1", k)) for k in range(4)]
    assert dict(reasoner.policy(renamed, "x", 0)) == {"l": 1.0, "r": 0.0}
    assert [dict(reasoner.policy(first, "p1", k)) for k in range(4)] == answers
    assert dict(reasoner.policy(situation_for((2, 2)), "p1", 0)) == {"a0": 0.0, "a1": 1.0}


@pytest.mark.parametrize(
    ("payoffs", "words"),
    [
        ([[0, 1], [1, 0]], r"shape \[N, A_1, ..., A_N\]"),
        (np.zeros((3, 2, 2)), r"got \[3, 2, 2\]"),
        (np.zeros((2, 0, 2)), "every player needs an action"),
        (np.full((2, 2, 2), np.nan), r"must be finite, got nan at \[0, 0, 0\]"),
        ([[["x"]]], "not an array of numbers"),
        ([[[1, 2], [3]]], "not an array of numbers"),
    ],
)
def test_bad_payoffs(payoffs, words):
    with pytest.raises(PayoffError, match=words):
        NormalFormReasoner(payoffs)


def test_bad_settings_and_situations(anti_coordination, situation):
    payoffs = anti_coordination.payoffs
    with pytest.raises(PayoffError, match="square"):
        symmetric_payoffs([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="at least 1, or None"):
        NormalFormReasoner(payoffs, memory=0)
    with pytest.raises(ValueError, match="ties must be"):
        NormalFormReasoner(payoffs, ties="last")
    with pytest.raises(PayoffError, match="one action index for each"):
        NormalFormReasoner(payoffs, common_memory=(0, 2))
    with pytest.raises(PayoffError, match="the situation has"):
        anti_coordination.policy(situation_for((2, 3)), "p0", 0)
    with pytest.raises(PayoffError, match="is of none of the players"):
        anti_coordination.policy(Situation(situation.actions, history=[{"ann_did": "A"}]), "ann", 0)
    with pytest.raises(SituationError, match="'eve' is not in this situation"):
        anti_coordination.policy(situation, "eve", 1)
    with pytest.raises(PayoffError, match="no prediction for player 'ben'"):
        anti_coordination.respond(situation, "ann", {})
    with pytest.raises(ValueError, match="integer >= 0"):
        anti_coordination.policy(situation, "ann", -1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"payoffs": [[0, 5], [5]]}', "not an array of numbers, all rows of one length"),
        ('{"payoffs": [[0, 5], [5]], "symmetric": true}', "numbers in a square payoff matrix"),
        ('{"payoffs": [[0, 5], [5, 0]]}', r"need the shape \[N, A_1"),
        ('{"payoffs": [[0, 5], [5, 0]], "symmetric": true, "actions": ["A"]}', r"names \[1, 1\] actions"),
        ('{"payoff": [[0]]}', "payoffs: Field required"),
        ("no json", "Invalid JSON"),
    ],
)
def test_bad_payoff_files_are_named(tmp_path, content, words):
    file = tmp_path / "game.json"
    file.write_text(content)
    with pytest.raises(PayoffError, match=rf"the payoff file '.*game\.json'.*{words}"):
        make_task(f"matrix:{file}")
