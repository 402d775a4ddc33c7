"""The sections of a report: the figures of one task in all their looks, each with its numbers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure

from eval.measure import REGRET_NOTE, BeliefSummary, Interval, cell_interval, self_and_cross
from eval.play import Cell
from eval.show import figures
from eval.show.figures.crossplay import own_and_cross
from eval.show.report.collect import TaskData
from eval.show.tables import Marks
from eval.show.tables.marks import percent
from eval.tasks import Task

Drawing = Callable[[figures.Look], Figure]
Curves = dict[tuple[str, str], list[list[float]]]
Judged = dict[str, tuple[list[float], list[float]]]

_SHARES = ("degraded", "asked again", "cut off")
"""Headings of the shares of decisions that were degraded, repaired and truncated."""
_MANY_CURVES = 60
"""Pairings whose curves can be told apart in one figure."""
_MANY_REGRETS = 30


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure in all its looks, with what it says in words and as a table.

    Attributes:
        name: identifies it on the page.
        title: its heading.
        caption: what it shows and how to read it.
        wide, narrow: data URIs for desktop and phone, each as (light, dark).
        scrolls: whether it keeps its size on a phone and is scrolled.
        pixels: its width and height in CSS pixels, wide and narrow.
        heading, rows: the same numbers as a table.
    """

    name: str
    title: str
    caption: str
    wide: tuple[str, str]
    narrow: tuple[str, str]
    scrolls: bool
    pixels: tuple[tuple[int, int], tuple[int, int]]
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]


def task_section(
    task: Task, rows: Sequence[Sequence[Cell]], data: TaskData, beliefs: Sequence[BeliefSummary]
) -> dict[str, Any]:
    """What the page's template needs of one task."""
    name, better, unit = task.name, task.better, task.unit
    marks = Marks.of(cell for row in rows for cell in row)
    pictures = [
        _picture(
            f"{name}-heat",
            "Who with whom",
            f"Mean {unit} of the agent (row) with each partner (column), {better} is better; below it the "
            "95 % interval, where the episodes differ.",
            lambda look: figures.heat_map(rows, better=better, unit=unit, look=look),
            ["agent", "partner", "mean", "95 % interval", "episodes", *_SHARES],
            [_cell_line(cell) for row in rows for cell in row],
            scrolls=True,
        ),
        _picture(
            f"{name}-self",
            "Self-play and cross-play",
            f"Each agent with its own kind, and its mean over the other partners. {_gap(rows)}",
            lambda look: figures.self_and_cross_play(rows, better=better, unit=unit, look=look),
            ["agent", "self-play", "cross-play"],
            [[row[0].agent + marks.among(row[0].agent), *map(_interval, own_and_cross(row))] for row in rows],
        ),
    ]
    if data.curves:
        pictures.append(_curves(task, data))
    if judged := {agent: (c, r) for agent, (c, r) in data.judged.items() if len(c)}:
        pictures.append(_calibration(name, judged, beliefs))
    if any(summary.worst is not None for summary in beliefs):
        pictures.append(_regret(name, beliefs))
    pictures.append(_cost(name, data))
    return {
        "name": name,
        "pictures": pictures,
        "optimum": task.optimum,
        "unit": unit,
        "better": better,
        "answers": marks.footnote,
    }


def pooled_curves(curves: Curves) -> Curves:
    """The same episodes by agent alone, all partners together."""
    pooled: Curves = {}
    for (agent, _), episodes in curves.items():
        pooled.setdefault((agent, "all partners"), []).extend(episodes)
    return pooled


def pooled_regrets(beliefs: Sequence[BeliefSummary]) -> list[BeliefSummary]:
    """One summary an agent: the mean over partners, and the worst of them all."""
    by_agent: dict[str, list[BeliefSummary]] = {}
    for summary in beliefs:
        if summary.worst is not None:
            by_agent.setdefault(summary.agent, []).append(summary)
    return [
        replace(
            max(group, key=lambda r: 0.0 if r.worst is None else r.worst.measured),
            partner="all partners",
            regret=sum(r.regret or 0.0 for r in group) / len(group),
        )
        for group in by_agent.values()
    ]


def _curves(task: Task, data: TaskData) -> Picture:
    unit, steps = task.unit, task.max_steps
    time = unit == "steps"
    curves: Curves = data.curves
    if len(curves) > _MANY_CURVES:
        curves = pooled_curves(curves)
    caption = (
        "The share of episodes that are over after so many steps; a line that stays low did not finish."
        if time
        else f"Mean {unit} of the agent in each round, with one standard error; one panel a partner."
    )
    if len(data.curves) > _MANY_CURVES:
        caption = caption.removesuffix("; one panel a partner.").removesuffix(".")
        caption += ", over all partners, since there are many; the table has them one by one."
    return _picture(
        f"{task.name}-curves",
        "Learning curves",
        caption,
        lambda look: figures.learning_curves(curves, counts_time=time, unit=unit, steps=steps, look=look),
        ["agent", "partner", "first third", "last third"] if not time else ["agent", "partner", "mean steps"],
        [_curve_line(pair, episodes, time=time) for pair, episodes in data.curves.items()],
    )


def _calibration(name: str, judged: Judged, beliefs: Sequence[BeliefSummary]) -> Picture:
    return _picture(
        f"{name}-calibration",
        "Calibration of beliefs",
        "On the dashed line a belief is right as often as it claims; above it the agent is too "
        "cautious, below it too sure. Larger marks stand for more beliefs. Orders that act alike "
        "in an episode count as one; partners without one order are left out.",
        lambda look: figures.reliability(judged, look=look),
        ["agent", "partner", "log loss", "calibration error", "accuracy", "beliefs"],
        _calibration_lines(beliefs),
    )


def _regret(name: str, beliefs: Sequence[BeliefSummary]) -> Picture:
    shown = beliefs if len(beliefs) <= _MANY_REGRETS else pooled_regrets(beliefs)
    return _picture(
        f"{name}-regret",
        "Regret and its bound",
        f"What not knowing the best hypothesis cost in an episode; the bar ends at the bound. {REGRET_NOTE}",
        lambda look: figures.regret_and_bound(shown, look=look),
        ["agent", "partner", "mean", "worst", "bound", "loss"],
        _regret_lines(beliefs),
    )


def _cost(name: str, data: TaskData) -> Picture:
    return _picture(
        f"{name}-cost",
        "Cost",
        "Mean of an episode, both players and the task together, on the machine that played it.",
        lambda look: figures.cost(data.costs, look=look),
        ["agent", "ms", "calls", "tokens", "US dollars"],
        [
            [a, f"{1e3 * c.seconds:.2f}", f"{c.calls:.1f}", f"{c.tokens:.0f}", _dollars(c.dollars)]
            for a, c in data.costs.items()
        ],
    )


def _picture(
    name: str,
    title: str,
    caption: str,
    draw: Drawing,
    heading: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    scrolls: bool = False,
) -> Picture:
    looks = [figures.LIGHT, figures.DARK]
    wide = [draw(look) for look in looks]
    narrow = wide if scrolls else [draw(look.sized(figures.NARROW)) for look in looks]
    uris = [[_uri(figures.svg(figure)) for figure in some] for some in (wide, narrow)]
    return Picture(
        name=name,
        title=title,
        caption=caption,
        wide=(uris[0][0], uris[0][1]),
        narrow=(uris[1][0], uris[1][1]),
        scrolls=scrolls,
        pixels=(_pixels(wide[0]), _pixels(narrow[0])),
        heading=heading,
        rows=rows,
    )


def _uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _pixels(figure: Figure) -> tuple[int, int]:
    width, height = figure.get_size_inches()
    return round(float(width) * 96), round(float(height) * 96)


def _gap(rows: Sequence[Sequence[Cell]]) -> str:
    try:
        both = self_and_cross(rows)
    except ValueError:
        both = None  # a single episode somewhere
    if both is None:
        return ""
    return (
        f"Over the kinds that met each other: self-play {both.own}, cross-play {both.cross}, gap {both.gap}."
    )


def _cell_line(cell: Cell) -> list[str]:
    interval = cell_interval(cell)
    bounds = "" if interval.is_unknown else f"{interval.low:.2f} to {interval.high:.2f}"
    shares = [f"{percent(share)} %" for share in cell.tally.shares]
    return [cell.agent, cell.partner, f"{cell.mean:.2f}", bounds, str(cell.n), *shares]


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else str(interval)


def _dollars(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _curve_line(pair: tuple[str, str], episodes: Sequence[Sequence[float]], *, time: bool) -> list[str]:
    if time:
        return [*pair, f"{sum(map(len, episodes)) / len(episodes):.1f}"]
    thirds = [(e[: max(1, len(e) // 3)], e[-max(1, len(e) // 3) :]) for e in episodes]
    means = [sum(sum(t[i]) / len(t[i]) for t in thirds) / len(thirds) for i in (0, 1)]
    return [*pair, *(f"{mean:.2f}" for mean in means)]


def _calibration_lines(beliefs: Sequence[BeliefSummary]) -> list[list[str]]:
    return [
        [r.agent, r.partner, f"{fit.log_loss:.3f}", f"{fit.error:.3f}", f"{fit.accuracy:.1%}", str(fit.n)]
        for r in beliefs
        if (fit := r.calibration) is not None
    ]


def _regret_lines(beliefs: Sequence[BeliefSummary]) -> list[list[str]]:
    return [
        [
            summary.agent,
            summary.partner,
            f"{summary.regret:.2f}",
            f"{worst.measured:.2f}",
            "none" if worst.bound is None else f"{worst.bound:.2f}",
            worst.loss,
        ]
        for summary in beliefs
        if (worst := summary.worst) is not None
    ]
