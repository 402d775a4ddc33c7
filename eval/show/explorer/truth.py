"""What a player really was, in words and as the hypothesis of others that it would be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from eval.play import true_orders
from partners import asks_models, traits_of
from partners.tom import orders_and_rounds


def truth_of(name: str, acted: Sequence[int | None]) -> dict[str, Any]:
    """What a player was in every step.

    Args:
        name: of the zoo, or of a language model or anybody else.
        acted: the order that it acted at in every step, None where it said none: ``[T]``.

    Returns:
        ``{"kind": …, "labels": [T], "text": …}``: ``kind`` is ``"order"`` for players of a fixed order,
        ``"acts"`` for those who choose one in every step, ``"habit"`` for those who follow a rule without
        any, ``"none"`` where nothing is known; labels are names of hypotheses, or None.
    """
    if (orders := true_orders(name)) is not None:
        own, rounds = orders_and_rounds(orders)
        labels: list[str | None] = [str(own[bisect_right(rounds, t + 1)]) for t in range(len(acted))]
        whole = f"is of order {orders}" if not rounds else f"changes its order: {orders}"
        return {"kind": "order", "labels": labels, "text": f"{name} {whole}"}
    if any(order is not None for order in acted):
        labels = [None if order is None else str(order) for order in acted]
        return {"kind": "acts", "labels": labels, "text": f"{name} chooses an order in every step"}
    if _is_rule(name):
        text = f"{name} is of no order: it follows a rule"
        return {"kind": "habit", "labels": ["habits"] * len(acted), "text": text}
    return {"kind": "none", "labels": [None] * len(acted), "text": f"{name} is of no order"}


def _is_rule(name: str) -> bool:
    if asks_models(name):
        return False
    try:
        traits = traits_of(name)
    except (ValueError, ModuleNotFoundError):
        return False  # a person, a player of another package
    return traits.order is None and not traits.adaptive
