"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.studies.paper import Excess, PaperCell
from eval.sweeps.crossplay import Cell
from eval.tasks import Task, all_tasks, make_task
from partners import LLM, all_kinds
from partners.adaptive import learners
from partners.extensions import summary_of

_AT_ONCE = 3
"""Columns of the paper beside each other."""


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
    """The paper's two tables, ours beside the published number, a few columns at a time."""
    columns = list(dict.fromkeys(cell.column for cell in cells))
    titles = {"fixed": "Table 1: fixed orders", "adaptive": "Table 2: adaptive agents"}
    return [
        _paper_table([c for c in cells if c.table == kind and c.column in columns[i : i + _AT_ONCE]], title)
        for kind, title in titles.items()
        for i in range(0, len(columns), _AT_ONCE)
    ]


def _paper_table(cells: Sequence[PaperCell], title: str) -> Table:
    table = Table(title=f"{title} (mean ± standard error of {cells[0].n} episodes)")
    table.add_column("agent")
    table.add_column("partner")
    columns = {cell.column: cell.epsilon for cell in cells}
    for column, epsilon in columns.items():
        arrow = "↑" if make_task(column).better == "higher" else "↓"
        table.add_column(f"{column} {arrow}\nε = {epsilon:g}", justify="right")
        table.add_column("paper", justify="right", style="dim")
    found = {(cell.agent, cell.partner, cell.column): cell for cell in cells}
    for agent, partner in dict.fromkeys((cell.agent, cell.partner) for cell in cells):
        values = []
        for column in columns:
            cell = found[agent, partner, column]
            values += [score(cell.mean, cell.se), "—" if cell.paper is None else f"{cell.paper:.2f}"]
        table.add_row(agent, partner, *values)
    return table


def excess_table(excesses: Sequence[Excess]) -> Table:
    """``bayes`` and the better of the paper's algorithms, each beyond its own aligned fixed orders."""
    table = Table(title="bayes beyond aligned orders, in %; in brackets the paper's better algorithm")
    table.add_column("column")
    partners = list(dict.fromkeys(excess.partner for excess in excesses))
    for partner in partners:
        table.add_column(partner, justify="right")
    found = {(excess.column, excess.partner): excess for excess in excesses}
    for column in dict.fromkeys(excess.column for excess in excesses):
        row = [found[column, partner] for partner in partners]
        table.add_row(
            column,
            *(
                f"{'[red]' if x.worse else ''}{100 * x.ours:.1f} ± {100 * x.se:.1f}"
                f"{'[/red]' if x.worse else ''} ({100 * x.paper:.1f})"
                for x in row
            ),
        )
    return table


def task_list() -> Table:
    """All tasks."""
    table = Table(title="Tasks (--task)")
    table.add_column("name")
    table.add_column("what it is")
    for kind in all_tasks():
        table.add_row(kind.form, kind.summary)
    return table


def player_list() -> Table:
    """All players and their traits."""
    table = Table(title="Agents and partners (--agents, --partners)")
    table.add_column("name", no_wrap=True)
    for heading in ("what it does", "traits", "source"):
        table.add_column(heading)
    for kind in (*all_kinds().values(), LLM):
        traits = kind.traits
        table.add_row(
            f"{kind.name}[:{kind.argument}]" if kind.argument else kind.name,
            kind.summary
            + (f" (extra {kind.needs})" if kind.needs else "")
            + (f" ({kind.plays} only)" if kind.plays != "all" else ""),
            ", ".join(
                ([] if traits.order is None else [f"order {traits.order}"])
                + ["adaptive"] * traits.adaptive
                + ["stochastic" if traits.stochastic else "deterministic"]
            ),
            kind.source,
        )
    return table


def learner_list() -> Table:
    """All learners."""
    table = Table(title="Learners (--agents adaptive:LEARNER/SELECTION/RESPONSE)")
    table.add_column("name", no_wrap=True)
    table.add_column("what it is")
    for name, make in learners().items():
        table.add_row(name, summary_of(make, "a learner"))
    return table
