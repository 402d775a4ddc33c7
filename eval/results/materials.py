"""What a run was played with, stored beside its episodes, so that whoever reads them reads nothing else.

A material has a kind and a name: ``("run", "")`` is a copy of the run's configuration; ``("task", NAME)`` is
all that is known of a task; ``("player", NAME)`` of a player. All are plain data, see
``eval.play.materials``.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from eval.play import RecordError, inflated
from eval.results.checksums import checksum
from eval.results.database import ResultsError, columns_there, damaged_file, has_table

RUN, TASK, PLAYER = "run", "task", "player"
MOST_BYTES = 64 * 1024 * 1024
"""The JSON of a material at most: a game of two players with 1,000 actions each takes a third."""

_ADD = "INSERT OR IGNORE INTO materials VALUES (?, ?, ?, ?, ?)"
_REPLACE = "INSERT OR REPLACE INTO materials VALUES (?, ?, ?, ?, ?)"


class KnownRun(NamedTuple):
    """A row of the table of runs.

    Attributes:
        number: the run's number.
        configuration: everything that the episodes depend on.
        begun, finished: see the schema.
        episodes: how many rows of episodes there are, whole or not.
    """

    number: int
    configuration: dict[str, Any]
    begun: str
    finished: str | None
    episodes: int


def packed(content: Any) -> bytes:
    """The bytes that ``unpacked`` reads.

    Raises:
        ResultsError: more than ``MOST_BYTES``.
    """
    data = json.dumps(content, separators=(",", ":")).encode("ascii")
    if len(data) > MOST_BYTES:
        raise ResultsError(
            f"what is stored with a run takes {len(data):,} bytes, and at most {MOST_BYTES:,} fit; play a "
            "smaller game, or without --results"
        )
    return zlib.compress(data, 6)


def unpacked(data: bytes) -> Any:
    """The plain data of ``packed``.

    Raises:
        RecordError: the bytes are damaged, or hold more than ``MOST_BYTES``.
    """
    try:
        return json.loads(inflated(data, MOST_BYTES))
    except (ValueError, TypeError, RecursionError) as error:
        raise RecordError(str(error)) from None


def store_material(
    connection: sqlite3.Connection, run: int, key: tuple[str, str], content: Any, *, replace: bool = False
) -> None:
    """Stores a material within the transaction that is open; one that is there stays, unless replaced."""
    blob = packed(content)
    row = (run, *key)
    connection.execute(
        _REPLACE if replace else _ADD,
        (*row, blob, checksum("materials", row, blob)),
    )


def store_materials(
    connection: sqlite3.Connection, run: int, materials: Mapping[tuple[str, str], Any]
) -> None:
    """Stores those that are not there yet, or damaged, within the transaction that is open."""
    there = read_materials(connection, run)
    for key, content in materials.items():
        if key not in there:
            store_material(connection, run, key, content, replace=True)


def read_materials(connection: sqlite3.Connection, run: int, kind: str = "") -> dict[tuple[str, str], Any]:
    """(kind, name) -> content of the materials of a run that are whole; of one kind, or of all."""
    if not has_table(connection, "materials"):
        return {}
    rows = connection.execute(
        "SELECT kind, name, content, checksum FROM materials NOT INDEXED WHERE run = ?", (run,)
    )
    found = {}
    for row in rows:
        if kind in ("", row[0]) and (content := whole_material(run, *row)) is not None:
            found[row[0], row[1]] = content
    return found


def whole_material(run: int, kind: Any, name: Any, blob: Any, total: Any) -> Any:
    """The content of a row of materials; None where it is damaged."""
    if not isinstance(blob, bytes) or checksum("materials", (run, kind, name), blob) != total:
        return None
    try:
        return unpacked(blob)
    except RecordError:
        return None


def read_runs(connection: sqlite3.Connection, path: Path) -> list[KnownRun]:
    """The runs of a file, in the order of their numbers.

    Raises:
        DamagedFileError: one is damaged, and so is the copy of it.
    """
    columns = columns_there(connection, "runs", ("id", "configuration", "begun", "finished", "checksum"))
    rows = connection.execute(f"SELECT {columns} FROM runs ORDER BY id").fetchall()  # noqa: S608 - columns
    counts = dict(connection.execute("SELECT run, count(*) FROM episodes GROUP BY run"))
    runs = []
    for number, text, begun, finished, total in rows:
        found = run_of(number, text, begun, total) or read_materials(connection, number, RUN).get((RUN, ""))
        if found is None:
            raise damaged_file(path, f"what was asked for in run {number} cannot be read")
        whole = str(finished) if isinstance(finished, str) else None
        runs.append(KnownRun(number, found["configuration"], found["begun"], whole, counts.get(number, 0)))
    return runs


def run_of(number: Any, text: Any, begun: Any, total: Any) -> dict[str, Any] | None:
    """The configuration and the beginning of a row of runs; None where it is damaged."""
    if total is not None and total != checksum("runs", (number, text, begun)):
        return None
    try:
        configuration = json.loads(text)
        # all readers look for these
        _ = [(asked["agents"], asked["partners"]) for asked in configuration["matrices"].values()]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return {"configuration": configuration, "begun": str(begun)}


def latest_session(connection: sqlite3.Connection, run: int) -> tuple[dict[str, str], list[str]]:
    """Package -> version, and the command line, of the latest session that is whole; empty where none is."""
    columns = columns_there(connection, "sessions", ("begun", "command", "versions", "checksum"))
    rows = connection.execute(
        f"SELECT {columns} FROM sessions WHERE run = ? ORDER BY rowid DESC",  # noqa: S608 - columns
        (run,),
    )
    for begun, command, versions, total in rows:
        if total is not None and total != checksum("sessions", (run, begun, command, versions)):
            continue
        try:
            return dict(json.loads(versions)), [str(word) for word in json.loads(command)]
        except (ValueError, TypeError, RecursionError):
            continue
    return {}, []


@contextmanager
def written(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes: all within the block, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
