"""How models are asked on behalf of players."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from atom import Budget, Pruning
from atom.llm import Limiter, LLMActor, LLMReasoner, Memo, Observer, Patience, ProcessMemo, Sampling


@dataclass(frozen=True, eq=False)
class LLMBackend:
    """How models are asked on behalf of players; one reasoner per model, shared by all of them.

    Attributes:
        sampling, patience, memo, observer, limiter: see ``LLMReasoner``.
        prune, budget: see ``AdaptiveAgent``.
        options: further arguments of ``litellm.acompletion``, such as ``api_base``. Keys are found in
            the environment, see LiteLLM's documentation.
        endpoints: model -> the same for that model alone, where several servers take part.
    """

    sampling: Sampling = field(default_factory=Sampling)
    patience: Patience = field(default_factory=Patience)
    memo: Memo | None = field(default_factory=ProcessMemo)
    observer: Observer | None = None
    limiter: Limiter | None = None
    prune: Pruning | None = field(default_factory=Pruning)
    budget: Budget | None = None
    options: dict[str, Any] = field(default_factory=dict)
    endpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _reasoners: dict[str, LLMReasoner] = field(default_factory=dict, repr=False)

    def options_of(self, model: str) -> dict[str, Any]:
        """What calls to ``model`` are made with."""
        return {**self.options, **self.endpoints.get(model, {})}

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
                options=self.options_of(model),
            )
            found = self._reasoners.setdefault(model, made)  # threads that race get the same one
        return found

    def actor(self, me: str, model: str, seed: int, *, recommended: bool = False) -> LLMActor:
        """``model`` itself as an agent; told the prediction, or an action that is recommended."""
        return LLMActor(
            me,
            model,
            tell="recommendation" if recommended else "text",
            sampling=self.sampling,
            patience=self.patience,
            observer=self.observer,
            limiter=self.limiter,
            seed=seed,
            options=self.options_of(model),
        )


_DEFAULT = LLMBackend()
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
