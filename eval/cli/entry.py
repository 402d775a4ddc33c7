"""The command line, ``python -m eval``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from eval.cli import changing, equal_tokens, findings, play, replay, report, statistics, teams
from eval.cli import results as results_commands
from eval.cli.options import (
    DaskAddress,
    EnvName,
    EnvOption,
    Episodes,
    Epsilon,
    ForceNew,
    JsonFile,
    MemoFile,
    Rate,
    Results,
    RuntimeName,
    RuntimeOption,
    Seed,
    Temperature,
    TranscriptsDir,
    Workers,
    Yes,
    check_writable,
    choose_backend,
    err,
    note,
    out,
    progress_bar,
    split_names,
    write_json,
)
from eval.cli.sweeps import matrices_of, play_matrices, stored
from eval.show.tables import crossplay as tables
from eval.show.transcript import show_transcript
from eval.studies import paper
from eval.sweeps import crossplay
from eval.sweeps.executors import WorkerLostError
from eval.sweeps.session import PAPER_TEMPERATURE, LLMOptions, llm_session
from eval.tasks import make_task
from partners import model_in

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Pair adaptive theory-of-mind agents with partners and measure how they coordinate.",
)
_COLUMNS = 6
"""How many partners fit into the width of a table."""


@app.command("list")
def list_() -> None:
    """List tasks, agents and partners with their traits, and learners."""
    out.print(tables.task_list())
    out.print(tables.player_list())
    out.print(tables.learner_list())


@app.command("crossplay")
def crossplay_(
    task: Annotated[
        str, typer.Option(help="A task, such as memory-1 or matrix:game.json (see list), or several.")
    ],
    agents: Annotated[
        str, typer.Option(help="Players, separated by commas: one row each. 'all' are all that can play.")
    ] = "ftl,hedge,bayes",
    partners: Annotated[
        str, typer.Option(help="Players: one column each; 'self' is the agent's own kind, 'all' as above.")
    ] = "tom-0,tom-1,tom-2,self",
    episodes: Episodes = 30,
    seed: Seed = 42,
    runtime: RuntimeOption = RuntimeName.plain,
    epsilon: Epsilon = 0.0,
    env: EnvOption = EnvName.table,
    json_file: JsonFile = None,
    results: Results = None,
    force_new: ForceNew = False,
    workers: Workers = None,
    dask: DaskAddress = "",
    temperature: Temperature = PAPER_TEMPERATURE,
    transcripts: TranscriptsDir = None,
    memo: MemoFile = None,
    rate: Rate = None,
    yes: Yes = False,
) -> None:
    """Pair every agent with every partner and print the agents' mean scores."""
    check_writable(json_file)
    matrices = matrices_of(split_names(task), split_names(agents), split_names(partners), env.value)
    tables_of_rows = play_matrices(
        "crossplay",
        matrices,
        episodes,
        seed=seed,
        epsilon=epsilon,
        runtime=runtime.value,
        env=env.value,
        results=results,
        force_new=force_new,
        workers=workers,
        dask=dask,
        options=LLMOptions(temperature, transcripts, rate, memo, yes),
    ).tables
    matrices_as_json = []
    for (name, rows_of, columns_of), rows in zip(matrices, tables_of_rows, strict=True):
        for first in range(0, len(columns_of), _COLUMNS):
            block = slice(first, first + _COLUMNS)
            shown = [row[block] for row in rows]
            out.print(tables.cross_play_table(make_task(name), columns_of[block], shown))
        matrices_as_json.append(crossplay.as_json(name, rows_of, columns_of, seed, rows))
    several = {"matrices": matrices_as_json}
    write_json(json_file, matrices_as_json[0] if len(matrices) == 1 else several)


@app.command("paper")
def paper_(
    columns: Annotated[str, typer.Option(help="Columns of the paper's tables.")] = ",".join(paper.COLUMNS),
    episodes: Episodes = 30,
    seed: Seed = 42,
    runtime: RuntimeOption = RuntimeName.plain,
    epsilon: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Rate at which every player lapses to a random action.",
            show_default=f"{paper.EPSILON} on grids and in kitchens, 0 in matrix games",
        ),
    ] = None,
    env: EnvOption = EnvName.table,
    agent: Annotated[
        str | None, typer.Option(help="llm:MODEL: a language model plays every row instead.")
    ] = None,
    json_file: JsonFile = None,
    results: Results = None,
    force_new: ForceNew = False,
    workers: Workers = None,
    dask: DaskAddress = "",
    temperature: Temperature = PAPER_TEMPERATURE,
    transcripts: TranscriptsDir = None,
    memo: MemoFile = None,
    rate: Rate = None,
    yes: Yes = False,
) -> None:
    """Play the paper's Tables 1 and 2 with exact reasoners and print them beside the published numbers.

    The published numbers are of language models, ours of exact reasoners: no language model is called,
    unless --agent names one. The bayes rows are ours.
    """
    names, model = list(dict.fromkeys(split_names(columns))), _model(agent)
    check_writable(json_file)
    backend = choose_backend(workers, dask, models=model is not None)
    options = LLMOptions(temperature, transcripts, rate, memo, yes)
    units = paper.paper_units(
        names, episodes, seed=seed, runtime=runtime.value, epsilon=epsilon, env=env.value, model=model
    )
    asked = {
        "seed": seed,
        "epsilon": paper.lapse_rates(names, epsilon, model),
        "runtime": runtime.value,
        "env": env.value,
        "pairings": [(paper.asked_of(a, model), paper.asked_of(b, model)) for _, a, b in paper.pairings()],
    }
    with (
        stored(
            results,
            "paper",
            paper.matrices(names, model),
            episodes,
            asked,
            force_new=force_new,
            options=None if model is None else options,
        ) as run,
        llm_session(options, units, run, {"seed": seed, "epsilon": epsilon}, note) as models,
        progress_bar("paper", len(units), models) as progress,
    ):
        cells = paper.paper_cells(
            names,
            episodes,
            seed=seed,
            runtime=runtime.value,
            epsilon=epsilon,
            env=env.value,
            model=model,
            progress=progress,
            backend=backend,
            run=run,
            models=models,
        )
    for table in tables.paper_tables(cells):
        out.print(table)
    out.print(tables.excess_table(paper.excesses(cells)))
    ours = "exact reasoners, no language model" if model is None else escape(model)
    out.print(f"[dim]Ours: {ours}. Paper: LLaMA-3.3-70B, 30 repetitions.[/dim]")
    write_json(json_file, paper.as_json(cells, episodes=episodes, seed=seed, model=model))


def _model(agent: str | None) -> str | None:
    """The model in ``llm:MODEL``."""
    if agent is None:
        return None
    kind, _, model = agent.partition(":")
    if kind != "llm" or not model or model_in(agent) != (model, ""):
        raise ValueError(
            f"the paper's tables are played by exact reasoners or by one language model, --agent llm:MODEL, "
            f"for example llm:openai/gpt-4o-mini; got {agent!r}"
        )
    return model


@app.command("transcript")
def transcript_(
    file: Annotated[Path, typer.Argument(help="An episode's file below the directory of --transcripts.")],
    prompts: Annotated[bool, typer.Option(help="Print what was asked, too.")] = True,
) -> None:
    """Print an episode with a language model: prompts, answers, decisions."""
    show_transcript(file, out, prompts=prompts)


for commands in (results_commands, statistics, equal_tokens, findings, replay, report, teams, changing, play):
    commands.register(app)


def main() -> None:
    """Run the command line; expected errors are a line on stderr and exit status 2."""
    warnings.showwarning = lambda message, *_, **__: note(f"warning: {message}")
    try:
        app()
    except (ValueError, ModuleNotFoundError, OSError, WorkerLostError) as error:
        err.print(f"[red]error:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise SystemExit(2) from None
