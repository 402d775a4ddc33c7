"""Cross-play matrices as they are stored."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from eval.play import Cell, Tally
from eval.results.content import stored_run
from eval.results.database import ResultsError, read_results
from eval.results.rows import sound_rows


def stored_cells(path: Path, number: int | None = None) -> dict[str, list[list[Cell]]]:
    """Task -> one row an agent, one cell a partner, in the order in which they were asked for.

    Pairings without an episode yet are left out, and so are agents without one.

    Args:
        path: the results file.
        number: the run; the latest for None.

    Raises:
        ResultsError: see ``stored_run``; or no episode is stored yet.

    Warns:
        DamageWarning: episodes are damaged, and left out.
    """
    run = stored_run(path, number)
    scores: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    numbers: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    tallies: defaultdict[tuple[str, str, str], Tally] = defaultdict(Tally)
    with read_results(path) as connection:
        for row in sound_rows(path, connection, run.number, run.all_asked):
            cell = row.key[:3]
            scores[cell].append(row.score)
            numbers[cell].append(row.episode)
            tallies[cell] += row.tally
    if not scores:
        raise ResultsError(f"run {run.number} of {str(path)!r} has no episode yet")
    return {
        task: [
            cells
            for agent in asked["agents"]
            if (
                cells := [
                    Cell(agent, partner, tuple(scores[cell]), tallies[cell], tuple(numbers[cell]))
                    for partner in asked["partners"]
                    if (cell := (task, agent, partner)) in scores
                ]
            )
        ]
        for task, asked in run.configuration["matrices"].items()
    }
