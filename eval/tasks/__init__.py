"""Tasks to be played: by name (``make_task``), all of one protocol (``Task``)."""

from eval.tasks.base import Better, State, Task, Transition
from eval.tasks.boards import Board, board_of, frames_of
from eval.tasks.described import DescribedTask
from eval.tasks.grid import GridTask
from eval.tasks.matrix import MatrixTask, anti_coordination, one_ahead
from eval.tasks.overcooked import OvercookedTask
from eval.tasks.registry import TASKS, TICKETS, Environment, TaskKind, all_tasks, make_task
from eval.tasks.stored import StoredTask, as_plain, differs
from eval.tasks.tabular import TabularTask
from eval.tasks.team import TeamTask, collisions

__all__ = [
    "TASKS",
    "TICKETS",
    "Better",
    "Board",
    "DescribedTask",
    "Environment",
    "GridTask",
    "MatrixTask",
    "OvercookedTask",
    "State",
    "StoredTask",
    "TabularTask",
    "Task",
    "TaskKind",
    "TeamTask",
    "Transition",
    "all_tasks",
    "anti_coordination",
    "as_plain",
    "board_of",
    "collisions",
    "differs",
    "frames_of",
    "make_task",
    "one_ahead",
]
