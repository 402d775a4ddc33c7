"""What players did, read from chat messages: from tool calls, or from a field of JSON in their text.

Which messages are new, whose they are and which of their calls were really made is said here as well, so
that an action counts once, whatever happens to the list of messages meanwhile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from atom.situation import JointAction

ReadActions: TypeAlias = Callable[[Sequence[Any]], "JointAction | None"]
"""Reads from messages who did what, as player -> action; None where nobody did anything yet."""

_TIMES = 8
"""How many times its own length a text may take to find JSON in it; what is nested in vain takes more."""

_FAST = 64
_OPENING = re.compile(r"\{\s*[\"}]")


def tool_calls(
    player: str, tools: Mapping[str, str] | str, *, argument: str = "action", author: str | None = None
) -> ReadActions:
    """A reader that takes tool calls for actions of ``player``; the latest one that was not rejected counts.

    A call is rejected where a later message has its result with the status ``"error"``.

    Args:
        player: whose actions they are.
        tools: tool name -> action, where each tool is an action; or the name of the one tool that has
            the action as an argument.
        argument: the name of that argument.
        author: the ``name`` of the messages to look at; None for any.
    """

    def read(messages: Sequence[Any]) -> JointAction | None:
        rejected = _rejected(messages)
        for message in reversed(messages):
            if author is not None and _of(message, "name") != author:
                continue
            for call in reversed(_of(message, "tool_calls") or []):
                if call.get("id") in rejected:
                    continue
                if isinstance(tools, str):
                    if call["name"] == tools:
                        return {player: str(call["args"].get(argument))}
                elif call["name"] in tools:
                    return {player: tools[call["name"]]}
        return None

    return read


def json_field(player: str, field: str, *, author: str | None = None) -> ReadActions:
    """A reader that takes a field of JSON objects in messages for actions of ``player``; the latest counts.

    What a tool returned, and what ``player`` wrote under its own name, may hold anything else around the
    object. A user's message counts where it is nothing but the object: one that quotes it says what is
    known. What models and summaries say, and results that are errors, do not count.

    Args:
        player: whose actions they are.
        field: the field that holds the action.
        author: the ``name`` of the messages to look at, of whatever kind, and whatever is around the
            object; None for the rule above.
    """

    def read(messages: Sequence[Any]) -> JointAction | None:
        for message in reversed(messages):
            if not (_reports(message, player) if author is None else _of(message, "name") == author):
                continue
            found = [entry[field] for entry in _objects(_text(message)) if field in entry]
            if found:
                return {player: found[-1] if isinstance(found[-1], str) else json.dumps(found[-1])}
        return None

    return read


def unread(messages: Sequence[Any], seen: Container[str | None]) -> Sequence[Any]:
    """The messages after the last one that was seen, without summaries.

    New messages are appended, so what stands before one that was seen, such as a summary or an edited
    message, is not new. Where none of those that were seen is left, all that are left are new.

    Args:
        messages: a graph's, oldest first.
        seen: the ids of those that were there when the messages were last read.
    """
    last = max((i for i, message in enumerate(messages) if id_of(message) in seen), default=-1)
    return [message for message in messages[last + 1 :] if not _is_summary(message)]


def as_done(
    messages: Sequence[Any], among: Sequence[Any], edited: Mapping[str, Mapping[str, Any]]
) -> list[Any]:
    """The messages with the calls to tools that were really made: without those that were rejected.

    Args:
        messages: some of them.
        among: all of them, in which results are looked for.
        edited: id of a call -> the ``name`` and ``args`` that a person put in its place.
    """
    rejected = _rejected(among)
    return [_done(message, rejected, edited) for message in messages]


def _done(message: Any, rejected: Container[str], edited: Mapping[str, Mapping[str, Any]]) -> Any:
    calls = getattr(message, "tool_calls", None)
    if not calls:
        return message
    made = [{**call, **edited.get(call["id"], {})} for call in calls if call["id"] not in rejected]
    return message if made == calls else message.model_copy(update={"tool_calls": made})


def is_own(message: Any, me: str, ids: Container[str]) -> bool:
    """Whether a message is an agent's own: a model's, of no other name than the agent's, or known by its id.

    Args:
        message: whose author is asked for.
        me: the agent.
        ids: of messages that are known to be the agent's.
    """
    if _of(message, "type") != "ai":
        return False
    return bool(_of(message, "name") in (None, me) or _of(message, "id") in ids)


def id_of(message: Any) -> str | None:
    """A message's id, be it an object or a dictionary; None for none."""
    found = _of(message, "id")
    return found if isinstance(found, str) else None


def _reports(message: Any, player: str) -> bool:
    """Whether a message says itself what a player did, and does not quote it."""
    if _of(message, "name") == player:
        return True
    kind = _of(message, "type") or _of(message, "role")
    if kind in ("tool", "function"):
        return bool(_of(message, "status") != "error")
    if kind not in ("human", "user") or _is_summary(message):
        return False
    text = _text(message).strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    return text.startswith("{") and text.endswith("}") and _is_json(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_summary(message: Any) -> bool:
    further = _of(message, "additional_kwargs")
    return isinstance(further, Mapping) and further.get("lc_source") == "summarization"


def _rejected(messages: Iterable[Any]) -> set[str]:
    """The ids of the calls to tools whose result is an error."""
    return {_of(message, "tool_call_id") for message in messages if _of(message, "status") == "error"}


def _of(message: Any, name: str) -> Any:
    return message.get(name) if isinstance(message, Mapping) else getattr(message, name, None)


def _text(message: Any) -> str:
    content = _of(message, "content") or ""
    if isinstance(content, str):
        return content
    blocks = [block if isinstance(block, str) else block.get("text") or "" for block in content]
    return "\n".join(blocks)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, first to last; gives up where what is nested in vain takes too long."""
    decoder = json.JSONDecoder()
    left = _TIMES * len(text)
    start = _OPENING.search(text)
    while start is not None and left >= 0:
        end = start.start() + 1
        try:
            found, end = decoder.raw_decode(text, start.start())
        except json.JSONDecodeError as error:
            # an error counts the lines before it, which is fast and still grows with the text
            left -= error.pos - end + error.pos // _FAST
        except RecursionError:
            left -= len(text)
        else:
            if isinstance(found, dict):
                yield found
        start = _OPENING.search(text, end)
