"""Rows of episodes as they are read: each verified, and those that are damaged named and left out."""

from __future__ import annotations

import json
import math
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from eval.play import EpisodeResult, Key, RecordError, Tally, read_record
from eval.results.checksums import checksum
from eval.results.database import NOT_DAMAGE, ResultsError, check_command, columns_there
from eval.results.tallies import tally_of

TABLE = "episodes"
_NAMED = 3
_ORDER = ("task", "agent", "partner", "episode")


class DamageWarning(UserWarning):
    """Episodes of a results file are damaged, and left out."""


class Row(NamedTuple):
    """A row of the table of episodes; see the schema in ``eval.results.database``."""

    run: int
    task: str
    agent: str
    partner: str
    episode: int
    seed: int
    seat: int
    score: float
    scores: str
    n_steps: int
    steps: bytes
    degraded: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    seconds: float
    decisions: int | None
    repaired: int | None
    truncated: int | None
    checksum: int | None = None

    @property
    def key(self) -> Key:
        """(task, agent, partner, episode)."""
        return (self.task, self.agent, self.partner, self.episode)

    @property
    def tally(self) -> Tally:
        """What its decisions were like."""
        columns = (
            self.seat,
            self.scores,
            self.n_steps,
            self.degraded,
            self.decisions,
            self.repaired,
            self.truncated,
        )
        return tally_of(self.agent, self.partner, columns)

    def sealed(self) -> Row:
        """The same with its checksum."""
        return self._replace(checksum=_sum_of(self))

    def problem(self) -> str:
        """What is wrong with it, in words; empty where it is whole.

        Rows of files of before have no checksum; they are whole where they can be read.
        """
        if self.checksum is not None:
            return "" if self.checksum == _sum_of(self) else "its checksum does not fit"
        return _unreadable(self)


COLUMNS = Row._fields
_STEPS = COLUMNS.index("steps")


class Damaged(NamedTuple):
    """A row that is damaged.

    Attributes:
        place: the row's number in the table.
        run: which run it says that it is of.
        key: which episode it says that it is.
        problem: what is wrong with it, in words.
    """

    place: int
    run: int
    key: Key
    problem: str

    def __str__(self) -> str:
        task, agent, partner, episode = self.key
        return f"episode {episode} of {agent!r} with {partner!r} on {task!r} ({self.problem})"


@dataclass(slots=True)
class Found:
    """What a reading of rows came to, filled while it goes on.

    Attributes:
        whole: how many rows are as they were written.
        damaged: the others.
    """

    whole: int
    damaged: list[Damaged]


INSERT = f"""INSERT INTO {TABLE} ({", ".join(COLUMNS)}) VALUES ({", ".join("?" * len(COLUMNS))})
ON CONFLICT DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in COLUMNS[COLUMNS.index("seed") :])}
WHERE episodes.degraded > 0 AND episodes.degraded >= coalesce(episodes.decisions, episodes.degraded)"""  # noqa: S608 - names of columns
"""Stores a row; one that is there gives way where every decision in it was degraded."""


def row_of(run: int, result: EpisodeResult) -> Row:
    """The row of an episode, with its checksum.

    Raises:
        ResultsError: the score is no finite number.
    """
    unit, totals, tally, usage = result.unit, result.totals, result.tally, result.totals.usage
    if not math.isfinite(result.score):
        raise ResultsError(
            f"episode {unit.episode} of {unit.agent!r} with {unit.partner!r} on {unit.task!r} has the score "
            f"{result.score}, which is no finite number; make the payoffs smaller"
        )
    head = (
        run,
        *unit.key,
        unit.seed,
        unit.seat,
        # as SQLite gives it back: no whole number, and no zero with a sign
        float(result.score) + 0.0,
        json.dumps(result.scores),
        totals.steps,
    )
    tail = (
        totals.degraded,
        usage.calls,
        usage.prompt_tokens,
        usage.completion_tokens,
        None if usage.cost is None else float(usage.cost) + 0.0,
        float(result.seconds) + 0.0,
        tally.decisions,
        tally.repaired,
        tally.truncated,
    )
    return Row(*head, result.steps, *tail, checksum(TABLE, (*head, *tail), result.steps))


def all_rows(connection: sqlite3.Connection, run: int, found: Found) -> Iterator[Row]:
    """The whole rows of a run, in the order of task, agent, partner and number.

    Args:
        connection: to the file.
        run: the run's number.
        found: told of every row; one of no run there is counts as a damaged one of this.
    """
    before, select = None, _select(connection)
    for key, place in _places(connection, run):
        row = row_at(connection, place, run, key, select)
        if isinstance(row, Row) and key == before:
            row = Damaged(place, run, key, "it is there twice")
        if isinstance(row, Damaged):
            found.damaged.append(row)
            continue
        before = key
        found.whole += 1
        yield row


def sound_rows(
    path: Path, connection: sqlite3.Connection, run: int, asked: int | None = None
) -> Iterator[Row]:
    """``all_rows``, and at their end one warning that names those that are damaged.

    Args:
        path, connection: the file.
        run: the run's number.
        asked: how many rows there should be; None where that is not known.

    Raises:
        ResultsError: the file is damaged where it says what is where.

    Warns:
        DamageWarning: some are damaged, or missing.
    """
    found = Found(0, [])
    yield from all_rows(connection, run, found)
    missing = 0 if asked is None else max(0, asked - found.whole - len(found.damaged))
    if found.damaged or missing:
        warnings.warn(damage_words(path, run, found, missing), DamageWarning, stacklevel=3)


def chosen_rows(
    path: Path, connection: sqlite3.Connection, run: int, chosen: Mapping[str, Any]
) -> Iterator[Row]:
    """Some rows of a run, found by the table's index, in the order of ``all_rows``.

    Args:
        path, connection: the file.
        run: the run's number.
        chosen: name of a column of the key -> value.

    Raises:
        ResultsError: the file is damaged where it says what is where.

    Warns:
        DamageWarning: some are damaged, and left out.
    """
    where = "".join(f" AND {name} = ?" for name in chosen)
    key_columns = ", ".join(_ORDER)
    places = connection.execute(
        f"SELECT rowid, {key_columns} FROM main.{TABLE} WHERE run = ?{where} ORDER BY {key_columns}",  # noqa: S608 - names of columns
        (run, *chosen.values()),
    ).fetchall()
    found = Found(0, [])
    for place, *key in places:
        row = row_at(connection, place, run, (key[0], key[1], key[2], key[3]))
        if isinstance(row, Damaged):
            found.damaged.append(row)
            continue
        found.whole += 1
        yield row
    if found.damaged:
        warnings.warn(damage_words(path, run, found), DamageWarning, stacklevel=3)


def damage_words(path: Path, run: int, found: Found, missing: int = 0) -> str:
    """A sentence that counts the damaged episodes of a run, names the first, and says what to do."""
    n, total = len(found.damaged), len(found.damaged) + found.whole + missing
    parts = []
    if n:
        shown = "; ".join(map(str, found.damaged[:_NAMED])) + ("; …" if n > _NAMED else "")
        parts.append(f"{n} {'is' if n == 1 else 'are'} damaged and left out: {shown}")
    if missing:
        parts.append(f"{missing} {'is' if missing == 1 else 'are'} missing, though the run was finished")
    return (
        f"of the {total} episodes in run {run} of {str(path)!r} {', and '.join(parts)}. The command that "
        f"played the run plays them again; {check_command(path)} says more"
    )


def _places(connection: sqlite3.Connection, run: int) -> list[tuple[Key, int]]:
    """(key, row number) of a run's rows in order, from the table itself: its index may be damaged too."""
    runs = {number for (number,) in connection.execute("SELECT id FROM runs")}
    rows = connection.execute(
        f"SELECT rowid, run, {', '.join(_ORDER)} FROM main.{TABLE} NOT INDEXED"  # noqa: S608 - names of columns
    )
    # as text and number: a damaged key may be of any type
    places = [
        ((str(task), str(agent), str(partner), episode if isinstance(episode, int) else -1), place)
        for place, of, task, agent, partner, episode in rows
        if of == run or of not in runs
    ]
    return sorted(places)


def _select(connection: sqlite3.Connection) -> str:
    columns = columns_there(connection, TABLE, COLUMNS)
    return f"SELECT {columns} FROM main.{TABLE} WHERE rowid = ?"  # noqa: S608 - names of columns


def row_at(connection: sqlite3.Connection, place: int, run: int, key: Key, select: str = "") -> Row | Damaged:
    """The row of a number in the table, verified; ``run`` and ``key`` are what it is said to be of."""
    try:
        values = connection.execute(select or _select(connection), (place,)).fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in NOT_DAMAGE:
            raise
        return Damaged(place, run, key, str(error))
    if values is None:
        return Damaged(place, run, key, "its place in the table is lost")
    row = Row(*values)
    problem = row.problem() or ("" if row.run == run else f"it says that it is of run {row.run}")
    return Damaged(place, run, key, problem) if problem else row


def _sum_of(row: Sequence[Any]) -> int:
    steps = row[_STEPS]
    blob = steps if isinstance(steps, bytes) else b""
    return checksum(TABLE, (*row[:_STEPS], *row[_STEPS + 1 : -1]), blob)


def _unreadable(row: Row) -> str:
    """Why a row without a checksum cannot be read."""
    numbers = (row.episode, row.seed, row.seat, row.n_steps, row.degraded, row.calls)
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        return "a number of it is none"
    if not isinstance(row.score, float) or not math.isfinite(row.score) or not isinstance(row.steps, bytes):
        return "its score or its steps are none"
    try:
        scores = json.loads(row.scores)
        steps = read_record(row.steps)
        if row.seat >= len(scores) or list(scores.values())[row.seat] != row.score:
            return "its scores do not agree"
        if row.steps and len(steps) != row.n_steps:
            return "its steps are not as many as it says"
    except (RecordError, ValueError, TypeError, AttributeError) as error:
        return str(error)
    return ""
