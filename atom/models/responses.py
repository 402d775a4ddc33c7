"""What comes back, through LiteLLM or straight from a server: replies, bills and failures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from atom.errors import LLMError
from atom.models.entering import as_text, cost_of, in_short, log_probabilities, tokens_of
from atom.models.labels import without_thoughts

_ENDED = {
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "refusal": "content_filter",
    **dict.fromkeys(
        ("safety", "recitation", "blocklist", "prohibited_content", "spii", "sensitive", "error_toxic"),
        "content_filter",
    ),
    **dict.fromkeys(("content_filtered", "guardrail_intervened"), "content_filter"),
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
}
"""What providers call the end of a reply that OpenAI calls otherwise; LiteLLM knows most of it."""

_UNFINISHED = re.compile(
    r"could not finish the message|output (token )?limit (was|is|has been) reached"
    r"|\breached\b.{0,80}\b(higher|larger|increase|raise)\b",
    re.IGNORECASE,
)
_TOO_SMALL = re.compile(
    r"too (small|low|short)|minimum|at least|>=|higher"
    r"|(?<!not )\bbe (strictly )?(greater|larger|more|above)|(must|should) exceed|greater than or equal"
    r"|(not|no) (be )?(less|smaller|lower|fewer|below)|\bis (less|smaller|lower) than (?!or equal)",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"too (large|long|many|high|big)|(?<!must )(?<!should )exceed|at most|maximum|<=|context.length|above"
    r"|(not|no) (be )?(greater|larger|more|higher)|\bis (greater|larger|more|higher) than (?!or equal)"
    r"|(?<!not be )(?<!no )(?<!is )(less|smaller|lower|fewer) than|less than or equal|below (?!(the )?min)"
    r"|limit (is|was|of)|reached|\d > \d",
    re.IGNORECASE,
)
_RANGE = re.compile(r"valid range|in (the )?range|\bbetween \d|\[\d+, ?\d+\]", re.IGNORECASE)
_UNKNOWN = re.compile(r"not support|unsupported|unknown|unrecogni[sz]ed|not permitted|instead", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.-])\d{1,15}(?![\w-]|\.\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_SHORT = re.compile(r"""(['"`])n\1|\bparameter:? n\b|\bn (must|is|should|can|cannot|has|>|=|!=)|\bn\s?[=>]""")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        texts: the replies, as many as were asked for; None for one without content.
        top: for each token of the first reply, token -> log-probability; empty where not offered.
        ended: why each reply ended, in OpenAI's words: ``"stop"``, ``"length"``, ``"content_filter"``,
            ``"tool_calls"``; empty where not said.
        thinks: whether the model thought before it answered.
        calls_tools: whether the first reply calls tools.
        odd: what is wrong with the log-probabilities that came, and were set aside; empty for nothing.
        prompt_tokens, completion_tokens: as the server counted them.
    """

    texts: tuple[str | None, ...]
    top: tuple[Mapping[str, float], ...] = ()
    ended: tuple[str, ...] = ()
    thinks: bool = False
    calls_tools: bool = False
    odd: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def is_cut_off(self) -> bool:
        """Whether a reply ended by its limit of tokens."""
        return "length" in self.ended

    @property
    def is_empty(self) -> bool:
        """Whether no reply has a text."""
        return not any((text or "").strip() for text in self.texts)


@dataclass(frozen=True, slots=True)
class Objection:
    """What a server has against an argument that its refusal names.

    Attributes:
        kind: ``"argument"``, it is not taken at all; ``"too large"`` or ``"too small"``, its number is not;
            ``"cut off"``, none: the reply did not end within its limit of tokens.
        least: of what is too small, the number that has to be exceeded; None where it is not told.
    """

    kind: Literal["argument", "too large", "too small", "cut off"] = "argument"
    least: int | None = None


class RefusedError(LLMError):
    """The server refused the request itself: retrying is useless, another form may be accepted.

    Attributes:
        named: the arguments of the request that its refusal names.
        objection: what it has against them.
    """

    def __init__(
        self, reason: str, named: frozenset[str] = frozenset(), objection: Objection | None = None
    ) -> None:
        super().__init__(reason)
        self.named = named
        self.objection = objection or Objection()


_KINDS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "Timeout",
    422: "BadRequestError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "Timeout",
}


class StatusError(Exception):
    """A server that is asked directly says what is wrong.

    Attributes:
        status_code: of HTTP.
        kind: what LiteLLM and OpenAI's client call it.
        param: the argument that is to blame, where it is said.
        headers: of the response.
    """

    def __init__(self, status: int, message: str, param: object, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.status_code = status
        self.kind = _KINDS.get(status, "APIError")
        self.param = param
        self.headers = headers


class AttemptError(Exception):
    """One attempt failed in a way that may pass.

    Attributes:
        pause: seconds that the server asks to wait, >= 0.
        is_conclusive: whether it says something about the server, see ``InconclusiveError``.
    """

    def __init__(self, reason: str, pause: float = 0.0, *, is_conclusive: bool = True) -> None:
        super().__init__(reason)
        self.pause = pause
        self.is_conclusive = is_conclusive


class InconclusiveError(TimeoutError):
    """A request was not sent, or was not waited for long enough to say anything about its server."""


def part(of: Any, name: str) -> Any:
    """A part of what a server sent, as LiteLLM's objects or as JSON; None where it is not there."""
    return of.get(name) if isinstance(of, dict) else getattr(of, name, None)


def bill(response: Any, model: str) -> dict[str, Any]:
    """Tokens and cost, as arguments of ``Meter.end_call``; the cost is None where the price is unknown.

    Args:
        response: what came back.
        model: who sent it, for a warning of counts that are none.
    """
    usage = part(response, "usage")
    cost = (part(response, "_hidden_params") or {}).get("response_cost")
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    prompt, completion, total = tokens_of(model, {name: part(usage, name) for name in names}).values()
    return {
        "prompt_tokens": prompt,
        "completion_tokens": max(completion, total - prompt),  # some count thoughts in the total alone
        "cost": cost_of(cost),
    }


def read_reply(response: Any) -> Reply:
    """The replies in a response.

    Raises:
        AttemptError: there is none.
    """
    choices = part(response, "choices")
    if not choices or not isinstance(choices, list):
        raise AttemptError("the response has no choices")
    messages = [part(choice, "message") for choice in choices]
    if None in messages:
        raise AttemptError("the response has a choice without a message")
    texts = tuple(_text(part(message, "content")) for message in messages)
    top, odd = log_probabilities(part(part(choices[0], "logprobs"), "content"), part)
    ended = tuple(ending(part(choice, "finish_reason")) for choice in choices)
    details = part(part(response, "usage"), "completion_tokens_details")
    thoughts = [part(message, name) for message in messages for name in ("reasoning_content", "reasoning")]
    thinks = any(thoughts) or bool(part(details, "reasoning_tokens")) or has_thoughts(texts)
    return Reply(texts, top, ended, thinks, bool(part(messages[0], "tool_calls")), odd)


def _text(content: object) -> str | None:
    if content is not None and not isinstance(content, str):
        raise AttemptError("the response has a reply that is no text")
    return None if content is None else as_text(content)


def ending(reason: object) -> str:
    """Why a reply ended, in OpenAI's words."""
    text = in_short(reason or "").lower()
    return _ENDED.get(text, text)


def has_thoughts(texts: Iterable[str | None]) -> bool:
    """Whether one of the replies has thoughts in it, such as ``<think>``."""
    return any(text and without_thoughts(text) != text for text in texts)


def refused_arguments(error: Exception, names: Iterable[str]) -> frozenset[str]:
    """Which arguments of a request a server's refusal names.

    Args:
        error: its error, in whose words and ``param`` they are looked for.
        names: of the arguments; the limit may be named by either of its names.
    """
    text = in_short(error)
    words = {*re.findall(r"\w+", text), str(getattr(error, "param", None))}
    if "n" in words and getattr(error, "param", None) != "n" and not _SHORT.search(text):
        words.discard("n")  # a letter of something else
    return frozenset(words.intersection({*names, "max_tokens", "max_completion_tokens"}))


def objection_to(error: Exception, limit: int | None) -> Objection:
    """What a server's refusal has against an argument.

    Args:
        error: its error, read in its words.
        limit: the limit of tokens that it refused; None where none was sent.
    """
    text = in_short(error)
    if _UNFINISHED.search(text):
        return Objection("cut off")
    numbers = {int(number) for number in _NUMBER.findall(_THOUSANDS.sub("", text))}
    told = numbers - {limit, getattr(error, "status_code", None)}
    in_range = _RANGE.search(text) is not None
    small, large = (in_range or form.search(text) is not None for form in (_TOO_SMALL, _TOO_LARGE))
    if not (small or large) or (_UNKNOWN.search(text) and not told and limit not in numbers):
        return Objection()
    above = [number for number in told if limit is not None and number > limit]
    if small and (not large or (above and len(above) == len(told))):
        return Objection("too small", min(above, default=None))
    return Objection("too large")


def retry_after(error: Exception) -> float:
    """How many seconds the server asked to wait; 0 where it did not."""
    if isinstance(error, StatusError):
        headers = error.headers
    else:  # LiteLLM keeps the server's own here; those of ``error.response`` may be made up
        headers = getattr(error, "litellm_response_headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0.0)))
    except (TypeError, ValueError):
        return 0.0
