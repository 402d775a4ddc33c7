"""OpenSpiel's tiny_hanabi: ``pip install 'langgraph-atom[openspiel]'`` and run this file with pytest.

It is no part of ``make test``: most of what is here does without OpenSpiel.
"""

import itertools

import pytest

pyspiel = pytest.importorskip("pyspiel")

from eval.play import episode_graph, play, play_in_graph, seat_players
from eval.tasks import make_task

TASK = make_task("openspiel-tiny-hanabi")


def test_the_best_pair_is_that_of_enumeration():
    """All deterministic pairs of plans, each played out in OpenSpiel."""
    game = pyspiel.load_game("tiny_hanabi")
    worth = {}
    for moves in itertools.product(range(2), range(2), range(3), range(3)):
        state = game.new_initial_state()
        for move in moves:
            state.apply_action(move)
        worth[moves] = state.returns()[0]
    first = list(itertools.product(range(3), repeat=2))
    second = list(itertools.product(range(3), repeat=6))
    best = max(
        sum(worth[a, b, one[a], two[3 * b + one[a]]] for a in (0, 1) for b in (0, 1)) / 4
        for one in first
        for two in second
    )
    assert TASK.optimum == pytest.approx(best * TASK.max_steps)


@pytest.mark.parametrize("names", [["tom-1", "tom-2"], ["bayes", "tom-1"], ["random", "bayes"]])
def test_both_runtimes_play_the_same(names):
    steps = list(play(TASK, seat_players(TASK, names, seed=5), 3))
    end = play_in_graph(episode_graph(TASK, seat_players(TASK, names, seed=5)).compile(), TASK, 3)
    assert [step.actions for step in steps] == end["history"]
    assert len(steps) == TASK.max_steps
    assert all(len(set(step.scores.values())) == 1 for step in steps)


def test_a_follower_that_sees_its_card_and_the_action_gives_the_best_response():
    """By the view that it thinks likely of the first player: ToM-0 acts as its own card says."""
    game = TASK.reasoner()
    now = TASK.situation(TASK.start())
    first, second = TASK.players
    for action in now.actions[first]:
        then = now.after({first: action}).known_to(second)
        for order in (0, 1, 2):
            policy = game.policy(then, second, order)
            assert sum(policy.values()) == pytest.approx(1.0)
            assert policy == game.policy(
                now.after({first: action}), second, order
            )  # its own view alone counts


def test_words_say_the_payoffs_and_no_card_of_now():
    rules, now = TASK.describe(TASK.start()).rsplit("\n\n", 1)
    assert "card" not in now
    assert rules.count("Where player-1 has card") == 4
