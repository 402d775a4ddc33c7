"""The command that plays the paper's tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from eval.cli.groups import Without
from eval.cli.options import Asked, EnvName, EnvOption, EpsilonOfTask, JsonFile, Models, Storing, split_names
from eval.cli.sweeps import end, execution, with_transcripts
from eval.show.console import as_data, out, write_json
from eval.show.tables import excess_table, paper_marks, paper_tables
from eval.studies import excesses, paper_cells, paper_sweep
from eval.studies.paper import COLUMNS, as_json
from partners import model_in


def paper(
    columns: Annotated[str, typer.Option(help="Columns of the paper's tables.")] = ",".join(COLUMNS),
    asked: Annotated[Asked, Without("epsilon", "env")] = Asked(),
    epsilon: EpsilonOfTask = None,
    env: EnvOption = EnvName.table,
    agent: Annotated[
        str | None, typer.Option(help="llm:MODEL: a language model plays every row instead.")
    ] = None,
    json_file: JsonFile = None,
    storing: Storing = Storing(),
    models: Models = Models(),
) -> None:
    """Play the paper's Tables 1 and 2 with exact reasoners and print them beside the published numbers.

    The published numbers are of language models, ours of exact reasoners: no language model is called,
    unless --agent names one. The bayes rows are ours. Exit status 3 says that a score is marked, see
    --max-degraded.
    """
    model = _model(agent)
    sweep = replace(
        paper_sweep(
            split_names(columns),
            asked.episodes,
            seed=asked.seed,
            runtime=asked.runtime.value,
            epsilon=epsilon,
            env=env.value,
            model=model,
        ),
        models=models.settings,
    )
    with execution(sweep, storing, models, told={"seed": asked.seed, "epsilon": epsilon}) as how:
        cells = paper_cells(sweep, how)
    limit = models.max_degraded
    marks = paper_marks(cells, limit)
    for table in paper_tables(cells, max_degraded=limit):
        out.print(table)
    out.print(excess_table(excesses(cells), marks))
    ours = model or "exact reasoners, no language model"
    out.print(as_data(f"Ours: {ours}. Paper: LLaMA-3.3-70B, 30 repetitions.", "dim"))
    numbers = as_json(cells, episodes=asked.episodes, seed=asked.seed, model=model, max_degraded=limit)
    write_json(json_file, with_transcripts(numbers, how))
    end({"paper": marks})


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
