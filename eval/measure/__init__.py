"""What episodes come to: intervals, measures of cross-play, of beliefs and of regret."""

from eval.measure.calibration import Calibration, calibration, class_probabilities, equivalence_classes
from eval.measure.crossplay import (
    SelfAndCross,
    disjoint_seed_pairs,
    self_and_cross_play,
    share_of_optimum,
    worst_partner,
)
from eval.measure.intervals import (
    Interval,
    bca_bounds,
    mean_and_error,
    paired_difference,
    stratified_mean,
    wilson_interval,
)
from eval.measure.multiplicity import benjamini_hochberg, holm, sign_flip_test
from eval.measure.regret import Regret, external_regret, regret_bound

__all__ = [
    "Calibration",
    "Interval",
    "Regret",
    "SelfAndCross",
    "bca_bounds",
    "benjamini_hochberg",
    "calibration",
    "class_probabilities",
    "disjoint_seed_pairs",
    "equivalence_classes",
    "external_regret",
    "holm",
    "mean_and_error",
    "paired_difference",
    "regret_bound",
    "self_and_cross_play",
    "share_of_optimum",
    "sign_flip_test",
    "stratified_mean",
    "wilson_interval",
    "worst_partner",
]
