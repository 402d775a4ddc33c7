"""Transcripts in a results file: what language models were asked and answered, beside the episode's row.

A table of its own, made with the first transcript: files without one are as they were. A transcript is
JSON lines, zlib-compressed: prompts repeat from step to step (``benchmarks/transcripts.py``).
"""

from __future__ import annotations

import json
import sqlite3
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.play import EpisodeResult, Key, RecordError, TranscriptHead, ended, inflated
from eval.results.content import stored_run
from eval.results.database import ResultsError, check_command, has_table, read_results
from eval.results.rows import DamageWarning
from partners.program import command_line, program

MOST_BYTES = 64 * 1024 * 1024
"""A transcript's JSON lines at most: thousands of replies, which are cut at 20,000 characters."""
_COMPRESSION = 9
"""The best there is: it takes milliseconds an episode, which has waited for models for seconds."""

_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS transcripts (
    run INTEGER NOT NULL,
    task TEXT NOT NULL,
    agent TEXT NOT NULL,
    partner TEXT NOT NULL,
    episode INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    decisions INTEGER NOT NULL,
    entries BLOB NOT NULL,          -- JSON lines, zlib-compressed, see eval.play.transcripts
    PRIMARY KEY (run, task, agent, partner, episode)
)""",
    # an episode that is deleted or played again must not find the transcript of before beside the new score
    """
CREATE TRIGGER IF NOT EXISTS transcripts_go_with_episodes AFTER DELETE ON episodes BEGIN
    DELETE FROM transcripts
    WHERE (run, task, agent, partner, episode) = (OLD.run, OLD.task, OLD.agent, OLD.partner, OLD.episode);
END""",
    """
CREATE TRIGGER IF NOT EXISTS transcripts_end_with_replays AFTER UPDATE OF steps ON episodes BEGIN
    DELETE FROM transcripts
    WHERE (run, task, agent, partner, episode) = (OLD.run, OLD.task, OLD.agent, OLD.partner, OLD.episode);
END""",
)
INSERT_TRANSCRIPT = "INSERT INTO transcripts VALUES (?,?,?,?,?,?,?,?)"


@dataclass(frozen=True, slots=True)
class StoredTranscripts:
    """Which transcripts a run has.

    Attributes:
        run: the run's number.
        episodes: how many episodes the run has, with a transcript or without.
        heads: of the transcripts, in the order of task, agent, partner and number.
    """

    run: int
    episodes: int
    heads: tuple[TranscriptHead, ...]


def add_transcript(connection: sqlite3.Connection, run: int, result: EpisodeResult) -> None:
    """Stores an episode's transcript within the transaction that stores the episode."""
    entries = ended(result.transcript, result.unit.key, result.player, result.score, result.totals.usage)
    kinds = [entry["type"] for entry in entries]
    try:
        packed = pack(entries)
    except RecordError as error:
        # the episode itself is paid for, and is stored
        warnings.warn(
            f"the transcript of {result.unit.key} is not stored: {error}", UserWarning, stacklevel=3
        )
        return
    make_table(connection)
    row = (run, *result.unit.key, kinds.count("exchange"), kinds.count("decision"), packed)
    connection.execute(INSERT_TRANSCRIPT, row)


def make_table(connection: sqlite3.Connection) -> None:
    """The table of transcripts and what keeps it beside that of episodes, where they are not there yet."""
    for statement in _SCHEMA:
        connection.execute(statement)


def transcript_command(path: Path, number: int | None = None) -> str:
    """The command line that lists a run's transcripts, of the latest run for None; empty where it has none.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number).number
    with read_results(path) as connection:
        if not has_table(connection, "transcripts"):
            return ""
        found = connection.execute("SELECT 1 FROM transcripts WHERE run = ? LIMIT 1", (run,)).fetchone()
    return command_line("transcript", str(path), "--run", str(run)) if found else ""


def stored_transcripts(path: Path, number: int | None = None) -> StoredTranscripts:
    """The transcripts of a run, by their heads; the latest run for None.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number)
    with read_results(path) as connection:
        rows = []
        if has_table(connection, "transcripts"):
            rows = connection.execute(
                """SELECT task, agent, partner, episode, score, exchanges, transcripts.decisions, degraded,
                          prompt_tokens, completion_tokens
                   FROM transcripts JOIN episodes USING (run, task, agent, partner, episode)
                   WHERE run = ? ORDER BY task, agent, partner, episode""",
                (run.number,),
            ).fetchall()
    return StoredTranscripts(run.number, run.episodes, tuple(TranscriptHead(*row) for row in rows))


def stored_transcript(path: Path, run: int, key: Key) -> list[dict[str, Any]]:
    """The entries of one transcript: exchanges and decisions by step, the score last.

    Raises:
        ResultsError: there is none of this episode, or it is damaged; or see ``read_results``.
    """
    with read_results(path) as connection:
        row = None
        if has_table(connection, "transcripts"):
            row = connection.execute(
                "SELECT entries FROM transcripts "
                "WHERE run = ? AND task = ? AND agent = ? AND partner = ? AND episode = ?",
                (run, *key),
            ).fetchone()
    task, agent, partner, episode = key
    named = f"episode {episode} of {agent!r} with {partner!r} on {task!r} in run {run} of {str(path)!r}"
    if row is None:
        raise ResultsError(f"there is no transcript of {named}; {program()} transcript FILE lists them")
    try:
        return unpack(row[0])
    except RecordError as error:
        raise ResultsError(
            f"the transcript of {named} is damaged ({error}); {check_command(path)} counts those that are"
        ) from None


def all_transcripts(path: Path, run: int) -> Iterator[tuple[Key, list[dict[str, Any]]]]:
    """Every transcript of a run that is whole, with the episode that it is of.

    Warns:
        DamageWarning: some are damaged, and left out.
    """
    damaged = []
    for head in stored_transcripts(path, run).heads:
        key = (head.task, head.agent, head.partner, head.episode)
        try:
            yield key, stored_transcript(path, run, key)
        except ResultsError as error:
            damaged.append(str(error))
    if damaged:
        words = f"{len(damaged)} transcripts are damaged and left out; {damaged[0]}"
        warnings.warn(words, DamageWarning, stacklevel=2)


def pack(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """The bytes that ``unpack`` reads.

    Raises:
        RecordError: more than ``MOST_BYTES``.
    """
    # ASCII: lone surrogates, which models may answer with, have no other bytes
    data = "\n".join(map(json.dumps, entries)).encode("ascii")
    if len(data) > MOST_BYTES:
        raise RecordError(f"it takes {len(data):,} bytes, and at most {MOST_BYTES:,} are kept")
    return zlib.compress(data, _COMPRESSION)


def unpack(data: bytes) -> list[dict[str, Any]]:
    """The entries that ``pack`` was given.

    Raises:
        RecordError: the bytes are damaged, or hold more than ``MOST_BYTES``.
    """
    try:
        entries = [json.loads(line) for line in inflated(data, MOST_BYTES).decode("ascii").split("\n")]
        _ = [entry["type"] for entry in entries]
    except RecordError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise RecordError(f"it is no transcript: {error!r}") from None
    return entries
