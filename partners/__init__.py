"""Partners: players to be paired with, by name (``make_partner``), with declared traits (``traits_of``).

A family is a file; ``partners.registry.partner`` enters what it stands above.
"""

# The families, in the order in which their partners are listed.
# isort: off
from partners import (
    tom,
    adaptive,
    simple,
    habits,
    bounded,
    rps_bots,
    noisy,
    tomsup,
    tables,
    population,
    trained,
    kitchens,
    llm,
)
# isort: on

from atom._moved import announce
from partners._moved import MOVED
from partners.adaptive import LEARNERS, learners
from partners.base import PartnerKind, SimplePartner, StaticPartner, Traits
from partners.extensions import (
    LEARNERS_GROUP,
    PARTNERS_GROUP,
    REASONERS_GROUP,
    TASKS_GROUP,
    ExtensionWarning,
    load_group,
    source_of,
    summary_of,
)
from partners.llm import (
    LEARNER_MODES,
    LLM,
    LLMBackend,
    UntoldActor,
    VotingActor,
    asks_models,
    current_backend,
    llm_backend,
    model_in,
    split_model,
)
from partners.names import UnknownNameError, integers, split_name
from partners.noisy import NoisyPartner
from partners.population import load_policies, save_policies, train
from partners.registry import ZOO, all_kinds, kind_of, make_partner, partner, traits_of
from partners.tables import on_table
from partners.trained import Population, PopulationError, load_population, save_population

announce(MOVED)

__all__ = [
    "LEARNERS",
    "LEARNERS_GROUP",
    "LEARNER_MODES",
    "LLM",
    "PARTNERS_GROUP",
    "REASONERS_GROUP",
    "TASKS_GROUP",
    "ZOO",
    "ExtensionWarning",
    "LLMBackend",
    "NoisyPartner",
    "PartnerKind",
    "Population",
    "PopulationError",
    "SimplePartner",
    "StaticPartner",
    "Traits",
    "UnknownNameError",
    "UntoldActor",
    "VotingActor",
    "all_kinds",
    "asks_models",
    "current_backend",
    "integers",
    "kind_of",
    "learners",
    "llm_backend",
    "load_group",
    "load_policies",
    "load_population",
    "make_partner",
    "model_in",
    "on_table",
    "partner",
    "save_policies",
    "save_population",
    "source_of",
    "split_model",
    "split_name",
    "summary_of",
    "train",
    "traits_of",
]
