"""What was seen, in terms of what could be expected: actions that differ in form, or that nobody listed."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias, get_args

from langgraph.errors import GraphBubbleUp

from atom.errors import IllegalActionError
from atom.memories import Memory
from atom.situation import JointAction

_log = logging.getLogger("atom")

OnUnseen: TypeAlias = Literal["ignore", "other", "raise"]
"""What to do with an action that is none of the legal ones."""

Classify: TypeAlias = Callable[[str, Any, Sequence[str]], "str | None"]
"""``classify(player, happened, legal)``: the legal action that what happened stands for; None for none."""

OTHER = "other"
"""The legal action that stands for what is not listed."""


def check_on_unseen(on_unseen: OnUnseen) -> OnUnseen:
    """``on_unseen`` itself.

    Raises:
        ValueError: it is none of the choices.
    """
    if on_unseen not in get_args(OnUnseen):
        raise ValueError(f"on_unseen must be 'ignore', 'other' or 'raise', got {on_unseen!r}")
    return on_unseen


def expected_actions(memory: Memory) -> dict[str, Sequence[str]]:
    """Partner -> the legal actions of which the last decision expected one, for all that it waits for."""
    partners = memory.get("partners") or {}
    return {
        name: record["expected"]["actions"] for name, record in partners.items() if record.get("expected")
    }


def listed(
    actions: JointAction,
    expected: Mapping[str, Sequence[str]],
    classify: Classify | None,
    on_unseen: OnUnseen,
    where: str,
) -> tuple[dict[str, Any], list[str]]:
    """What was seen as legal actions, and what could not be counted, one sentence each.

    Args:
        actions: player -> what it did; None for a player of whom nothing was seen.
        expected: player -> its legal actions; players that are absent are left as they are.
        classify: see ``Classify``; None compares forms alone, see ``as_listed``.
        on_unseen: what to do with the rest: leave it out with a warning, take it for the legal action
            ``"other"`` (and leave it out where there is none), or raise.
        where: the node, in warnings and errors.

    Raises:
        IllegalActionError: an action that is none of the legal ones, with ``on_unseen="raise"``.
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for player, happened in actions.items():
        legal = expected.get(player)
        if legal is None or (type(happened) is str and happened in legal):
            found[player] = happened
        elif happened is not None:
            action, why = _one(player, happened, legal, classify)
            if action is None and on_unseen == "other" and OTHER in legal:
                action = OTHER
            if action is not None:
                found[player] = action
                continue
            what = f"{where}: {why}"
            if on_unseen == "raise":
                raise IllegalActionError(
                    f"{what}; name it in the situation, map it by classify=, or pass on_unseen='ignore'"
                )
            _log.warning("%s; it is not counted", what)
            problems.append(f"{what}; it was not counted")
    return found, problems


def as_listed(happened: object, legal: Sequence[str]) -> str | None:
    """The legal action that something is, whatever its case, width or type; None for none, or for several.

    Args:
        happened: a text, an ``Enum`` member, a number, or a collection of one of these.
        legal: the legal actions.
    """
    if isinstance(happened, Enum):
        happened = happened.value
    if isinstance(happened, list | tuple | set | frozenset) and len(happened) == 1:
        (happened,) = happened
    text = happened if isinstance(happened, str) else str(happened)
    if text in legal:
        return str(text)
    folded = _folded(text)
    alike = [action for action in legal if _folded(action) == folded]
    return alike[0] if len(alike) == 1 else None


def _one(
    player: str, happened: Any, legal: Sequence[str], classify: Classify | None
) -> tuple[str | None, str]:
    """One player's legal action, or why there is none."""
    why = f"{_short(happened)} is not a legal action of {player!r}; legal are {list(legal)}"
    action = as_listed(happened, legal)
    if action is not None or classify is None:
        return action, why
    try:
        meant = classify(player, happened, legal)
    except GraphBubbleUp:
        raise
    except Exception as error:  # noqa: BLE001 - it reads what a partner wrote
        return None, f"classify failed on {_short(happened)} ({type(error).__name__}: {error})"
    if meant is None or meant in legal:
        return meant, why
    return None, f"classify took {_short(happened)} for {meant!r}, which is not a legal action of {player!r}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _short(happened: object) -> str:
    text = repr(happened)
    return text if len(text) <= 80 else text[:80] + "…"
