"""The command that lists what there is."""

from __future__ import annotations

from eval.show.console import out
from eval.show.tables import learner_list, player_list, task_list


def list_() -> None:
    """List tasks, agents and partners with their traits, and learners."""
    out.print(task_list())
    out.print(player_list())
    out.print(learner_list())
