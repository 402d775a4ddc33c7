"""Settings of language models: which, how answers become distributions, how long to try."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic import SecretStr

Method: TypeAlias = Literal["logprobs", "samples", "stated", "single"]
METHODS: tuple[Method, ...] = ("logprobs", "samples", "stated", "single")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer becomes a distribution.

    Attributes:
        methods: in order of preference; the next is taken where a model does not support one.
            ``"logprobs"``: the labels' log-probabilities, one call and one token; ``"samples"``: n
            answers of one call; ``"stated"``: the model writes the probabilities down; ``"single"``:
            one answer, with a lapse rate.
        temperature: T >= 0. Log-probabilities are asked for at 1 and sharpened by us, since some
            servers report them before and some after the temperature.
        n: number of samples, >= 2.
        lapse: ε in [0, 1] of ``"single"``.
        max_tokens: length of a reply; None for just enough. Models that think before they answer
            need room for that.
        structured: whether to ask for JSON by schema; None asks LiteLLM what the model supports.
    """

    methods: tuple[Method, ...] = METHODS
    temperature: float = 0.1
    n: int = 8
    lapse: float = 0.02
    max_tokens: int | None = None
    structured: bool | None = None

    def __post_init__(self) -> None:
        unknown = [method for method in self.methods if method not in METHODS]
        if unknown or not self.methods:
            raise ValueError(f"methods are some of {list(METHODS)}, got {list(self.methods)}")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ValueError(f"max_tokens is at least 1, or None for just enough; got {self.max_tokens}")
        if self.temperature < 0 or self.n < 2 or not 0 <= self.lapse <= 1:
            raise ValueError(
                "the temperature is at least 0, n at least 2 and the lapse rate in [0, 1]; got "
                f"{self.temperature}, {self.n} and {self.lapse}"
            )


@dataclass(frozen=True, slots=True)
class Model:
    """A model and how to reach it.

    Attributes:
        name: as LiteLLM names it, such as ``openai/gpt-4o-mini`` or ``ollama_chat/llama3.1``.
        api_key: None leaves finding it to LiteLLM (environment variables).
        options: further arguments of ``litellm.acompletion``, such as ``api_base``.
    """

    name: str
    api_key: SecretStr | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"a model needs a name, such as 'openai/gpt-4o-mini'; got {self.name!r}")
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", SecretStr(self.api_key))


Limiter: TypeAlias = AbstractAsyncContextManager[Any]
"""Entered for every request, in the one event loop that all requests of a process go through.

``aiolimiter.AsyncLimiter`` keeps to a provider's rate, ``asyncio.Semaphore`` to a number at once. One
object may serve any number of reasoners and agents. Waiting for it counts against no deadline, but
against the seconds of a ``Budget``.
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try.

    Attributes:
        timeout: seconds for one request.
        deadline: seconds for a policy: all requests, pauses, repairs and fallback models together, but not
            the time that requests wait for a ``Limiter``.
        attempts: requests before a model is given up, >= 1.
        pause: seconds before the first retry; doubled each time, up to ``longest_pause``, and drawn
            between half of that and all of it.
        longest_pause: seconds.
        failures: so many requests of all callers given up in a row suspend the model.
        cooldown: seconds for which it stays suspended.
    """

    timeout: float = 30.0
    deadline: float = 90.0
    attempts: int = 4
    pause: float = 0.5
    longest_pause: float = 8.0
    failures: int = 3
    cooldown: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.failures < 1:
            raise ValueError(f"attempts and failures must be at least 1, got {self}")
        if min(self.timeout, self.deadline) <= 0 or min(self.pause, self.longest_pause, self.cooldown) < 0:
            raise ValueError(f"timeout and deadline must be positive, and no time negative, got {self}")
