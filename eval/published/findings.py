"""When misalignment hurts: the number of optimal actions, and kitchens as they are."""

from __future__ import annotations

from dataclasses import dataclass

from eval.published.markdown import prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies import fewer_optimal_actions
from eval.studies.findings import ALIGNED, EQUAL, mean_over
from eval.tasks import TabularTask, make_task

_SIZES = (2, 3, 8)
_KITCHENS = {"overcooked": "small, symmetric", "overcooked-ring": "a ring of floor"}


@dataclass(frozen=True, slots=True)
class Kitchen:
    """A kitchen as its table has it: joint states, and the fewest steps to a soup."""

    states: int
    fewest: float


def _actions(setting: Setting, how: How) -> dict[int, float]:
    """Number of actions -> points that equal orders lose to aligned ones, mean over seeds."""
    lost = dict.fromkeys(_SIZES, 0.0)
    with how.bar("optimal actions", len(_SIZES) * len(setting.seeds)) as progress:
        for size in _SIZES:
            for seed in setting.seeds:
                found = fewer_optimal_actions((size,), episodes=setting.episodes, seed=seed)
                lost[size] += (mean_over(found, ALIGNED) - mean_over(found, EQUAL)) / len(setting.seeds)
                progress()
    return lost


def _kitchens(setting: Setting, how: How) -> dict[str, Kitchen]:
    found = {}
    for name in _KITCHENS:
        task = make_task(name)
        if not isinstance(task, TabularTask) or task.optimum is None:
            raise ValueError(f"the kitchen {name!r} is on no table, so its states cannot be counted")
        found[name] = Kitchen(task.model.n_states, task.optimum)
    return found


ACTIONS = Study("optimal actions", _actions, Setting(60, FIVE), Setting(2), 20)
STATES = Study("kitchens", _kitchens, Setting(1), Setting(1), 2)


def actions(result: Result[dict[int, float]]) -> list[str]:
    """What equal orders lose, by the number of actions."""
    said = ", ".join(f"at N = {size} {points:.0f}" for size, points in result.value.items())
    return [
        *prose(
            "With N actions of which N − 1 are optimal answers, ties broken at random, equal",
            "orders 0 and 2 meet less and less; ToM-1, whose answer is unique for any N,",
            f"keeps failing. Points that equal orders lose to aligned ones: {said}",
            f"({result.setting}, 2 % lapses).",
        ),
    ]


def kitchens(result: Result[dict[str, Kitchen]]) -> list[str]:
    """One row a task."""
    rows = [
        [f"`{name}`", _KITCHENS[name], f"{kitchen.states:,}", f"{kitchen.fewest:.0f}"]
        for name, kitchen in result.value.items()
    ]
    rows.append(
        [
            "`overcooked:FILE`",
            "yours, with one pot or two",
            "refused above 2 GiB, before anything is built",
            "",
        ]
    )
    return table(["task", "kitchen", "states", "fewest steps"], rows)


BLOCKS = (
    Block("optimal-actions", "docs/overcooked.md", (ACTIONS,), actions),
    Block("kitchens", "docs/overcooked.md", (STATES,), kitchens),
)
