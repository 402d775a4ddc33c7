"""Language models as hypotheses and as agents, through LiteLLM (imported when first asked)."""

from atom.llm.client import Method, Model, Sampling
from atom.llm.endpoint import Exchange, Patience
from atom.llm.memo import Memo, ProcessMemo, SqliteMemo
from atom.llm.reasoner import LLMActor, LLMReasoner

__all__ = [
    "Exchange",
    "LLMActor",
    "LLMReasoner",
    "Memo",
    "Method",
    "Model",
    "Patience",
    "ProcessMemo",
    "Sampling",
    "SqliteMemo",
]
