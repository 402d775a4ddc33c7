"""What a wrapped agent is handed besides the situation, and what it wrote: messages of the graph around it.

Players know situations and memories, and nothing of messages. A shell that has some lends them for the time
of one decision. The player that decides takes them for its wrapped agent alone: another player that is asked
on the way, by a function that acts or by a hypothesis, finds none, and what it writes is not the agent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Briefing:
    """What is lent for one decision.

    Attributes:
        messages: the agent's own, oldest first, as its graph has them.
        me: the player that took them; None while nobody did.
        reply: the messages of the answer that is acted on; None where it has none.
    """

    messages: Sequence[Any] = ()
    me: str | None = None
    reply: tuple[Any, ...] | None = None


_current: ContextVar[Briefing | None] = ContextVar("atom_briefing", default=None)


@contextmanager
def briefed(messages: Sequence[Any]) -> Iterator[Briefing]:
    """Lends messages to whatever player decides within, and holds what its agent wrote."""
    briefing = Briefing(messages)
    token = _current.set(briefing)
    try:
        yield briefing
    finally:
        _current.reset(token)


class deciding:  # noqa: N801 - reads as a verb: `with deciding(me):`
    """Takes what is lent for the player that decides within; where another took it already, there is nothing.

    A class, since every decision enters one, as ``metered`` is.

    Args:
        me: the player.
    """

    __slots__ = ("_me", "_token")

    def __init__(self, me: str) -> None:
        self._me = me
        self._token: Token[Briefing | None] | None = None

    def __enter__(self) -> None:
        briefing = _current.get()
        if briefing is None:
            return
        if briefing.me is None:
            briefing.me = self._me
        else:
            self._token = _current.set(Briefing(me=self._me))

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _current.reset(self._token)


def own_messages(me: str | None = None) -> Sequence[Any]:
    """The messages that the shell's ``brief=`` hands the agent that decides; for functions that act.

    Args:
        me: for whom they are asked; another player than the one that decides has none. None for that one.
    """
    briefing = _current.get()
    return () if briefing is None or not _is_whose(briefing, me) else briefing.messages


def _is_whose(briefing: Briefing, me: str | None) -> bool:
    return me is None or briefing.me in (None, me)


def replied(messages: Sequence[Any], me: str) -> None:
    """Leaves an answer's messages where a shell takes them into ``Decision.reply``, if it is the agent's.

    Args:
        messages: of the answer; texts are none.
        me: whose agent it is.
    """
    briefing = _current.get()
    if briefing is not None and _is_whose(briefing, me):
        briefing.reply = tuple(message for message in messages if not isinstance(message, str)) or None


def take_reply() -> tuple[Any, ...] | None:
    """The messages that the last answer left, which then are nobody's until ``give_reply``."""
    briefing = _current.get()
    if briefing is None:
        return None
    found, briefing.reply = briefing.reply, None
    return found


def give_reply(messages: tuple[Any, ...] | None) -> None:
    """Leaves the messages of the answer that is acted on."""
    briefing = _current.get()
    if briefing is not None:
        briefing.reply = messages
