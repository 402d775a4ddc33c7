"""Language models as hypotheses and as agents, directly or through LiteLLM (imported when first asked)."""

from atom.agents.prompted import LLMActor
from atom.models.exchange import Exchange, Observer
from atom.models.memo import Memo, ProcessMemo, SqliteMemo
from atom.models.settings import Limiter, Method, Model, Patience, Sampling
from atom.reasoning.prompted import LLMReasoner

__all__ = [
    "Exchange",
    "LLMActor",
    "LLMReasoner",
    "Limiter",
    "Memo",
    "Method",
    "Model",
    "Observer",
    "Patience",
    "ProcessMemo",
    "Sampling",
    "SqliteMemo",
]
