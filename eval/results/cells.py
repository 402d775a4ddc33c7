"""Cross-play matrices as they are stored."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from eval.play import Cell, Tally
from eval.results.content import stored_run
from eval.results.database import ResultsError, read_results
from eval.results.tallies import TALLY_COLUMNS, tally_of


def stored_cells(path: Path, number: int | None = None) -> dict[str, list[list[Cell]]]:
    """Task -> one row an agent, one cell a partner, in the order in which they were asked for.

    Pairings without an episode yet are left out, and so are agents without one.

    Args:
        path: the results file.
        number: the run; the latest for None.

    Raises:
        ResultsError: see ``stored_run``; or no episode is stored yet.
    """
    run = stored_run(path, number)
    scores: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    tallies: defaultdict[tuple[str, str, str], Tally] = defaultdict(Tally)
    with read_results(path) as connection:
        for task, agent, partner, score, *columns in connection.execute(
            f"SELECT task, agent, partner, score, {TALLY_COLUMNS} FROM episodes WHERE run = ? "  # noqa: S608 - names of columns
            "ORDER BY episode",
            (run.number,),
        ):
            scores[task, agent, partner].append(score)
            tallies[task, agent, partner] += tally_of(agent, partner, columns)
    if not scores:
        raise ResultsError(f"run {run.number} of {str(path)!r} has no episode yet")
    return {
        task: [
            row
            for agent in asked["agents"]
            if (
                row := [
                    Cell(agent, partner, tuple(scores[task, agent, partner]), tallies[task, agent, partner])
                    for partner in asked["partners"]
                    if (task, agent, partner) in scores
                ]
            )
        ]
        for task, asked in run.configuration["matrices"].items()
    }
