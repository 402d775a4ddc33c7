"""What players did, read from chat messages: from tool calls, or from a field of JSON in their text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from atom.situation import JointAction

ReadActions: TypeAlias = Callable[[Sequence[Any]], "JointAction | None"]
"""Reads from messages who did what, as player -> action; None where nobody did anything yet."""


def tool_calls(
    player: str, tools: Mapping[str, str] | str, *, argument: str = "action", author: str | None = None
) -> ReadActions:
    """A reader that takes tool calls for actions of ``player``; the latest one counts.

    Args:
        player: whose actions they are.
        tools: tool name -> action, where each tool is an action; or the name of the one tool that has
            the action as an argument.
        argument: the name of that argument.
        author: the ``name`` of the messages to look at; None for any.
    """

    def read(messages: Sequence[Any]) -> JointAction | None:
        for message in reversed(messages):
            if author is not None and getattr(message, "name", None) != author:
                continue
            for call in reversed(getattr(message, "tool_calls", None) or []):
                if isinstance(tools, str):
                    if call["name"] == tools:
                        return {player: str(call["args"].get(argument))}
                elif call["name"] in tools:
                    return {player: tools[call["name"]]}
        return None

    return read


def json_field(player: str, field: str, *, author: str | None = None) -> ReadActions:
    """A reader that takes a field of JSON objects in messages for actions of ``player``; the latest counts.

    The text may hold anything else around the object.

    Args:
        player: whose actions they are.
        field: the field that holds the action.
        author: the ``name`` of the messages to look at; None for any.
    """

    def read(messages: Sequence[Any]) -> JointAction | None:
        for message in reversed(messages):
            if author is not None and getattr(message, "name", None) != author:
                continue
            found = [entry[field] for entry in _objects(_text(message)) if field in entry]
            if found:
                return {player: found[-1] if isinstance(found[-1], str) else json.dumps(found[-1])}
        return None

    return read


def _text(message: Any) -> str:
    content = getattr(message, "content", "")
    if isinstance(content, str):
        return content
    blocks = [block if isinstance(block, str) else block.get("text", "") for block in content]
    return "\n".join(blocks)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, first to last."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(text, start)
        except ValueError:
            end = start + 1
        else:
            if isinstance(found, dict):
                yield found
        start = text.find("{", end)
