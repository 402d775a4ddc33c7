"""A tiny Hanabi: one player sees a card and gives a hint, the other one plays it or not.

What a sign means is a convention, and there are as many as there are ways to give cards to signs. Saying the
card is understood without one, and costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import permutations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atom import BayesianGameReasoner, JointAction, Situation
from atom.randomness import RandomStream
from atom.reasoning import Renaming
from eval.tasks.base import State, Transition, in_two_parts

PLAYERS = ("player-1", "player-2")
COLOURS = ("red", "blue", "green", "white")
SIGNS = ("circle", "square", "star", "cross")
KEEP = "keep"
POINTS = (1.0, -2.0, -0.5, -3.0)
"""For the right colour, for a wrong one, for saying a colour, and for saying a wrong one."""
MOST_CARDS = len(COLOURS)


class TinyHanabiTask:
    """Every round player-1 alone sees a card and hints at it, and player-2 plays it as a colour or keeps it.

    Both get what comes of it. A sign costs nothing. Saying a colour costs half a point, and a wrong one
    loses the round, as the rules of Hanabi forbid it. Cards come equally often, in an order unknown to all.

    Args:
        name: as given on the command line.
        n_cards: colours, and signs, 2 to 4.
        reveals: whether the card is shown after the round.
        points: see ``POINTS``.
    """

    better: Literal["higher"] = "higher"
    unit = "points"
    players = PLAYERS

    def __init__(
        self, name: str, n_cards: int = 2, *, reveals: bool = True, points: Sequence[float] = POINTS
    ) -> None:
        if not 2 <= n_cards <= MOST_CARDS:
            raise ValueError(f"a tiny Hanabi has 2 to {MOST_CARDS} cards, got {n_cards}")
        self.name = name
        self.reveals = reveals
        self.cards, self.signs = COLOURS[:n_cards], SIGNS[:n_cards]
        self.max_steps = 10 * n_cards
        self._right, self._wrong, self._saying, self._lying = points
        self.optimum = self._right * self.max_steps
        hints = (*self.signs, *(f"say {card}" for card in self.cards))
        self._actions = dict(zip(PLAYERS, (hints, (KEEP, *self.cards)), strict=True))

    def settings(self) -> dict[str, Any]:
        """All that the task is made from but its name, as JSON-serialisable data."""
        points = [self._right, self._wrong, self._saying, self._lying]
        return {"n_cards": len(self.cards), "reveals": self.reveals, "points": points}

    @cached_property
    def deck(self) -> tuple[str, ...]:
        """The cards in the order in which they are dealt."""
        rng = RandomStream(0, 0, 0, "deck")
        rest = [self.cards[i % len(self.cards)] for i in range(self.max_steps)]
        return tuple(rest.pop(rng.integers(len(rest))) for _ in range(self.max_steps))

    @cached_property
    def payoffs(self) -> NDArray[np.float64]:
        """``[cards, 1, 2, hints, plays]``: what both get."""
        hints, plays = self._actions.values()
        found = np.zeros((len(self.cards), 1, 2, len(hints), len(plays)))
        for v, card in enumerate(self.cards):
            for h, hint in enumerate(hints):
                for a, play in enumerate(plays):
                    found[v, 0, :, h, a] = self.worth(card, hint, play)
        return found

    def worth(self, card: str, hint: str, play: str) -> float:
        """What both get in a round."""
        played = 0.0 if play == KEEP else self._right if play == card else self._wrong
        if hint in self.signs:
            return played
        return self._saying + played if hint == f"say {card}" else self._lying

    @cached_property
    def _reasoner(self) -> BayesianGameReasoner:
        renamings = []
        for signs in permutations(self.signs):
            became = {one: to for one, to in zip(self.signs, signs, strict=True) if one != to}
            said = " ".join(f"{one}>{to}" for one, to in became.items()) or "()"
            renamings.append(Renaming(said, became))
        renamings.sort(key=lambda one: len(one.actions))
        views = [self.cards, ("nothing",)]
        return BayesianGameReasoner(self.payoffs, list(self._actions.values()), views, symmetries=renamings)

    def reasoner(self) -> BayesianGameReasoner:
        """Exact level-k reasoning over the card; its symmetries are the ways to exchange signs."""
        return self._reasoner

    def start(self) -> State:
        """No round played."""
        return []

    def situation(self, state: State) -> Situation:
        """The first player sees the card, the second one will see the hint."""
        first, second = PLAYERS
        return Situation(
            self._actions,
            history=state,
            turns=((first,), (second,)),
            private={first: self.deck[len(state)]},
            possible={first: dict.fromkeys(self.cards, 1.0 / len(self.cards))},
        )

    def step(self, state: State, actions: JointAction) -> Transition:
        """Both get what the round is worth."""
        points = self.worth(self.deck[len(state)], *(actions[player] for player in PLAYERS))
        history = [*state, {player: actions[player] for player in PLAYERS}]
        return Transition(history, dict.fromkeys(PLAYERS, points), len(history) >= self.max_steps)

    def describe(self, state: State) -> str:
        """The rules and the last round, in words that tell nobody the card."""
        first, second = PLAYERS
        cards, signs = f"{', '.join(self.cards[:-1])} or {self.cards[-1]}", ", ".join(self.signs)
        rules = (
            f"Every round {first} sees a card, {cards}, and {second} does not. {first} gives a hint: a sign\n"
            f"({signs}), which means what the two make of it, or it says the colour.\n"
            f"{second} sees the hint, and plays the card as a colour or keeps it.\n"
            f"Both get {self._right:g} for the right colour, {self._wrong:g} for a wrong one, 0 for none.\n"
            f"Saying a colour costs {-self._saying:g}; a wrong one {-self._lying:g}, whatever is played.\n"
            f"The game lasts {self.max_steps} rounds."
        )
        last = "Nothing was played yet."
        if state:
            card = f"the card was {self.deck[len(state) - 1]}, " if self.reveals else ""
            last = f"In the last round {card}" + ", ".join(
                f"{who} chose {did}" for who, did in state[-1].items()
            )
            last += "."
        return in_two_parts(rules, last)
