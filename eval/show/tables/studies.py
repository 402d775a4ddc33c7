"""Studies: the ablation, changes, competence, teams, equal tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.show.console import Table
from eval.show.tables.intervals import with_intervals
from eval.show.tables.marks import Marks
from eval.show.tables.text import arrow, score
from eval.studies import CompetenceRow, Delay, Detected, Line, Priced, TeamResult
from eval.studies.ablation import DEFAULT
from eval.studies.changing import TOLERANCES
from eval.studies.competence import SKILLS
from eval.tasks import Task


def ablation_table(task: Task, lines: Sequence[Line], episodes: int, marks: Marks | None = None) -> Table:
    """The lines for the terminal; marks say what the decisions behind the cells were like."""
    marks = marks or Marks()
    found = Table(title=f"{task.name}: mean {task.unit} {arrow(task)} of {episodes} episodes a cell")
    found.add_column("learner/selection/response", no_wrap=True)
    for partner in lines[0].means:
        found.add_column(partner, justify="right")
    for heading in ("mean", "worst", "less default [95 %]", "p (Holm)"):
        found.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        difference = line.difference
        found.add_row(
            line.setting.removeprefix("adaptive:") + (" (default)" if line.setting == DEFAULT else ""),
            *(f"{mean:.1f}{marks.after((line.setting, partner))}" for partner, mean in line.means.items()),
            f"{line.overall.estimate:.2f}",
            f"{line.lowest:.1f}",
            "" if difference is None else str(difference.difference),
            "" if difference is None else f"{difference.p_holm:.4f}",
        )
    shown = [line.difference.difference for line in lines if line.difference is not None]
    return with_intervals(marks.under(found), shown)


def detectors_table(found: Sequence[Detected], episodes: int) -> Table:
    """One row a detector with one of its settings, one column a kind of change."""
    table = Table(title=f"changes noticed within 3 / 5 rounds (mean delay), n = {episodes}")
    for column in ("detector", "setting", "false alarms in 200", *found[0].delays):
        table.add_column(column)
    for row in found:
        delays = map(_delay, row.delays.values())
        table.add_row(row.detector, f"{row.setting:g}", f"{row.false_alarms:.2f}", *delays)
    return table


def followed_table(found: Mapping[str, tuple[int, int]]) -> Table:
    """One row a partner: how many changes were reported, and how many just after the agent's own."""
    table = Table(
        "partner", "changes reported", "just after the agent's own", title="200 rounds of one-ahead-5"
    )
    for partner, (reports, own) in found.items():
        table.add_row(partner, str(reports), str(own))
    return table


def competence_table(rows: Sequence[CompetenceRow], episodes: int) -> Table:
    """One row a belief and a true order."""
    table = Table(title=f"one-ahead-5, 300 rounds beside an adaptive agent, n = {episodes}")
    skills = [f"{skill:g}" for skill in SKILLS]
    for column in (
        "belief",
        "order",
        *(f"P(order) at {s}" for s in skills),
        "lapse rates",
        "rounds to 0.9",
        "TV",
    ):
        table.add_column(column)
    for row in rows:
        table.add_row(
            row.belief,
            str(row.order),
            *(f"{p:.2f}" for p in row.truth),
            " ".join(f"{lapse:.2f}" for lapse in row.lapses),
            " ".join("-" if n == float("inf") else f"{n:g}" for n in row.rounds),
            f"{row.distance:.3f}",
        )
    return table


def team_table(task: Task, results: Sequence[TeamResult], limit: float | None) -> Table:
    """One row a team; ``limit`` is what the best symmetric policy comes to, where it is known."""
    n = len(results[0].scores)
    table = Table(title=f"{task.name}: {len(task.players)} players, {task.max_steps} rounds, n = {n}")
    table.add_column("team")
    for column in ("collisions a round", "in rounds 1, 2, 3, 5, 10", "points a player", "settled from round"):
        table.add_column(column, justify="right")
    for result in results:
        curve = result.collisions.mean(axis=0)
        rounds = [f"{curve[t]:.1f}" for t in (0, 1, 2, 4, 9) if t < len(curve)]
        settled = "never" if result.settled == float("inf") else f"{result.settled:g}"
        table.add_row(
            result.team, score(*result.a_round, 3), " ".join(rounds), score(*result.score, 3), settled
        )
    if limit is not None:
        table.add_row("best symmetric policy", f"{limit:.3f}", "", "", "", style="dim")
    return table


def equal_tokens_table(
    task: Task, rows: Sequence[Priced], episodes: int, marks: Marks | None = None
) -> Table:
    """One row an agent, with what a decision of it costs; marks say what the decisions were like."""
    marks = marks or Marks()
    table = Table(
        title=f"{task.name}: {task.unit} {arrow(task)}, mean ± standard error of {episodes} episodes"
    )
    table.add_column("agent")
    for heading in (*(cell.partner for cell in rows[0].cells), "mean", "calls", "tokens a decision"):
        table.add_column(heading, justify="right")
    for row in rows:
        scores = (score(c.mean, c.se) + marks.after((c.agent, c.partner)) for c in row.cells)
        table.add_row(row.agent, *scores, f"{row.mean:.2f}", f"{row.calls:.2f}", f"{row.tokens:,.0f}")
    return marks.under(table)


def _delay(delay: Delay) -> str:
    soon, late = (delay.within[t] for t in TOLERANCES)
    return f"{100 * soon:.0f} / {100 * late:.0f} % ({delay.delay:.1f})"
