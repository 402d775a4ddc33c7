"""Conventions of hints in the tiny Hanabi: computed, and played beside agents that look for them."""

from __future__ import annotations

from eval.measure import Interval
from eval.published.markdown import prose, table
from eval.published.study import Block, How, Result, Setting, Study
from eval.studies.hidden import AGENTS, CONVENTIONS, ORDERS, Hidden, hidden

_TASKS = ("tiny-hanabi", "tiny-hanabi-3", "tiny-hanabi-unseen")
_SAID = {
    ORDERS: "A-ToM over orders 0 to 2",
    "bayes": "A-ToM over orders and habits",
    CONVENTIONS: "**A-ToM over orders and conventions**",
    "sampled-conventions": "A-ToM over conventions, drawn anew each time",
    "tom-1": "ToM-1, says the colour",
}


def _play(setting: Setting, how: How) -> list[Hidden]:
    """One result a task."""
    with how.bar("hidden information", len(_TASKS) * (3 * len(AGENTS) + 2)) as progress:
        return [
            hidden(task, pairs=setting.episodes, seed=setting.seeds[0], progress=progress) for task in _TASKS
        ]


HIDDEN = Study("hidden information", _play, Setting(32), Setting(4), 100)


def shown(result: Result[list[Hidden]]) -> list[str]:
    """For each task what was computed, and a row for each agent."""
    lines: list[str] = []
    for one in result.value:
        lines += [
            *prose(
                f"`{one.task}`, {result.setting.episodes} pairs, points a round. Computed: self-play",
                f"{_plain(one.own)}, cross-play {_plain(one.cross)}, of conventions drawn at random",
                f"{one.chance:.2f}, other-play {one.other:.2f}. The same as played: self-play",
                f"{_plain(one.played_own)}, cross-play {_plain(one.played_cross)}. Conventions are",
                f"{one.ahead} ahead of orders alone.",
            ),
            "",
            *table(
                ["agent", "beside self-play pairs", "beside ToM-1", "with its own kind"],
                [
                    [said, *(_plain(found[agent]) for found in (one.beside, one.grounded, one.with_self))]
                    for agent, said in _SAID.items()
                ],
            ),
            "",
        ]
    return lines[:-1]


def _plain(interval: Interval) -> str:
    """Without an interval where all values are the same."""
    text = str(interval)
    return text.removesuffix(" [?]")


BLOCKS = (Block("hidden", "docs/hidden.md", (HIDDEN,), shown),)
