"""The command line, ``python -m eval``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eval import commands, crossplay, paper, tables
from eval.llm import LLMOptions, LLMRun, llm_session, show_transcript, spend
from eval.llm.session import PAPER_TEMPERATURE
from eval.tasks import make_task

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Pair adaptive theory-of-mind agents with partners and measure how they coordinate.",
)
# Piped output has no terminal to fit into, and a table broken at 80 columns is hard to read.
_out = Console() if sys.stdout.isatty() else Console(width=120)
_err = Console(stderr=True)


class EnvName(StrEnum):
    """What takes the steps of a kitchen."""

    table = "table"
    real = "real"


class RuntimeName(StrEnum):
    """Where episodes are played."""

    plain = "plain"
    langgraph = "langgraph"


Episodes = Annotated[int, typer.Option(min=1, help="Episodes a cell.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]
RuntimeOption = Annotated[
    RuntimeName,
    typer.Option(help="plain: directly. langgraph: the same episodes inside a compiled graph, slower."),
]
EnvOption = Annotated[
    EnvName,
    typer.Option(help="real: every step of a kitchen in overcooked-ai itself (extra overcooked)."),
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", dir_okay=False, help="Also write the numbers to this file.")
]


Temperature = Annotated[float, typer.Option(min=0.0, help="Temperature of language models (paper: 0.1).")]
TranscriptsDir = Annotated[
    Path | None,
    typer.Option(
        "--transcripts",
        file_okay=False,
        help="Keep prompts and answers of language models here; episodes found there are not played again.",
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Episodes with language models at once.")]
MemoFile = Annotated[
    Path | None,
    typer.Option("--memo", dir_okay=False, help="SQLite file of language models' answers, for later runs."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Ask language models without asking first.")]


@contextmanager
def _progress(title: str, total: int, run: LLMRun | None = None) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task(title, total=total)
        if run is not None:
            run.on_episode = lambda run: bar.update(task, description=f"{title}: {spend(run.spent)}")
        yield lambda: bar.advance(task)


def _say(text: str) -> None:
    _err.print(escape(text), highlight=False, soft_wrap=True)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError(f"expected names separated by commas, got {text!r}")
    return names


def _check_writable(file: Path | None) -> None:
    """Before any work is done that a wrong path would lose."""
    if file is not None and not file.parent.is_dir():
        raise ValueError(f"cannot write {str(file)!r}: there is no directory {str(file.parent)!r}")


def _write(file: Path | None, content: dict[str, Any]) -> None:
    if file is not None:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        _err.print(f"wrote {escape(str(file))}")


@app.command("list")
def list_() -> None:
    """List tasks, agents and partners with their traits."""
    _out.print(tables.task_list())
    _out.print(tables.player_list())


@app.command("crossplay")
def crossplay_(
    task: Annotated[str, typer.Option(help="A task, such as memory-1 or matrix:game.json (see list).")],
    agents: Annotated[
        str, typer.Option(help="Players, separated by commas: one row each.")
    ] = "ftl,hedge,bayes",
    partners: Annotated[
        str, typer.Option(help="Players: one column each; 'self' is the agent's own kind.")
    ] = "tom-0,tom-1,tom-2,self",
    episodes: Episodes = 30,
    seed: Seed = 42,
    runtime: RuntimeOption = RuntimeName.plain,
    epsilon: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Rate at which every player lapses to a random action.")
    ] = 0.0,
    env: EnvOption = EnvName.table,
    temperature: Temperature = PAPER_TEMPERATURE,
    transcripts: TranscriptsDir = None,
    workers: Workers = 4,
    memo: MemoFile = None,
    yes: Yes = False,
    json_file: JsonFile = None,
) -> None:
    """Pair every agent with every partner and print the agents' mean scores."""
    rows_of, columns_of = _names(agents), _names(partners)
    _check_writable(json_file)
    settings = {"task": task, "seed": seed, "epsilon": epsilon}
    options = LLMOptions(temperature, transcripts, workers, memo, yes)
    pairings = [(make_task(task), row, column) for row in rows_of for column in columns_of]
    with (
        llm_session(options, pairings, episodes, settings, _say) as run,
        _progress(task, len(pairings) * episodes, run) as progress,
    ):
        rows = crossplay.cross_play(
            task,
            rows_of,
            columns_of,
            episodes,
            seed=seed,
            runtime=runtime.value,
            epsilon=epsilon,
            env=env.value,
            progress=progress,
        )
    _out.print(tables.cross_play_table(make_task(task), columns_of, rows))
    _write(json_file, crossplay.as_json(task, rows_of, columns_of, seed, rows))


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
    temperature: Temperature = PAPER_TEMPERATURE,
    transcripts: TranscriptsDir = None,
    workers: Workers = 4,
    memo: MemoFile = None,
    yes: Yes = False,
    json_file: JsonFile = None,
) -> None:
    """Play the paper's Tables 1 and 2 with exact reasoners and print them beside the published numbers.

    The published numbers are of language models, ours of exact reasoners: no language model is called,
    unless --agent names one. The bayes rows are ours.
    """
    names, model = _names(columns), _model(agent)
    paper.check_columns(names)
    _check_writable(json_file)
    options = LLMOptions(temperature, transcripts, workers, memo, yes)
    pairings = [
        (make_task(column), paper.asked_of(own, model), paper.asked_of(partner, model))
        for column in names
        for _, own, partner in paper.pairings()
    ]
    with (
        llm_session(options, pairings, episodes, {"seed": seed, "epsilon": epsilon}, _say) as run,
        _progress("paper", len(pairings) * episodes, run) as progress,
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
        )
    for table in tables.paper_tables(cells):
        _out.print(table)
    _out.print(tables.excess_table(paper.excesses(cells)))
    ours = "exact reasoners, no language model" if model is None else escape(model)
    _out.print(f"[dim]Ours: {ours}. Paper: LLaMA-3.3-70B, 30 repetitions.[/dim]")
    _write(json_file, paper.as_json(cells, episodes=episodes, seed=seed, model=model))


def _model(agent: str | None) -> str | None:
    """The model in ``llm:MODEL``."""
    if agent is None:
        return None
    kind, _, model = agent.partition(":")
    if kind != "llm" or not model or "@tom" in model or model.endswith(("@ftl", "@hedge", "@bayes")):
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
    show_transcript(file, _out, prompts=prompts)


app.command("train-partner")(commands.train_partner)
app.command("findings")(commands.findings)


def main() -> None:
    """Run the command line; expected errors are a line on stderr and exit status 2."""
    try:
        app()
    except (ValueError, ModuleNotFoundError, OSError) as error:
        _err.print(f"[red]error:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise SystemExit(2) from None
