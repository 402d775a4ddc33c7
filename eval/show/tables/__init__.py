"""Tables for the terminal and for documents, each imported when it is asked for: some need statistics."""

from typing import TYPE_CHECKING

from atom import lazy

if TYPE_CHECKING:
    from eval.show.tables.coverage import coverage_table
    from eval.show.tables.crossplay import cross_play_table
    from eval.show.tables.findings import findings_tables
    from eval.show.tables.lists import entry_table, learner_list, listed, player_list, task_list
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
    from eval.show.tables.training import lever_rows, lever_table, trained_rows, training_table
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
    "entry_table",
    "equal_tokens_table",
    "excess_table",
    "findings_tables",
    "followed_table",
    "learner_list",
    "lever_rows",
    "lever_table",
    "listed",
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
    "trained_rows",
    "training_table",
    "views_table",
]

_MODULES = {
    "eval.show.tables.coverage": "coverage_table",
    "eval.show.tables.crossplay": "cross_play_table",
    "eval.show.tables.findings": "findings_tables",
    "eval.show.tables.lists": "entry_table learner_list listed player_list task_list",
    "eval.show.tables.marks": "Marks",
    "eval.show.tables.paper": "excess_table paper_marks paper_tables",
    "eval.show.tables.robustness": "robustness_table",
    "eval.show.tables.statistics": "belief_table comparison_table summary_table",
    "eval.show.tables.strangers": "close_cells overall_table strangers_table",
    "eval.show.tables.studies": "ablation_table competence_table detectors_table equal_tokens_table "
    "followed_table team_table",
    "eval.show.tables.text": "arrow markdown score",
    "eval.show.tables.training": "lever_rows lever_table trained_rows training_table",
    "eval.show.tables.views": "views_table",
}

__getattr__ = lazy.attach({name: module for module, names in _MODULES.items() for name in names.split()})
