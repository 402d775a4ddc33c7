"""What a person is told at the end: sentences that are true, and others' scores on the same seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.human.game import begin, move
from eval.human.told import repeated
from eval.play import play, seat_players, total_scores
from eval.tasks import make_task


def played(task, agent, choose, seed=1):
    game = begin(task, agent, seed=seed)
    while not game.done:
        game = move(game, choose(game)).game
    return game


def test_a_person_of_habits_is_told_so_and_what_was_repeated():
    game = played("one-ahead-5", "bayes", lambda game: "ABC"[len(game.steps) % 3])
    assert game.told[0].startswith("From round ")
    assert "took you for somebody of habits" in game.told[0]
    assert game.told[-1] == "You repeated A–B–C."
    expected = [
        found["player-1" if game.me == "player-2" else "player-2"]["expected"] for found in game.beliefs()
    ]
    right = sum(step.actions[game.me] == one for step, one in zip(game.steps, expected, strict=True))
    assert f"in {right} of 15 rounds" in game.told[1]


def test_a_person_who_plays_by_an_order_is_told_the_order():
    task = make_task("one-ahead-5")

    def by_order(game):
        policy = task.reasoner().policy(game.situation, game.me, 1)
        return max(policy, key=policy.get)

    game = played("one-ahead-5", "bayes", by_order)
    assert "took you for a player of order 1" in game.told[0]


def test_an_agent_without_beliefs_says_nothing_of_them():
    game = played("memory-1", "tom-1", lambda game: "AB"[len(game.steps) * 7 % 5 % 2])
    assert not any("took you" in sentence for sentence in game.told)


@pytest.mark.parametrize("task", ["memory-1", "game-1"])
def test_scores_in_ones_seat_are_those_of_the_same_episode(task):
    game = played(task, "bayes", lambda game: game.actions[0])
    made = make_task(task)
    for name, score in game.in_your_seat.items():
        names = [name if player == game.me else "bayes" for player in made.players]
        steps = play(made, seat_players(made, names, seed=1), 0)
        assert score == total_scores(made, [step.scores for step in steps])[game.me]
    assert set(game.in_your_seat) == {"tom-1", "bayes"}


@given(
    st.lists(st.sampled_from("ABC"), min_size=1, max_size=5),
    st.integers(3, 6),
    st.lists(st.sampled_from("ABC")),
)
def test_a_cycle_is_found_whatever_came_before(cycle, times, before):
    found = repeated([*before, *cycle * times])
    assert 1 <= len(found) <= len(cycle) or len(cycle) * times < 4
    if found:  # the end of what was done is that cycle again and again
        tail = [*before, *cycle * times][-2 * len(found) :]
        doubled = list(found) * 3
        assert any(doubled[i : i + len(tail)] == tail for i in range(len(found)))


def test_what_does_not_repeat_is_not_said_to():
    assert repeated("ABCDEDCBA") == ()
    assert repeated("AAA") == ()
    assert repeated("CAAAA") == ("A",)
