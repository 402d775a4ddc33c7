"""What there is: tasks, players, learners."""

from __future__ import annotations

from typing import Any

from eval.show.console import Table, as_data
from eval.tasks import all_tasks
from partners import LLM, all_kinds, learners, summary_of

_FOUR_COLUMNS = 90


def listed() -> dict[str, list[dict[str, Any]]]:
    """What there is as plain data: tasks, players, learners -> entries with name, form and summary."""
    players = []
    for kind in (*all_kinds().values(), LLM):
        traits = kind.traits
        players.append(
            {
                "name": kind.name,
                "form": f"{kind.name}[:{kind.argument}]" if kind.argument else kind.name,
                "summary": kind.summary,
                "order": traits.order,
                "adaptive": traits.adaptive,
                "stochastic": traits.stochastic,
                "plays": kind.plays,
                "extra": kind.needs or None,
                "source": kind.source,
            }
        )
    return {
        "tasks": [
            {"name": kind.example or kind.form, "form": kind.form, "summary": kind.summary}
            for kind in all_tasks()
        ],
        "players": players,
        "learners": [
            {"name": name, "form": name, "summary": summary_of(make, "a learner")}
            for name, make in learners().items()
        ],
    }


def task_list() -> Table:
    """All tasks."""
    table = Table(title="Tasks (--task)")
    table.add_column("name", overflow="fold")
    table.add_column("what it is", overflow="fold")
    for entry in listed()["tasks"]:
        table.add_row(as_data(entry["form"]), as_data(entry["summary"]))
    return table


def player_list(width: int = 140) -> Table:
    """All players and their traits.

    Args:
        width: characters of a line; four columns need 90, below which two are made.
    """
    wide = width >= _FOUR_COLUMNS
    table = Table(title="Agents and partners (--agents, --partners)")
    table.add_column("name", overflow="fold")
    for heading in ("what it does", "traits", "source") if wide else ("what it does (traits; source)",):
        table.add_column(heading, overflow="fold")
    for entry in listed()["players"]:
        does = (
            entry["summary"]
            + (f" (extra {entry['extra']})" if entry["extra"] else "")
            + (f" ({entry['plays']} only)" if entry["plays"] != "all" else "")
        )
        rest = (does, _traits(entry), entry["source"])
        cells = rest if wide else (f"{does} ({_traits(entry)}; {entry['source']})",)
        table.add_row(as_data(entry["form"]), *map(as_data, cells))
    return table


def learner_list() -> Table:
    """All learners."""
    table = Table(title="Learners (--agents adaptive:LEARNER/SELECTION/RESPONSE)")
    table.add_column("name", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    for entry in listed()["learners"]:
        table.add_row(as_data(entry["name"]), as_data(entry["summary"]))
    return table


def entry_table(kind: str, entry: dict[str, Any]) -> Table:
    """One entry of ``listed``, a row for each thing that is known of it."""
    table = Table(title=as_data(f"{kind.removesuffix('s')} {entry['name']}"), show_header=False)
    table.add_column("what", no_wrap=True)
    table.add_column("is", overflow="fold")
    for what, value in entry.items():
        if what != "name" and value is not None:
            said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
            table.add_row(what, as_data(said))
    return table


def _traits(entry: dict[str, Any]) -> str:
    return ", ".join(
        ([] if entry["order"] is None else [f"order {entry['order']}"])
        + ["adaptive"] * entry["adaptive"]
        + ["stochastic" if entry["stochastic"] else "deterministic"]
    )
