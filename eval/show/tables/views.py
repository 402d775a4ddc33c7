"""What late, rare and unclear views cost."""

from __future__ import annotations

from collections.abc import Sequence

from eval.show.console import Table
from eval.show.tables.text import score
from eval.studies.views import PARTNERS, Viewed


def views_table(found: Sequence[Viewed], task: str, rounds: int, episodes: int) -> Table:
    """One row a view, two columns a partner: the first half of the rounds, and the second."""
    half = rounds // 2
    table = Table(
        title=f"{task}: share of the optimum, in rounds 1 to {half} → {half + 1} to {rounds}; mean ± "
        f"standard error of {episodes} episodes"
    )
    table.add_column("what is seen of the partner", no_wrap=True)
    for partner in PARTNERS:
        table.add_column(partner, justify="right", no_wrap=True)
    cells = {(row.view, row.partner): row for row in found}
    for view in dict.fromkeys(row.view for row in found):
        shown = []
        for partner in PARTNERS:
            row = cells[view, partner]
            shown.append(f"{row.early[0]:.3f} → {score(*row.late, 3)}")
        table.add_row(view, *shown)
    return table
