"""Language models as players: ``llm:MODEL`` on its own, ``@tom-K`` at an order, ``@bayes`` adaptive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from atom.agent import AdaptiveAgent
from atom.belief import Bayes, FollowTheLeader, Hedge, Learner
from atom.deciding import Response, Selection
from atom.hypotheses import Pruning
from atom.llm import LLMActor, LLMReasoner, Memo, Patience, ProcessMemo, Sampling
from atom.llm.exchange import Observer
from atom.player import FixedOrderAgent, PlainAgent
from atom.usage import Budget
from partners.base import Partner, Traits

PREFIX = "llm"
FORM = "MODEL[@tom-K|@ftl|@hedge|@bayes]"

_LEARNERS: dict[str, tuple[type[Learner], Response, Selection]] = {
    "ftl": (FollowTheLeader, "above", "leader"),
    "hedge": (Hedge, "above", "sample"),
    "bayes": (Bayes, "nearest", "win-stay"),
}


@dataclass(frozen=True)
class LLMBackend:
    """How models are asked on behalf of players; one reasoner per model, shared by all of them.

    Attributes:
        sampling, patience, memo, observer: see ``LLMReasoner``.
        prune, budget: see ``AdaptiveAgent``.
        options: further arguments of ``litellm.acompletion``, such as ``api_base``. Keys are found in
            the environment, see LiteLLM's documentation.
    """

    sampling: Sampling = field(default_factory=Sampling)
    patience: Patience = field(default_factory=Patience)
    memo: Memo | None = field(default_factory=ProcessMemo)
    observer: Observer | None = None
    prune: Pruning | None = field(default_factory=Pruning)
    budget: Budget | None = None
    options: dict[str, Any] = field(default_factory=dict)
    _reasoners: dict[str, LLMReasoner] = field(default_factory=dict, repr=False)

    def reasoner(self, model: str) -> LLMReasoner:
        """The hypotheses of ``model``."""
        if model not in self._reasoners:
            self._reasoners[model] = LLMReasoner(
                model,
                sampling=self.sampling,
                patience=self.patience,
                memo=self.memo,
                observer=self.observer,
                **self.options,
            )
        return self._reasoners[model]

    def actor(self, me: str, model: str, seed: int) -> LLMActor:
        """``model`` itself as an agent."""
        return LLMActor(
            me,
            model,
            sampling=self.sampling,
            patience=self.patience,
            observer=self.observer,
            seed=seed,
            **self.options,
        )


_BACKEND: ContextVar[LLMBackend | None] = ContextVar("partners_llm_backend", default=None)


@contextmanager
def llm_backend(backend: LLMBackend) -> Iterator[LLMBackend]:
    """Players made within the block ask models by ``backend``."""
    token = _BACKEND.set(backend)
    try:
        yield backend
    finally:
        _BACKEND.reset(token)


def asks_models(name: str) -> bool:
    """Whether the partner called ``name`` is a language model, or wraps one, such as ``noisy:0.1:llm:…``."""
    return name.startswith(f"{PREFIX}:") or f":{PREFIX}:" in name


class LLMPartner(PlainAgent):
    """A language model on its own: it is told the situation and answers with an action."""

    traits = Traits(stochastic=True, adaptive=False)


class LLMOrderPartner(FixedOrderAgent):
    """A language model that acts at one ToM order (paper, Table 1)."""

    @property
    def traits(self) -> Traits:
        """Of one order; what a model answers may be chance."""
        return Traits(stochastic=True, adaptive=False, order=self.order)


class LLMAdaptivePartner(AdaptiveAgent):
    """A language model that estimates its partner's order (paper, A-ToM)."""

    traits = Traits(stochastic=True, adaptive=True)


def make_llm_partner(argument: str, me: str, seed: int) -> Partner:
    """The player that ``argument``, ``MODEL[@MODE]``, stands for.

    Args:
        argument: a model as LiteLLM names it, and how it plays.
        me: its name in situations.
        seed: seed of its random numbers, >= 0.

    Raises:
        ValueError: no model, or an unknown mode.
    """
    model, at, mode = argument.rpartition("@") if _has_mode(argument) else (argument, "", "")
    backend = _BACKEND.get() or _DEFAULT
    if not model:
        raise ValueError("a model needs a name, such as openai/gpt-4o-mini or ollama_chat/llama3.1")
    if not at:
        return LLMPartner(me, backend.actor(me, model, seed), seed=seed)
    if mode in _LEARNERS:
        learner, response, selection = _LEARNERS[mode]
        return LLMAdaptivePartner(
            me,
            backend.reasoner(model),
            learner(),
            response=response,
            selection=selection,
            prune=backend.prune,
            budget=backend.budget,
            seed=seed,
        )
    return LLMOrderPartner(me, backend.reasoner(model), int(mode.removeprefix("tom-")), seed=seed)


def _has_mode(argument: str) -> bool:
    """Whether what follows the last ``@`` is a mode; some models' names end in ``@`` and a date."""
    _, at, mode = argument.rpartition("@")
    if not at or mode.isdigit():
        return False
    if mode in _LEARNERS or (mode.startswith("tom-") and mode[4:].isdigit()):
        return True
    raise ValueError(f"a model plays @tom-K, {', '.join('@' + name for name in _LEARNERS)}, got @{mode}")


_DEFAULT = LLMBackend()
