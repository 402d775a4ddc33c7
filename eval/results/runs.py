"""A run: one sweep with one configuration, begun once and continued until no episode is missing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.play import EpisodeResult, Key, Tally
from eval.results.beginning import Beginning, canonical, check_numbers, find_or_begin, now, package_versions
from eval.results.checksums import checksum
from eval.results.database import explain, explained, open_for_writing
from eval.results.materials import store_materials, written
from eval.results.rows import INSERT, Damaged, Found, all_rows, row_at, row_of
from eval.results.transcripts import add_transcript
from partners import asks_models


class Run:
    """A run that is open for writing.

    Args:
        connection: from ``open_for_writing``.
        path: the file, for messages.
        number: the run's number in the file.
        notes: what the user should know about the continuation, one sentence each.
        transcripts: whether transcripts of episodes with language models are stored with them.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        number: int,
        notes: Sequence[str] = (),
        *,
        transcripts: bool = True,
    ) -> None:
        self._connection = connection
        found = Found(0, [])
        with explained(path):
            self.there = sum(1 for _ in all_rows(connection, number, found))
        """How many episodes were stored and whole when the run was opened."""
        self._damaged = found.damaged
        self._transcripts = transcripts
        self.path = path
        self.number = number
        self.notes = tuple(notes)

    def outcomes(self) -> dict[Key, tuple[float, Tally]]:
        """(task, agent, partner, episode) -> the agent's score, and what the decisions were like.

        Of the episodes that are stored and whole; damaged ones count as not played.
        """
        with explained(self.path):
            rows = all_rows(self._connection, self.number, Found(0, []))
            return {row.key: (row.score, row.tally) for row in rows}

    def scores(self) -> dict[Key, float]:
        """(task, agent, partner, episode) -> the agent's score, of the episodes that are stored and whole."""
        return {key: score for key, (score, _) in self.outcomes().items()}

    def tallies(self) -> dict[Key, Tally]:
        """(task, agent, partner, episode) -> what the decisions of an episode that is stored were like."""
        return {key: tally for key, (_, tally) in self.outcomes().items()}

    def unanswered(self) -> set[Key]:
        """The stored episodes in which every decision of a language model was degraded."""
        return {key for key, tally in self.tallies().items() if is_unanswered(key, tally)}

    @property
    def damaged(self) -> int:
        """How many rows were damaged when the run was opened, and have not been played again yet."""
        return len(self._damaged)

    @property
    def taken(self) -> set[Key]:
        """The keys of damaged rows."""
        return {row.key for row in self._damaged}

    def number_of(self, steps: bytes, seconds: float) -> int | None:
        """The number of the stored episode with exactly this record and time; None where there is none."""
        with explained(self.path):
            found = self._connection.execute(
                "SELECT episode FROM episodes WHERE run = ? AND seconds = ? AND steps = ?",
                (self.number, seconds, steps),
            ).fetchone()
        return None if found is None else int(found[0])

    def keep(self, materials: Mapping[tuple[str, str], Any]) -> None:
        """Stores what the run is played with, see ``eval.results.materials``; what is there already stays.

        Raises:
            ResultsError: see ``add``.
        """
        with explained(self.path), written(self._connection):
            store_materials(self._connection, self.number, materials)

    def add(self, result: EpisodeResult) -> None:
        """Stores an episode and its transcript, in a transaction of their own.

        An episode that is stored already stays as it is: two processes that continue the same run
        at once waste work and double nothing. Only one that is ``unanswered`` or damaged gives way.

        Raises:
            ResultsError: the file is locked, or the disk full, or the score is no finite number; the
                episodes before are safe.
        """
        row = row_of(self.number, result)
        damaged = [old for old in self._damaged if old.key == row.key]
        try:
            if not damaged and not (self._transcripts and result.transcript):
                # a single statement outside of a transaction is one
                self._connection.execute(INSERT, row)
                return
            with written(self._connection):
                self._forget(damaged)
                # another process's episode keeps its own transcript
                if self._connection.execute(INSERT, row).rowcount and self._transcripts and result.transcript:
                    add_transcript(self._connection, self.number, result)
        except (sqlite3.Error, OverflowError) as error:
            raise explain(self.path, error) from error

    def finish(self, *, replaced: bool = True) -> None:
        """Marks the run as complete.

        Args:
            replaced: whether all episodes are there, so that nothing of damaged rows is of use any more.
        """
        with explained(self.path), written(self._connection):
            if replaced:
                self._forget(list(self._damaged))
            self._connection.execute(
                "UPDATE runs SET finished = ? WHERE id = ? AND finished IS NULL", (now(), self.number)
            )

    def _forget(self, rows: Sequence[Damaged]) -> None:
        """Deletes damaged rows, unless another process has done so and put others there."""
        for old in rows:
            found = row_at(self._connection, old.place, self.number, old.key)
            if isinstance(found, Damaged):
                self._connection.execute("DELETE FROM episodes WHERE rowid = ?", (old.place,))
            self._damaged.remove(old)


def is_unanswered(key: Key, tally: Tally) -> bool:
    """Whether every decision of a language model was degraded in an episode."""
    return tally.unanswered and (asks_models(key[1]) or asks_models(key[2]))


@contextmanager
def open_run(
    path: Path,
    configuration: Mapping[str, Any],
    *,
    command: Sequence[str] = (),
    force_new: bool = False,
    beside_others: bool = False,
    transcripts: bool = True,
    extend: bool = False,
) -> Iterator[Run]:
    """The run of a configuration: the one that is in the file, to be continued, or a new one.

    Args:
        path: the results file; made where it does not exist.
        configuration: everything that the episodes depend on, JSON-serialisable.
        command: the command line, kept for whoever reads the file.
        force_new: whether to begin a new run whatever the file holds.
        beside_others: whether to begin one where the file holds runs of other configurations only.
        transcripts: whether transcripts of episodes with language models are stored with them.
        extend: whether the latest run that asked for a part of this one becomes this one, see
            ``eval.results.extending``.

    Raises:
        ResultsError: the file holds runs of other configurations only; or it cannot be used, or is damaged.
    """
    check_numbers(configuration)
    connection = open_for_writing(path)
    try:
        with explained(path), written(connection):
            number, notes = find_or_begin(
                connection,
                path,
                configuration,
                Beginning(force_new=force_new, beside_others=beside_others, extend=extend),
            )
            session = (number, now(), json.dumps(list(command)), canonical(package_versions()))
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", (*session, checksum("sessions", session))
            )
        run = Run(connection, path, number, notes, transcripts=transcripts)
        if run.damaged:
            run.notes += (f"{run.damaged} stored episodes are damaged and are played again",)
        yield run
    finally:
        connection.close()
