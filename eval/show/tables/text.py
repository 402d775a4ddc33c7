"""What all tables share: numbers with their errors, directions, and tables as Markdown."""

from __future__ import annotations

from eval.show.console import Table
from eval.tasks import Task


def score(mean: float, se: float | None, digits: int = 2) -> str:
    """``73.07 ± 0.12``; no error where all episodes were the same, and a dash where there was one."""
    if se is None:
        return f"{mean:.{digits}f} ± –"
    return f"{mean:.{digits}f} ± {se:.{digits}f}" if se > 0.0 else f"{mean:.{digits}f}"


def arrow(task: Task) -> str:
    """Which way a score is better."""
    return "↑" if task.better == "higher" else "↓"


def markdown(table: Table) -> str:
    """A table as Markdown, its title above it and its caption below; names do not end cells or lines."""
    headings = [_cell(column.header) for column in table.columns]
    rows = zip(*(list(column.cells) for column in table.columns), strict=True)
    marks = ["---:" if column.justify == "right" else "---" for column in table.columns]
    lines = [f"**{table.title}**", "", *(f"| {' | '.join(row)} |" for row in (headings, marks))]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    if table.caption:
        lines += ["", str(table.caption)]
    return "\n".join(lines) + "\n"


def _cell(cell: object) -> str:
    return " ".join(str(cell).replace("|", "\\|").splitlines())
