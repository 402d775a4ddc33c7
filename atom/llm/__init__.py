"""Language models as hypotheses and as agents, through LiteLLM (imported when first asked)."""

from atom.llm.exchange import Exchange, Observer
from atom.llm.memo import Memo, ProcessMemo, SqliteMemo
from atom.llm.reasoner import LLMActor, LLMReasoner
from atom.llm.settings import Limiter, Method, Model, Patience, Sampling

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
