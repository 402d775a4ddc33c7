"""Two runs side by side: how the same pairings did in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from eval.measure import LEVEL, Interval, holm, mean_interval, sign_flip_tests, stratified_mean
from eval.results import PairingSummary, stored_summaries
from eval.show.explorer.overview import interval_plain
from eval.show.explorer.runs import ExploredRun

Plain = dict[str, Any]
_SAME_LUCK = ("seed", "random_numbers", "epsilon")
"""Where two runs agree in these, an episode of one number has the same luck in both."""


def comparison(first: ExploredRun, second: ExploredRun) -> Plain:
    """The pairings that both runs have, with the differences ``second - first``.

    Where both were played with the same seed, differences are those of the same episodes; otherwise the
    episodes are independent samples. P-values are adjusted for all pairings (Holm).

    Returns:
        ``{"paired": whether, "only": [pairings of the first alone, of the second alone], "rows":
        [{"task", "agent", "partner", "first", "second", "difference", "p", "beyond"}]}``.

    Raises:
        ResultsError: see ``stored_summaries``.
    """
    found = [
        {s.key: s for s in stored_summaries(run.file, run.stored.number, without=run.places)}
        for run in (first, second)
    ]
    shared = [key for key in found[0] if key in found[1]]
    asked = [run.stored.configuration for run in (first, second)]
    paired = all(asked[0].get(name) == asked[1].get(name) for name in _SAME_LUCK)
    pairs = [(found[0][key], found[1][key]) for key in shared]
    tested = _paired(pairs) if paired else [_apart(one, other) for one, other in pairs]
    known = [index for index, (difference, _) in enumerate(tested) if difference is not None]
    adjusted = dict(zip(known, holm([tested[i][1] for i in known]).tolist() if known else [], strict=True))
    rows = [
        _row(*_shared(one, other, paired=paired), tested[index][0], adjusted.get(index))
        for index, (one, other) in enumerate(pairs)
    ]
    alone = [[list(key) for key in found[i] if key not in found[1 - i]] for i in (0, 1)]
    return {"paired": paired, "only": alone, "rows": rows}


def _row(one: PairingSummary, other: PairingSummary, difference: Interval | None, p: float | None) -> Plain:
    beyond = difference is not None and p is not None and p <= 1.0 - LEVEL
    if difference is not None and not difference.is_unknown:
        beyond = beyond and difference.excludes(0.0)
    means = [float(np.mean(list(summary.scores.values()))) for summary in (one, other)]
    return {
        "task": one.task,
        "agent": one.agent,
        "partner": one.partner,
        "first": means[0],
        "second": means[1],
        "difference": None if difference is None else interval_plain(difference),
        "p": p,
        "beyond": beyond,
    }


def _shared(
    one: PairingSummary, other: PairingSummary, *, paired: bool
) -> tuple[PairingSummary, PairingSummary]:
    """Both with the episodes whose means are shown: those that both have, where they are compared."""
    both = one.scores.keys() & other.scores.keys()
    if not paired or not both:
        return one, other
    first, second = ({n: s.scores[n] for n in sorted(both)} for s in (one, other))
    return replace(one, scores=first), replace(other, scores=second)


def _paired(pairs: Sequence[tuple[PairingSummary, PairingSummary]]) -> list[tuple[Interval | None, float]]:
    differences = [_by_episode(one.scores, other.scores) for one, other in pairs]
    width = max(map(len, differences), default=0)
    table = np.array([np.pad(row, (0, width - len(row))) for row in differences]).reshape(-1, width)
    p_values = sign_flip_tests(table).tolist() if len(table) else []
    return [
        (mean_interval(row), p) if len(row) >= 2 else (None, 1.0)
        for row, p in zip(differences, p_values, strict=True)
    ]


def _by_episode(
    one: Mapping[int, float], other: Mapping[int, float]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([other[number] - score for number, score in one.items() if number in other])


def _apart(one: PairingSummary, other: PairingSummary) -> tuple[Interval | None, float]:
    samples = [np.array(list(summary.scores.values())) for summary in (other, one)]
    if min(map(len, samples)) < 2:
        return None, 1.0
    interval = stratified_mean(samples, weights=[1.0, -1.0])
    if interval.is_unknown:
        return interval, 1.0  # nothing varies, and no test can say how much might
    # by means and deviations: of the values themselves SciPy warns where those of one run are all the same
    (mean, spread, n), (other_mean, other_spread, m) = (
        (float(one.mean()), float(one.std(ddof=1)), len(one)) for one in samples
    )
    test = stats.ttest_ind_from_stats(mean, spread, n, other_mean, other_spread, m, equal_var=False)
    return interval, float(test.pvalue)
