"""The shipped recording of people, and the bots' rules held against it."""

from collections import Counter

import numpy as np
import pytest

from eval.cli.people import SHIPPED
from eval.people import NONE, people, read_games
from partners.rps_bots import FOLLOWS, RULES

ACTIONS = [["rock", "paper", "scissors"]] * 2
CONTINUE = ("prev_move_positive", "prev_move_negative")
"""Bots that go on by their rule after a round in which the person did not move."""


@pytest.fixture(scope="module")
def sides():
    return read_games(SHIPPED, ACTIONS)


def off_the_rule(bots):
    """How far moves are from what the rule says: after whole rounds, and after ones without a move."""
    whole, gap = Counter(), Counter()
    for side in bots:
        rule = RULES[side.player]
        for t in range(1, len(side.own)):
            own, other = side.own[max(0, t - 2) : t].tolist(), int(side.other[t - 1])
            says = rule.follows(own, max(other, 0), (own[-1] - max(other, 0)) % 3)
            if says is not None:
                (gap if other == NONE else whole)[int((side.own[t] - says) % 3)] += 1
    return whole, gap


def test_what_is_in_the_file(sides):
    assert len(people(sides)) == 217
    assert {len(side.own) for side in sides} == {300}
    assert sum(int((side.own == NONE).sum()) for side in sides if not side.bot) == 224
    assert all((side.own != NONE).all() for side in sides if side.bot)
    assert Counter(side.player for side in sides if side.bot).keys() == RULES.keys()
    assert {side.player for side in people(sides)} == {"person"}


@pytest.mark.parametrize("name", RULES)
def test_bots_follow_their_rules(sides, name):
    """Within 3.3 standard errors of 0.9, and of 0.05 for either of the others; over 8,900 moves a bot."""
    whole, gap = off_the_rule([side for side in sides if side.player == name])
    n = whole.total()
    assert n > 8_900
    for step, rate in ((0, FOLLOWS), (1, 0.05), (2, 0.05)):
        assert abs(whole[step] / n - rate) < 3.3 * np.sqrt(rate * (1 - rate) / n)
    if name in CONTINUE:
        assert gap[0] / gap.total() > 0.8
    else:
        assert gap[0] / gap.total() < 0.65  # 24 to 37 rounds a bot


def test_what_no_rule_says_is_drawn(sides):
    """First moves; and the second ones of the bot that looks two rounds back."""
    first = Counter(int(side.own[0]) for side in sides if side.bot)
    assert all(53 <= first[action] <= 92 for action in range(3))  # 72.3, three standard deviations of 6.9
    two_back = [side for side in sides if side.player == "outcome_transition_dual_dependency"]
    second = Counter(int((side.own[1] - side.own[0]) % 3) for side in two_back)
    assert all(3 <= second[step] <= 18 for step in range(3))  # 10.3 of 31


def test_people_win_as_often_as_reported(sides):
    """Against the four bots with an order 0.58 to 0.67, against the others 0.40, 0.41 and 0.34."""
    rates = {}
    for side in people(sides):
        made = side.own != NONE
        rates.setdefault(side.group, []).append(((side.own - side.other) % 3 == 1)[made].mean())
    for name, won in rates.items():
        low, high = (0.57, 0.68) if RULES[name].order is not None else (0.33, 0.42)
        assert low < np.mean(won) < high
