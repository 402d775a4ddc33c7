"""What picky and reasoning models do to every request: refuse arguments, think first, be cut off, chat."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

MODES = (
    "reasoning",
    "thinking-aloud",
    "truncate",
    "refuse-temperature",
    "refuse-max-tokens",
    "refuse-limits",
    "refuse-logprobs",
    "refuse-n",
    "refuse-response-format",
    "small-context",
    "small-range",
    "small-limit",
    "thinking-budget",
    "unfinished",
    "no-logprobs",
    "chatty-logprobs",
    "content-filter",
    "tool-calls",
)
"""``reasoning`` spends tokens on thoughts before the answer, ``thinking-aloud`` on thoughts in its text
(``<thought>``), ``truncate`` on words; all are cut off at the limit of the request.
``refuse-…`` is 400 and names the argument: ``max_tokens`` alone, or
``max_completion_tokens`` as well (``refuse-limits``); ``small-…`` refuse limits above 512 in other words.
``thinking-budget`` refuses limits that thoughts alone take, ``unfinished`` is 400 where they took all of it.
``no-logprobs`` leaves log-probabilities out, ``chatty-logprobs`` gives those of other words; the last two
give no answer, and say why."""

_REFUSED = {
    "refuse-temperature": ("temperature",),
    "refuse-max-tokens": ("max_tokens",),
    "refuse-limits": ("max_tokens", "max_completion_tokens"),
    "refuse-logprobs": ("logprobs",),
    "refuse-n": ("n",),
    "refuse-response-format": ("response_format",),
}
_TOO_LARGE = {
    "small-context": "max_tokens is too large: {limit}. At most {most} are left.",
    "small-range": "Invalid max_tokens value, the valid range of max_tokens is [1, {most}]",
    "small-limit": "max_tokens ({limit}) is not supported: the limit is {most}",
}
_CONTEXT = 512
_OWN_LIMIT = 100_000
_CHARACTERS_A_TOKEN = 4


def refusal(
    request: Mapping[str, Any], modes: Collection[str], thoughts: int
) -> tuple[str, str | None] | None:
    """Why a request is refused, and the argument that is to blame; None where it is not.

    Args:
        request: the body of the request.
        modes: some of ``MODES``.
        thoughts: how many tokens are spent before the answer, >= 0.
    """
    for mode, names in _REFUSED.items():
        for name in names:
            if mode in modes and request.get(name) is not None:
                other = ". Use 'max_completion_tokens' instead" if mode == "refuse-max-tokens" else ""
                return f"Unsupported parameter: '{name}' is not supported with this model{other}.", name
    limit = _limit(request)
    for mode, words in _TOO_LARGE.items():
        if mode in modes and _CONTEXT < limit != _OWN_LIMIT:
            return words.format(limit=int(limit), most=_CONTEXT), "max_tokens"
    if "thinking-budget" in modes and limit <= thoughts:
        return "`max_tokens` must be greater than `thinking.budget_tokens`.", None
    if "unfinished" in modes and limit <= thoughts:
        return (
            "Could not finish the message because max_tokens or model output limit was reached. "
            "Please try again with higher max_tokens."
        ), None
    return None


def in_mode(
    completion: dict[str, Any], request: Mapping[str, Any], modes: Collection[str], thoughts: int
) -> dict[str, Any]:
    """A chat completion as a model of these modes gives it.

    Args:
        completion: the body of the completion.
        request: the body of the request.
        modes: some of ``MODES``.
        thoughts: how many tokens are spent before the answer, >= 0.
    """
    choices, usage = completion["choices"], completion["usage"]
    for choice in choices:
        message = choice["message"]
        if "content-filter" in modes:
            message["content"], choice["finish_reason"] = None, "content_filter"
        elif "tool-calls" in modes:
            called = {"name": "look", "arguments": "{}"}
            message["tool_calls"] = [{"id": "call-1", "type": "function", "function": called}]
            message["content"], choice["finish_reason"] = None, "tool_calls"
        elif "reasoning" in modes:
            _think(choice, _limit(request), thoughts)
        elif "thinking-aloud" in modes:
            _talk(choice, _limit(request), f"<thought>\n{_words(thoughts)}\n</thought>\n{message['content']}")
        elif "truncate" in modes:
            _talk(choice, _limit(request), f"{_words(thoughts)}\nMy answer is {message['content']}.")
    if modes and {"reasoning", "thinking-aloud", "truncate"} & {*modes}:
        usage["completion_tokens"] = sum(_tokens(choice["message"]) for choice in choices)
        usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return completion


def _limit(request: Mapping[str, Any]) -> float:
    found = request.get("max_tokens") or request.get("max_completion_tokens")
    return float(found) if found else _OWN_LIMIT


def _think(choice: dict[str, Any], limit: float, thoughts: int) -> None:
    message = choice["message"]
    message["reasoning_content"] = _words(min(limit, thoughts))
    if choice["logprobs"]:
        first = {"token": "Let", "logprob": -1e-3, "bytes": None}
        choice["logprobs"] = {"content": [{**first, "top_logprobs": [first]}]}
    _cut(choice, limit - thoughts)


def _talk(choice: dict[str, Any], limit: float, text: str) -> None:
    choice["message"]["content"] = text
    _cut(choice, limit)


def _cut(choice: dict[str, Any], limit: float) -> None:
    text = choice["message"]["content"] or ""
    if len(text) > max(limit, 0) * _CHARACTERS_A_TOKEN:
        choice["message"]["content"] = text[: int(max(limit, 0)) * _CHARACTERS_A_TOKEN]
        choice["finish_reason"] = "length"


def _words(tokens: float) -> str:
    return ("Let me see. " * (int(tokens) // 3 + 1))[: int(tokens) * _CHARACTERS_A_TOKEN]


def _tokens(message: Mapping[str, Any]) -> int:
    texts = [message.get("content") or "", message.get("reasoning_content") or ""]
    return sum(math.ceil(len(text) / _CHARACTERS_A_TOKEN) for text in texts)
