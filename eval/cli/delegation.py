"""The command on leads that delegate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

import eval.delegation as research
from eval.cli.options import BySchema, JsonFile, ModelOptions, Seed, model_options, split_names
from eval.cli.served import HELP, about, served
from eval.delegation.tables import ABOUT, cap_table, comparison_table, outcome_table
from eval.show.console import check_writable, out, progress_bar, write_json


def delegation(
    leads: Annotated[
        str,
        typer.Option(
            help="Who delegates, separated by commas: "
            + "; ".join(f"{name}, {said}" for name, said in ABOUT.items())
            + "."
        ),
    ] = ",".join(research.LEADS),
    workers: Annotated[int, typer.Option(min=1, help="Workers of a team.")] = 4,
    questions: Annotated[int, typer.Option(min=1, help="Questions of a run, one after another.")] = 10,
    rounds: Annotated[
        int, typer.Option(min=1, help="Rounds of a question, which has workers times rounds sections.")
    ] = 2,
    runs: Annotated[int, typer.Option(min=1, help="Runs, each with a team of its own.")] = 100,
    seed: Seed = 0,
    faults: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="How often a worker raises, times out or answers nonsense."),
    ] = 0.0,
    cap: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Tokens of a question, never exceeded: where they may not do, fewer workers are sent.",
            show_default=f"{research.CAP}; {research.MODEL_CAP} with --model",
        ),
    ] = None,
    calls: Annotated[int | None, typer.Option(min=1, help="Calls of a question, never exceeded.")] = None,
    model: Annotated[
        str, typer.Option(help=f"Let a language model research in place of workers of orders 0 to 2: {HELP}.")
    ] = "",
    model_option: ModelOptions = None,
    by_schema: BySchema = None,
    json_file: JsonFile = None,
) -> None:
    """Let leads split questions over workers of different depth: duplicate work, coverage, tokens, a cap.

    A worker of order 0 takes its brief literally, one of order 1 infers what its siblings do and makes room,
    one of order 2 second-guesses the lead; who is of which order is drawn for every run. A brief names a
    section, and may say what the others do, and that all were told so: each takes away a step of depth, and
    costs tokens. Outputs go to a store, and keys come back.

    Tokens of workers that are functions are characters divided by four, of briefs, outputs and keys. With
    --model, a server's own counts stand in place of the briefs' tokens.
    """
    check_writable(json_file)
    names = tuple(dict.fromkeys(split_names(leads)))
    tokens = cap or (research.MODEL_CAP if model else research.CAP)
    limit = research.Cap(tokens, calls)
    setting = research.Setting(names, workers, questions, rounds, runs, seed, faults, limit)
    found, asked = _played(setting, model, model_options(model_option or ()), by_schema=by_schema)
    who = f"that ask {asked['name']}" if asked else "of orders 0, 1 and 2"
    out.print(outcome_table(found, setting, who))
    for table in (comparison_table(found), cap_table(found, setting)):
        if table.row_count:
            out.print(table)
    write_json(json_file, {**asdict(setting), "model": asked, "found": list(map(asdict, found))})


def _played(
    setting: research.Setting, model: str, options: Mapping[str, Any], *, by_schema: bool | None
) -> tuple[list[research.Delegated], dict[str, Any] | None]:
    """What the leads came to, and what there is to say of the model."""
    research.make_question(setting.seed, 0, 0, setting.workers * setting.rounds)
    with (
        served([model] if model else []) as reached,
        progress_bar("delegation", len(setting.leads) * setting.runs) as progress,
    ):
        if not model:
            return research.delegated(research.play(setting, None, progress)), None
        ((name, reach),) = reached.items()
        structured = True if reach and by_schema is None else by_schema
        worker = research.ModelWorker(name, {**reach, **options}, structured=structured)
        return research.delegated(research.play(setting, worker, progress)), about(model, name)
