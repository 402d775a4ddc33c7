"""Baselines that need to know with whom, or with what, they are paired."""

from __future__ import annotations

import re
from collections.abc import Sequence

from partners import ZOO, split_name

ORACLE = "oracle"
NEED_A_MODEL = ("prompt-only", "gate-only", "prompt-and-gate", "recommend-only", "recommend-and-gate")
"""Baselines that say nothing without a language model, see ``partners.llm``."""


def true_orders(name: str) -> str | None:
    """The ToM order of a player by its name, in the form of ``oracle``'s argument.

    Args:
        name: a name of the zoo.

    Returns:
        ``"1"`` for ``tom-1``, ``"2-0@8"`` for ``switching``, that of the inner player for ``noisy``; None
        for players that have no order of their own.

    Example:
        >>> true_orders("tom-1"), true_orders("noisy:0.1:switching:0-2@5"), true_orders("random")
        ('1', '0-2@5', None)
    """
    base, argument = split_name(name)
    if fixed := re.fullmatch(r"tom-(\d+)", base):
        return fixed[1]
    if base not in ("noisy", "switching"):
        return None
    argument = ZOO[base].default if argument is None else argument
    return true_orders(argument.partition(":")[2]) if base == "noisy" else argument


def told_names(names: Sequence[str]) -> list[str]:
    """The names with every ``oracle`` told what sits opposite, ``oracle:ORDERS``.

    Raises:
        ValueError: an oracle whose partner has no order, or a baseline without its language model.
    """
    told = []
    for seat, name in enumerate(names):
        if name in NEED_A_MODEL:
            raise ValueError(
                f"the baseline {name!r} needs a language model: name one, llm:MODEL@{name}. With exact "
                "reasoners an agent always acts on its prediction, and it would equal 'bayes'"
            )
        if name == ORACLE:
            others = dict.fromkeys(other for i, other in enumerate(names) if i != seat)
            orders = {true_orders(other) for other in others}
            if len(orders) != 1 or None in orders:
                raise ValueError(
                    f"the baseline 'oracle' is told its partner's order, and {', '.join(others)} has none "
                    "that is fixed beforehand; pair it with tom-K or switching, or give an order: oracle:1"
                )
            name = f"{ORACLE}:{orders.pop()}"  # noqa: PLW2901 - the same seat, told
        told.append(name)
    return told
