"""Chat messages of whatever kind: objects of LangChain, or dictionaries in its form or in OpenAI's.

They are other packages', which differ by version and of which nothing is imported; they are recognised by
what they have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from atom.models.replies import loaded

Call: TypeAlias = dict[str, Any]
"""A call to a tool: its ``name``, ``args`` and ``id``, and whatever else it came with."""


def part_of(message: Any, name: str) -> Any:
    """A field of a message; None for none, and for one that cannot be read."""
    try:
        return message.get(name) if isinstance(message, Mapping) else getattr(message, name, None)
    except Exception:  # noqa: BLE001 - a property of another package's
        return None


def kind_of(message: Any) -> Any:
    """Whose a message is, such as ``"system"`` or ``"human"``; dictionaries may say ``"user"``."""
    return part_of(message, "type") or part_of(message, "role")


def id_of(message: Any) -> str | None:
    """A message's id, be it an object or a dictionary; None for none."""
    found = part_of(message, "id")
    return found if isinstance(found, str) else None


def text_of(message: Any) -> str:
    """The text of a message, a line for each part that is text; empty for none."""
    content = part_of(message, "content")
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    blocks = [block.get("text") if isinstance(block, Mapping) else block for block in content]
    return "\n".join(block for block in blocks if isinstance(block, str))


def calls_of(message: Any) -> list[Call]:
    """A message's calls to tools, first to last, in LangChain's form whatever form they are in.

    Args:
        message: an object or a dictionary, whose calls have a ``name`` and ``args``, or as OpenAI's a
            ``function`` with a ``name`` and ``arguments`` in JSON. Arguments that are no object are none.
    """
    found = part_of(message, "tool_calls")
    return [_call(call) for call in found if isinstance(call, Mapping)] if isinstance(found, list) else []


def _call(call: Mapping[str, Any]) -> Call:
    found = {"name": call.get("name"), "args": call.get("args"), "id": call.get("id")}
    function = call.get("function")
    if isinstance(function, Mapping):
        args = function.get("arguments")
        found |= {"name": function.get("name"), "args": loaded(args) if isinstance(args, str) else args}
    if not isinstance(found["args"], Mapping):
        found["args"] = {}
    return {**{key: value for key, value in call.items() if key != "function"}, **found}


def failed_calls(messages: Iterable[Any]) -> set[str]:
    """The ids of the calls to tools whose result is an error."""
    failed = (
        part_of(message, "tool_call_id") for message in messages if part_of(message, "status") == "error"
    )
    return {found for found in failed if isinstance(found, str)}
