"""Roles: orders that alternate along a graph of partners."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from atom.belief.contract import check_order
from atom.errors import ContractError


def alternating_orders(
    partners: Iterable[tuple[str, str]], declared: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Orders that differ by one along every pair of partners.

    Args:
        partners: the partner graph: pairs of players that need to be aligned.
        declared: player -> order already taken. The others get 0 and 1 in turn, in the order in which
            pairs name them; a neighbour of an order k > 0 gets k - 1.

    Returns:
        player -> order, for every player in ``partners``.

    Raises:
        ContractError: the graph has a cycle of odd length, or declared orders that do not fit.

    Example:
        >>> alternating_orders([("boss", "ann"), ("boss", "ben")])
        {'boss': 0, 'ann': 1, 'ben': 1}
    """
    neighbours: dict[str, list[str]] = {}
    for one, other in partners:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    for player, order in (declared or {}).items():
        check_order(player, order)
        if player not in neighbours:
            raise ContractError(
                f"the contract is for {player!r}, who is in no pair of partners; the players are "
                f"{list(neighbours)}"
            )
    orders = dict(declared or {})
    _spread(orders, list(orders), neighbours)
    for player in neighbours:
        if player not in orders:
            orders[player] = 0
            _spread(orders, [player], neighbours)
    clashes = ((a, b) for a, others in neighbours.items() for b in others if abs(orders[a] - orders[b]) != 1)
    for one, other in clashes:
        raise ContractError(
            f"{one!r} and {other!r} cannot have orders that differ by one (they would get {orders[one]} and "
            f"{orders[other]}): leave a pair of an odd cycle out, or declare other orders"
        )
    return {player: orders[player] for player in neighbours}


def _spread(orders: dict[str, int], begin: list[str], neighbours: Mapping[str, list[str]]) -> None:
    """Gives everybody an order who can be reached from players that have one, nearest first."""
    waiting = deque(begin)
    while waiting:
        current = waiting.popleft()
        for neighbour in neighbours[current]:
            if neighbour not in orders:
                orders[neighbour] = orders[current] - 1 if orders[current] else 1
                waiting.append(neighbour)


def team_orders(partners: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Orders that differ along every pair of partners, for any graph: the roles of a team.

    The lowest order that no partner has yet, in the order in which pairs name the players (first-fit
    colouring). Whoever gets an order k > 0 therefore has partners of *every* order below, so that
    there is always somebody whom it is aligned with. A graph of maximal degree d needs at most
    d + 1 orders; where all are partners of all, everybody has an order of its own. Use it with
    ``DeclaredReasoner``; where two orders suffice it agrees with ``alternating_orders`` on paths,
    stars and whole bipartite graphs.

    Args:
        partners: the partner graph: pairs of players that get in each other's way.

    Returns:
        player -> order.

    Raises:
        ContractError: a player that is its own partner.

    Example:
        >>> team_orders([("ann", "ben"), ("ben", "cem"), ("ann", "cem")])
        {'ann': 0, 'ben': 1, 'cem': 2}
    """
    neighbours: dict[str, set[str]] = {}
    for one, other in partners:
        if one == other:
            raise ContractError(f"{one!r} is named as its own partner; leave that pair out")
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    orders: dict[str, int] = {}
    for player, others in neighbours.items():
        taken = {orders[other] for other in others if other in orders}
        orders[player] = next(order for order in range(len(others) + 1) if order not in taken)
    return orders
