"""Language models as players: ``llm:MODEL`` on its own, ``@tom-K`` at an order, ``@bayes`` adaptive.

Three baselines take their hypotheses from the task's own reasoner and only the action from the model:
``@prompt-only`` is told the prediction and decides alone; ``@gate-only`` is told nothing, and overruled
where it acts against the prediction; ``@prompt-and-gate`` is both. ``@vote-N`` has no belief and asks the
model N times.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from atom.agents.adaptive import AdaptiveAgent
from atom.agents.deciding import Response, Selection
from atom.agents.gate import Gate, Payoffs
from atom.agents.player import FixedOrderAgent, PlainAgent
from atom.agents.pruning import Pruning
from atom.belief.learners import Bayes, FollowTheLeader, Hedge, Learner
from atom.llm import Limiter, LLMActor, LLMReasoner, Memo, Patience, ProcessMemo, Sampling
from atom.models.exchange import Observer
from atom.reasoning.reasoner import Reasoner
from atom.usage import Budget
from partners.base import Partner, Traits
from partners.llm_baselines import UntoldActor, VotingActor

PREFIX = "llm"
FORM = "MODEL[@tom-K|@ftl|@hedge|@bayes|@prompt-only|@gate-only|@prompt-and-gate|@vote-N]"

_LEARNERS: dict[str, tuple[type[Learner], Response, Selection]] = {
    "ftl": (FollowTheLeader, "above", "leader"),
    "hedge": (Hedge, "above", "sample"),
    "bayes": (Bayes, "nearest", "win-stay"),
}

LEARNER_MODES = tuple(_LEARNERS)
"""Modes in which a model adapts with hypotheses of its own."""

_TOLD: dict[str, tuple[bool, Gate]] = {
    "prompt-only": (True, "off"),
    "gate-only": (False, "override"),
    "prompt-and-gate": (True, "override"),
}
"""Mode -> whether the model is told the prediction, and the gate."""

_BEGINNINGS = ("tom", "vote", "prompt", "gate")
_NUMBERED = re.compile(r"(tom|vote)-(\d+)")


@dataclass(frozen=True, eq=False)
class LLMBackend:
    """How models are asked on behalf of players; one reasoner per model, shared by all of them.

    Attributes:
        sampling, patience, memo, observer, limiter: see ``LLMReasoner``.
        prune, budget: see ``AdaptiveAgent``.
        options: further arguments of ``litellm.acompletion``, such as ``api_base``. Keys are found in
            the environment, see LiteLLM's documentation.
    """

    sampling: Sampling = field(default_factory=Sampling)
    patience: Patience = field(default_factory=Patience)
    memo: Memo | None = field(default_factory=ProcessMemo)
    observer: Observer | None = None
    limiter: Limiter | None = None
    prune: Pruning | None = field(default_factory=Pruning)
    budget: Budget | None = None
    options: dict[str, Any] = field(default_factory=dict)
    _reasoners: dict[str, LLMReasoner] = field(default_factory=dict, repr=False)

    def reasoner(self, model: str) -> LLMReasoner:
        """The hypotheses of ``model``."""
        found = self._reasoners.get(model)
        if found is None:
            made = LLMReasoner(
                model,
                sampling=self.sampling,
                patience=self.patience,
                memo=self.memo,
                observer=self.observer,
                limiter=self.limiter,
                **self.options,
            )
            found = self._reasoners.setdefault(model, made)  # threads that race get the same one
        return found

    def actor(self, me: str, model: str, seed: int) -> LLMActor:
        """``model`` itself as an agent."""
        return LLMActor(
            me,
            model,
            sampling=self.sampling,
            patience=self.patience,
            observer=self.observer,
            limiter=self.limiter,
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


def current_backend() -> LLMBackend:
    """How models are asked here: by the backend of the innermost ``llm_backend`` block."""
    return _BACKEND.get() or _DEFAULT


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


def make_llm_partner(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    """The player that ``argument``, ``MODEL[@MODE]``, stands for.

    Args:
        argument: a model as LiteLLM names it, and how it plays.
        me: its name in situations.
        reasoner: the task's own, which predicts for the baselines.
        seed: seed of its random numbers, >= 0.

    Raises:
        ValueError: no model, an unknown mode, or a gate where payoffs are unknown.
    """
    model, mode = split_model(argument)
    backend = current_backend()
    if not model:
        raise ValueError("a model needs a name, such as openai/gpt-4o-mini or ollama_chat/llama3.1")
    if not mode:
        return LLMPartner(me, backend.actor(me, model, seed), seed=seed)
    if mode in _TOLD:
        told, gate = _TOLD[mode]
        if gate != "off" and not isinstance(reasoner, Payoffs):
            raise ValueError(
                f"@{mode} overrules by expected payoffs, which {type(reasoner).__name__} does not know; it "
                "plays normal-form games"
            )
        actor = backend.actor(me, model, seed)
        agent = actor if told else UntoldActor(actor)
        return LLMAdaptivePartner(me, reasoner, agent=agent, gate=gate, budget=backend.budget, seed=seed)
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
    kind, _, number = mode.partition("-")
    if kind == "vote":
        return LLMPartner(me, VotingActor(backend.actor(me, model, seed), int(number)), seed=seed)
    return LLMOrderPartner(me, backend.reasoner(model), int(number), seed=seed)


def split_model(argument: str) -> tuple[str, str]:
    """``MODEL@MODE`` as (model, mode), the mode empty where there is none.

    What follows the last ``@`` may belong to the model's name, such as a date.

    Raises:
        ValueError: what could be a mode that was mistyped.
    """
    model, at, mode = argument.rpartition("@")
    if mode in _LEARNERS or mode in _TOLD or _NUMBERED.fullmatch(mode):
        return model, mode
    known = (*_LEARNERS, *_TOLD, "tom-1", "vote-3")
    if at and (mode.startswith(_BEGINNINGS) or difflib.get_close_matches(mode, known, n=1)):
        modes = ", ".join(f"@{name}" for name in (*_LEARNERS, *_TOLD))
        raise ValueError(f"a model plays @tom-K, @vote-N, {modes}; got @{mode}")
    return argument, ""


def model_in(name: str) -> tuple[str, str] | None:
    """(model, mode) of a player's name such as ``noisy:0.1:llm:MODEL@MODE``; None where no model plays.

    Raises:
        ValueError: an unknown mode.
    """
    return split_model(name.partition(f"{PREFIX}:")[2]) if asks_models(name) else None


_DEFAULT = LLMBackend()
