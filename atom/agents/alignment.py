"""Which ToM order to act at: one apart from every partner's, where there is one (paper: aligned orders)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from atom.agents.settings import Response
from atom.belief.contract import bound_to
from atom.decision import Standing, order_of
from atom.randomness import Uniform


def order_to_act(
    estimates: Mapping[str, str],
    standings: Mapping[str, Standing | None],
    *,
    declares: int | None,
    current: int | None,
    response: Response,
    rng: Uniform,
) -> tuple[int | None, bool]:
    """The ToM order to act at, and whether it fits all partners.

    Args:
        estimates: partner -> the hypothesis that it is taken for.
        standings: partner -> how its declaration stands.
        declares: the order that the agent itself declared; None for none.
        current: the order that it acted at last; None before the first decision.
        response: see ``Acting``.
        rng: decides between two orders that fit.

    Returns:
        the order; None where a partner is no order, and is answered as it is predicted.
    """
    if declares is not None and bound_to(declares, standings.values()):
        return declares, True
    orders = [order_of(estimate) for estimate in estimates.values()]
    numbers = [order for order in orders if order is not None]
    if len(numbers) < len(orders):
        return None, False
    order = _respond(numbers, current, response, rng)
    return order, _aligned(order, numbers)


def _respond(estimated: Sequence[int], current: int | None, response: Response, rng: Uniform) -> int:
    if not estimated:
        return 0
    above = max(estimated) + 1
    if response == "above":
        return above
    if current is not None and _aligned(current, estimated):
        return current
    below = above - 2
    if below >= 0 and _aligned(below, estimated):
        return (below, above)[int(rng.random() * 2)] if _aligned(above, estimated) else below
    return above


def _aligned(order: int, estimates: Iterable[int]) -> bool:
    """Whether ``order`` is one apart from every estimate."""
    return {order - 1, order + 1}.issuperset(estimates)
