"""The zoo of partners: players to be paired with, by name (``make_partner``), with declared traits."""

from partners.base import Partner, SimplePartner, Traits
from partners.extensions import ExtensionWarning
from partners.kinds import PartnerKind
from partners.llm import LLMBackend, asks_models, current_backend, llm_backend, model_in
from partners.names import UnknownNameError
from partners.noisy import NoisyPartner
from partners.zoo import LLM, ZOO, all_kinds, make_partner

__all__ = [
    "LLM",
    "ZOO",
    "ExtensionWarning",
    "LLMBackend",
    "NoisyPartner",
    "Partner",
    "PartnerKind",
    "SimplePartner",
    "Traits",
    "UnknownNameError",
    "all_kinds",
    "asks_models",
    "current_backend",
    "llm_backend",
    "make_partner",
    "model_in",
]
