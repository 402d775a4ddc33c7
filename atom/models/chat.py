"""A LangChain chat model as an endpoint: its own client, key and options instead of LiteLLM's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import ValidationError

from atom.models.chat_model import ChatModel
from atom.models.deadline import Deadline
from atom.models.endpoint import Endpoint
from atom.models.entering import as_text, log_probabilities, tokens_of
from atom.models.findings import Findings
from atom.models.identity import identity_of
from atom.models.responses import (
    AttemptError,
    InconclusiveError,
    RefusedError,
    Reply,
    ending,
    has_thoughts,
    part,
)
from atom.models.secrets import held_by, secrets_of
from atom.models.settings import Model, ModelSettings
from atom.models.threads import Threads

_CONFIG = {"tags": ["nostream"], "run_name": "tom-hypothesis"}
"""LangGraph leaves runs with this tag out of a graph's stream of messages: hypotheses are no chat."""

_MOST_AT_ONCE = 64
"""Requests of one model under way, those included that were given up and have not ended."""

_ENDINGS = ("finish_reason", "stop_reason", "done_reason")
"""Where chat models of different providers say why a reply ended."""

_NOT_TAKEN = ("unexpected keyword", "multiple values")
"""What Python says of arguments that a function does not take."""


def endpoint_of(model: Model, settings: ModelSettings, rng: np.random.Generator) -> Endpoint:
    """The endpoint that asks a model.

    Args:
        model: by its name, or a chat model.
        settings: how long to try, and what limits requests.
        rng: draws the pauses between retries.
    """
    shared = (settings.patience, dict(model.options), model.api_key, rng, settings.limiter)
    if model.chat is None:
        return Endpoint(model.name, *shared)
    return ChatEndpoint(model.name, *shared, chat=model.chat)


@dataclass(eq=False)
class ChatEndpoint(Endpoint):
    """A LangChain chat model, and how it has been doing.

    It is asked by ``invoke`` in a daemon thread, one for each request, so that its client never meets two
    event loops, and a request that hangs keeps no process from ending. What it makes
    of ``temperature``, ``max_tokens`` and log-probabilities is its own affair: they are passed as arguments
    of the call, in the words of OpenAI's API, and left out from then on where it refuses them.

    Attributes:
        chat: the chat model.
    """

    chat: ChatModel = field(kw_only=True)
    _plain: bool = field(default=False, init=False)
    _threads: Threads = field(default_factory=lambda: Threads(_MOST_AT_ONCE), init=False)

    @cached_property
    def _secrets(self) -> frozenset[str]:
        """What it was given, and what the chat model holds."""
        return secrets_of(self.options) | held_by(self.chat)

    def __post_init__(self) -> None:
        # what it was made with does not show: no other chat model's findings are taken for its own
        self.findings = Findings()

    @property
    def identity(self) -> tuple[str, Mapping[str, Any]]:
        """Its name, and a digest of what tells it from other chat models."""
        return self.model, {"chat": identity_of(self.chat, self.options)}

    def begin(self) -> None:
        """Nothing: its packages are there."""

    async def _loaded(self, deadline: Deadline) -> None:
        """Its packages are there."""

    async def look_up(self, deadline: Deadline) -> Findings:
        """What was found out of it; a chat model gives one answer a call, and no more is known beforehand."""
        found = self.findings
        if not found.looked_up:
            found.unsupported.add("samples")
            if self.options.get("logprobs") is False:
                found.unsupported.add("logprobs")
            found.looked_up = True
        return found

    async def supports_schema(self) -> bool:
        """Not known beforehand of a chat model; ``Sampling(structured=True)`` asks it anyway."""
        return False

    @asynccontextmanager
    async def _turn(self, deadline: Deadline) -> AsyncIterator[None]:
        """The same, and with a thread to ask in; the wait for that counts against the deadline alone."""
        async with super()._turn(deadline):
            try:
                async with asyncio.timeout(deadline.left()):
                    await self._threads.free()
            except TimeoutError:
                reason = f"{_MOST_AT_ONCE} requests before this one have not ended"
                raise InconclusiveError(reason) from None
            self.breaker.check()
            yield

    async def _send(
        self, messages: Sequence[Mapping[str, str]], limit: float, request: Mapping[str, Any]
    ) -> Any:
        if request.get("n") is not None:
            raise RefusedError(f"{self.model}: a chat model gives one answer a call")
        if self._plain:
            if "logprobs" in request or "response_format" in request:
                raise RefusedError(f"{self.model} takes no arguments of the call")
            return await self._invoke(messages, limit, {})
        try:
            return await self._invoke(messages, limit, request)
        except (TypeError, ValueError, NotImplementedError) as error:
            if not _says_not_taken(error, request):
                raise
            if "logprobs" in request or "response_format" in request:
                raise RefusedError(f"{self.model}: {self._describe(error)}") from None
            answer = await self._invoke(messages, limit, {})
            self._plain = True
            return answer

    async def _invoke(
        self, messages: Sequence[Mapping[str, str]], limit: float, request: Mapping[str, Any]
    ) -> Any:
        sent = [dict(message) for message in messages]
        return await self._threads.run(
            lambda: self.chat.invoke(sent, _CONFIG, **self._options, **request), limit
        )

    def _bill(self, response: Any) -> dict[str, Any]:
        usage = getattr(response, "usage_metadata", None)
        names = ("input_tokens", "output_tokens")
        prompt, completion = tokens_of(self.model, {name: part(usage, name) for name in names}).values()
        return {"prompt_tokens": prompt, "completion_tokens": completion, "cost": None}

    def _reply(self, response: Any) -> Reply:
        text = getattr(response, "text", None)
        text = text() if callable(text) and not isinstance(text, str) else text
        if not isinstance(text, str):
            content = getattr(response, "content", None)
            if not isinstance(content, str):
                raise AttemptError(f"a {type(response).__name__} came instead of a message with text")
            text = content
        metadata = _mapping(getattr(response, "response_metadata", None))
        logprobs = metadata.get("logprobs") or {}
        tokens = logprobs.get("content") if isinstance(logprobs, Mapping) else None
        top, odd = log_probabilities(tokens, part)
        ended = next((ending(metadata[key]) for key in _ENDINGS if metadata.get(key)), "")
        details = part(_mapping(getattr(response, "usage_metadata", None)), "output_token_details")
        thinks = (
            bool(_mapping(getattr(response, "additional_kwargs", None)).get("reasoning_content"))
            or bool(part(details, "reasoning"))
            or has_thoughts([str(text)])
        )
        calls = bool(getattr(response, "tool_calls", None))
        return Reply((as_text(str(text)),), top, (ended,), thinks, calls, odd)


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _says_not_taken(error: Exception, request: Mapping[str, Any]) -> bool:
    """Whether an error says that the model does not take an argument, and not that an attempt failed."""
    if getattr(error, "status_code", None) is not None:  # a server's word, not the package's
        return False
    if isinstance(error, NotImplementedError):
        return True
    if isinstance(error, TypeError):
        return any(words in str(error) for words in _NOT_TAKEN)
    if isinstance(error, ValidationError):  # its text quotes whatever was read
        return any(part in request for problem in error.errors() for part in problem["loc"])
    return not set(re.findall(r"\w+", str(error))).isdisjoint(request)
