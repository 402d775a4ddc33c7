"""Agents on tasks that nobody tuned."""

from __future__ import annotations

from eval.show.console import Table
from eval.show.tables.strangers import percent
from eval.studies.generated import CLASSES
from eval.studies.robustness import Standings


def robustness_table(found: Standings, episodes: int, seed: int) -> Table:
    """One row an agent, the best mean first."""
    table = Table(
        title=f"{found.kind} ({CLASSES[found.kind]}), seed {seed}: {found.tasks} tasks, {found.cells} cells "
        f"of {episodes} episodes; 0 as random, 100 the best"
    )
    table.add_column("agent", no_wrap=True)
    for heading in ("mean [95 %]", "less the first", "worst partner", "with it", "mean rank"):
        table.add_column(heading, justify="left" if heading == "worst partner" else "right", no_wrap=True)
    for standing in found.agents:
        table.add_row(
            standing.agent,
            percent(standing.mean),
            "" if standing.behind is None else percent(standing.behind),
            standing.worst_with,
            percent(standing.worst),
            str(standing.rank),
        )
    return table
