"""What a results file says, apart from when it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atom import Learner
from eval.play import (
    Materials,
    Tally,
    player_name,
    read_record,
    stored_learner,
    stored_task,
    without_timings,
)
from eval.results.changes import todays_task, warn_of_changes, warn_of_rules
from eval.results.database import ResultsError, read_results
from eval.results.materials import PLAYER, TASK, latest_session, read_materials, read_runs
from eval.results.rows import chosen_rows, sound_rows
from eval.tasks import StoredTask, Task

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
    def all_asked(self) -> int | None:
        """How many episodes there should be; None for people's games, and while some are to be played."""
        return None if self.finished is None or "episodes" not in self.configuration else self.expected

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
    many; ``n_steps`` how long it took, also where ``steps`` were not stored.
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
    n_steps: int = 0


def stored_runs(path: Path) -> list[StoredRun]:
    """The runs of a file, the latest last.

    Raises:
        ResultsError: see ``read_results``.
    """
    with read_results(path) as connection:
        runs = []
        for run in read_runs(connection, path):
            versions, command = latest_session(connection, run.number)
            runs.append(
                StoredRun(
                    run.number, run.configuration, run.begun, run.finished, run.episodes, versions, command
                )
            )
    return runs


def stored_run(path: Path, number: int | None = None) -> StoredRun:
    """One run of a file, by number; the latest for None.

    Raises:
        ResultsError: there is no such run; or see ``read_results``.

    Warns:
        ChangedFileWarning: a file that a task or player was made from has changed since.
    """
    runs = {run.number: run for run in stored_runs(path)}
    if number is None:
        number = max(runs)
    if number not in runs:
        raise ResultsError(f"{str(path)!r} has no run {number}; its runs are {', '.join(map(str, runs))}")
    warn_of_changes(path, number, runs[number].configuration.get("files", {}))
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
    """The episodes of a run that are whole, in the order of task, agent, partner and number.

    Args:
        path: the results file.
        number: the run; the latest for None.
        task, agent, partner, episode: of which episodes; of all for None.

    Raises:
        ResultsError: see ``stored_run``.

    Warns:
        DamageWarning: episodes are damaged, and left out.
    """
    run = stored_run(path, number)
    wanted = {"task": task, "agent": agent, "partner": partner, "episode": episode}
    chosen = {name: value for name, value in wanted.items() if value is not None}
    with read_results(path) as connection:
        rows = (
            chosen_rows(path, connection, run.number, chosen)
            if chosen
            else sound_rows(path, connection, run.number, run.all_asked)
        )
        for row in rows:
            yield StoredEpisode(
                *row.key,
                row.seed,
                row.seat,
                row.score,
                json.loads(row.scores),
                read_record(row.steps),
                row.degraded,
                {name: getattr(row, name) for name in _USAGE},
                row.seconds,
                row.tally,
                row.n_steps,
            )


def stored_materials(path: Path, number: int | None = None) -> Materials:
    """(kind, name) -> content of what a run was played with, see ``eval.results.materials``.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number)
    with read_results(path) as connection:
        return read_materials(connection, run.number)


def stored_tasks(path: Path, number: int | None = None) -> dict[str, Task]:
    """Name -> task of a run, as it was played, whatever the name or its file stands for today.

    In files of releases before, and where what was stored is damaged, it is the task of today.

    Raises:
        ResultsError: see ``stored_run``; or a task is not stored, and cannot be made today.

    Warns:
        ChangedFileWarning: a task of this release is played in another way than that which was stored.
    """
    run = stored_run(path, number)
    with read_results(path) as connection:
        found = read_materials(connection, run.number, TASK)
    files, tasks = run.configuration.get("files", {}), dict[str, Task]()
    for name in run.configuration["matrices"]:
        plain = found.get((TASK, name))
        tasks[name] = todays_task(path, name, files.get(name)) if plain is None else stored_task(plain)
    warn_of_rules(path, run.number, [task for task in tasks.values() if isinstance(task, StoredTask)])
    return tasks


def stored_learners(path: Path, number: int | None = None) -> dict[tuple[str, str], Learner | None]:
    """(task, agent) -> what the agents of a run learned by; None for those without a belief.

    Agents of releases before, and those whose learner is of another package, are left out.

    Raises:
        ResultsError: see ``stored_run``.
    """
    run = stored_run(path, number)
    with read_results(path) as connection:
        found = read_materials(connection, run.number, PLAYER)
    learners: dict[tuple[str, str], Learner | None] = {}
    for task, asked in run.configuration["matrices"].items():
        for agent in asked["agents"]:
            plain = found.get((PLAYER, player_name(task, agent)))
            if plain is not None:
                with suppress(LookupError):
                    learners[task, agent] = stored_learner(plain)
    return learners


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

    Warns:
        DamageWarning: episodes are damaged; the digest is of the others.
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
