"""Names of hypotheses: an order's is its number, any other is its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

Declared: TypeAlias = int | str
"""What a player may declare: a ToM order, or the name of another hypothesis, such as ``"honest"``."""

HABITS = "habits"
"""Name of the hypothesis that a partner follows habits and models nobody."""


@lru_cache(maxsize=1024)
def order_of(hypothesis: str) -> int | None:
    """The ToM order that a hypothesis's name stands for; None for a hypothesis that is no order."""
    return int(hypothesis) if hypothesis.isascii() and hypothesis.isdigit() else None


def in_words(hypothesis: str) -> str:
    """A hypothesis as people read it: ``"order 1"``, or its name."""
    return hypothesis if order_of(hypothesis) is None else f"order {hypothesis}"
