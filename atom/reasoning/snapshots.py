"""What a situation was when it was asked about, whatever becomes of the lists that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atom.situation import JointAction, Situation


def snapshot(situation: Situation) -> tuple[Any, ...] | None:
    """A value that equals another's where both situations are the same, also once one of them was changed.

    A history that goes on in one list, and a board that is changed in place, are another situation: so
    containers are copied. Joint actions within a history are not. A board is looked at once for each
    ``Situation``: who changes it makes a new one.

    Returns:
        None where that cannot be said: a state that holds what is neither plain data nor hashable by value.
    """
    try:
        return (
            tuple((player, tuple(actions)) for player, actions in situation.actions.items()),
            _frozen(situation.state),
            tuple(situation.history),
            situation.description,
            _frozen(situation.moved),
            _frozen(situation.turns),
            _frozen(situation.announced),
            _frozen(situation.private),
            _frozen(situation.possible),
        )
    except (TypeError, RecursionError):
        return None


def length_and_last(situation: Situation) -> tuple[int, JointAction | None]:
    """What shows at a glance that the history of one and the same situation went on, or moved by a step."""
    history = situation.history
    return len(history), history[-1] if history else None


def _frozen(value: Any) -> Any:
    """Plain data without anything that can be changed in place.

    Raises:
        TypeError: a value that may be changed in place.
    """
    if isinstance(value, Mapping):
        return "mapping", tuple((key, _frozen(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    by_identity = getattr(type(value), "__hash__", None) is object.__hash__
    if by_identity and value is not None:  # equal to itself alone, however it changes
        raise TypeError(f"a {type(value).__name__} may change in place")
    hash(value)
    return value
