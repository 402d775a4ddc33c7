"""JSON schemas of replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from atom.models.prompts import ReplyForm


def reply_schema(form: ReplyForm, labels: Sequence[str]) -> dict[str, Any]:
    """The ``response_format`` that lets nothing but the labels through.

    Args:
        form: ``"json"`` for one label, ``"stated"`` for a probability each.
        labels: of the legal actions.
    """
    if form == "stated":
        inner = _object({label: {"type": "number"} for label in labels})
        schema = _object({"probabilities": inner})
    else:
        schema = _object({"answer": {"type": "string", "enum": list(labels)}})
    return {"type": "json_schema", "json_schema": {"name": form, "strict": True, "schema": schema}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
