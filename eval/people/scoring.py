"""How well predictors say what people do next: held-out log scores, and their differences with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.measure import Interval, stratified_mean
from eval.people.agents import agents
from eval.people.habits import Predictor, Uniform, habits
from eval.people.orders import Believed, CognitiveHierarchy, Tables, with_habits
from eval.people.recordings import NONE, PARTS, Floats, Side, folds, people, spans

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """One predictor's log scores, held out.

    Attributes:
        name: the predictor's.
        settings: what was fitted, the mean over the parts of the data.
        scores: part of a game -> ``[P]``, one for each game in nats a move; NaN where no move was made.
        strata: ``[P]``: the group of each game.
    """

    name: str
    settings: dict[str, float]
    scores: dict[str, Floats]
    strata: list[str]

    def interval(self, part: str = "all") -> Interval:
        """The mean log score, every group counting the same."""
        return grouped_mean(self.scores[part], self.strata)

    def less(self, other: Scored) -> Interval:
        """The mean difference from another predictor on the same people; above 0 where this one is better."""
        return grouped_mean(self.scores["all"] - other.scores["all"], self.strata)


def predictors(payoffs: Floats) -> list[Predictor]:
    """All predictors of a game, from the simplest on.

    Args:
        payoffs: ``[2, A_1, A_2]``.
    """
    tables, counted = Tables(payoffs), habits(payoffs)
    return [
        Uniform(payoffs),
        *counted,
        CognitiveHierarchy(tables),
        Believed("habits", tables, (), tuple(counted)),
        Believed("orders", tables),
        with_habits(tables, counted),
        *agents(payoffs),
    ]


def compare(
    sides: Sequence[Side],
    models: Sequence[Predictor],
    *,
    n_folds: int = FOLDS,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Scored]:
    """The held-out scores of predictors, each fitted to the people of the other parts of the data.

    Args:
        sides: what was recorded; bots are left out.
        models: the predictors.
        n_folds: in how many parts the games are split, >= 2.
        seed: seed of the split, >= 0.
        progress: called after every predictor and part.

    Raises:
        ValueError: fewer games than parts, or nobody who moved.
    """
    able = [side for side in people(sides) if (side.own != NONE).any()]
    if not able:
        raise ValueError("nobody made a move in these games; is every action empty?")
    parts = folds(able, n_folds, seed=seed)
    found = []
    for model in models:
        scores: dict[str, list[dict[str, float]]] = {}
        settings: list[dict[str, float]] = []
        for held in parts:
            fitted = model.fitted([side for side in able if side.game not in held])
            settings.append(fitted.settings)
            for side in able:
                if side.game in held:
                    scores.setdefault(side.game, []).append(log_scores(fitted.predict(side), side))
            progress()
        found.append(_scored(model.name, settings, scores, able))
    return found


def log_scores(predicted: Floats, side: Side) -> dict[str, float]:
    """Part of a game -> mean log-probability of the moves made there, NaN where none was.

    Args:
        predicted: ``[T, A]``.
        side: whose moves.
    """
    made = side.own != NONE
    logs = np.log(np.take_along_axis(predicted, np.maximum(side.own, 0)[:, None], axis=1)[:, 0])
    return {
        part: float(logs[span][made[span]].mean()) if made[span].any() else float("nan")
        for part, span in spans(len(made)).items()
    }


def grouped_mean(values: Floats, strata: Sequence[str]) -> Interval:
    """The mean over independent groups of the mean over their games, with its interval.

    Groups are pooled where one has fewer than two values. Of a single value the interval is unknown and both
    ends are the estimate.

    Args:
        values: ``[P]``; those that are NaN do not count.
        strata: ``[P]``: the groups.
    """
    known = ~np.isnan(values)
    names = np.asarray(strata)
    samples = [values[known & (names == group)] for group in dict.fromkeys(strata)]
    if min(map(len, samples)) < 2:
        samples = [values[known]]
    if len(samples[0]) < 2:
        only = float(samples[0][0]) if len(samples[0]) else float("nan")
        return Interval(only, only, only)
    return stratified_mean(samples)


def verdict(scored: Sequence[Scored], ours: str = "orders + habits", rival: str = "Markov") -> str:
    """A sentence that says whether ``ours`` is ahead of the best rival, whose name begins with ``rival``."""
    by_name = {row.name: row for row in scored}
    best = max((row for row in scored if row.name.startswith(rival)), key=lambda row: row.interval().estimate)
    gap = by_name[ours].less(best)
    ahead = "neither ahead of nor behind"
    if gap.excludes(0.0):
        ahead = "ahead of" if gap.estimate > 0.0 else "behind"
    return (
        f"{ours} is {ahead} the best Markov predictor ({best.name}): {gap.estimate:+.3f} nats a move "
        f"[{gap.low:+.3f}, {gap.high:+.3f}], paired over people."
    )


def _scored(
    name: str,
    settings: Sequence[dict[str, float]],
    scores: dict[str, list[dict[str, float]]],
    sides: Sequence[Side],
) -> Scored:
    """Sides of one game are one value: its players answer each other."""
    order = list(dict.fromkeys((side.game, side.group) for side in sides))
    return Scored(
        name,
        {key: float(np.mean([one[key] for one in settings])) for key in settings[0]},
        {part: np.array([_mean([s[part] for s in scores[game]]) for game, _ in order]) for part in PARTS},
        [group for _, group in order],
    )


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]  # noqa: PLR0124 - NaN is not itself
    return float(np.mean(known)) if known else float("nan")
