"""What an adaptive agent remembers after it observed others: each action judged by what was expected then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from atom.belief.beliefs import Beliefs
from atom.belief.learners import Bayes
from atom.belief.partner import corrected, in_view, surprise
from atom.belief.partner import observed as judged
from atom.errors import SituationError
from atom.memories import Expected, Late, PartnerMemory, PlayerMemory, expected_of
from atom.observation import Observed, Seen, each, likeliest


class After(NamedTuple):
    """What came of observations.

    Attributes:
        memory: after them.
        surprised: whether one of the actions was less likely than chance under all that was evaluated.
    """

    memory: PlayerMemory
    surprised: bool


def after(beliefs: Beliefs, memory: PlayerMemory, me: str, observed: Observed, *, watches: bool) -> After:
    """The memory after others were observed.

    Several actions of a partner at one decision are judged by the same prediction, each as one of its
    actions. Whoever was not seen is still waited for. An action that was seen before the decision, in the
    same step, was counted then and is passed over. One that was counted without the partner's view is
    counted rightly once that is known.

    Args:
        beliefs: what the observer believes by.
        memory: what it remembers.
        me: its name.
        observed: what was seen; one's own actions tell habits what partners reacted to.
        watches: whether it matters that actions are surprising.

    Raises:
        SituationError: an action of somebody unknown, or of a decision whose prediction is not kept.
        IllegalActionError: an action that the partner did not have.
    """
    last = memory["step"] - 1
    actions = [
        (name, found.did, last if found.step is None else found.step, found.view)
        if isinstance(found, Seen)
        else (name, found, last, None)
        for observation in ((observed,) if isinstance(observed, Mapping) else observed)
        for name, found in observation.items()
    ]
    mine = next((likeliest(did) for name, did, _, _ in reversed(actions) if name == me), memory.get("acted"))
    partners = dict(memory["partners"])
    now: PlayerMemory = {**memory, "partners": partners}
    used: dict[str, dict[int, str | None]] = {}
    surprised = False
    for name, did, number, view in actions:
        if name == me:
            continue
        found = _expectation(partners[name], number, now, mine) if name in partners else None
        if found is None:
            raise SituationError(_unknown(me, name, number, last, partners, beliefs.late))
        used.setdefault(name, {})[number] = view
        if found["expected"].get("counted"):
            if view is not None and "views" in found["expected"]:
                partners[name] = corrected(beliefs, partners[name], name, found["expected"], did, view)
            continue
        record = beliefs.record(now, name, me)
        waiting, then = record["expected"], record
        if number != last or waiting is None or view is not None:
            then = {**record, "expected": in_view(name, found["expected"], view)}
        new = judged(
            beliefs, then, name, did, own=found["order"], step=last + 1, at=number, other=found["acted"]
        )
        if watches:
            surprised = surprised or surprise(beliefs, then, did)
        partners[name] = {**new, "expected": waiting}
    for name, numbers in used.items():
        partners[name] = _seen(partners[name], numbers, last)
    return After(now, surprised)


def counted_now(
    beliefs: Beliefs, memory: PlayerMemory, me: str, moved: Mapping[str, str], *, watches: bool
) -> PlayerMemory:
    """The memory after a decision, with the actions counted that were seen before it in the same step.

    They are marked, so that whoever reports them once more is passed over. Where the partner's view is not
    known and the learner could not correct itself once it is, the action is counted when it is reported.

    Args:
        beliefs: what the observer believes by.
        memory: after the decision.
        me: its name.
        moved: partner -> what it had done.
        watches: as in ``after``.
    """
    before = memory["partners"]
    corrects = isinstance(beliefs.learner, Bayes)
    waits = {
        name
        for name, record in before.items()
        if record["expected"] is not None and (corrects or "views" not in record["expected"])
    }
    seen = {name: did for name, did in moved.items() if name != me and name in waits}
    found, surprised = after(beliefs, memory, me, seen, watches=watches)
    partners = dict(found["partners"])
    for name in seen:
        expected = before[name]["expected"]
        if expected is not None:
            partners[name] = {**partners[name], "expected": {**expected, "policies": {}, "counted": True}}
    if surprised:
        found["checked"] = None
    return {**found, "partners": partners}


def put_by(record: PartnerMemory, memory: PlayerMemory, most: int) -> PartnerMemory:
    """The record, which waits no longer for an action of the last decision, unless it is seen late.

    Args:
        record: what is remembered of one partner.
        memory: of the observer, before its next decision.
        most: how many decisions are kept for actions that are seen late.
    """
    expected = record["expected"]
    if expected is None:
        return record
    found: PartnerMemory = {**record, "expected": None}
    if most and ("views" in expected or not expected.get("counted")):
        entry: Late = {"expected": expected, "order": memory["order"], "acted": memory.get("acted")}
        kept = {**record.get("late", {}), str(memory["step"] - 1): entry}
        found["late"] = {number: kept[number] for number in sorted(kept, key=int)[-most:]}
    return found


def is_waiting(memory: PlayerMemory, observed: Observed) -> bool:
    """Whether the observed actions are of decisions that are remembered, so that no situation is needed."""
    if any(record["expected"] is not None for record in memory["partners"].values()):
        return True
    return any(seen.step is not None for _, seen in each(observed))


def _expectation(record: PartnerMemory, number: int, memory: PlayerMemory, mine: str | None) -> Late | None:
    """What a decision expected of a partner; None where that is not kept."""
    expected: Expected | None = record["expected"]
    if number == memory["step"] - 1 and expected is not None:
        return {"expected": expected, "order": memory["order"], "acted": mine}
    return record.get("late", {}).get(str(number))


def _seen(record: PartnerMemory, numbers: Mapping[int, str | None], last: int) -> PartnerMemory:
    """The record without what was waited for and seen; the views of an action may be seen yet.

    Args:
        record: what is remembered of one partner.
        numbers: decision -> the view in which it acted then; None where that is not known.
        last: number of the last decision.
    """
    found = record
    if last in numbers and record["expected"] is not None:
        found = {**record, "expected": _counted(record["expected"], numbers[last])}
    if "late" not in found:
        return found
    late: dict[str, Late] = {}
    for number, kept in found["late"].items():
        expected: Expected | None = kept["expected"]
        if int(number) in numbers:
            expected = _counted(kept["expected"], numbers[int(number)])
        if expected is not None:
            late[number] = {**kept, "expected": expected}
    found = {**found, "late": late}
    if not late:
        del found["late"]
    return found


def _counted(expected: Expected, view: str | None) -> Expected | None:
    """What is kept of an expectation once an action was judged by it."""
    if view is not None or "views" not in expected:
        return None
    return {**expected, "counted": True}


def _unknown(
    me: str, name: str, number: int, last: int, partners: Mapping[str, PartnerMemory], most: int
) -> str:
    if name not in partners or number == last:
        return (
            f"{me!r} observed an action of {name!r}; the partners of its last decision are "
            f"{expected_of(partners)}"
        )
    kept = sorted(map(int, partners[name].get("late", {})))
    return (
        f"{me!r} observed an action of {name!r} at its decision {number}, of which no prediction is kept "
        f"(kept are {kept}, the last decision is {last}, and late={most}); pass late= to keep more of them, "
        "or leave out what was seen before"
    )
