"""Commands that say what episodes come to: statistics of a file, comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.cli.groups import Without
from eval.cli.options import (
    Asked,
    JsonFile,
    MaxDegraded,
    Models,
    ResultsFile,
    RunNumber,
    Storing,
    split_names,
)
from eval.cli.sweeps import end, execution, matrices_of, with_transcripts
from eval.measure import (
    REGRET_NOTE,
    Rows,
    belief_summaries,
    comparable,
    compare,
    self_and_cross,
    summarise,
)
from eval.results import stored_cells, stored_run, stored_tasks, transcript_command
from eval.show.console import as_data, note, out, working, write_json
from eval.show.tables import Marks, belief_table, comparison_table, summary_table
from eval.sweeps import MAX_DEGRADED, cross_plays
from eval.tasks import Task, make_task

_PARTNERS = "tom-0,tom-1,tom-2,self"


@dataclass(frozen=True, slots=True)
class _Names:
    """What is compared; empty stands for all of a file."""

    task: list[str]
    agents: list[str]
    against: list[str]
    partners: list[str]


def statistics(
    file: ResultsFile,
    run: RunNumber = None,
    json_file: JsonFile = None,
    max_degraded: MaxDegraded = MAX_DEGRADED,
) -> None:
    """Summarise a results file: means with intervals, worst partners, self-play, beliefs, regret."""
    with working("reading episodes"):
        matrices, tasks = stored_cells(file, run), stored_tasks(file, run)
    if stored_run(file, run).finished is None:
        note(f"{file}: the run is not finished; these are the episodes so far")
    found: dict[str, Any] = {"tasks": {}, "note": REGRET_NOTE}
    marks: dict[str, Marks] = {}
    for name, rows in matrices.items():
        task = tasks[name]
        summaries = summarise(task, rows)
        marks[name] = Marks.of((cell for row in rows for cell in row), max_degraded)
        out.print(summary_table(task, summaries, marks[name]))
        both = self_and_cross(rows)
        if both is not None:
            out.print(f"self-play {both.own}, cross-play {both.cross}, gap {both.gap}", highlight=False)
        found["tasks"][name] = {
            "agents": [
                {
                    **asdict(summary),
                    "tallies": {cell.partner: cell.tally.as_plain(max_degraded) for cell in row},
                }
                for summary, row in zip(summaries, rows, strict=True)
            ],
            "self_and_cross": None if both is None else asdict(both),
        }
    with working("reading beliefs"):
        beliefs = list(belief_summaries(file, run))
    if beliefs:
        out.print(belief_table(beliefs, marks))
        out.print(as_data(REGRET_NOTE, "dim"))
    found["beliefs"] = [asdict(summary) for summary in beliefs]
    if command := transcript_command(file, run):
        note(f"what was asked and answered: {command}")
        found["transcripts"] = command
    write_json(json_file, found)
    end(marks)


def compare_(
    file: Annotated[
        Path | None,
        typer.Argument(dir_okay=False, help="A file that --results wrote; nothing is played then."),
    ] = None,
    task: Annotated[str, typer.Option(help="A task, see list.", show_default="those of the file")] = "",
    agents: Annotated[
        str, typer.Option(help="Players, separated by commas.", show_default="all of the file")
    ] = "",
    against: Annotated[
        str,
        typer.Option(
            help="Players that each of the agents is compared with.", show_default="all of the file"
        ),
    ] = "",
    partners: Annotated[
        str, typer.Option(help="With whom.", show_default=f"{_PARTNERS}; of a file, all that both met")
    ] = "",
    run: RunNumber = None,
    asked: Annotated[Asked, Without("runtime", "env")] = Asked(episodes=200),
    json_file: JsonFile = None,
    storing: Storing = Storing(),
    models: Annotated[Models, Without("transcripts")] = Models(),
) -> None:
    """Paired differences between agents on the same seeds, with 95 % intervals and Holm's correction.

    With a FILE, of the episodes that are stored in it; without, of episodes that are played.
    """
    names = _Names(*(split_names(text) if text else [] for text in (task, agents, against, partners)))
    if file is not None:
        if storing != Storing():
            raise ValueError("where a FILE is named nothing is played; leave --results and the like out")
        _compare_stored(file, run, names, json_file, models.max_degraded)
        return
    if missing := [f"--{name}" for name in ("task", "agents", "against") if not getattr(names, name)]:
        raise ValueError(f"name {', '.join(missing)}, or a FILE of episodes that are stored")
    columns = names.partners or split_names(_PARTNERS)
    matrices = matrices_of(names.task, [*names.agents, *names.against], columns)
    sweep = asked.sweep("compare", matrices, models.settings)
    with execution(sweep, storing, models) as how:
        played = dict(zip(sweep.tasks, cross_plays(sweep, how), strict=True))
    tasks = {name: make_task(name) for name in sweep.tasks}
    content, marks = _shown(tasks, played, names, asked.seed, models.max_degraded)
    write_json(json_file, with_transcripts(content, how))
    end(marks)


def _compare_stored(
    file: Path, run: int | None, names: _Names, json_file: Path | None, max_degraded: float
) -> None:
    """The comparisons of episodes that are stored."""
    matrices, tasks, stored = stored_cells(file, run), stored_tasks(file, run), stored_run(file, run)
    if unknown := [name for name in names.task if name not in matrices]:
        raise ValueError(
            f"{str(file)!r} has no episode on {', '.join(unknown)}; it has {', '.join(matrices)}"
        )
    if stored.finished is None:
        note(f"{file}: the run is not finished; these are the episodes so far")
    wanted = {name: matrices[name] for name in names.task or matrices}
    content, marks = _shown(tasks, wanted, names, stored.configuration.get("seed"), max_degraded)
    write_json(json_file, content)
    end(marks)


def _shown(
    tasks: Mapping[str, Task],
    matrices: Mapping[str, Rows],
    names: _Names,
    seed: int | None,
    max_degraded: float,
) -> tuple[dict[str, Any], dict[str, Marks]]:
    """Prints the comparisons of every task; what they are as plain data, and the marks of their scores."""
    marks, contents = dict[str, Marks](), list[dict[str, Any]]()
    for name, rows in matrices.items():
        found = compare(comparable(rows, names.agents, names.against, names.partners))
        marks[name] = Marks.of((cell for row in rows for cell in row), max_degraded)
        episodes = max(cell.n for row in rows for cell in row)
        out.print(comparison_table(tasks[name], found, episodes, marks[name]))
        head = {"task": name, "n": episodes, "seed": seed}
        comparisons = [asdict(comparison) for comparison in found]
        contents.append({**head, "comparisons": comparisons, "tallies": marks[name].as_plain()})
    return contents[0] if len(contents) == 1 else {"tasks": contents}, marks
