"""Payoffs in words: rows of two players' actions, a line for each joint action of more players."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_PLAIN = re.compile(r"[\w-]+")
_TWO = 2


def payoffs_in_words(payoffs: NDArray[np.float64], actions: Mapping[str, Sequence[str]]) -> str:
    """What joint actions pay: one number where that is common to all, else one for each player.

    Args:
        payoffs: ``[N, A_1, ..., A_N]``.
        actions: player -> the names of its actions, in the order of the axes.

    Example:
        >>> payoffs = np.array([[[4, 0], [3, 3]], [[4, 3], [0, 3]]])
        >>> print(payoffs_in_words(payoffs, {"ann": "SH", "ben": "SH"}))
        For each action of ann: the action of ben, and what they get, ann's/ben's.
        S: S 4/4, H 0/3
        H: S 3/0, H 3/3
    """
    players = list(actions)
    names = [[_word(name) for name in own] for own in actions.values()]
    common = bool((payoffs == payoffs[0]).all())
    kept = payoffs[:1] if common else payoffs
    paid = {
        index: "/".join(number_in_words(payoff) for payoff in kept[(slice(None), *index)])
        for index in np.ndindex(*payoffs.shape[1:])
    }
    got = "what each of them gets" if common else "what they get, " + "/".join(f"{p}'s" for p in players)
    if len(players) == _TWO:
        rows = [
            f"{name}: " + ", ".join(f"{other} {paid[i, j]}" for j, other in enumerate(names[1]))
            for i, name in enumerate(names[0])
        ]
        return "\n".join([f"For each action of {players[0]}: the action of {players[1]}, and {got}.", *rows])
    lines = [
        ", ".join(names[player][action] for player, action in enumerate(index)) + f": {value}"
        for index, value in paid.items()
    ]
    return "\n".join([f"For the actions of {', '.join(players)}: {got}.", *lines])


def number_in_words(number: float) -> str:
    """The shortest text that no other float has.

    Example:
        >>> number_in_words(3.0), number_in_words(0.1), number_in_words(1000001)
        ('3', '0.1', '1000001')
    """
    # -0.0 equals 0.0 and must not look different
    return repr(float(number) + 0.0).removesuffix(".0")


def _word(name: str) -> str:
    """A name as it is where it is one word, else in quotes, so that rows can be told apart."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name)
