"""From episodes to statements: means with intervals, comparisons, beliefs and regret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TypeAlias

import numpy as np

from atom.policies import added
from eval.measure.crossplay import SelfAndCross, self_and_cross_play, share_of_optimum, worst_partner
from eval.measure.intervals import Interval, differences, joint_mean, mean_interval, paired_difference
from eval.measure.multiplicity import holm, sign_flip_test
from eval.play import SELF, Cell, aligned, in_common
from eval.tasks import Better, Task

Rows: TypeAlias = Sequence[Sequence[Cell]]
"""A cross-play matrix: one row an agent, one cell a partner."""


@dataclass(frozen=True, slots=True)
class AgentSummary:
    """How one agent does on one task.

    Attributes:
        agent: its name.
        overall: mean over partners, each counting the same.
        worst_with: the partner with whom its mean is worst.
        worst: the mean with the worst partner, whichever that is, see ``worst_partner``.
        share: mean share of the aligned optimum; None where the optimum is unknown.
    """

    agent: str
    overall: Interval
    worst_with: str
    worst: Interval
    share: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two agents with the same partner, the same seeds and episodes.

    Attributes:
        first, second: names of the agents.
        partner: with whom, or ``"all"`` for the mean over partners.
        difference: mean of first - second.
        p: of the sign-flip test, which flips episodes.
        p_holm: adjusted for all comparisons made together.
    """

    first: str
    second: str
    partner: str
    difference: Interval
    p: float
    p_holm: float


@lru_cache(maxsize=4096)
def cell_interval(cell: Cell) -> Interval:
    """The interval of a cell's mean; unknown (a point) for a single episode."""
    if cell.n < 2:
        return Interval(cell.mean, cell.mean, cell.mean)
    return mean_interval(cell.scores)


def summarise(task: Task, rows: Sequence[Sequence[Cell]]) -> list[AgentSummary]:
    """A line for every agent of a cross-play matrix; of cells with one episode intervals are unknown."""
    summaries = []
    for row in rows:
        if min(cell.n for cell in row) > 1:
            scores = dict(zip((cell.partner for cell in row), aligned(row), strict=True))
            overall = joint_mean(list(scores.values()))
            worst_with, worst = worst_partner(scores, task.better)
        else:
            overall = _unknown(float(np.mean([cell.mean for cell in row])))
            picked = (min if task.better == "higher" else max)(row, key=attrgetter("mean"))
            worst_with, worst = picked.partner, _unknown(picked.mean)
        shares = None if task.optimum is None else _shares(row, task.optimum, task.better)
        summaries.append(AgentSummary(row[0].agent, overall, worst_with, worst, shares))
    return summaries


def self_and_cross(rows: Sequence[Sequence[Cell]]) -> SelfAndCross | None:
    """Self- and cross-play of the kinds that are agents and partners at once; None for fewer than two.

    None as well where a pairing has one episode alone.
    """
    cells = [cell for row in rows for cell in row]
    if min(cell.n for cell in cells) < 2:
        return None
    found = {(c.agent, c.partner): scores for c, scores in zip(cells, aligned(cells), strict=True)}
    kinds = [row[0].agent for row in rows]
    for kind in kinds:
        if (kind, SELF) in found:
            found.setdefault((kind, kind), found[kind, SELF])
    columns = {partner for _, partner in found}
    square = [a for a in kinds if a in columns and (a, a) in found]
    square = [a for a in square if all((a, b) in found and (b, a) in found for b in square)]
    if len(square) < 2:
        return None
    return self_and_cross_play([[found[a, b] for b in square] for a in square])


def compare(
    pairs: Sequence[tuple[Mapping[str, Cell], Mapping[str, Cell]]], *, each: bool = True
) -> list[Comparison]:
    """Paired differences between agents, with each partner and over all, adjusted together (Holm).

    Args:
        pairs: (first agent's partner -> cell, second agent's), played with the same seeds. Episodes that one
            of the cells lacks are left out of the others.
        each: whether to compare with each partner besides the means over partners.
    """
    wanted: list[tuple[str, str, str, list[tuple[float, ...]], list[tuple[float, ...]]]] = []
    for first, second in pairs:
        names = next(iter(first.values())).agent, next(iter(second.values())).agent
        if each or len(first) == 1:
            wanted += [(*names, p, *_paired([first[p]], [second[p]])) for p in first]
        if len(first) > 1:
            wanted.append((*names, "all", *_paired(list(first.values()), [second[p] for p in first])))
    p_values = [sign_flip_test(differences(a, b)) for *_, a, b in wanted]
    adjusted: Sequence[float] = holm(p_values).tolist() if p_values else []
    return [
        Comparison(first, second, partner, paired_difference(a, b), p, p_holm)
        for (first, second, partner, a, b), p, p_holm in zip(wanted, p_values, adjusted, strict=True)
    ]


def comparable(
    rows: Sequence[Sequence[Cell]],
    agents: Sequence[str] = (),
    against: Sequence[str] = (),
    partners: Sequence[str] = (),
) -> list[tuple[dict[str, Cell], dict[str, Cell]]]:
    """Who is compared with whom, for ``compare``: beside the partners that both were played with.

    Args:
        rows: one row an agent, one cell a partner.
        agents, against, partners: by name; empty for all that there are. Without ``against`` each two agents
            are compared once.

    Raises:
        ValueError: an agent that was not played, or nobody to compare.
    """
    cells = {row[0].agent: {cell.partner: cell for cell in row} for row in rows}
    firsts, seconds = agents or list(cells), against or list(cells)
    if unknown := [name for name in (*firsts, *seconds) if name not in cells]:
        raise ValueError(f"no episode of {', '.join(unknown)} is there; there are {', '.join(cells)}")
    found, seen = [], set[frozenset[str]]()
    for a in firsts:
        for b in seconds:
            pair = frozenset((a, b))
            both = [p for p in cells[a] if p in cells[b] and (not partners or p in partners)]
            if a != b and both and (against or pair not in seen):
                seen.add(pair)
                found.append(({p: cells[a][p] for p in both}, {p: cells[b][p] for p in both}))
    if not found:
        raise ValueError("there are no two agents with the same partner to be compared; name others")
    return found


def _paired(
    first: Sequence[Cell], second: Sequence[Cell]
) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """The scores of both in the episodes that all cells have."""
    scores = in_common([*first, *second])
    return scores[: len(first)], scores[len(first) :]


def _unknown(value: float) -> Interval:
    return Interval(value, value, value)


def _shares(row: Sequence[Cell], optimum: float, better: Better) -> float | None:
    if optimum <= 0.0 or (better == "lower" and any(cell.mean <= 0.0 for cell in row)):
        return None
    return added(share_of_optimum(cell.mean, optimum, better) for cell in row) / len(row)
