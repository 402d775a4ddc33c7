"""Tasks to be played: by name (``make_task``), all of one protocol (``Task``)."""

from eval.tasks.base import Better, State, Task, Transition
from eval.tasks.matrix import MatrixTask
from eval.tasks.registry import TASKS, Environment, TaskKind, all_tasks, make_task

__all__ = [
    "TASKS",
    "Better",
    "Environment",
    "MatrixTask",
    "State",
    "Task",
    "TaskKind",
    "Transition",
    "all_tasks",
    "make_task",
]
