"""Partners of habit: what they do next follows from what they did, or got, and from no view of the other.

No theory-of-mind order acts as they do for long. ``repeat``, ``alternate`` and ``imitate`` are of the same
kind.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from atom import Memory, NormalFormReasoner, Reasoner, Situation, SituationError
from atom.randomness import RandomStream, draw
from partners.base import SimplePartner, Traits
from partners.names import whole
from partners.registry import partner

CONCENTRATION = 0.3
"""Of the Dirichlet distribution of each row of ``markov``: below 1, so that most rows favour few actions."""


@partner(
    "constant",
    source="folklore",
    argument="INDEX",
    default="0",
    reads=lambda text: (whole(text),),
)
class ConstantPartner(SimplePartner):
    """Always takes the same action.

    Args:
        me: this player's name in situations.
        index: which of its legal actions, counted from 0.
        seed: it leaves nothing to chance.

    Raises:
        ValueError: a negative index.
        SituationError: when it is to act and has fewer actions.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def __init__(self, me: str, index: int = 0, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if index < 0:
            raise ValueError(f"the index of an action counts from 0, got {index}")
        self.index = index

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The action of its index."""
        legal = situation.legal(self.me)
        if self.index >= len(legal):
            raise SituationError(
                f"the partner constant:{self.index} takes its action number {self.index}, counted from 0, "
                f"and {self.me!r} has {len(legal)}; give a smaller index"
            )
        return legal[self.index], memory


@partner(
    "mostly",
    source="folklore",
    argument="RATE",
    default="0.8",
    reads=lambda text: (float(text),),
)
class MostlyPartner(SimplePartner):
    """Draws an action and takes it at a rate, else a uniformly random one.

    The random one may be the same by chance: at a rate of 0.8 it takes one of five actions 84 % of the time.
    Where it is no longer legal, it draws anew.

    Args:
        me: this player's name in situations.
        rate: probability in [0, 1] of the drawn action.
        seed: seed of the random numbers, >= 0.

    Raises:
        ValueError: a rate outside [0, 1].
    """

    traits = Traits(stochastic=True, adaptive=False)

    def __init__(self, me: str, rate: float = 0.8, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"the rate of the drawn action lies in [0, 1], got {rate}")
        self.rate = rate

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The drawn action or a random one."""
        legal = situation.legal(self.me)
        kept: str = memory.get("kept", "")
        if kept not in legal:
            kept = legal[rng.integers(len(legal))]
        action = kept if rng.random() < self.rate else legal[rng.integers(len(legal))]
        return action, {**memory, "kept": kept}


@partner("win-stay-lose-shift", source="Nowak and Sigmund 1993", plays="matrices")
class WinStayLoseShiftPartner(SimplePartner):
    """Keeps its action while it pays, else takes the next in turn (Pavlov).

    It pays where the last payoff was at least the aspiration, its mean payoff over all joint actions of the
    game (Nowak and Sigmund 1993, "A strategy of win-stay, lose-shift that outperforms tit-for-tat"; in their
    prisoner's dilemma, with payoffs 0, 1, 3 and 5, that is a win for 3 and 5 as well). Its first action is
    drawn.

    Args:
        me: this player's name in situations.
        reasoner: must be that of a normal-form game.
        seed: seed of the random numbers, >= 0.

    Raises:
        SituationError: another task.
    """

    traits = Traits(stochastic=True, adaptive=False)

    def __init__(self, me: str, reasoner: Reasoner, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not isinstance(reasoner, NormalFormReasoner):
            raise SituationError(
                "the partner 'win-stay-lose-shift' weighs what it got, and the reasoner of this task knows "
                "no payoffs; play a normal-form game, such as one-ahead-5"
            )
        self._payoffs = reasoner.payoffs

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The last action, or the one after it."""
        legal = situation.legal(self.me)
        if not situation.history:
            return legal[rng.integers(len(legal))], memory
        last = situation.history[-1]
        joint = tuple(actions.index(last[player]) for player, actions in situation.actions.items())
        seat = list(situation.actions).index(self.me)
        own = self._payoffs[seat] - self._payoffs[seat].min()
        # the mean of equal numbers may come out a rounding error above them
        wins = own[joint] >= own.mean() - 1e-9 * own.max()
        return legal[(joint[seat] + (0 if wins else 1)) % len(legal)], memory


@partner(
    "markov",
    source="folklore",
    argument="SEED",
    default="7",
    reads=lambda text: (whole(text),),
)
class MarkovPartner(SimplePartner):
    """Draws its next action by its own last one, from a random transition matrix.

    Each row of the matrix is a draw from a symmetric Dirichlet distribution. The first action is uniform,
    as is one after a last action that is no longer legal. The default seed is the first whose matrices for 2
    to 6 actions all make the last action worth knowing: the likeliest next one is right at least 15
    percentage points more often with it than without.

    Args:
        me: this player's name in situations.
        matrix: seed of the matrix, >= 0; partners with the same one and as many actions have the same.
        seed: seed of the actions, >= 0.

    Raises:
        ValueError: a negative seed of the matrix.
    """

    traits = Traits(stochastic=True, adaptive=False)

    def __init__(self, me: str, matrix: int = 7, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if matrix < 0:
            raise ValueError(f"the seed of a transition matrix is >= 0, got {matrix}")
        self.matrix = matrix

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """An action drawn from the row of the last one."""
        legal = situation.legal(self.me)
        last: str = memory.get("last", "")
        if last in legal:
            row = transitions(self.matrix, len(legal))[legal.index(last)]
            action = draw(dict(zip(legal, row, strict=True)), rng)
        else:
            action = legal[rng.integers(len(legal))]
        return action, {**memory, "last": action}


@lru_cache(maxsize=64)
def transitions(seed: int, n: int) -> tuple[tuple[float, ...], ...]:
    """The transition matrix ``[n, n]`` of ``markov:SEED`` among n actions; every row sums to 1."""
    rows = np.random.default_rng([seed, n]).dirichlet([CONCENTRATION] * n, size=n)
    return tuple(tuple(row) for row in rows.tolist())
