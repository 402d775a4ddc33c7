"""Which of two memories of a player is the newer one, part by part, so that branches can be merged.

A memory is ordered by its episode, then by its step, which a decision raises. What changes it in between,
such as an observation or what a middleware notes, is counted under ``revised``, for each partner apart and
for the rest. So two memories of one step are merged: of every part the one that was changed more often.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atom.handed_out import hand_out, is_own
from atom.memories import Memory

REVISED = "revised"
_PARTNERS = "partners"
_NOTHING: Mapping[str, Any] = {}


def revised(before: Memory, after: Memory, me: str) -> Memory:
    """A memory that is about to be written to the state, which says what changed in it since its decision.

    Args:
        before: as it is in the state; empty where it begins.
        after: what came of it.
        me: whose it is.

    Returns:
        ``after``; where no decision was made in between, with its changes counted.
    """
    if _at(after) != _at(before):
        if REVISED not in after:
            return after
        return _still_own({key: value for key, value in after.items() if key != REVISED}, after)
    old, new = _partners(before), _partners(after)
    changed = [name for name in {**old, **new} if _differ(old.get(name), new.get(name))]
    if _differ(_rest(before), _rest(after)):
        changed.append(me)
    if not changed:
        return after
    counts = _counts(before)
    counts |= {name: counts.get(name, 0) + 1 for name in changed}
    return _still_own({**after, REVISED: counts}, after)


def newest(known: Memory, memory: Memory, me: str) -> Memory:
    """What is newer of two memories of a player; what is equally new is taken from the second.

    Neither is a declaration alone. A second one as ``start`` made it begins anew, and is taken; but for one
    of an episode in which nothing was seen since its first decision: that is what a branch beside this
    decision was given, and there is nothing to forget.

    Args:
        known: plain data, also of other versions, of players of other kinds, or damaged.
        memory: likewise.
        me: whose they are.
    """
    if memory is known:
        return known
    ours, theirs = _at(known), _at(memory)
    if theirs[1] == 0 and REVISED not in memory:
        return known if ours == (theirs[0], 1) and _only_decided(known) else memory
    if ours < theirs:
        return memory
    return known if ours > theirs else _merged(known, memory, me)


def _only_decided(memory: Memory) -> bool:
    """Whether nothing was seen since the decision that was made last."""
    return REVISED not in memory and all(map(_waits, _partners(memory).values()))


def _merged(known: Memory, memory: Memory, me: str) -> Memory:
    """Two memories of one step: of the rest and of every partner what was changed more often."""
    ours, theirs = _counts(known), _counts(memory)
    old, new = _partners(known), _partners(memory)
    names = {**old, **new}
    kept = {name for name in names if _of_first(ours, theirs, name, old.get(name), new.get(name))}
    newer_rest = ours.get(me, 0) > theirs.get(me, 0)
    if not (newer_rest or kept):
        return memory
    if newer_rest and len(kept) == len(names):
        return known
    found = {name: old.get(name) if name in kept else new.get(name) for name in names}
    return {
        **(known if newer_rest else memory),
        _PARTNERS: {name: record for name, record in found.items() if record is not None},
        REVISED: {name: max(ours.get(name, 0), theirs.get(name, 0)) for name in {**ours, **theirs}},
    }


def _of_first(ours: Mapping[str, int], theirs: Mapping[str, int], name: str, old: Any, new: Any) -> bool:
    """Whether what the first memory has of a partner is newer."""
    first, second = ours.get(name, 0), theirs.get(name, 0)
    if first != second or old is None or new is None:
        return first > second
    # observed by whoever counts nothing, such as a node of the user's own
    return old is not new and _waits(old) < _waits(new)


def _waits(record: Any) -> int:
    """For how many actions a record waits."""
    if not isinstance(record, Mapping):
        return 0
    late = record.get("late")
    entries = list(late.values()) if isinstance(late, Mapping) else []
    kept = [entry.get("expected") for entry in entries if isinstance(entry, Mapping)]
    waited = [one for one in (record.get("expected"), *kept) if isinstance(one, Mapping)]
    return sum(not one.get("counted") for one in waited)


def _at(memory: Memory) -> tuple[int, int]:
    """Episode and step."""
    return _number(memory.get("episode")), _number(memory.get("step"))


def _number(found: Any) -> int:
    return found if type(found) is int else 0


def _counts(memory: Memory) -> dict[str, int]:
    """How often the parts of a memory were changed since its decision; nothing where it does not say."""
    found = memory.get(REVISED)
    return {name: _number(count) for name, count in found.items()} if isinstance(found, Mapping) else {}


def _partners(memory: Memory) -> Mapping[str, Any]:
    found = memory.get(_PARTNERS)
    return found if isinstance(found, Mapping) else _NOTHING


def _rest(memory: Memory) -> Memory:
    return {key: value for key, value in memory.items() if key not in (_PARTNERS, REVISED)}


def _still_own(memory: Memory, of: Memory) -> Memory:
    """A memory that need not be checked again where the one that it was made of need not."""
    return hand_out(memory) if is_own(of) else memory


def _differ(old: object, new: object) -> bool:
    try:
        return bool(old != new)
    except Exception:  # noqa: BLE001 - memories of the user's own players, such as arrays, compare as they like
        return True
