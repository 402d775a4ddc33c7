"""The paper's tables, ours beside the published numbers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from eval.play import MAX_DEGRADED
from eval.show.console import Table
from eval.show.tables.marks import Marks, on
from eval.show.tables.text import arrow, score
from eval.studies import Excess, PaperCell
from eval.studies.paper import ALIGNED
from eval.tasks import make_task

_AT_ONCE = 3
"""Columns of the paper beside each other."""


def paper_tables(cells: Sequence[PaperCell], *, max_degraded: float = MAX_DEGRADED) -> list[Table]:
    """The paper's two tables, ours beside the published number, a few columns at a time.

    Cells with a larger share of degraded decisions than ``max_degraded`` are marked.
    """
    columns = list(dict.fromkeys(cell.column for cell in cells))
    titles = {"fixed": "Table 1: fixed orders", "adaptive": "Table 2: adaptive agents"}
    return [
        _paper_table(
            [c for c in cells if c.table == kind and c.column in columns[i : i + _AT_ONCE]],
            title,
            max_degraded,
        )
        for kind, title in titles.items()
        for i in range(0, len(columns), _AT_ONCE)
    ]


def paper_marks(cells: Sequence[PaperCell], max_degraded: float) -> Marks:
    """What the decisions behind the cells were like; partners are named with their column."""
    tallies = {(cell.agent, on(cell.partner, cell.column)): cell.tally for cell in cells}
    return Marks(tallies, max_degraded)


def _paper_table(cells: Sequence[PaperCell], title: str, max_degraded: float) -> Table:
    marks = paper_marks(cells, max_degraded)
    table = Table(title=f"{title} (mean ± standard error of {cells[0].n} episodes)")
    table.add_column("agent")
    table.add_column("partner")
    columns = {cell.column: cell.epsilon for cell in cells}
    for column, epsilon in columns.items():
        table.add_column(f"{column} {arrow(make_task(column))}\nε = {epsilon:g}", justify="right")
        table.add_column("paper", justify="right", style="dim")
    found = {(cell.agent, cell.partner, cell.column): cell for cell in cells}
    for agent, partner in dict.fromkeys((cell.agent, cell.partner) for cell in cells):
        values = []
        for column in columns:
            cell = found[agent, partner, column]
            ours = score(cell.mean, cell.se) + marks.after((agent, on(partner, column)))
            values += [ours, "—" if cell.paper is None else f"{cell.paper:.2f}"]
        table.add_row(agent, partner, *values)
    return marks.under(table)


def excess_table(excesses: Sequence[Excess], marks: Marks | None = None) -> Table:
    """``bayes`` and the better of the paper's algorithms, each beyond its own aligned fixed orders.

    Marks, from ``paper_marks``, say what the decisions behind ours were like; a cell has the sign where its
    own score or one of the aligned orders has it.
    """
    compared = {x: _compared(x) for x in excesses}
    marks = (marks or Marks()).only(pair for pairs in compared.values() for pair in pairs)
    table = Table(title="bayes beyond aligned orders, in %; in brackets the paper's better algorithm")
    table.add_column("column")
    partners = list(dict.fromkeys(excess.partner for excess in excesses))
    for partner in partners:
        table.add_column(partner, justify="right")
    found = {(excess.column, excess.partner): excess for excess in excesses}
    for column in dict.fromkeys(excess.column for excess in excesses):
        row = [found[column, partner] for partner in partners]
        table.add_row(
            column,
            *(
                Text.assemble(
                    (f"{100 * x.ours:.1f} ± {100 * x.se:.1f}", "red" if x.worse else ""),
                    f" ({100 * x.paper:.1f}){marks.sign(*compared[x])}",
                )
                for x in row
            ),
        )
    return marks.under(table)


def _compared(excess: Excess) -> list[tuple[str, str]]:
    """The pairings that an excess is made of, named as in ``paper_marks``."""
    pairs = [("bayes", excess.partner), *ALIGNED]
    return [(agent, on(partner, excess.column)) for agent, partner in pairs]
