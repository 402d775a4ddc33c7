"""Whose memories the nodes of one graph keep, so that no two agents keep theirs in one place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

from langgraph.graph import StateGraph

from atom.agents.player import Player
from atom.errors import StateKeyError

Seat: TypeAlias = tuple[str, str]
"""Where a memory is kept: the state's key, and the player's name."""


class Seats(ABC):
    """A node that keeps memories of players in a graph's state."""

    @property
    @abstractmethod
    def seats(self) -> Mapping[Seat, Player]:
        """Where memories are kept, and whose."""


def check_seats(builder: StateGraph[Any, Any, Any, Any], name: str, node: Seats) -> None:
    """Refuses a node that keeps a memory where another agent of the graph keeps its own.

    Args:
        builder: a graph under construction.
        name: the node's name there.
        node: the node.

    Raises:
        StateKeyError: two agents have one name under one key.
    """
    for other_name, other in builder.nodes.items():
        taken = other.runnable.seats if isinstance(other.runnable, Seats) else {}
        for seat, player in node.seats.items():
            if taken.get(seat, player) is not player:
                key, me = seat
                raise StateKeyError(
                    f"the nodes {other_name!r} and {name!r} have two agents with the name {me!r}, which "
                    f"would overwrite each other's memory under {key!r}; give each player a name of its own, "
                    "both nodes the same agent, or each node a key of its own, key=..."
                )
