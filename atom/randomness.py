"""Random numbers without hidden state: a stream of its own for every (seed, episode, step, player)."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from operator import index
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from atom.policies import Policy

VERSION = 2
"""Of the numbers: the same key gives others in another version, so episodes of two versions differ."""

_WORD = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_UNIT = 2.0**-53


class Uniform(Protocol):
    """A source of uniform random numbers."""

    def random(self) -> float:
        """The next number, in [0, 1)."""
        ...


class RandomStream:
    """The random numbers of one player at one step.

    The same key gives the same numbers in any process, thread or graph and on any platform, in whatever
    order players are asked. Number i of a stream is a hash of its key and i: SplitMix64 (Steele, Lea and
    Flood 2014) that starts where episode and step, each hashed by the same function, lead from a BLAKE2
    digest of seed, player and purpose. Nothing is computed before the first number is asked for.

    Args:
        seed, episode, step: integers >= 0.
        player: whose numbers these are.
        purpose: separates streams of one player (a noise wrapper's from its inner partner's).

    Raises:
        TypeError: one that is no integer; with the first number.
        ValueError: one below 0; with the first number.
    """

    __slots__ = ("_key", "_numpy", "_place")

    def __init__(self, seed: int, episode: int, step: int, player: str, purpose: str = "") -> None:
        self._key = (seed, episode, step, player, purpose)
        self._place: int | None = None
        self._numpy: np.random.Generator | None = None

    def random(self) -> float:
        """The next number, uniform in [0, 1), a multiple of 2^-53."""
        return (self._next() >> 11) * _UNIT

    def integers(self, low: int, high: int | None = None) -> int:
        """The next number, one of ``low`` to ``high - 1``, or of 0 to ``low - 1`` without ``high``.

        Raises:
            ValueError: there is none.
        """
        low, high = (0, low) if high is None else (low, high)
        if high <= low:
            raise ValueError(f"there is no integer from {low} to below {high}")
        return low + (self._next() * (high - low) >> 64)

    @property
    def numpy(self) -> np.random.Generator:
        """A NumPy generator of the same key, for whatever else is drawn; one for each stream."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.Philox(key=stream_key(*self._key)))
        return self._numpy

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a RandomStream draws by random() and integers(); for {name!r} use NumPy's generator, .numpy"
        )

    def _next(self) -> int:
        place = self._place
        if place is None:
            place = stream_key(*self._key)
        self._place = place = place + _GOLDEN & _WORD
        return _mixed(place)


def stream_key(seed: int, episode: int, step: int, player: str, purpose: str = "") -> int:
    """Where a stream starts, 64 bits.

    Raises:
        TypeError, ValueError: see ``RandomStream``.
    """
    if min(index(seed), index(episode), index(step)) < 0:
        raise ValueError(f"seed, episode and step are non-negative, got {seed}, {episode}, {step}")
    of_episode = _mixed(_root(seed, player, purpose) + _GOLDEN * episode & _WORD)
    return _mixed(of_episode + _GOLDEN * step & _WORD)


def first_numbers(
    seed: int, episodes: NDArray[np.uint64], step: int, player: str, count: int, purpose: str = ""
) -> NDArray[np.float64]:
    """The first numbers that ``RandomStream.random`` draws in each of many episodes.

    Args:
        seed, step: integers >= 0.
        episodes: ``[B]``.
        count: how many, >= 1.

    Returns:
        In [0, 1), ``[B, count]``.
    """
    return _as_unit(first_words(seed, episodes, step, player, count, purpose))


def first_words(
    seed: int, episodes: NDArray[np.uint64], step: int, player: str, count: int, purpose: str = ""
) -> NDArray[np.uint64]:
    """The words, ``[B, count]``, that ``first_numbers`` are made of; ``integers(n)`` is word x n / 2^64."""
    golden = np.uint64(_GOLDEN)
    of_episode = _mixed_words(np.uint64(_root(seed, player, purpose)) + golden * episodes)
    place = _mixed_words(of_episode + np.uint64(_GOLDEN * index(step) & _WORD))
    counts = golden * np.arange(1, count + 1, dtype=np.uint64)
    return _mixed_words(place[:, np.newaxis] + counts)


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


@lru_cache(maxsize=4096)
def _root(seed: int, player: str, purpose: str) -> int:
    text = f"{index(seed)}\0{purpose}\0{player}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _mixed(word: int) -> int:
    """SplitMix64's finalizer (variant 13 of Stafford), a bijection of 64 bits."""
    word = (word ^ word >> 30) * _FIRST & _WORD
    word = (word ^ word >> 27) * _SECOND & _WORD
    return word ^ word >> 31


def _mixed_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ words >> np.uint64(30)) * np.uint64(_FIRST)
    words = (words ^ words >> np.uint64(27)) * np.uint64(_SECOND)
    mixed: NDArray[np.uint64] = words ^ words >> np.uint64(31)
    return mixed


def _as_unit(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    return (words >> np.uint64(11)).astype(np.float64) * _UNIT
