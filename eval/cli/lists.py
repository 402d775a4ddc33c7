"""The command that lists what there is."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import Annotated

import typer

from eval.show.console import as_data, out
from eval.show.tables import entry_table, learner_list, listed, player_list, task_list

_TABLES = {"tasks": task_list, "learners": learner_list}


def list_(
    name: Annotated[
        str | None,
        typer.Argument(
            help="'tasks', 'players' or 'learners'; or one of them by name, such as bayes.",
            show_default="all",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print plain data instead.")] = False,
) -> None:
    """List tasks, agents and partners with their traits, and learners; or what there is of one name."""
    found = listed()
    if name is not None and name not in found:
        found = {
            kind: some
            for kind, entries in found.items()
            if (some := [entry for entry in entries if name in (entry["name"], entry["form"])])
        }
        if not found:
            raise ValueError(f"there is no task, player or learner {name!r}{_near(name)}")
    elif name is not None:
        found = {name: found[name]}
    if as_json:
        # ASCII, so that no name reaches the terminal but as data
        typer.echo(json.dumps(found, indent=1))
        return
    for kind, entries in found.items():
        if name is None or name == kind:
            out.print(player_list(out.width) if kind == "players" else _TABLES[kind]())
        else:
            for entry in entries:
                out.print(entry_table(kind, entry))


def _near(name: str) -> str:
    names = dict.fromkeys(entry["name"] for entries in listed().values() for entry in entries)
    close = get_close_matches(name, names, n=3)
    return f"; did you mean {' or '.join(str(as_data(one)) for one in close)}?" if close else "; see 'list'"
