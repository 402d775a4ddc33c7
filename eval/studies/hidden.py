"""Conventions beside each other, and beside agents that look for them, in the tiny Hanabi.

Pairs settle on a convention by playing with themselves. What pairs get with themselves, with each other and
at best with a partner of an unknown convention is computed; what agents get beside them is played.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from atom import BayesianGameReasoner
from eval.measure import Interval, mean_interval, paired_difference
from eval.sweeps import pairing_scores
from eval.tasks import make_task
from eval.tasks.hanabi import TinyHanabiTask
from partners.signalling import Pair, settled, worth

ORDERS = "adaptive:bayes/win-stay/nearest"
"""A-ToM over the orders 0, 1 and 2 alone."""
CONVENTIONS = "conventions:0"
AGENTS = (ORDERS, "bayes", CONVENTIONS, "sampled-conventions", "tom-1")
MOST_PAIRS = 1000


@dataclass(frozen=True, slots=True)
class Hidden:
    """What came of one task; scores are points a round, at best 1.

    Attributes:
        task: its name.
        own: pairs with themselves (self-play), exact.
        cross: players of different pairs (cross-play), exact; each pair meets one other pair.
        chance: cross-play of two conventions drawn at random among all that signs can have, exact.
        other: the best that one pair gets on average if its second player has other labels (other-play): all
            ways to exchange signs and colours are alike, exact.
        played_own, played_cross: the first two as they were played.
        beside: agent -> beside the pairs, each in both seats.
        grounded: agent -> beside ToM-1, which says the colour, and takes signs in the first way.
        with_self: agent -> with its own kind.
        ahead: how much more A-ToM over conventions gets beside the pairs than over orders alone.
    """

    task: str
    own: Interval
    cross: Interval
    chance: float
    other: float
    played_own: Interval
    played_cross: Interval
    beside: Mapping[str, Interval]
    grounded: Mapping[str, Interval]
    with_self: Mapping[str, Interval]
    ahead: Interval


def hidden(
    name: str,
    *,
    pairs: int,
    seed: int,
    agents: Sequence[str] = AGENTS,
    progress: Callable[[], None] = lambda: None,
) -> Hidden:
    """One task.

    Args:
        name: a tiny Hanabi.
        pairs: that settled on conventions, an even number from 4 to 1000; they are the unit of all intervals.
        seed: of all random numbers, >= 0.
        agents: players to sit beside them, ``ORDERS`` and ``CONVENTIONS`` among them.
        progress: called three times for every agent, and twice for the pairs.

    Raises:
        ValueError: another task, or another number of pairs.
    """
    task = make_task(name)
    if not isinstance(task, TinyHanabiTask) or not 4 <= pairs <= MOST_PAIRS or pairs % 2:
        raise ValueError(
            f"conventions of hints are compared in a tiny Hanabi, by an even number of pairs from 4 to "
            f"{MOST_PAIRS}; got {name!r} and {pairs}"
        )
    game, rounds = task.reasoner(), task.max_steps
    found = [settled(game, seed * MOST_PAIRS + i) for i in range(pairs)]
    half = pairs // 2
    own = np.array([worth(game, pair, pair) for pair in found])
    cross = np.array(
        [
            (worth(game, one, two) + worth(game, two, one)) / 2
            for one, two in zip(found[:half], found[half:], strict=True)
        ]
    )

    def played(agent: str, partner: str) -> NDArray[np.float64]:
        scores = list(pairing_scores(task, agent, partner, pairs * 2, seed=seed))
        progress()
        return np.asarray(np.reshape(scores, (pairs, 2)).mean(axis=1) / rounds)

    mine = f"self-play:{pairs}"
    beside = {agent: played(agent, mine) for agent in agents}
    return Hidden(
        name,
        mean_interval(own),
        mean_interval(cross),
        by_chance(game, len(task.signs)),
        other_play(game),
        mean_interval(played(mine, mine)),
        mean_interval(played(f"{mine}/{half}", mine)[:half]),
        {agent: mean_interval(scores) for agent, scores in beside.items()},
        {agent: mean_interval(played(agent, "tom-1")) for agent in agents},
        {agent: mean_interval(played(agent, "self")) for agent in agents},
        paired_difference([beside[CONVENTIONS]], [beside[ORDERS]]),
    )


def by_chance(game: BayesianGameReasoner, n_signs: int) -> float:
    """What players of two conventions get that are drawn independently among all of n signs for n views."""
    plays = (*range(1, n_signs + 1), *range(1, n_signs + 1))
    ways = permutations(range(n_signs))
    return float(np.mean([worth(game, Pair(hints, plays), Pair(hints, plays)) for hints in ways]))


def other_play(game: BayesianGameReasoner) -> float:
    """The most that a pair gets on average whose second player uses other labels, by enumeration."""
    payoffs, prior = game.payoffs[:, 0, 0], game.prior[:, 0]
    views, hints, plays = payoffs.shape
    orders = list(permutations(range(views)))
    labels = [
        ([*signs, *(views + colour for colour in colours)], [0, *(1 + colour for colour in colours)])
        for signs, colours in product(orders, orders)
    ]
    best = -np.inf
    for given in product(range(hints), repeat=views):
        # hint as it is heard -> play as it is meant -> what it is worth, over the labels of whoever hears
        heard = np.zeros((hints, plays))
        for hint_of, play_of in labels:
            for view, hint in enumerate(given):
                heard[hint_of[hint], play_of] += prior[view] * payoffs[view, hint] / len(labels)
        best = max(best, float(heard.max(axis=1).sum()))
    return best
