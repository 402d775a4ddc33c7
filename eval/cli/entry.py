"""The app: every command by name, imported when it is run, and how expected errors end it."""

from __future__ import annotations

import ast
import signal
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from eval.cli.groups import spelled_out
from eval.show.console import as_data, err, note, out

_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


PANELS = {
    "Play": {
        "list": "lists:list_",
        "crossplay": "crossplay:crossplay",
        "team": "teams:team",
        "play": "play:play",
        "replay": "replay:replay",
        "train-partner": "findings:train_partner",
    },
    "Look at a run": {
        "statistics": "statistics:statistics",
        "compare": "statistics:compare_",
        "view": "view:view",
        "report": "report:report",
        "transcript": "transcript:transcript",
        "export": "results:export_",
        "digest": "results:digest",
        "check": "results:check_",
    },
    "Studies": {
        "paper": "paper:paper",
        "ablation": "ablation:ablation",
        "strangers": "strangers:strangers",
        "robustness": "robustness:robustness",
        "coverage": "coverage:coverage",
        "findings": "findings:findings",
        "changing": "changing:changing",
        "competence": "changing:competence",
        "train": "training:train",
        "levers": "training:levers",
        "views": "changing:views",
        "people": "people:people",
        "coding": "coding:coding",
        "delegation": "delegation:delegation",
    },
    "Language models": {
        "fit": "fit:fit_",
        "llm-study": "llm_study:llm_study",
        "equal-tokens": "equal_tokens:equal_tokens",
    },
    "This repository": {
        "results": "published:results",
    },
}
"""Heading -> name -> module of this folder and function, in the order in which the help lists them."""

COMMANDS = {name: where for commands in PANELS.values() for name, where in commands.items()}
"""Name -> module of this folder and function."""


INTERRUPTED = "interrupted; what --results has stored stays, and the same command continues it"
INTERRUPTED_STATUS = 130


class Commands(TyperGroup):
    """The commands: the help knows of their summaries alone, and one that is run or completed is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the help needs of a command; None where there is none of that name."""
        panel = next((title for title, commands in PANELS.items() if cmd_name in commands), None)
        return panel and TyperCommand(cmd_name, help=summary(cmd_name), rich_help_panel=panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was asked for, whole."""
        if args and args[0] not in COMMANDS and (close := get_close_matches(args[0], COMMANDS, n=3)):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {' or '.join(close)}?")
        name, found, rest = super().resolve_command(ctx, args)
        return name, found if name is None else loaded(name), rest

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; Ctrl-C ends it with a line and the exit status of a shell."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            note(INTERRUPTED)
            raise typer.Exit(INTERRUPTED_STATUS) from None


def summary(name: str) -> str:
    """The first paragraph of a command's docstring, which is read and not imported: that takes seconds."""
    module, _, function = COMMANDS[name].partition(":")
    source = ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    found = next(node for node in source.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return (ast.get_docstring(found) or "").partition("\n\n")[0].replace("\n", " ")


def command_of(name: str) -> Callable[..., None]:
    """A command's function, imported."""
    module, _, function = COMMANDS[name].partition(":")
    found: Callable[..., None] = getattr(import_module(f"eval.cli.{module}"), function)
    return found


def loaded(name: str) -> Any:
    """A command with its options, imported."""
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command(name, context_settings=_HELP_OPTIONS)(spelled_out(command_of(name)))
    return typer.main.get_command(single)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=_HELP_OPTIONS,
    help="Pair adaptive theory-of-mind agents with partners and measure how they coordinate.",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from atom import __version__  # noqa: PLC0415 - which imports all of it

        out.print(f"langgraph-atom {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say the version and exit.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    """Pair adaptive theory-of-mind agents with partners and measure how they coordinate."""


def main() -> None:
    """Run the command line; expected errors are a line on stderr and exit status 2."""
    said = set[str]()

    def say(message: Warning | str, *_: object, **__: object) -> None:
        # a command reads a file several times, and what is wrong with it is said once
        if str(message) not in said:
            said.add(str(message))
            note(f"warning: {message}")

    warnings.showwarning = say
    try:
        app()
    except (ValueError, ModuleNotFoundError, OSError) as error:
        err.print(Text("error:", "red"), as_data(str(error)), soft_wrap=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:  # while something was imported
        _hear_no_more()
        note(INTERRUPTED)
        raise SystemExit(INTERRUPTED_STATUS) from None
    except SystemExit as ended:
        if ended.code == INTERRUPTED_STATUS:
            _hear_no_more()
        raise


def _hear_no_more() -> None:
    """Another Ctrl-C while Python ends would print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
