"""What was found out of a model, once for this process: what it refuses, and how much room it needs."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from atom.models.arguments import LIMITS, RAISE, thinking_is, thoughts_of
from atom.models.memo import memo_key
from atom.models.responses import Objection, RefusedError

Way: TypeAlias = Literal["logprobs", "samples", "stated", "single", "schema"]
"""A method, or asking by schema besides."""

REASONING_TOKENS = 4096
"""Room for the thoughts of a model that thinks before it answers, unless told otherwise."""

_PROBED: Mapping[str, Way] = {"logprobs": "logprobs", "n": "samples"}
_KEPT = (
    "a limit that was stated is never left out; for a server that takes none, state none: no max_tokens=, on "
    "the command line no --model-option max_tokens="
)
_LARGER = 4
_LEAST = 16
_MOST_MODELS = 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """How a request is worded, so that the server takes it.

    Attributes:
        left_out: arguments that are not sent, by the names that we give them.
        renamed: whether the limit is called ``max_completion_tokens`` instead of ``max_tokens``.
        most: the largest limit that is sent; None for any.
        least: the smallest limit that is sent; None for any. ``most`` goes before it.
    """

    left_out: frozenset[str] = frozenset()
    renamed: bool = False
    most: int | None = None
    least: int | None = None

    def applied(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that are sent for those of a request."""
        sent = {name: value for name, value in request.items() if name not in self.left_out}
        limit = sent.pop("max_tokens", None)
        if limit is not None:
            name = "max_completion_tokens" if self.renamed else "max_tokens"
            limit = max(limit, self.least or limit)
            sent[name] = min(limit, self.most or limit)
        return sent

    def mended(
        self, named: frozenset[str], request: Mapping[str, Any], objection: Objection, stated: int | None
    ) -> Terms | None:
        """Others, after a server refused these; None where nothing of what it named can be changed.

        Args:
            named: arguments that its refusal names.
            request: what was asked for, before these terms.
            objection: what it has against them.
            stated: the limit that the user stated; None for none.
        """
        sent = self.applied(request)
        if "temperature" in named and "temperature" in sent:
            return replace(self, left_out=self.left_out | {"temperature"})
        limit = self.limit_of(sent)
        if limit is None or named.isdisjoint(LIMITS):
            return None
        if objection.kind == "too large":
            smaller = limit // _LARGER
            return replace(self, most=smaller) if smaller >= _LEAST else None
        if objection.kind == "too small":
            return self._raised(limit, objection.least, stated)
        if not self.renamed:
            return replace(self, renamed=True)
        return None if stated is not None else replace(self, left_out=self.left_out | {"max_tokens"})

    def _raised(self, limit: int, least: int | None, stated: int | None) -> Terms | None:
        """With a larger limit, once; None where it was raised already, or no larger one may be sent."""
        larger = max(limit * _LARGER, _LEAST) if least is None else least + limit
        bounds = [bound for bound in (stated, self.most) if bound is not None]
        return (
            None
            if limit == self.least or larger > min(bounds, default=larger)
            else replace(self, least=larger)
        )

    @staticmethod
    def limit_of(sent: Mapping[str, Any]) -> int | None:
        """The limit among the arguments of a request, under either name."""
        found: int | None = sent.get("max_tokens", sent.get("max_completion_tokens"))
        return found

    def together(self, other: Terms) -> Terms:
        """What both ask for."""
        most = [terms.most for terms in (self, other) if terms.most is not None]
        least = [terms.least for terms in (self, other) if terms.least is not None]
        return Terms(
            self.left_out | other.left_out,
            self.renamed or other.renamed,
            min(most, default=None),
            max(least, default=None),
        )

    def __str__(self) -> str:
        words = [f"{name} is left out" for name in sorted(self.left_out)]
        if self.renamed and "max_tokens" not in self.left_out:
            words.append("max_tokens is called max_completion_tokens")
        if self.most is not None:
            words.append(f"no limit is above {self.most:,} tokens")
        if self.least is not None:
            words.append(f"no limit is below {self.least:,} tokens")
        return ", ".join(words)


@dataclass(eq=False)
class Findings:
    """What was found out of a model.

    Attributes:
        unsupported: ways of asking that are of no use with it.
        terms: how requests are worded.
        thinks: whether it thinks before it answers; its limits have room for that.
        thoughts: how many tokens that takes.
        writes_long: whether replies were cut off all the same; limits are four times as large.
        most: the longest reply that it can write, in tokens; None for unknown.
        looked_up: whether all that is known beforehand was noted.
        useless: terms with a larger limit that did not help, so that they are tried once.
    """

    unsupported: set[Way] = field(default_factory=set)
    terms: Terms = field(default_factory=Terms)
    thinks: bool = False
    thoughts: int = REASONING_TOKENS
    writes_long: bool = False
    most: int | None = None
    looked_up: bool = False
    useless: set[Terms] = field(default_factory=set)

    def terms_with(self, stated: int | None, model: str) -> Terms:
        """The terms so far.

        Args:
            model: its name, for the error.
            stated: the limit of replies that the user stated; None for none.

        Raises:
            RefusedError: one is stated, and the server takes none.
        """
        if stated is not None and "max_tokens" in self.terms.left_out:
            refused = RefusedError(f"{model}: the server takes no limit of tokens", frozenset(LIMITS))
            raise with_remedy(refused, stated)
        return self.terms

    def agree(self, terms: Terms) -> bool:
        """Notes terms that its server took; whether they are news."""
        before, self.terms = self.terms, self.terms.together(terms)
        return self.terms != before

    def thinking(self) -> None:
        """Notes that it thinks; the one token of log-probabilities would be one of its thoughts."""
        self.thinks = True
        self.unsupported.add("logprobs")

    def room(self, least: int) -> int:
        """The limit of a reply whose answer alone takes ``least`` tokens."""
        answer = max(least + self.thoughts * self.thinks, self.terms.least or 0)
        limit = answer * (_LARGER if self.writes_long else 1)
        return min([limit, *(most for most in (self.most, self.terms.most) if most is not None)])

    def cut_off(self, least: int, sent: int, *, thinking: bool) -> int:
        """The limit from now on, where a reply ended by that of ``sent`` tokens.

        Args:
            least: what the answer alone takes.
            sent: its limit.
            thinking: whether it ended within thoughts.
        """
        if sent >= self.room(least):  # otherwise another reply said so meanwhile
            if thinking and not self.thinks:
                self.thinking()
            else:
                self.writes_long = True
        return self.room(least)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a model before it is asked.

    Attributes:
        thinks: whether it thinks before it answers.
        most: the longest reply that it can write, in tokens; None for unknown.
        taken: arguments that it takes; None for any.
    """

    thinks: bool = False
    most: object = None
    taken: frozenset[str] | None = None


def known_to_litellm(litellm: Any, model: str, options: Mapping[str, Any]) -> Known:
    """What LiteLLM knows of a model.

    Args:
        litellm: LiteLLM itself.
        model: as LiteLLM names it.
        options: what it is asked with.
    """
    place = {"model": model, "custom_llm_provider": options.get("custom_llm_provider")}
    # get_model_info would ask the server, where that is Ollama's
    known = litellm.model_cost.get(model) or litellm.model_cost.get(model.partition("/")[2]) or {}
    taken = None
    with contextlib.suppress(Exception):  # where there is no such provider; asking it says so
        taken = litellm.get_supported_openai_params(**place)
    thinks = thinking_is(options) is None and litellm.supports_reasoning(**place)
    return Known(thinks, known.get("max_output_tokens"), frozenset(taken) if taken else None)


def note_known(found: Findings, options: Mapping[str, Any], known: Known) -> None:
    """Notes what is known of a model before it is asked.

    Args:
        found: where.
        options: what it is asked with; what they say goes before what is known otherwise.
        known: otherwise.
    """
    thinks = thinking_is(options)
    if thinks or (thinks is None and known.thinks):
        found.thinking()
    budget = thoughts_of(options)
    if budget is not None:
        found.thoughts = max(budget[1], 0)
    if options.get("max_completion_tokens") is not None:
        found.agree(Terms(renamed=True))
    found.most = known.most if isinstance(known.most, int) else None
    if known.taken is not None:
        allowed = {*known.taken, *(options.get("allowed_openai_params") or ())}
        found.unsupported |= {way for argument, way in _PROBED.items() if argument not in allowed}
    wanted = options.get("logprobs")
    if wanted is not None:
        (found.unsupported.discard if wanted else found.unsupported.add)("logprobs")
    found.looked_up = True


def with_remedy(error: RefusedError, stated: int | None) -> RefusedError:
    """A refusal that says besides what to do, where it is one of the limit of tokens.

    Args:
        error: the refusal.
        stated: the limit of replies that the user stated; None for none.
    """
    kind = error.objection.kind
    if error.named.isdisjoint(LIMITS) or kind == "too large" or (kind == "argument" and stated is None):
        return error
    remedy = f"the limit of tokens is too small for it; {RAISE}" if kind == "too small" else _KEPT
    return RefusedError(f"{error}; {remedy}", error.named, error.objection)


_known: OrderedDict[str, Findings] = OrderedDict()
_lock = threading.Lock()


def findings_of(model: str, options: Mapping[str, Any]) -> Findings:
    """What was found out of a model that is asked with these options; the same for whoever asks."""
    key = memo_key(model=model, options=dict(options))
    with _lock:
        found = _known.setdefault(key, Findings())
        _known.move_to_end(key)
        if len(_known) > _MOST_MODELS:
            _known.popitem(last=False)
        return found


def forget_findings() -> None:
    """Forgets what was found out, as if the process had just begun; for models that are others now."""
    with _lock:
        _known.clear()
