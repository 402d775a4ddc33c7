"""Predictors that reason: a belief over theory-of-mind orders, and the cognitive hierarchy.

All answer the last round: level 0 of the orders is the plugin's, which best-responds to the other's last
action. Policies are tables ``[C, A]`` over contexts: 0 for a round with nothing to answer (every action is
then as likely as any other), ``1 + own * n_other + other`` for a last joint action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from scipy import optimize

from atom import Bayes, NormalFormReasoner, Policy, Situation
from atom.policies import lapsed
from eval.people.habits import Predictor
from eval.people.recordings import NONE, Floats, Ints, Side, last_joint
from partners.bounded import mixed, poisson_shares

ORDERS = (0, 1, 2, 3, 4, 5)
"""In rock-paper-scissors these are the six rules with one step from one's own or the other's last action."""

HABITS_PRIOR = 0.15
"""Prior probability of all habits together, where orders and habits are weighed against each other."""

_PLAYERS = ("0", "1")


class Tables:
    """Policies by the last joint action, of both seats.

    Args:
        payoffs: ``[2, A_1, A_2]``.
    """

    def __init__(self, payoffs: Floats) -> None:
        self.shape = payoffs.shape[1:]
        self._actions = {
            player: tuple(map(str, range(n))) for player, n in zip(_PLAYERS, self.shape, strict=True)
        }
        self._reasoner = NormalFormReasoner(payoffs, memory=1, ties="uniform")
        self.orders = cache(self._orders)
        self.hierarchy = cache(self._hierarchy)

    def _orders(self, orders: tuple[int, ...]) -> list[Floats]:
        """For each seat ``[K, C, A]``: the policies of the orders."""
        found = self._uniform(len(orders))
        for joint in np.ndindex(*self.shape):
            last = {player: str(action) for player, action in zip(_PLAYERS, joint, strict=True)}
            situation = Situation(self._actions, history=(last,))
            for seat, player in enumerate(_PLAYERS):
                for i, order in enumerate(orders):
                    policy = self._reasoner.policy(situation, player, order)
                    found[seat][i, self._context(seat, joint)] = list(policy.values())
        return found

    def in_context(self, policies: Sequence[Floats], side: Side) -> Floats:
        """``[T, K, A]``: what policies of ``[K, C, A]`` for each seat say before every round of a side."""
        return policies[side.seat][:, self.contexts(side)].transpose(1, 0, 2)

    def _hierarchy(self, tau: float, levels: int) -> list[Floats]:
        """For each seat ``[levels, C, A]``: the policies of a cognitive hierarchy.

        Level 0 repeats its last action; level k best-responds to the levels below it in proportion to
        ``f(h) = exp(-τ) τ^h / h!`` (Camerer, Ho and Chong 2004, equation 1 and section II).
        """
        shares = poisson_shares(tau, levels)
        found = self._uniform(levels)
        situation = Situation(self._actions)
        for joint in [None, *np.ndindex(*self.shape)]:
            policies: list[list[Policy]] = [[], []]
            for level in range(levels):
                if level == 0:
                    now = [self._again(seat, joint) for seat in (0, 1)]
                else:
                    below = [mixed(own, shares[:level]) for own in policies]
                    now = [
                        self._reasoner.respond(situation, player, {_PLAYERS[1 - seat]: below[1 - seat]})
                        for seat, player in enumerate(_PLAYERS)
                    ]
                for seat in (0, 1):
                    policies[seat].append(now[seat])
                    context = 0 if joint is None else self._context(seat, joint)
                    found[seat][level, context] = list(now[seat].values())
        return found

    def contexts(self, side: Side) -> Ints:
        """``[T]``: the context of every round."""
        return last_joint(side, self.shape[1 - side.seat])

    def _again(self, seat: int, joint: tuple[int, ...] | None) -> Policy:
        n = self.shape[seat]
        return {str(a): 1.0 / n if joint is None else float(a == joint[seat]) for a in range(n)}

    def _context(self, seat: int, joint: Sequence[int]) -> int:
        return 1 + joint[seat] * int(self.shape[1 - seat]) + joint[1 - seat]

    def _uniform(self, k: int) -> list[Floats]:
        rows = 1 + self.shape[0] * self.shape[1]
        return [np.full((k, rows, n), 1.0 / n) for n in self.shape]


@dataclass(frozen=True)
class Believed:
    """A belief over hypotheses, as the plugin holds it: the mixture of what they say, re-weighed every round.

    The hypotheses are orders and, where any are given, other predictors, each predictive before it has seen
    the move. The learner lets each of them lapse. What it learns of one game it does not carry to the next.

    Args:
        name: what it is called.
        tables: policies of the game.
        orders: the orders among the hypotheses, ascending; may be none.
        others: the other hypotheses.
        learner: re-weighs them; its prior is that of the orders, then of the others.
    """

    name: str
    tables: Tables
    orders: tuple[int, ...] = ORDERS
    others: tuple[Predictor, ...] = ()
    learner: Bayes = field(default_factory=Bayes)

    @property
    def settings(self) -> dict[str, float]:
        """What was fitted of the others."""
        return {f"{p.name}, {name}": value for p in self.others for name, value in p.settings.items()}

    def fitted(self, sides: Sequence[Side]) -> Believed:
        """The same with the others fitted; of the belief itself nothing is."""
        return replace(self, others=tuple(other.fitted(sides) for other in self.others))

    def predict(self, side: Side) -> Floats:
        """``[T, A]``: the posterior predictive, over hypotheses and lapse rates."""
        says = self.says(side)
        weights, lapses = self.weights(side, says)[:-1], np.asarray(self.learner.lapses)
        mixture = np.einsum("tkl,tka,l->ta", weights, says, 1.0 - lapses)
        return np.asarray(mixture + (weights @ lapses).sum(axis=1)[:, None] / says.shape[2])

    def says(self, side: Side) -> Floats:
        """``[T, K, A]``: what each hypothesis says of the next action."""
        orders = self.tables.in_context(self.tables.orders(self.orders), side)
        return np.concatenate([orders, *(other.predict(side)[:, None] for other in self.others)], axis=1)

    def weights(self, side: Side, says: Floats) -> Floats:
        """``[T + 1, K, L]``: the belief before each round and after the last, by lapse rate."""
        likely = likelihoods(says, side.own).tolist()
        weights = self.learner.init([str(k) for k in range(says.shape[1])])
        found = [weights]
        for action, likelihood in zip(side.own.tolist(), likely, strict=True):
            if action != NONE:
                weights = self.learner.update(weights, likelihood, says.shape[2])
            found.append(weights)
        return np.array(found)


@dataclass(frozen=True)
class CognitiveHierarchy:
    """Levels in Poisson proportions, the same for everybody and at every round (Camerer, Ho and Chong 2004).

    ``P(a) = Σ_k f(k) P_k(a) / Σ_k f(k)``, lapsed at a rate that is fitted with τ: level 0 is no uniform draw
    here but repeats its last action, because against a uniform draw all actions are best responses.

    Args:
        tables: policies of the game.
        tau: τ > 0, the mean number of thinking steps.
        lapse: in [0, 1].
        levels: how many levels are counted, >= 1.
    """

    tables: Tables
    tau: float = 1.5
    lapse: float = 0.5
    levels: int = 8
    name: str = "cognitive hierarchy"

    @property
    def settings(self) -> dict[str, float]:
        """τ and the lapse rate."""
        return {"tau": self.tau, "lapse": self.lapse}

    def fitted(self, sides: Sequence[Side]) -> CognitiveHierarchy:
        """The same with the likeliest τ in 0.1, 0.2, … 6 and lapse rate (``scipy.optimize``)."""
        counts = [np.zeros(table.shape[1:]) for table in self._tables(self.tau)]
        for side in sides:
            made = side.own != NONE
            np.add.at(counts[side.seat], (self.tables.contexts(side)[made], side.own[made]), 1.0)

        def best(tau: float) -> tuple[float, float, float]:
            mixtures = [self._mixture(table, tau) for table in self._tables(tau)]

            def loss(lapse: float) -> float:
                return -sum(
                    float((n * np.log(lapsed(mixture, lapse, mixture.shape[1]))).sum())
                    for n, mixture in zip(counts, mixtures, strict=True)
                )

            found = optimize.minimize_scalar(loss, bounds=(1e-3, 1.0), method="bounded")
            return float(found.fun), tau, float(found.x)

        _, tau, lapse = min(best(tau) for tau in np.linspace(0.1, 6.0, 60).tolist())
        return replace(self, tau=tau, lapse=lapse)

    def predict(self, side: Side) -> Floats:
        """``[T, A]``."""
        mixture = self._mixture(self._tables(self.tau)[side.seat], self.tau)
        return lapsed(mixture[self.tables.contexts(side)], self.lapse, mixture.shape[1])

    def _tables(self, tau: float) -> list[Floats]:
        return self.tables.hierarchy(tau, self.levels)

    def _mixture(self, table: Floats, tau: float) -> Floats:
        return np.average(table, axis=0, weights=poisson_shares(tau, self.levels))


def likelihoods(says: Floats, actions: Ints) -> Floats:
    """``[T, K]``: the probability that each hypothesis gave to what was done; rounds without a move count 1.

    Args:
        says: ``[T, K, A]``.
        actions: ``[T]``.
    """
    found = np.take_along_axis(says, np.maximum(actions, 0)[:, None, None], axis=2)[:, :, 0]
    return np.where(actions[:, None] == NONE, 1.0, found)


def with_habits(tables: Tables, others: Sequence[Predictor]) -> Believed:
    """Orders and habits in one belief: ``HABITS_PRIOR`` for all habits together, the rest for all orders."""
    prior = [(1.0 - HABITS_PRIOR) / len(ORDERS)] * len(ORDERS) + [HABITS_PRIOR / len(others)] * len(others)
    return Believed("orders + habits", tables, ORDERS, tuple(others), Bayes(prior=tuple(prior)))
