"""What was asked and answered, for transcripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what came of it.

    Attributes:
        model: who was asked.
        player: on whose behalf.
        purpose: such as ``"order 1"`` or ``"action"``.
        messages: what was sent in the last form that was tried, repairs included; what was sent in other
            forms before (for log-probabilities, or by schema) is not kept.
        reply: the last reply, or an empty text; thoughts that are part of its text included. Of more than
            20,000 characters the first and the last 10,000, with ``…`` between them.
        result: action -> probability; empty where none was found.
        problem: what went wrong, or an empty text.
        memo: whether the answer came from the memo.
        prompt_tokens, completion_tokens: as the server counted them, of all replies to this question, those
            in other forms included.
        seconds: wall time from the question to what came of it, pauses and turns included.
    """

    model: str
    player: str
    purpose: str
    messages: tuple[Mapping[str, str], ...]
    reply: str
    result: Mapping[str, float]
    problem: str = ""
    memo: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


Observer: TypeAlias = Callable[[Exchange], None]
"""Told of every exchange."""
