"""Agents beside partners that no order explains."""

from __future__ import annotations

from collections.abc import Sequence

from eval.measure import Comparison, Interval
from eval.play import file_of
from eval.show.console import Table
from eval.show.tables.intervals import with_intervals
from eval.show.tables.marks import Marks, on
from eval.show.tables.text import arrow
from eval.studies.strangers import CLOSE, Beside, Strangers
from eval.tasks import Task


def strangers_table(task: Task, cells: Sequence[Beside], episodes: int, marks: Marks | None = None) -> Table:
    """One row a partner and agent; the differences are signed so that above 0 the agent is better.

    Marks say what the decisions behind the scores were like; a verdict has the sign where a score that it is
    drawn from has it.
    """
    marks = marks or Marks()
    table = Table(
        title=f"{task.name}: mean {task.unit} {arrow(task)} of {episodes} episodes, beside partners that are "
        "no ToM agents"
    )
    for heading in ("partner", "agent"):
        table.add_column(heading, no_wrap=True)
    for heading in ("score", "best order", "best predictor", "better by, in % of the best [95 %]"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(f"within {CLOSE:.0%}")
    for cell in cells:
        sign = marks.sign(*_compared(cell))
        predictor = ""
        if cell.predictor is not None:
            after = marks.after((cell.predictor, cell.partner))
            predictor = f"{cell.predictor} {cell.predictor_score:.2f}{after}"
        table.add_row(
            _short(cell.partner),
            cell.agent,
            f"{cell.score:.2f}{marks.after((cell.agent, cell.partner))}",
            f"{cell.order} {cell.order_score:.2f}{marks.after((cell.order, cell.partner))}",
            predictor,
            (f"{cell.difference} {task.unit}" if cell.share is None else percent(cell.share)) + sign,
            ("yes" if cell.close else "no") + sign,
        )
    return with_intervals(marks.under(table), [cell.difference for cell in cells])


def overall_table(overall: Sequence[Comparison], cells: int, marks: Marks | None = None) -> Table:
    """One row an agent and a single order, over all cells.

    Marks, from ``Marks.over``, say what the decisions behind the cells were like.
    """
    compared = {name for c in overall for name in (c.first, c.second)}
    marks = marks or Marks()
    marks = marks.only(pair for pair in marks.tallies if pair[0] in compared)
    table = Table(
        title=f"share of each cell's best, mean over {cells} cells: agent less one order in all of them"
    )
    for heading in ("agent", "less"):
        table.add_column(heading)
    for heading in ("difference in % [95 %]", "p", "p (Holm)"):
        table.add_column(heading, justify="right")
    for c in overall:
        pairs = [pair for pair in marks.tallies if pair[0] in (c.first, c.second)]
        difference = percent(c.difference) + marks.after(*pairs)
        table.add_row(c.first, c.second, difference, f"{c.p:.4f}", f"{c.p_holm:.4f}")
    return with_intervals(marks.under(table), [c.difference for c in overall])


def close_cells(found: Strangers, marks: Marks | None = None) -> list[str]:
    """Two lines for every agent: in which cells it is close to the best, and which are the others.

    Marks, from ``Marks.over``, say what the decisions behind the cells were like.
    """
    marks = marks or Marks()
    lines = []
    for agent in dict.fromkeys(cell.agent for cell in found.cells):
        own = [cell for cell in found.cells if cell.agent == agent]
        close, far = ([cell for cell in own if cell.close == wanted] for wanted in (True, False))
        alike = sum(cell.alike for cell in own)
        lines += [
            f"{agent}: within {CLOSE:.0%} of the best in {len(close)} of {len(own)} cells"
            + (f", {alike} of which tell nothing (all score alike)" if alike else "")
            + f": {_places(close, marks)}",
            f"{agent}: further behind in {_places(far, marks)}",
        ]
    return lines


def _compared(cell: Beside) -> list[tuple[str, str]]:
    """The pairings that a verdict is drawn from."""
    players = (cell.agent, cell.order, cell.predictor)
    return [(player, cell.partner) for player in players if player is not None]


def _places(cells: Sequence[Beside], marks: Marks) -> str:
    """``memory-1 (repeat, markov), game-2 (greedy)``."""
    by_task: dict[str, list[str]] = {}
    for cell in cells:
        sign = marks.sign(*((player, on(partner, cell.task)) for player, partner in _compared(cell)))
        by_task.setdefault(cell.task, []).append(_short(cell.partner) + sign)
    return ", ".join(f"{task} ({', '.join(partners)})" for task, partners in by_task.items()) or "none"


def percent(interval: Interval) -> str:
    """``-12.3 [-14.0, -10.1]``, in percent."""
    return interval.scaled(100.0).text(1)


def _short(name: str) -> str:
    """A name without the folder of its file."""
    file = file_of(name)
    return name if file is None else f"{name.partition(':')[0]}:{file.name}"
