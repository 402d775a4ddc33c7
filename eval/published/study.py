"""What published blocks are made of: studies at a setting, each played once whoever needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from eval.sweeps import Backend

Bar: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""``bar(title, total)`` shows progress; what it gives is called after each of ``total`` parts."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """How much of a study is played.

    Attributes:
        episodes: of every cell and seed, >= 1; what a study of other parts counts instead.
        seeds: of all random numbers, one at least. Each plays its own ``episodes``.
    """

    episodes: int
    seeds: tuple[int, ...] = (42,)

    @property
    def total(self) -> int:
        """Episodes of a cell, all seeds together."""
        return self.episodes * len(self.seeds)

    def __str__(self) -> str:
        """``10,000 episodes, seed 42`` or ``300 episodes, 60 of each of the seeds 42 to 46``."""
        if len(self.seeds) == 1:
            return f"{self.total:,} episode{'s' if self.total > 1 else ''}, seed {self.seeds[0]}"
        first, last = self.seeds[0], self.seeds[-1]
        in_a_row = self.seeds == tuple(range(first, last + 1))
        which = f"{first} to {last}" if in_a_row else ", ".join(map(str, self.seeds))
        return f"{self.total:,} episodes, {self.episodes:,} of each of the seeds {which}"


FIVE = tuple(range(42, 47))
"""Five seeds, for what is too slow to be played 10,000 times."""


@contextmanager
def no_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Shows nothing."""
    yield lambda: None


@dataclass(frozen=True, slots=True)
class How:
    """How studies are carried out; what comes out is the same.

    Attributes:
        backend: where the episodes of sweeps are played; in this process for None.
        bar: shows how far a study is.
    """

    backend: Backend | None = None
    bar: Bar = no_bar


@dataclass(frozen=True, slots=True)
class Study(Generic[T]):
    """Something that is played, and what is made of the episodes.

    Attributes:
        name: for progress, and unique among studies.
        play: ``play(setting, how)``.
        full: the setting of the published pages.
        small: one that takes a second or two and has the same rows and columns.
        seconds: processor time of the full setting, as it was measured or reckoned from the small one.
    """

    name: str
    play: Callable[[Setting, How], T]
    full: Setting
    small: Setting
    seconds: float


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """What a study came to, and how much of it was played."""

    value: T
    setting: Setting


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that is generated.

    Attributes:
        name: as the page's comment has it.
        page: path of the page, from the root of the checkout.
        studies: what it is made of.
        lines: ``lines(*results)``: its Markdown, from the results of the studies in their order.
    """

    name: str
    page: str
    studies: tuple[Study[Any], ...]
    lines: Callable[..., list[str]]


@dataclass
class Playing:
    """Studies that were played so far, so that blocks share them.

    Attributes:
        small: whether all studies are played in their small setting.
        how: how they are carried out.
    """

    small: bool = False
    how: How = field(default_factory=How)
    _played: dict[str, Result[Any]] = field(default_factory=dict)

    def result(self, study: Study[T]) -> Result[T]:
        """The study's result; it is played when first asked for."""
        if study.name not in self._played:
            setting = study.small if self.small else study.full
            self._played[study.name] = Result(study.play(setting, self.how), setting)
        return self._played[study.name]

    def lines(self, block: Block) -> list[str]:
        """The block's content, line by line."""
        return block.lines(*(self.result(study) for study in block.studies))
