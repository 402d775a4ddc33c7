"""One model: requests with retries, and a breaker for servers that are down; directly, or behind LiteLLM."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from atom.errors import BudgetError, LLMError, ToMError
from atom.models import direct, through_litellm
from atom.models.arguments import LIMITS, limit_of
from atom.models.circuit_breaker import CircuitBreaker
from atom.models.deadline import Deadline, StopAt
from atom.models.entering import in_short
from atom.models.findings import (
    Findings,
    Known,
    Terms,
    Way,
    findings_of,
    known_to_litellm,
    note_known,
    with_remedy,
)
from atom.models.loading import aload_litellm, begin, load_aiohttp, load_litellm, wait_for
from atom.models.portal import run_in_portal
from atom.models.responses import (
    AttemptError,
    InconclusiveError,
    RefusedError,
    Reply,
    bill,
    objection_to,
    read_reply,
    refused_arguments,
    retry_after,
)
from atom.models.secrets import redact, secrets_of, without
from atom.models.settings import Limiter, Patience
from atom.models.table import entry_of
from atom.models.threads import Threads
from atom.models.transport import OPTION, place_of
from atom.usage import Meter, current_meter

_log = logging.getLogger(__name__)

_REFUSED = {400, 413, 415, 422}
_HOPELESS = {401, 403, 404, 405}
_NAMES = {"samples": "n samples", "schema": "response_format"}
_LONGEST_REASON = 200


@dataclass(eq=False)
class Endpoint:
    """A model, and how it has been doing.

    Attributes:
        model: as LiteLLM names it, such as ``openai/gpt-4o-mini`` or ``ollama_chat/llama3.1``.
        patience: how long to try.
        options: further arguments of ``litellm.acompletion``, such as ``api_base``, and ``transport``.
        api_key: None leaves finding it to LiteLLM (environment variables).
        rng: draws the pauses.
        limiter: entered for every request; None lets all go at once.
        findings: what was found out of this model, by whoever asked it in this process.
    """

    model: str
    patience: Patience
    options: Mapping[str, Any]
    api_key: SecretStr | None
    rng: np.random.Generator
    limiter: Limiter | None = None
    findings: Findings = field(init=False)
    _is_loaded: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.findings = findings_of(*self.identity)

    @cached_property
    def breaker(self) -> CircuitBreaker:
        """Suspends it while its server is down."""
        return CircuitBreaker(self.model, str(self.options.get("api_base", "")), self.patience)

    @cached_property
    def _secrets(self) -> frozenset[str]:
        """What it was given, and nothing that it says may have in it."""
        key = None if self.api_key is None else self.api_key.get_secret_value()
        return secrets_of(self.options, key)

    @property
    def limit(self) -> int | None:
        """The limit of its replies, in tokens, where its options state one."""
        return limit_of(self.options)

    async def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        deadline: Deadline,
        stated: int | None = None,
        **request: Any,
    ) -> Reply:
        """A reply to ``messages``.

        Args:
            messages: as in the API of OpenAI.
            deadline: when to give up.
            stated: the limit of replies that the user stated, which is neither left out nor exceeded.
            request: further arguments, such as ``temperature``.

        Raises:
            RefusedError: the server refused the request, or takes no limit where one is stated.
            BudgetError: the budget of the decision under way is spent.
            LLMError: no reply within the attempts and the deadline, or the model is suspended.
        """
        self.breaker.check()
        meter = current_meter()
        if meter is not None and deadline.budget_is_up():
            raise BudgetError(f"the budget is spent: {meter.budget}")
        await self._loaded(deadline)
        terms, raised = self.findings.terms_with(stated, self.model), set[Terms]()
        while True:
            try:
                reply = await self._persistently(messages, deadline, meter, terms.applied(request))
            except RefusedError as error:
                mended = terms.mended(error.named, request, error.objection, stated)
                if mended is None or mended in self.findings.useless:
                    self.findings.useless |= raised
                    raise with_remedy(error, stated) from None
                if mended.least != self.findings.terms.least:
                    raised.add(mended)
                terms = mended
            else:
                if self.findings.agree(terms):
                    _log.warning("%s refuses what it was asked with; from now on %s", self.model, terms)
                return reply

    async def _persistently(
        self,
        messages: Sequence[Mapping[str, str]],
        deadline: Deadline,
        meter: Meter | None,
        request: Mapping[str, Any],
    ) -> Reply:
        reason, is_down = "the deadline passed before it was asked", False
        stop, again = StopAt(self.patience.attempts, deadline), retry_if_exception_type(AttemptError)
        retrying = AsyncRetrying(retry=again, stop=stop, wait=self._pause, reraise=True)
        try:
            if deadline.left() > 0.0:
                async for attempt in retrying:
                    with attempt:
                        try:
                            reply = await self._attempt(messages, deadline, meter, request)
                        except AttemptError as error:
                            is_down = is_down or error.is_conclusive
                            raise
                self.breaker.answered()
                return reply
        except AttemptError as error:
            reason = str(error)
        if is_down:
            self.breaker.failed(reason)
        # outside of the handler, so that the original, which may quote a key, is not in the context
        if deadline.budget_is_up() or (stop.by_budget and not deadline.kept):  # others then ask anew
            raise BudgetError(f"{self.model}: {reason}, and the budget leaves no time to ask again")
        raise LLMError(f"{self.model}: {reason}")

    async def _attempt(
        self,
        messages: Sequence[Mapping[str, str]],
        deadline: Deadline,
        meter: Meter | None,
        request: Mapping[str, Any],
    ) -> Reply:
        try:
            response = await run_in_portal(self._send_in_turn(messages, deadline, meter, request))
            counted, reply = self._bill(response), self._reply(response)
            texts = tuple(text and without(text, self._secrets) for text in reply.texts)
            tokens = {name: counted[name] for name in ("prompt_tokens", "completion_tokens")}
            return replace(reply, texts=texts, odd=without(reply.odd, self._secrets), **tokens)
        except (asyncio.CancelledError, LLMError):
            raise
        except Exception as error:  # noqa: BLE001  # LiteLLM raises its own, OpenAI's and plain ones
            status = getattr(error, "status_code", None)  # most of them have one, and no class in common
            failure = error if isinstance(error, AttemptError) else self._failed(error)
            named, objection = refused_arguments(error, request), objection_to(error, Terms.limit_of(request))
        if status in _REFUSED and objection.kind == "cut off":
            return Reply((None,), ended=("length",))
        if status in _REFUSED:
            raise RefusedError(f"{self.model}: {failure}", named, objection)
        if status in _HOPELESS:
            self.breaker.failed(str(failure), at_once=True)
            raise LLMError(f"{self.model}: {failure}")
        raise failure

    def _failed(self, error: Exception) -> AttemptError:
        is_conclusive = not isinstance(error, InconclusiveError)
        return AttemptError(self._describe(error), retry_after(error), is_conclusive=is_conclusive)

    async def _send_in_turn(
        self,
        messages: Sequence[Mapping[str, str]],
        deadline: Deadline,
        meter: Meter | None,
        request: Mapping[str, Any],
    ) -> Any:
        async with self._turn(deadline):
            limit = self._limit(deadline)
            began = meter.begin_call() if meter else 0.0
            booked: dict[str, Any] = {}
            try:
                response = await self._send(messages, limit, request)
            except TimeoutError as error:
                if limit < 0.5 * min(self.patience.timeout, deadline.share):  # others had taken the rest
                    raise InconclusiveError(str(error)) from None
                raise
            else:
                booked = self._bill(response)
                return response
            finally:
                if meter:
                    meter.end_call(began, **booked)

    @asynccontextmanager
    async def _turn(self, deadline: Deadline) -> AsyncIterator[None]:
        """Within the limiter; the wait for it puts the deadline off."""
        if self.limiter is None:
            yield
            return
        waiting_since = time.monotonic()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(deadline.budget_left()) as budget:
                    await stack.enter_async_context(self.limiter)
            except LLMError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it raises, no server did
                if isinstance(error, TimeoutError) and budget.expired():
                    raise BudgetError("the budget's time ended while a request waited for its turn") from None
                raise InconclusiveError(f"its limiter failed: {self._describe(error)}") from None
            deadline.at += time.monotonic() - waiting_since
            self.breaker.check()
            yield

    def _limit(self, deadline: Deadline) -> float:
        """Seconds that one request may take."""
        if (left := deadline.left()) <= 0.0:
            raise InconclusiveError("the deadline passed while a request waited for its turn")
        return min(self.patience.timeout, left)

    async def _send(
        self, messages: Sequence[Mapping[str, str]], limit: float, request: Mapping[str, Any]
    ) -> Any:
        place = place_of(self.model, self.options, self.api_key)
        if place is not None:
            return await direct.ask(place, messages, limit, self.options, request)
        arguments = {**self._options, **request}
        return await through_litellm.ask(self.model, messages, limit, self.api_key, arguments)

    def _describe(self, error: Exception) -> str:
        text = redact(" ".join(in_short(error).split()), self._secrets)
        if isinstance(error, TimeoutError) and text:
            return text[:_LONGEST_REASON]
        kind = getattr(error, "kind", type(error).__name__)
        text = text.removeprefix(f"litellm.{kind}: ").removeprefix(f"{kind}: ")
        text = text.partition(" Traceback (most recent call last)")[0]  # LiteLLM's own
        return f"{kind}: {text[:_LONGEST_REASON]}"

    def _pause(self, state: RetryCallState) -> float:
        longest = min(self.patience.longest_pause, self.patience.pause * 2.0 ** (state.attempt_number - 1))
        error = state.outcome.exception() if state.outcome else None
        asked = error.pause if isinstance(error, AttemptError) else 0.0
        return max(longest * (0.5 + 0.5 * float(self.rng.random())), asked)

    @property
    def identity(self) -> tuple[str, Mapping[str, Any]]:
        """What a memo tells it from other models by."""
        return self.model, {name: value for name, value in self.options.items() if name != OPTION}

    @property
    def _options(self) -> dict[str, Any]:
        """Those that are sent as they are; the others say how requests are worded."""
        return {
            name: value
            for name, value in self.options.items()
            if name not in (*LIMITS, OPTION) and not (name == "logprobs" and isinstance(value, bool | None))
        }

    def leave_out(self, way: Way, reason: str) -> None:
        """Notes that a way of asking is of no use with this model; said once.

        Args:
            way: the way.
            reason: what says so.
        """
        if way not in self.findings.unsupported:
            self.findings.unsupported.add(way)
            _log.warning("%s is not asked for %s from now on (%s)", self.model, _NAMES.get(way, way), reason)

    def begin(self) -> None:
        """Begins to load what it is asked by, in a thread."""
        with contextlib.suppress(ToMError):  # asking says so
            begin(self._loading())

    def _loading(self) -> Callable[[], Any]:
        return load_aiohttp if place_of(self.model, self.options, self.api_key) else load_litellm

    async def _loaded(self, deadline: Deadline) -> None:
        if not self._is_loaded:
            await wait_for(self._loading(), deadline)
            self._is_loaded = True

    async def look_up(self, deadline: Deadline) -> Findings:
        """What was found out of it, and what is known beforehand by LiteLLM's tables and its options.

        Args:
            deadline: put off by the time that it takes to load LiteLLM, or the client of HTTP.
        """
        await self._loaded(deadline)
        found = self.findings
        if not found.looked_up:
            if place_of(self.model, self.options, self.api_key):
                known = Known(most=entry_of(self.model).get("max_output_tokens"))
            else:  # in a thread: for some providers LiteLLM asks their server, without a limit
                litellm = await aload_litellm()
                known, ask = Known(), partial(known_to_litellm, litellm, self.model, self.options)
                with contextlib.suppress(TimeoutError):
                    known = await _looking.run(ask, self.patience.timeout)
            note_known(found, self.options, known)
        return found

    async def supports_schema(self) -> bool:
        """Whether it can be asked for JSON by schema, as far as is known beforehand."""
        if place_of(self.model, self.options, self.api_key):
            return bool(entry_of(self.model).get("supports_response_schema"))
        litellm = await aload_litellm()
        return bool(litellm.supports_response_schema(model=self.model))

    def _bill(self, response: Any) -> dict[str, Any]:
        return bill(response, self.model)

    def _reply(self, response: Any) -> Reply:
        return read_reply(response)


_looking = Threads(16)
