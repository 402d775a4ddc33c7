"""Training for teamwork: policies of pairs that learn from one shared reward."""

from eval.training.gradient import (
    Episodes,
    Settings,
    advantages,
    entropy_gradient,
    gradient,
    play,
    softmax,
    train_pairs,
)
from eval.training.methods import METHODS, Asked, Method, all_trained, policies_of, population_of, trained
from eval.training.stage import Stage, greedy, stage_of, values

__all__ = [
    "METHODS",
    "Asked",
    "Episodes",
    "Method",
    "Settings",
    "Stage",
    "advantages",
    "all_trained",
    "entropy_gradient",
    "gradient",
    "greedy",
    "play",
    "policies_of",
    "population_of",
    "softmax",
    "stage_of",
    "train_pairs",
    "trained",
    "values",
]
