"""Symmetries of payoff arrays, and conventions made of them."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atom import (
    AdaptiveAgent,
    BeliefError,
    NormalFormReasoner,
    PayoffError,
    RecursiveReasoner,
    Situation,
    SituationError,
    conventions,
)
from atom.belief import order
from atom.reasoning import Relabelling, Renaming, Symmetry, payoff_symmetries
from eval.tasks import make_task


def by_brute_force(payoffs, seats):
    """Every symmetry: all permutations, each checked payoff by payoff."""
    n, sizes = payoffs.shape[0], payoffs.shape[1:]
    found = set()
    for places in permutations(range(n)) if seats else [tuple(range(n))]:
        if any(sizes[i] != sizes[to] for i, to in enumerate(places)):
            continue
        for actions in product(*(permutations(range(size)) for size in sizes)):
            if all(
                payoffs[(i, *joint)] == payoffs[(places[i], *moved(joint, actions, places))]
                for joint in product(*map(range, sizes))
                for i in range(n)
            ):
                found.add((actions, places))
    return found


def moved(joint, actions, places):
    image = [0] * len(joint)
    for i, action in enumerate(joint):
        image[places[i]] = actions[i][action]
    return tuple(image)


@st.composite
def games(draw):
    """Small games of few different payoffs, so that many have symmetries."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
    n = len(sizes)
    common = draw(st.booleans())
    cells = int(np.prod(sizes)) * (1 if common else n)
    values = draw(st.lists(st.integers(0, 1), min_size=cells, max_size=cells))
    array = np.array(values, dtype=float).reshape((1 if common else n, *sizes))
    return np.concatenate([array] * n) if common else array


@settings(max_examples=60, deadline=None)
@given(games(), st.booleans())
def test_found_are_those_of_brute_force(payoffs, seats):
    group = payoff_symmetries(payoffs, seats=seats)
    found = [(one.actions, one.seats) for one in group]
    assert len(found) == group.order == len(set(found))
    assert set(found) == by_brute_force(payoffs, seats)


@settings(max_examples=40, deadline=None)
@given(games(), st.data())
def test_orders_are_as_good_under_other_labels(payoffs, data):
    """What a symmetry makes of a policy is worth the same to the player that it becomes."""
    group = list(payoff_symmetries(payoffs, seats=True))
    one = data.draw(st.sampled_from(group))
    names = {f"p{i}": [f"{i}{a}" for a in range(n)] for i, n in enumerate(payoffs.shape[1:])}
    situation = Situation(names)
    reasoner = NormalFormReasoner(payoffs)
    joint = {player: reasoner.policy(situation, player, 1) for player in names}
    image = {}
    for player in names:
        earlier, was = one.before(situation, player)
        image[player] = one.after(situation, player, reasoner.policy(earlier, was, 1))
    for i, player in enumerate(names):
        became = list(names)[one.seats[i]]
        worth = reasoner.expected_payoffs(situation, player, {q: joint[q] for q in names if q != player})
        moved_worth = reasoner.expected_payoffs(
            situation, became, {q: image[q] for q in names if q != became}
        )
        mine = sum(p * worth[a] for a, p in joint[player].items())
        theirs = sum(p * moved_worth[a] for a, p in image[became].items())
        assert mine == pytest.approx(theirs)


def test_ten_levers_have_their_ten_factorial_symmetries_without_a_list_of_them():
    group = payoff_symmetries(make_task("lever-10").payoffs)
    assert group.order == 3628800
    assert len(group.orbit(0, lambda one, action: one.actions[0][action])) == 10


def test_a_search_that_takes_too_long_says_where_it_stops():
    with pytest.raises(PayoffError, match=r"within 50 steps; pass most_steps="):
        payoff_symmetries(make_task("lever-10").payoffs, most_steps=50)
    with pytest.raises(PayoffError, match="finite payoffs"):
        payoff_symmetries(np.full((2, 2, 2), np.nan))


def test_composition_and_names():
    turn = Relabelling(((1, 2, 0), (1, 2, 0)), (0, 1))
    assert (turn.name, turn.then(turn).then(turn).name) == ("(1 2 3)", "()")
    assert Relabelling(((1, 0), (0, 1)), (1, 0)).name == "(1 2) / () players (1 2)"
    assert isinstance(turn, Symmetry)
    with pytest.raises(SituationError, match=r"\[3, 3\] actions"):
        turn.before(Situation({"ann": ("A", "B"), "ben": ("A", "B")}), "ann")


def test_conventions_of_games_are_named_and_distinct():
    names = [one.name for one in conventions(make_task("lever-5"))]
    assert names == ["0 under ()", "0 under (A B)", "0 under (A C)", "0 under (A D)", "0 under (A E)"]
    assert len(conventions(make_task("one-ahead-5"))) == 5
    # both players take the other's place here: orders 0 and 1 come to the same actions under the two labels
    assert [one.name for one in conventions(make_task("memory-1"))] == ["0 under ()", "0 under (A B)"]
    assert len(conventions(make_task("lever-30"))) == 30
    assert sum(one.prior for one in conventions(make_task("lever-5"), prior=2.0)) == pytest.approx(2.0)


def test_a_convention_takes_its_action_whatever_was_done():
    task = make_task("lever-5")
    found = {one.name: one.behaviour for one in conventions(task)}
    for history in ([], [{"player-1": "B", "player-2": "E"}]):
        situation = Situation(task.situation([]).actions, history=history)
        policy = found["0 under (A C)"](situation, "player-2")
        assert max(policy, key=policy.get) == "C"


def test_a_partner_is_followed_to_its_convention():
    task = make_task("lever-5")
    agent = AdaptiveAgent("player-1", task.reasoner(), hypotheses=conventions(task))
    memory, state = agent.start(["player-2"]), task.start()
    actions = []
    for _ in range(4):
        decision, memory = agent.decide(task.situation(state), memory)
        joint = {"player-1": decision.action, "player-2": "D"}
        memory = agent.observe(memory, task.situation(state), joint)
        state = task.step(state, joint).state
        actions.append(decision.action)
    assert actions[1:] == ["D", "D", "D"]
    assert decision.partners["player-2"].hypothesis == "0 under (A D)"


def test_conventions_by_the_last_round_are_learned_where_they_were_seen():
    (by_round,) = conventions(make_task("lever-5"), memory=1)
    legal = dict.fromkeys(("player-1", "player-2"), ("A", "B", "C", "D", "E"))

    def expects(*rounds):
        history = [{"player-1": a, "player-2": b} for a, b in rounds]
        return by_round.behaviour(Situation(legal, history=history), "player-2")

    assert expects() == pytest.approx(dict.fromkeys("ABCDE", 0.2))
    seen = expects(("C", "C"), ("B", "E"), ("C", "C"))  # after C and C it took E
    assert seen["E"] > 0.85
    new = expects(("C", "C"), ("C", "C"), ("C", "A"))  # never seen: C is usual, after another round A
    assert new["C"] == max(new.values())
    assert sum(new.values()) == pytest.approx(1.0)


def test_declared_symmetries_come_first_and_renamings_follow_the_state():
    def level0(situation, player):
        return {f"play {situation.state}": 1.0}

    reasoner = RecursiveReasoner(level0, lambda situation, player, predicted: level0(situation, player))
    with pytest.raises(BeliefError, match="declare them with symmetries="):
        conventions(reasoner)
    other = {"red": "blue", "blue": "red"}
    swap = Renaming("red <-> blue", {"play red": "play blue", "play blue": "play red"}, other.get)

    class Task:
        def reasoner(self):
            return reasoner

        def symmetries(self):
            return [Renaming("()", {}), swap]

    same, swapped = conventions(Task(), orders=(0,))
    situation = Situation(dict.fromkeys("ab", ("play red", "play blue")), state="red")
    # relabelling back, reasoning and relabelling again leaves a rule without favourites as it is
    assert same.behaviour(situation, "a") == swapped.behaviour(situation, "a") == {"play red": 1.0}
    favours = Renaming("always red", {"play red": "play blue", "play blue": "play red"})
    (convention,) = conventions(reasoner, orders=(0,), symmetries=[favours])
    assert convention.behaviour(situation, "a") == {"play blue": 1.0}
    with pytest.raises(SituationError, match="one to one"):
        Renaming("bad", {"play red": "play blue"})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"orders": ()}, "one at least"),
        ({"orders": (-1,)}, "orders >= 0"),
        ({"memory": 2}, "memory=2"),
        ({"most": 3}, "more than 3 conventions"),
        ({"prior": 0.0}, "prior"),
        ({"symmetries": []}, "no symmetries"),
    ],
)
def test_mistakes_are_named(wrong, message):
    with pytest.raises(BeliefError, match=message):
        conventions(make_task("lever-5"), **wrong)


def test_memories_keep_conventions():
    """A checkpoint of one agent is read by another that has the same hypotheses."""
    task = make_task("lever-5")
    hypotheses = [order(0), order(1), *conventions(task)]
    memory = AdaptiveAgent("player-1", task.reasoner(), hypotheses=hypotheses).start(["player-2"])
    again = AdaptiveAgent("player-1", task.reasoner(), hypotheses=[order(0), order(1), *conventions(task)])
    decision, _ = again.decide(task.situation(task.start()), memory)
    assert decision.action in "ABCDE"
