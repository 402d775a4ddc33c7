"""Numbers and texts from models and their servers, checked where they enter: what is none is set aside.

Budgets add up what servers count, beliefs are moved by what they say of probabilities, and both are written
down. A number below zero would make a budget larger, one that is no number would poison a belief.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from atom.errors import warn_once

_log = logging.getLogger(__name__)

MOST_TOKENS = 10**9
"""What no reply takes."""

_ROUNDING = 1e-2
"""How far log-probabilities may be above 0, and the probabilities of one token together above 1."""

_READ = 4096
"""How many characters of an error are read."""


def tokens_of(model: str, counts: Mapping[str, Any]) -> dict[str, int]:
    """Counts of tokens, 0 for what is none, which is said once of a model.

    Args:
        model: its name, for the warning.
        counts: name -> what a server sent; None where it sent nothing.
    """
    found = {name: _count(count) for name, count in counts.items()}
    odd = [name for name, count in found.items() if count is None]
    if odd:
        say_once(
            model, "counts", f"{odd[0]} is no number of tokens, {_shown(counts[odd[0]])}; it counts as 0"
        )
    return {name: count or 0 for name, count in found.items()}


def cost_of(cost: object) -> float | None:
    """A price in US dollars; None for none, and for what cannot be one."""
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        return None
    return float(cost) if 0.0 <= cost < math.inf else None


def log_probabilities(tokens: object, parts: Any) -> tuple[tuple[Mapping[str, float], ...], str]:
    """For each token of a reply, token -> log-probability, and what is wrong with them; nothing for none.

    Those of which one is wrong are set aside as a whole: one that is NaN would count as certain.

    Args:
        tokens: as a server sent them.
        parts: ``parts(of, name)`` reads a part of an object; None where it is not there.
    """
    found: list[Mapping[str, float]] = []
    for token in tokens if isinstance(tokens, list | tuple) else ():
        listed = parts(token, "top_logprobs")
        if listed is not None and not isinstance(listed, list | tuple):
            return (), f"its list is {_shown(listed)}"
        top: dict[str, float] = {}
        for entry in listed or ():
            name, value = parts(entry, "token"), parts(entry, "logprob")
            if not isinstance(name, str) or not _is_logprob(value):
                return (), f"the token {_shown(name)} has {_shown(value)}"
            top[as_text(name)] = float(value)
        if math.fsum(map(math.exp, top.values())) > 1.0 + _ROUNDING:
            return (), "the probabilities of one token are more than 1 together"
        found.append(top)
    return tuple(found), ""


def as_text(text: str) -> str:
    """A text that can be written down and sent: halves of surrogate pairs are joined, or replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def in_short(text: object) -> str:
    """The beginning of an error's words, in which its reason is looked for; it may be megabytes long."""
    try:
        return as_text(str(text)[:_READ])
    except Exception:  # noqa: BLE001 - whatever it does, such as a number too long to be written
        return type(text).__name__


def say_once(model: str, what: str, words: str) -> None:
    """Warns of a model, once for each kind of thing.

    Args:
        model: its name.
        what: the kind.
        words: what is wrong.
    """
    warn_once(_log, (model, what), "%s: %s", model, words)


def _count(count: object) -> int | None:
    if count is None:
        return 0
    if isinstance(count, bool) or not isinstance(count, int | float) or not 0 <= count <= MOST_TOKENS:
        return None
    return int(count)


def _is_logprob(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value <= _ROUNDING  # minus infinity is one; NaN is not


def _shown(value: object) -> str:
    try:
        return ascii(value)[:40]
    except (ValueError, RecursionError):
        return type(value).__name__
