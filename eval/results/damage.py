"""Which episodes of a run are damaged: every row is verified, and none is unpacked that has a checksum."""

from __future__ import annotations

from pathlib import Path

from eval.results.content import stored_run
from eval.results.database import read_results
from eval.results.rows import TABLE, Damaged, Found, all_rows, row_at
from eval.results.summaries import PairingKey


def stored_damage(path: Path, number: int | None = None, pairing: PairingKey | None = None) -> list[Damaged]:
    """The rows of a run that are damaged; readers of episodes leave these out.

    Args:
        path: the results file.
        number: the run; the latest for None.
        pairing: (task, agent, partner) whose rows are looked at; those of all for None.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number).number
    with read_results(path) as connection:
        if pairing is None:
            found = Found(0, [])
            for _ in all_rows(connection, run, found):
                pass
            return found.damaged
        rows = connection.execute(
            f"SELECT rowid, episode FROM main.{TABLE} WHERE (run, task, agent, partner) = (?, ?, ?, ?)",  # noqa: S608 - name of a table
            (run, *pairing),
        ).fetchall()
        looked = [row_at(connection, place, run, (*pairing, episode)) for place, episode in rows]
        return [row for row in looked if isinstance(row, Damaged)]
