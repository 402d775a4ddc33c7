"""What comes of coding together, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.coding.bench import Played
from eval.coding.summary import Success
from eval.coding.tasks import FAILURES
from eval.show.console import Table


def success_table(found: Sequence[Success], title: str) -> Table:
    """One row an agent, one column a partner: success on the later tasks, and how often it looked."""
    agents = list(dict.fromkeys(one.agent for one in found))
    partners = list(dict.fromkeys(one.partner for one in found))
    by_pair = {(one.agent, one.partner): one for one in found}
    worst = {agent: max(one.degraded for one in found if one.agent == agent) for agent in agents}
    marked = [
        f"{agent}: up to {100 * share:.0f} % of decisions degraded" for agent, share in worst.items() if share
    ]
    table = Table(title=title, caption="; ".join(marked) or None)
    table.add_column("agent", no_wrap=True)
    for partner in partners:
        table.add_column(partner, justify="right")
    for agent in agents:
        table.add_row(agent, *(_cell(by_pair[agent, partner]) for partner in partners))
    return table


def net_table(found: Sequence[Success], cost: float) -> Table:
    """One row an agent that looked: success less what that cost, and the share of tasks with a look."""
    agents = list(dict.fromkeys(one.agent for one in found if one.looks > 0.0))
    partners = list(dict.fromkeys(one.partner for one in found))
    by_pair = {(one.agent, one.partner): one for one in found}
    table = Table(title=f"success less {cost:g} a look (share of tasks with a look)")
    table.add_column("agent", no_wrap=True)
    for partner in partners:
        table.add_column(partner, justify="right")
    for agent in agents:
        own = [by_pair[agent, partner] for partner in partners]
        table.add_row(agent, *(f"{one.net:.3f} ({one.looks:.2f})" for one in own))
    return table


def union_table(found: Sequence[Success]) -> Table:
    """One row an agent: success over all partners, as git merges and with both sides of conflicts kept."""
    table = Table(title="all partners: how branches are merged, and learning")
    table.add_column("agent", no_wrap=True)
    for heading in ("merged by git", "union", "with the first tasks"):
        table.add_column(heading, justify="right")
    for agent in dict.fromkeys(one.agent for one in found):
        own = [one for one in found if one.agent == agent]
        means = (
            sum(one.naive.estimate for one in own) / len(own),
            sum(one.union for one in own) / len(own),
            sum(one.all_tasks for one in own) / len(own),
        )
        table.add_row(agent, *(f"{mean:.3f}" for mean in means))
    return table


def failures_table(found: Sequence[Success]) -> Table:
    """One row an agent and partner with failures: of which kind, in % of all tasks."""
    table = Table(title="failures by kind, in % of tasks")
    for heading in ("agent", "partner"):
        table.add_column(heading, no_wrap=True)
    for heading in FAILURES:
        table.add_column(heading, justify="right")
    for one in found:
        if any(one.failures.values()):
            shares = (f"{100 * one.failures[kind] / one.tasks:.1f}" for kind in FAILURES)
            table.add_row(one.agent, one.partner, *shares)
    return table


def promises_table(found: Sequence[Success]) -> Table:
    """One row a partner that promises: what was read of its promises, and how many runs reported it."""
    table = Table(title="promises, as read from branches, and runs in which their author was reported")
    table.add_column("partner", no_wrap=True)
    table.add_column("agent", no_wrap=True)
    for heading in ("kept", "broken", "reported"):
        table.add_column(heading, justify="right")
    for one in found:
        if one.kept + one.broken and one.tests:
            table.add_row(
                one.partner, one.agent, str(one.kept), str(one.broken), f"{one.reported} of {one.runs}"
            )
    return table


def kinds_table(found: Mapping[str, Mapping[str, float]]) -> Table:
    """One row a kind of pair, one column an agent: success on the later tasks, over all partners."""
    agents = list(next(iter(found.values())))
    table = Table(title="success by what can go wrong, over all partners")
    table.add_column("kind of pair", no_wrap=True)
    for agent in agents:
        table.add_column(agent, justify="right")
    for kind, scores in found.items():
        table.add_row(kind, *(f"{scores[agent]:.3f}" for agent in agents))
    return table


def dataset_table(played: Sequence[Played]) -> Table:
    """One row a task: conflicts and whether the published report has them, features alone, merged pairs."""
    table = Table(title="gold patches of CooperBench, merged by git and tested without a container")
    table.add_column("task", no_wrap=True)
    for heading in (
        "pairs",
        "conflicts",
        "as published",
        "features that pass alone",
        "pairs that pass",
        "union",
    ):
        table.add_column(heading, justify="right")
    for one in played:
        table.add_row(one.task, str(len(one.conflicts)), *_counts([one]))
    if len(played) > 1:
        table.add_row("all", str(sum(len(one.conflicts) for one in played)), *_counts(played))
    return table


def _counts(played: Sequence[Played]) -> list[str]:
    agrees = [one.agrees for one in played]
    alone = [passed for one in played for passed in one.alone.values() if passed is not None]
    passed = [value for one in played for value in one.passed.values()]
    union = [value for one in played for value in one.union.values()]
    return [
        str(sum(sum(one.conflicts.values()) for one in played)),
        f"{sum(a for a, _ in agrees)} of {sum(n for _, n in agrees)}",
        f"{sum(alone)} of {len(alone)}" if alone else "not run",
        f"{sum(passed)} of {len(passed)}" if passed else "not run",
        f"{sum(union)} of {len(union)}" if union else "not run",
    ]


def _cell(one: Success) -> str:
    interval = one.naive
    return f"{interval.estimate:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
