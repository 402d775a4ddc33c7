"""How a player of any theory-of-mind order would act: exact reasoners, recursion, language models."""

from typing import TYPE_CHECKING

from atom.lazy import attach
from atom.reasoning.congestion import CongestionReasoner
from atom.reasoning.convention import Symmetric, conventions
from atom.reasoning.declared import DeclaredReasoner
from atom.reasoning.normal_form import NormalFormReasoner, symmetric_payoffs
from atom.reasoning.reasoner import (
    AsyncReasoner,
    AsyncResponder,
    ConcurrentReasoner,
    DecisionReasoner,
    ImmediateReasoner,
    Reasoner,
    Responder,
    RuleResponder,
)
from atom.reasoning.recursive import RecursiveReasoner, Respond
from atom.reasoning.roles import alternating_orders, team_orders
from atom.reasoning.symmetries import Group, Relabelling, Renaming, Symmetry, payoff_symmetries

if TYPE_CHECKING:
    from atom.reasoning.prompted import LLMReasoner
    from atom.reasoning.tables import TabularModel, TabularReasoner

__all__ = [
    "AsyncReasoner",
    "AsyncResponder",
    "ConcurrentReasoner",
    "CongestionReasoner",
    "DecisionReasoner",
    "DeclaredReasoner",
    "Group",
    "ImmediateReasoner",
    "LLMReasoner",
    "NormalFormReasoner",
    "Reasoner",
    "RecursiveReasoner",
    "Relabelling",
    "Renaming",
    "Respond",
    "Responder",
    "RuleResponder",
    "Symmetric",
    "Symmetry",
    "TabularModel",
    "TabularReasoner",
    "alternating_orders",
    "conventions",
    "payoff_symmetries",
    "symmetric_payoffs",
    "team_orders",
]

if not TYPE_CHECKING:  # a type checker knows all names, and should know no other
    __getattr__ = attach(
        {
            "LLMReasoner": "atom.reasoning.prompted",
            "TabularModel": "atom.reasoning.tables",
            "TabularReasoner": "atom.reasoning.tables",
        }
    )
