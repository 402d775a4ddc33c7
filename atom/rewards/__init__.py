"""Rewards for training teams: payoff, and how far players can be understood while they get it.

Callables as trainers of language models take them, see ``atom.rewards.teams``; no trainer is needed to use
them.
"""

from atom.errors import RewardError
from atom.rewards.teams import TeamReward, actions_in, alignment_reward, order_reward

__all__ = ["RewardError", "TeamReward", "actions_in", "alignment_reward", "order_reward"]
