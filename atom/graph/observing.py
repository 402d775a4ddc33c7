"""What was seen, in terms of what could be expected: actions that differ in form, or that nobody listed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias, get_args

from langgraph.errors import GraphBubbleUp

from atom.errors import HookError, IllegalActionError, SituationError, check_choice, shortly
from atom.graph.shown import at_once
from atom.memories import Memory
from atom.observation import Did, Observation, Seen
from atom.situation import folded

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
        check_choice("on_unseen", self.on_unseen, get_args(OnUnseen))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an observer waits for.

    Attributes:
        me: the observer.
        memory: of its last decision.
        legal: its own legal actions now.
        where: the node, in warnings and errors.
        late: how many decisions before the last one are kept.
        damaged: partners of whom something was expected that was damaged, and set aside.
    """

    me: str
    memory: Memory
    legal: Sequence[str]
    where: str
    late: int
    damaged: Collection[str] = ()

    @property
    def partners(self) -> Mapping[str, Any]:
        """Partner -> what is remembered of it."""
        found: Mapping[str, Any] = self.memory.get("partners") or {}
        return found

    def expected(self, player: str, step: int | None) -> Sequence[str] | None:
        """The legal actions of which a decision expected one of a player; None where that is not known."""
        record = self.partners.get(player) or {}
        last = self.memory.get("step", 0) - 1
        if step is None or step == last:
            now = record.get("expected")
        else:
            now = (record.get("late", {}).get(str(step)) or {}).get("expected")
        return now["actions"] if now else None

    def counted(self, player: str) -> bool:
        """Whether an action of a player at the last decision was counted already."""
        record = self.partners.get(player) or {}
        return bool(record.get("counted") == self.memory.get("step", 0) - 1)


def no_longer_expected(before: Memory, sound: Memory) -> list[str]:
    """The partners of whom something was expected in a memory, and nothing is once damage was set aside."""
    records: Mapping[str, Any] = sound["partners"]
    if not isinstance(before.get("partners"), Mapping):
        return []  # of version 1, which says elsewhere what it expects
    kept = {name: record for name, record in before["partners"].items() if isinstance(record, Mapping)}
    # a record that is not whole may have expected something
    return [
        name
        for name, record in records.items()
        if record["expected"] is None and kept.get(name, {}).get("expected", ...) is not None
    ]


def observations(observed: Any) -> list[Mapping[str, Any]]:
    """What a reader found, as a list of observations, the oldest first."""
    if not observed:
        return []
    return [observed] if isinstance(observed, Mapping) else [one for one in observed if one]


def countable(
    observed: Any, waiting: Waiting, unlisted: Unlisted, *, lenient: bool
) -> tuple[list[Observation], list[str]]:
    """What was seen and can be counted, and what cannot, one sentence each.

    A list of actions of one player counts as several, unless it stands for one. What was counted already,
    by an observer before this turn, is passed over.

    Args:
        observed: one observation or several; None for a player of whom nothing was seen.
        waiting: what is waited for.
        unlisted: how to take what is none of a partner's legal actions. What ``classify`` fails on is left
            out, or raises; it is never ``"other"``, since a fault says nothing of the player.
        lenient: whether an action of somebody unknown is left out, instead of handed on.

    Raises:
        IllegalActionError: an action that is none of the legal ones, with ``on_unseen="raise"``.
    """
    counted: list[Observation] = []
    problems: list[str] = []
    known = {waiting.me, *waiting.partners}
    for observation in observations(observed):
        several: list[dict[str, str | Seen]] = [{}]
        for name, happened in observation.items():
            if happened is None and name in known:
                continue
            if name == waiting.me:
                dids, further = _own(happened, waiting)
            else:
                dids, further = _of_other(name, happened, waiting, unlisted, lenient=lenient)
            problems += further
            several += [{} for _ in range(len(dids) - len(several))]
            for found, did in zip(several, dids, strict=False):
                found[name] = did
        counted += [found for found in several if found]
    return counted, problems


def _own(happened: Any, waiting: Waiting) -> tuple[list[str | Seen], list[str]]:
    """What the observer itself did, and what could not be read of it."""
    parts = happened if _is_several(happened, waiting.legal) else [happened]
    dids: list[str | Seen] = []
    for part in parts:
        what = part.action if isinstance(part, Seen) else part
        own = own_action(what, waiting.memory, waiting.legal)
        if own is None:
            return [], [left_out(f"{waiting.where}: {shortly(what)} is no action of {waiting.me!r}")]
        dids.append(own)
    return dids, []


def _is_several(happened: Any, legal: Sequence[str]) -> bool:
    """Whether a list is of several actions, and stands for none itself."""
    return isinstance(happened, list | tuple) and any(
        isinstance(part, Seen | Mapping) or (not isinstance(part, list | tuple) and as_listed(part, legal))
        for part in happened
    )


def _of_other(
    name: str, happened: Any, waiting: Waiting, unlisted: Unlisted, *, lenient: bool
) -> tuple[list[str | Seen], list[str]]:
    """What one partner did, once or several times, and what could not be counted of it."""
    if _is_several(happened, waiting.expected(name, None) or ()):
        parts = [_of_other(name, part, waiting, unlisted, lenient=lenient) for part in happened]
        return [did for dids, _ in parts for did in dids], [said for _, some in parts for said in some]
    step = happened.step if isinstance(happened, Seen) else None
    legal = waiting.expected(name, step)
    if legal is None:
        problem = _not_waited_for(name, step, waiting, lenient=lenient)
        if problem is None:
            return [happened], []  # the player says what is wrong
        return [], [left_out(problem)] if problem else []
    what = happened.action if isinstance(happened, Seen) else happened
    if isinstance(what, Mapping):
        did, problems = _weighed(name, what, legal, unlisted, waiting.where)
    else:
        did, problems = _listed(name, what, legal, unlisted, waiting.where)
    if did is None:
        return [], problems
    view = happened.view if isinstance(happened, Seen) else None
    return [did if step is None is view and isinstance(did, str) else Seen(did, step, view)], problems


def _not_waited_for(name: str, step: int | None, waiting: Waiting, *, lenient: bool) -> str | None:
    """Why an action that no decision waits for is left out; empty to pass it over, None to hand it on."""
    if name in waiting.partners and step is not None:
        last = waiting.memory.get("step", 0) - 1
        if last - waiting.late <= step <= last:
            return ""  # kept, and counted
        kept = sorted(map(int, waiting.partners[name].get("late", {})))
        return (
            f"{waiting.where} observed an action of {name!r} at its decision {step}, of which no "
            f"prediction is kept (kept are {kept}, the last decision is {last}); pass late= to the agent to "
            "keep more"
        )
    if name in waiting.partners and waiting.counted(name):
        return ""
    if name in waiting.damaged:
        return f"{waiting.where} observed an action of {name!r}, and what was expected of it was damaged"
    if not lenient:
        return None
    expected = [other for other in waiting.partners if waiting.expected(other, None) is not None]
    return f"{waiting.where} observed an action of {name!r}; the partners of the last decision are {expected}"


def _listed(
    player: str, happened: Any, legal: Sequence[str], unlisted: Unlisted, where: str
) -> tuple[str | None, list[str]]:
    """What one player did, as a legal action, and what could not be counted of it."""
    if type(happened) is str and happened in legal:
        return happened, []
    why = f"{shortly(happened)} is not a legal action of {player!r}; legal are {list(legal)}"
    try:
        action = _one(player, happened, legal, unlisted.classify)
    except HookError as error:
        return None, [_refused(str(error), unlisted, where)]
    if action is None and unlisted.on_unseen == "other" and OTHER in legal:
        action = OTHER
    return (action, []) if action is not None else (None, [_refused(why, unlisted, where)])


def _weighed(
    player: str, fits: Mapping[Any, Any], legal: Sequence[str], unlisted: Unlisted, where: str
) -> tuple[Did | None, list[str]]:
    """What was seen unclearly, by legal actions; None where none of them is among it."""
    try:
        Seen(fits)
    except SituationError as error:
        return None, [_refused(str(error), unlisted, where)]
    found: dict[str, float] = {}
    problems: list[str] = []
    for option, weight in fits.items():
        did, further = _listed(player, option, legal, unlisted, where)
        problems += further
        if did is not None:
            found[did] = found.get(did, 0.0) + weight / len(fits)
    return (found if any(found.values()) else None), problems


def _refused(why: str, unlisted: Unlisted, where: str) -> str:
    """The sentence that says what is left out.

    Raises:
        IllegalActionError: with ``on_unseen="raise"``.
    """
    if unlisted.on_unseen == "raise":
        raise IllegalActionError(
            f"{where}: {why}; name it in the situation, map it by classify=, or pass on_unseen='ignore'"
        )
    return left_out(f"{where}: {why}")


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
    wanted = folded(text)
    alike = [action for action in legal if folded(action) == wanted]
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
    except Exception as error:  # the user's function, on what somebody else did
        raise HookError(
            f"classify failed on {shortly(happened)} ({type(error).__name__}: {error})"
        ) from error
    if meant is None or (isinstance(meant, str) and meant in legal):
        return meant
    raise HookError(
        f"classify took {shortly(happened)} for {shortly(meant)}, which is not a legal action of {player!r}"
    )
