"""Every seat is its own: partners answer by the payoffs of their seat, and games are played in all seats."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from eval.play.unit import Unit, play_unit, seats_of
from eval.tasks import MatrixTask
from partners import ZOO, make_partner
from tests.classical import GAMES

LETTERS = "ABCDEF"
TWO_SEATS = [name for name, game in GAMES.items() if len(game) == 2]
TWO_BY_TWO = [name for name in TWO_SEATS if GAMES[name].shape == (2, 2, 2)]


def task_of(name, scale=1.0):
    game = scale * GAMES[name]
    actions = [[f"{LETTERS[seat]}{i}" for i in range(n)] for seat, n in enumerate(game.shape[1:])]
    return MatrixTask(name, game, actions)


# ---- what is right, from the definitions alone ----


def worth(game, seat, own, chances):
    """Expected payoff of an action in a two-player game, entry by entry."""
    total = 0.0
    for other, chance in enumerate(chances):
        joint = (own, other) if seat == 0 else (other, own)
        total += chance * float(game[(seat, *joint)])
    return total


def answer(game, seat, chances):
    """The first of the best actions."""
    values = [worth(game, seat, own, chances) for own in range(game.shape[seat + 1])]
    return next(i for i, value in enumerate(values) if value >= max(values) - 1e-12)


def certain(action, n):
    return [float(i == action) for i in range(n)]


def level(game, seat, order, last):
    """The action of a ToM-k player that remembers the last joint action."""
    other = last[1 - seat] if order == 0 else level(game, 1 - seat, order - 1, last)
    return answer(game, seat, certain(other, game.shape[2 - seat]))


def fictitious(game, seat, seen):
    """Brown's fictitious player with one more count of each."""
    counts = [1 + seen.count(i) for i in range(game.shape[2 - seat])]
    return answer(game, seat, [n / sum(counts) for n in counts])


def follower(game, seat, seen):
    """The same with counts of what followed the other's last action, all alike before it has one."""
    followed = [b for a, b in pairwise(seen) if a == seen[-1]]
    return fictitious(game, seat, followed)


def pavlov(game, seat, joint):
    """Nowak and Sigmund's win-stay, lose-shift; a win is at least the mean over all joint actions."""
    worths = [float(game[(seat, *every)]) for every in np.ndindex(*game.shape[1:])]
    stays = float(game[(seat, *joint)]) >= sum(worths) / len(worths)
    return joint[seat] if stays else (joint[seat] + 1) % game.shape[seat + 1]


def hierarchy(game, seat, last, tau=1.5):
    """The answer to a Poisson mixture of orders 0 and 1."""
    shares = [1.0, tau]
    orders = [level(game, 1 - seat, k, last) for k in (0, 1)]
    chances = np.zeros(game.shape[2 - seat])
    for share, action in zip(shares, orders, strict=True):
        chances[action] += share / sum(shares)
    return answer(game, seat, chances.tolist())


EXPECTED = {
    **{f"tom-{k}": lambda game, seat, rounds, k=k: level(game, seat, k, last_of(rounds)) for k in range(4)},
    "competence:1@2": lambda game, seat, rounds: level(game, seat, 2, last_of(rounds)),
    "oracle:1": lambda game, seat, rounds: level(game, seat, 2, last_of(rounds)),
    "cognitive-hierarchy": lambda game, seat, rounds: hierarchy(game, seat, last_of(rounds)),
    "frequency": lambda game, seat, rounds: fictitious(game, seat, [joint[1 - seat] for joint in rounds]),
    "markov-predictor": lambda game, seat, rounds: follower(
        game, seat, [joint[1 - seat] for joint in rounds]
    ),
}
ADAPTIVE = [name for name, kind in ZOO.items() if kind.traits.adaptive and kind.plays == "all"]


def last_of(rounds):
    return rounds[-1] if rounds else (0, 0)


def moves(task, name, seat, theirs, seed=3):
    """The partner's actions as numbers, beside given ones, with the joint actions before each."""
    game = task.payoffs
    players = task.players
    made = make_partner(name, players[seat], task.reasoner(), seed=seed)
    memory, state, rounds = made.start([players[1 - seat]]), task.start(), []
    legal = [list(own) for own in task.situation(state).actions.values()]
    for other in theirs:
        situation = task.situation(state)
        decision, memory = made.decide(situation, memory)
        assert decision.action in legal[seat]
        mine = legal[seat].index(decision.action)
        yield list(rounds), mine
        joint = (mine, other) if seat == 0 else (other, mine)
        rounds.append(joint)
        actions = {p: own[a] for p, own, a in zip(players, legal, joint, strict=True)}
        memory = made.observe(memory, situation, actions)
        state = task.step(state, actions).state
    assert len(rounds) == len(theirs)
    assert game.shape[seat + 1] == len(legal[seat])


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("game", TWO_SEATS)
@pytest.mark.parametrize("name", EXPECTED)
def test_reasoning_partners_answer_by_their_own_payoffs(name, game, seat):
    task = task_of(game)
    theirs = np.random.default_rng(5).integers(task.payoffs.shape[2 - seat], size=12).tolist()
    for rounds, mine in moves(task, name, seat, theirs):
        assert mine == EXPECTED[name](task.payoffs, seat, rounds)


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("game", TWO_SEATS)
def test_win_stay_lose_shift_weighs_what_its_own_seat_got(game, seat):
    task = task_of(game)
    theirs = np.random.default_rng(9).integers(task.payoffs.shape[2 - seat], size=12).tolist()
    for rounds, mine in moves(task, "win-stay-lose-shift", seat, theirs):
        if rounds:
            assert mine == pavlov(task.payoffs, seat, rounds[-1])


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("name", [*ADAPTIVE, "noisy:0:bayes"])
def test_adaptive_partners_act_as_an_order_of_their_seat(name, seat):
    task = task_of("two by three")
    theirs = np.random.default_rng(6).integers(task.payoffs.shape[2 - seat], size=12).tolist()
    for rounds, mine in moves(task, name, seat, theirs):
        orders = {level(task.payoffs, seat, k, last_of(rounds)) for k in range(5)}
        fits = {
            answer(task.payoffs, seat, certain(other, task.payoffs.shape[2 - seat])) for other in range(2)
        }
        assert mine in orders | fits


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("game", TWO_BY_TWO)
def test_tomsup_answers_a_constant_partner_by_its_own_payoffs(game, seat):
    """It draws from a softmax: with large payoffs nearly all its late actions are the best response."""
    task = task_of(game, 5.0)
    for other in (0, 1):
        values = [worth(task.payoffs, seat, own, certain(other, 2)) for own in (0, 1)]
        late = [mine for _, mine in moves(task, "tomsup:0", seat, [other] * 40)][20:]
        assert late.count(int(np.argmax(values))) >= 18


@pytest.mark.parametrize("level_of_theirs", [0, 1, 2])
@pytest.mark.parametrize("game", [name for name in TWO_BY_TWO if name != "matching pennies"])
def test_tomsup_plays_alike_when_the_players_change_places(game, level_of_theirs):
    """Higher levels expect to be answered; whatever they make of that, the seat has no say in it.

    But for matching pennies, where they mix and follow their own draws.
    """
    task, swapped = task_of(game, 20.0), task_of(game, 20.0)
    swapped.payoffs = np.ascontiguousarray(task.payoffs[::-1].transpose(0, 2, 1))
    theirs = np.random.default_rng(8).integers(2, size=12).tolist() + [0] * 14 + [1] * 14
    name = f"tomsup:{level_of_theirs}"
    here = [mine for _, mine in moves(task, name, 1, theirs)]
    there = [mine for _, mine in moves(swapped, name, 0, theirs)]
    # their draws differ, and one probability in a thousand is left to chance
    assert sum(a == b for a, b in zip(here, there, strict=True)) >= 37


def test_tomsup_defects_beside_a_defector_in_both_seats():
    task = task_of("prisoner's dilemma", 5.0)
    for seat in (0, 1):
        late = [mine for _, mine in moves(task, "tomsup:1", seat, [1] * 40)][10:]
        assert late.count(1) >= 27


@pytest.mark.parametrize("seat", [0, 1])
def test_quantal_answers_by_its_own_payoffs(seat):
    task = task_of("two by three")
    seen = [mine for s in range(200) for _, mine in moves(task, "quantal:0.5", seat, [0], seed=s)]
    # order 1 responds to an order-0 partner, which remembers that everybody took the first action
    values = [
        worth(
            task.payoffs,
            seat,
            own,
            certain(level(task.payoffs, 1 - seat, 0, (0, 0)), task.payoffs.shape[2 - seat]),
        )
        for own in range(task.payoffs.shape[seat + 1])
    ]
    weights = [math.exp(value / 0.5) for value in values]
    for own, weight in enumerate(weights):
        assert seen.count(own) / len(seen) == pytest.approx(weight / sum(weights), abs=0.11)


# ---- games from files ----


def test_a_game_from_a_file_is_played_in_every_seat(tmp_path):
    """Three players of whom each is paid for another action; the agent takes all three seats in turn."""
    payoffs = np.zeros((3, 2, 2, 2))
    for joint in np.ndindex(2, 2, 2):
        for seat in range(3):
            payoffs[(seat, *joint)] = (10.0**seat) * (joint[seat] == seat % 2)
    file = tmp_path / "three.json"
    file.write_text(json.dumps({"payoffs": payoffs.tolist(), "rounds": 2}))
    name = f"matrix:{file}"
    assert seats_of(name) == 3
    units = [Unit(name, "tom-0", "tom-1", episode, 0) for episode in range(6)]
    assert [unit.seat for unit in units] == [0, 1, 2, 0, 1, 2]
    played = [play_unit(unit) for unit in units]
    assert [result.player for result in played[:3]] == ["player-1", "player-2", "player-3"]
    assert [result.score for result in played] == [2.0, 20.0, 200.0] * 2


def test_a_file_that_changes_changes_its_seats(tmp_path):
    file = tmp_path / "game.json"
    for n in (2, 3, 2):
        file.write_text(json.dumps({"payoffs": np.zeros((n, *[2] * n)).tolist(), "rounds": 1}))
        assert Unit(f"matrix:{file}", "tom-0", "tom-0", 2, 0).seat == 2 % n
