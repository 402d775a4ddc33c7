"""Language models with and without a belief about the partner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval.measure import mean_interval
from eval.play import Cell
from eval.show.console import Table
from eval.show.tables.intervals import with_intervals
from eval.show.tables.marks import SIGN, Marks
from eval.show.tables.text import arrow
from eval.studies.language_models import Gain, Row, short
from eval.tasks import Task

_COSTS = "Calls, tokens, seconds (wall time, partners included): a decision, with partners that ask no model."
_SIGNS = {"better": " +", "worse": " −", "undecided": "", "no result": f" {SIGN}"}


def study_table(task: Task, rows: Sequence[Row], episodes: int, marks: Marks) -> Table:
    """One row a player, one column a partner; who needs no model comes first."""
    table = Table(title=f"{task.name}: mean {task.unit} {arrow(task)} of {episodes} episodes [95 %]")
    for heading in ("model", "plays"):
        table.add_column(heading)
    partners = list(dict.fromkeys(short(cell.partner) for row in rows for cell in row.cells))
    for heading in (*partners, "calls", "tokens", "s"):
        table.add_column(heading, justify="right")
    for row in (*_without(rows), *(row for row in rows if row.model)):
        cells = {short(cell.partner): cell for cell in row.cells}
        told = [
            f"{mean_interval(cells[name].scores)}{marks.after((row.agent, cells[name].partner))}"
            if name in cells
            else ""
            for name in partners
        ]
        spent = [
            "" if x is None else f"{x:.{d}f}" for x, d in ((row.calls, 1), (row.tokens, 0), (row.seconds, 2))
        ]
        table.add_row(short(row.model), row.way, *told, *spent)
    table.caption, table.caption_justify = f"{_COSTS} {marks.footnote}".strip(), "left"
    return with_intervals(table, [mean_interval(cell.scores) for row in rows for cell in row.cells])


def _without(rows: Sequence[Row]) -> list[Row]:
    """Who needs no model, once each, beside all partners of all models."""
    cells: dict[str, dict[str, Cell]] = {}
    found = {row.agent: row for row in rows if not row.model}
    for row in rows:
        if not row.model:
            cells.setdefault(row.agent, {}).update((cell.partner, cell) for cell in row.cells)
    return [replace(row, cells=tuple(cells[agent].values())) for agent, row in found.items()]


def gains_table(task: Task, found: Sequence[Gain], marks: Marks) -> Table:
    """One row a way and what it is compared with, one column a partner; above 0 is better."""
    table = Table(
        title=f"{task.name}: better by, in {task.unit}, paired by episode [95 %]; + better, − worse"
    )
    for heading in ("model", "plays", "less"):
        table.add_column(heading)
    partners = list(dict.fromkeys(short(gain.partner) for gain in found))
    for partner in partners:
        table.add_column(partner, justify="right")
    by_row: dict[tuple[str, str, str], dict[str, Gain]] = {}
    for gain in found:
        by_row.setdefault((gain.model, gain.way, gain.than), {})[short(gain.partner)] = gain
    for (model, way, than), gains in by_row.items():
        cells = [
            f"{gains[name].difference}{_SIGNS[gains[name].verdict]}" if name in gains else ""
            for name in partners
        ]
        table.add_row(short(model), way, than, *cells)
    if any(gain.verdict == "no result" for gain in found):
        marks.under(table)
    return with_intervals(table, [gain.difference for gain in found])
