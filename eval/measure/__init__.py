"""What episodes come to: intervals, tests, measures of cross-play, of beliefs and of regret."""

from eval.measure.beliefs import BeliefSummary, belief_summaries, judged, watched
from eval.measure.crossplay import (
    SelfAndCross,
    disjoint_seed_pairs,
    self_and_cross_play,
    share_of_optimum,
    worst_partner,
)
from eval.measure.intervals import (
    Interval,
    differences,
    episode_values,
    joint_mean,
    mean_interval,
    mean_intervals,
    paired_difference,
    stratified_mean,
    wilson_interval,
)
from eval.measure.multiplicity import (
    benjamini_hochberg,
    holm,
    is_beyond_chance,
    sign_flip_test,
    sign_flip_tests,
)
from eval.measure.ranking import ALL, Lead, Ranking, ranking
from eval.measure.regret import REGRET_NOTE, Regret, external_regret, regret_bound
from eval.measure.reliability import Calibration, calibration, class_probabilities, equivalence_classes
from eval.measure.resampling import FEW, LEVEL, RESAMPLES, interval_bounds, is_lopsided
from eval.measure.summary import (
    AgentSummary,
    Comparison,
    Rows,
    cell_interval,
    comparable,
    compare,
    self_and_cross,
    summarise,
)
from eval.play import mean_and_error

__all__ = [
    "ALL",
    "FEW",
    "LEVEL",
    "REGRET_NOTE",
    "RESAMPLES",
    "AgentSummary",
    "BeliefSummary",
    "Calibration",
    "Comparison",
    "Interval",
    "Lead",
    "Ranking",
    "Regret",
    "Rows",
    "SelfAndCross",
    "belief_summaries",
    "benjamini_hochberg",
    "calibration",
    "cell_interval",
    "class_probabilities",
    "comparable",
    "compare",
    "differences",
    "disjoint_seed_pairs",
    "episode_values",
    "equivalence_classes",
    "external_regret",
    "holm",
    "interval_bounds",
    "is_beyond_chance",
    "is_lopsided",
    "joint_mean",
    "judged",
    "mean_and_error",
    "mean_interval",
    "mean_intervals",
    "paired_difference",
    "ranking",
    "regret_bound",
    "self_and_cross",
    "self_and_cross_play",
    "share_of_optimum",
    "sign_flip_test",
    "sign_flip_tests",
    "stratified_mean",
    "summarise",
    "watched",
    "wilson_interval",
    "worst_partner",
]
