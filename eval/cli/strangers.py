"""The command on partners that no order explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from eval.cli.groups import Without
from eval.cli.options import (
    Asked,
    EpsilonOfTask,
    JsonFile,
    MarkdownFile,
    MaxDegraded,
    Storing,
    split_names,
)
from eval.cli.sweeps import end, execution
from eval.show.console import Table, note, out, write_json
from eval.show.tables import Marks, close_cells, markdown, overall_table, strangers_table
from eval.studies.strangers import PARTNERS, TASKS, Strangers, judge, strangers_sweep, who_can
from eval.sweeps import MAX_DEGRADED, cross_plays
from eval.tasks import make_task


def strangers(
    task: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = ",".join(TASKS),
    agents: Annotated[str, typer.Option(help="Players to be judged, separated by commas.")] = "bayes",
    partners: Annotated[str, typer.Option(help="With whom, each where it plays.")] = ",".join(PARTNERS),
    population: Annotated[
        str,
        typer.Option(
            help="Checkpoints of train-partner, separated by commas; each joins where it was trained."
        ),
    ] = "",
    asked: Annotated[Asked, Without("runtime", "env", "epsilon")] = Asked(episodes=100),
    epsilon: EpsilonOfTask = None,
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
    storing: Storing = Storing(),
    max_degraded: MaxDegraded = MAX_DEGRADED,
) -> None:
    """Judge agents beside partners that are no ToM agents: constant, habits, predictors, planners.

    In each cell an agent is compared with the best single order (tom-0 to tom-3) in hindsight and, in
    normal-form games, with the better of two predictors that count actions (frequency, markov-predictor).
    """
    judged = split_names(agents)
    trained = [f"population:{file}" for file in split_names(population)] if population else []
    columns = [*split_names(partners), *trained]
    tasks = list(dict.fromkeys(split_names(task)))
    for name in tasks:
        if reasons := who_can(make_task(name), columns)[1]:
            note(f"{name}: without {', '.join(reasons)}")
    sweep = strangers_sweep(tasks, judged, columns, episodes=asked.episodes, seed=asked.seed, epsilon=epsilon)
    with execution(sweep, storing) as how:
        played = cross_plays(sweep, how)
    found = judge(sweep, played, judged)
    marks = {
        name: Marks.of((cell for row in rows for cell in row), max_degraded)
        for name, rows in zip(sweep.tasks, played, strict=True)
    }
    tables = _tables(found, tasks, asked.episodes, marks)
    for table in tables:
        out.print(table)
    lines = close_cells(found, Marks.over(marks))
    for line in lines:
        out.print(line, highlight=False)
    settings = {"n": asked.episodes, "seed": asked.seed, "epsilon": sweep.epsilon}
    plain = asdict(found)
    for cell in plain["cells"]:
        tally = marks[cell["task"]].tallies[cell["agent"], cell["partner"]]
        cell["tally"] = tally.as_plain(max_degraded)
    write_json(json_file, {**settings, **plain})
    if markdown_file is not None:
        written = "\n".join([*map(markdown, tables), *(f"- {line}" for line in lines)])
        markdown_file.write_text(written + "\n", encoding="utf-8")
        note(f"wrote {markdown_file}")
    end(marks)


def _tables(found: Strangers, tasks: Sequence[str], episodes: int, marks: Mapping[str, Marks]) -> list[Table]:
    """One a task, then that over all cells."""
    by_task = [
        strangers_table(make_task(name), [c for c in found.cells if c.task == name], episodes, marks[name])
        for name in tasks
    ]
    if not found.overall:
        return by_task
    cells = len({(c.task, c.partner) for c in found.cells}) - len(found.left_out)
    compared = Marks.over(
        {
            name: own.only(pair for pair in own.tallies if (name, pair[1]) not in found.left_out)
            for name, own in marks.items()
        }
    )
    return [*by_task, overall_table(found.overall, cells, compared)]
