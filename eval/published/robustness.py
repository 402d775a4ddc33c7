"""Agents on tasks that nobody tuned, by the seeds that drew the tasks."""

from __future__ import annotations

from eval.published.markdown import prose, table
from eval.published.study import Block, How, Result, Setting, Study
from eval.show.tables.strangers import percent
from eval.studies import Standing, Standings, standings
from eval.studies.generated import CLASSES, tasks_of
from eval.studies.robustness import AGENTS, PARTNERS, count

HELD_OUT = 3
"""The seed that was played once, when the agent was done."""
SEEDS = (0, 2, HELD_OUT)
_OURS = "bayes"
_TITLES = {
    "common": "common payoff",
    "ties": "integer ties",
    "symmetric": "symmetric common payoff",
    "battle": "battle-like",
    "general": "general sum",
    "one-ahead": "one ahead, 4 to 7",
    "mirrored": "maps with a mirror",
    "lopsided": "maps without",
    "kitchens": "kitchens",
}
_ALONE = "adaptive:bayes/"
_WAYS = {
    "win-stay/above": "orders, above",
    "sample/nearest": "orders, drawn",
    "leader/nearest": "orders, likeliest",
}

Found = dict[int, list[Standings]]
"""Seed -> the standings of all classes."""


def _play(setting: Setting, how: How) -> Found:
    """As many tasks of a class are drawn as episodes are played of a cell."""
    n, found = setting.episodes, {}
    drawn = {seed: {kind: tasks_of(kind, n, seed=seed) for kind in CLASSES} for seed in setting.seeds}
    cells = sum(count(tasks, AGENTS, PARTNERS) for of_seed in drawn.values() for tasks in of_seed.values())
    with how.bar("robustness", cells) as progress:
        for seed, of_seed in drawn.items():
            found[seed] = [
                standings(kind, tasks, episodes=n, seed=seed, progress=progress)
                for kind, tasks in of_seed.items()
            ]
    return found


STANDINGS = Study("robustness", _play, Setting(10, SEEDS), Setting(1, (0,)), 720)


def _ours(found: Standings) -> Standing:
    return next(standing for standing in found.agents if standing.agent == _OURS)


def _rival(found: Standings) -> Standing:
    """The best other agent."""
    return next(standing for standing in found.agents if standing.agent != _OURS)


def _short(agent: str) -> str:
    return _WAYS.get(agent.removeprefix(_ALONE), f"`{agent.removeprefix('adaptive:')}`")


def untuned(result: Result[Found]) -> list[str]:
    """One row a class: ours and the best other agent, for each seed."""
    by_class = list(zip(*result.value.values(), strict=True))
    rows = []
    for classes in by_class:
        ours = [f"{100 * _ours(found).mean.estimate:.1f}" for found in classes]
        rivals = [_rival(found) for found in classes]
        theirs = [f"{100 * rival.mean.estimate:.1f} {_short(rival.agent)}" for rival in rivals]
        gaps = ["–" if (gap := _ours(found).behind) is None else percent(gap) for found in classes]
        rows.append([_TITLES[classes[0].kind], *(" / ".join(texts) for texts in (ours, theirs, gaps))])
    firsts = [sum(_ours(found).behind is None for found in classes) for classes in result.value.values()]
    seeds = " / ".join(map(str, result.value))
    return [
        *prose(
            f"{result.setting.episodes} tasks of every class and {result.setting.episodes} episodes a cell;",
            f"the mean over {len(PARTNERS)} partners at most, by seed: {seeds}.",
        ),
        "",
        *table(["class", f"`{_OURS}`", "best other agent", f"`{_OURS}` less the first [95 %]"], rows),
        "",
        *prose(
            f"`{_OURS}` is first in {' / '.join(map(str, firsts))} of the {len(CLASSES)} classes.",
            "Intervals are over tasks.",
        ),
    ]


BLOCKS = (Block("untuned-games", "docs/results.md", (STANDINGS,), untuned),)
