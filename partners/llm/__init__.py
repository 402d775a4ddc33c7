"""Language models as partners: how they are asked, how they play, and what their names say."""

from partners.llm.actors import UntoldActor, VotingActor
from partners.llm.backend import LLMBackend, current_backend, llm_backend
from partners.llm.modes import AS_ADAPTIVE, LEARNER_MODES, asks_models, model_in, split_model
from partners.llm.players import LLM

__all__ = [
    "AS_ADAPTIVE",
    "LEARNER_MODES",
    "LLM",
    "LLMBackend",
    "UntoldActor",
    "VotingActor",
    "asks_models",
    "current_backend",
    "llm_backend",
    "model_in",
    "split_model",
]
