"""What comes back through LiteLLM: replies, bills and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        texts: the replies, as many as were asked for; None for one without content.
        top: for each token of the first reply, token -> log-probability; empty where not offered.
        prompt_tokens, completion_tokens: as the server counted them.
    """

    texts: tuple[str | None, ...]
    top: tuple[Mapping[str, float], ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0


class AttemptError(Exception):
    """One attempt failed in a way that may pass."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


def bill(response: Any) -> dict[str, Any]:
    """Tokens and cost, as arguments of ``Meter.end_call``; the cost is None where the price is unknown."""
    # what a provider leaves out, LiteLLM leaves out as an attribute
    usage = getattr(response, "usage", None)
    cost = getattr(response, "_hidden_params", {}).get("response_cost")
    return {
        "prompt_tokens": int(getattr(usage, "prompt_tokens", 0) or 0),
        "completion_tokens": int(getattr(usage, "completion_tokens", 0) or 0),
        "cost": None if cost is None else float(cost),
    }


def read_reply(response: Any) -> Reply:
    """The replies in a response.

    Raises:
        AttemptError: there is none.
    """
    choices = list(response.choices or [])
    if not choices:
        raise AttemptError("the response has no choices")
    texts = tuple(choice.message.content for choice in choices)
    tokens = getattr(getattr(choices[0], "logprobs", None), "content", None) or []
    top = tuple({entry.token: entry.logprob for entry in token.top_logprobs or []} for token in tokens)
    return Reply(texts, top)


def retry_after(error: Exception) -> float:
    """How many seconds the server asked to wait; 0 where it did not."""
    # LiteLLM keeps the server's own headers here; those of ``error.response`` may be made up
    headers = getattr(error, "litellm_response_headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0.0)))
    except (TypeError, ValueError):
        return 0.0
