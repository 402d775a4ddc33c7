"""What players did, read from chat messages: from tool calls, or from a field of JSON in their text.

Which messages are new, whose they are and which of their calls were really made is said here as well, so
that an action counts once, whatever happens to the list of messages meanwhile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from atom.agents.chat import calls_of, failed_calls, id_of, kind_of, part_of, text_of
from atom.models.replies import loaded
from atom.observation import Observed
from atom.situation import JointAction

ReadActions: TypeAlias = Callable[[Sequence[Any]], "Observed | None"]
"""Reads from messages who did what, as player -> action; None where nobody did anything yet."""

_TIMES = 8
"""How many times its own length a text may take to find JSON in it; what is nested in vain takes more."""

_FAST = 64
_OPENING = re.compile(r"\{\s*[\"}]")


def tool_calls(
    player: str, tools: Mapping[str, str] | str, *, argument: str = "action", author: str | None = None
) -> ReadActions:
    """A reader that takes tool calls for actions of ``player``; the latest one that was not rejected counts.

    A call is rejected where a later message has its result with the status ``"error"``. Calls are read in
    the form of LangChain and in that of OpenAI; one without the argument is no action.

    Args:
        player: whose actions they are.
        tools: tool name -> action, where each tool is an action; or the name of the one tool that has
            the action as an argument.
        argument: the name of that argument.
        author: the ``name`` of the messages to look at; None for any.
    """

    def read(messages: Sequence[Any]) -> JointAction | None:
        rejected = failed_calls(messages)
        for message in reversed(messages):
            if author is not None and part_of(message, "name") != author:
                continue
            for call in reversed(calls_of(message)):
                if call["id"] in rejected:
                    continue
                if isinstance(tools, str):
                    done = call["args"].get(argument) if call["name"] == tools else None
                else:
                    done = tools.get(call["name"])
                if done is not None:
                    return {player: str(done)}
        return None

    return read


def json_field(player: str, field: str, *, author: str | None = None) -> ReadActions:
    """A reader that takes a field of JSON objects in messages for actions of ``player``; the latest counts.

    What a tool returned, and what ``player`` wrote under its own name, may hold anything else around the
    object. A user's message counts where it is nothing but the object: one that quotes it says what is
    known. What models and summaries say, results that are errors, and null, do not count.

    Args:
        player: whose actions they are.
        field: the field that holds the action.
        author: the ``name`` of the messages to look at, of whatever kind, and whatever is around the
            object; None for the rule above.
    """

    def read(messages: Sequence[Any]) -> JointAction | None:
        for message in reversed(messages):
            if not (_reports(message, player) if author is None else part_of(message, "name") == author):
                continue
            found = [entry[field] for entry in _objects(text_of(message)) if entry.get(field) is not None]
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
    rejected = failed_calls(among)
    return [_done(message, rejected, edited) for message in messages]


def _done(message: Any, rejected: Container[str], edited: Mapping[str, Mapping[str, Any]]) -> Any:
    calls = calls_of(message)
    made = [{**call, **edited.get(call["id"], {})} for call in calls if call["id"] not in rejected]
    if made == calls:
        return message
    if isinstance(message, Mapping):
        return {**message, "tool_calls": made}
    return message.model_copy(update={"tool_calls": made})


def is_own(message: Any, me: str, ids: Container[str]) -> bool:
    """Whether a message is an agent's own: a model's, of no other name than the agent's, or known by its id.

    Args:
        message: whose author is asked for.
        me: the agent.
        ids: of messages that are known to be the agent's.
    """
    if kind_of(message) not in ("ai", "assistant"):
        return False
    return bool(part_of(message, "name") in (None, me) or part_of(message, "id") in ids)


def _reports(message: Any, player: str) -> bool:
    """Whether a message says itself what a player did, and does not quote it."""
    if part_of(message, "name") == player:
        return True
    kind = kind_of(message)
    if kind in ("tool", "function"):
        return bool(part_of(message, "status") != "error")
    if kind not in ("human", "user") or _is_summary(message):
        return False
    text = text_of(message).strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    return text.startswith("{") and text.endswith("}") and isinstance(loaded(text), Mapping)


def _is_summary(message: Any) -> bool:
    further = part_of(message, "additional_kwargs")
    return isinstance(further, Mapping) and further.get("lc_source") == "summarization"


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
        except (ValueError, RecursionError):  # a number of more digits than Python reads; nested too deep
            left -= len(text)
        else:
            if isinstance(found, dict):
                yield found
        start = _OPENING.search(text, end)
