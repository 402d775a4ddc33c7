"""The runs that an explorer shows: of one or more results files, each by an identifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from eval.results import Damaged, ResultsError, StoredRun, stored_damage, stored_runs, stored_tasks
from eval.tasks import Board, StoredTask, Task, board_of, make_task


@dataclass(frozen=True)
class ExploredTask:
    """A task of a run, as it was played.

    Attributes:
        name: its name.
        task: the task; None where an older file does not have it, and it cannot be made here.
    """

    name: str
    task: Task | None

    @cached_property
    def game(self) -> Task | None:
        """The task that can be played on; None where only its scores and steps are stored."""
        return self.task.game if isinstance(self.task, StoredTask) else self.task

    @cached_property
    def board(self) -> Board:
        """How its states are drawn."""
        return Board("words") if self.game is None else board_of(self.game)

    @property
    def unit(self) -> str:
        """What its score counts."""
        return "points" if self.task is None else self.task.unit

    @property
    def lower_is_better(self) -> bool:
        """Whether a lower score is better."""
        return self.task is not None and self.task.better == "lower"

    def as_plain(self) -> dict[str, Any]:
        """What pages need to know of it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "better": "lower" if self.lower_is_better else "higher",
            "optimum": None if self.task is None else self.task.optimum,
            "known": self.task is not None,
        }


@dataclass(frozen=True)
class ExploredRun:
    """One run of one file.

    Attributes:
        id: identifies it in links: place of its file among those given, and its number, as ``1.2``.
        file: the results file.
        stored: what was asked for, and how much of it is there.
        damage: the rows that are damaged, and left out; None where nobody has looked yet.
    """

    id: str
    file: Path
    stored: StoredRun
    damage: tuple[Damaged, ...] | None = None

    @property
    def places(self) -> list[int]:
        """Places of the rows that are left out."""
        return [row.place for row in self.damage or ()]

    def verified(self) -> ExploredRun:
        """The same when all of its rows have been looked at.

        Raises:
            ResultsError: see ``stored_damage``.
        """
        if self.damage is not None:
            return self
        return replace(self, damage=tuple(stored_damage(self.file, self.stored.number)))

    def task(self, name: str) -> ExploredTask:
        """One of its tasks."""
        return _tasks(
            self.file, self.stored.number, self.stored.begun, (*self.stored.configuration["matrices"],)
        )[name]

    def as_plain(self) -> dict[str, Any]:
        """What a list of runs says of it; the file by its name alone, since pages are passed on."""
        run = self.stored
        return {
            "id": self.id,
            "file": self.file.name,
            "number": run.number,
            "begun": run.begun,
            "finished": run.finished,
            "episodes": run.episodes,
            "expected": run.expected,
            "seed": run.configuration.get("seed"),
            "tasks": list(run.configuration["matrices"]),
        }


@lru_cache(maxsize=64)
def _tasks(file: Path, number: int, begun: str, names: tuple[str, ...]) -> dict[str, ExploredTask]:
    """The tasks of a run; they stay as they were played, so that they are made once."""
    try:
        return {name: ExploredTask(name, task) for name, task in stored_tasks(file, number).items()}
    except (ValueError, OSError, ModuleNotFoundError):
        # an older file, with a task that is made from a file that is gone or by a package that is missing
        return {name: ExploredTask(name, _todays(name)) for name in names}


def _todays(name: str) -> Task | None:
    try:
        return make_task(name)
    except (ValueError, OSError, ModuleNotFoundError):
        return None


def explored_runs(files: Sequence[Path], number: int | None = None) -> list[ExploredRun]:
    """The runs of files, each file's latest first.

    Args:
        files: results files.
        number: the only run, of every file; all of them for None.

    Raises:
        ResultsError: a file that holds none, or has no run of that number.
    """
    found = []
    for place, file in enumerate(files, 1):
        runs = stored_runs(file)
        wanted = [run for run in runs if number in (None, run.number)]
        if not wanted:
            have = ", ".join(str(run.number) for run in runs)
            raise ResultsError(f"{str(file)!r} has no run {number}; its runs are {have}")
        found += [ExploredRun(f"{place}.{run.number}", file, run) for run in reversed(wanted)]
    return found
