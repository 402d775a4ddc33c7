"""The command that gives an agent without a belief as many tokens as an adaptive one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from eval.cli.groups import Without
from eval.cli.options import Asked, JsonFile, Models, Storing, split_names
from eval.cli.sweeps import end, execution
from eval.measure import compare
from eval.results import Run
from eval.show.console import note, out, write_json
from eval.show.tables import Marks, comparison_table, equal_tokens_table
from eval.studies import Priced, priced, votes_for
from eval.studies.equal_tokens import check_partners
from eval.sweeps import cross_plays
from eval.tasks import Task, make_task
from partners import LEARNER_MODES, split_model


def equal_tokens(
    model: Annotated[str, typer.Option(help="As LiteLLM names it, such as openai/gpt-4o-mini.")],
    task: Annotated[str, typer.Option(help="A task, see list.")] = "one-ahead-5",
    mode: Annotated[
        str, typer.Option(help=f"How the adaptive agent plays: {', '.join(LEARNER_MODES)}.")
    ] = "bayes",
    partners: Annotated[
        str, typer.Option(help="With whom; players that ask no model.")
    ] = "tom-0,tom-1,tom-2,switching",
    asked: Annotated[Asked, Without("runtime", "env")] = Asked(),
    json_file: JsonFile = None,
    storing: Annotated[Storing, Without("force_new", "scores_only", "dask")] = Storing(),
    models: Annotated[Models, Without("transcripts", "memo")] = Models(),
) -> None:
    """Compare an adaptive language model with one that spends as many tokens on votes instead.

    Plays the adaptive agent and the bare model first. Their tokens a decision say how many answers the
    bare model may give to each question; it then does what most of them say. No answer comes from a
    memo, so that every decision pays for its own. With --results what was played stays, whatever happens
    then.
    """
    columns = tuple(split_names(partners))
    check_partners(columns)
    adaptive, bare = f"llm:{model}@{mode}", f"llm:{model}"
    if mode not in LEARNER_MODES:
        raise ValueError(f"--mode is one of {', '.join(LEARNER_MODES)}, got {mode!r}")
    if split_model(model)[1]:
        raise ValueError(f"the model goes without a mode, which --mode says; got {model!r}")

    def played(agents: Sequence[str], file: Path, *, yes: bool) -> list[Priced]:
        settings = replace(models.settings, memo=False)
        sweep = asked.sweep("equal-tokens", [(task, tuple(agents), columns)], settings)
        there = replace(storing, results=file)
        left_out = models.no_transcripts or storing.results is None
        how_asked = replace(models, yes=yes, no_transcripts=left_out)
        with execution(sweep, there, how_asked, beside_others=True) as how:
            (rows,) = cross_plays(sweep, how)
        return priced(file, cast("Run", how.run).number, rows)

    with tempfile.TemporaryDirectory() as scratch:
        file = storing.results or Path(scratch) / "equal-tokens.sqlite"
        note("the votes that follow cost about as much again as the adaptive agent")
        first = played([adaptive, bare], file, yes=models.yes)
        votes = votes_for(*first)
        note(f"{votes} answers of the bare model cost as much as a decision of {adaptive}")
        rows = [*first, *played([f"{bare}@vote-{votes}"], file, yes=True)]
    asked_for = {"task": task, "model": model, "n": asked.episodes, "seed": asked.seed, "votes": votes}
    end({task: _show(rows, make_task(task), asked_for, json_file, models.max_degraded)})


def _show(
    rows: Sequence[Priced], made: Task, asked_for: dict[str, Any], json_file: Path | None, limit: float
) -> Marks:
    """Prints and writes what the rows come to."""
    marks = Marks.of((cell for row in rows for cell in row.cells), limit)
    episodes = asked_for["n"]
    out.print(equal_tokens_table(made, rows, episodes, marks))
    ours, *others = ({cell.partner: cell for cell in row.cells} for row in rows)
    comparisons = compare([(ours, other) for other in others])
    out.print(comparison_table(made, comparisons, episodes, marks))
    found = {
        "agents": list(map(_plain, rows)),
        "comparisons": [asdict(c) for c in comparisons],
        "tallies": marks.as_plain(),
    }
    write_json(json_file, asked_for | found)
    return marks


def _plain(row: Priced) -> dict[str, Any]:
    return {
        "agent": row.agent,
        "calls": row.calls,
        "tokens": row.tokens,
        "mean": {cell.partner: cell.mean for cell in row.cells},
        "se": {cell.partner: cell.se for cell in row.cells},
    }
