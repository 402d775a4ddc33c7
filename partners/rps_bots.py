"""Seven bots that people played rock-paper-scissors against, made from their description.

Brockbank and Vul (2024), repository ``erik-brockbank/rps-bot-manuscript-public``: 217 people, 300 rounds
each. What they did is in ``eval/data/people``, with a test that these rules are the bots' there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom import Memory, NormalFormReasoner, Reasoner, Situation, SituationError
from atom.randomness import RandomStream, draw
from partners.base import SimplePartner, Traits
from partners.names import UnknownNameError
from partners.registry import partner

FOLLOWS = 0.9
"""How often a bot does what its rule says; each of the other two actions has half of the rest."""

Shifts: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a bot does next: a step along the circle, from its own last action or from the other's.

    Attributes:
        summary: the rule in words; "one on" is from rock to paper, to scissors, to rock.
        anchor: whose last action the step is taken from.
        steps: ``[outcome][last step]`` with outcomes tie, win, loss and the steps 0, 1, 2 that it took from
            its last action but one to its last.
        order: the ToM order that does the same where level 0 answers the last action; None where none does.
    """

    summary: str
    anchor: Literal["own", "other"]
    steps: tuple[Shifts, Shifts, Shifts]
    order: int | None = None

    @property
    def conditional(self) -> bool:
        """Whether the step depends on what came of the last round."""
        return len(set(self.steps)) > 1

    @property
    def looks_two_back(self) -> bool:
        """Whether it depends on the last step as well, so that two rounds must have been played."""
        return any(len(set(row)) > 1 for row in self.steps)

    def follows(self, own: Sequence[int], other: int, outcome: int) -> int | None:
        """The action after the last round, in 0, 1, 2.

        Args:
            own: its last actions, the latest last; none before the first round.
            other: the other's last action.
            outcome: of the last round for it: 0 tie, 1 win, 2 loss.

        Returns:
            the action, or None where too little was played for the rule to say one.
        """
        if len(own) < (2 if self.looks_two_back else 1):
            return None
        last = (own[-1] - own[-2]) % 3 if len(own) > 1 else 0
        return ((own[-1] if self.anchor == "own" else other) + self.steps[outcome][last]) % 3


def _always(step: int) -> tuple[Shifts, Shifts, Shifts]:
    return ((step,) * 3,) * 3


def _after(*, tie: int, win: int, loss: int) -> tuple[Shifts, Shifts, Shifts]:
    return (tie,) * 3, (win,) * 3, (loss,) * 3


RULES = {
    "prev_move_positive": Rule("one on from its own last action", "own", _always(1), 3),
    "prev_move_negative": Rule("one back from its own last action", "own", _always(2), 1),
    "opponent_prev_move_positive": Rule("one on from the other's last action", "other", _always(1), 0),
    "opponent_prev_move_nil": Rule("the other's last action", "other", _always(0), 2),
    "win_nil_lose_positive": Rule(
        "stays after a win, one on after a loss, one back after a tie", "own", _after(tie=2, win=0, loss=1)
    ),
    "win_positive_lose_negative": Rule(
        "one on after a win, one back after a loss, stays after a tie", "own", _after(tie=0, win=1, loss=2)
    ),
    "outcome_transition_dual_dependency": Rule(
        "its last step again after a tie, one further after a win, one less after a loss",
        "own",
        ((0, 1, 2), (1, 2, 0), (2, 0, 1)),
    ),
}
"""Name of a bot, as the data have it -> its rule."""


def _named(name: str) -> tuple[str]:
    if name not in RULES:
        raise UnknownNameError("bot", name, RULES)
    return (name,)


@partner(
    "rps-bot",
    source="Brockbank and Vul 2024",
    traits=lambda name: Traits(stochastic=True, adaptive=False, order=RULES[name].order),
    argument="NAME",
    default="prev_move_positive",
    reads=_named,
    plays="3x3",
)
class RockPaperScissorsBot(SimplePartner):
    """A bot of rock-paper-scissors that follows one rule, nine times of ten.

    It plays any game of two players whose three actions lie on a circle, and takes a round as won where it
    got more than the other. It draws its first action, and whatever its rule does not say yet.

    Args:
        me: this player's name in situations.
        reasoner: must be that of a normal-form game.
        name: one of ``RULES``.
        seed: seed of the random numbers, >= 0.

    Raises:
        UnknownNameError: no such bot.
        SituationError: another game.
    """

    def __init__(self, me: str, reasoner: Reasoner, name: str, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        _named(name)
        self._rule = RULES[name]
        self._payoffs = _on_a_circle(reasoner)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """What the rule says, or now and then something else."""
        legal = situation.legal(self.me)
        says = self._says(situation)
        if says is None:
            return legal[rng.integers(len(legal))], memory
        slips = (1.0 - FOLLOWS) / (len(legal) - 1)
        return draw({a: FOLLOWS if i == says else slips for i, a in enumerate(legal)}, rng), memory

    def _says(self, situation: Situation) -> int | None:
        if not situation.history:
            return None
        seat = list(situation.actions).index(self.me)
        last = tuple(
            actions.index(situation.history[-1][player]) for player, actions in situation.actions.items()
        )
        mine, theirs = self._payoffs[(seat, *last)], self._payoffs[(1 - seat, *last)]
        own = [situation.legal(self.me).index(joint[self.me]) for joint in situation.history[-2:]]
        return self._rule.follows(own, last[1 - seat], int(np.sign(mine - theirs)) % 3)


def _on_a_circle(reasoner: Reasoner) -> NDArray[np.float64]:
    """The payoffs ``[2, 3, 3]``, which depend on how far apart the two actions are and on nothing else.

    Raises:
        SituationError: they are not such payoffs.
    """
    if isinstance(reasoner, NormalFormReasoner) and reasoner.payoffs.shape == (2, 3, 3):
        payoffs = reasoner.payoffs
        if np.array_equal(payoffs, np.roll(payoffs, (1, 1), axis=(1, 2))):
            return payoffs
    raise SituationError(
        "rps-bot plays games of two players whose three actions lie on a circle, such as "
        "rock-paper-scissors; it cannot play this task"
    )
