"""Cross-play matrices."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.play import Cell
from eval.show.console import as_data
from eval.show.tables.text import arrow, score
from eval.tasks import Task


def cross_play_table(task: Task, partners: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """One row an agent, one column a partner."""
    limit = f", aligned optimum {task.optimum:g}" if task.optimum is not None else ""
    table = Table(
        title=f"{task.name}: the agent's {task.unit} {arrow(task)}, mean ± standard error of "
        f"{rows[0][0].n}{limit}"
    )
    table.add_column("agent \\ partner")
    for partner in partners:
        table.add_column(as_data(partner), justify="right")
    for row in rows:
        table.add_row(as_data(row[0].agent), *(score(cell.mean, cell.se) for cell in row))
    return table
