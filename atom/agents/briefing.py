"""What a wrapped agent is handed besides the situation, and what it wrote: messages of the graph around it.

Players know situations and memories, and nothing of messages. A shell that has some lends them for the
time of one decision; who wraps an agent of messages takes them, and leaves its answer's there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Briefing:
    """What is lent for one decision.

    Attributes:
        messages: the agent's own, oldest first, as its graph has them.
        reply: the messages of its last answer; None while it wrote none.
    """

    messages: Sequence[Any] = ()
    reply: tuple[Any, ...] | None = None


_current: ContextVar[Briefing | None] = ContextVar("atom_briefing", default=None)


@contextmanager
def briefed(messages: Sequence[Any]) -> Iterator[Briefing]:
    """Lends messages to whatever agent decides within, and holds what it wrote."""
    briefing = Briefing(messages)
    token = _current.set(briefing)
    try:
        yield briefing
    finally:
        _current.reset(token)


def own_messages() -> Sequence[Any]:
    """The messages that the shell's ``brief=`` hands the agent that decides; for functions that act."""
    briefing = _current.get()
    return () if briefing is None else briefing.messages


def replied(messages: Sequence[Any]) -> None:
    """Leaves an answer's messages where a shell takes them into ``Decision.reply``."""
    briefing = _current.get()
    if briefing is not None:
        briefing.reply = tuple(message for message in messages if not isinstance(message, str)) or None
