"""A run: one sweep with one configuration, begun once and continued until no episode is missing."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.play import EpisodeResult, Key, Tally
from eval.results.database import ResultsError, explain, explained, open_for_writing, rollback
from eval.results.tallies import TALLY_COLUMNS, tally_of
from eval.results.transcripts import add_transcript
from partners import asks_models

_PACKAGES = ("langgraph-atom", "langgraph", "litellm", "numpy", "scipy", "overcooked-ai", "tomsup")


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
        self._transcripts = transcripts
        self.path = path
        self.number = number
        self.notes = tuple(notes)

    def scores(self) -> dict[Key, float]:
        """(task, agent, partner, episode) -> the agent's score, of the episodes that are stored."""
        with explained(self.path):
            rows = self._connection.execute(
                "SELECT task, agent, partner, episode, score FROM episodes WHERE run = ?", (self.number,)
            )
            return {(task, agent, partner, episode): score for task, agent, partner, episode, score in rows}

    def tallies(self) -> dict[Key, Tally]:
        """(task, agent, partner, episode) -> what the decisions of an episode that is stored were like."""
        with explained(self.path):
            rows = self._connection.execute(
                f"SELECT task, agent, partner, episode, {TALLY_COLUMNS} FROM episodes WHERE run = ?",  # noqa: S608 - names of columns
                (self.number,),
            )
            return {
                (task, agent, partner, episode): tally_of(agent, partner, columns)
                for task, agent, partner, episode, *columns in rows
            }

    def unanswered(self) -> set[Key]:
        """The stored episodes in which every decision of a language model was degraded."""
        return {
            key
            for key, tally in self.tallies().items()
            if tally.unanswered and (asks_models(key[1]) or asks_models(key[2]))
        }

    def add(self, result: EpisodeResult) -> None:
        """Stores an episode and its transcript, in a transaction of their own.

        An episode that is stored already stays as it is: two processes that continue the same run
        at once waste work and double nothing. Only one that is ``unanswered`` gives way.

        Raises:
            ResultsError: the file is locked, or the disk full; the episodes before are safe.
        """
        unit, totals, tally = result.unit, result.totals, result.tally
        usage = totals.usage
        row = (
            self.number,
            *unit.key,
            unit.seed,
            unit.seat,
            result.score,
            json.dumps(result.scores),
            totals.steps,
            result.steps,
            totals.degraded,
            usage.calls,
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cost,
            result.seconds,
            tally.decisions,
            tally.repaired,
            tally.truncated,
        )
        try:
            if not (self._transcripts and result.transcript):
                # a single statement outside of a transaction is one
                self._connection.execute(_INSERT, row)
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                # another process's episode keeps its own transcript
                if self._connection.execute(_INSERT, row).rowcount:
                    add_transcript(self._connection, self.number, result)
                self._connection.execute("COMMIT")
            except BaseException:
                rollback(self._connection)
                raise
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def finish(self) -> None:
        """Marks the run as complete."""
        with explained(self.path):
            self._connection.execute(
                "UPDATE runs SET finished = ? WHERE id = ? AND finished IS NULL", (_now(), self.number)
            )


_INSERT = """INSERT INTO episodes (
    run, task, agent, partner, episode, seed, seat, score, scores, n_steps, steps, degraded, calls,
    prompt_tokens, completion_tokens, cost, seconds, decisions, repaired, truncated
) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET
    seed = excluded.seed, seat = excluded.seat, score = excluded.score, scores = excluded.scores,
    n_steps = excluded.n_steps, steps = excluded.steps, degraded = excluded.degraded,
    calls = excluded.calls, prompt_tokens = excluded.prompt_tokens,
    completion_tokens = excluded.completion_tokens, cost = excluded.cost, seconds = excluded.seconds,
    decisions = excluded.decisions, repaired = excluded.repaired, truncated = excluded.truncated
WHERE episodes.degraded > 0 AND episodes.degraded >= coalesce(episodes.decisions, episodes.degraded)"""


@contextmanager
def open_run(
    path: Path,
    configuration: Mapping[str, Any],
    *,
    command: Sequence[str] = (),
    force_new: bool = False,
    beside_others: bool = False,
    transcripts: bool = True,
) -> Iterator[Run]:
    """The run of a configuration: the one that is in the file, to be continued, or a new one.

    Args:
        path: the results file; made where it does not exist.
        configuration: everything that the episodes depend on, JSON-serialisable.
        command: the command line, kept for whoever reads the file.
        force_new: whether to begin a new run whatever the file holds.
        beside_others: whether to begin one where the file holds runs of other configurations only.
        transcripts: whether transcripts of episodes with language models are stored with them.

    Raises:
        ResultsError: the file holds runs of other configurations only; or it cannot be used.
    """
    connection = open_for_writing(path)
    try:
        with explained(path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                number, notes = _number(
                    connection,
                    path,
                    _canonical(configuration),
                    force_new=force_new,
                    beside_others=beside_others,
                )
                row = (number, _now(), json.dumps(list(command)), _canonical(package_versions()))
                connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
                connection.execute("COMMIT")
            except BaseException:
                rollback(connection)
                raise
        yield Run(connection, path, number, notes, transcripts=transcripts)
    finally:
        connection.close()


@cache
def package_versions() -> dict[str, str]:
    """Package -> version of what is installed and may change results."""
    return {"python": platform.python_version(), **versions_of(_PACKAGES)}


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Package -> version, of those that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def configuration_diff(old: Mapping[str, Any], new: Mapping[str, Any], within: str = "") -> list[str]:
    """``name: old -> new`` for everything that differs, at whatever depth."""
    lines = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += configuration_diff(before, after, f"{within}{name}.")
        elif before != after:
            lines.append(f"{within}{name}: {json.dumps(before)} -> {json.dumps(after)}")
    return lines


def _number(
    connection: sqlite3.Connection, path: Path, configuration: str, *, force_new: bool, beside_others: bool
) -> tuple[int, list[str]]:
    runs = connection.execute("SELECT id, configuration FROM runs ORDER BY id DESC").fetchall()
    if not force_new:
        for number, known in runs:
            if known == configuration:
                return number, _version_notes(connection, number)
        # a run without an episode, such as one that its user thought better of, is in nobody's way
        played = connection.execute(
            "SELECT configuration FROM runs WHERE EXISTS (SELECT 1 FROM episodes WHERE run = runs.id) "
            "ORDER BY id DESC"
        ).fetchone()
        if played and not beside_others:
            diff = "; ".join(configuration_diff(json.loads(played[0]), json.loads(configuration)))
            raise ResultsError(
                f"the results file {str(path)!r} is of another configuration ({diff}); run the command that "
                "began it, choose another file, or add --force-new to begin a second run in this one"
            )
    cursor = connection.execute(
        "INSERT INTO runs (configuration, begun) VALUES (?, ?)", (configuration, _now())
    )
    return int(cursor.lastrowid or 0), []


def _version_notes(connection: sqlite3.Connection, number: int) -> list[str]:
    row = connection.execute(
        "SELECT versions FROM sessions WHERE run = ? ORDER BY rowid DESC", (number,)
    ).fetchone()
    diff = configuration_diff(json.loads(row[0]), package_versions()) if row else []
    return [f"other versions than when this run was begun: {'; '.join(diff)}"] if diff else []


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
