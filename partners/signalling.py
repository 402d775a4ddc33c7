"""Partners for games with views: pairs that settled on conventions by playing with themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from atom import AdaptiveAgent, BayesianGameReasoner, Memory, Reasoner, Situation, conventions
from atom.policies import added
from atom.randomness import RandomStream
from partners.base import OWN, SimplePartner, Traits
from partners.registry import partner

TREMBLE = 0.01
"""How often, in training, a hint is another one that the rules leave open: so that all hints are heard."""

_RESTARTS, _ROUNDS = 200, 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two players of one convention.

    Attributes:
        hints: view -> the first player's action, by place.
        plays: the first player's action -> the second's, by place.
    """

    hints: tuple[int, ...]
    plays: tuple[int, ...]


def is_signalling(reasoner: Reasoner) -> bool:
    """Whether a game is of two, with one common payoff, of whom the first alone has a view."""
    return (
        isinstance(reasoner, BayesianGameReasoner)
        and len(reasoner.views) == 2
        and len(reasoner.views[1]) == 1
        and bool(np.array_equal(reasoner.payoffs[:, :, 0], reasoner.payoffs[:, :, 1]))
    )


def worth(game: BayesianGameReasoner, first: Pair, second: Pair) -> float:
    """What the first player of one pair and the second of another get in a round, expected over views."""
    payoffs, prior = game.payoffs[:, 0, 0], game.prior[:, 0]
    return float(added(prior[v] * payoffs[v, h, second.plays[h]] for v, h in enumerate(first.hints)))


@lru_cache(maxsize=256)
def settled(game: BayesianGameReasoner, seed: int) -> Pair:
    """A pair that was trained by self-play alone.

    From random hints each answers the other best in turn, until neither changes; of as many starts as it
    takes the first is kept that ends where no start ends higher.

    Args:
        game: see ``is_signalling``.
        seed: of the random numbers, >= 0.
    """
    payoffs, prior = game.payoffs[:, 0, 0], game.prior[:, 0]
    n_views, n_hints, _ = payoffs.shape
    open_to = payoffs.max(axis=2) >= payoffs.min(axis=2).max(axis=1, keepdims=True)
    tremble = TREMBLE * open_to / open_to.sum(axis=1, keepdims=True)
    rng = RandomStream(seed, 0, 0, "settled")
    found: list[Pair] = []
    for _ in range(_RESTARTS):
        hints = tuple(rng.integers(n_hints) for _ in range(n_views))
        for _ in range(_ROUNDS):
            heard = tremble + (1.0 - TREMBLE) * np.eye(n_hints)[list(hints)]
            plays = _best(np.einsum("v,vh,vha->ha", prior, heard, payoffs), rng)
            better = _best(payoffs[:, np.arange(n_hints), list(plays)], rng, hints)
            if better == hints:
                break
            hints = better
        found.append(Pair(hints, plays))
    # the first of the best, whatever the last digits say
    return max(found, key=lambda pair: round(worth(game, pair, pair), 9))


def _best(
    values: NDArray[np.float64], rng: RandomStream, kept: tuple[int, ...] | None = None
) -> tuple[int, ...]:
    """Row by row the best place: the one that is kept, or one drawn among those that are best."""
    found = []
    for i, row in enumerate(values):
        good = np.flatnonzero(row >= row.max() - 1e-12)
        stays = kept is not None and kept[i] in good
        found.append(kept[i] if kept is not None and stays else int(good[rng.integers(len(good))]))
    return tuple(found)


def _pairs_and_shift(text: str) -> tuple[int, int]:
    pairs, _, shift = text.partition("/")
    if not pairs.isdecimal() or not int(pairs) or not (shift or "0").isdecimal():
        raise ValueError(f"pairs and shift are whole numbers, one pair at least; got {text!r}")
    return int(pairs), int(shift or 0)


@partner(
    "self-play",
    source="Hu et al. 2020",
    argument="PAIRS or PAIRS/SHIFT",
    default="8",
    reads=_pairs_and_shift,
    plays="signals",
)
class SelfPlayPartner(SimplePartner):
    """One of a pair that settled on a convention by playing with itself.

    Episode e of two players is of pair ``e // 2 + shift``, in a circle: with different shifts strangers meet.

    Args:
        me: this player's name in situations.
        reasoner: of a game in which the first player sees something and hints, and the second acts on it.
        pairs: how many there are, each with its own seed, >= 1.
        shift: see above, >= 0.
        seed: of the first pair, >= 0.

    Raises:
        ValueError: another game.
    """

    traits = Traits(stochastic=True, adaptive=False)

    def __init__(self, me: str, reasoner: Reasoner, pairs: int, shift: int = 0, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not isinstance(reasoner, BayesianGameReasoner) or not is_signalling(reasoner):
            raise ValueError(
                "the partner 'self-play' plays games in which one player sees something and hints, such as "
                "tiny-hanabi; this is another game"
            )
        self._game, self._pairs, self._shift = reasoner, pairs, shift

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """What its pair settled on."""
        number = (memory["episode"] // 2 + self._shift) % self._pairs
        pair = settled(self._game, self.seed * 1000 + number)
        first = next(iter(situation.actions))
        if self.me == first:
            view = self._game.views[0].index(situation.private[first])
            return self._game.actions[0][pair.hints[view]], memory
        heard = self._game.actions[0].index(situation.moved[first])
        return self._game.actions[1][pair.plays[heard]], memory


@partner(
    "sampled-conventions",
    source=OWN,
    traits=Traits(stochastic=True, adaptive=True),
    plays="signals",
)
def sampled_conventions(me: str, reasoner: Reasoner, *, seed: int = 0) -> AdaptiveAgent:
    """An adaptive agent over the conventions of its game, which draws one anew for every decision.

    Whoever hints learns what its hints mean only from hints that are tried.
    """
    return AdaptiveAgent(me, reasoner, hypotheses=conventions(reasoner), selection="sample", seed=seed)
