"""The options that commands share, alone and as objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from atom.llm import Model
from atom.models.secrets import is_secret
from eval.show.console import check_folder, check_writable
from eval.studies.paper import EPSILON
from eval.sweeps import (
    MAX_DEGRADED,
    PAPER_TEMPERATURE,
    Asking,
    Backend,
    Matrix,
    ModelSettings,
    Sweep,
    dask,
    in_process,
    processes,
    threads,
)

DEGRADED_STATUS = 3
"""Exit status of a command that played, and whose scores are marked; see ``MaxDegraded``."""
_MODEL_WORKERS = 4
"""Episodes with language models at once, unless told otherwise."""


def writable(file: Path | None) -> Path | None:
    """Callback of options that name a file to write: it is checked before anything is played."""
    check_writable(file)
    return file


def writable_folder(folder: Path | None) -> Path | None:
    """The same for folders."""
    check_folder(folder)
    return folder


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
Epsilon = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Rate at which every player lapses to a random action.")
]
RuntimeOption = Annotated[
    RuntimeName,
    typer.Option(help="plain: directly. langgraph: the same episodes inside a compiled graph, slower."),
]
EnvOption = Annotated[
    EnvName,
    typer.Option(help="real: every step of a kitchen in overcooked-ai itself (extra overcooked)."),
]
MarkdownFile = Annotated[
    Path | None,
    typer.Option("--markdown", dir_okay=False, callback=writable, help="Write the tables to this file."),
]

EpsilonOfTask = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        help="Rate at which every player lapses to a random action.",
        show_default=f"{EPSILON} on grids and in kitchens, 0 in normal-form games",
    ),
]

JsonFile = Annotated[
    Path | None,
    typer.Option("--json", dir_okay=False, callback=writable, help="Also write the numbers to this file."),
]
Results = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        callback=writable,
        help="Store every episode in this file; the same command continues it.",
    ),
]
ForceNew = Annotated[
    bool, typer.Option("--force-new", help="Begin a new run in the results file, whatever it holds.")
]
Extend = Annotated[
    bool,
    typer.Option(
        "--extend",
        help="Let the run in the results file grow, by tasks, agents, partners or episodes.",
    ),
]
ScoresOnly = Annotated[
    bool,
    typer.Option(
        "--scores-only",
        help="Store scores and no steps, so without beliefs and replays; many episodes are played at once.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Play in so many processes; with language models, so many episodes at once.",
        show_default="1; with language models 4",
    ),
]
DaskAddress = Annotated[str, typer.Option(help="Play on the Dask cluster of this scheduler.")]
Temperature = Annotated[float, typer.Option(min=0.0, help="Temperature of language models (paper: 0.1).")]
TranscriptsDir = Annotated[
    Path | None,
    typer.Option(
        "--transcripts",
        file_okay=False,
        callback=writable_folder,
        help="Keep prompts and answers of language models here as files; --results keeps them in its file. "
        "Without --results, episodes found here are not played again.",
    ),
]
LeaveOutTranscripts = Annotated[
    bool,
    typer.Option(
        "--no-transcripts", help="Do not store prompts and answers of language models in the results file."
    ),
]
MemoFile = Annotated[
    Path | None,
    typer.Option(
        "--memo",
        dir_okay=False,
        callback=writable,
        help="SQLite file of language models' answers, for later runs.",
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--requests-per-minute",
        min=0.1,
        help="How many requests to language models in a minute, all together.",
        show_default="no limit",
    ),
]
ModelOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--model-option",
        metavar="KEY=VALUE",
        help="An option of language models, such as max_tokens=4096 or reasoning_effort=low; repeatable. "
        "Values are read as JSON where they are JSON. Keys of APIs come from the environment.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Ask language models without asking first.")]
MaxDegraded = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=1.0,
        help="Share of degraded decisions above which a score is marked and the command ends with exit "
        f"status {DEGRADED_STATUS}.",
    ),
]
BySchema = Annotated[
    bool | None,
    typer.Option(
        "--by-schema/--in-words",
        help="Ask for answers by JSON schema, as LiteLLM cannot know that llama.cpp and vLLM follow one; or "
        "for a label in words, which is shorter.",
        show_default="what LiteLLM knows of the model; by schema of models served here",
    ),
]
ResultsFile = Annotated[Path, typer.Argument(dir_okay=False, help="A file that --results wrote.")]
RunNumber = Annotated[int | None, typer.Option("--run", help="Number of the run; the latest where left out.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is played: how often, and what else all episodes depend on."""

    episodes: Episodes = 30
    seed: Seed = 42
    runtime: RuntimeOption = RuntimeName.plain
    epsilon: Epsilon = 0.0
    env: EnvOption = EnvName.table

    def sweep(self, kind: str, matrices: Sequence[Matrix], models: ModelSettings | None = None) -> Sweep:
        """The sweep that a command asks for."""
        return Sweep(
            tuple(matrices),
            self.episodes,
            self.seed,
            self.epsilon,
            self.runtime.value,
            self.env.value,
            models=models or ModelSettings(),
            kind=kind,
        )


@dataclass(frozen=True, slots=True)
class Storing:
    """Where episodes are kept, and where they are played."""

    results: Results = None
    force_new: ForceNew = False
    extend: Extend = False
    scores_only: ScoresOnly = False
    workers: Workers = None
    dask: DaskAddress = ""

    def backend(self, *, models: bool = False) -> Backend:
        """The backend of ``--workers`` and ``--dask``.

        Args:
            models: whether language models play: their episodes mostly wait, so they share this process.

        Raises:
            ValueError: both are given, or a cluster for language models.
            ConnectionError: no scheduler answers.
        """
        if models:
            if self.dask:
                raise ValueError(
                    "episodes with language models are played in this process, --workers of them at once, so "
                    "that they share one rate limit and one memo; leave --dask out"
                )
            return threads(self.workers or _MODEL_WORKERS)
        workers = self.workers or 1
        if self.dask:
            if workers > 1:
                raise ValueError("--dask and --workers exclude each other: a cluster has its own workers")
            return dask(self.dask)
        return processes(workers) if workers > 1 else in_process()


@dataclass(frozen=True, slots=True)
class Models:
    """How language models are asked, where any play."""

    temperature: Temperature = PAPER_TEMPERATURE
    transcripts: TranscriptsDir = None
    no_transcripts: LeaveOutTranscripts = False
    memo: MemoFile = None
    rate: Rate = None
    option: ModelOptions = None
    yes: Yes = False
    max_degraded: MaxDegraded = MAX_DEGRADED
    by_schema: BySchema = None

    @property
    def settings(self) -> ModelSettings:
        """As far as episodes depend on it.

        Raises:
            ValueError: options that cannot be read, hold a secret, or clash.
        """
        return ModelSettings(
            self.temperature, options=model_options(self.option or ()), structured=self.by_schema
        )

    @property
    def asking(self) -> Asking:
        """As far as they do not."""
        return Asking(self.transcripts, self.memo, self.rate, self.yes)


def model_options(entries: Sequence[str]) -> Mapping[str, Any]:
    """The options of language models that ``--model-option KEY=VALUE`` name.

    Args:
        entries: KEY=VALUE each; a value that is JSON is read as that, any other as text.

    Raises:
        ValueError: no such form, a key twice, a secret, which would be stored with the results, or options
            that clash.
    """
    options: dict[str, Any] = {}
    for entry in entries:
        key, sign, text = entry.partition("=")
        key = key.strip()
        if not sign or not key.isidentifier():
            shown = f"; got one for {key}" if key.isidentifier() else ""
            raise ValueError(f"--model-option is KEY=VALUE, such as max_tokens=4096{shown}")
        if key in options:
            raise ValueError(f"--model-option {key} is given twice; give it once")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = text
        if is_secret(key, value):
            raise ValueError(
                f"--model-option {key} holds a secret, or what may be one, and options are stored "
                "with results; set an environment variable, such as OPENAI_API_KEY (docs/language-models.md)"
            )
        options[key] = value
    Model("the model", options=options)  # says what clashes, before anybody is asked to pay
    return options


def split_names(text: str) -> list[str]:
    """Names separated by commas.

    Raises:
        ValueError: there is none, or a path with a comma.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError(f"expected names separated by commas, got {text!r}")
    _refuse_commas_in_paths(text.split(","))
    return names


def _refuse_commas_in_paths(parts: Sequence[str]) -> None:
    """Says so where a part is no file, and a file is what it and the next ones are together."""
    for first, part in enumerate(parts):
        path = part.rpartition(":")[2].strip()
        if ":" not in part or Path(path).exists():
            continue
        for last in range(first + 2, len(parts) + 1):
            whole = ",".join([path, *parts[first + 1 : last]]).rstrip()
            if Path(whole).is_file():
                raise ValueError(
                    f"the path {whole!r} has a comma, which separates names here; rename the file, or give "
                    "it a link without one"
                )
