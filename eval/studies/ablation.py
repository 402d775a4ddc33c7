"""The ablation: which learner, which selection and which response an adaptive agent needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from atom.agents import Response, Selection
from eval.measure import Comparison, Interval, compare, joint_mean
from eval.play import Cell
from eval.tasks import Task

LEARNERS = ("bayes", "hedge", "fixed-share", "ftl", "adahedge")
PARTNERS = ("tom-0", "tom-1", "tom-2", "self", "switching")
DEFAULT = "adaptive:bayes/win-stay/nearest"
"""The setting of ``AdaptiveAgent`` where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One setting.

    Attributes:
        setting: name of the zoo.
        means: partner -> mean score.
        overall: mean over partners.
        lowest: the worst of the means.
        difference: the setting less the default, over all partners; None for the default itself.
    """

    setting: str
    means: dict[str, float]
    overall: Interval
    lowest: float
    difference: Comparison | None


def settings() -> list[str]:
    """Names of all combinations."""
    return [
        f"adaptive:{learner}/{selection}/{response}"
        for learner in LEARNERS
        for selection in get_args(Selection)
        for response in get_args(Response)
    ]


def ablate(task: Task, rows: Sequence[Sequence[Cell]]) -> list[Line]:
    """A line for every row, the best mean first.

    Args:
        task: the task.
        rows: the cross-play matrix of ``settings()``.
    """
    cells = {row[0].agent: {cell.partner: cell for cell in row} for row in rows}
    others = [name for name in cells if name != DEFAULT]
    compared = compare([(cells[name], cells[DEFAULT]) for name in others], each=False)
    by_setting = {comparison.first: comparison for comparison in compared}
    sign = -1.0 if task.better == "higher" else 1.0
    lines = []
    for name, row in cells.items():
        means = {partner: cell.mean for partner, cell in row.items()}
        lowest = min(means.values()) if task.better == "higher" else max(means.values())
        mean = joint_mean([cell.scores for cell in row.values()])
        lines.append(Line(name, means, mean, lowest, by_setting.get(name)))
    return sorted(lines, key=lambda line: sign * line.overall.estimate)
