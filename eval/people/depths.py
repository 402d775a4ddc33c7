"""At which order people play, how that changes, and whether a bot's order can be told from its moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from atom import Bayes
from atom.policies import lapsed
from eval.measure import Interval
from eval.people.habits import habits
from eval.people.orders import ORDERS, Believed, Tables, likelihoods
from eval.people.recordings import NONE, PARTS, Floats, Side, groups, people
from eval.people.scoring import grouped_mean
from partners.rps_bots import RULES

DEPTHS = (*(f"order {k}" for k in ORDERS), "none")
"""What a player's moves are put down to where habits are not considered."""

LAPSES = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Lapse rates that an order may have here, each as likely before; people follow a rule loosely."""

SURE = 0.9


@dataclass(frozen=True, slots=True)
class Depths:
    """What the people of one group play by.

    Attributes:
        group: the group, such as the bot that they met; empty for everybody.
        n: how many people.
        order: the bot's order; None where it has none, or where the group is no bot.
        shares: part of a game -> order or none -> mean posterior probability over people, where habits are
            not considered.
        above: part of a game -> the same of the bot's order + 1; empty without an order.
        change: of ``above`` from the first to the last third; None without an order.
        habit: part of a game -> the mean posterior probability of a habit where habits are considered.
        above_habits: part of a game -> that of the bot's order + 1 then; empty without an order.
    """

    group: str
    n: int
    order: int | None
    shares: dict[str, dict[str, float]]
    above: dict[str, Interval]
    change: Interval | None
    habit: dict[str, float]
    above_habits: dict[str, float]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a belief makes of a bot's own moves.

    Attributes:
        bot: its name.
        n: how many games.
        order: the order that its rule is; None where it is none.
        found: how often the true order is the likeliest after the last round, in [0, 1].
        truth: mean probability of the true order after the last round.
        rounds: median number of rounds until that probability first is 0.9; infinite for never. This and the
            two before are NaN without an order.
        unexplained: how often the lapse rate 0.9, at which an order explains next to nothing, has a
            probability of more than a half after the last round.
    """

    bot: str
    n: int
    order: int | None
    found: float
    truth: float
    rounds: float
    unexplained: float


def causes(side: Side, tables: Tables, payoffs: Floats) -> Floats:
    """``[K + 2]``: the posterior probability of each order, of neither, and of a habit.

    Each of the three has a prior of 1/3: orders by order and lapse rate (``LAPSES``), habits by kind with
    α = 1, and a uniform draw of every move. One cause explains all of the side's rounds.
    """
    says = np.concatenate(
        [
            tables.in_context(tables.orders(ORDERS), side),
            *(habit.predict(side)[:, None] for habit in habits(payoffs)),
        ],
        axis=1,
    )
    made = side.own != NONE
    likely, n = likelihoods(says, side.own)[made], says.shape[2]
    ordered = lapsed(likely[:, : len(ORDERS), None], np.asarray(LAPSES), n)
    evidence = [
        logsumexp(np.log(ordered).sum(axis=0), axis=1) - np.log(len(ORDERS) * len(LAPSES)),
        [-np.log(n) * made.sum()],
        [logsumexp(np.log(likely[:, len(ORDERS) :]).sum(axis=0)) - np.log(len(habits(payoffs)))],
    ]
    joint = np.concatenate(evidence)
    return np.asarray(np.exp(joint - logsumexp(joint)))


def depths(sides: Sequence[Side], payoffs: Floats) -> list[Depths]:
    """What the people of each group play by, and everybody at last.

    Args:
        sides: what was recorded; bots are left out.
        payoffs: ``[2, A_1, A_2]``.
    """
    tables, found = Tables(payoffs), people(sides)
    posteriors = {
        part: np.array([causes(side.part(part), tables, payoffs) for side in found]) for part in PARTS
    }
    orders = {group: _order_of(group) for group in groups(found)}
    names = np.array([side.group for side in found])
    rows = [_depths(group, names == group, orders[group], posteriors) for group in orders]
    everybody = np.full(len(found), fill_value=True)
    return rows if len(rows) == 1 else [*rows, _depths("all", everybody, None, posteriors)]


def recovered(sides: Sequence[Side], payoffs: Floats) -> list[Recovered]:
    """What the plugin's belief, with its defaults and orders 0 to 5, makes of every bot's moves.

    Args:
        sides: what was recorded; only bots whose rule is known count.
        payoffs: ``[2, A_1, A_2]``.
    """
    belief = Believed("orders", Tables(payoffs), ORDERS, (), Bayes())
    bots = [side for side in sides if side.bot and side.player in RULES]
    rows = []
    for name in dict.fromkeys(side.player for side in bots):
        weights = [belief.weights(side, belief.says(side)) for side in bots if side.player == name]
        rows.append(_recovered(name, np.array([w.sum(axis=2)[-1] for w in weights]), weights))
    return rows


def _recovered(name: str, ends: Floats, weights: Sequence[Floats]) -> Recovered:
    order = RULES[name].order
    unexplained = float(np.mean([w[-1, :, -1].sum() > 0.5 for w in weights]))
    if order is None:
        nan = float("nan")
        return Recovered(name, len(ends), None, nan, nan, nan, unexplained)
    k = ORDERS.index(order)
    sure = [np.flatnonzero(w[:, k].sum(axis=1) >= SURE) for w in weights]
    return Recovered(
        name,
        len(ends),
        order,
        float((ends.argmax(axis=1) == k).mean()),
        float(ends[:, k].mean()),
        float(np.median([rounds[0] if len(rounds) else np.inf for rounds in sure])),
        unexplained,
    )


def _depths(group: str, here: np.ndarray, order: int | None, posteriors: dict[str, Floats]) -> Depths:
    n, one = int(here.sum()), [group] * int(here.sum())
    without = {
        part: found[here, :-1] / found[here, :-1].sum(axis=1, keepdims=True)
        for part, found in posteriors.items()
    }
    shares = {
        part: dict(zip(DEPTHS, found.mean(axis=0).tolist(), strict=True)) for part, found in without.items()
    }
    habit = {part: float(found[here, -1].mean()) for part, found in posteriors.items()}
    if order is None or order + 1 not in ORDERS:
        return Depths(group, n, order, shares, {}, None, habit, {})
    k = ORDERS.index(order + 1)
    above = {part: found[:, k] for part, found in without.items()}
    return Depths(
        group,
        n,
        order,
        shares,
        {part: grouped_mean(values, one) for part, values in above.items()},
        grouped_mean(above["last"] - above["first"], one),
        habit,
        {part: float(found[here, k].mean()) for part, found in posteriors.items()},
    )


def _order_of(group: str) -> int | None:
    rule = RULES.get(group)
    return None if rule is None else rule.order
