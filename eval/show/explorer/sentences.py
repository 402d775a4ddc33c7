"""Sentences of the explorer, with links to where what they say can be seen.

A sentence is ``{"tone": "plain" | "good" | "warn", "parts": [text, {"text": …, "to": link} or {"text": …,
"code": True}]}``; a link has ``task``, ``agent`` and ``partner``, as far as they are known.
"""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]
NAMED = 4
"""How many of many are named in a sentence."""


def sentence(*parts: Any, tone: str = "plain") -> Plain:
    """A sentence of texts and links."""
    return {"tone": tone, "parts": [part for part in parts if part != ""]}


def code(text: str) -> Plain:
    """A part of a sentence that is a command or an option."""
    return {"text": text, "code": True}


def link(text: str, task: str, agent: str | None = None, partner: str | None = None) -> Plain:
    """A part of a sentence that leads to a task, an agent or a pairing."""
    given = {"task": task, "agent": agent, "partner": partner}
    return {"text": text, "to": {name: value for name, value in given.items() if value is not None}}
