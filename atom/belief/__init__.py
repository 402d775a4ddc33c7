"""What is believed of partners: hypotheses with names, learners that weigh them, contracts and changes."""

from atom.belief.beliefs import DEFAULT_ORDERS, Beliefs
from atom.belief.changes import ChangePoints
from atom.belief.contract import Contract
from atom.belief.experts import AdaHedge, RescorlaWagner, Uniform
from atom.belief.hypotheses import Behaviour, Hypothesis, order
from atom.belief.learners import Bayes, FixedShare, FollowTheLeader, Hedge, Learner

__all__ = [
    "DEFAULT_ORDERS",
    "AdaHedge",
    "Bayes",
    "Behaviour",
    "Beliefs",
    "ChangePoints",
    "Contract",
    "FixedShare",
    "FollowTheLeader",
    "Hedge",
    "Hypothesis",
    "Learner",
    "RescorlaWagner",
    "Uniform",
    "order",
]
