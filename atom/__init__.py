"""Adaptive theory of mind for LangGraph agents.

A light loop around any agent: predict what the partner does under each hypothesis about its
theory-of-mind order, weigh the hypotheses by the actions observed so far, act at an order that fits.
"""

from atom.agent import AdaptiveAgent
from atom.belief import Bayes, FixedShare, FollowTheLeader, Hedge, Learner
from atom.errors import (
    BeliefError,
    IllegalActionError,
    PayoffError,
    SituationError,
    StateKeyError,
    ToMError,
)
from atom.games import NormalFormReasoner, symmetric_payoffs
from atom.player import FixedOrderAgent, Memory, Player
from atom.reasoning import Reasoner, RecursiveReasoner
from atom.situation import Decision, PartnerPrediction, Policy, Prediction, Situation

__all__ = [
    "AdaptiveAgent",
    "Bayes",
    "BeliefError",
    "Decision",
    "FixedOrderAgent",
    "FixedShare",
    "FollowTheLeader",
    "Hedge",
    "IllegalActionError",
    "Learner",
    "Memory",
    "NormalFormReasoner",
    "PartnerPrediction",
    "PayoffError",
    "Player",
    "Policy",
    "Prediction",
    "Reasoner",
    "RecursiveReasoner",
    "Situation",
    "SituationError",
    "StateKeyError",
    "ToMError",
    "symmetric_payoffs",
]
