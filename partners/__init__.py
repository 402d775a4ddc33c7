"""The zoo of partners: players to be paired with, by name (``make_partner``), with declared traits."""

from partners.base import Partner, SimplePartner, Traits
from partners.kinds import PartnerKind
from partners.llm import LLMBackend, asks_models, llm_backend
from partners.names import UnknownNameError
from partners.noisy import NoisyPartner
from partners.zoo import LLM, ZOO, make_partner

__all__ = [
    "LLM",
    "ZOO",
    "LLMBackend",
    "NoisyPartner",
    "Partner",
    "PartnerKind",
    "SimplePartner",
    "Traits",
    "UnknownNameError",
    "asks_models",
    "llm_backend",
    "make_partner",
]
