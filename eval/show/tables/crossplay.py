"""Cross-play matrices."""

from __future__ import annotations

from collections.abc import Sequence

from eval.play import MAX_DEGRADED, Cell
from eval.show.console import Table, as_data
from eval.show.tables.marks import Marks
from eval.show.tables.text import arrow, score
from eval.tasks import Task


def cross_play_table(
    task: Task,
    partners: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    max_degraded: float = MAX_DEGRADED,
) -> Table:
    """One row an agent, one column a partner; cells above the limit of degraded decisions are marked."""
    marks = Marks.of((cell for row in rows for cell in row), max_degraded)
    limit = f", aligned optimum {task.optimum:g}" if task.optimum is not None else ""
    table = Table(
        title=f"{task.name}: the agent's {task.unit} {arrow(task)}, mean ± standard error of "
        f"{rows[0][0].n}{limit}"
    )
    table.add_column("agent \\ partner")
    for partner in partners:
        table.add_column(as_data(partner), justify="right")
    for row in rows:
        scores = (score(cell.mean, cell.se) + marks.after((cell.agent, cell.partner)) for cell in row)
        table.add_row(as_data(row[0].agent), *scores)
    return marks.under(table)
