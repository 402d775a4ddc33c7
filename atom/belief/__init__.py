"""What is believed of partners: hypotheses with names, learners that weigh them, contracts and changes."""

from atom.belief.announced import HONEST, LIAR, SILENT, announcing
from atom.belief.beliefs import DEFAULT_HYPOTHESES, Beliefs
from atom.belief.changes import ChangePoints
from atom.belief.contract import Contract
from atom.belief.experts import AdaHedge, RescorlaWagner, Uniform
from atom.belief.habits import HABITS, Habit, Habits
from atom.belief.hypotheses import Behaviour, Hypothesis, habitual, order
from atom.belief.learners import Bayes, FixedShare, FollowTheLeader, Hedge, Learner
from atom.names import Declared

__all__ = [
    "DEFAULT_HYPOTHESES",
    "HABITS",
    "HONEST",
    "LIAR",
    "SILENT",
    "AdaHedge",
    "Bayes",
    "Behaviour",
    "Beliefs",
    "ChangePoints",
    "Contract",
    "Declared",
    "FixedShare",
    "FollowTheLeader",
    "Habit",
    "Habits",
    "Hedge",
    "Hypothesis",
    "Learner",
    "RescorlaWagner",
    "Uniform",
    "announcing",
    "habitual",
    "order",
]
