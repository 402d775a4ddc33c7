"""Level-k reasoning: what a player of any theory-of-mind order would do.

Paper, section "Theory of mind": ToM-0 acts on the state alone; ToM-k assumes that its partners are
ToM-(k-1), predicts their actions with that hypothesis and best-responds.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from atom.policies import Policy
from atom.reasoning.snapshots import length_and_last, snapshot
from atom.reasoning.turns import certain, is_last, unanswered
from atom.sharing import UnderWay, together
from atom.situation import Situation

LevelZero: TypeAlias = Callable[[Situation, str], Policy]
"""``level0(situation, player)``: what a player does that models nobody."""

Respond: TypeAlias = Callable[[Situation, str, Mapping[str, Policy]], Policy]
"""``respond(situation, player, predicted)``: the answer to what every other player is expected to do."""

AsyncLevelZero: TypeAlias = Callable[[Situation, str], Awaitable[Policy]]
AsyncRespond: TypeAlias = Callable[[Situation, str, Mapping[str, Policy]], Awaitable[Policy]]

Answer: TypeAlias = Callable[[Situation, str, int, Mapping[str, Policy]], Awaitable[Policy]]
"""``answer(situation, player, order, predicted)``: the policy itself, once the others are predicted one
order below; at order 0 nobody is."""


class Evaluations:
    """What is known of one situation.

    Attributes:
        policies: (player, order) -> policy.
        pending: (player, order) of the evaluations under way.
    """

    __slots__ = ("pending", "policies")

    def __init__(self) -> None:
        self.policies: dict[tuple[str, int], Policy] = {}
        self.pending = UnderWay[Policy]()

    async def once(
        self, player: str, order: int, evaluate: Callable[[], Coroutine[Any, Any, Policy]]
    ) -> Policy:
        """The policy of a player at an order: known, under way for another caller, or evaluated now.

        Raises:
            BudgetError: the budget's time ended while another caller's evaluation was waited for.
        """
        pair = player, order
        found = self.policies.get(pair)
        if found is None:
            found = await self.pending.joined(pair)
        if found is None:
            found = await self.pending.begun(pair, self._kept(pair, evaluate))
        return found

    async def _kept(
        self, pair: tuple[str, int], evaluate: Callable[[], Coroutine[Any, Any, Policy]]
    ) -> Policy:
        result = self.policies[pair] = await evaluate()
        return result


class Latest:
    """The evaluations of the situation that was asked about last.

    Args:
        lookup: finds those of a situation that is not that one; None begins anew, but for one that is equal.
    """

    __slots__ = ("_last", "_lookup")

    def __init__(self, lookup: Callable[[Situation], Evaluations] | None = None) -> None:
        self._lookup = lookup
        self._last: tuple[Situation, tuple[int, Any], tuple[Any, ...] | None, Evaluations] | None = None

    def of(self, situation: Situation) -> Evaluations:
        """The evaluations of ``situation``; equal situations share theirs."""
        last, steps = self._last, length_and_last(situation)
        if last is not None and last[0] is situation and last[1] == steps:
            return last[3]
        seen = None
        if self._lookup is not None:
            known = self._lookup(situation)
        else:
            seen = snapshot(situation)
            same = last is not None and seen is not None and last[2] == seen
            known = last[3] if last is not None and same else Evaluations()
        # One attribute that is replaced whole: threads that race lose evaluations, never mix two.
        self._last = (situation, steps, seen, known)
        return known


class Recursion:
    """Awaited level-k policies: what does not depend on each other is evaluated at once, each once.

    Args:
        answer: see ``Answer``.
    """

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def policy(self, situation: Situation, player: str, order: int, known: Evaluations) -> Policy:
        """How ``player`` would act here if it were ToM-``order``.

        Args:
            situation, player, order: whose policy is asked for.
            known: what is known of ``situation``; every evaluation of this one is added to it, and
                concurrent callers share those that are under way.

        Raises:
            ValueError: a negative order.
            SituationError: the player is not in the situation.
        """
        if order > 0 and is_last(situation, player):
            order = 0  # whoever has seen everybody answers alike at every order: one question
        return await known.once(player, order, lambda: self._evaluate(situation, player, order, known))

    async def _evaluate(self, situation: Situation, player: str, order: int, known: Evaluations) -> Policy:
        moved = situation.moved
        predicted: dict[str, Policy] = {}
        if player in moved:
            return certain(moved[player])
        if order == 0 and is_last(situation, player):
            predicted, asked = {other: certain(action) for other, action in moved.items()}, 1
        elif order == 0:
            situation.legal(player)
            asked = 0
        else:
            others, asked = _others(situation, player, order), order
            policies = await together(self.policy(situation, other, order - 1, known) for other in others)
            predicted = dict(zip(others, policies, strict=True))
        return await self._answer(situation, player, asked, predicted)


class RecursiveReasoner:
    """ToM-k by recursion, from a level-0 policy and a way to respond.

    ToM-0 is ``level0(situation, player)``; ToM-k is ``respond(situation, player, predicted)`` where
    ``predicted`` maps every *other* player to its ToM-(k-1) policy. Results are kept per (player,
    order) until the situation changes, so that orders 0..K of one partner and the answer at K+1 cost
    at most 2K+2 evaluations between two players. Awaited policies that do not depend on each other
    are evaluated at once, so the same takes K+2 rounds.

    Where players see what others did (``atom.reasoning.turns``), whoever has moved is predicted with
    certainty, and whoever moves last responds at every order. Those who move later are predicted as if
    they moved now, since two functions do not say what an action is worth: ``NormalFormReasoner`` and
    ``CongestionReasoner`` predict their answer to each own action instead.

    Args:
        level0: the ToM-0 policy of a player.
        respond: the answer to predicted partners.
        alevel0, arespond: asynchronous twins, used by ``apolicy``; the synchronous ones serve where
            they are absent.

    Example:
        >>> def level0(situation, player):
        ...     return {"left": 1.0}
        >>> def respond(situation, player, predicted):
        ...     (partner,) = predicted.values()
        ...     return {"right": 1.0} if "left" in partner else {"left": 1.0}
        >>> situation = Situation(actions={"ann": ("left", "right"), "ben": ("left", "right")})
        >>> [dict(RecursiveReasoner(level0, respond).policy(situation, "ann", k)) for k in (0, 1, 2)]
        [{'left': 1.0}, {'right': 1.0}, {'left': 1.0}]
    """

    def __init__(
        self,
        level0: LevelZero,
        respond: Respond,
        *,
        alevel0: AsyncLevelZero | None = None,
        arespond: AsyncRespond | None = None,
    ) -> None:
        self._level0 = level0
        self._respond = respond
        self._alevel0 = alevel0 or level0
        self._arespond = arespond or respond
        self._recursion = Recursion(self._aanswer)
        self._latest = Latest()

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The answer of ``player`` to what every other player is expected to do.

        Those who move after it may be left out: they will answer what they see.
        """
        missing = unanswered(situation, player, predicted)
        return self._respond(
            situation, player, {**predicted, **{other: self.policy(situation, other, 0) for other in missing}}
        )

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order``.

        Raises:
            ValueError: a negative order.
            SituationError: the player is not in the situation.
        """
        policies = self._latest.of(situation).policies
        found = policies.get((player, order))
        if found is None:
            found = self._evaluate(situation, player, order, policies)
        return found

    def _evaluate(
        self, situation: Situation, player: str, order: int, policies: dict[tuple[str, int], Policy]
    ) -> Policy:
        if not situation.at_once:
            result = self._in_turn(situation, player, order, policies)
        elif order == 0:
            situation.legal(player)
            result = self._level0(situation, player)
        else:
            result = self._respond(
                situation,
                player,
                {
                    other: policies.get((other, order - 1))
                    or self._evaluate(situation, other, order - 1, policies)
                    for other in _others(situation, player, order)
                },
            )
        policies[player, order] = result
        return result

    def _in_turn(
        self, situation: Situation, player: str, order: int, policies: dict[tuple[str, int], Policy]
    ) -> Policy:
        """``policy`` where players see what others did before them."""
        others, moved = _others(situation, player, order), situation.moved
        if player in moved:
            return certain(moved[player])
        if is_last(situation, player):
            return self._respond(situation, player, {other: certain(moved[other]) for other in others})
        if order == 0:
            return self._level0(situation, player)
        if player in situation.to_move and situation.later(player):
            return self._lead(situation, player, order)
        return self._respond(
            situation,
            player,
            {other: self._evaluate(situation, other, order - 1, policies) for other in others},
        )

    def _lead(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` acts at an order >= 1 where others act after it."""
        others = _others(situation, player, order)
        return self._respond(
            situation, player, {other: self.policy(situation, other, order - 1) for other in others}
        )

    async def arespond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``, awaited."""
        missing = unanswered(situation, player, predicted)
        policies = await together(self.apolicy(situation, other, 0) for other in missing)
        further = dict(zip(missing, policies, strict=True))
        answer = self._arespond(situation, player, {**predicted, **further})
        return await answer if inspect.isawaitable(answer) else answer

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same as ``policy``; concurrent callers share every evaluation that is under way."""
        return await self._recursion.policy(situation, player, order, self._latest.of(situation))

    async def _aanswer(
        self, situation: Situation, player: str, order: int, predicted: Mapping[str, Policy]
    ) -> Policy:
        answer: Policy | Awaitable[Policy] = (
            self._alevel0(situation, player) if order == 0 else self._arespond(situation, player, predicted)
        )
        return await answer if inspect.isawaitable(answer) else answer


def _others(situation: Situation, player: str, order: int) -> list[str]:
    if order < 0:
        raise ValueError(f"a theory-of-mind order is an integer >= 0, got {order}")
    situation.legal(player)
    return [other for other in situation.actions if other != player]
