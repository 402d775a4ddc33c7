"""Random numbers without hidden state: a stream of its own for every (seed, episode, step, player)."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from operator import index
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.policies import Policy, added

Rows: TypeAlias = "slice | NDArray[np.intp]"
"""Places in an array of episodes."""

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
        low, high = (0, index(low)) if high is None else (index(low), index(high))
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
    seed, episode, step = index(seed), index(episode), index(step)
    if min(seed, episode, step) < 0:
        raise ValueError(f"seed, episode and step are non-negative, got {seed}, {episode}, {step}")
    of_episode = _mixed(_root(seed, player, purpose) + _GOLDEN * episode & _WORD)
    return _mixed(of_episode + _GOLDEN * step & _WORD)


class RandomStreams:
    """The streams of one player in B episodes, at one step after the other, as arrays.

    Each episode has the numbers that ``RandomStream(seed, episode, step, player, purpose)`` has, and is moved
    on only where it is asked for one.

    Args:
        seed: integer >= 0.
        episodes: ``[B]``.
        player, purpose: see ``RandomStream``.

    Raises:
        TypeError: a seed that is no integer.
        ValueError: one below 0.

    Example:
        >>> streams = RandomStreams(42, np.arange(3, dtype=np.uint64), "ann")
        >>> streams.begin(7)
        >>> numbers = streams.random(np.array([0, 2]))
        >>> numbers[1] == RandomStream(42, 2, 7, "ann").random()
        np.True_
    """

    __slots__ = ("_drawn", "_episodes", "_step")

    def __init__(self, seed: int, episodes: NDArray[np.uint64], player: str, purpose: str = "") -> None:
        if index(seed) < 0:
            raise ValueError(f"the seed is non-negative, got {seed}")
        self._episodes = _mixed_words(np.uint64(_root(seed, player, purpose)) + np.uint64(_GOLDEN) * episodes)
        self.begin(0)

    def begin(self, step: int) -> None:
        """Goes to the first numbers of a step, an integer >= 0."""
        self._step = np.uint64(_GOLDEN * step & _WORD)
        self._drawn: NDArray[np.uint64] | None = None

    def random(self, rows: Rows) -> NDArray[np.float64]:
        """The next number of some episodes, in [0, 1); they are given by their places, each once."""
        return _as_unit(self._words(rows))

    def integers(self, high: int, rows: Rows) -> NDArray[np.int64]:
        """The next number of some episodes, one of 0 to ``high - 1``, with ``high`` from 1 to 2^32 - 1."""
        words, n = self._words(rows), np.uint64(high)
        half = np.uint64(32)
        low = (words & np.uint64(2**32 - 1)) * n >> half
        return ((words >> half) * n + low >> half).astype(np.int64)

    def keep(self, rows: Rows) -> None:
        """Goes on with some of the episodes."""
        self._episodes = self._episodes[rows]
        if self._drawn is not None:
            self._drawn = self._drawn[rows]

    def _words(self, rows: Rows) -> NDArray[np.uint64]:
        if self._drawn is None:
            self._drawn = np.zeros(len(self._episodes), dtype=np.uint64)
        drawn = self._drawn[rows] + np.uint64(_GOLDEN)
        self._drawn[rows] = drawn
        return _mixed_words(_mixed_words(self._episodes[rows] + self._step) + drawn)


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
    threshold = rng.random() * added(policy.values())
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
