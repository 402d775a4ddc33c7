"""Cross-play matrices as they are stored."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from eval.play import Cell
from eval.results.content import stored_run
from eval.results.database import ResultsError, read_results


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
    with read_results(path) as connection:
        for task, agent, partner, score in connection.execute(
            "SELECT task, agent, partner, score FROM episodes WHERE run = ? ORDER BY episode", (run.number,)
        ):
            scores[task, agent, partner].append(score)
    if not scores:
        raise ResultsError(f"run {run.number} of {str(path)!r} has no episode yet")
    return {
        task: [
            row
            for agent in asked["agents"]
            if (
                row := [
                    Cell(agent, partner, tuple(scores[task, agent, partner]))
                    for partner in asked["partners"]
                    if (task, agent, partner) in scores
                ]
            )
        ]
        for task, asked in run.configuration["matrices"].items()
    }
