"""What a partner is taken for, and which ToM order to act at: one apart from every partner's (paper)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from atom.agents.settings import Response, Selection
from atom.belief.contract import bound_to
from atom.decision import Standing, order_of
from atom.randomness import Uniform, draw


def taken_for(
    belief: Mapping[str, float],
    kept: str | None,
    standing: Standing | None,
    selection: Selection,
    rng: Uniform,
) -> str:
    """The hypothesis that a partner is taken for: the declared one, or by the selection.

    Args:
        belief: hypothesis -> probability.
        kept: what the partner was taken for so far, while its actions supported it.
        standing: how its declaration stands.
        selection: see ``Acting``.
        rng: draws from the belief.
    """
    if standing is not None and standing.broken_at is None:
        return str(standing.order)
    if selection == "leader":
        return max(belief, key=belief.__getitem__)
    if selection == "win-stay" and kept is not None:
        return kept
    return draw(belief, rng)


def among(
    known: Mapping[str, Iterable[str]],
    estimates: Mapping[str, str],
    beliefs: Mapping[str, Mapping[str, float]],
) -> dict[str, str]:
    """The estimates, or the likeliest hypothesis that is known where theirs is not, the first on ties.

    Args:
        known: partner -> hypotheses; a partner of whom none is known is left out.
        estimates: partner -> the hypothesis that it is taken for.
        beliefs: partner -> hypothesis -> probability.
    """
    return {
        p: estimates[p] if estimates[p] in names else max(names, key=beliefs[p].__getitem__)
        for p, names in known.items()
        if names
    }


def order_to_act(
    estimates: Mapping[str, str],
    standings: Mapping[str, Standing | None],
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
