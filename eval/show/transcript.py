"""Transcripts for the terminal: a table of episodes, and one episode step by step.

Names, prompts and replies are other people's words: they are shown as they are and never obeyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from eval.play import TranscriptError, TranscriptHead
from eval.show.console import Table, as_data


def transcript_table(heads: Iterable[TranscriptHead]) -> Table:
    """One line an episode."""
    table = Table()
    for name in ("task", "agent", "partner"):
        table.add_column(name, overflow="fold")
    for name in ("episode", "score", "questions", "decisions", "degraded", "tokens"):
        table.add_column(name, justify="right")
    for head in heads:
        table.add_row(
            as_data(head.task),
            as_data(head.agent),
            as_data(head.partner),
            str(head.episode),
            f"{head.score:g}",
            f"{head.exchanges:,}",
            f"{head.decisions:,}",
            f"{head.degraded:,}",
            f"{head.prompt_tokens + head.completion_tokens:,}",
        )
    return table


def chosen_entries(
    entries: Sequence[Mapping[str, Any]],
    *,
    step: int | None = None,
    seat: str | None = None,
    degraded: bool = False,
) -> list[Mapping[str, Any]]:
    """Some of the entries of a transcript, in their order.

    Args:
        entries: a whole transcript.
        step: number of the only step, counted from 0.
        seat: the only player whose questions and decisions are wanted.
        degraded: whether to leave out the steps in which nothing went wrong.

    Raises:
        TranscriptError: no such step, or no such player.
    """
    steps = sorted({entry["step"] for entry in entries if "step" in entry})
    if step is not None and step not in steps:
        raise TranscriptError(f"the episode has no step {step + 1}; its steps are 1 to {len(steps)}")
    seats = list(dict.fromkeys(entry["seat"] for entry in entries if entry["type"] == "decision"))
    if seat is not None and seat not in seats:
        raise TranscriptError(f"nobody sits at {seat!r}; the players are {', '.join(map(repr, seats))}")
    wrong = {e["step"] for e in entries if "step" in e and _went_wrong(e) and _of(e, seat)}
    return [
        entry
        for entry in entries
        if "step" not in entry
        or (_of(entry, seat) and step in (None, entry["step"]) and (not degraded or entry["step"] in wrong))
    ]


def show_transcript(entries: Iterable[Mapping[str, Any]], console: Console, *, prompts: bool = True) -> None:
    """Prints an episode step by step: what was asked, answered and understood, and what was decided."""
    for step, own in groupby(entries, key=lambda entry: entry.get("step")):
        if step is not None:
            console.rule(f"step {step + 1}")
        for entry in own:
            for line in _lines(entry, prompts=prompts):
                console.print(line, soft_wrap=True)


def _lines(entry: Mapping[str, Any], *, prompts: bool) -> list[Text]:
    if entry["type"] == "exchange":
        return _exchange(entry, prompts=prompts)
    if entry["type"] == "decision":
        return _decision(entry)
    return [as_data(f"score of {entry['agent_seat']}: {entry['score']:g}", "bold")]


def _exchange(entry: Mapping[str, Any], *, prompts: bool) -> list[Text]:
    lines = [
        Text.assemble(as_data(entry["player"], "bold"), as_data(f", {entry['purpose']}, {entry['model']}"))
    ]
    if entry["memo"]:
        lines.append(Text("  (from the memo)"))
    for message in entry["messages"] if prompts else []:
        lines.append(as_data(f"  {message['role']}", "dim"))
        lines.append(as_data(_indented(message["content"])))
    if entry["reply"]:
        lines.append(as_data(f"  reply: {entry['reply']!r}"))
    chances = ", ".join(f"{action} {p:.3g}" for action, p in entry["result"].items())
    lines.append(as_data(f"  understood: {chances or '(nothing)'}"))
    if "seconds" in entry and not entry["memo"]:  # transcripts of before do not say
        lines.append(Text(f"  {_cost(entry)}", "dim"))
    if entry["problem"]:
        lines.append(Text.assemble("  ", ("problem", "red"), ": ", as_data(entry["problem"])))
    return lines


def _decision(entry: Mapping[str, Any]) -> list[Text]:
    lines = [as_data(f"{entry['seat']} does {entry['action']}", "green")]
    usage = entry.get("usage")
    if usage and (usage["calls"] or usage["cache_hits"]):
        memo = f", {usage['cache_hits']} from the memo" if usage["cache_hits"] else ""
        lines.append(Text(f"  {_plural(usage['calls'], 'call')}{memo}, {_cost(usage)}", "dim"))
    lines += [Text.assemble("  ", ("degraded", "red"), ": ", as_data(reason)) for reason in entry["degraded"]]
    return lines


def _cost(entry: Mapping[str, Any]) -> str:
    there, back = entry["prompt_tokens"], entry["completion_tokens"]
    return f"{there:,} tokens there, {back:,} back, {entry['seconds']:.3g} s"


def _went_wrong(entry: Mapping[str, Any]) -> bool:
    return bool(entry["problem"] if entry["type"] == "exchange" else entry.get("degraded"))


def _of(entry: Mapping[str, Any], seat: str | None) -> bool:
    return seat is None or seat == (entry["player"] if entry["type"] == "exchange" else entry["seat"])


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _plural(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
