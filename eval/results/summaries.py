"""What a run comes to, summed by SQLite: one row a pairing, without any episode being unpacked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from eval.play import Tally
from eval.results.content import stored_run
from eval.results.database import read_results
from eval.results.tallies import TALLY_COLUMNS, tally_of

PairingKey: TypeAlias = tuple[str, str, str]
"""(task, agent, partner)."""

_GROUPS = """
SELECT task, agent, partner, count(*), avg(n_steps), avg(seconds), avg(calls),
       avg(prompt_tokens + completion_tokens), sum(cost), count(*) - count(cost),
       sum(length(steps) > 0),
       sum(degraded), sum(decisions), sum(repaired), sum(truncated), count(*) - count(decisions)
FROM episodes WHERE run = ? AND rowid NOT IN (SELECT value FROM json_each(?)) GROUP BY task, agent, partner
"""
# without the names, which take longer to read than all numbers: their order is that of the groups
_SCORES = (
    "SELECT episode, score FROM episodes WHERE run = ? AND rowid NOT IN (SELECT value FROM json_each(?)) "
    "ORDER BY task, agent, partner, episode"
)
_HEADS = """
SELECT episode, seat, score, n_steps, seconds, calls, prompt_tokens + completion_tokens, degraded
FROM episodes WHERE run = ? AND task = ? AND agent = ? AND partner = ?
AND rowid NOT IN (SELECT value FROM json_each(?)) ORDER BY episode
"""


@dataclass(frozen=True, slots=True)
class PairingSummary:
    """All episodes of one pairing together.

    Attributes:
        task, agent, partner: who played what.
        scores: number of an episode -> the agent's score, ascending.
        steps, seconds, calls, tokens: means of an episode; calls and tokens of language models.
        cost: US dollars of all episodes together; None where a price is unknown.
        with_steps: how many episodes have their steps stored, and not scores alone.
        tally: what the decisions were like.
    """

    task: str
    agent: str
    partner: str
    scores: dict[int, float]
    steps: float
    seconds: float
    calls: float
    tokens: float
    cost: float | None
    with_steps: int
    tally: Tally = field(default_factory=Tally)

    @property
    def key(self) -> PairingKey:
        """Identifies the pairing in its run."""
        return self.task, self.agent, self.partner


@dataclass(frozen=True, slots=True)
class EpisodeHead:
    """One episode in a list: what can be said of it without unpacking it.

    Attributes:
        episode: its number.
        seat: the agent's, counted from 0.
        score: the agent's.
        steps: how many.
        seconds: how long it took.
        calls, tokens: of language models.
        degraded: how many decisions were.
    """

    episode: int
    seat: int
    score: float
    steps: int
    seconds: float
    calls: int
    tokens: int
    degraded: int


def stored_summaries(
    path: Path, number: int | None = None, *, without: Sequence[int] = ()
) -> list[PairingSummary]:
    """A summary of every pairing that has an episode, in the order of task, agent and partner.

    Args:
        path: the results file.
        number: the run; the latest for None.
        without: places of rows that are left out, such as those of ``stored_damage``.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number).number
    places = json.dumps(list(without))
    with read_results(path) as connection:
        # of one moment, also while a sweep writes
        connection.execute("BEGIN")
        groups = connection.execute(_GROUPS, (run, places)).fetchall()
        scores = connection.execute(_SCORES, (run, places))
        return [_summary(row, dict(islice(scores, row[3])), connection, run) for row in groups]


def _summary(
    row: tuple[Any, ...], scores: dict[int, float], connection: sqlite3.Connection, run: int
) -> PairingSummary:
    task, agent, partner, _, steps, seconds, calls, tokens, cost, unpriced, kept, *sums = row
    tally = _tally(sums) or _tally_of_old(connection, run, (task, agent, partner))
    return PairingSummary(
        task, agent, partner, scores, steps, seconds, calls, tokens, None if unpriced else cost, kept, tally
    )


def stored_heads(path: Path, run: int, key: PairingKey, *, without: Sequence[int] = ()) -> list[EpisodeHead]:
    """The episodes of a pairing, by number; none where nothing was played.

    Args:
        path: the results file.
        run: the run's number.
        key: (task, agent, partner).
        without: places of rows that are left out.

    Raises:
        ResultsError: see ``read_results``.
    """
    with read_results(path) as connection:
        return [
            EpisodeHead(*row) for row in connection.execute(_HEADS, (run, *key, json.dumps(list(without))))
        ]


def _tally(columns: Sequence[Any]) -> Tally | None:
    """The tally that SQLite summed; None where an older file does not have all of it."""
    *sums, unknown = columns
    degraded, decisions, repaired, truncated = sums
    return None if unknown else Tally(decisions, degraded, repaired, truncated)


def _tally_of_old(connection: sqlite3.Connection, run: int, key: PairingKey) -> Tally:
    """The tally of a pairing in a file of an older release, episode by episode."""
    rows: Iterator[Any] = connection.execute(
        f"SELECT {TALLY_COLUMNS} FROM episodes WHERE run = ? AND task = ? AND agent = ? AND partner = ?",  # noqa: S608 - names of columns
        (run, *key),
    )
    return sum((tally_of(*key[1:], columns) for columns in rows), Tally())
