"""Settings of language models: which, how answers become distributions, how long to try."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict

from pydantic import SecretStr

from atom.errors import ToMError
from atom.models.arguments import check_options, check_together
from atom.models.chat_model import ChatModel, chat_name, is_chat_model, no_model
from atom.models.exchange import Observer
from atom.models.memo import Memo, ProcessMemo
from atom.models.transport import Transport

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
        max_tokens: the limit of a reply, which is never exceeded. None for just enough: room for the answer,
            and for 4,096 tokens of thoughts where a model is known to think before it answers, or was found
            to. A reply that was cut off before it named an option is then asked for once more, with a
            larger limit, as far as the tokens of a ``Budget`` go.
        structured: whether to ask for JSON by schema; None asks LiteLLM what the model supports.
        permutations: over how many listings of the options log-probabilities are averaged, >= 1, each
            beginning at another option; what a place in the list is worth to a model cancels out where
            they are as many as the options. That many requests for a policy, more than options never.
    """

    methods: tuple[Method, ...] = METHODS
    temperature: float = 0.1
    n: int = 8
    lapse: float = 0.02
    max_tokens: int | None = None
    structured: bool | None = None
    permutations: int = 1

    def __post_init__(self) -> None:
        if self.permutations < 1:
            raise ValueError(f"permutations is at least 1, the list as it is; got {self.permutations}")
        unknown = [method for method in self.methods if method not in METHODS]
        if unknown or not self.methods:
            raise ValueError(f"methods are some of {list(METHODS)}, got {list(self.methods)}")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ValueError(f"max_tokens is at least 1, or None for just enough; got {self.max_tokens}")
        if not 0 <= self.temperature < math.inf or self.n < 2 or not 0 <= self.lapse <= 1:
            raise ValueError(
                "the temperature is at least 0, n at least 2 and the lapse rate in [0, 1]; got "
                f"{self.temperature}, {self.n} and {self.lapse}"
            )
        if self.temperature == 0 and tuple(self.methods) == ("samples",):
            raise ToMError(
                "methods=('samples',) clashes with temperature=0, at which all samples are the same; give a "
                "temperature above 0, or methods=('single',)"
            )


@dataclass(frozen=True, slots=True)
class Model:
    """A model and how to reach it.

    Attributes:
        name: as LiteLLM names it, such as ``openai/gpt-4o-mini`` or ``ollama_chat/llama3.1``.
        api_key: None leaves finding it to LiteLLM (environment variables).
        options: further arguments of ``litellm.acompletion``, such as ``api_base``; of a chat model's
            ``invoke``. ``transport`` is how it is reached: ``"auto"``, ``"direct"`` or ``"litellm"``, see
            ``atom.models.transport.place_of``. ``max_tokens`` is the limit of this model's replies, see
            ``Sampling``, and ``logprobs`` whether log-probabilities are asked for, whatever is known of it.
        chat: a LangChain chat model that is asked instead of LiteLLM, see ``Model.of``.

    Raises:
        ValueError: no name, or options that clash with each other or with what every request says.
    """

    name: str
    api_key: SecretStr | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    chat: ChatModel | None = field(default=None, repr=False)

    @classmethod
    def of(cls, model: str | ChatModel | Model, **given: Any) -> Model:
        """A model by its name, or a LangChain chat model.

        Args:
            model: its name, or it itself, also with arguments, retries or fallbacks bound to it; a ``Model``
                is returned as it is.
            given: ``api_key`` and ``options``, of a model that has a name; ``options`` of a chat model.

        Raises:
            ValueError: what is neither, an ``api_key`` beside a chat model, which has its own, or anything
                beside a ``Model``, which has all of it.
        """
        if isinstance(model, Model):
            options = given.get("options", {})
            beside = {"api_key": given.get("api_key")} | {name: options[name] for name in options}
            if names := [name for name, value in beside.items() if value is not None]:
                raise ValueError(
                    f"{', '.join(names)} beside Model({model.name!r}): a Model says by itself how it is "
                    "reached; put this into the Model, as Model(name, api_key=..., options={...})"
                )
            return model
        if isinstance(model, str):
            return cls(model, **given)
        if not is_chat_model(model):
            raise ValueError(no_model(model))
        if given.get("api_key") is not None:
            raise ValueError("a chat model has its own key; give api_key to the chat model")
        return cls(chat_name(model), options=given.get("options", {}), chat=model)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(no_model(self.name))
        if self.chat is None and self.api_key is None and "api_key" in self.options:
            rest = dict(self.options)
            object.__setattr__(self, "api_key", rest.pop("api_key"))
            object.__setattr__(self, "options", rest)
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", SecretStr(self.api_key))
        check_options(self.name, self.options, is_chat=self.chat is not None)


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
            the time that requests wait for a ``Limiter``, or for what they are sent by to be imported.
            Where there are fallbacks, a model is given up so early that each of those that come after it
            has a ``timeout`` left; where the deadline (or what a ``Budget`` leaves) is shorter than a
            ``timeout`` for each, all have an equal share. By the defaults a model with one fallback
            has 60 of the 90 s at most, and the fallback 30 at least.
        attempts: requests before a model is given up, >= 1.
        pause: seconds before the first retry; doubled each time, up to ``longest_pause``, and drawn
            between half of that and all of it.
        longest_pause: seconds.
        failures: so many requests of all callers given up in a row suspend the model. What was not sent
            counts for none, nor what had less than half of the time that a first request has.
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
        times = (self.timeout, self.deadline), (self.pause, self.longest_pause, self.cooldown)
        if not (all(time > 0 for time in times[0]) and all(time >= 0 for time in times[1])):
            raise ValueError(f"timeout and deadline must be positive, and no time negative, got {self}")


class ActorKeywords(TypedDict, total=False):
    """What ``LLMActor`` can be told besides its model; see ``LLMReasoner`` for what each is.

    The last ones are those arguments of ``litellm.acompletion`` that are used most, and ``transport``, how
    the model is reached, see ``Model``. Every other one is taken as a keyword, too; ``options`` is for
    programs whose types are checked.
    """

    fallbacks: Sequence[str | Model | ChatModel]
    sampling: Sampling | None
    patience: Patience | None
    api_key: str | SecretStr | None
    observer: Observer | None
    seed: int
    limiter: Limiter | None
    options: Mapping[str, Any]
    api_base: str | None
    api_version: str | None
    custom_llm_provider: str | None
    extra_body: Mapping[str, Any] | None
    extra_headers: Mapping[str, str] | None
    max_tokens: int | None
    organization: str | None
    reasoning_effort: str | None
    top_p: float | None
    transport: Transport | None


class ReasonerKeywords(ActorKeywords, total=False):
    """What ``LLMReasoner`` can be told besides its model: the same, and where answers are kept."""

    memo: Memo | Literal["process"] | None


_KEPT = ("sampling", "patience", "observer", "seed", "limiter")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which models are asked, and how.

    Attributes:
        models: the first choice first.
        sampling: how an answer becomes a distribution.
        patience: how long to try.
        memo: where answers are kept; None keeps none.
        observer: told of every exchange.
        seed: of the pauses between retries, >= 0.
        limiter: entered for every request; None lets all go at once.

    Raises:
        ValueError: options of a model that clash with the sampling.
    """

    models: tuple[Model, ...]
    sampling: Sampling = field(default_factory=Sampling)
    patience: Patience = field(default_factory=Patience)
    memo: Memo | None = None
    observer: Observer | None = None
    seed: int = 0
    limiter: Limiter | None = None

    def __post_init__(self) -> None:
        for model in self.models:
            check_together(model.name, model.options, self.sampling.methods, self.sampling.max_tokens)

    @classmethod
    def of(cls, model: str | ChatModel | Model, keywords: ReasonerKeywords) -> ModelSettings:
        """The settings that keywords name; those that are none of ours are options of ``model``.

        Raises:
            ValueError: a model without a name, or a key or options beside a ``Model``.
        """
        rest: dict[str, Any] = {**keywords}
        kept = {name: value for name in _KEPT if (value := rest.pop(name, None)) is not None}
        memo = rest.pop("memo", "process")
        key = rest.pop("api_key", None)
        fallbacks = rest.pop("fallbacks", ())
        options = {**rest.pop("options", {}), **rest}
        others = (Model.of(other) for other in fallbacks)
        return cls(
            (Model.of(model, api_key=key, options=options), *others),
            memo=ProcessMemo() if memo == "process" else memo,
            **kept,
        )
