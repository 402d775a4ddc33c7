"""Many episodes at once: the same actions and scores as one at a time."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atom import AdaptiveAgent, Bayes, Contract, FixedOrderAgent, NormalFormReasoner
from atom.belief import DEFAULT_HYPOTHESES, HABITS, Habits, Hypothesis, order
from atom.policies import added
from eval.play import Pairing, Unit, play, play_unit, play_units
from eval.play.batched import batched, exact
from eval.play.batched.kinds import KINDS
from eval.sweeps import Execution, Sweep, outcomes_of, play_cell, processes
from eval.tasks import MatrixTask, make_task
from partners import ZOO, make_partner, split_name

LEARNERS = ("ftl", "hedge", "fixed-share", "adahedge", "rescorla-wagner", "no-belief", "learning:hedge@0.3")
AGENTS = (
    "bayes", *LEARNERS, "adaptive:bayes", "adaptive:bayes/sample/above", "adaptive:bayes/leader/nearest",
    "adaptive:hedge/win-stay/nearest", "learning:fixed-share", "permuted",
)  # fmt: skip
ORDERS = ("tom-0", "tom-1", "tom-2", "tom-3", "switching:2-0-1@4-9", "oracle:1", "competence:0.6@1")
SIMPLE = ("random", "repeat", "alternate", "imitate", "constant:1", "mostly", "markov")
MATRICES = (
    "by-seat", "win-stay-lose-shift", "frequency", "markov-predictor", "quantal:2@2", "cognitive-hierarchy",
)  # fmt: skip
NOISY = ("noisy:0.3:tom-1", "noisy:0.2:bayes", "noisy:0.5:noisy:0.5:repeat")
TABLES = ("convention:3", "independent-ties:1@2")
EPISODES = (*range(10), 2**40, 123_456_789)


def seats_of(task, agent, partner, seed=0, epsilon=0.0):
    pairing = Pairing(task, agent, partner, 0, seed=seed, epsilon=epsilon)
    return pairing._seats


def assert_equal(task, seats, episodes=EPISODES):
    """Both ways of playing, action for action and score for score."""
    at_once = batched(task, seats)
    assert at_once is not None
    trace, played = at_once.trace(episodes), at_once.play(episodes)
    for place, episode in enumerate(episodes):
        steps = list(play(task, seats, episode))
        assert trace[place] == [tuple(step.actions.values()) for step in steps], episode
        assert played.steps[place] == len(steps)
        scores = [sum(step.scores[player] for step in steps) for player in task.players]
        assert played.scores[:, place].tolist() == scores


def pairs(names):
    """Every name beside an adaptive agent, an order and chance, and with itself."""
    for name in names:
        yield from ((name, other) for other in ("bayes", "tom-1", "mostly", "self"))


@pytest.mark.parametrize("task", ["memory-1", "memory-n", "one-ahead-5"])
@pytest.mark.parametrize("name", [*AGENTS, *ORDERS, *SIMPLE, *MATRICES, *NOISY])
def test_games_in_normal_form_are_played_alike(task, name):
    made = make_task(task)
    for agent, partner in pairs([name]):
        assert_equal(made, seats_of(made, agent, partner), EPISODES[::3])


@pytest.mark.parametrize("task", ["game-1", "game-2", "overcooked"])
@pytest.mark.parametrize(
    "name", ["bayes", "hedge", "adaptive:bayes", *ORDERS[1:3], *SIMPLE[:4], *NOISY[:2], *TABLES]
)
def test_tables_are_played_alike(task, name):
    made = make_task(task)
    others, episodes = (2, EPISODES[:1]) if task == "overcooked" else (4, EPISODES[::2])
    for agent, partner in itertools.islice(pairs([name]), others):
        assert_equal(made, seats_of(made, agent, partner), episodes)


@pytest.mark.parametrize(
    "task", ["memory-1", "stag-hunt", "anti-coordination-3", "rock-paper-scissors", "game-1"]
)
def test_lapses_are_the_same(task):
    made = make_task(task)
    episodes = EPISODES[:1] if task == "rock-paper-scissors" else EPISODES
    for agent, partner in (("bayes", "self"), ("bayes", "tom-0"), ("hedge", "noisy:0.1:tom-2")):
        for seed in (0, 7)[: len(episodes)]:
            assert_equal(made, seats_of(made, agent, partner, seed, 0.15), episodes)


def games():
    """Games of two with few different payoffs, so that many actions are equally good."""
    sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))
    payoffs = st.sampled_from([0.0, 1.0, 1.0 + 1e-12, -2.0, 0.1, 1e9, 3.0])

    @st.composite
    def made(draw):
        shape = (2, *draw(sizes))
        values = draw(st.lists(payoffs, min_size=math.prod(shape), max_size=math.prod(shape)))
        actions = [[f"{name}{i}" for i in range(n)] for name, n in zip("xy", shape[1:], strict=True)]
        return MatrixTask(
            "drawn",
            np.array(values).reshape(shape),
            actions,
            rounds=draw(st.integers(1, 12)),
            memory=draw(st.sampled_from([1, 1, 2, 3, 20, None])),
            ties=draw(st.sampled_from(["first", "next", "uniform"])),
        )

    return made()


@settings(max_examples=60, deadline=None)
@given(
    games(),
    st.sampled_from([*AGENTS[:4], *ORDERS[:3], "bayes", "bayes"]),
    st.sampled_from(["bayes", "random", "tom-1", "frequency", "markov-predictor", "markov", "imitate"]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.2]),
)
def test_drawn_games_are_played_alike(task, agent, partner, seed, epsilon):
    assert_equal(task, seats_of(task, agent, partner, seed, epsilon), range(5))


def test_a_memory_that_fills_sixty_two_bits_is_kept_whole():
    payoffs = np.random.default_rng(4).integers(0, 3, size=(2, 5, 5)).astype(float)
    task = MatrixTask("long", payoffs, list("ABCDE"), rounds=20, memory=13)
    for agent, partner in (("tom-1", "random"), ("tom-0", "mostly")):
        assert_equal(task, seats_of(task, agent, partner), range(4))


@pytest.mark.parametrize(
    "settings",
    [
        {"learner": Bayes(hazard=0.0), "orders": (0, 1)},
        {"learner": Bayes(lapses=(0.05,), hazard=0.1)},
        {"hypotheses": [order(1)]},
        {"hypotheses": [DEFAULT_HYPOTHESES[-1], order(0), order(2)]},
        {"hypotheses": [order(0), Hypothesis("few", habits=Habits(HABITS[2:5:2], share=0.0)), order(1)]},
        {"selection": "sample"},
        {"selection": "leader", "response": "above"},
    ],
)
@pytest.mark.parametrize("task", ["memory-1", "one-ahead-5", "game-1"])
def test_any_settings_are_played_alike(task, settings):
    made = make_task(task)
    first, second = made.players
    for other in ("random", "bayes", "alternate"):
        seats = {
            first: AdaptiveAgent(first, made.reasoner(), **settings),
            second: make_partner(other, second, made.reasoner()),
        }
        assert_equal(made, seats, EPISODES[:6])


def test_every_class_that_is_declared_is_tested():
    tested = {split_name(name)[0] for name in (*AGENTS, *ORDERS, *SIMPLE, *MATRICES, *TABLES)}
    made = make_task("memory-1"), make_task("game-1")
    classes = set()
    for name in (*AGENTS, *ORDERS, *SIMPLE, *MATRICES, *TABLES):
        task = made[name in TABLES]
        classes.add(type(make_partner(name, task.players[0], task.reasoner())))
    assert classes == set(KINDS)
    assert tested <= ZOO.keys()


class OtherOrder(FixedOrderAgent):
    """Might do anything."""


def test_what_is_not_declared_is_played_one_at_a_time():
    task = make_task("memory-1")
    first, second = task.players
    other = FixedOrderAgent(second, task.reasoner(), 1)
    mine = NormalFormReasoner(task.payoffs)
    alone = [
        OtherOrder(first, task.reasoner(), 0),
        FixedOrderAgent(first, mine, 0),
        AdaptiveAgent(first, task.reasoner(), agent=lambda *_: "A"),
        AdaptiveAgent(first, mine),
        AdaptiveAgent(first, task.reasoner(), hypotheses=DEFAULT_HYPOTHESES[-1:]),
        AdaptiveAgent(first, task.reasoner(), contract=Contract()),
        make_partner("noisy:0.1:deceptive", first, task.reasoner()),
        make_partner("constant:2", first, task.reasoner()),
    ]
    assert [batched(task, {first: player, second: other}) for player in alone] == [None] * len(alone)
    for name in ("in-turn:memory-1", "tickets-3-3", "anti-coordination-300"):
        made = make_task(name)
        seats = {me: make_partner("bayes", me, made.reasoner()) for me in made.players}
        assert batched(made, seats) is None


def test_units_are_played_alike_in_any_order():
    units = [
        Unit(task, agent, partner, episode, 3, epsilon)
        for task, agent, partner, epsilon in (
            ("memory-1", "bayes", "self", 0.0),
            ("stag-hunt", "bayes", "tom-1", 0.1),
            ("memory-1", "deceptive", "tom-1", 0.0),
            ("tickets-3-3", "tom-1", "random", 0.0),
        )
        for episode in (5, 0, 1, 2, 3, 4, 8, 6, 7)
    ]
    units = units[::2] + units[1::2]
    played = play_units(units, detailed=False)
    for unit, result in zip(units, played, strict=True):
        alone = play_unit(unit, detailed=False)
        assert (result.unit, result.score, result.scores) == (unit, alone.score, alone.scores)
        assert (result.totals, result.player, result.tally) == (alone.totals, alone.player, alone.tally)
    assert play_units(units[:2])[1].steps == play_unit(units[1]).steps


def test_sweeps_and_cells_give_the_same_scores_however_they_are_played():
    sweep = Sweep((("one-ahead-5", ("bayes", "deceptive"), ("tom-1", "self")),), episodes=9, seed=4)
    here, there = outcomes_of(sweep.units), outcomes_of(sweep.units, Execution(processes(2)))
    alone = {unit.key: play_unit(unit, detailed=False).score for unit in sweep.units}
    assert {key: outcome.score for key, outcome in here.items()} == alone
    assert here == there
    for agent, partner in itertools.product(("bayes", "deceptive"), ("tom-1", "self")):
        cell = play_cell(make_task("one-ahead-5"), agent, partner, 9, seed=4)
        assert list(cell.scores) == [alone["one-ahead-5", agent, partner, episode] for episode in range(9)]


@given(st.lists(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3), min_size=1, max_size=12))
def test_sums_are_those_of_the_other_runtime(rows):
    terms = np.array(rows)
    assert exact.added(terms).tolist() == [added(column) for column in zip(*rows, strict=True)]
