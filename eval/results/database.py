"""The results file itself: its schema, and how to open it for writing or for reading.

SQLite in write-ahead mode: a transaction that was not committed when a process died has left
nothing, and others may read while a sweep writes.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from partners.program import command_line, program

APPLICATION_ID = 0x41546F4D
"""Marks the file as ours in SQLite's header ("AToM")."""
SCHEMA_VERSION = 4
_OLDEST = 2
"""Files from this version on are read as they are, and get what they lack once they are written to."""
_NEVER = 100
"""No release has versions from this one on; a header that says so is damaged."""
_BUSY_SECONDS = 10.0

_SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    configuration TEXT NOT NULL,    -- JSON: everything that the episodes depend on
    begun TEXT NOT NULL,            -- ISO 8601, UTC
    finished TEXT,                  -- NULL while episodes are missing
    checksum INTEGER                -- see eval.results.checksums, as below; NULL in files of before
);
CREATE TABLE sessions (             -- one for every time that a run was begun or continued
    run INTEGER NOT NULL REFERENCES runs(id),
    begun TEXT NOT NULL,
    command TEXT NOT NULL,          -- JSON: the command line
    versions TEXT NOT NULL,         -- JSON: package -> version
    checksum INTEGER
);
CREATE TABLE materials (            -- what a run was played with, so that nothing else has to be read
    run INTEGER NOT NULL REFERENCES runs(id),
    kind TEXT NOT NULL,             -- see eval.results.materials
    name TEXT NOT NULL,
    content BLOB NOT NULL,          -- JSON, zlib-compressed
    checksum INTEGER NOT NULL,
    PRIMARY KEY (run, kind, name)
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
    checksum INTEGER,
    PRIMARY KEY (run, task, agent, partner, episode)
);
"""

_ADDED = {
    "episodes": {"decisions": 3, "repaired": 3, "truncated": 3, "checksum": 4},
    "runs": {"checksum": 4},
    "sessions": {"checksum": 4},
}
"""Table -> column -> the version that it came with; all of them INTEGER, and NULL in rows of before."""


class ResultsError(ValueError):
    """A results file that cannot be used; the message names the file and what to do."""


class DamagedFileError(ResultsError):
    """A results file whose structure is damaged; ``repair`` saves what is whole."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection to ``path``, which is made where it does not exist, and is looked through where it does.

    Raises:
        ResultsError: no results file, of another version, locked, read-only, damaged, or on a full disk.
    """
    if not path.parent.is_dir():
        raise ResultsError(f"cannot write {str(path)!r}: there is no directory {str(path.parent)!r}")
    with explained(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.text_factory = lenient
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if not _is_new(connection):
        _check(connection, path)
        # before anything is played: what cannot be stored is not worth playing
        if problems := integrity_problems(connection, 1):
            raise damaged_file(path, problems[0])
    connection.execute("PRAGMA journal_mode=WAL")
    # A commit survives the death of the process; a power cut may cost the last ones, never the file.
    connection.execute("PRAGMA synchronous=NORMAL")
    # pages: the log goes into the file every 16 MiB, since each time waits for the disk
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    # proves that the file can be written before any work is done
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_new(connection):
            make_schema(connection)
        elif _version(connection) < SCHEMA_VERSION:
            _bring_up(connection)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        rollback(connection)
        raise


def check_usable(path: Path) -> None:
    """Sees that results can be stored in a file, which is not made yet where it does not exist.

    Raises:
        ResultsError: see ``open_for_writing``; or the directory cannot be written to.
    """
    if path.exists():
        open_for_writing(path).close()
        return
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ResultsError(
            f"cannot write {str(path)!r}: {error.strerror}; choose another directory"
        ) from None


def make_schema(connection: sqlite3.Connection) -> None:
    """The tables of an empty file, within the transaction that is open."""
    # not executescript, which would commit the transaction before it begins
    for statement in _SCHEMA.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")


def _bring_up(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    for table, columns in _ADDED.items():
        for column, since in columns.items():
            if version < since:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER")
    materials = next(part for part in _SCHEMA.split(";\n") if "CREATE TABLE materials" in part)
    connection.execute(materials)


def columns_there(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> str:
    """The columns of a table for a SELECT; what files of before lack is NULL."""
    version, added = _version(connection), _ADDED.get(table, {})
    return ", ".join(c if added.get(c, 0) <= version else f"NULL AS {c}" for c in columns)


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the file has a table of this name."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone())


def lenient(raw: bytes) -> str:
    """Text as it is stored, with a mark for bytes that are none: checksums find those, and not SQLite."""
    return raw.decode("utf-8", "replace")


def integrity_problems(connection: sqlite3.Connection, most: int) -> list[str]:
    """What SQLite finds wrong with the structure of a file, in its words; nothing where it is sound."""
    try:
        rows = connection.execute(f"PRAGMA integrity_check({most})").fetchall()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in NOT_DAMAGE:
            raise
        return [str(error)]
    return [line for (line,) in rows if line != "ok"]


@contextmanager
def read_results(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, closed at the end; a sweep may go on meanwhile.

    Raises:
        ResultsError: there is no such file, it holds no results, or it is of another version.
    """
    if not path.is_file():
        raise ResultsError(
            f"there is no results file {str(path)!r}; {program()} crossplay --results FILE makes one"
        )
    with explained(path), closing(_reader(path)) as connection:
        if _is_new(connection) or not connection.execute("SELECT 1 FROM runs").fetchone():
            if has_table(connection, "episodes") and connection.execute("SELECT 1 FROM episodes").fetchone():
                raise damaged_file(path, "there are episodes, and no run that they are of")
            raise ResultsError(
                f"the results file {str(path)!r} is empty; {program()} crossplay --results FILE fills it"
            )
        yield connection


def _reader(path: Path) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    # Opened for writing where that is allowed: a read-only connection leaves its index files behind.
    connection = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
    connection.text_factory = lenient
    try:
        if not _is_new(connection):
            _check(connection, path)
            _show_added(connection)
        connection.execute("PRAGMA query_only=ON")
    except sqlite3.OperationalError as error:
        connection.close()
        unreadable = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not unreadable or path.with_name(path.name + "-wal").exists():
            raise
        # a finished file in a directory that nobody may write to, where SQLite cannot put its index
        connection = sqlite3.connect(f"{uri}?immutable=1", uri=True)
        connection.text_factory = lenient
        _check(connection, path)
        _show_added(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _show_added(connection: sqlite3.Connection) -> None:
    """Gives the episodes of an older file the columns that it lacks, for this connection alone."""
    version = _version(connection)
    missing = [column for column, since in _ADDED["episodes"].items() if version < since]
    if missing:
        nulls = ", ".join(f"NULL AS {column}" for column in missing)
        connection.execute(f"CREATE TEMP VIEW episodes AS SELECT *, {nulls} FROM main.episodes")  # noqa: S608 - columns


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_new(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()


def _check(connection: sqlite3.Connection, path: Path) -> None:
    ours = connection.execute("PRAGMA application_id").fetchone()[0]
    version = _version(connection)
    if ours != APPLICATION_ID or not 0 < version < _NEVER:
        if has_table(connection, "runs") and has_table(connection, "episodes"):
            raise damaged_file(path, f"its header says {ours:#x} and version {version}")
        raise ResultsError(f"{str(path)!r} is a database of something else; choose another file for results")
    if not _OLDEST <= version <= SCHEMA_VERSION:
        raise ResultsError(
            f"the results file {str(path)!r} has version {version} and this program reads version "
            f"{SCHEMA_VERSION}; choose another file, or use the release that wrote it"
        )


def check_command(path: Path) -> str:
    """The command line that verifies a file."""
    return command_line("check", str(path))


def damaged_file(path: Path, problem: str) -> DamagedFileError:
    """What a user is told of a file whose structure is damaged."""
    return DamagedFileError(
        f"the results file {str(path)!r}: it is damaged ({' '.join(problem.split())}); {check_command(path)} "
        "--repair saves the episodes that are whole, and the same command then plays the others"
    )


def rollback(connection: sqlite3.Connection) -> None:
    """Ends a transaction without trace, where SQLite has not done so itself."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


_LOCKED = "another process has locked it; wait for that or end it, then run the same command again"
_NOT_WRITABLE = "it cannot be written to; change its permissions or choose another file"
_NO_LOCKS = (
    "the disk that it is on does not lock files as SQLite needs it, as network disks often do not; put it "
    "on a disk of this machine, and copy it afterwards"
)
_TOO_LARGE = "an entry is too large, or memory ran out; play smaller episodes"
_EXPLANATIONS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and run the same command again to continue",
    sqlite3.SQLITE_IOERR: "the disk takes no more (full, over a quota or a limit, or faulty); make room and "
    "run the same command again to continue",
    sqlite3.SQLITE_READONLY: _NOT_WRITABLE,
    sqlite3.SQLITE_PERM: _NOT_WRITABLE,
    sqlite3.SQLITE_AUTH: _NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the path and the permissions of file and directory",
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _NO_LOCKS,
    sqlite3.SQLITE_NOLFS: _NO_LOCKS,
    sqlite3.SQLITE_TOOBIG: _TOO_LARGE,
    sqlite3.SQLITE_NOMEM: _TOO_LARGE,
}
_LOCKING = {sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_SHMLOCK, sqlite3.SQLITE_IOERR_SHMMAP}
"""Particulars of SQLITE_IOERR that network disks answer with."""
NOT_DAMAGE = frozenset(_EXPLANATIONS)
"""Kinds of SQLite's errors that say nothing of what is in the file."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors within the block into ``ResultsError``."""
    try:
        yield
    except (sqlite3.Error, OverflowError) as error:
        raise explain(path, error) from error


def explain(path: Path, error: sqlite3.Error | OverflowError) -> ResultsError:
    """The ``ResultsError`` that says what to do about ``error``."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_CONSTRAINT:
        return ResultsError(f"the results file {str(path)!r} does not take an episode ({error})")
    if isinstance(error, OverflowError):
        reason = "a number, perhaps the seed, is beyond 64 bits; choose a smaller one"
    elif code in _LOCKING:
        reason = _NO_LOCKS
    elif code == sqlite3.SQLITE_NOTADB:
        return DamagedFileError(
            f"the results file {str(path)!r}: it is no results file, or its beginning is damaged; choose "
            f"another, or try {check_command(path)} --repair"
        )
    elif code is None or code & 0xFF not in _EXPLANATIONS:
        # what is left says that a page, a table or a column is not as this program wrote it
        return damaged_file(path, str(error))
    else:
        # the lower byte is the kind of the error, the rest its particulars
        reason = _EXPLANATIONS[code & 0xFF]
    return ResultsError(f"the results file {str(path)!r}: {reason} ({error})")
