"""What there is: tasks, players, learners."""

from __future__ import annotations

from eval.show.console import Table
from eval.tasks import all_tasks
from partners import LLM, all_kinds, learners, summary_of


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
    table.add_column("name", max_width=37, overflow="fold")
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
