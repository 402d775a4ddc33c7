"""How decisions came about: how many were degraded, asked for again, or cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from partners import asks_models

MAX_DEGRADED = 0.05
"""The share of degraded decisions above which a score is marked, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the decisions behind a score were like.

    Where language models play, their decisions are counted, and such of other players as were degraded;
    where none plays, those of all players.

    Attributes:
        decisions: how many are counted; 0 where nobody counted.
        degraded: how many of them fell back on something else, see ``Decision.degraded``.
        repaired: in how many a model was asked again, since its reply named no option; None where an older
            results file does not say.
        truncated: in how many a reply ended by its limit of tokens; None as above.
    """

    decisions: int = 0
    degraded: int = 0
    repaired: int | None = 0
    truncated: int | None = 0

    def __add__(self, other: Tally) -> Tally:
        """Both together; what one of them does not know stays unknown."""
        return Tally(
            self.decisions + other.decisions,
            self.degraded + other.degraded,
            _sum(self.repaired, other.repaired),
            _sum(self.truncated, other.truncated),
        )

    @property
    def shares(self) -> tuple[float, float | None, float | None]:
        """Degraded, repaired and truncated as shares of the decisions, in [0, 1]."""
        return (
            _share(self.degraded, self.decisions) or 0.0,
            _share(self.repaired, self.decisions),
            _share(self.truncated, self.decisions),
        )

    @property
    def unanswered(self) -> bool:
        """Whether every decision was degraded."""
        return self.degraded >= self.decisions > 0

    def exceeds(self, limit: float) -> bool:
        """Whether the share of degraded decisions is above a limit in [0, 1]."""
        return self.shares[0] > limit

    def as_plain(self, limit: float = MAX_DEGRADED) -> dict[str, Any]:
        """Shares as JSON-serialisable data, and whether the score is marked at a limit in [0, 1]."""
        degraded, repaired, truncated = self.shares
        return {
            "decisions": self.decisions,
            "degraded": degraded,
            "repaired": repaired,
            "truncated": truncated,
            "marked": self.exceeds(limit),
        }


@dataclass(slots=True)
class DecisionCounts:
    """Counts what went wrong in decisions, one by one, wherever they come from.

    Attributes:
        degraded: player -> how many of its decisions were degraded, where any were.
        repaired, truncated: see ``Tally``.
    """

    degraded: Counter[str] = field(default_factory=Counter)
    repaired: int = 0
    truncated: int = 0

    def add(self, player: str, *, degraded: bool, repaired: bool, truncated: bool) -> None:
        """Takes one more decision of a player into account."""
        if degraded:
            self.degraded[player] += 1
        self.repaired += repaired
        self.truncated += truncated

    def tally(self, steps: int, players: Sequence[str], asking: Sequence[str]) -> Tally:
        """The tally of an episode; arguments as of ``tallied``."""
        found = {"repaired": self.repaired, "truncated": self.truncated}
        return tallied(steps, players, asking, self.degraded, **found)


def seats_asking(agent: str, partner: str, players: Sequence[str], seat: int) -> list[str]:
    """Those of the players that are language models; all but the agent's seat are the partner's."""
    others = agent if partner == "self" else partner
    return [player for i, player in enumerate(players) if asks_models(agent if i == seat else others)]


def tallied(
    steps: int,
    players: Sequence[str],
    asking: Sequence[str],
    degraded: Mapping[str, int],
    *,
    repaired: int = 0,
    truncated: int = 0,
) -> Tally:
    """The tally of an episode.

    Args:
        steps: how many steps it had.
        players: all of them.
        asking: those that are language models.
        degraded: player -> how many of its decisions were degraded.
        repaired, truncated: see ``Tally``.
    """
    every = sum(degraded.values())
    counted = steps * len(players)
    if asking:
        counted = steps * len(asking) + every - sum(degraded.get(player, 0) for player in asking)
    return Tally(counted, every, repaired, truncated)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _share(some: int | None, of: int) -> float | None:
    if some is None:
        return None
    return min(1.0, some / of) if of else 0.0
