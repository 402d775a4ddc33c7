"""What a thread's memory says of what it writes to a Store: under which name, where, and what of it."""

from __future__ import annotations

import uuid
from typing import Any

from atom.belief.evidence import nothing, total
from atom.graph.sums import LIFE
from atom.memories import PartnerMemory, PlayerMemory


def named(memory: PlayerMemory, now: float) -> PlayerMemory:
    """The memory with a name in the Store, and what was observed handed on to be written under it.

    A name is for ``LIFE``; what is observed later is written under another one, and what was written stays.
    The key of the other one follows from the one before, so that a step that is run again finds the same.

    Args:
        memory: as it was before.
        now: seconds since 1970.
    """
    writer = memory.get("writer")
    since = None if writer is None else _since(writer)
    partners: dict[str, PartnerMemory] = {}
    if writer is None or (since is not None and abs(now - since) > LIFE):
        identity = uuid.uuid4() if writer is None else uuid.uuid5(uuid.NAMESPACE_OID, writer)
        writer = f"{identity.hex}@{now:.0f}"
        partners = {name: without(record, "written", "place") for name, record in memory["partners"].items()}
    elif since is None:  # a thread of before names had an end goes on in its item
        writer = f"{writer}@{now:.0f}"
        for name, record in memory["partners"].items():
            partners[name] = {**record, "place": 0}
    else:
        partners = memory["partners"]
    handed = {name: handed_on(record) for name, record in partners.items()}
    return {**memory, "writer": writer, "partners": handed}


def key_of(writer: str) -> str:
    """The key of a thread's items."""
    return writer.partition("@")[0]


def _since(writer: str) -> float | None:
    """Seconds since 1970 when a thread took its name; None for one of before that was told."""
    _, _, since = writer.partition("@")
    return float(since) if since else None


def new_in(record: PartnerMemory) -> bool:
    """Whether anything was observed that is not yet handed on."""
    return bool((record["evidence"] or nothing())["observations"])


def handed_on(record: PartnerMemory) -> PartnerMemory:
    """A record whose evidence is what is to be written, and from which new evidence begins."""
    found, before = record["evidence"] or nothing(), record.get("written")
    if not new_in(record):
        return {**record, "evidence": found}
    written = found if before is None else total([(1.0, before), (1.0, found)])
    return {**record, "written": written, "evidence": nothing()}


def at_first(memory: PlayerMemory) -> PlayerMemory:
    """The memory with places that need no Store to be found."""
    partners: dict[str, PartnerMemory] = {
        name: record if "place" in record else {**record, "place": 0}
        for name, record in memory["partners"].items()
    }
    return {**memory, "partners": partners}


def place_of(record: PartnerMemory) -> int:
    """The leaf that the evidence of a partner is written to."""
    return record.get("place", 0)


def without(record: PartnerMemory, *keys: str) -> PartnerMemory:
    """A record without some of its keys."""
    rest: Any = {key: value for key, value in record.items() if key not in keys}
    return rest  # type: ignore[no-any-return]
