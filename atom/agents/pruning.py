"""Which hypotheses are worth evaluating: the likely ones, and no more than the budget affords.

A hypothesis that is not evaluated carries no information at that step: its likelihood is imputed as
the posterior-weighted mean of those that were evaluated, which leaves its probability as it was.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from atom.names import order_of

FEWER = "budget: only the likelier hypotheses were evaluated"
TOM_1 = "budget: partners are taken for ToM-0, nothing else was evaluated"
BARE = "budget: nothing was predicted"


@dataclass(frozen=True, slots=True)
class Pruning:
    """When hypotheses are left out, which pays where evaluating one costs a call to a model.

    All are evaluated at the first step, ``recheck`` steps after the last complete evaluation at the
    latest, and at the step after a surprise: an action that the evaluated hypotheses together gave
    less probability than chance.

    Args:
        threshold: hypotheses of a smaller posterior are not evaluated, in [0, 1).
        recheck: steps between complete evaluations, >= 1.

    Raises:
        ValueError: a setting out of its range.
    """

    threshold: float = 0.05
    recheck: int = 5

    def __post_init__(self) -> None:
        if not 0.0 <= self.threshold < 1.0 or self.recheck < 1:
            raise ValueError(
                "the threshold of pruning lies in [0, 1) and recheck is at least 1, got "
                f"{self.threshold} and {self.recheck}"
            )

    def keep(
        self, probabilities: Mapping[str, float], estimate: str, habitual: str | None = None
    ) -> tuple[str, ...]:
        """The hypotheses to evaluate; the estimate is always among them, and habits, which cost no call."""
        always = (estimate, habitual)
        return tuple(name for name, p in probabilities.items() if name in always or p >= self.threshold)

    def due(self, step: int, checked: int | None) -> bool:
        """Whether all hypotheses are to be evaluated at ``step``; ``checked`` is when they last were."""
        return checked is None or step - checked >= self.recheck


def evaluations(players: Iterable[str], wanted: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Every policy (player, order) that the wanted ones are made of, themselves included."""
    names = tuple(players)
    found: set[tuple[str, int]] = set()
    stack = list(wanted)
    while stack:
        player, order = stack.pop()
        if (player, order) not in found:
            found.add((player, order))
            if order > 0:
                stack += [(other, order - 1) for other in names if other != player]
    return found


def affordable(
    calls: float,
    players: Sequence[str],
    me: str,
    wanted: Mapping[str, Sequence[str]],
    beliefs: Mapping[str, Mapping[str, float]],
    moved: Container[str] = (),
    *,
    wrapped: bool,
) -> tuple[dict[str, tuple[str, ...]], str]:
    """The hypotheses that so many calls pay for, and the degradation step in words.

    Only orders cost calls, and one order of a partner stays as long as its other hypotheses do.

    Args:
        calls: how many calls there are, >= 0.
        players: all players' names.
        me: who decides.
        wanted: partner -> hypotheses to evaluate if possible.
        beliefs: partner -> hypothesis -> probability.
        moved: partners who are asked about where they acted, which shares no question with where one is now.
        wrapped: whether a wrapped agent acts, which costs a call of its own.

    Returns:
        partner -> hypotheses to evaluate, and an empty text where nothing had to be left out.
    """

    def fits(hypotheses: Mapping[str, Sequence[str]]) -> bool:
        pairs = [(partner, k) for partner, names in hypotheses.items() for k in _orders(names)]
        if not wrapped:
            pairs.append((me, max((k for _, k in pairs), default=-1) + 1))
        apart = {partner for partner, _ in pairs if partner in moved}
        asked = [[pair for pair in pairs if pair[0] == partner] for partner in apart]
        asked.append([pair for pair in pairs if pair[0] not in apart])
        return sum(len(evaluations(players, some)) for some in asked) + wrapped <= calls

    kept = {partner: tuple(names) for partner, names in wanted.items()}
    step = ""
    while not fits(kept):
        left = {partner: _orders(names) for partner, names in kept.items()}
        droppable = [(partner, k) for partner, orders in left.items() if len(orders) > 1 for k in orders]
        if not droppable:
            only_zero: dict[str, tuple[str, ...]] = {
                partner: ("0",) for partner in wanted if "0" in beliefs[partner]
            }
            return (only_zero, TOM_1) if only_zero and fits(only_zero) else ({}, BARE)
        partner, order = min(droppable, key=lambda pair: (beliefs[pair[0]][str(pair[1])], -pair[1]))
        kept[partner] = tuple(name for name in kept[partner] if name != str(order))
        step = FEWER
    return kept, step


def _orders(hypotheses: Iterable[str]) -> list[int]:
    return [order for name in hypotheses if (order := order_of(name)) is not None]
