"""Adaptive theory of mind for LangGraph agents.

A light loop around any agent: predict what the partner does under each hypothesis about its
theory-of-mind order, weigh the hypotheses by the actions observed so far, act at an order that fits.
"""

from atom.agent import AdaptiveAgent
from atom.belief import Bayes, FixedShare, FollowTheLeader, Hedge, Learner
from atom.contract import Contract
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
from atom.games import NormalFormReasoner, symmetric_payoffs
from atom.hypotheses import Pruning
from atom.player import FixedOrderAgent, Memory, PlainAgent, Player
from atom.reasoning import Reasoner, RecursiveReasoner
from atom.roles import alternating_orders
from atom.situation import Decision, PartnerPrediction, Policy, Prediction, Situation, Standing
from atom.usage import Budget, Usage

__all__ = [
    "AdaptiveAgent",
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
    "PlainAgent",
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
