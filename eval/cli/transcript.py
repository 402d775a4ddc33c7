"""The command that shows what language models were asked and answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from eval.cli.options import RunNumber
from eval.play import TranscriptError, TranscriptHead, read_head, read_transcript, transcripts_in
from eval.results import stored_transcript, stored_transcripts
from eval.show.console import note, out
from eval.show.transcript import chosen_entries, show_transcript, transcript_table

_SQLITE = b"SQLite format 3\0"
_NAMED = 5

Kept: TypeAlias = tuple[TranscriptHead, Callable[[], list[dict[str, Any]]]]
"""A head, and what reads the entries."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which episodes; None and False want all."""

    task: str | None
    agent: str | None
    partner: str | None
    episode: int | None
    degraded: bool

    def __call__(self, head: TranscriptHead) -> bool:
        return (
            self.task in (None, head.task)
            and self.agent in (None, head.agent)
            and self.partner in (None, head.partner)
            and self.episode in (None, head.episode)
            and (not self.degraded or head.degraded > 0)
        )


def transcript(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="A file that --results wrote; or a directory of --transcripts, or a file in it.",
        ),
    ],
    run: RunNumber = None,
    task: Annotated[str | None, typer.Option(help="Episodes of this task only.")] = None,
    agent: Annotated[str | None, typer.Option(help="Episodes of this agent only.")] = None,
    partner: Annotated[str | None, typer.Option(help="Episodes with this partner only.")] = None,
    episode: Annotated[int | None, typer.Option(min=0, help="Show the episode of this number.")] = None,
    step: Annotated[int | None, typer.Option(min=1, help="Show this step only, 1 the first.")] = None,
    seat: Annotated[
        str | None, typer.Option(help="Show only what was asked for this player, and its decisions.")
    ] = None,
    degraded: Annotated[
        bool,
        typer.Option("--degraded", help="Only episodes, and their steps, in which decisions were degraded."),
    ] = False,
    prompts: Annotated[bool, typer.Option(help="Print what was asked, too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print plain data instead.")] = False,
) -> None:
    """List episodes with language models, or show one: prompts, answers, what was understood, decisions.

    With --episode one is shown, with --step and --seat a part of it; otherwise all that fit are listed.
    """
    single = file.is_file() and not _is_sqlite(file)
    kept = [(_head(file), partial(read_transcript, file))] if single else _kept(file, run)
    if (single or file.is_dir()) and run is not None:
        raise TranscriptError(f"{str(file)!r} is no results file and has no runs; leave --run out")
    wanted = _Wanted(task, agent, partner, episode, degraded)
    found = [one for one in kept if wanted(one[0])]
    if not found:
        raise TranscriptError(_nothing(file, wanted, [head for head, _ in kept]))
    if not single and (episode, step, seat) == (None, None, None):
        _list([head for head, _ in found], as_json=as_json)
        return
    head, read = _one([*found])
    entries = chosen_entries(read(), step=None if step is None else step - 1, seat=seat, degraded=degraded)
    if as_json:
        _print_json(entries if prompts else [_without_prompt(entry) for entry in entries])
        return
    if head.task:
        note(f"{head.task}: {head.agent} with {head.partner}, episode {head.episode}")
    show_transcript(entries, out, prompts=prompts)


def _head(file: Path) -> TranscriptHead:
    """The head of a single file."""
    try:
        return read_head(file)
    except TranscriptError:
        if file.suffix == ".jsonl":
            raise
        raise TranscriptError(
            f"{str(file)!r} is neither a results file nor a transcript; name a file that --results wrote, "
            "or a directory of --transcripts or a .jsonl file in it"
        ) from None


def _kept(file: Path, run: int | None) -> Sequence[Kept]:
    """The transcripts of a results file or of a directory."""
    if file.is_dir():
        return [(head, partial(read_transcript, path)) for head, path in transcripts_in(file)]
    found = stored_transcripts(file, run)
    if not found.heads:
        raise TranscriptError(
            f"run {found.run} of {str(file)!r} has no transcript among its {found.episodes} episodes: "
            "they were played without language models, with --no-transcripts, or by a release before; "
            "another run may have some (--run N), and so may a directory of --transcripts"
        )
    if len(found.heads) < found.episodes:
        note(f"{len(found.heads)} of the {found.episodes} episodes of run {found.run} have a transcript")
    return [
        (
            head,
            partial(stored_transcript, file, found.run, (head.task, head.agent, head.partner, head.episode)),
        )
        for head in found.heads
    ]


def _list(heads: Sequence[TranscriptHead], *, as_json: bool) -> None:
    if as_json:
        _print_json([head.as_plain() for head in heads])
        return
    out.print(transcript_table(heads))
    note("add --episode N, and --task, --agent or --partner where several have that number, to read one")


def _one(found: Sequence[Kept]) -> Kept:
    if len(found) > 1:
        heads = [head for head, _ in found]
        options = [
            f"--{name}"
            for name in ("task", "agent", "partner", "episode")
            if len({getattr(head, name) for head in heads}) > 1
        ]
        raise TranscriptError(
            f"{len(found)} episodes fit ({_names(heads)}); add {' or '.join(options) or 'the name of a file'}"
        )
    return found[0]


def _nothing(file: Path, wanted: _Wanted, heads: Sequence[TranscriptHead]) -> str:
    """Why no episode fits: the first option that none of those left has."""
    left = list(heads)
    for name in ("task", "agent", "partner", "episode"):
        asked = getattr(wanted, name)
        there = sorted({getattr(head, name) for head in left})
        if asked is not None and asked not in there:
            shown = ", ".join(map(repr, there[:_NAMED])) + (", …" if len(there) > _NAMED else "")
            return f"no transcript in {str(file)!r} has the {name} {asked!r}; there are {shown}"
        left = [head for head in left if asked in (None, getattr(head, name))]
    return f"no decision was degraded in the {len(left)} episodes that fit; leave --degraded out"


def _names(heads: Sequence[TranscriptHead]) -> str:
    named = [f"{h.agent} with {h.partner} on {h.task}, episode {h.episode}" for h in heads[:_NAMED]]
    return "; ".join(named) + ("; …" if len(heads) > _NAMED else "")


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def _without_prompt(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "messages"}


def _print_json(content: Any) -> None:
    # ASCII, so that no reply reaches the terminal but as data
    typer.echo(json.dumps(content, indent=1))
