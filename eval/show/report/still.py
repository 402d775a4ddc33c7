"""Figures and methods of a run as HTML that stands still: what is printed, and needs no script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eval.measure import belief_summaries
from eval.results import StoredEpisode, stored_cells, stored_tasks, transcript_command
from eval.show.explorer import ExploredRun
from eval.show.explorer.methods import methods
from eval.show.report.collect import collect
from eval.show.report.sections import task_section
from partners.program import command_line

_NO_EXTRA = "reports need the extra 'report': pip install 'langgraph-atom[report]'"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Figures and methods</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/board.css">
<link rel="stylesheet" href="/static/explorer.css">
</head>
<body>
<main>
<div class="still card">
{fragment}
</div>
</main>
</body>
</html>
"""


def still_page(run: ExploredRun) -> str:
    """Figures and methods as a page of their own, as the explorer's server hands it out.

    Raises:
        ModuleNotFoundError, ResultsError: see ``still_fragment``.
    """
    return _PAGE.replace("{fragment}", still_fragment(run))


def still_fragment(
    run: ExploredRun, *, seen: Callable[[StoredEpisode], None] = lambda _: None, prefix: str = ""
) -> str:
    """Figures for light and dark and for phone and desktop, their numbers as tables, and the methods.

    Args:
        run: the run.
        seen: told of every episode, in the one pass over all of them.
        prefix: of all identifiers, where a page has several runs.

    Raises:
        ModuleNotFoundError: the extra is not installed.
        ResultsError: see ``stored_cells``.
    """
    template = _template()
    path, number, stored = run.file, run.stored.number, run.stored
    cells, played = stored_cells(path, number), stored_tasks(path, number)
    data = collect(path, number, seen=seen)
    beliefs = list(belief_summaries(path, number))
    tasks = []
    for name, rows in cells.items():
        if not rows:
            continue
        own = [summary for summary in beliefs if summary.task == name]
        data[name].sort([row[0].agent for row in rows], stored.configuration["matrices"][name]["partners"])
        tasks.append(task_section(played[name], rows, data[name], own))
    html: str = template.render(
        run=stored,
        tasks=tasks,
        methods=methods(stored),
        command=command_line(*stored.command),
        transcripts=transcript_command(path, number),
        prefix=prefix,
    )
    return html


def _template() -> Any:
    try:
        from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_NO_EXTRA, name=error.name) from None
    here = Path(__file__).parent
    return Environment(loader=FileSystemLoader(here), autoescape=True).get_template("still.html")
