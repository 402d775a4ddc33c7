"""Tables for the terminal and for documents."""

from eval.show.tables.coverage import coverage_table
from eval.show.tables.crossplay import cross_play_table
from eval.show.tables.findings import findings_tables
from eval.show.tables.lists import learner_list, player_list, task_list
from eval.show.tables.marks import Marks
from eval.show.tables.paper import excess_table, paper_marks, paper_tables
from eval.show.tables.robustness import robustness_table
from eval.show.tables.statistics import belief_table, comparison_table, summary_table
from eval.show.tables.strangers import close_cells, overall_table, strangers_table
from eval.show.tables.studies import (
    ablation_table,
    competence_table,
    detectors_table,
    equal_tokens_table,
    followed_table,
    team_table,
)
from eval.show.tables.text import arrow, markdown, score
from eval.show.tables.views import views_table

__all__ = [
    "Marks",
    "ablation_table",
    "arrow",
    "belief_table",
    "close_cells",
    "comparison_table",
    "competence_table",
    "coverage_table",
    "cross_play_table",
    "detectors_table",
    "equal_tokens_table",
    "excess_table",
    "findings_tables",
    "followed_table",
    "learner_list",
    "markdown",
    "overall_table",
    "paper_marks",
    "paper_tables",
    "player_list",
    "robustness_table",
    "score",
    "strangers_table",
    "summary_table",
    "task_list",
    "team_table",
    "views_table",
]
