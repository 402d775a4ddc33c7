"""Whom one codes with: what each kind of partner says, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from atom import AdaptiveAgent, Memory
from atom.belief import order
from atom.randomness import RandomStream
from eval.coding.agents import WORK
from eval.coding.pairs import ANN, BEN, SPILL, Pair
from eval.coding.tasks import Board, listed


class Partner(Protocol):
    """Ben."""

    def start(self, run: int) -> Memory:
        """What it remembers at the beginning of a run."""
        ...

    def act(self, board: Board, memory: Memory) -> tuple[str | None, str, Memory]:
        """What it claims, None for nothing; the label of its edit; and what it remembers."""
        ...

    def observe(self, memory: Memory, part: str) -> Memory:
        """What it remembers after ann's part was seen."""
        ...


Rule = Callable[[Board, Pair, int], tuple[str | None, str]]
"""``rule(board, pair, seed)``: the claim and the edit of a partner that learns nothing."""


@dataclass(frozen=True)
class Fixed:
    """A partner that learns nothing.

    Attributes:
        rule: what it says and does.
        pair: the features.
        seed: of its random numbers.
    """

    rule: Rule
    pair: Pair
    seed: int

    def start(self, run: int) -> Memory:
        """Nothing."""
        return {}

    def act(self, board: Board, memory: Memory) -> tuple[str | None, str, Memory]:
        """By its rule."""
        return (*self.rule(board, self.pair, self.seed), memory)

    def observe(self, memory: Memory, part: str) -> Memory:
        """The same."""
        return memory


class Adaptive:
    """An agent of this package without promises, which says nothing."""

    def __init__(self, pair: Pair, seed: int) -> None:
        # of its own random numbers: two agents that draw the same would never part
        self._agent = AdaptiveAgent(BEN, WORK, hypotheses=[order(0), order(1), order(2)], seed=seed + 1)

    def start(self, run: int) -> Memory:
        """A new belief."""
        return self._agent.start([ANN], episode=run)

    def act(self, board: Board, memory: Memory) -> tuple[str | None, str, Memory]:
        """What its belief says."""
        decision, memory = self._agent.decide(replace(board, claim=None).situation, memory)
        return None, decision.action, memory

    def observe(self, memory: Memory, part: str) -> Memory:
        """The belief after it."""
        return self._agent.observe(memory, None, {ANN: part})


def _drawn(board: Board, pair: Pair, seed: int, purpose: str) -> float:
    return RandomStream(seed, board.run, board.task, f"{BEN} {pair.name}", purpose).random()


def _claimed(board: Board, pair: Pair, seed: int) -> str:
    return board.parts[int(_drawn(board, pair, seed, "claim") * len(board.parts))]


def _after(board: Board, part: str) -> str:
    return board.parts[(board.parts.index(part) + 1) % len(board.parts)]


def honest(board: Board, pair: Pair, seed: int) -> tuple[str | None, str]:
    """Claims any part, and takes it."""
    claim = _claimed(board, pair, seed)
    return claim, claim


def breaker(board: Board, pair: Pair, seed: int) -> tuple[str | None, str]:
    """Claims any part, and takes the one after it."""
    claim = _claimed(board, pair, seed)
    return claim, _after(board, claim)


def liar(board: Board, pair: Pair, seed: int) -> tuple[str | None, str]:
    """Claims any part, and takes any other, each alike."""
    claim = _claimed(board, pair, seed)
    others = [part for part in board.parts if part != claim]
    return claim, others[int(_drawn(board, pair, seed, "lie") * len(others))]


def careless(board: Board, pair: Pair, seed: int) -> tuple[str | None, str]:
    """Claims any part and takes it, and half of the time touches the one after it as well."""
    claim = _claimed(board, pair, seed)
    return claim, claim + SPILL * (_drawn(board, pair, seed, "care") < 0.5)


def stale(board: Board, pair: Pair, seed: int) -> tuple[str | None, str]:
    """Claims and takes the first part of boards that are one to five tasks old, not of the same one."""
    ages = [1 + int(_drawn(board, pair, seed, purpose) * 5) for purpose in ("said", "did")]
    said, did = (listed(pair, seed + 1, board.run, board.task + 5 - age)[0] for age in ages)
    return said, did


def silent(k: int) -> Rule:
    """Says nothing, and acts at an order: the part that the ticket names, or the k-th after it."""

    def rule(board: Board, pair: Pair, seed: int) -> tuple[str | None, str]:
        return None, board.parts[k]

    return rule


_RULES: dict[str, Rule] = {
    "honest": honest,
    "silent-0": silent(0),
    "silent-1": silent(1),
    "silent-2": silent(2),
    "breaker": breaker,
    "liar": liar,
    "careless": careless,
    "stale": stale,
}
ADAPTIVE = "adaptive"
PARTNERS = (*_RULES, ADAPTIVE)


def make_partner(name: str, pair: Pair, seed: int) -> Partner:
    """A partner by its name.

    Raises:
        ValueError: there is none of that name.
    """
    if name == ADAPTIVE:
        return Adaptive(pair, seed)
    if name not in _RULES:
        raise ValueError(f"there is no partner {name!r} to code with; there are {', '.join(PARTNERS)}")
    return Fixed(_RULES[name], pair, seed)
