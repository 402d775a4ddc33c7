"""Statistics: agents, paired differences, beliefs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.measure import AgentSummary, BeliefSummary, Comparison
from eval.show.console import Table, as_data
from eval.show.tables.intervals import with_intervals
from eval.show.tables.marks import Marks, on
from eval.show.tables.text import arrow
from eval.tasks import Task


def summary_table(task: Task, summaries: Sequence[AgentSummary], marks: Marks | None = None) -> Table:
    """One row an agent; marks say what the decisions behind the cells were like."""
    marks = marks or Marks()
    table = Table(
        title=f"{task.name}: the agent's {task.unit} {arrow(task)}, mean over partners [95 % interval]"
    )
    for heading in ("agent", "mean", "share of optimum", "worst partner", "with it"):
        table.add_column(heading, justify="left" if heading in ("agent", "worst partner") else "right")
    for summary in summaries:
        table.add_row(
            as_data(summary.agent),
            str(summary.overall) + marks.among(summary.agent),
            "" if summary.share is None else f"{summary.share:.1%}",
            as_data(summary.worst_with),
            str(summary.worst) + marks.after((summary.agent, summary.worst_with)),
        )
    shown = [interval for summary in summaries for interval in (summary.overall, summary.worst)]
    return with_intervals(marks.under(table), shown)


def comparison_table(
    task: Task, comparisons: Sequence[Comparison], episodes: int, marks: Marks | None = None
) -> Table:
    """One row a comparison; marks say what the decisions behind the cells of both agents were like."""
    marks = marks or Marks()
    table = Table(
        title=f"{task.name}: paired differences in {task.unit} {arrow(task)}, {episodes} episodes "
        "[95 % interval]"
    )
    for heading in ("agent", "less", "with"):
        table.add_column(heading)
    for heading in ("difference", "p", "p (Holm)"):
        table.add_column(heading, justify="right")
    for c in comparisons:
        pairs = [
            pair for pair in marks.tallies if pair[0] in (c.first, c.second) and c.partner in ("all", pair[1])
        ]
        difference = str(c.difference) + marks.after(*pairs)
        names = map(as_data, (c.first, c.second, c.partner))
        table.add_row(*names, difference, f"{c.p:.4f}", f"{c.p_holm:.4f}")
    return with_intervals(marks.under(table), [c.difference for c in comparisons])


def belief_table(summaries: Sequence[BeliefSummary], marks: Mapping[str, Marks] | None = None) -> Table:
    """One row a pairing of an agent that holds beliefs; marks by task."""
    shown = [(summary.agent, on(summary.partner, summary.task)) for summary in summaries]
    over = Marks.over(marks or {}).only(shown)
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
    for summary, pair in zip(summaries, shown, strict=True):
        fit, worst = summary.calibration, summary.worst
        table.add_row(
            as_data(summary.task),
            as_data(summary.agent),
            as_data(summary.partner) + over.after(pair),
            "" if fit is None else f"{fit.log_loss:.3f}",
            "" if fit is None else f"{fit.error:.3f}",
            "" if fit is None else f"{fit.accuracy:.1%}",
            "" if summary.regret is None else f"{summary.regret:.2f}",
            "" if worst is None else f"{worst.measured:.2f}",
            "" if worst is None else "none" if worst.bound is None else f"{worst.bound:.2f} ({worst.loss})",
            "" if worst is None or worst.eta is None else f"{worst.eta:g}",
            "" if summary.against is None else f"{summary.against:.1%}",
        )
    return over.under(table)
