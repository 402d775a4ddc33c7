"""Scores of episodes, and the one formula for a mean with its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.play.tally import Tally

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """The scores of one agent with one partner.

    Attributes:
        agent: its name in the zoo.
        partner: its name in the zoo, or ``"self"``.
        scores: the agent's score in each episode.
        tally: what the decisions behind them were like.
        episodes: the number of each score's episode, ascending; empty where they are 0, 1, 2, …
    """

    agent: str
    partner: str
    scores: tuple[float, ...]
    tally: Tally = field(default_factory=Tally)
    episodes: tuple[int, ...] = ()

    @property
    def n(self) -> int:
        """Number of episodes."""
        return len(self.scores)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The number of each score's episode."""
        return self.episodes or tuple(range(self.n))

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(np.mean(self.scores))

    @property
    def se(self) -> float | None:
        """Standard error of the mean; None for a single episode, which says nothing of its error."""
        return mean_and_error(self.scores)[1]


def aligned(cells: Sequence[Cell]) -> list[ArrayLike]:
    """The scores of cells as columns that have the same episode in the same place, some masked.

    Where all have the same episodes, as they have unless a run is not finished or is damaged, these are the
    scores as they are.
    """
    if len({cell.numbers for cell in cells}) <= 1:
        return [cell.scores for cell in cells]
    numbers = sorted({number for cell in cells for number in cell.numbers})
    columns: list[ArrayLike] = []
    for cell in cells:
        there = dict(zip(cell.numbers, cell.scores, strict=True))
        values = [there.get(number, 0.0) for number in numbers]
        columns.append(np.ma.masked_array(values, [number not in there for number in numbers]))
    return columns


def in_common(cells: Sequence[Cell]) -> list[tuple[float, ...]]:
    """The scores of cells in the episodes that all of them have."""
    if len({cell.numbers for cell in cells}) <= 1:
        return [cell.scores for cell in cells]
    common = set.intersection(*(set(cell.numbers) for cell in cells))
    return [
        tuple(score for number, score in zip(cell.numbers, cell.scores, strict=True) if number in common)
        for cell in cells
    ]


def mean_and_error(values: ArrayLike) -> tuple[float, float | None]:
    """The mean of ``[n]`` values and its standard error ``s / sqrt(n)``; None for the error where n = 1.

    Raises:
        ValueError: no values, or some that are not finite.
    """
    array = sample(values, 1)
    error = float(np.std(array, ddof=1)) / math.sqrt(len(array)) if len(array) > 1 else None
    return float(array.mean()), error


def sample(values: ArrayLike, at_least: int) -> Array:
    """The values as an array ``[n]``.

    Raises:
        ValueError: fewer than ``at_least``, more than one row, or values that are not finite.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or len(array) < at_least:
        raise ValueError(
            f"a sample needs at least {at_least} values in one row, got shape {list(array.shape)}; play more "
            "episodes"
        )
    if not np.isfinite(array).all():
        raise ValueError("a sample has values that are not finite")
    return array
