"""Answers kept: equal questions to equal models are asked once."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import sqlite3
import threading
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Protocol

from atom.policies import Policy

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(key TEXT PRIMARY KEY, policy TEXT NOT NULL, checksum INTEGER) WITHOUT ROWID"
)
_GET = "SELECT CASE WHEN length(policy) <= ? THEN policy ELSE '' END, checksum FROM answers WHERE key = ?"
_ROUNDING = 1e-6
_LARGEST = 1 << 20
"""Characters of a policy at most: one of 1,000 actions takes a twentieth."""


class Memo(Protocol):
    """Where answers are kept."""

    def get(self, key: str) -> Policy | None:
        """The policy kept under ``key``, or None."""
        ...

    def put(self, key: str, policy: Policy) -> None:
        """Keeps ``policy`` under ``key``."""
        ...


def memo_key(**parts: Any) -> str:
    """A digest of everything that the answer depends on; nothing can be read back from it."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class ProcessMemo:
    """Answers kept in this process, the most recently used ones.

    Args:
        size: how many, >= 1.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._policies: OrderedDict[str, Policy] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Policy | None:
        """The policy kept under ``key``, or None."""
        with self._lock:
            found = self._policies.get(key)
            if found is not None:
                self._policies.move_to_end(key)
            return found

    def put(self, key: str, policy: Policy) -> None:
        """Keeps ``policy`` under ``key``."""
        with self._lock:
            self._policies[key] = policy
            self._policies.move_to_end(key)
            if len(self._policies) > self._size:
                self._policies.popitem(last=False)


class SqliteMemo:
    """Answers kept in a SQLite file: digests of questions and the policies, no text.

    A file that cannot be used is reported once, and answers are then kept in this process only. Damaged
    answers are reported once, too: each counts as none, and the next one takes its place.

    Args:
        path: the file; made when absent.
    """

    def __init__(self, path: str | Path) -> None:
        self._process = ProcessMemo()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._path = Path(path)
        self._warned = False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path, timeout=5.0, isolation_level=None, check_same_thread=False
            )
            # text that is none is one damaged answer, and no reason to give up the file
            self._connection.text_factory = bytes
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(_SCHEMA)
            self._add_checksums(self._connection)
        except (OSError, sqlite3.Error) as error:
            self._broken(error)

    def get(self, key: str) -> Policy | None:
        """The policy kept under ``key``, or None; None as well where it is damaged."""
        found = self._process.get(key)
        if found is not None:
            return found
        rows = self._execute(_GET, (_LARGEST, key))
        if not rows:
            return None
        policy = _policy(key, *rows[0])
        if policy is None:
            self._damaged(key)
            return None
        self._process.put(key, policy)
        return policy

    def put(self, key: str, policy: Policy) -> None:
        """Keeps ``policy`` under ``key``."""
        self._process.put(key, policy)
        text = json.dumps(dict(policy))
        row = (key, text, _checksum(key, text.encode()))
        self._execute("INSERT OR REPLACE INTO answers (key, policy, checksum) VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Closes the file; answers are then kept in this process only."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @staticmethod
    def _add_checksums(connection: sqlite3.Connection) -> None:
        """Files of releases before have answers without; two processes may bring one up at once."""
        columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(answers)")}
        if b"checksum" not in columns:
            try:
                connection.execute("ALTER TABLE answers ADD COLUMN checksum INTEGER")
            except sqlite3.OperationalError as error:
                if "duplicate column" not in str(error):
                    raise

    def _damaged(self, key: str) -> None:
        with self._lock:
            warned, self._warned = self._warned, True
        if not warned:
            _log.warning(
                "the memo %s has damaged answers (one under %.8s…); they are asked for anew, and replaced",
                self._path,
                key,
            )

    def _execute(self, statement: str, values: tuple[str | int, ...]) -> list[tuple[object, ...]]:
        with self._lock:
            if self._connection is None:
                return []
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                self._broken(error)
                return []

    def _broken(self, error: Exception) -> None:
        _log.warning(
            "the memo %s cannot be used (%s); answers are kept in this process only. If the file is damaged, "
            "delete it; if it is locked or on a network disk, name another",
            self._path,
            error,
        )
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _checksum(key: str, text: bytes) -> int:
    return zlib.crc32(text, zlib.crc32(key.encode()))


def _policy(key: str, text: object, checksum: object) -> Policy | None:
    """The policy of a row; None where it is damaged, or no distribution whatever its checksum says."""
    if not isinstance(text, bytes) or checksum not in (None, _checksum(key, text)):
        return None
    try:
        policy = json.loads(text)
        numbers = [float(p) for p in policy.values() if not isinstance(p, bool | str)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    # not check_probabilities, whose error would name a reasoner that is asked anew anyway
    sound = len(numbers) == len(policy) and all(math.isfinite(p) and p >= 0.0 for p in numbers)
    return dict(zip(policy, numbers, strict=True)) if sound and abs(sum(numbers) - 1.0) < _ROUNDING else None
