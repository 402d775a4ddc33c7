"""The command that shows what language models were asked and answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.cli.options import RunNumber
from eval.results.transcript_choice import Wanted, is_single, kept_transcripts, the_only, those_wanted
from eval.show.console import note, out
from eval.show.transcript import chosen_entries, show_transcript, transcript_table

Source = Annotated[
    Path,
    typer.Argument(
        metavar="RESULTS",
        help="A file that --results wrote; or a directory of --transcripts, or a file in it.",
    ),
]
OfTask = Annotated[str | None, typer.Option("--task", help="Episodes of this task only.")]
OfAgent = Annotated[str | None, typer.Option("--agent", help="Episodes of this agent only.")]
WithPartner = Annotated[str | None, typer.Option("--partner", help="Episodes with this partner only.")]
Episode = Annotated[int | None, typer.Option(min=0, help="Show the episode of this number.")]
Step = Annotated[int | None, typer.Option(min=1, help="Show this step only, 1 the first.")]
Seat = Annotated[
    str | None, typer.Option(help="Show only what was asked for this player, and its decisions.")
]
Degraded = Annotated[
    bool,
    typer.Option("--degraded", help="Only episodes, and their steps, in which something was degraded."),
]
Prompts = Annotated[bool, typer.Option(help="Print what was asked, too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print plain data instead.")]


def transcript(
    file: Source,
    run: RunNumber = None,
    task: OfTask = None,
    agent: OfAgent = None,
    partner: WithPartner = None,
    episode: Episode = None,
    step: Step = None,
    seat: Seat = None,
    degraded: Degraded = False,
    prompts: Prompts = True,
    as_json: AsJson = False,
) -> None:
    """List episodes with language models, or show one: prompts, answers, what was understood, decisions.

    With --episode one is shown, with --step and --seat a part of it; otherwise all that fit are listed.
    """
    wanted = Wanted(task, agent, partner, episode, degraded)
    found = those_wanted(file, kept_transcripts(file, run, note), wanted)
    if not is_single(file) and (episode, step, seat) == (None, None, None):
        heads = [one.head for one in found]
        if as_json:
            _print_json([head.as_plain() for head in heads])
            return
        out.print(transcript_table(heads))
        note("add --episode N, and --task, --agent or --partner where several have that number, to read one")
        return
    one = the_only(found)
    from_zero = None if step is None else step - 1
    entries = chosen_entries(one.read(), step=from_zero, seat=seat, degraded=degraded)
    if as_json:
        left_out = () if prompts else ("messages",)
        _print_json([{k: v for k, v in entry.items() if k not in left_out} for entry in entries])
        return
    head = one.head
    note(f"{head.task}: {head.agent} with {head.partner}, episode {head.episode}")
    show_transcript(entries, out, prompts=prompts)


def _print_json(content: Any) -> None:
    # ASCII, so that no reply reaches the terminal but as data
    typer.echo(json.dumps(content, indent=1))
