"""Trained pairs beside each other and beside A-ToM, and the lever game once."""

from __future__ import annotations

from eval.published.markdown import prose, table
from eval.published.study import Block, How, Result, Setting, Study
from eval.show.tables import lever_rows, trained_rows
from eval.studies.levers import Levers, lever_games
from eval.studies.training import AGENTS, PLAIN, TASKS, Trained, asked_for, judged
from eval.training import METHODS, Settings, all_trained

_FEWEST = 4
_WORKERS = 2


def _train(setting: Setting, how: How) -> list[Trained]:
    """As many pairs in each population as the setting has episodes; in little they hardly learn."""
    small = setting.episodes <= _FEWEST
    base = Settings(steps=10, group=4) if small else Settings()
    asked = asked_for(TASKS, list(METHODS), seeds=setting.episodes, seed=setting.seeds[0], base=base)
    with how.bar("training", len(asked)) as progress:
        populations = list(all_trained(asked, 1 if small else _WORKERS, progress))
    with how.bar("beside trained pairs", len(asked) * (1 + len(AGENTS))) as progress:
        return judged(populations, seed=setting.seeds[0], progress=progress)


def _levers(setting: Setting, how: How) -> list[Levers]:
    return lever_games(pairs=setting.episodes, seed=setting.seeds[0])


def _many(setting: Setting, how: How) -> Trained:
    """Plainly trained pairs of one game, enough of them to tell what conventions add."""
    base = Settings(steps=10, group=4) if setting.episodes <= _FEWEST else Settings()
    asked = asked_for(TASKS[:1], [PLAIN], seeds=setting.episodes, seed=setting.seeds[0], base=base)
    with how.bar("more pairs", 1 + len(AGENTS)) as progress:
        (found,) = judged(list(all_trained(asked)), seed=setting.seeds[0], progress=progress)
    return found


MANY = Study("more trained pairs", _many, Setting(64), Setting(_FEWEST), 45)
TRAINED = Study("trained pairs", _train, Setting(16), Setting(_FEWEST), 420)
LEVERS = Study("the lever game", _levers, Setting(10_000), Setting(40), 40)


def pairs(result: Result[list[Trained]]) -> list[str]:
    """A table for each task."""
    lines: list[str] = []
    for task in TASKS:
        of_task = [one for one in result.value if one.task == task]
        lines += [
            *prose(f"`{task}`, {result.setting.episodes} pairs, seeds from {result.setting.seeds[0]}:"),
            "",
        ]
        lines += [*table(*trained_rows(of_task)), ""]
    return lines[:-1]


def verdict(result: Result[list[Trained]]) -> list[str]:
    """What the order reward and conventions add, in a sentence for each game."""
    found = {(one.task, one.method): one for one in result.value}
    lines: list[str] = []
    for task in TASKS:
        plain, order = found[task, PLAIN], found[task, "order"]
        lines += prose(
            f"- `{task}`: with the order reward cross-play is {order.gain} higher, at a self-play of",
            f"{order.own.estimate:.2f} ({plain.own.estimate:.2f} without). Beside the plain pairs, A-ToM",
            f"with conventions is {plain.ahead} ahead of A-ToM over orders alone; beside those of the order",
            f"reward {order.ahead}.",
        )
    return lines


def levers(result: Result[list[Levers]]) -> list[str]:
    """The lever game once, beside the published values."""
    few = max(_FEWEST, result.setting.episodes // 10)
    return [
        *prose(
            f"{result.setting.episodes:,} pairs in the first two rows and {few:,} in the others, seed",
            f"{result.setting.seeds[0]}; self-play with 95 % intervals over pairs, cross-play over pairs of",
            "strangers that share nobody.",
        ),
        "",
        *table(*lever_rows(result.value)),
    ]


def many(result: Result[Trained]) -> list[str]:
    """What conventions add in the lever game, with more pairs."""
    return prose(
        f"With {result.setting.episodes} plain pairs in `{TASKS[0]}`, A-ToM with conventions is",
        f"{result.value.ahead} ahead of A-ToM over orders alone, at {result.value.beside['conventions']}.",
    )


BLOCKS = (
    Block("trained-many", "docs/training.md", (MANY,), many),
    Block("trained-pairs", "docs/training.md", (TRAINED,), pairs),
    Block("trained-verdict", "docs/training.md", (TRAINED,), verdict),
    Block("levers", "docs/training.md", (LEVERS,), levers),
)
