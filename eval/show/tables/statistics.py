"""Tables of statistics, for the terminal and for documents."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.measure.beliefs import BeliefReport
from eval.measure.summary import AgentSummary, Comparison
from eval.tasks import Task


def summary_table(task: Task, summaries: Sequence[AgentSummary]) -> Table:
    """One row an agent."""
    arrow = "↑" if task.better == "higher" else "↓"
    table = Table(title=f"{task.name}: the agent's {task.unit} {arrow}, mean over partners [95 % interval]")
    for heading in ("agent", "mean", "share of optimum", "worst partner", "with it"):
        table.add_column(heading, justify="left" if heading in ("agent", "worst partner") else "right")
    for summary in summaries:
        table.add_row(
            summary.agent,
            str(summary.overall),
            "" if summary.share is None else f"{summary.share:.1%}",
            summary.worst_with,
            str(summary.worst),
        )
    return table


def comparison_table(task: Task, comparisons: Sequence[Comparison], episodes: int) -> Table:
    """One row a comparison."""
    arrow = "↑" if task.better == "higher" else "↓"
    table = Table(
        title=f"{task.name}: paired differences in {task.unit} {arrow}, {episodes} episodes [95 % interval]"
    )
    for heading in ("agent", "less", "with"):
        table.add_column(heading)
    for heading in ("difference", "p", "p (Holm)"):
        table.add_column(heading, justify="right")
    for c in comparisons:
        table.add_row(c.first, c.second, c.partner, str(c.difference), f"{c.p:.4f}", f"{c.p_holm:.4f}")
    return table


def belief_table(reports: Sequence[BeliefReport]) -> Table:
    """One row a pairing of an agent that holds beliefs."""
    table = Table(
        title="beliefs about orders that act differently: log loss, expected calibration error, accuracy; "
        "external regret an episode"
    )
    for heading in ("task", "agent", "partner"):
        table.add_column(heading)
    for heading in (
        "log loss",
        "calibration error",
        "accuracy",
        "regret",
        "worst",
        "bound",
        "η",
        "acts against",
    ):
        table.add_column(heading, justify="right")
    for report in reports:
        fit, worst = report.calibration, report.worst
        table.add_row(
            report.task,
            report.agent,
            report.partner,
            "" if fit is None else f"{fit.log_loss:.3f}",
            "" if fit is None else f"{fit.error:.3f}",
            "" if fit is None else f"{fit.accuracy:.1%}",
            "" if report.regret is None else f"{report.regret:.2f}",
            "" if worst is None else f"{worst.measured:.2f}",
            "" if worst is None else "none" if worst.bound is None else f"{worst.bound:.2f} ({worst.loss})",
            "" if worst is None or worst.eta is None else f"{worst.eta:g}",
            "" if report.against is None else f"{report.against.estimate:.1%}",
        )
    return table


def markdown(table: Table) -> str:
    """A table as Markdown, its title above it."""
    headings = [str(column.header) for column in table.columns]
    rows = zip(*(list(column.cells) for column in table.columns), strict=True)
    marks = ["---:" if column.justify == "right" else "---" for column in table.columns]
    lines = [f"**{table.title}**", "", *(f"| {' | '.join(row)} |" for row in (headings, marks))]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
