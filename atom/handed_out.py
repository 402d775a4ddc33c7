"""Memories that this process has just handed out, known by identity, so that they are not checked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T", bound=Mapping[str, Any])

_MOST = 64
_last: OrderedDict[int, Mapping[str, Any]] = OrderedDict()
"""Held, so that no other object takes the place of one of them."""


def hand_out(memory: T) -> T:
    """Remembers a memory that is whole, for as long as 64 others have not followed it, and returns it."""
    _last[id(memory)] = memory
    if len(_last) > _MOST:
        _last.popitem(last=False)
    return memory


def is_own(memory: Mapping[str, Any]) -> bool:
    """Whether this very object was handed out, so that nobody need look at it.

    Memories are never modified in place; one that came back from a checkpoint, a Store or a file is
    another object.
    """
    return _last.get(id(memory)) is memory
