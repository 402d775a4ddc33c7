"""What an adaptive agent remembers after it observed others: each action judged by what was expected then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from atom.belief.beliefs import Beliefs
from atom.belief.partner import observed as judged
from atom.belief.partner import surprise
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
    actions. What a decision expected and was not seen is kept for later, if ``beliefs.late`` allows.

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
    actions = list(each(observed))
    mine = next((likeliest(seen.did) for name, seen in reversed(actions) if name == me), memory.get("acted"))
    partners, used = dict(memory["partners"]), set[tuple[str, int]]()
    surprised = False
    for name, seen in actions:
        if name == me:
            continue
        number = last if seen.step is None else seen.step
        record = beliefs.record({**memory, "partners": partners}, name, me) if name in partners else None
        found = None if record is None else _expectation(record, number, memory, mine)
        if record is None or found is None:
            raise SituationError(_unknown(me, name, seen, last, memory["partners"], beliefs.late))
        used.add((name, number))
        now = record["expected"]
        then: PartnerMemory = {**record, "expected": found["expected"]}
        own, other = found["order"], found["acted"]
        new = judged(beliefs, then, name, seen.did, own=own, step=memory["step"], other=other)
        partners[name] = {**new, "expected": now}
        surprised = surprised or (watches and surprise(beliefs, then, seen.did))
    for name, record in partners.items():
        numbers = [number for partner, number in used if partner == name]
        partners[name] = _seen(record, numbers, last, memory, beliefs.late)
    return After({**memory, "partners": partners}, surprised)


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
    if most:
        entry: Late = {"expected": expected, "order": memory["order"], "acted": memory.get("acted")}
        kept = {**record.get("late", {}), str(memory["step"] - 1): entry}
        found["late"] = {number: kept[number] for number in list(kept)[-most:]}
    return found


def is_waiting(partners: Mapping[str, PartnerMemory], observed: Observed, last: int) -> bool:
    """Whether the observed actions are of decisions that are remembered, so that no situation is needed."""
    late = all(seen.step is not None and seen.step != last for _, seen in each(observed))
    return bool(expected_of(partners)) or late


def _expectation(record: PartnerMemory, number: int, memory: PlayerMemory, mine: str | None) -> Late | None:
    """What a decision expected of a partner; None where that is not kept."""
    if number == memory["step"] - 1:
        expected: Expected | None = record["expected"]
        return None if expected is None else {"expected": expected, "order": memory["order"], "acted": mine}
    return record.get("late", {}).get(str(number))


def _seen(
    record: PartnerMemory, numbers: Iterable[int], last: int, memory: PlayerMemory, most: int
) -> PartnerMemory:
    """The record without what was waited for and seen."""
    numbers = set(numbers)
    found = {**record, "expected": None} if last in numbers else put_by(record, memory, most)
    if "late" in found:
        late = {number: kept for number, kept in found["late"].items() if int(number) not in numbers}
        if late:
            found["late"] = late
        else:
            del found["late"]
    return found


def _unknown(
    me: str, name: str, seen: Seen, last: int, partners: Mapping[str, PartnerMemory], most: int
) -> str:
    if name not in partners or seen.step is None or seen.step == last:
        return (
            f"{me!r} observed an action of {name!r}; the partners of its last decision are "
            f"{expected_of(partners)}"
        )
    kept = sorted(map(int, partners[name].get("late", {})))
    return (
        f"{me!r} observed an action of {name!r} at its decision {seen.step}, of which no prediction is kept "
        f"(kept are {kept}, the last decision is {last}, and late={most}); pass late= to keep more of them, "
        "or leave out what was seen before"
    )
