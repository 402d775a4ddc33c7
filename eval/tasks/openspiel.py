"""OpenSpiel's ``tiny_hanabi`` as a task (extra: ``openspiel``): both players see a card of their own."""

from __future__ import annotations

import importlib
from functools import cached_property
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atom import BayesianGameReasoner, JointAction, Situation
from atom.randomness import RandomStream
from eval.tasks.base import State, Transition, in_two_parts
from eval.tasks.payoffs import payoffs_in_words

PLAYERS = ("player-1", "player-2")
_EACH = 3


class OpenSpielTinyHanabi:
    """The game again and again: player-1 acts, player-2 sees that and acts, both get the same.

    Every deal is played as often, in an order unknown to all, and every step is taken in OpenSpiel. Cards are
    shown after the round.

    Raises:
        ValueError: no ``open_spiel``.
    """

    better: Literal["higher"] = "higher"
    unit = "points"
    players = PLAYERS
    name = "openspiel-tiny-hanabi"

    def __init__(self) -> None:
        try:
            spiel: Any = importlib.import_module("pyspiel")
        except ImportError as error:
            raise ValueError(
                "the task 'openspiel-tiny-hanabi' needs the package 'open_spiel'; install it with "
                "pip install 'langgraph-atom[openspiel]'"
            ) from error
        self._game = spiel.load_game("tiny_hanabi")
        parameters = self._game.get_parameters()
        cards, actions = (range(parameters[key]) for key in ("num_chance", "num_actions"))
        self._cards = [f"card {card}" for card in cards]
        self._actions = dict.fromkeys(PLAYERS, tuple(f"action {action}" for action in actions))
        self.max_steps = _EACH * len(cards) ** 2

    @cached_property
    def payoffs(self) -> NDArray[np.float64]:
        """``[cards, cards, 2, actions, actions]``: what each gets, as OpenSpiel says."""
        n_cards, n_actions = len(self._cards), len(self._actions[PLAYERS[0]])
        found = np.zeros((n_cards, n_cards, 2, n_actions, n_actions))
        for cards in product(range(n_cards), repeat=2):
            for actions in product(range(n_actions), repeat=2):
                for player, points in enumerate(self._returns(cards, actions)):
                    found[(*cards, player, *actions)] = points
        return found

    def _returns(self, cards: tuple[int, ...], actions: tuple[int, ...]) -> list[float]:
        state = self._game.new_initial_state()
        for move in (*cards, *actions):
            state.apply_action(move)
        return list(state.returns())

    @cached_property
    def _deals(self) -> list[tuple[int, ...]]:
        rng = RandomStream(0, 0, 0, "deals")
        rest = [deal for deal in product(range(len(self._cards)), repeat=2) for _ in range(_EACH)]
        return [rest.pop(rng.integers(len(rest))) for _ in range(self.max_steps)]

    @cached_property
    def optimum(self) -> float:
        """What the best pair of deterministic plans gets, by enumeration over the first player's."""
        worth = self.payoffs[:, :, 0] / len(self._cards) ** 2
        best = -np.inf
        n = worth.shape[2]
        for plan in product(range(n), repeat=len(self._cards)):
            # what player-2 sees: its card, and what was done
            seen = np.zeros((len(self._cards), n, n))
            for card, action in enumerate(plan):
                seen[:, action] += worth[card, :, action]
            best = max(best, float(seen.max(axis=2).sum()))
        return best * self.max_steps

    @cached_property
    def _reasoner(self) -> BayesianGameReasoner:
        return BayesianGameReasoner(self.payoffs, list(self._actions.values()), [self._cards, self._cards])

    def reasoner(self) -> BayesianGameReasoner:
        """Exact level-k reasoning over both cards."""
        return self._reasoner

    def start(self) -> State:
        """No round played."""
        return []

    def situation(self, state: State) -> Situation:
        """Each sees its own card, and player-2 what player-1 did."""
        deal = self._deals[len(state)]
        alike = dict.fromkeys(self._cards, 1.0 / len(self._cards))
        return Situation(
            self._actions,
            history=state,
            turns=tuple((player,) for player in PLAYERS),
            private={player: self._cards[card] for player, card in zip(PLAYERS, deal, strict=True)},
            possible=dict.fromkeys(PLAYERS, alike),
        )

    def step(self, state: State, actions: JointAction) -> Transition:
        """What OpenSpiel returns."""
        done = tuple(self._actions[player].index(actions[player]) for player in PLAYERS)
        scores = dict(zip(PLAYERS, self._returns(self._deals[len(state)], done), strict=True))
        history = [*state, {player: actions[player] for player in PLAYERS}]
        return Transition(history, scores, len(history) >= self.max_steps)

    def describe(self, state: State) -> str:
        """The rules, and the payoffs of every deal, in words that tell nobody a card of now."""
        first, second = PLAYERS
        rules = [f"Both have a card that they alone see. {first} acts, and {second} sees that and acts."]
        for deal in product(range(len(self._cards)), repeat=2):
            held = " and ".join(
                f"{player} has {self._cards[c]}" for player, c in zip(PLAYERS, deal, strict=True)
            )
            rules.append(f"Where {held}: {payoffs_in_words(self.payoffs[deal], self._actions)}")
        rules.append(f"The game lasts {self.max_steps} rounds.")
        last = "Nothing was played yet."
        if state:
            last = (
                "In the last round " + ", ".join(f"{who} chose {did}" for who, did in state[-1].items()) + "."
            )
        return in_two_parts("\n".join(rules), last)
