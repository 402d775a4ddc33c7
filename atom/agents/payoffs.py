"""Who knows what actions are worth; what somebody's own code says of it is looked at where it enters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol, cast, runtime_checkable

from atom.errors import ExpectedPayoffError, ReasonerError, shortly
from atom.policies import Policy, is_ours
from atom.reasoning.ties import KnowsBest, best_of
from atom.situation import Situation


@runtime_checkable
class Payoffs(Protocol):
    """Whoever knows payoffs, such as ``NormalFormReasoner``."""

    def expected_payoffs(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> Mapping[str, float]:
        """Action of ``player`` -> its expected payoff when the others act as ``predicted``.

        Who acts later in the step (``situation.later(player)``) may be left out: it will answer what it sees.
        """
        ...


class CheckedPayoffs:
    """Passes on what somebody says of payoffs and best responses, once it is known to be sound.

    Args:
        knows: whoever knows payoffs, or which actions are best, or both.
    """

    __slots__ = ("_best", "_knows")

    def __init__(self, knows: Payoffs | KnowsBest) -> None:
        self._knows = knows
        self._best = knows if isinstance(knows, KnowsBest) else None

    def expected_payoffs(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> Mapping[str, float]:
        """See ``Payoffs``.

        Raises:
            ExpectedPayoffError: a legal action's is not finite, or no number.
            ReasonerError: no mapping, or one without a legal action.
        """
        found = cast("Payoffs", self._knows).expected_payoffs(situation, player, predicted)
        source, legal = f"the expected payoffs of {type(self._knows).__name__}", situation.legal(player)
        if not isinstance(found, Mapping) or not all(action in found for action in legal):
            raise ReasonerError(
                f"{source} for {player!r} are {shortly(found)}; they are a mapping with a number for each of "
                f"{list(legal)}"
            )
        values = {action: _number(found[action]) for action in legal}
        for action, value in values.items():
            if not math.isfinite(value):
                odd = f"{shortly(found[action])}, which is no finite number"
                raise ExpectedPayoffError(f"{source} for {player!r} give {action!r} {odd}", source)
        return values

    def best_actions(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> frozenset[str]:
        """See ``KnowsBest``; those of the largest expected payoff where no more is known.

        Raises:
            ExpectedPayoffError: as ``expected_payoffs``.
            ReasonerError: no set of legal actions, or an empty one.
        """
        if self._best is None:
            return best_of(self.expected_payoffs(situation, player, predicted))
        found, legal = self._best.best_actions(situation, player, predicted), situation.legal(player)
        if not isinstance(found, set | frozenset) or not found or not found <= {*legal}:
            raise ReasonerError(
                f"the best actions of {type(self._knows).__name__} for {player!r} are {shortly(found)}; they "
                f"are a set of one or more of {list(legal)}"
            )
        return frozenset(found)


def _number(value: object) -> float:
    """A value as a float; NaN where it is no number."""
    try:
        return math.nan if isinstance(value, str | bytes) else float(value)  # type: ignore[arg-type]  # tried
    except (TypeError, ValueError, OverflowError):
        return math.nan


def known_payoffs(given: Payoffs | None, reasoner: object, *, needed: str = "") -> Payoffs | None:
    """Who knows payoffs: whoever is given, else the reasoner if it does; checked unless it is one of ours.

    Args:
        given: what an agent was told.
        reasoner: its reasoner.
        needed: the setting that needs them, in the error; empty where none does.

    Raises:
        TypeError: what is given knows no payoffs.
        ValueError: nobody knows them, and they are needed.
    """
    if given is not None and not isinstance(given, Payoffs):
        raise TypeError(
            f"payoffs={shortly(given)} has no method expected_payoffs; pass who knows payoffs, such as "
            "NormalFormReasoner(payoffs)"
        )
    if given is None and isinstance(reasoner, Payoffs):
        given = reasoner
    if given is None:
        if needed:
            raise ValueError(
                f"{needed} needs payoffs, and this reasoner knows none; pass payoffs=, for example a "
                "NormalFormReasoner"
            )
        return None
    return given if is_ours(given) else CheckedPayoffs(given)


def knows_best(payoffs: Payoffs) -> KnowsBest:
    """Who says which actions are best; to be asked for once, since that takes as long as a small decision."""
    return payoffs if isinstance(payoffs, KnowsBest) else CheckedPayoffs(payoffs)


def known_best(payoffs: Payoffs | None, reasoner: object) -> KnowsBest | None:
    """The same, or the reasoner where nobody knows payoffs; None where it does not know either.

    Args:
        payoffs: whoever knows payoffs, as ``known_payoffs`` has it.
        reasoner: an agent's.
    """
    if payoffs is not None:
        return knows_best(payoffs)
    if not isinstance(reasoner, KnowsBest):
        return None
    return reasoner if is_ours(reasoner) else CheckedPayoffs(reasoner)
