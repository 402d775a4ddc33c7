"""Repeated normal-form games (paper, "Repeated matrix game")."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atom import JointAction, NormalFormReasoner, PayoffError, Situation, symmetric_payoffs
from atom.reasoning.normal_form import Ties
from eval.tasks.base import State, Transition, in_two_parts
from eval.tasks.payoffs import payoffs_in_words

ROUNDS = 15
_TIES_IN_WORDS: dict[Ties, str] = {
    "first": "Of equally good actions players take the first.",
    "next": "Of equally good actions players take the one that follows the likeliest action of the other, "
    "in a circle.",
    "uniform": "Of equally good actions players take each with the same chance.",
}
REWARD = 5.0
LARGEST_SCORE = 1e100
"""Scores are squared for their variance, and floats end at 1e308."""


class MatrixTask:
    """A normal-form game played for a number of rounds; the score is the sum of a player's payoffs.

    Args:
        name: as given on the command line.
        payoffs: ``[N, A_1, ..., A_N]``.
        actions: the actions' names, for every player the same or one list each.
        rounds: length of an episode, >= 1.
        memory: what ToM-0 remembers, see ``NormalFormReasoner``.
        ties: see ``NormalFormReasoner``.
        rules: the payoffs in words; made from the payoffs where it is left out.
        optimum: the best score of an aligned pair, where known.

    Raises:
        PayoffError: scores that are too large for a variance to be taken of them, or an optimum that is no
            finite number.
    """

    better: Literal["higher"] = "higher"
    unit = "points"

    def __init__(
        self,
        name: str,
        payoffs: NDArray[np.float64],
        actions: list[str] | list[list[str]],
        *,
        rounds: int = ROUNDS,
        memory: int | None = 1,
        ties: Ties = "first",
        rules: str = "",
        optimum: float | None = None,
    ) -> None:
        self.name = name
        self.payoffs = payoffs
        self.players = tuple(f"player-{i + 1}" for i in range(payoffs.shape[0]))
        per_player = [actions] * len(self.players) if isinstance(actions[0], str) else actions
        self._actions: dict[str, tuple[str, ...]] = {
            player: tuple(own) for player, own in zip(self.players, per_player, strict=True)
        }
        self.max_steps = rounds
        self.memory = memory
        self.optimum = optimum
        self._ties: Ties = ties
        self._rules = rules
        self._check_scores()

    def _check_scores(self) -> None:
        """Before anything is played: sums and squares of scores must stay within floats."""
        largest = float(np.abs(self.payoffs).max(initial=0.0))
        if not largest * self.max_steps <= LARGEST_SCORE:
            raise PayoffError(
                f"the payoffs of {self.name!r} are up to {largest:g}, so that scores of {self.max_steps} "
                f"rounds are beyond {LARGEST_SCORE:g}; divide all payoffs by one number"
            )
        if self.optimum is not None and not abs(self.optimum) <= LARGEST_SCORE:
            raise PayoffError(
                f"the optimum of {self.name!r} is {self.optimum}; give a finite number, or leave it out"
            )

    def settings(self) -> dict[str, Any]:
        """What it was made with but for its name, as JSON-serialisable data."""
        return {
            "payoffs": self.payoffs.tolist(),
            "actions": [list(own) for own in self._actions.values()],
            "rounds": self.max_steps,
            "memory": self.memory,
            "ties": self._ties,
            "rules": self._rules,
            "optimum": self.optimum,
        }

    @cached_property
    def _reasoner(self) -> NormalFormReasoner:
        return NormalFormReasoner(self.payoffs, memory=self.memory, ties=self._ties)

    def reasoner(self) -> NormalFormReasoner:
        """Exact level-k reasoning for these payoffs."""
        return self._reasoner

    def start(self) -> State:
        """No round played."""
        return []

    def situation(self, state: State) -> Situation:
        """The rounds so far are the history."""
        return Situation(actions=self._actions, history=state)

    def step(self, state: State, actions: JointAction) -> Transition:
        """Every player gets the payoff of the joint action."""
        index = tuple(self._actions[player].index(actions[player]) for player in self.players)
        scores = {player: float(self.payoffs[(i, *index)]) for i, player in enumerate(self.players)}
        history = [*state, {player: actions[player] for player in self.players}]
        return Transition(history, scores, len(history) >= self.max_steps)

    def describe(self, state: State) -> str:
        """Rules, payoffs, ties and what is remembered in words; two states of equal memory read alike."""
        kept, remembered = self._memory_in_words(state)
        rules = [
            f"{', '.join(self.players)} choose an action at the same time, again and again.",
            self._rules or self._payoffs_in_words,
            f"The game lasts {self.max_steps} rounds.",
            _TIES_IN_WORDS[self._ties],
            kept,
        ]
        return in_two_parts("\n".join(rules), "\n".join(remembered))

    def _memory_in_words(self, state: State) -> tuple[str, list[str]]:
        """What players remember at all, and what that is now."""
        # Everybody remembers a round of first actions from before the first one, see NormalFormReasoner.
        common = {player: actions[0] for player, actions in self._actions.items()}
        if self.memory is None:
            return "Players remember how often each action was chosen.", [
                f"Remembered counts of {player}: "
                + ", ".join(f"{a} {sum(joint[player] == a for joint in [common, *state])}" for a in actions)
                + "."
                for player, actions in self._actions.items()
            ]
        remembered = state[-self.memory :]
        if len(remembered) < self.memory:
            remembered = [common, *remembered]
        last = "the last round" if self.memory == 1 else f"the last {self.memory} rounds"
        return f"Players remember {last}.", [
            "Remembered: " + ", ".join(f"{player} chose {joint[player]}" for player in self.players) + "."
            for joint in remembered
        ]

    @cached_property
    def _payoffs_in_words(self) -> str:
        return payoffs_in_words(self.payoffs, self._actions)


def action_names(n: int) -> list[str]:
    """Names of n actions: A, B, C, …, or A1, A2, … where there are more than letters."""
    return [chr(ord("A") + i) for i in range(n)] if n <= 26 else [f"A{i + 1}" for i in range(n)]


def _common(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return symmetric_payoffs(REWARD * matrix)


def memory_one() -> MatrixTask:
    """Different actions score; ToM-0 remembers the last round (paper, Memory-1)."""
    return MatrixTask(
        "memory-1", _common(1.0 - np.eye(2)), action_names(2), memory=1, optimum=REWARD * ROUNDS
    )


def memory_n() -> MatrixTask:
    """Different actions score; ToM-0 remembers how often each action was taken (paper, Memory-N)."""
    return MatrixTask(
        "memory-n", _common(1.0 - np.eye(2)), action_names(2), memory=None, optimum=REWARD * ROUNDS
    )


def one_ahead(n: int, rounds: int = ROUNDS) -> MatrixTask:
    """Neighbours on a circle of n actions score; of two best responses, the one after the partner's.

    Its orders differ on every round, which those of Memory-1 do not.
    """
    a = np.arange(n)
    distance = (a[:, None] - a[None, :]) % n
    return MatrixTask(
        f"one-ahead-{n}",
        _common(((distance == 1) | (distance == n - 1)).astype(float)),
        action_names(n),
        ties="next",
        rounds=rounds,
        optimum=REWARD * rounds,
    )


def anti_coordination(n: int) -> MatrixTask:
    """Different actions score."""
    return MatrixTask(
        f"anti-coordination-{n}",
        _common(1.0 - np.eye(n)),
        action_names(n),
        ties="next",
        optimum=REWARD * ROUNDS,
    )


def coordination(n: int) -> MatrixTask:
    """Equal actions score."""
    return MatrixTask(f"coordination-{n}", _common(np.eye(n)), action_names(n), optimum=REWARD * ROUNDS)


def levers(n: int) -> MatrixTask:
    """Two players pull one of n levers each; the same one scores (Hu et al. 2020, "Other-Play", section 2).

    The levers are alike, so whoever pairs up has to settle on one of them.
    """
    return MatrixTask(f"lever-{n}", _common(np.eye(n)), action_names(n), optimum=REWARD * ROUNDS)


def stag_hunt() -> MatrixTask:
    """Hunting the stag together pays 4 each, hare pays 3 with a hare hunter and 3 alone, stag alone 0."""
    return MatrixTask(
        "stag-hunt",
        symmetric_payoffs([[4.0, 0.0], [3.0, 3.0]]),
        ["stag", "hare"],
        optimum=4.0 * ROUNDS,
    )


def rock_paper_scissors() -> MatrixTask:
    """Each action beats the one before it on a circle: 3 for a win, 0 for a tie, -1 for a loss.

    Points and rounds are those of the people and bots in ``eval/data/people`` (Brockbank and Vul 2024).
    """
    a = np.arange(3)
    ahead = (a[:, None] - a[None, :]) % 3
    return MatrixTask(
        "rock-paper-scissors",
        symmetric_payoffs(np.array([0.0, 3.0, -1.0])[ahead]),
        ["rock", "paper", "scissors"],
        rounds=300,
        ties="uniform",
    )
