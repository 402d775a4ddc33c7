"""The command that gives an agent without a belief as many tokens as an adaptive one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table

from eval.cli.options import (
    Episodes,
    Epsilon,
    JsonFile,
    Rate,
    Results,
    Seed,
    Temperature,
    Workers,
    Yes,
    check_writable,
    note,
    out,
    split_names,
    write_json,
)
from eval.cli.sweeps import play_matrices
from eval.measure.summary import compare
from eval.show.tables.crossplay import score
from eval.show.tables.statistics import comparison_table
from eval.studies.equal_tokens import Priced, check_partners, priced, votes_for
from eval.sweeps.session import PAPER_TEMPERATURE, LLMOptions
from eval.tasks import Task, make_task
from partners.llm import LEARNER_MODES, split_model


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("equal-tokens")(equal_tokens_)


def equal_tokens_(
    model: Annotated[str, typer.Option(help="As LiteLLM names it, such as openai/gpt-4o-mini.")],
    task: Annotated[str, typer.Option(help="A task, see list.")] = "one-ahead-5",
    mode: Annotated[
        str, typer.Option(help=f"How the adaptive agent plays: {', '.join(LEARNER_MODES)}.")
    ] = "bayes",
    partners: Annotated[
        str, typer.Option(help="With whom; players that ask no model.")
    ] = "tom-0,tom-1,tom-2,switching",
    episodes: Episodes = 30,
    seed: Seed = 42,
    epsilon: Epsilon = 0.0,
    json_file: JsonFile = None,
    results: Results = None,
    workers: Workers = None,
    temperature: Temperature = PAPER_TEMPERATURE,
    rate: Rate = None,
    yes: Yes = False,
) -> None:
    """Compare an adaptive language model with one that spends as many tokens on votes instead.

    Plays the adaptive agent and the bare model first. Their tokens a decision say how many answers the
    bare model may give to each question; it then does what most of them say. No answer comes from a
    memo, so that every decision pays for its own. With --results what was played stays, whatever happens
    then.
    """
    check_writable(json_file)
    columns = tuple(split_names(partners))
    check_partners(columns)
    adaptive, bare = f"llm:{model}@{mode}", f"llm:{model}"
    if mode not in LEARNER_MODES:
        raise ValueError(f"--mode is one of {', '.join(LEARNER_MODES)}, got {mode!r}")
    if split_model(model)[1]:
        raise ValueError(f"the model goes without a mode, which --mode says; got {model!r}")

    def played(agents: Sequence[str], file: Path, *, yes: bool) -> list[Priced]:
        (rows,), run = play_matrices(
            "equal-tokens",
            [(task, tuple(agents), columns)],
            episodes,
            seed=seed,
            epsilon=epsilon,
            results=file,
            beside_others=True,
            workers=workers,
            options=LLMOptions(temperature, rate=rate, memo="none", yes=yes),
        )
        return priced(file, cast("int", run), rows)

    with tempfile.TemporaryDirectory() as scratch:
        file = results or Path(scratch) / "equal-tokens.sqlite"
        note("the votes that follow cost about as much again as the adaptive agent")
        first = played([adaptive, bare], file, yes=yes)
        votes = votes_for(*first)
        note(f"{votes} answers of the bare model cost as much as a decision of {adaptive}")
        rows = [*first, *played([f"{bare}@vote-{votes}"], file, yes=True)]
    asked = make_task(task)
    out.print(_table(asked, rows, episodes))
    ours, *others = ({cell.partner: cell for cell in row.cells} for row in rows)
    comparisons = compare([(ours, other) for other in others])
    out.print(comparison_table(asked, comparisons, episodes))
    write_json(
        json_file,
        {
            "task": task,
            "model": model,
            "n": episodes,
            "seed": seed,
            "votes": votes,
            "agents": [
                {
                    "agent": row.agent,
                    "calls": row.calls,
                    "tokens": row.tokens,
                    "mean": {cell.partner: cell.mean for cell in row.cells},
                    "se": {cell.partner: cell.se for cell in row.cells},
                }
                for row in rows
            ],
            "comparisons": [asdict(comparison) for comparison in comparisons],
        },
    )


def _table(task: Task, rows: Sequence[Priced], episodes: int) -> Table:
    arrow = "↑" if task.better == "higher" else "↓"
    table = Table(title=f"{task.name}: {task.unit} {arrow}, mean ± standard error of {episodes} episodes")
    table.add_column("agent")
    for heading in (*(cell.partner for cell in rows[0].cells), "mean", "calls", "tokens a decision"):
        table.add_column(heading, justify="right")
    for row in rows:
        scores = (score(cell.mean, cell.se) for cell in row.cells)
        table.add_row(row.agent, *scores, f"{row.mean:.2f}", f"{row.calls:.2f}", f"{row.tokens:,.0f}")
    return table
