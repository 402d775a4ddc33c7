"""What a middleware told a model, which messages it or a node has read, and what was really done since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict

from atom import names
from atom.decision import Decision, Prediction
from atom.graph.messages import as_done, id_of, unread
from atom.memories import Told
from atom.models.prompts import advice, quoted

_EDITED = "hitl_edited_tool_calls"
"""Where ``HumanInTheLoopMiddleware`` keeps the calls that a person put in place of the model's."""

NOTHING_TOLD: Told = {"text": "", "decision": {}, "taken": None, "problems": [], "read": None}
"""Where no middleware has told a model anything yet, such as in a memory that a node made."""


class Read(TypedDict):
    """The keys of ``Told`` that say what was read."""

    read: str | None
    seen: list[str]
    own: list[str]


def read_by_now(state: Mapping[str, Any]) -> Read:
    """That all messages there are have been read."""
    ids = [name for message in state["messages"] if (name := id_of(message)) is not None]
    return {"read": ids[-1] if ids else None, "seen": ids, "own": []}


def new_since(state: Mapping[str, Any], told: Told) -> list[AnyMessage]:
    """The messages since the last prediction, with the calls that were really made."""
    seen = {*told.get("seen", ()), told["read"]} - {None}
    return really_done(state, unread(state["messages"], seen))


def really_done(state: Mapping[str, Any], messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Messages of an agent, with the calls that were really made."""
    edited: Mapping[str, Mapping[str, Any]] = state.get(_EDITED) or {}
    return as_done(messages, state["messages"], edited)


def in_words(decision: Decision) -> str:
    """What the model is told: the prediction, breaches of contract, and the action that fits."""
    lines = [advice(Prediction(decision.order, decision.partners))] if decision.partners else []
    for partner, standing in decision.contracts.items():
        if standing.broken_at is not None:
            lines.append(
                f"{quoted(partner)} declared {names.in_words(str(standing.order))} and does not act by it; "
                "do not rely on what it declares."
            )
    if lines:
        lines.append(f"The action that fits all this is {quoted(decision.action)}.")
    return "\n".join(lines)
