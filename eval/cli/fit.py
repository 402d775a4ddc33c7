"""The command that finds out how a language model should be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from eval.cli.groups import Without
from eval.cli.options import DEGRADED_STATUS, JsonFile, Models, split_names
from eval.cli.served import HELP, about, fitting, served
from eval.show.console import Table, note, out, progress_bar, write_json
from eval.studies.fit import TASKS, WAYS, Fit, fit, known_situations
from eval.sweeps import check_names_and_keys, check_reachable, model_backend
from eval.tasks import make_task


def fit_(
    model: Annotated[str, typer.Argument(help=f"One model: {HELP}.")],
    task: Annotated[
        str, typer.Option(help="Normal-form games of two players, separated by commas.")
    ] = ",".join(TASKS),
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the processor for a model served here.")
    ] = None,
    asking: Annotated[Models, Without("transcripts", "no_transcripts", "memo", "max_degraded")] = Models(),
    json_file: JsonFile = None,
) -> None:
    """Find out whether a language model can use a prediction, and in which words.

    Asks it in situations whose best response is known: told nothing, told what the partner does, told which
    action is best. Says which ``tell`` and ``gate`` fit it. Some fifty short questions. Exit status 3 says
    that too many of them had no usable answer.
    """
    known = list(known_situations(split_names(task)))
    with served([model], threads) as endpoints:
        ((name, options),) = endpoints.items()
        settings = replace(fitting(asking.settings, options), memo=False)
        backend = model_backend(settings, replace(asking.asking, endpoints=endpoints))
        check_names_and_keys({name: backend.options_of(name)})
        questions = len(known) * len(WAYS)
        if not (options or asking.yes):
            typer.confirm(f"Ask {name} {questions} short questions?", abort=True)
        check_reachable(name, backend, make_task(known[0].task), note)
        with progress_bar(name, questions) as progress:
            found = fit(name, backend, known, progress=progress)
        described = about(model, name)
    out.print(_table(name, found))
    out.print(f"{name}: {found.reason}.", highlight=False)
    unanswered = any(one.is_unanswered for one in found.answers)
    if not unanswered:
        out.print(_advice(name, found), highlight=False)
    write_json(json_file, {**described, "temperature": asking.temperature, **found.as_plain()})
    if unanswered:
        raise typer.Exit(DEGRADED_STATUS)


def _table(name: str, found: Fit) -> Table:
    table = Table(title=f"{name}: best responses; a coin has {found.chance:.0%}")
    table.add_column("the model is")
    for heading in ("right [95 %]", "no usable answer", "its favourite option", "tokens"):
        table.add_column(heading, justify="right")
    for one in found.answers:
        share = one.share
        table.add_row(
            one.way,
            f"{one.best} of {one.asked} [{share.low:.0%}, {share.high:.0%}]",
            f"{one.none}",
            f"no. {one.place}, {one.favourite:.0%}" if one.place else "",
            f"{one.tokens:.0f}",
        )
    return table


def _advice(name: str, found: Fit) -> str:
    """What to write, in Python and on the command line."""
    tell = found.tell or "text"
    mode = {"text": "prompt", "recommendation": "recommend"}.get(tell, "prompt")
    how = "and-gate" if found.gate == "override" else "only"
    gate = f', gate="{found.gate}"' if found.gate != "off" else ""
    advice = (
        f'AdaptiveAgent(me, reasoner, agent=LLMActor(me, "{name}", tell="{tell}"){gate})\n'
        f"in evaluations llm:{name}@{mode}-{how}"
    )
    if found.gate == "override":
        advice += (
            "\nThe gate needs payoffs: an exact reasoner, or payoffs=. Where they are unknown, words are all."
        )
    if found.tell is None:
        advice += "\nWith the gate this model adds nothing to the belief alone; a larger one may."
    return advice
