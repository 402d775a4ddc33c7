"""Language models with and without a belief about the partner."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.measure import mean_interval
from eval.show.tables.marks import Marks
from eval.show.tables.text import arrow
from eval.studies.language_models import Gain, Row
from eval.tasks import Task

_SIGNS = {"better": " +", "worse": " −", "undecided": ""}


def study_table(task: Task, rows: Sequence[Row], episodes: int, marks: Marks) -> Table:
    """One row a player, one column a partner; who needs no model comes first."""
    table = Table(title=f"{task.name}: mean {task.unit} {arrow(task)} of {episodes} episodes [95 %]")
    for heading in ("model", "plays"):
        table.add_column(heading)
    partners = list(dict.fromkeys(_column(cell.partner) for row in rows for cell in row.cells))
    for heading in (*partners, "calls", "tokens", "s"):
        table.add_column(heading, justify="right")
    without = {row.agent: row for row in rows if not row.model}
    for row in (*without.values(), *(row for row in rows if row.model)):
        cells = {_column(cell.partner): cell for cell in row.cells}
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
    table.caption = "calls, tokens and seconds: a decision, with partners that ask no model"
    return table


def gains_table(task: Task, found: Sequence[Gain]) -> Table:
    """One row a way and what it is compared with, one column a partner; above 0 is better."""
    table = Table(
        title=f"{task.name}: better by, in {task.unit}, paired by episode [95 %]; + better, − worse"
    )
    for heading in ("model", "plays", "less"):
        table.add_column(heading)
    partners = list(dict.fromkeys(_column(gain.partner) for gain in found))
    for partner in partners:
        table.add_column(partner, justify="right")
    by_row: dict[tuple[str, str, str], dict[str, Gain]] = {}
    for gain in found:
        by_row.setdefault((gain.model, gain.way, gain.than), {})[_column(gain.partner)] = gain
    for (model, way, than), gains in by_row.items():
        cells = [
            f"{gains[name].difference}{_SIGNS[gains[name].verdict]}" if name in gains else ""
            for name in partners
        ]
        table.add_row(short(model), way, than, *cells)
    return table


def short(model: str) -> str:
    """A model's name without its provider."""
    return model.rpartition("/")[2]


def _column(partner: str) -> str:
    """Another model is one column, whichever it is."""
    return "another model" if partner.startswith("llm:") else partner
