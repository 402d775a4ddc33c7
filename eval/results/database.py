"""The results file itself: its schema, and how to open it for writing or for reading.

SQLite in write-ahead mode: a transaction that was not committed when a process died has left
nothing, and others may read while a sweep writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

APPLICATION_ID = 0x41546F4D
"""Marks the file as ours in SQLite's header ("AToM")."""
SCHEMA_VERSION = 3
_BEFORE_TALLIES = 2
"""The version without the columns ``_TALLY``; such files are read as they are, and get them once written."""
_BUSY_SECONDS = 10.0

_SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    configuration TEXT NOT NULL,    -- JSON: everything that the episodes depend on
    begun TEXT NOT NULL,            -- ISO 8601, UTC
    finished TEXT                   -- NULL while episodes are missing
);
CREATE TABLE sessions (             -- one for every time that a run was begun or continued
    run INTEGER NOT NULL REFERENCES runs(id),
    begun TEXT NOT NULL,
    command TEXT NOT NULL,          -- JSON: the command line
    versions TEXT NOT NULL          -- JSON: package -> version
);
CREATE TABLE episodes (
    run INTEGER NOT NULL REFERENCES runs(id),
    task TEXT NOT NULL,
    agent TEXT NOT NULL,
    partner TEXT NOT NULL,
    episode INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    seat INTEGER NOT NULL,          -- the agent's, counted from 0
    score REAL NOT NULL,            -- the agent's
    scores TEXT NOT NULL,           -- JSON: player -> score
    n_steps INTEGER NOT NULL,
    steps BLOB NOT NULL,            -- a record, see eval.play.record
    degraded INTEGER NOT NULL,      -- how many decisions were
    calls INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost REAL,                      -- US dollars; NULL where a price is unknown
    seconds REAL NOT NULL,
    decisions INTEGER,              -- how many are counted, see eval.play.tally; NULL in files of before
    repaired INTEGER,               -- in how many of them a model was asked again; NULL as above
    truncated INTEGER,              -- in how many a reply ended by its limit of tokens; NULL as above
    PRIMARY KEY (run, task, agent, partner, episode)
);
"""

_TALLY = ("decisions", "repaired", "truncated")


class ResultsError(ValueError):
    """A results file that cannot be used; the message names the file and what to do."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection to ``path``, which is made where it does not exist.

    Raises:
        ResultsError: no results file, of another version, locked, read-only, or on a full disk.
    """
    if not path.parent.is_dir():
        raise ResultsError(f"cannot write {str(path)!r}: there is no directory {str(path.parent)!r}")
    with explained(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if not _is_new(connection):
        _check(connection, path)
    connection.execute("PRAGMA journal_mode=WAL")
    # A commit survives the death of the process; a power cut may cost the last ones, never the file.
    connection.execute("PRAGMA synchronous=NORMAL")
    # pages: the log goes into the file every 16 MiB, since each time waits for the disk
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    # proves that the file can be written before any work is done
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_new(connection):
            # not executescript, which would commit the transaction before it begins
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        elif _version(connection) == _BEFORE_TALLIES:
            for column in _TALLY:
                connection.execute(f"ALTER TABLE episodes ADD COLUMN {column} INTEGER")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        rollback(connection)
        raise


@contextmanager
def read_results(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, closed at the end; a sweep may go on meanwhile.

    Raises:
        ResultsError: there is no such file, it holds no results, or it is of another version.
    """
    if not path.is_file():
        raise ResultsError(f"there is no results file {str(path)!r}; crossplay --results FILE makes one")
    with explained(path), closing(_reader(path)) as connection:
        if _is_new(connection) or not connection.execute("SELECT 1 FROM runs").fetchone():
            raise ResultsError(f"the results file {str(path)!r} is empty; crossplay --results FILE fills it")
        yield connection


def _reader(path: Path) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    # Opened for writing where that is allowed: a read-only connection leaves its index files behind.
    connection = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
    try:
        if not _is_new(connection):
            _check(connection, path)
            _show_tallies(connection)
        connection.execute("PRAGMA query_only=ON")
    except sqlite3.OperationalError as error:
        connection.close()
        unreadable = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not unreadable or path.with_name(path.name + "-wal").exists():
            raise
        # a finished file in a directory that nobody may write to, where SQLite cannot put its index
        connection = sqlite3.connect(f"{uri}?immutable=1", uri=True)
        _check(connection, path)
        _show_tallies(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _show_tallies(connection: sqlite3.Connection) -> None:
    """Gives the episodes of an older file the columns that it lacks, for this connection alone."""
    if _version(connection) == _BEFORE_TALLIES:
        missing = ", ".join(f"NULL AS {column}" for column in _TALLY)
        connection.execute(f"CREATE TEMP VIEW episodes AS SELECT *, {missing} FROM main.episodes")  # noqa: S608 - columns


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_new(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()


def _check(connection: sqlite3.Connection, path: Path) -> None:
    ours = connection.execute("PRAGMA application_id").fetchone()[0]
    version = _version(connection)
    if ours != APPLICATION_ID:
        raise ResultsError(f"{str(path)!r} is a database of something else; choose another file for results")
    if version not in (_BEFORE_TALLIES, SCHEMA_VERSION):
        raise ResultsError(
            f"the results file {str(path)!r} has version {version} and this program reads version "
            f"{SCHEMA_VERSION}; choose another file, or use the release that wrote it"
        )


def rollback(connection: sqlite3.Connection) -> None:
    """Ends a transaction without trace, where SQLite has not done so itself."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


_LOCKED = "another process has locked it; wait for that or end it, then run the same command again"
_NOT_WRITABLE = "it cannot be written to; change its permissions or choose another file"
_EXPLANATIONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and run the same command again to continue",
    sqlite3.SQLITE_IOERR: "the disk takes no more (full, over a quota or a limit, or faulty); make room and "
    "run the same command again to continue",
    sqlite3.SQLITE_READONLY: _NOT_WRITABLE,
    sqlite3.SQLITE_PERM: _NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the path and the permissions of file and directory",
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_NOTADB: "it is no results file; choose another file",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a copy or choose another file",
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors within the block into ``ResultsError``."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error


def explain(path: Path, error: sqlite3.Error) -> Exception:
    """The ``ResultsError`` that says what to do about ``error``; the error itself where nothing is known."""
    code = getattr(error, "sqlite_errorcode", None)
    # the lower byte is the kind of the error, the rest its particulars
    reason = None if code is None else _EXPLANATIONS.get(code & 0xFF)
    return error if reason is None else ResultsError(f"the results file {str(path)!r}: {reason} ({error})")
