"""Studies: the paper's tables, ablation, changes, competence, teams, tokens, strangers, robustness, findings.

One file a study: what is asked and what is made of the episodes. ``eval.show.tables`` shows what came out.
"""

from eval.studies.ablation import Line, ablate
from eval.studies.calibrated import Calibrated, calibrated
from eval.studies.changing import Delay, Detected, changes_followed, compare_detectors
from eval.studies.competence import CompetenceRow, competence_rows
from eval.studies.equal_tokens import Priced, priced, votes_for
from eval.studies.findings import (
    Finding,
    Reading,
    fewer_optimal_actions,
    less_rational,
    other_partners,
    readings,
)
from eval.studies.paper import Excess, PaperCell, excesses, paper_cells, paper_sweep, published
from eval.studies.robustness import Standing, Standings, standings
from eval.studies.strangers import Beside, Strangers, judge, strangers_sweep
from eval.studies.symmetric import symmetric_limit
from eval.studies.team import TeamResult, play_team, seat_team

__all__ = [
    "Beside",
    "Calibrated",
    "CompetenceRow",
    "Delay",
    "Detected",
    "Excess",
    "Finding",
    "Line",
    "PaperCell",
    "Priced",
    "Reading",
    "Standing",
    "Standings",
    "Strangers",
    "TeamResult",
    "ablate",
    "calibrated",
    "changes_followed",
    "compare_detectors",
    "competence_rows",
    "excesses",
    "fewer_optimal_actions",
    "judge",
    "less_rational",
    "other_partners",
    "paper_cells",
    "paper_sweep",
    "play_team",
    "priced",
    "published",
    "readings",
    "seat_team",
    "standings",
    "strangers_sweep",
    "symmetric_limit",
    "votes_for",
]
