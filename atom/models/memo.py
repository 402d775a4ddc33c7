"""Answers kept: equal questions to equal models are asked once."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from atom.policies import Policy

_log = logging.getLogger(__name__)
_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, policy TEXT NOT NULL) WITHOUT ROWID"


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

    A file that cannot be used is reported once, and answers are then kept in this process only.

    Args:
        path: the file; made when absent.
    """

    def __init__(self, path: str | Path) -> None:
        self._process = ProcessMemo()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._path = Path(path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path, timeout=5.0, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            self._broken(error)

    def get(self, key: str) -> Policy | None:
        """The policy kept under ``key``, or None."""
        found = self._process.get(key)
        if found is not None:
            return found
        rows = self._execute("SELECT policy FROM answers WHERE key = ?", (key,))
        if not rows:
            return None
        try:
            policy: Mapping[str, float] = json.loads(rows[0][0])
        except (ValueError, TypeError, RecursionError):
            policy = {}  # no distribution, which whoever asks sees
        self._process.put(key, policy)
        return policy

    def put(self, key: str, policy: Policy) -> None:
        """Keeps ``policy`` under ``key``."""
        self._process.put(key, policy)
        self._execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(dict(policy))))

    def close(self) -> None:
        """Closes the file; answers are then kept in this process only."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _execute(self, statement: str, values: tuple[str, ...]) -> list[tuple[str]]:
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
            "the memo %s cannot be used (%s); answers are kept in this process only", self._path, error
        )
        if self._connection is not None:
            self._connection.close()
            self._connection = None
