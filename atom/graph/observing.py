"""What was seen, in terms of what could be expected: actions that differ in form, or that nobody listed."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias, get_args

from langgraph.errors import GraphBubbleUp

from atom.errors import HookError, IllegalActionError
from atom.graph.shown import at_once, shortly
from atom.memories import Memory
from atom.situation import JointAction

_log = logging.getLogger("atom")

OnUnseen: TypeAlias = Literal["ignore", "other", "raise"]
"""What to do with an action that is none of the legal ones."""

Classify: TypeAlias = Callable[[str, Any, Sequence[str]], "str | None"]
"""``classify(player, happened, legal)``: the legal action that what happened stands for; None for none."""

OTHER = "other"
"""The legal action that stands for what is not listed."""


@dataclass(frozen=True, slots=True)
class Unlisted:
    """How to take what nobody listed.

    Attributes:
        classify: see ``Classify``; None compares forms alone, see ``as_listed``.
        on_unseen: what to do with the rest: leave it out with a warning, take it for the legal action
            ``"other"`` (and leave it out where there is none), or raise.

    Raises:
        ValueError: an unknown ``on_unseen``.
    """

    classify: Classify | None = None
    on_unseen: OnUnseen = "ignore"

    def __post_init__(self) -> None:
        if self.on_unseen not in get_args(OnUnseen):
            raise ValueError(f"on_unseen must be 'ignore', 'other' or 'raise', got {self.on_unseen!r}")


def countable(
    actions: JointAction,
    memory: Memory,
    me: str,
    legal: Sequence[str],
    unlisted: Unlisted,
    where: str,
    *,
    lenient: bool,
) -> tuple[dict[str, Any], list[str]]:
    """What was seen and can be counted, and what cannot, one sentence each.

    Args:
        actions: player -> what it did; None for a player of whom nothing was seen.
        memory: of the observer's last decision.
        me: the observer.
        legal: its own legal actions now.
        unlisted: how to take what is none of a partner's legal actions.
        where: the node, in warnings and errors.
        lenient: whether an action of somebody unknown is left out, instead of handed on.

    Raises:
        IllegalActionError: as ``listed``.
    """
    expected = expected_actions(memory)
    known = {me, *(memory.get("partners") or {})}
    seen = {name: did for name, did in actions.items() if did is not None or name not in known}
    problems: list[str] = []
    for name in [name for name in seen if name != me and name not in expected] if lenient else []:
        del seen[name]
        what = f"{where} observed an action of {name!r}"
        problems.append(left_out(f"{what}; the partners of the last decision are {list(expected)}"))
    if me in seen:
        own = own_action(seen.pop(me), memory, legal)
        if own is None:
            problems.append(left_out(f"{where}: {shortly(actions[me])} is no action of {me!r}"))
        else:
            seen[me] = own
    found, further = listed(seen, expected, unlisted, where)
    return found, [*problems, *further]


def expected_actions(memory: Memory) -> dict[str, Sequence[str]]:
    """Partner -> the legal actions of which the last decision expected one, for all that it waits for."""
    partners = memory.get("partners") or {}
    return {
        name: record["expected"]["actions"] for name, record in partners.items() if record.get("expected")
    }


def listed(
    actions: JointAction, expected: Mapping[str, Sequence[str]], unlisted: Unlisted, where: str
) -> tuple[dict[str, Any], list[str]]:
    """What was seen as legal actions, and what could not be counted, one sentence each.

    Args:
        actions: player -> what it did.
        expected: player -> its legal actions; players that are absent are left as they are.
        unlisted: how to take what is none of them. What ``classify`` fails on is left out, or raises;
            it is never ``"other"``, since a fault says nothing of the player.
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
            continue
        why = f"{shortly(happened)} is not a legal action of {player!r}; legal are {list(legal)}"
        try:
            action = _one(player, happened, legal, unlisted.classify)
            if action is None and unlisted.on_unseen == "other" and OTHER in legal:
                action = OTHER
        except HookError as error:
            action, why = None, str(error)
        if action is not None:
            found[player] = action
            continue
        if unlisted.on_unseen == "raise":
            raise IllegalActionError(
                f"{where}: {why}; name it in the situation, map it by classify=, or pass on_unseen='ignore'"
            )
        problems.append(left_out(f"{where}: {why}"))
    return found, problems


def left_out(what: str) -> str:
    """Warns of something that is not counted, and returns the sentence that says so in a decision."""
    _log.warning("%s; it is not counted", what)
    return f"{what}; it was not counted"


def own_action(happened: object, memory: Memory, legal: Sequence[str]) -> str | None:
    """What an observer itself did; None for what is no action.

    Args:
        happened: what was seen of it, in whatever form.
        memory: of its last decision.
        legal: its legal actions now. What is none of them may have been one when it was taken.
    """
    action = as_listed(happened, dict.fromkeys([memory.get("acted", ""), *legal]))
    if action is None and isinstance(happened, str):
        action = str(happened)
    return action or None


def as_listed(happened: object, legal: Iterable[str]) -> str | None:
    """The legal action that something is, whatever its case, width or type; None for none, or for several.

    Args:
        happened: a text, an ``Enum`` member, a number, or a collection of one of these.
        legal: the legal actions.
    """
    if isinstance(happened, Enum):
        happened = happened.value
    if isinstance(happened, list | tuple | set | frozenset) and len(happened) == 1:
        (happened,) = happened
    try:
        text = str(happened)
    except Exception:  # noqa: BLE001 - whatever was seen has no text, as a number of too many digits has none
        return None
    if text in legal:
        return text
    folded = _folded(text)
    alike = [action for action in legal if _folded(action) == folded]
    return alike[0] if len(alike) == 1 else None


def _one(player: str, happened: Any, legal: Sequence[str], classify: Classify | None) -> str | None:
    """One player's legal action; None for none.

    Raises:
        HookError: ``classify`` failed, or returned what is no legal action.
    """
    action = as_listed(happened, legal)
    if action is not None or classify is None:
        return action
    try:
        meant = at_once(classify(player, happened, legal), "classify", "the node")
    except GraphBubbleUp:
        raise
    except Exception as error:
        raise HookError(
            f"classify failed on {shortly(happened)} ({type(error).__name__}: {error})"
        ) from error
    if meant is None or (isinstance(meant, str) and meant in legal):
        return meant
    raise HookError(
        f"classify took {shortly(happened)} for {shortly(meant)}, which is not a legal action of {player!r}"
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
