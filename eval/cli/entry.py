"""The app: every command by name, and how expected errors end it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import typer
from rich.text import Text

from eval.cli.ablation import ablation
from eval.cli.changing import changing, competence, views
from eval.cli.crossplay import crossplay
from eval.cli.equal_tokens import equal_tokens
from eval.cli.findings import findings, train_partner
from eval.cli.fit import fit_
from eval.cli.groups import spelled_out
from eval.cli.llm_study import llm_study
from eval.cli.paper import paper
from eval.cli.people import people
from eval.cli.play import play
from eval.cli.published import results
from eval.cli.replay import replay
from eval.cli.report import report
from eval.cli.results import digest, export_
from eval.cli.robustness import robustness
from eval.cli.statistics import compare_, statistics
from eval.cli.strangers import strangers
from eval.cli.teams import team
from eval.cli.transcript import transcript
from eval.show.console import as_data, err, note, out
from eval.show.tables import learner_list, player_list, task_list
from eval.sweeps import WorkerLostError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Pair adaptive theory-of-mind agents with partners and measure how they coordinate.",
)


def list_() -> None:
    """List tasks, agents and partners with their traits, and learners."""
    out.print(task_list())
    out.print(player_list())
    out.print(learner_list())


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_,
    "crossplay": crossplay,
    "paper": paper,
    "transcript": transcript,
    "export": export_,
    "digest": digest,
    "statistics": statistics,
    "compare": compare_,
    "ablation": ablation,
    "strangers": strangers,
    "robustness": robustness,
    "equal-tokens": equal_tokens,
    "llm-study": llm_study,
    "fit": fit_,
    "train-partner": train_partner,
    "findings": findings,
    "replay": replay,
    "report": report,
    "team": team,
    "changing": changing,
    "competence": competence,
    "views": views,
    "play": play,
    "people": people,
    "results": results,
}
"""Name -> command, in the order in which the help lists them."""

for name, command in COMMANDS.items():
    app.command(name)(spelled_out(command))


def main() -> None:
    """Run the command line; expected errors are a line on stderr and exit status 2."""
    warnings.showwarning = lambda message, *_, **__: note(f"warning: {message}")
    try:
        app()
    except (ValueError, ModuleNotFoundError, OSError, WorkerLostError) as error:
        err.print(Text("error:", "red"), as_data(str(error)), soft_wrap=True)
        raise SystemExit(2) from None
