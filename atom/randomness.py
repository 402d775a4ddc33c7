"""Random numbers without hidden state: a fresh generator for every (seed, episode, step, player)."""

from __future__ import annotations

import numpy as np

from atom.situation import Policy


def generator(seed: int, episode: int, step: int, player: str, purpose: str = "") -> np.random.Generator:
    """The generator of one player at one step.

    The same arguments give the same numbers in any process, thread or graph, in whatever order
    players are asked. ``purpose`` separates streams of one player (a noise wrapper's from its inner
    partner's).

    Args:
        seed, episode, step: integers >= 0.
    """
    name = int.from_bytes(f"{player}\0{purpose}".encode(), "little")
    return np.random.default_rng([seed, episode, step, name])


def draw(policy: Policy, rng: np.random.Generator) -> str:
    """One action drawn from a distribution; certain actions use up no random number."""
    threshold: float | None = None
    cumulative = 0.0
    action = ""
    for action, probability in policy.items():
        if probability >= 1.0:
            return action
    threshold = rng.random() * sum(policy.values())
    for action, probability in policy.items():
        cumulative += probability
        if threshold < cumulative:
            return action
    return action
