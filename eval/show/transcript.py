"""A transcript for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from eval.play.transcripts import read_transcript


def show_transcript(path: Path, console: Console, *, prompts: bool = True) -> None:
    """Prints an episode step by step: what was asked, what was answered, what was decided.

    Raises:
        TranscriptError: the file is no transcript.
    """
    step = -1
    for record in read_transcript(path):
        if record.get("step", step) != step:
            step = record["step"]
            console.rule(f"step {step + 1}")
        _show(record, console, prompts=prompts)


def _show(record: dict[str, Any], console: Console, *, prompts: bool) -> None:
    if record["type"] == "exchange":
        console.print(
            f"[bold]{escape(record['player'])}[/bold], {record['purpose']}, {escape(record['model'])}"
        )
        if record["memo"]:
            console.print("  (from the memo)")
        for message in record["messages"] if prompts else []:
            console.print(f"  [dim]{message['role']}[/dim]")
            console.print(_indented(message["content"]), highlight=False, markup=False)
        if record["reply"]:
            console.print(f"  reply: {record['reply']!r}", markup=False)
        chances = ", ".join(f"{action} {p:.3g}" for action, p in record["result"].items())
        console.print(f"  understood: {chances or '(nothing)'}", markup=False)
        if record["problem"]:
            console.print(f"  [red]problem[/red]: {escape(record['problem'])}")
    elif record["type"] == "decision":
        console.print(f"[green]{escape(record['seat'])} does {escape(record['action'])}[/green]")
        for reason in record["degraded"]:
            console.print(f"  [red]degraded[/red]: {escape(reason)}")
    else:
        console.rule(f"score of {record['agent_seat']}: {record['score']:g}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
