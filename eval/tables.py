"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.crossplay import Cell
from eval.paper import PaperCell
from eval.tasks import TASKS, Task
from partners import ZOO


def score(mean: float, se: float) -> str:
    """``73.07 ± 0.12``; no error where all episodes were the same."""
    return f"{mean:.2f} ± {se:.2f}" if se > 0.0 else f"{mean:.2f}"


def cross_play_table(task: Task, partners: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """One row an agent, one column a partner."""
    arrow = "↑" if task.better == "higher" else "↓"
    limit = f", aligned optimum {task.optimum:g}" if task.optimum is not None else ""
    table = Table(
        title=f"{task.name}: the agent's {task.unit} {arrow}, mean ± standard error of {rows[0][0].n}{limit}"
    )
    table.add_column("agent \\ partner")
    for partner in partners:
        table.add_column(partner, justify="right")
    for row in rows:
        table.add_row(row[0].agent, *(score(cell.mean, cell.se) for cell in row))
    return table


def paper_tables(cells: Sequence[PaperCell]) -> list[Table]:
    """The paper's two tables, ours beside the published number."""
    columns = list(dict.fromkeys(cell.column for cell in cells))
    found = {(cell.agent, cell.partner, cell.column): cell for cell in cells}
    tables = []
    titles = {"fixed": "Table 1: fixed orders", "adaptive": "Table 2: adaptive agents"}
    for kind, title in titles.items():
        table = Table(title=f"{title} (mean ± standard error of {cells[0].n} episodes)")
        table.add_column("agent")
        table.add_column("partner")
        for column in columns:
            arrow = "↑" if column.startswith("memory") else "↓"
            table.add_column(f"{column} {arrow}", justify="right")
            table.add_column("paper", justify="right", style="dim")
        for agent, partner in dict.fromkeys((c.agent, c.partner) for c in cells if c.table == kind):
            values = []
            for column in columns:
                cell = found[agent, partner, column]
                values += [score(cell.mean, cell.se), "—" if cell.paper is None else f"{cell.paper:.2f}"]
            table.add_row(agent, partner, *values)
        tables.append(table)
    return tables


def task_list() -> Table:
    """All tasks."""
    table = Table(title="Tasks (--task)")
    table.add_column("name")
    table.add_column("what it is")
    for kind in TASKS:
        table.add_row(kind.form, kind.summary)
    return table


def player_list() -> Table:
    """All players and their traits."""
    table = Table(title="Agents and partners (--agents, --partners)")
    table.add_column("name", no_wrap=True)
    for heading in ("what it does", "traits", "source"):
        table.add_column(heading)
    for kind in ZOO.values():
        traits = kind.traits
        table.add_row(
            f"{kind.name}[:{kind.argument}]" if kind.argument else kind.name,
            kind.summary + (f" (extra {kind.needs})" if kind.needs else ""),
            ", ".join(
                ([] if traits.order is None else [f"order {traits.order}"])
                + ["adaptive"] * traits.adaptive
                + ["stochastic" if traits.stochastic else "deterministic"]
            ),
            kind.source,
        )
    return table
