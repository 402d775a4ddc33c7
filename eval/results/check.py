"""Whether a results file is as it was written, and a new file of all that is whole in one that is not."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.play import RecordError
from eval.results.checksums import checksum
from eval.results.database import (
    SCHEMA_VERSION,
    DamagedFileError,
    ResultsError,
    columns_there,
    explain,
    explained,
    has_table,
    integrity_problems,
    make_schema,
    read_results,
)
from eval.results.materials import RUN, read_runs, run_of, unpacked, whole_material, written
from eval.results.rows import COLUMNS, INSERT, Damaged, Found, Row, all_rows
from eval.results.salvage import Record, salvaged
from eval.results.transcripts import INSERT_TRANSCRIPT, make_table, unpack

_PROBLEMS = 20
_OLDEST_COLUMNS = COLUMNS.index("decisions")
_REALS = [COLUMNS.index(name) for name in ("score", "cost", "seconds")]


@dataclass(slots=True)
class Checked:
    """What there is in a results file, and what is wrong with it.

    Attributes:
        whole: run -> how many of its episodes are as they were written.
        damaged: the others.
        problems: what else is damaged, a sentence each.
    """

    whole: dict[int, int] = field(default_factory=dict)
    damaged: list[Damaged] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damaged and not self.problems


@dataclass(slots=True)
class Repaired:
    """What was saved of a damaged file.

    Attributes:
        episodes: run -> how many episodes.
        transcripts: how many transcripts.
        without: numbers of runs whose configuration is lost; what was played is told by their episodes.
        copy: the damaged file, which is kept.
    """

    episodes: dict[int, int]
    transcripts: int
    without: list[int]
    copy: Path


def check(path: Path) -> Checked:
    """Looks through a results file: its structure, every episode, transcript and material.

    Raises:
        ResultsError: there is no such file, or it is locked, empty or of another version or program.
    """
    found = Checked()
    try:
        with read_results(path) as connection:
            found.problems += [f"structure: {line}" for line in integrity_problems(connection, _PROBLEMS)]
            for run in read_runs(connection, path):
                rows = Found(0, [])
                found.whole[run.number] = sum(1 for _ in all_rows(connection, run.number, rows))
                found.damaged += [row for row in rows.damaged if row not in found.damaged]
            found.problems += [*_problems_of_runs(connection), *_problems_of_contents(connection)]
    except DamagedFileError as error:
        found.problems.append(str(error))
    return found


def _problems_of_runs(connection: sqlite3.Connection) -> Iterator[str]:
    columns = columns_there(connection, "runs", ("id", "configuration", "begun", "checksum"))
    for row in connection.execute(f"SELECT {columns} FROM runs"):  # noqa: S608 - names of columns
        if run_of(*row) is None:
            yield f"run {row[0]}: what was asked for is damaged, and read from a copy"
    columns = columns_there(connection, "sessions", ("run", "begun", "command", "versions", "checksum"))
    for *row, total in connection.execute(f"SELECT {columns} FROM sessions"):  # noqa: S608 - names of columns
        if total is not None and total != checksum("sessions", row):
            yield f"run {row[0]}: a session (command line and versions) is damaged"


def _problems_of_contents(connection: sqlite3.Connection) -> Iterator[str]:
    """Of materials and transcripts."""
    if has_table(connection, "materials"):
        for row in connection.execute("SELECT * FROM materials NOT INDEXED"):
            if whole_material(*row) is None:
                yield f"run {row[0]}: what was stored of {row[1]} {row[2]!r} is damaged"
    if has_table(connection, "transcripts"):
        for *row, entries in connection.execute(
            "SELECT run, task, agent, partner, episode, entries FROM transcripts NOT INDEXED"
        ):
            if problem := _no_transcript(entries):
                yield f"run {row[0]}: the transcript of {tuple(row[1:])} is damaged ({problem})"


def _no_transcript(entries: Any) -> str:
    """Why the bytes are no transcript; empty where they are one."""
    try:
        unpack(entries)
    except RecordError as error:
        return str(error)
    return ""


def repair(path: Path) -> Repaired:
    """Puts a new file with all that is whole in the place of a damaged one, which is kept beside it.

    Raises:
        ResultsError: there is no such file, another process writes to it, nothing in it is of this program,
            or the disk is full; the file is as it was then.
    """
    if not path.is_file():
        raise ResultsError(f"there is no results file {str(path)!r}")
    copy = _free(path)
    fresh = path.with_name(f"{path.name}.repairing")
    try:
        with _locked(path):
            for ending in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copy(f"{path}{ending}", f"{copy}{ending}")
        fresh.unlink(missing_ok=True)
        with explained(fresh), closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
            found = _save(copy, connection)
        _put(fresh, path, found)
    except BaseException as error:
        for file in (fresh, copy, Path(f"{copy}-wal")):
            file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ResultsError(f"cannot repair {str(path)!r}: {error.strerror}") from error
        raise
    return found


def _put(fresh: Path, path: Path, found: Repaired) -> None:
    """The new file in the place of the old."""
    if not found.episodes:
        raise ResultsError(f"no episode of this program was found in {str(path)!r}; restore it from a copy")
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    fresh.replace(path)


def _locked(path: Path) -> closing[sqlite3.Connection]:
    """Keeps others from writing for as long as the block lasts, where the file can be opened at all."""
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            connection.close()
            raise explain(path, error) from error
    return closing(connection)


def _free(path: Path) -> Path:
    """A name for the damaged file that nothing has."""
    name, n = path.with_name(f"{path.name}.damaged"), 1
    while name.exists():
        n += 1
        name = path.with_name(f"{path.name}.damaged-{n}")
    return name


def _save(damaged: Path, connection: sqlite3.Connection) -> Repaired:
    """Writes all that is whole into an empty database."""
    connection.execute("PRAGMA journal_mode=WAL")
    transcripts: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    runs: dict[int, tuple[str, str, str | None]] = {}
    copies: dict[int, tuple[str, str, str | None]] = {}
    sessions: dict[tuple[Any, ...], None] = {}
    with written(connection):
        make_schema(connection)
        for record in salvaged(damaged):
            values = record.values
            if (row := _episode(values)) is not None:
                connection.execute(INSERT, row)
            elif (known := _run(record)) is not None:
                runs[record.place] = known
            elif _is_material(values):
                connection.execute("INSERT OR REPLACE INTO materials VALUES (?, ?, ?, ?, ?)", values)
                if values[1] == RUN:
                    content = unpacked(values[3])
                    copies[values[0]] = (
                        json.dumps(content["configuration"], sort_keys=True),
                        content["begun"],
                        None,
                    )
            elif _is_session(values):
                sessions[(*values, None)[:5]] = None
            elif _is_transcript(values):
                transcripts[values[:5]] = values
        numbers = [n for (n,) in connection.execute("SELECT DISTINCT run FROM episodes ORDER BY run")]
        kept, without = {**copies, **runs}, [n for n in numbers if n not in {**copies, **runs}]
        for number in sorted({*kept, *numbers}):
            _write_run(connection, number, kept.get(number) or _by_episodes(connection, number))
        for session in sessions:
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", session)
        saved = _write_transcripts(connection, transcripts.values())
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    counts = dict(connection.execute("SELECT run, count(*) FROM episodes GROUP BY run"))
    return Repaired(counts, saved, without, damaged)


def _write_run(connection: sqlite3.Connection, number: int, known: tuple[str, str, str | None]) -> None:
    text, begun, finished = known
    row = (number, text, begun)
    connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (*row, finished, checksum("runs", row)))


def _by_episodes(connection: sqlite3.Connection, number: int) -> tuple[str, str, None]:
    """What a run asked for as far as its episodes tell."""
    matrices: dict[str, dict[str, list[str]]] = {}
    rows = connection.execute(
        "SELECT task, agent, partner, max(episode), seed FROM episodes WHERE run = ? GROUP BY 1, 2, 3",
        (number,),
    ).fetchall()
    for task, agent, partner, *_ in rows:
        asked = matrices.setdefault(task, {"agents": [], "partners": []})
        for side, name in (("agents", agent), ("partners", partner)):
            asked[side] += [name] if name not in asked[side] else []
    configuration = {"kind": "recovered", "matrices": matrices, "seed": rows[0][4]}
    return json.dumps(configuration, sort_keys=True), "", None


def _write_transcripts(connection: sqlite3.Connection, rows: Any) -> int:
    """Stores those of episodes that are there, and counts them."""
    saved = 0
    for row in rows:
        if not saved:
            make_table(connection)
        there = connection.execute(
            "SELECT 1 FROM episodes WHERE (run, task, agent, partner, episode) = (?, ?, ?, ?, ?)", row[:5]
        ).fetchone()
        if there:
            connection.execute(INSERT_TRANSCRIPT, row)
            saved += 1
    return saved


def _episode(values: tuple[Any, ...]) -> Row | None:
    """The row of an episode, with a checksum also where a release before wrote it without."""
    if not _OLDEST_COLUMNS <= len(values) <= len(COLUMNS) or not isinstance(values[1], str):
        return None
    padded = [*values, *[None] * (len(COLUMNS) - len(values))]
    for at in _REALS:
        # SQLite stores whole numbers as such
        padded[at] = float(padded[at]) if isinstance(padded[at], int) else padded[at]
    row = Row(*padded)
    return None if row.problem() else row.sealed()


def _run(record: Record) -> tuple[str, str, str | None] | None:
    if len(record.values) not in (4, 5) or record.values[0] is not None:
        return None
    _, text, begun, finished, total = (*record.values, None)[:5]
    return None if run_of(record.place, text, begun, total) is None else (text, begun, finished)


def _is_material(values: tuple[Any, ...]) -> bool:
    return len(values) == 5 and isinstance(values[3], bytes) and whole_material(*values) is not None


def _is_session(values: tuple[Any, ...]) -> bool:
    if len(values) not in (4, 5) or not all(isinstance(text, str) for text in values[1:4]):
        return False
    total = (*values, None)[4]
    return isinstance(values[0], int) and (total is None or total == checksum("sessions", values[:4]))


def _is_transcript(values: tuple[Any, ...]) -> bool:
    return len(values) == 8 and isinstance(values[7], bytes) and not _no_transcript(values[7])
