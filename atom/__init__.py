"""Adaptive theory of mind for LangGraph agents.

A light loop around any agent: predict what the partner does under each hypothesis about its
theory-of-mind order, weigh the hypotheses by the actions observed so far, act at an order that fits.
"""

from atom.agents.adaptive import AdaptiveAgent
from atom.agents.fixed import BareAgent, FixedOrderAgent
from atom.agents.player import Player
from atom.agents.pruning import Pruning
from atom.belief.contract import Contract
from atom.belief.learners import Bayes, FixedShare, FollowTheLeader, Hedge, Learner
from atom.decision import Decision, PartnerPrediction, Prediction, Standing
from atom.errors import (
    BeliefError,
    BudgetError,
    ContractError,
    ExtractionError,
    IllegalActionError,
    LLMError,
    PayoffError,
    SituationError,
    StateKeyError,
    ToMError,
)
from atom.memories import Memory
from atom.policies import Policy
from atom.reasoning.normal_form import NormalFormReasoner, symmetric_payoffs
from atom.reasoning.reasoner import Reasoner
from atom.reasoning.recursive import RecursiveReasoner
from atom.reasoning.roles import alternating_orders
from atom.situation import Situation
from atom.usage import Budget, Usage

__all__ = [
    "AdaptiveAgent",
    "BareAgent",
    "Bayes",
    "BeliefError",
    "Budget",
    "BudgetError",
    "Contract",
    "ContractError",
    "Decision",
    "ExtractionError",
    "FixedOrderAgent",
    "FixedShare",
    "FollowTheLeader",
    "Hedge",
    "IllegalActionError",
    "LLMError",
    "Learner",
    "Memory",
    "NormalFormReasoner",
    "PartnerPrediction",
    "PayoffError",
    "Player",
    "Policy",
    "Prediction",
    "Pruning",
    "Reasoner",
    "RecursiveReasoner",
    "Situation",
    "SituationError",
    "Standing",
    "StateKeyError",
    "ToMError",
    "Usage",
    "alternating_orders",
    "symmetric_payoffs",
]
