"""Policies and actions from language models: how to ask, in which form, of whom, and what to keep."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from atom.errors import BudgetError, LLMError
from atom.models.asking import MOST_LOGPROBS, Asking, NotOfferedError, Talk, UnusableError
from atom.models.chat import endpoint_of
from atom.models.deadline import Deadline
from atom.models.endpoint import Endpoint
from atom.models.entering import say_once
from atom.models.exchange import Exchange
from atom.models.listings import over_listings
from atom.models.memo import ProcessMemo, memo_key
from atom.models.prompts import Question
from atom.models.responses import RefusedError
from atom.models.settings import Method, ModelSettings, Sampling
from atom.policies import Policy, is_distribution
from atom.sharing import UnderWay
from atom.usage import current_meter

_BY_NAME: Mapping[Method, set[str]] = {"logprobs": {"logprobs", "top_logprobs"}, "samples": {"n"}}
"""What a method needs, by the names that servers refuse it by."""


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
        self._asked = UnderWay[Policy]()
        self._begun = False

    def begin(self) -> None:
        """Begins to load what the first model is asked by, in a thread, while a question is written.

        Not where answers are kept beyond this process: it may have them all.
        """
        if not self._begun and (self._memo is None or isinstance(self._memo, ProcessMemo)):
            self._begun = True
            self.endpoints[0].begin()

    async def policy(self, question: Question, player: str, purpose: str) -> Policy:
        """The distribution over the options.

        Raises:
            BudgetError: the budget of the decision under way is spent, also by waiting for another's.
            LLMError: no model gave a usable answer.
        """
        if len(question.actions) == 1:
            return dict.fromkeys(question.actions.values(), 1.0)
        deadline = self._deadline()
        if self._memo is None:
            return await self._fresh_policy(question, player, purpose, "", deadline)
        key = memo_key(
            models=[endpoint.identity for endpoint in self.endpoints],
            sampling=repr(self.sampling),
            question=question.text,
            actions=question.actions,
        )
        known = _usable(self._memo.get(key), question)
        if known is None:
            known = await self._asked.joined(key)
        if known is not None:
            meter = current_meter()
            if meter is not None:
                meter.hit()
            talk = Talk(question.messages("label"))
            self._tell(self.endpoints[0].model, player, purpose, talk, known, memo=True)
            return known
        if deadline.left() <= 0.0 and not deadline.budget_is_up():  # which says nothing about the server
            raise LLMError("the deadline passed while another asked the same, whose budget ended")
        return await self._asked.begun(key, self._fresh_policy(question, player, purpose, key, deadline))

    async def action(self, question: Question, player: str) -> str:
        """The action that a model chooses, never from the memo.

        Raises:
            LLMError: no model gave a usable answer.
        """
        deadline = self._deadline()
        problems = []
        for i, endpoint in enumerate(self.endpoints, 1):
            deadline.keep_for(len(self.endpoints) - i)
            talk = Talk()
            try:
                asking = Asking(endpoint, self.sampling, question, deadline, talk, lapse=0.0)
                policy = await asking.by("single")
            except LLMError as error:
                problems.append(self._failed(endpoint, player, "action", talk, error))
                continue
            self._tell(endpoint.model, player, "action", talk, policy)
            return max(policy, key=lambda action: policy[action])
        raise LLMError("; ".join(problems))

    async def _fresh_policy(
        self, question: Question, player: str, purpose: str, key: str, deadline: Deadline
    ) -> Policy:
        problems = []
        for i, endpoint in enumerate(self.endpoints, 1):
            deadline.keep_for(len(self.endpoints) - i)
            talk = Talk()
            try:
                asking = Asking(endpoint, self.sampling, question, deadline, talk)
                policy = await self._by_any_method(asking)
            except LLMError as error:
                problems.append(self._failed(endpoint, player, purpose, talk, error))
                continue
            self._tell(endpoint.model, player, purpose, talk, policy)
            if self._memo is not None:
                self._memo.put(key, policy)
            return policy
        raise LLMError("; ".join(problems))

    async def _by_any_method(self, asking: Asking) -> Policy:
        """The policy by the first method that works; what does not is found out once."""
        endpoint, waiting = asking.endpoint, dict[Method, LLMError]()
        found = await endpoint.look_up(asking.deadline)
        for method in self.sampling.methods:
            if method in found.unsupported or not _fits(method, asking.question, self.sampling):
                continue
            try:
                policy = await (self._by_listings(asking) if method == "logprobs" else asking.by(method))
                break
            except (RefusedError, UnusableError) as error:
                if isinstance(error, UnusableError) and method != "logprobs":
                    raise
                if _is_of_no_use(method, error):
                    endpoint.leave_out(method, str(error))
                elif isinstance(error, RefusedError) or error.scattered:
                    waiting[method] = error
        else:
            refused = [error for error in waiting.values() if isinstance(error, RefusedError)]
            if refused:
                raise refused[-1]  # refused in every form: the forms were not the reason
            policy = await asking.by("single")
        for method, problem in waiting.items():
            endpoint.leave_out(method, str(problem))
        return policy

    async def _by_listings(self, asking: Asking) -> Policy:
        """The policy by log-probabilities; transcripts have the list of options as it is."""

        async def ask(listed: Question) -> Policy:
            if listed is asking.question:
                return await asking.by("logprobs")
            # they wait for their turns at the same time: each puts off its own deadline alone
            said, until = Talk(), replace(asking.deadline)
            try:
                return await replace(asking, question=listed, talk=said, deadline=until).by("logprobs")
            finally:
                asking.deadline.at = max(asking.deadline.at, until.at)
                asking.talk.prompt_tokens += said.prompt_tokens
                asking.talk.completion_tokens += said.completion_tokens

        if self.sampling.permutations == 1:
            return await ask(asking.question)
        temperature = self.sampling.temperature
        return await over_listings(asking.question, self.sampling.permutations, temperature, ask)

    def _deadline(self) -> Deadline:
        """For one question, and all models together."""
        patience = self.patience
        share = min(patience.timeout, patience.deadline / len(self.endpoints))
        return Deadline.after(patience.deadline, share)

    def _failed(self, endpoint: Endpoint, player: str, purpose: str, talk: Talk, error: LLMError) -> str:
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
        talk: Talk,
        policy: Policy,
        *,
        problem: str = "",
        memo: bool = False,
    ) -> None:
        if self._observer is not None:
            exchange = Exchange(
                model,
                player,
                purpose,
                tuple(talk.messages),
                talk.reply,
                dict(policy),
                problem,
                memo,
                talk.prompt_tokens,
                talk.completion_tokens,
                time.monotonic() - talk.began,
            )
            self._observer(exchange)


def _is_of_no_use(method: Method, error: LLMError) -> bool:
    """Whether an error says that a method will never do; another may pass, or be due to the question."""
    if isinstance(error, NotOfferedError):
        return True
    return isinstance(error, RefusedError) and not error.named.isdisjoint(_BY_NAME.get(method, ()))


def _fits(method: Method, question: Question, sampling: Sampling) -> bool:
    """Whether a method makes sense here; where none does, a single answer is asked for."""
    if method == "logprobs":
        return len(question.actions) <= MOST_LOGPROBS and all(len(label) == 1 for label in question.actions)
    return method != "samples" or sampling.temperature > 0


def _usable(known: Policy | None, question: Question) -> Policy | None:
    """What a memo has, where it is a distribution over the options; None else, and the question is asked."""
    if known is None or (is_distribution(known) and known.keys() <= set(question.actions.values())):
        return known
    say_once(
        "the memo", "policy", "an answer in it is no distribution over the options and is asked for anew"
    )
    return None
