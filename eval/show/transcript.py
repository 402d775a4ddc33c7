"""A transcript for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from eval.play import read_transcript


def show_transcript(path: Path, console: Console, *, prompts: bool = True) -> None:
    """Prints an episode step by step: what was asked, what was answered, what was decided.

    Raises:
        TranscriptError: the file is no transcript.
    """
    step = -1
    for entry in read_transcript(path):
        if entry.get("step", step) != step:
            step = entry["step"]
            console.rule(f"step {step + 1}")
        _show(entry, console, prompts=prompts)


def _show(entry: dict[str, Any], console: Console, *, prompts: bool) -> None:
    if entry["type"] == "exchange":
        console.print(f"[bold]{escape(entry['player'])}[/bold], {entry['purpose']}, {escape(entry['model'])}")
        if entry["memo"]:
            console.print("  (from the memo)")
        for message in entry["messages"] if prompts else []:
            console.print(f"  [dim]{message['role']}[/dim]")
            console.print(_indented(message["content"]), highlight=False, markup=False)
        if entry["reply"]:
            console.print(f"  reply: {entry['reply']!r}", markup=False)
        chances = ", ".join(f"{action} {p:.3g}" for action, p in entry["result"].items())
        console.print(f"  understood: {chances or '(nothing)'}", markup=False)
        if entry["problem"]:
            console.print(f"  [red]problem[/red]: {escape(entry['problem'])}")
    elif entry["type"] == "decision":
        console.print(f"[green]{escape(entry['seat'])} does {escape(entry['action'])}[/green]")
        for reason in entry["degraded"]:
            console.print(f"  [red]degraded[/red]: {escape(reason)}")
    else:
        console.rule(f"score of {entry['agent_seat']}: {entry['score']:g}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
