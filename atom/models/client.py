"""Policies and actions from language models: how to ask, in which form, of whom, and what to keep."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atom.errors import BudgetError, LLMError
from atom.models.chat import endpoint_of
from atom.models.deadline import Deadline
from atom.models.endpoint import Endpoint, RefusedError
from atom.models.exchange import Exchange
from atom.models.listings import over_listings
from atom.models.memo import memo_key
from atom.models.prompts import Question, ReplyForm, template
from atom.models.replies import (
    ReplyError,
    from_logprobs,
    from_samples,
    read_label,
    read_stated,
    with_lapse,
)
from atom.models.responses import Reply
from atom.models.schemas import reply_schema
from atom.models.settings import Method, ModelSettings, Sampling
from atom.policies import Policy
from atom.usage import current_meter

_MOST_LOGPROBS = 20
_LABEL_TOKENS = 16
_STATED_TOKENS = 12
_SHOWN_REPLY = 500


@dataclass
class _Talk:
    """What was said about one question so far, for the transcript."""

    messages: list[dict[str, str]] = field(default_factory=list)
    reply: str = ""


class _NotOfferedError(RefusedError):
    """A model replied, without what was asked for besides."""


class _UnusableError(LLMError):
    """A model replied, and named no option even after the repair."""


class Client:
    """Asks models in order until one answers.

    Args:
        settings: which models, and how.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self.sampling = settings.sampling
        self.patience = settings.patience
        self.endpoints = [
            endpoint_of(model, settings, np.random.default_rng([settings.seed, i]))
            for i, model in enumerate(settings.models)
        ]
        self._memo = settings.memo
        self._observer = settings.observer
        self._asked: dict[str, asyncio.Task[Policy]] = {}

    async def policy(self, question: Question, player: str, purpose: str) -> Policy:
        """The distribution over the options.

        Raises:
            LLMError: no model gave a usable answer.
        """
        if len(question.actions) == 1:
            return dict.fromkeys(question.actions.values(), 1.0)
        if self._memo is None:
            return await self._fresh_policy(question, player, purpose, "")
        key = memo_key(
            models=[endpoint.identity for endpoint in self.endpoints],
            sampling=repr(self.sampling),
            question=question.text,
            actions=question.actions,
        )
        known = self._memo.get(key)
        task = self._asked.get(key)
        if known is None and task is not None and _joinable(task):
            try:
                known = await asyncio.shield(task)
            except BudgetError:  # the other's budget
                known = None
        if known is not None:
            meter = current_meter()
            if meter is not None:
                meter.hit()
            talk = _Talk(question.messages("label"))
            self._tell(self.endpoints[0].model, player, purpose, talk, known, memo=True)
            return known
        task = asyncio.ensure_future(self._fresh_policy(question, player, purpose, key))
        self._asked[key] = task
        task.add_done_callback(lambda _: self._asked.pop(key, None))
        # One caller that gives up must not cancel what another still waits for.
        return await asyncio.shield(task)

    async def action(self, question: Question, player: str) -> str:
        """The action that a model chooses, never from the memo.

        Raises:
            LLMError: no model gave a usable answer.
        """
        deadline = Deadline.after(self.patience.deadline)
        problems = []
        for endpoint in self.endpoints:
            talk = _Talk()
            try:
                policy = await self._asked_for("single", endpoint, question, deadline, talk, lapse=0.0)
            except LLMError as error:
                problems.append(self._failed(endpoint, player, "action", talk, error))
                continue
            self._tell(endpoint.model, player, "action", talk, policy)
            return max(policy, key=lambda action: policy[action])
        raise LLMError("; ".join(problems))

    async def _fresh_policy(self, question: Question, player: str, purpose: str, key: str) -> Policy:
        deadline = Deadline.after(self.patience.deadline)
        problems = []
        for endpoint in self.endpoints:
            talk = _Talk()
            try:
                policy = await self._by_any_method(endpoint, question, deadline, talk)
            except LLMError as error:
                problems.append(self._failed(endpoint, player, purpose, talk, error))
                continue
            self._tell(endpoint.model, player, purpose, talk, policy)
            if self._memo is not None:
                self._memo.put(key, policy)
            return policy
        raise LLMError("; ".join(problems))

    async def _by_any_method(
        self, endpoint: Endpoint, question: Question, deadline: Deadline, talk: _Talk
    ) -> Policy:
        refused: LLMError | None = None
        for method in self.sampling.methods:
            if method in endpoint.unsupported or not _fits(method, question, self.sampling):
                continue
            try:
                if method == "logprobs":
                    return await self._by_listings(endpoint, question, deadline, talk)
                return await self._asked_for(method, endpoint, question, deadline, talk)
            except RefusedError as error:
                refused = error
                endpoint.unsupported.add(method)
            except _UnusableError:
                if method != "logprobs":
                    raise
                # a model that begins with other words may still answer in words
        if refused is not None:
            endpoint.unsupported.clear()  # refused in every form: the forms were not the reason
            raise refused
        return await self._asked_for("single", endpoint, question, deadline, talk)

    async def _by_listings(
        self, endpoint: Endpoint, question: Question, deadline: Deadline, talk: _Talk
    ) -> Policy:
        """The policy by log-probabilities; transcripts have the list of options as it is."""

        async def ask(listed: Question) -> Policy:
            said = talk if listed is question else _Talk()
            return await self._asked_for("logprobs", endpoint, listed, deadline, said)

        if self.sampling.permutations == 1:
            return await ask(question)
        return await over_listings(question, self.sampling.permutations, self.sampling.temperature, ask)

    async def _asked_for(
        self,
        method: Method,
        endpoint: Endpoint,
        question: Question,
        deadline: Deadline,
        talk: _Talk,
        *,
        lapse: float | None = None,
    ) -> Policy:
        """The policy by one method, with one repair."""
        form, request = await self._request(method, endpoint, question)
        talk.messages = question.messages(form)
        for repair in (True, False):
            try:
                reply = await endpoint.complete(talk.messages, deadline=deadline, **request)
            except RefusedError:
                if "response_format" not in request:
                    raise
                endpoint.unsupported.add("schema")
                try:
                    return await self._asked_for(method, endpoint, question, deadline, talk, lapse=lapse)
                except RefusedError as error:
                    if not isinstance(
                        error, _NotOfferedError
                    ):  # refused without it too: it was not the reason
                        endpoint.unsupported.discard("schema")
                    raise
            talk.reply = (reply.texts[0] or "")[:_SHOWN_REPLY]
            try:
                return self._read(method, reply, question, lapse)
            except ReplyError as error:
                problem = str(error)
            if repair:
                text = template("repair").substitute(problem=problem, reply=question.reply(form)).strip()
                talk.messages += [
                    {"role": "assistant", "content": talk.reply or "(empty)"},
                    {"role": "user", "content": text},
                ]
        raise _UnusableError(f"{endpoint.model}: {problem} (after one repair)")

    async def _request(
        self, method: Method, endpoint: Endpoint, question: Question
    ) -> tuple[ReplyForm, dict[str, Any]]:
        options = len(question.actions)
        if method == "logprobs":
            top = min(_MOST_LOGPROBS, options + 5)
            return "label", {"temperature": 1.0, "max_tokens": 1, "logprobs": True, "top_logprobs": top}
        request: dict[str, Any] = {"temperature": self.sampling.temperature}
        if method == "samples":
            request["n"] = self.sampling.n
        if method == "stated":
            request["max_tokens"] = 32 + _STATED_TOKENS * options
        else:
            request["max_tokens"] = _LABEL_TOKENS
        form: ReplyForm = "stated" if method == "stated" else "label"
        if await self._structured(endpoint):
            form = "stated" if method == "stated" else "json"
            request["response_format"] = reply_schema(form, list(question.actions))
            request["max_tokens"] += _LABEL_TOKENS
        if self.sampling.max_tokens is not None:
            request["max_tokens"] = self.sampling.max_tokens
        return form, request

    async def _structured(self, endpoint: Endpoint) -> bool:
        if "schema" in endpoint.unsupported:
            return False
        if self.sampling.structured is not None:
            return self.sampling.structured
        return await endpoint.supports_schema()

    def _read(self, method: Method, reply: Reply, question: Question, lapse: float | None) -> Policy:
        actions = question.actions
        if method == "logprobs":
            if not reply.top:
                read_label(reply.texts[0], actions)  # a reply that is wrong besides is to be repaired
                raise _NotOfferedError("no log-probabilities in the reply")
            several = self.sampling.permutations > 1  # sharpened when they are averaged
            return from_logprobs(reply.top, actions, 1.0 if several else self.sampling.temperature)
        if method == "samples":
            if len(reply.texts) < 2:
                read_label(reply.texts[0], actions)
                raise _NotOfferedError("one sample in the reply instead of several")
            return from_samples(reply.texts, actions)
        if method == "stated":
            return read_stated(reply.texts[0], actions)
        label = read_label(reply.texts[0], actions)
        return with_lapse(label, actions, self.sampling.lapse if lapse is None else lapse)

    def _failed(self, endpoint: Endpoint, player: str, purpose: str, talk: _Talk, error: LLMError) -> str:
        """The problem in words; a spent budget ends everything."""
        self._tell(endpoint.model, player, purpose, talk, {}, problem=str(error))
        if isinstance(error, BudgetError):
            raise error
        return str(error)

    def _tell(
        self,
        model: str,
        player: str,
        purpose: str,
        talk: _Talk,
        policy: Policy,
        *,
        problem: str = "",
        memo: bool = False,
    ) -> None:
        if self._observer is not None:
            exchange = Exchange(
                model, player, purpose, tuple(talk.messages), talk.reply, dict(policy), problem, memo
            )
            self._observer(exchange)


def _fits(method: Method, question: Question, sampling: Sampling) -> bool:
    """Whether a method makes sense here; where none does, a single answer is asked for."""
    if method == "logprobs":
        return len(question.actions) <= _MOST_LOGPROBS and all(len(label) == 1 for label in question.actions)
    return method != "samples" or sampling.temperature > 0


def _joinable(task: asyncio.Task[Policy]) -> bool:
    return not task.done() and task.get_loop() is asyncio.get_running_loop()
