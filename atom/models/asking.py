"""One question to one model by one method: the request, what is read of its reply, and asking once more."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from atom.errors import LLMError
from atom.models.arguments import RAISE
from atom.models.deadline import Deadline
from atom.models.endpoint import Endpoint
from atom.models.findings import Terms
from atom.models.labels import without_thoughts
from atom.models.prompts import Question, ReplyForm, template
from atom.models.replies import (
    ReplyError,
    ScatteredError,
    from_logprobs,
    from_samples,
    read_label,
    read_stated,
    with_lapse,
)
from atom.models.responses import RefusedError, Reply
from atom.models.schemas import reply_schema
from atom.models.settings import Method, Sampling
from atom.policies import Policy
from atom.usage import current_meter

MOST_LOGPROBS = 20
"""How many alternatives of a token servers tell at most."""

REPAIRS = 1
"""How often a reply that names no option is asked for again, with what is wrong with it."""

MOST_ANSWERS = 2 + REPAIRS
"""How many replies one question in one form takes at most: the repairs, and one more for a larger limit."""

_LABEL_TOKENS = 16
_STATED_TOKENS = 12
QUOTED = 500
"""How many characters of a reply, without its thoughts, the model is shown of it when it is asked again."""

KEPT = 20_000
"""How many characters of a reply, thoughts included, a transcript keeps at most."""


@dataclass
class Talk:
    """What was said about one question so far, for the transcript.

    Attributes:
        messages: what was sent in the form that is being tried, repairs included.
        reply: the last reply as transcripts keep it: whole, thoughts included, or its head and tail around
            ``…`` where it has more than ``KEPT`` characters.
        answer: the same as a repair quotes it: without thoughts, the first ``QUOTED`` characters.
        prompt_tokens, completion_tokens: of all replies, in whatever form they were asked for.
        began: when, on the monotonic clock.
    """

    messages: list[dict[str, str]] = field(default_factory=list)
    reply: str = ""
    answer: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    began: float = field(default_factory=time.monotonic)

    def heard(self, reply: Reply) -> None:
        """Notes a reply and what it cost."""
        text = reply.texts[0] or ""
        self.reply = text if len(text) <= KEPT else f"{text[: KEPT // 2]}…{text[-(KEPT // 2) :]}"
        self.answer = (without_thoughts(text) or "").strip()[:QUOTED]
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens


class NotOfferedError(RefusedError):
    """A model replied, without what was asked for besides."""


class UnusableError(LLMError):
    """A model replied, and named no option even when it was asked again.

    Attributes:
        scattered: whether the first token was anything but a label.
    """

    def __init__(self, reason: str, *, scattered: bool = False) -> None:
        super().__init__(reason)
        self.scattered = scattered


@dataclass(frozen=True, slots=True)
class Asking:
    """One question to one model.

    Attributes:
        endpoint: the model.
        sampling: how an answer becomes a distribution.
        question: what is asked.
        deadline: when to give up.
        talk: where is noted what was said.
        lapse: of a single answer; None for the sampling's.
    """

    endpoint: Endpoint
    sampling: Sampling
    question: Question
    deadline: Deadline
    talk: Talk
    lapse: float | None = None

    async def by(self, method: Method) -> Policy:
        """The distribution over the options by one method.

        Raises:
            RefusedError: the server refused this form of the request, or does not offer it.
            UnusableError: no option was named, also when the model was asked again.
            LLMError: see ``Endpoint.complete``.
        """
        await self.endpoint.look_up(self.deadline)
        by_schema = method != "logprobs" and await self._structured()
        try:
            return await self._until_read(method, by_schema=by_schema)
        except RefusedError as error:
            others = error.named - {"response_format"}
            if not by_schema or isinstance(error, NotOfferedError) or (others and others == error.named):
                raise
            refused = error
        if "response_format" in refused.named:
            self.endpoint.leave_out("schema", str(refused))
        try:
            policy = await self._until_read(method, by_schema=False)
        except (NotOfferedError, UnusableError):  # answered, so the schema was the reason
            self.endpoint.leave_out("schema", str(refused))
            raise
        self.endpoint.leave_out("schema", str(refused))
        return policy

    async def _until_read(self, method: Method, *, by_schema: bool) -> Policy:
        """The same with or without a schema: asked, and again with what was wrong, or with more room."""
        form, request, least = self._request(method, by_schema=by_schema)
        self.talk.messages = self.question.messages(form)
        repairs, raised = 0, False
        while True:
            reply = await self.endpoint.complete(
                self.talk.messages, deadline=self.deadline, stated=self._stated_limit, **request
            )
            self.talk.heard(reply)
            if reply.thinks and method != "logprobs":
                self.endpoint.findings.thinking()
            try:
                return self._read(method, reply)
            except ReplyError as error:
                problem, scattered = _named(reply, str(error)), isinstance(error, ScatteredError)
            if "content_filter" in reply.ended:
                self._fail(f"{problem}; reword the description, or name other models as fallbacks")
            if method != "logprobs" and reply.is_cut_off:
                sent, within = self._sent(request), reply.thinks or reply.is_empty
                room = self._more_room(least, sent, thinking=within)
                is_raised = room > sent and not raised
                if not is_raised and (within or repairs >= REPAIRS):
                    self._fail(_cut_off(sent, within=within, raised=raised))
                raised = raised or is_raised
                request["max_tokens"] = room if is_raised else request["max_tokens"]
                if within:
                    continue
                problem = "the reply ended by its limit before it named an option"
            elif repairs >= REPAIRS:
                after = "one repair" if repairs == 1 else f"{repairs} repairs"
                self._fail(f"{problem} (after {after})", scattered=scattered)
            repairs += 1
            self._repair(form, problem)

    def _repair(self, form: ReplyForm, problem: str) -> None:
        meter = current_meter()
        if meter is not None:
            meter.repair()
        text = template("repair").substitute(problem=problem, reply=self.question.reply(form)).strip()
        self.talk.messages += [
            {"role": "assistant", "content": self.talk.answer or "(empty)"},
            {"role": "user", "content": text},
        ]

    def _fail(self, problem: str, *, scattered: bool = False) -> NoReturn:
        raise UnusableError(f"{self.endpoint.model}: {problem}", scattered=scattered)

    def _more_room(self, least: int, limit: int, *, thinking: bool) -> int:
        """The limit with which to ask again after a reply was cut off, as far as the budget goes."""
        meter = current_meter()
        if meter is not None:
            meter.truncate()
        if self._stated_limit is not None:
            return limit
        return min(self.endpoint.findings.cut_off(least, limit, thinking=thinking), _tokens_left())

    def _sent(self, request: Mapping[str, Any]) -> int:
        """The limit that a request went with; very many where none is sent."""
        limit = Terms.limit_of(self.endpoint.findings.terms.applied(request))
        return _MANY if limit is None else limit

    @property
    def _stated_limit(self) -> int | None:
        stated = self.sampling.max_tokens
        return self.endpoint.limit if stated is None else stated

    def _request(self, method: Method, *, by_schema: bool) -> tuple[ReplyForm, dict[str, Any], int]:
        """The form of the reply, the arguments of the request, and how long an answer alone is."""
        options = len(self.question.actions)
        if method == "logprobs":
            top = min(MOST_LOGPROBS, options + 5)
            return "label", {"temperature": 1.0, "max_tokens": 1, "logprobs": True, "top_logprobs": top}, 1
        request: dict[str, Any] = {"temperature": self.sampling.temperature}
        if method == "samples":
            request["n"] = self.sampling.n
        least = least_tokens(method, options, by_schema=by_schema)
        form: ReplyForm = "stated" if method == "stated" else "label"
        if by_schema:
            form = "stated" if method == "stated" else "json"
            request["response_format"] = reply_schema(form, list(self.question.actions))
        stated = self._stated_limit
        request["max_tokens"] = self.endpoint.findings.room(least) if stated is None else stated
        return form, request, least

    async def _structured(self) -> bool:
        if "schema" in self.endpoint.findings.unsupported:
            return False
        if self.sampling.structured is not None:
            return self.sampling.structured
        return await self.endpoint.supports_schema()

    def _read(self, method: Method, reply: Reply) -> Policy:
        actions = self.question.actions
        if method == "logprobs":
            return self._likely(reply)
        if method == "samples":
            if len(reply.texts) < 2:
                read_label(reply.texts[0], actions)
                raise NotOfferedError("one sample in the reply instead of several")
            return from_samples(reply.texts, actions)
        if method == "stated":
            return read_stated(reply.texts[0], actions)
        label = read_label(reply.texts[0], actions)
        return with_lapse(label, actions, self.sampling.lapse if self.lapse is None else self.lapse)

    def _likely(self, reply: Reply) -> Policy:
        actions = self.question.actions
        if reply.odd:
            raise NotOfferedError(f"the log-probabilities in the reply are none: {reply.odd}")
        try:
            if reply.top:
                several = self.sampling.permutations > 1  # sharpened when they are averaged
                return from_logprobs(reply.top, actions, 1.0 if several else self.sampling.temperature)
            if not (reply.is_cut_off and reply.is_empty):
                read_label(reply.texts[0], actions)  # a reply that is wrong besides is to be repaired
        except ReplyError:
            if not (reply.thinks or (reply.is_cut_off and reply.is_empty)):
                raise
        if reply.thinks:
            self.endpoint.findings.thinks = True
            raise NotOfferedError("it thinks before it answers, and its first token is a thought")
        raise NotOfferedError("no log-probabilities in the reply")


def least_tokens(method: Method, options: int, *, by_schema: bool = False) -> int:
    """How many tokens an answer alone takes, thoughts aside.

    Args:
        method: how it is asked for.
        options: how many there are, >= 1.
        by_schema: whether it is a JSON object.
    """
    if method == "logprobs":
        return 1
    answer = 32 + _STATED_TOKENS * options if method == "stated" else _LABEL_TOKENS
    return answer + _LABEL_TOKENS * by_schema


def _named(reply: Reply, problem: str) -> str:
    """Why a reply names no option, where its text does not say so."""
    if "content_filter" in reply.ended:
        return "the reply was withheld by the provider's filter (finish_reason content_filter)"
    if reply.is_empty and (reply.calls_tools or "tool_calls" in reply.ended):
        return "the reply calls a tool (finish_reason tool_calls) instead of giving the answer as text"
    if reply.is_empty and reply.thinks:
        return "the reply has thoughts (reasoning_content) and no text; after them, the answer is asked for"
    return problem


def _cut_off(limit: int, *, within: bool, raised: bool) -> str:
    """The error where a reply was cut off for good."""
    where = " within its thoughts" if within else ""
    if limit == _MANY:
        return (
            f"the reply was truncated{where} at a limit of its server's, which takes none from us, before it "
            "named an option; raise it there"
        )
    again = ", which was raised once" if raised else ""
    budget = "; the budget leaves no tokens for more" if _tokens_left() <= limit else ""
    return (
        f"the reply was truncated{where} at its limit of {limit:,} tokens{again}, before it named an option"
        f"{budget}; {RAISE}"
    )


def _tokens_left() -> int:
    """How many tokens the budget of the decision under way leaves; very many where it sets no limit."""
    meter = current_meter()
    if meter is None or meter.budget is None or meter.budget.tokens is None:
        return _MANY
    return max(0, meter.budget.tokens - (meter.before + meter.usage()).tokens)


_MANY = 2**31
