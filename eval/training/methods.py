"""Ways of training for teamwork, each a population of pairs that learned together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from atom.reasoning import payoff_symmetries
from eval.tasks import make_task
from eval.training.gradient import Settings, train_pairs
from eval.training.stage import Array, Stage, greedy, stage_of
from partners import Population

POOL = 4
"""Pairs that each agent of fictitious co-play learns beside."""
MOST_SYMMETRIES = 5040
_QUARTER = 4


@dataclass(frozen=True, slots=True)
class Method:
    """One way of training.

    Attributes:
        name: as given on the command line.
        summary: what it does, for tables and help.
        source: where it comes from.
        changes: the settings that it changes.
        pool: whether agents learn beside a pool of other pairs and not beside their own kind.
        greedy: whether the likeliest actions are played after training.
    """

    name: str
    summary: str
    source: str
    changes: tuple[tuple[str, Any], ...] = ()
    pool: bool = False
    greedy: bool = False

    def settings(self, base: Settings) -> Settings:
        """The settings of the method."""
        return replace(base, **dict(self.changes))


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("plain", "the joint payoff alone", "Liu et al. 2025 (MAGRPO)"),
        Method(
            "order",
            "and 3 times the best share of rounds by one order",
            "this project",
            (("order_weight", 3.0),),
        ),
        Method(
            "high-entropy",
            "and 0.3 times the policies' entropy; the likeliest actions are played",
            "Forkel et al. 2025",
            (("entropy", 0.3),),
            greedy=True,
        ),
        Method(
            "other-play",
            "the joint payoff beside a partner in a relabelled game",
            "Hu et al. 2020",
            (("relabel", True),),
        ),
        Method(
            "co-play",
            "the joint payoff beside a pool of other pairs at three ages",
            "Strouse et al. 2021 (fictitious co-play)",
            pool=True,
        ),
    )
}
"""By name, in the order of the tables."""


def symmetries_of(stage: Stage) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Permutations of both players' actions that leave the payoff as it is, up to ``MOST_SYMMETRIES``.

    Raises:
        ValueError: there is none but the one that changes nothing.
    """
    group = payoff_symmetries([stage.payoff, stage.payoff])
    if group.order == 1:
        raise ValueError(f"{stage.name!r} has no symmetries to relabel by; leave out other-play")
    found = [one.actions for one in islice(group, MOST_SYMMETRIES)]
    return [(first, second) for first, second in found]


def policies_of(
    stage: Stage,
    method: Method,
    seeds: Sequence[int],
    base: Settings,
    progress: Callable[[], None] = lambda: None,
) -> Array:
    """One pair a seed, ``[N, 2, S, A]``; each the same, whoever is trained beside it.

    Args:
        stage: the game.
        method: how.
        seeds: N of them, each >= 0.
        base: settings, as far as the method does not change them.
        progress: called after every update; see ``updates``.

    Raises:
        ValueError: other-play in a game without symmetries.
    """
    settings = method.settings(base)
    keys = [(seed, 0) for seed in seeds]
    if not method.pool:
        symmetries = symmetries_of(stage) if settings.relabel else ()
        found: Array = train_pairs(stage, keys, settings, symmetries=symmetries, progress=progress)[-1]
        return greedy(found) if method.greedy else found
    others = [(seed, 1, i) for seed in seeds for i in range(POOL)]
    ages = train_pairs(stage, others, settings, progress=progress, keep=(0, settings.steps // _QUARTER))
    pool = ages.reshape(len(ages), len(seeds), POOL, *ages.shape[2:]).swapaxes(0, 1)
    partners = pool.reshape(len(seeds), len(ages) * POOL, *ages.shape[2:])
    last: Array = train_pairs(stage, keys, settings, partners=partners, progress=progress)[-1]
    return last


def updates(method: Method, base: Settings) -> int:
    """How often ``policies_of`` says that it is further."""
    return method.settings(base).steps * (2 if method.pool else 1)


def population_of(
    stage: Stage,
    method: Method,
    seeds: Sequence[int],
    base: Settings,
    progress: Callable[[], None] = lambda: None,
) -> Population:
    """The same as a population that can be kept in a file."""
    policies = policies_of(stage, method, seeds, base, progress)
    settings = method.settings(base)
    plain = {
        **{name: getattr(settings, name) for name in ("steps", "group", "rate", "spread")},
        **{name: getattr(settings, name) for name in ("order_weight", "entropy", "relabel")},
        "orders": list(settings.orders),
        "rounds": stage.rounds,
        "game": stage.digest,
    }
    return Population(stage.name, method.name, stage.actions, plain, tuple(seeds), policies)


@dataclass(frozen=True, slots=True)
class Asked:
    """A population that is asked for, as plain data, so that any process can train it."""

    task: str
    method: str
    seeds: tuple[int, ...]
    base: Settings
    memory: int = 1


def trained(asked: Asked, progress: Callable[[], None] = lambda: None) -> Population:
    """The population that was asked for.

    Raises:
        ValueError: a task that cannot be trained on, or other-play in a game without symmetries.
    """
    stage = stage_of(make_task(asked.task), asked.memory)
    return population_of(stage, METHODS[asked.method], asked.seeds, asked.base, progress)


def all_trained(
    asked: Sequence[Asked], workers: int = 1, progress: Callable[[], None] = lambda: None
) -> Iterator[Population]:
    """Every population that was asked for, in that order; the same by one process or several.

    Args:
        asked: what to train.
        workers: processes, >= 1.
        progress: called after every population.
    """
    if workers == 1 or len(asked) == 1:
        for one in asked:
            yield trained(one)
            progress()
        return
    from eval.sweeps.workers import Workers  # noqa: PLC0415 - whoever trains in one process needs none

    with Workers(min(workers, len(asked))) as pool:
        for found in pool.map(trained, asked):
            yield found
            progress()
