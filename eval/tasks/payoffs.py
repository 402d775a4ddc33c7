"""Payoffs in words: a table of two players, a list of more."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

FORM = os.environ.get("FORM", "rows")


def payoffs_in_words(payoffs: NDArray[np.float64], actions: Mapping[str, Sequence[str]]) -> str:
    players = list(actions)
    common = bool((payoffs == payoffs[0]).all())
    names = [list(map(_word, own)) for own in actions.values()]

    def cell(index):
        got = payoffs[(slice(None), *index)]
        return f"{got[0]:g}" if common else "/".join(f"{x:g}" for x in got)

    first = players[0]
    if len(players) == 2 and FORM == "table":
        head = "Payoffs, the same for both" if common else f"Payoffs, {players[0]}'s/{players[1]}'s"
        lines = [
            f"{head}; rows are actions of {players[0]}, columns of {players[1]}:",
            "; ".join(["", *names[1]]),
        ]
        lines += [
            "; ".join([name, *(cell((i, j)) for j in range(len(names[1])))])
            for i, name in enumerate(names[0])
        ]
        return "\n".join(lines)
    if len(players) == 2 and FORM == "rows":
        head = "what each of both gets" if common else f"what {players[0]}/{players[1]} gets"
        lines = [f"For each action of {players[0]}, the action of {players[1]} and {head}:"]
        lines += [
            f"{name}: " + ", ".join(f"{other} {cell((i, j))}" for j, other in enumerate(names[1]))
            for i, name in enumerate(names[0])
        ]
        return "\n".join(lines)
    if len(players) == 2 and FORM == "if":
        head = "Both get the same." if common else f"Payoffs are {players[0]}'s/{players[1]}'s."
        lines = [head]
        lines += [
            f"If {players[0]} does {name}: "
            + ", ".join(f"{other} pays {cell((i, j))}" for j, other in enumerate(names[1]))
            + "."
            for i, name in enumerate(names[0])
        ]
        return "\n".join(lines)
    who = ", ".join(players)
    head = "what each gets" if common else "what they get in this order"
    lines = [f"Actions of {who}, and {head}:"]
    sep = ""
    for index in np.ndindex(*payoffs.shape[1:]):
        lines.append(" + ".join(names[p][i] for p, i in enumerate(index)) + f": {cell(index)}")
    return "\n".join(lines)


def _word(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name) else json.dumps(name)
