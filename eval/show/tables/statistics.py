"""Statistics: agents, paired differences, beliefs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.measure import AgentSummary, BeliefSummary, Comparison
from eval.show.console import as_data
from eval.show.tables.text import arrow
from eval.tasks import Task


def summary_table(task: Task, summaries: Sequence[AgentSummary]) -> Table:
    """One row an agent."""
    table = Table(
        title=f"{task.name}: the agent's {task.unit} {arrow(task)}, mean over partners [95 % interval]"
    )
    for heading in ("agent", "mean", "share of optimum", "worst partner", "with it"):
        table.add_column(heading, justify="left" if heading in ("agent", "worst partner") else "right")
    for summary in summaries:
        table.add_row(
            as_data(summary.agent),
            str(summary.overall),
            "" if summary.share is None else f"{summary.share:.1%}",
            as_data(summary.worst_with),
            str(summary.worst),
        )
    return table


def comparison_table(task: Task, comparisons: Sequence[Comparison], episodes: int) -> Table:
    """One row a comparison."""
    table = Table(
        title=f"{task.name}: paired differences in {task.unit} {arrow(task)}, {episodes} episodes "
        "[95 % interval]"
    )
    for heading in ("agent", "less", "with"):
        table.add_column(heading)
    for heading in ("difference", "p", "p (Holm)"):
        table.add_column(heading, justify="right")
    for c in comparisons:
        names = map(as_data, (c.first, c.second, c.partner))
        table.add_row(*names, str(c.difference), f"{c.p:.4f}", f"{c.p_holm:.4f}")
    return table


def belief_table(summaries: Sequence[BeliefSummary]) -> Table:
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
    for summary in summaries:
        fit, worst = summary.calibration, summary.worst
        table.add_row(
            as_data(summary.task),
            as_data(summary.agent),
            as_data(summary.partner),
            "" if fit is None else f"{fit.log_loss:.3f}",
            "" if fit is None else f"{fit.error:.3f}",
            "" if fit is None else f"{fit.accuracy:.1%}",
            "" if summary.regret is None else f"{summary.regret:.2f}",
            "" if worst is None else f"{worst.measured:.2f}",
            "" if worst is None else "none" if worst.bound is None else f"{worst.bound:.2f} ({worst.loss})",
            "" if worst is None or worst.eta is None else f"{worst.eta:g}",
            "" if summary.against is None else f"{summary.against.estimate:.1%}",
        )
    return table
