"""The page: figures for light and dark and for phone and desktop, tables, replays, methods."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

from eval.measure import REGRET_NOTE, belief_summaries
from eval.results import stored_cells, stored_run, transcript_command
from eval.show.report.collect import TaskData, collect
from eval.show.explorer.methods import methods
from eval.show.report.sections import task_section

MAX_BYTES = 8 * 1024 * 1024
"""Larger pages are slow on phones, so replays are left out before a page grows beyond."""
_FEWER = (100, 50, 20, 10, 5, 2, 1, 0)
_MOST_WHOLE = 20_000
"""Of more episodes no page below ``MAX_BYTES`` shows all."""
_REST_BYTES = 256 * 1024
_NO_EXTRA = "reports need the extra 'report': pip install 'langgraph-atom[report]'"


def write_report(
    path: Path,
    out: Path,
    number: int | None = None,
    *,
    replays: int | None = None,
    read: Callable[[], None] = lambda: None,
) -> int:
    """Writes the report of a run as one page that needs nothing else.

    Args:
        path: the results file.
        out: the page.
        number: the run; the latest for None.
        replays: how many episodes of a pairing can be stepped through; None for all, and fewer where
            the page would grow beyond ``MAX_BYTES``.
        read: called after every episode that was read, as often as the run has episodes.

    Returns:
        bytes written.

    Raises:
        ResultsError: see ``stored_cells``.
        ModuleNotFoundError: the extra is not installed.
    """
    page = render(path, number, replays=replays, read=read).encode()
    out.write_bytes(page)
    return len(page)


def render(
    path: Path,
    number: int | None = None,
    *,
    replays: int | None = None,
    read: Callable[[], None] = lambda: None,
) -> str:
    """The page as text. Arguments and errors as ``write_report``."""
    try:
        from jinja2 import Environment, FileSystemLoader, select_autoescape  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_NO_EXTRA, name=error.name) from None
    run = stored_run(path, number)
    cells = stored_cells(path, number)
    env = run.configuration.get("env", "table")
    if replays is None and run.episodes > _MOST_WHOLE:
        replays = _FEWER[0]  # the page never holds all of them, so nor need the memory
    data = collect(path, run.number, env=env, replays=replays, read=read)
    beliefs = list(belief_summaries(path, run.number))
    here = Path(__file__).parent / "page"
    environment = Environment(loader=FileSystemLoader(here), autoescape=select_autoescape(["html"]))
    asked = run.configuration["matrices"]
    tasks = []
    for name, rows in cells.items():
        own = [summary for summary in beliefs if summary.task == name]
        data[name].sort([row[0].agent for row in rows], asked[name]["partners"])
        tasks.append(task_section(name, rows, data[name], own))
    figures_bytes = sum(len(uri) for task in tasks for p in task["pictures"] for uri in (*p.wide, *p.narrow))
    return environment.get_template("report.html").render(
        run=run,
        tasks=tasks,
        methods=methods(run),
        command="python -m eval " + shlex.join(run.command),
        transcripts=transcript_command(path, run.number),
        note=REGRET_NOTE,
        replays=_fitting(data, figures_bytes),
        style=(here / "report.css").read_text(encoding="utf-8"),
        script=(here / "replay.js").read_text(encoding="utf-8"),
    )


def _fitting(data: dict[str, TaskData], used: int) -> str:
    """As many replays of each pairing as leave the page below ``MAX_BYTES``."""
    for limit in (None, *_FEWER):
        text = _replays(data, limit)
        if len(text) + used + _REST_BYTES <= MAX_BYTES:
            break
    return text


def _replays(data: dict[str, TaskData], limit: int | None) -> str:
    """JSON for the page's script; ``</`` cannot end the script element that holds it."""
    content = {
        name: {
            "players": task.players,
            "actions": task.actions,
            "board": task.board.content | {"kind": task.board.kind},
            "pairings": [pairing.packed(limit) for pairing in task.pairings],
        }
        for name, task in data.items()
        if task.pairings and limit != 0
    }
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
