"""What it costs to see the partner late, seldom or unclearly."""

from __future__ import annotations

from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies.views import PARTNERS, RANDOM, VIEWS, Viewed, views

_TASK, _ROUNDS = "one-ahead-5", 60


def _play(setting: Setting, how: How) -> list[list[Viewed]]:
    """What was measured with each seed."""
    with how.bar("views", len(setting.seeds) * len((*VIEWS, RANDOM)) * len(PARTNERS)) as progress:
        return [
            views(_TASK, rounds=_ROUNDS, episodes=setting.episodes, seed=seed, progress=progress)
            for seed in setting.seeds
        ]


VIEWED = Study("views", _play, Setting(40, FIVE), Setting(2), 45)


def viewed(result: Result[list[list[Viewed]]]) -> list[str]:
    """One row a view: the first half of the rounds, and the second."""
    by_seed = result.value
    n = len(by_seed)
    means: dict[tuple[str, str], str] = {}
    errors: dict[str, float] = {}
    for rows in zip(*by_seed, strict=True):
        early, late = (sum(half) / n for half in zip(*((r.early[0], r.late[0]) for r in rows), strict=True))
        error = sum((row.late[1] or 0.0) ** 2 for row in rows) ** 0.5 / n
        means[rows[0].view, rows[0].partner] = f"{early:.3f} → {late:.3f}"
        errors[rows[0].view] = max(errors.get(rows[0].view, 0.0), error)
    shown = [
        [view, *(means[view, partner] for partner in PARTNERS), f"{errors[view]:.3f}"] for view in errors
    ]
    return [
        *prose(
            "Share of the optimum in rounds 1–30 → 31–60 beside fixed orders, mean of",
            f"{result.setting}; the last column has the largest standard error of the second",
            "halves.",
        ),
        "",
        *table(["what is seen of the partner", *PARTNERS, "±"], shown),
    ]


BLOCKS = (Block("views", "docs/langgraph.md", (VIEWED,), viewed),)
