"""How calibrated the belief is, where partners are as it expects them and where they are not."""

from __future__ import annotations

from statistics import fmean

from eval.measure import Calibration
from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies.calibrated import AGENT, TASKS, Calibrated, calibrated


def _play(setting: Setting, how: How) -> list[list[Calibrated]]:
    """What was measured in each task with each seed."""
    with how.bar("calibration", len(TASKS) * len(setting.seeds) * 18) as progress:
        return [
            [calibrated(task, setting.episodes, seed=seed, progress=progress) for seed in setting.seeds]
            for task in TASKS
        ]


CALIBRATED = Study("calibration", _play, Setting(100, FIVE), Setting(1), 50)


def calibrations(result: Result[list[list[Calibrated]]]) -> list[str]:
    """One row a task: calibration error, log loss and accuracy under both kinds of partners."""
    rows = [
        [
            of_seeds[0].task,
            *_means([one.prior for one in of_seeds]),
            *_means([one.steady for one in of_seeds]),
        ]
        for of_seeds in result.value
    ]
    kinds = ("as it expects", "never lapse")
    measures = ("calibration error", "log loss", "accuracy")
    return [
        *prose(
            f"Beliefs of `{AGENT}` over classes of orders, all steps of {result.setting}",
            "beside each partner. *As it expects*: every order 0, 1, 2 at every lapse rate of",
            "its grid alike (`noisy:ε:tom-K`). *Never lapse*: the same orders without lapses,",
            "about which it is less sure than it could be:",
        ),
        "",
        *table(["task", *(f"{measure}, {kind}" for kind in kinds for measure in measures)], rows),
    ]


def _means(of_seeds: list[Calibration]) -> list[str]:
    error, loss, accuracy = (
        fmean(getattr(one, name) for one in of_seeds) for name in ("error", "log_loss", "accuracy")
    )
    return [f"{error:.3f}", f"{loss:.2f}", f"{accuracy:.1%}"]


BLOCKS = (Block("calibration", "docs/evaluation.md", (CALIBRATED,), calibrations),)
