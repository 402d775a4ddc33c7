"""Ties follow the game: other units, offsets and penalties elsewhere change no policy and no posterior."""

import asyncio
import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from atom import AdaptiveAgent, CongestionReasoner, NormalFormReasoner, Situation
from atom.agents.gate import gated, worth_of
from atom.decision import PartnerPrediction, Prediction
from atom.reasoning.ties import RELATIVE, ROUNDING, best, best_of, best_responses
from tests.classical import GAMES

TIES = ("first", "next", "uniform")
scales = st.floats(-9, 9).map(lambda exponent: 10.0**exponent)
offsets = st.one_of(st.just(0.0), st.floats(-1e9, 1e9))


def resolvable(scale, offset):
    """Whether differences of a tenth survive the rounding of the offset."""
    return scale * 0.01 > ROUNDING * (abs(offset) + 10 * scale) * 2


def situation_of(payoffs, history=()):
    actions = {f"p{i}": tuple(f"a{j}" for j in range(n)) for i, n in enumerate(payoffs.shape[1:])}
    return Situation(actions, history=history)


def history_of(payoffs, rng, rounds):
    situation = situation_of(payoffs)
    return [
        {p: own[int(rng.integers(len(own)))] for p, own in situation.actions.items()} for _ in range(rounds)
    ]


def policies(payoffs, ties, memory, history):
    reasoner = NormalFormReasoner(payoffs, ties=ties, memory=memory)
    situation = situation_of(payoffs, history)
    return {(p, k): dict(reasoner.policy(situation, p, k)) for p in situation.actions for k in range(4)}


def posteriors(payoffs, ties, history):
    """What the first player comes to believe of the others, round by round."""
    reasoner = NormalFormReasoner(payoffs, ties=ties)
    agent = AdaptiveAgent("p0", reasoner)
    others = list(situation_of(payoffs).actions)[1:]
    memory, found = agent.start(others), []
    for t, joint in enumerate(history):
        situation = situation_of(payoffs, history[max(0, t - 1) : t])
        memory = agent.observe(memory, situation, {p: joint[p] for p in others})
        found.append([agent.posterior(memory, p) for p in others])
    return found


games = st.one_of(
    st.sampled_from(list(GAMES.values())),
    st.builds(
        lambda seed, shape: (
            np.random.default_rng(seed).integers(-3, 4, size=(len(shape), *shape)).astype(float)
        ),
        st.integers(0, 2**20),
        st.lists(st.integers(1, 3), min_size=2, max_size=3),
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    game=games,
    ties=st.sampled_from(TIES),
    memory=st.sampled_from([1, 3, None]),
    seed=st.integers(0, 2**20),
    data=st.data(),
)
def test_units_and_offsets_change_no_policy(game, ties, memory, seed, data):
    """Each player has a unit and an offset of its own."""
    units = [data.draw(st.tuples(scales, offsets)) for _ in range(len(game))]
    assume(all(resolvable(*unit) for unit in units))
    other = np.stack([scale * own + offset for own, (scale, offset) in zip(game, units, strict=True)])
    history = history_of(game, np.random.default_rng(seed), seed % 8)
    assert policies(other, ties, memory, history) == policies(game, ties, memory, history)


@settings(max_examples=30, deadline=None)
@given(game=games, ties=st.sampled_from(TIES), scale=scales, offset=offsets, seed=st.integers(0, 2**20))
def test_units_and_offsets_change_no_posterior(game, ties, scale, offset, seed):
    assume(resolvable(scale, offset))
    history = history_of(game, np.random.default_rng(seed), 6)
    assert posteriors(scale * game + offset, ties, history) == posteriors(game, ties, history)


@settings(max_examples=200, deadline=None)
@given(
    game=games,
    seed=st.integers(0, 2**20),
    penalty=st.sampled_from([-1e6, -1e12, -1e15]),
    ties=st.sampled_from(TIES),
)
def test_a_penalty_nobody_incurs_changes_no_answer(game, seed, penalty, ties):
    """One joint action costs a fortune: answers among the other actions, and elsewhere, stay."""
    rng = np.random.default_rng(seed)
    joint = tuple(int(rng.integers(n)) for n in game.shape[1:])
    assume(game.shape[1] > 1)
    fined = game.copy()
    fined[0][joint] = penalty
    situation = situation_of(game)
    rows = [rng.dirichlet(np.ones(n)) for n in game.shape[2:]]
    elsewhere = seed % 2 and game.shape[2] > 1
    if elsewhere:  # the fine cannot come
        rows[0][joint[1]] = 0.0
    predicted = {
        f"p{i + 1}": dict(zip(situation.actions[f"p{i + 1}"], row.tolist(), strict=True))
        for i, row in enumerate(rows)
    }
    before = NormalFormReasoner(game, ties=ties).best_actions(situation, "p0", predicted)
    after = NormalFormReasoner(fined, ties=ties).best_actions(situation, "p0", predicted)
    if elsewhere:
        assert after == before
    else:  # the action that is fined is out, and the best of the others are best
        others = [a for a in situation.actions["p0"] if a != f"a{joint[0]}"]
        left = np.delete(game, joint[0], axis=1)
        kept = NormalFormReasoner(left).best_actions(
            Situation({**situation.actions, "p0": others}), "p0", predicted
        )
        assert after == kept


def test_one_large_penalty_does_not_make_the_rest_tie():
    """A tenth decides beside a fine of 1e12 that both candidates may incur with the same chance."""
    payoffs = np.zeros((2, 3, 2))
    payoffs[0] = [[1.0, -1e12], [1.1, -1e12], [5.0, -2e12]]
    reasoner = NormalFormReasoner(payoffs)
    situation = situation_of(payoffs)
    for chance in (0.0, 1e-3, 0.5):
        predicted = {"p1": {"a0": 1 - chance, "a1": chance}}
        wanted = {"a2"} if chance == 0.0 else {"a1"}
        assert reasoner.best_actions(situation, "p0", predicted) == wanted


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_true_ties_of_mixed_outcomes_tie(scale):
    """Sums of thirds and sevenths that are equal on paper are so to a reasoner."""
    for n in (3, 7):
        payoffs = scale * np.stack([np.eye(n) * n, np.eye(n)])
        payoffs[0, -1] = scale  # the safe action is worth what each gamble is
        predicted = {"p1": dict.fromkeys((f"a{i}" for i in range(n)), 1 / n)}
        everything = frozenset(f"a{i}" for i in range(n))
        assert NormalFormReasoner(payoffs).best_actions(situation_of(payoffs), "p0", predicted) == everything


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    players=st.integers(2, 4),
    ties=st.sampled_from(["stay", "first", "uniform"]),
    scale=scales,
    offset=offsets,
)
def test_units_and_offsets_change_nothing_in_a_crowd(seed, players, ties, scale, offset):
    assume(resolvable(scale, offset))
    rng = np.random.default_rng(seed)
    names = [f"p{i}" for i in range(players)]
    worth = rng.integers(-3, 4, size=(players, 3, players)).astype(float)

    def reasoner(scale, offset):
        return CongestionReasoner(
            lambda player, action, same, others: (
                scale * worth[names.index(player), int(action[1:]), same] + offset
            ),
            ties=ties,
        )

    history = [{p: f"a{int(rng.integers(3))}" for p in names}]
    situation = Situation(dict.fromkeys(names, ("a0", "a1", "a2")), history=history)
    one, other = reasoner(1.0, 0.0), reasoner(scale, offset)
    for player, order in itertools.product(names, range(4)):
        assert one.policy(situation, player, order) == other.policy(situation, player, order)
    predicted = {p: dict.fromkeys(("a0", "a1", "a2"), 1 / 3) for p in names[1:]}
    assert one.best_actions(situation, "p0", predicted) == other.best_actions(situation, "p0", predicted)
    assert one.respond(situation, "p0", predicted) == other.respond(situation, "p0", predicted)


def test_a_penalty_in_a_crowd_does_not_make_the_rest_tie():
    def payoff(player, ticket, same, others):
        return -1e12 if same == others else {"a": 1.0, "b": 1.1, "c": 0.0}[ticket]

    reasoner = CongestionReasoner(payoff)
    situation = Situation(dict.fromkeys(("ann", "ben", "cem"), ("a", "b", "c")))
    predicted = {"ben": {"a": 1.0}, "cem": {"c": 1.0}}
    assert reasoner.best_actions(situation, "ann", predicted) == {"b"}


# ---- the gate ----


def overruled(payoffs, situation, action, policy):
    """The action that the gate takes instead of ``action``, or None where that is as good as any."""

    async def again(prediction):
        raise AssertionError("nobody is asked again")

    prediction = Prediction(1, {"p1": PartnerPrediction("0", {"0": 1.0}, {"0": policy})})
    worth = worth_of(payoffs, situation, "p0", prediction)
    done = asyncio.run(gated("override", worth, prediction, action, again))
    return None if done.action == action else done.action


class OnlyValues:
    """Knows what actions are worth, and not how that comes about."""

    def __init__(self, values):
        self.values = values

    def expected_payoffs(self, situation, player, predicted):
        return self.values


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-9, 0.0), (1e-9, -3.0), (1.0, 0.0), (1.0, 1e9), (1e9, 0.0), (1e9, 1e9)]
)
def test_the_gate_lets_pass_what_ties_and_nothing_else(scale, offset):
    game = np.array([[[2.0, 0.0], [0.0, 2.0], [1.0, 0.9]], np.zeros((3, 2))])
    situation, even = situation_of(game), {"a0": 0.5, "a1": 0.5}
    payoffs = NormalFormReasoner(scale * game + offset)
    assert overruled(payoffs, situation, "a1", even) is None
    assert overruled(payoffs, situation, "a2", even) in ("a0", "a1")
    values = dict(zip(("a0", "a1", "a2"), (scale * v + offset for v in (1.0, 1.0, 0.95)), strict=True))
    assert overruled(OnlyValues(values), situation, "a1", even) is None
    assert overruled(OnlyValues(values), situation, "a2", even) == "a0"


def test_the_gate_looks_past_a_penalty():
    game = np.array([[[1.0, 1.0], [1.1, 1.1], [0.0, -1e12]], np.zeros((3, 2))])
    situation, even = situation_of(game), {"a0": 0.5, "a1": 0.5}
    assert overruled(NormalFormReasoner(game), situation, "a0", even) == "a1"
    values = {"a0": 1.0, "a1": 1.1, "a2": -1e12}
    assert overruled(OnlyValues(values), situation, "a0", even) == "a1"


# ---- the function itself ----


def test_best_by_its_tolerances():
    assert best([1.0, 1.0, 0.0]).tolist() == [True, True, False]
    assert best([0.3, 0.1 + 0.2]).all()
    assert best([1.0, 1.0 + 1e-12]).tolist() == [False, True]
    assert best([1.0, 1.0 + 1e-12], spread=1.0).all()
    assert best([1e9, 1e9 + 1e-6]).all()
    assert best([-np.inf, 2.0]).tolist() == [False, True]
    assert best([[1.0, -np.inf], [0.0, 0.0]]).tolist() == [[True, False], [True, True]]
    assert best([0.0, 0.0]).all()
    assert best_of({"x": 1.0, "y": 2.0, "z": 2.0}) == {"y", "z"}
    assert 0.0 < ROUNDING < RELATIVE < 1e-6


@given(
    seed=st.integers(0, 2**20),
    actions=st.integers(1, 5),
    outcomes=st.integers(1, 6),
    fine=st.sampled_from([0.0, -1e12]),
)
def test_best_responses_agree_with_exact_arithmetic(seed, actions, outcomes, fine):
    """Whole payoffs and chances in 64ths, so that every sum is known exactly."""
    rng = np.random.default_rng(seed)
    payoffs = rng.integers(-4, 5, size=(actions, outcomes)).astype(float)
    payoffs[rng.integers(actions), rng.integers(outcomes)] += fine
    chances = rng.multinomial(64, np.ones(outcomes) / outcomes)
    exact = [sum(int(x) * int(c) for x, c in zip(row, chances, strict=True)) for row in payoffs]
    mask = best_responses(payoffs, chances / 64)
    assert mask.tolist() == [value == max(exact) for value in exact]
