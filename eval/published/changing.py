"""Partners who change: how soon that is noticed, and whether the belief measures depth or skill."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies import CompetenceRow, Delay, Detected, changes_followed, compare_detectors, competence_rows
from eval.studies.changing import TOLERANCES
from eval.studies.competence import SKILLS

_SHOWN = {
    ("hazard filter", 0.6): "**hazard filter** (default)",
    ("hazard filter", 0.8): "hazard filter",
    ("bayes, leader", 0.55): "`bayes`, a new leader",
    ("fixed-share, leader", 0.55): "`fixed-share`, a new leader",
    ("hedge, leader", 0.55): "`hedge`, a new leader",
    ("two-sided CUSUM", 0.5): "two-sided CUSUM (river's `PageHinkley`), 0.5",
    ("two-sided CUSUM", 1.0): "two-sided CUSUM, 1",
    ("two-sided CUSUM", 2.0): "two-sided CUSUM, 2",
}
_KINDS = {
    "2-0@8": "2 → 0 at 8 of 15",
    "2-0-2@20-40": "2 → 0 → 2 at 20, 40 of 60",
    "2-0-1@20-40": "2 → 0 → 1 at 20, 40",
    "game-2, 1-0@3": "game-2: 1 → 0 at 3",
}


def _over_seeds(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _detect(setting: Setting, how: How) -> list[list[Detected]]:
    """What was measured with each seed."""
    found = []
    with how.bar("changes", len(setting.seeds)) as progress:
        for seed in setting.seeds:
            found.append(compare_detectors(setting.episodes, seed=seed))
            progress()
    return found


def _follow(setting: Setting, how: How) -> dict[str, tuple[int, int]]:
    """Partner -> changes reported and followed, all seeds together."""
    total: dict[str, tuple[int, int]] = {}
    with how.bar("changes followed", len(setting.seeds)) as progress:
        for seed in setting.seeds:
            for partner, (reports, own) in changes_followed(setting.episodes, seed=seed).items():
                before = total.get(partner, (0, 0))
                total[partner] = (before[0] + reports, before[1] + own)
            progress()
    return total


def _compete(setting: Setting, how: How) -> list[list[CompetenceRow]]:
    found = []
    with how.bar("competence", len(setting.seeds)) as progress:
        for seed in setting.seeds:
            found.append(competence_rows(setting.episodes, seed=seed))
            progress()
    return found


DETECTED = Study("changes", _detect, Setting(40, FIVE), Setting(1), 20)
FOLLOWED = Study("changes followed", _follow, Setting(5, FIVE), Setting(1), 10)
COMPETENT = Study("competence", _compete, Setting(40, FIVE), Setting(1), 20)


def detectors(result: Result[list[list[Detected]]]) -> list[str]:
    """One row a detector: false alarms, and how soon each kind of change is noticed."""
    rows = []
    for of_seeds in zip(*result.value, strict=True):
        one = of_seeds[0]
        if (one.detector, one.setting) not in _SHOWN:
            continue
        alarms = _over_seeds([found.false_alarms for found in of_seeds])
        delays = [_delay([found.delays[kind] for found in of_seeds]) for kind in _KINDS]
        rows.append([_SHOWN[one.detector, one.setting], f"{one.setting:g}", f"{alarms:.2f}", *delays])
    return [
        *prose(
            f"Share of changes noticed within {TOLERANCES[0]} / within {TOLERANCES[1]} rounds,",
            f"and the mean delay of those that were; {result.setting}. False alarms are of",
            "fixed orders with 5 % lapses, in 200 rounds of `one-ahead-5`.",
        ),
        "",
        *table(["detector", "setting", "false alarms", *_KINDS.values()], rows),
    ]


def _delay(found: Sequence[Delay]) -> str:
    soon, late = (100 * _over_seeds([one.within[t] for one in found]) for t in TOLERANCES)
    mean = _over_seeds([one.delay for one in found])
    return f"{soon:.0f} / {late:.0f} %" + ("" if math.isnan(mean) else f" ({mean:.1f})")


def followed(result: Result[dict[str, tuple[int, int]]]) -> list[str]:
    """How often the agent's own change preceded its partner's."""

    def together(adapts: bool) -> tuple[int, int]:
        chosen = [counts for name, counts in result.value.items() if name.startswith("learning") == adapts]
        return sum(reports for reports, _ in chosen), sum(own for _, own in chosen)

    (reports, own), (learned, because) = together(adapts=False), together(adapts=True)
    return [
        *prose(
            "`change.followed` says whether the agent's own order changed just before the",
            f"partner's did. In {result.setting}, 200 rounds each and beside each partner, it",
            f"was true for {own} of {reports} reported changes of `switching`, `deceptive` and",
            f"`noisy` partners, and for {because} of {learned} of `learning` ones.",
        ),
    ]


def competence(result: Result[list[list[CompetenceRow]]]) -> list[str]:
    """One row a belief and order; two beliefs as the mean over orders."""
    merged = [_mean_row(rows) for rows in zip(*result.value, strict=True)]
    ours = [row for row in merged if row.belief == "default"]
    rows = [_competent("default", str(row.order), [row]) for row in ours]
    for belief, title in (
        ("no hazard", "default lapse rates, no hazard"),
        ("lapses to 1", "lapse rates that end at 1"),
    ):
        rows.append(_competent(title, "mean of 0, 1, 2", [row for row in merged if row.belief == belief]))
    skills = " / ".join(f"{skill:g}" for skill in SKILLS)
    distance = float(np.mean([row.distance for row in ours]))
    headings = [
        "belief",
        "order",
        f"P(true order) at p = {skills}",
        "inferred lapse rate",
        "rounds until 0.9",
        "total variation 0.11 v 0.39",
    ]
    return [
        *prose(f"Mean of {result.setting} of every skill and order, 300 rounds of `one-ahead-5`:"),
        "",
        *table(headings, rows),
        "",
        *prose(
            "- **The posterior ends in the same place whatever the skill** (total variation",
            f"{distance:.3f} on average), and skill moves the lapse rate (the truth is 1 − p:",
            "0.89, 0.80, 0.70, 0.61) and the speed.",
        ),
    ]


def _mean_row(rows: Sequence[CompetenceRow]) -> CompetenceRow:
    """The mean over seeds; of the median rounds the median."""
    truth, lapses = (
        np.mean([getattr(row, name) for row in rows], axis=0).tolist() for name in ("truth", "lapses")
    )
    rounds = np.median([row.rounds for row in rows], axis=0).tolist()
    distance = float(np.mean([row.distance for row in rows]))
    return CompetenceRow(rows[0].belief, rows[0].order, truth, lapses, rounds, distance)


def _competent(title: str, order: str, rows: Sequence[CompetenceRow]) -> list[str]:
    truth, lapses = (np.mean([getattr(row, name) for row in rows], axis=0) for name in ("truth", "lapses"))
    rounds = np.mean([row.rounds for row in rows], axis=0)
    return [
        title,
        order,
        " / ".join(f"{p:.2f}" for p in truth),
        " ".join(f"{lapse:.2f}" for lapse in lapses),
        " ".join("never" if math.isinf(n) else f"{n:.0f}" for n in rounds),
        f"{np.mean([row.distance for row in rows]):.3f}",
    ]


BLOCKS = (
    Block("change-detectors", "docs/changing-partners.md", (DETECTED,), detectors),
    Block("changes-followed", "docs/changing-partners.md", (FOLLOWED,), followed),
    Block("competence", "docs/changing-partners.md", (COMPETENT,), competence),
)
