"""Options of a model that clash with each other, or with what is asked of every model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from atom.errors import ToMError
from atom.models.transport import check_transport

LIMITS = ("max_tokens", "max_completion_tokens")

RAISE = "raise max_tokens=, on the command line --model-option max_tokens="
"""What to do where replies need more tokens."""

_OURS = {
    "model": "the model that is asked; name it as the model",
    "messages": "the question itself; say more in Situation.description",
    "n": "the number of samples; give sampling=Sampling(methods=('samples',), n=...)",
    "temperature": "the temperature of the sampling; give sampling=Sampling(temperature=...), on the command "
    "line --temperature",
    "top_logprobs": "the number of log-probabilities, which follows from the options of a question; leave it "
    "out",
    "response_format": "the schema of the answer; give sampling=Sampling(structured=True) or False",
    "timeout": "the time-out of every request; give patience=Patience(timeout=...)",
    "num_retries": "the number of attempts; give patience=Patience(attempts=...)",
    "max_retries": "the number of attempts; give patience=Patience(attempts=...)",
    "drop_params": "drop_params=True, with which every model is asked; leave it out",
}
"""What every request says already, and where to say it."""

_OF_CHAT_MODELS = ("n", "temperature", "top_logprobs", "response_format")
_OFF = ("none", "disable", "disabled", "off")


def check_options(model: str, options: Mapping[str, Any], *, is_chat: bool = False) -> None:
    """Refuses options that clash.

    Args:
        model: its name, for the error.
        options: further arguments of ``litellm.acompletion``, or of a chat model's ``invoke``.
        is_chat: whether it is a chat model's.

    Raises:
        ToMError: an option and what it clashes with, both by name.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in _OF_CHAT_MODELS if is_chat else _OURS:
        if name in given:
            raise ToMError(f"the option {name} of {model} clashes with {_OURS[name]}")
    if given.get("stream") and not is_chat:
        raise ToMError(
            f"the option stream=True of {model} clashes with reading replies as a whole, which is how "
            "they are read; leave it out"
        )
    if not is_chat:
        check_transport(model, given)
    if all(name in given for name in LIMITS):
        raise ToMError(
            f"the options max_tokens={given['max_tokens']!r} and max_completion_tokens="
            f"{given['max_completion_tokens']!r} of {model} clash: they are two names of one limit; give one"
        )
    for name in LIMITS:
        value = given.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ToMError(f"the option {name} of {model} is a number of tokens, at least 1; got {value!r}")
    _check_thoughts(model, given, limit_of(given))


def check_together(
    model: str, options: Mapping[str, Any], methods: Iterable[str], max_tokens: int | None
) -> None:
    """Refuses options that clash with the sampling.

    Args:
        model: its name, for the error.
        options: as of ``check_options``.
        methods: how answers become distributions.
        max_tokens: the sampling's.

    Raises:
        ToMError: an option and what it clashes with, both by name.
    """
    methods = tuple(methods)
    limit = limit_of(options)
    if limit is not None and max_tokens is not None and limit != max_tokens:
        name = next(name for name in LIMITS if options.get(name) is not None)
        raise ToMError(
            f"the option {name}={limit} of {model} clashes with Sampling(max_tokens={max_tokens}): they are "
            "one limit; give one of them"
        )
    logprobs = options.get("logprobs")
    if logprobs is False and methods == ("logprobs",):
        raise ToMError(
            f"the option logprobs=False of {model} clashes with Sampling(methods=('logprobs',)); leave the "
            "option out, or name other methods"
        )
    if logprobs and "logprobs" not in methods:
        raise ToMError(
            f"the option logprobs={logprobs!r} of {model} clashes with Sampling(methods={methods!r}), which "
            "ask for none; leave the option out, or name the method 'logprobs'"
        )
    _check_thoughts(model, options, max_tokens)


def limit_of(options: Mapping[str, Any]) -> int | None:
    """The limit of replies that options state, under either name; None for none."""
    found: int | None = next((options[name] for name in LIMITS if options.get(name) is not None), None)
    return found


def thoughts_of(options: Mapping[str, Any]) -> tuple[str, int] | None:
    """The budget for thoughts that options state, and what they call it; None for none."""
    body = options.get("extra_body")
    for where in (options, body if isinstance(body, Mapping) else {}):
        thinking = where.get("thinking")
        if isinstance(thinking, Mapping) and isinstance(thinking.get("budget_tokens"), int):
            return "thinking.budget_tokens", thinking["budget_tokens"]
        if isinstance(where.get("thinking_budget"), int):
            return "thinking_budget", where["thinking_budget"]
    return None


def thinking_is(options: Mapping[str, Any]) -> bool | None:
    """Whether options ask a model to think before it answers; None where they say nothing of it."""
    thinking = options.get("thinking")
    if isinstance(thinking, Mapping) and thinking.get("type") in _OFF:
        return False
    effort = options.get("reasoning_effort")
    if isinstance(effort, Mapping):
        effort = effort.get("effort")
    if isinstance(effort, str):
        return effort not in _OFF
    budget = thoughts_of(options)
    return None if budget is None else budget[1] > 0


def _check_thoughts(model: str, options: Mapping[str, Any], limit: int | None) -> None:
    budget = thoughts_of(options)
    if budget is not None and limit is not None and budget[1] >= limit:
        raise ToMError(
            f"the option {budget[0]}={budget[1]} of {model} clashes with max_tokens={limit}: thoughts and "
            f"answer share that limit; give max_tokens above {budget[1]}, or a smaller budget"
        )
