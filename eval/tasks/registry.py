"""The list of tasks: each by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal, TypeAlias

from eval.tasks import files, grid, matrix, overcooked, team
from eval.tasks.base import Task
from eval.tasks.turns import InTurn
from partners import TASKS_GROUP, UnknownNameError, load_group, source_of, summary_of

_LARGEST = 1000


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A task, or a family of tasks.

    Attributes:
        form: how its name is written; N and M stand for whole numbers, FILE for a path, TASK for another
            task's name.
        summary: what it is.
        build: makes the task from what stands for N, FILE or TASK, for N and M as ``"5-7"`` (empty where
            the name is fixed).
        example: a name of the family.
    """

    form: str
    summary: str
    build: Callable[[str], Task]
    example: str = ""

    def match(self, name: str) -> str | None:
        """What stands for N, FILE or TASK in ``name``, or None where the name is of another kind."""
        pattern = re.sub(r":(FILE|TASK)$", ":(.+)", re.escape(self.form))
        found = re.fullmatch(re.sub(r"(?<=-)[NM](?![A-Za-z])", r"(\\d+)", pattern), name)
        return None if found is None else "-".join(found.groups())


def _sized(form: str, build: Callable[[int], Task]) -> Callable[[str], Task]:
    def checked(digits: str) -> Task:
        n = int(digits)
        if not 2 <= n <= _LARGEST:
            raise ValueError(f"the N of {form} counts actions and lies between 2 and {_LARGEST}, got {n}")
        return build(n)

    return checked


def _team(form: str, build: Callable[..., Task]) -> Callable[[str], Task]:
    def checked(digits: str) -> Task:
        sizes = [int(part) for part in digits.split("-")]
        if not 2 <= sizes[0] <= _LARGEST or not all(1 <= size <= _LARGEST for size in sizes):
            raise ValueError(
                f"the N of {form} counts players and lies between 2 and {_LARGEST}, and any M counts "
                f"tickets and lies between 1 and {_LARGEST}; got {digits}"
            )
        return build(*sizes)

    return checked


def _from_file(form: str, build: Callable[[Path, str], Task]) -> Callable[[str], Task]:
    return lambda path: build(Path(path), form.replace("FILE", path))


TICKETS = TaskKind(
    "tickets-N-M",
    "N players, M tickets, each wants one alone",
    _team("tickets-N-M", team.tickets),
    "tickets-5-5",
)

TASKS: list[TaskKind] = [
    TaskKind("memory-1", "2 actions, differ to score; sees the last round", lambda _: matrix.memory_one()),
    TaskKind("memory-n", "2 actions, differ to score; sees all counts", lambda _: matrix.memory_n()),
    TaskKind(
        "one-ahead-N",
        "N actions on a circle, neighbours score",
        _sized("one-ahead-N", matrix.one_ahead),
        "one-ahead-5",
    ),
    TaskKind(
        "anti-coordination-N",
        "N actions, differ to score",
        _sized("anti-coordination-N", matrix.anti_coordination),
        "anti-coordination-3",
    ),
    TaskKind(
        "coordination-N",
        "N actions, agree to score",
        _sized("coordination-N", matrix.coordination),
        "coordination-3",
    ),
    TaskKind(
        "lever-N", "N levers that are alike, pull the same", _sized("lever-N", matrix.levers), "lever-5"
    ),
    TaskKind("stag-hunt", "stag together pays most, hare is safe", lambda _: matrix.stag_hunt()),
    TaskKind(
        "rock-paper-scissors",
        "each beats one of the others, 300 rounds",
        lambda _: matrix.rock_paper_scissors(),
    ),
    TICKETS,
    TaskKind(
        "specialists-N-M",
        "the same, each has a ticket worth twice as much to it",
        _team("specialists-N-M", team.specialists),
        "specialists-5-5",
    ),
    TaskKind(
        "volunteer-N",
        "N players, one volunteer is enough",
        _team("volunteer-N", team.volunteer),
        "volunteer-5",
    ),
    TaskKind(
        "minority-N",
        "N players, those in the minority score",
        _team("minority-N", team.minority),
        "minority-5",
    ),
    TaskKind(
        "matrix:FILE",
        "payoffs from a file: JSON, .csv, Gambit's .nfg",
        _from_file("matrix:FILE", files.matrix_from_file),
    ),
    TaskKind("game-1", "two rows, each player goes where the other began", lambda _: grid.game_one()),
    TaskKind("game-2", "the same in a corridor with a bay", lambda _: grid.game_two()),
    TaskKind("grid:FILE", "the same on a map from a text file", _from_file("grid:FILE", grid.grid_from_file)),
    TaskKind("overcooked", "two cooks, one onion soup, small kitchen", lambda _: overcooked.overcooked()),
    TaskKind("overcooked-ring", "the same in a ring of floor", lambda _: overcooked.overcooked_ring()),
    TaskKind(
        "overcooked:FILE",
        "the same on a layout from a text or .layout file",
        _from_file("overcooked:FILE", overcooked.overcooked_from_file),
    ),
    TaskKind(
        "in-turn:TASK",
        "another task, whose players act one after the other",
        lambda name: InTurn(make_task(name)),
        "in-turn:game-1",
    ),
]
"""This project's kinds of task, in the order in which they are listed."""


@cache
def extension_tasks() -> tuple[TaskKind, ...]:
    """Tasks of other packages: an entry point holds a ``TaskKind`` or a function that makes a task."""
    taken = frozenset(kind.form for kind in TASKS)
    return tuple(load_group(TASKS_GROUP, _from_entry_point, taken).values())


def all_tasks() -> list[TaskKind]:
    """Every kind of task: this project's, then those of other packages."""
    return [*TASKS, *extension_tasks()]


def _from_entry_point(name: str, entry: EntryPoint, thing: Any) -> TaskKind:
    if isinstance(thing, TaskKind):
        return thing
    if not callable(thing):
        raise TypeError(
            f"it holds {type(thing).__name__}, not a TaskKind or something to be called as make()"
        )

    def build(_: str) -> Task:
        task = thing()
        if not isinstance(task, Task):
            raise TypeError(f"the task {name!r} of {source_of(entry)} lacks a part of eval.tasks.Task")
        if task.name != name:
            raise ValueError(f"the task {name!r} of {source_of(entry)} calls itself {task.name!r}")
        return task

    return TaskKind(name, f"{summary_of(thing, 'a task')} ({source_of(entry)})", build)


Environment: TypeAlias = Literal["table", "real"]

_MADE: dict[tuple[str, Environment], Task] = {}


def make_task(name: str, env: Environment = "table") -> Task:
    """The task called ``name``, for example ``memory-1``, ``one-ahead-5`` or ``matrix:game.json``.

    Tasks that are not made from files are made once a process: what they know of their game is kept.

    Args:
        name: the task's name.
        env: ``"real"`` takes every step of a kitchen in the real ``overcooked-ai``.

    Raises:
        UnknownNameError: no such task; the message offers the nearest names.
        ValueError: a size out of range, a file that does not fit, or a task without a real environment.
    """
    for kind in all_tasks():
        argument = kind.match(name)
        if argument is not None and (kind.form.endswith("FILE") or ":" in argument):
            return _in_environment(kind.build(argument), env)  # the file may have changed
        if argument is not None:
            if (name, env) not in _MADE:
                _MADE[name, env] = _in_environment(kind.build(argument), env)
            return _MADE[name, env]
    raise UnknownNameError("task", name, [kind.example or kind.form for kind in all_tasks()])


def _in_environment(task: Task, env: Environment) -> Task:
    if env == "table":
        return task
    if isinstance(task, overcooked.OvercookedTask):
        return task.in_real_environment()
    raise ValueError(f"the task {task.name!r} has no real environment; leave --env out")
