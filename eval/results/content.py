"""What a results file says, apart from when it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.play import Tally, read_record, without_timings
from eval.results.database import ResultsError, read_results
from eval.results.tallies import tally_of

_USAGE = ("calls", "prompt_tokens", "completion_tokens", "cost")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """What was asked for, and how much of it is there.

    Attributes:
        number: the run's number in the file.
        configuration: everything that the episodes depend on.
        begun, finished: ISO 8601, UTC; ``finished`` is None while episodes are missing.
        episodes: how many are stored.
        versions: package -> version at the latest session.
        command: the command line of the latest session.
    """

    number: int
    configuration: dict[str, Any]
    begun: str
    finished: str | None
    episodes: int
    versions: dict[str, str]
    command: list[str]

    @property
    def expected(self) -> int:
        """How many episodes were asked for; people play as many as they like."""
        a_pairing = self.configuration.get("episodes")
        return self.episodes if a_pairing is None else a_pairing * self.pairings

    @property
    def pairings(self) -> int:
        """How many pairings were asked for, of all tasks together."""
        matrices = self.configuration["matrices"].values()
        some = self.configuration.get("pairings")
        if some is not None:  # of every matrix the same cells, and not all
            return len(some) * len(matrices)
        return sum(len(matrix["agents"]) * len(matrix["partners"]) for matrix in matrices)


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """One episode as it is stored; see the schema in ``eval.results.database``.

    ``degraded`` and ``tally`` say how many decisions were degraded, asked for again or cut off, and of how
    many.
    """

    task: str
    agent: str
    partner: str
    episode: int
    seed: int
    seat: int
    score: float
    scores: dict[str, float]
    steps: list[dict[str, Any]]
    degraded: int
    usage: dict[str, Any]
    seconds: float
    tally: Tally = field(default_factory=Tally)


def stored_runs(path: Path) -> list[StoredRun]:
    """The runs of a file, the latest last.

    Raises:
        ResultsError: see ``read_results``.
    """
    with read_results(path) as connection:
        rows = connection.execute(
            """SELECT id, configuration, begun, finished,
                      (SELECT count(*) FROM episodes WHERE run = runs.id), versions, command
               FROM runs
               JOIN (SELECT run, versions, command, max(rowid) FROM sessions GROUP BY run) ON run = id
               ORDER BY id"""
        ).fetchall()
    return [
        StoredRun(number, json.loads(configuration), begun, finished, n, json.loads(v), json.loads(command))
        for number, configuration, begun, finished, n, v, command in rows
    ]


def stored_run(path: Path, number: int | None = None) -> StoredRun:
    """One run of a file, by number; the latest for None.

    Raises:
        ResultsError: there is no such run; or see ``read_results``.
    """
    runs = {run.number: run for run in stored_runs(path)}
    if number is None:
        return runs[max(runs)]
    if number not in runs:
        raise ResultsError(f"{str(path)!r} has no run {number}; its runs are {', '.join(map(str, runs))}")
    return runs[number]


def stored_episodes(
    path: Path,
    number: int | None = None,
    *,
    task: str | None = None,
    agent: str | None = None,
    partner: str | None = None,
    episode: int | None = None,
) -> Iterator[StoredEpisode]:
    """The episodes of a run, in the order of task, agent, partner and number.

    Args:
        path: the results file.
        number: the run; the latest for None.
        task, agent, partner, episode: of which episodes; of all for None.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number)
    wanted = {"task": task, "agent": agent, "partner": partner, "episode": episode}
    chosen = {name: value for name, value in wanted.items() if value is not None}
    where = "".join(f" AND {name} = ?" for name in chosen)
    with read_results(path) as connection:
        rows = connection.execute(
            f"""SELECT task, agent, partner, episode, seed, score, steps,
                      calls, prompt_tokens, completion_tokens, cost, seconds,
                      seat, scores, n_steps, degraded, decisions, repaired, truncated
               FROM episodes WHERE run = ?{where} ORDER BY task, agent, partner, episode""",  # noqa: S608 - columns
            (run.number, *chosen.values()),
        )
        for row in rows:
            yield _episode(row)


def _episode(row: tuple[Any, ...]) -> StoredEpisode:
    task, agent, partner, episode, seed, score, steps, *used = row
    *usage, seconds = used[: len(_USAGE) + 1]
    seat, scores, _, degraded, *_ = columns = used[len(_USAGE) + 1 :]
    return StoredEpisode(
        task,
        agent,
        partner,
        episode,
        seed,
        seat,
        score,
        json.loads(scores),
        read_record(steps),
        degraded,
        dict(zip(_USAGE, usage, strict=True)),
        seconds,
        tally_of(agent, partner, columns),
    )


def content_digest(path: Path, number: int | None = None) -> str:
    """A digest of a run's content: configuration and episodes with every step, without times.

    Two files have the same digest where the same was asked for and the same was played, in whatever
    order, by however many processes, and after however many interruptions.

    Args:
        path: the results file.
        number: the run; the latest for None.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        ResultsError: see ``stored_run``.
    """
    digest = hashlib.sha256()
    digest.update(_canonical(stored_run(path, number).configuration))
    for episode in stored_episodes(path, number):
        row = [
            episode.task,
            episode.agent,
            episode.partner,
            episode.episode,
            episode.seed,
            episode.seat,
            episode.score,
            episode.scores,
            without_timings(episode.steps),
            episode.degraded,
            episode.usage,
        ]
        digest.update(_canonical(row))
    return digest.hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
