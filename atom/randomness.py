"""Random numbers without hidden state: a fresh generator for every (seed, episode, step, player)."""

from __future__ import annotations

from functools import lru_cache
from operator import index
from typing import Protocol

import numpy as np

from atom.policies import Policy

_LARGEST = 2**32 - 1


def generator(seed: int, episode: int, step: int, player: str, purpose: str = "") -> np.random.Generator:
    """The generator of one player at one step.

    The same arguments give the same numbers in any process, thread or graph, in whatever order
    players are asked. ``purpose`` separates streams of one player (a noise wrapper's from its inner
    partner's).

    Args:
        seed, episode, step: integers >= 0.

    Raises:
        TypeError: one that is no integer.
        ValueError: one below 0.
    """
    words, name = (index(seed), index(episode), index(step)), _name(player, purpose)
    if max(words) > _LARGEST or min(words) < 0:
        return np.random.default_rng([*words, name])
    # what default_rng makes of a list of integers, in two thirds of the time
    entropy = np.array([*words, *_words(name)], dtype=np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


@lru_cache(maxsize=4096)
def _name(player: str, purpose: str) -> int:
    return int.from_bytes(f"{player}\0{purpose}".encode(), "little")


@lru_cache(maxsize=4096)
def _words(number: int) -> tuple[int, ...]:
    """The 32-bit words of an integer >= 0, the lowest first; one at least."""
    words = [number & _LARGEST]
    while number := number >> 32:
        words.append(number & _LARGEST)
    return tuple(words)


class Uniform(Protocol):
    """A source of uniform random numbers."""

    def random(self) -> float:
        """The next number, in [0, 1)."""
        ...


class LazyGenerator:
    """``generator(...)``, made when its first number is asked for.

    Making one takes about as long as the rest of a small decision, and most decisions draw nothing.
    """

    __slots__ = ("_generator", "_key")

    def __init__(self, seed: int, episode: int, step: int, player: str) -> None:
        self._key = (seed, episode, step, player)
        self._generator: np.random.Generator | None = None

    def random(self) -> float:
        """The next number, in [0, 1)."""
        if self._generator is None:
            self._generator = generator(*self._key)
        return self._generator.random()


def draw(policy: Policy, rng: Uniform) -> str:
    """One action drawn from a distribution; certain actions use up no random number."""
    for action, probability in policy.items():
        if probability >= 1.0:
            return action
    threshold = rng.random() * sum(policy.values())
    cumulative, action = 0.0, ""
    for action, probability in policy.items():
        cumulative += probability
        if threshold < cumulative:
            return action
    return action
