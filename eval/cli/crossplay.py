"""The command that pairs agents with partners."""

from __future__ import annotations

from typing import Annotated

import typer

from eval.cli.options import Asked, JsonFile, Models, Storing, split_names
from eval.cli.sweeps import end, execution, matrices_of, with_transcripts
from eval.show.console import out, write_json
from eval.show.tables import Marks, cross_play_table
from eval.sweeps import as_json, cross_plays
from eval.tasks import make_task

_COLUMNS = 6
"""How many partners fit into the width of a table."""


def crossplay(
    task: Annotated[
        str, typer.Option(help="A task, such as memory-1 or matrix:game.json (see list), or several.")
    ],
    agents: Annotated[
        str, typer.Option(help="Players, separated by commas: one row each. 'all' are all that can play.")
    ] = "ftl,hedge,bayes",
    partners: Annotated[
        str, typer.Option(help="Players: one column each; 'self' is the agent's own kind, 'all' as above.")
    ] = "tom-0,tom-1,tom-2,self",
    asked: Asked = Asked(),
    json_file: JsonFile = None,
    storing: Storing = Storing(),
    models: Models = Models(),
) -> None:
    """Pair every agent with every partner and print the agents' mean scores.

    Exit status 3 says that a score is marked, see --max-degraded.
    """
    matrices = matrices_of(split_names(task), split_names(agents), split_names(partners), asked.env.value)
    sweep = asked.sweep("crossplay", matrices, models.settings)
    with execution(sweep, storing, models) as how:
        tables = cross_plays(sweep, how)
    limit = models.max_degraded
    as_plain = []
    for (name, rows_of, columns_of), rows in zip(matrices, tables, strict=True):
        for first in range(0, len(columns_of), _COLUMNS):
            block = slice(first, first + _COLUMNS)
            some = [row[block] for row in rows]
            out.print(cross_play_table(make_task(name), columns_of[block], some, max_degraded=limit))
        as_plain.append(as_json(name, rows_of, columns_of, asked.seed, rows, max_degraded=limit))
    content = as_plain[0] if len(as_plain) == 1 else {"matrices": as_plain}
    write_json(json_file, with_transcripts(content, how))
    played = zip(sweep.tasks, tables, strict=True)
    end({name: Marks.of((cell for row in rows for cell in row), limit) for name, rows in played})
