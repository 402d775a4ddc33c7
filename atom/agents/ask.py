"""Asking a reasoner for policies and a wrapped agent for its action, waiting or not.

A decision is written once, as a coroutine. What it asks is answered at once for synchronous callers, so
that the coroutine never suspends, and awaited for asynchronous ones.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, cast

from atom.agents.actors import Actor
from atom.agents.problems import Problems
from atom.belief.hypotheses import Behaviour
from atom.decision import Prediction
from atom.errors import FAILURES, Failure, ReasonerError, shortly, warn_once
from atom.names import order_of
from atom.policies import Policy, check_policy, check_probabilities, completed, is_ours, is_plain
from atom.reasoning.reasoner import (
    AsyncReasoner,
    AsyncResponder,
    ConcurrentReasoner,
    DecisionReasoner,
    ImmediateReasoner,
    Reasoner,
    Responder,
    check_reasoner,
    check_responder,
)
from atom.situation import Situation

_log = logging.getLogger(__name__)

_WHY = "partners whom no single order fits"

Pair: TypeAlias = tuple[str, int]
"""A player and the ToM order that it might be of."""


@dataclass(slots=True)
class Answers:
    """What came of the questions of one decision.

    Attributes:
        policies: (player, order) -> policy.
        failed: (player, order) -> why there is none.
    """

    policies: dict[Pair, Policy] = field(default_factory=dict)
    failed: dict[Pair, Failure] = field(default_factory=dict)

    def expected_of(self, me: str, estimate: str) -> Policy | None:
        """What a partner that is taken for an order k > 0 expects of ``me``, ``policy(me, k - 1)``.

        None for other estimates, and where the question failed.
        """
        order = order_of(estimate)
        return self.policies.get((me, order - 1)) if order else None

    def add(self, other: Answers) -> None:
        """Adds what came of further questions."""
        self.policies |= other.policies
        self.failed |= other.failed


def questions(wanted: Mapping[str, Iterable[str]]) -> list[Pair]:
    """The questions to a reasoner: every partner at every order that is wanted of it.

    Args:
        wanted: partner -> names of hypotheses; those that are no orders are no questions.
    """
    return [
        (partner, order)
        for partner, names in wanted.items()
        for name in names
        if (order := order_of(name)) is not None
    ]


def by_hypothesis(
    situation: Situation,
    wanted: Mapping[str, Iterable[str]],
    answers: Answers,
    behaviours: Mapping[str, Behaviour],
    problems: Problems,
) -> dict[str, dict[str, Policy]]:
    """Partner -> hypothesis -> policy; a partner without any is absent.

    Args:
        situation: what all players see.
        wanted: partner -> names of hypotheses.
        answers: to the ``questions`` about orders.
        behaviours: name -> how a partner acts, of the hypotheses that are no orders.
        problems: takes what failed.
    """
    found: dict[str, dict[str, Policy]] = {}
    for partner, names in wanted.items():
        policies: dict[str, Policy] = {}
        there = situation.as_seen_by(partner) if partner in situation.moved else situation
        for name in names:
            order = order_of(name)
            if order is None:
                try:
                    found_policy = expected_by(name, behaviours[name], there, partner)
                except FAILURES as error:
                    problems.failed(f"{partner} as {name}", error)
                    continue
                if found_policy is not None:
                    policies[name] = found_policy
            elif (partner, order) in answers.failed:
                problems.failed(f"{partner} at order {order}", answers.failed[partner, order])
            else:
                policies[name] = answers.policies[partner, order]
        if policies:
            found[partner] = policies
    return found


def expected_by(name: str, behaviour: Behaviour, situation: Situation, player: str) -> Policy | None:
    """What a hypothesis that is no order expects of a player; None where it says nothing.

    Actions that are not legal are left out, with one warning. What its probabilities leave of 1 goes to the
    legal actions that it does not name, alike, or where it names all to these in proportion.

    Raises:
        DistributionError: probabilities that are none, or that add up to more than 1.
        ReasonerError: no mapping.
    """
    found = behaviour(situation, player)
    if found is None:
        return None
    of = f"the hypothesis {name!r}"
    policy = check_probabilities(found, f"what {of} expects of {player!r}", of)
    legal = situation.legal(player)
    if is_plain(policy, legal):
        return policy
    odd = [action for action, probability in policy.items() if action not in legal and probability > 0.0]
    if odd:
        words = "%s expects %s of %r, which is not legal; legal are %s. It is left out"
        warn_once(_log, (of, "legal"), words, of, shortly(odd[0]), player, list(legal))
    return completed({action: policy[action] for action in legal if action in policy}, legal)


class Ask(Protocol):
    """Whoever answers the questions of a decision."""

    def for_decision(self) -> Ask:
        """The same for one decision, which shares what it asked with no other."""
        ...

    async def policies(self, situation: Situation, pairs: Sequence[Pair]) -> Answers:
        """The policy of every (player, order), those that failed apart."""
        ...

    async def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what every other player is expected to do."""
        ...

    async def act(self, actor: Actor, situation: Situation, prediction: Prediction) -> str:
        """A wrapped agent's action."""
        ...


class AskNow:
    """Answers at once.

    Args:
        reasoner: says how a player of any order acts.
        raises: whether the first failure ends it, so that nothing more is asked in vain.

    Raises:
        ReasonerError: what is no reasoner.
    """

    __slots__ = ("_chance", "_concurrent", "_exact", "_immediate", "_raises", "_reasoner", "_responder")

    def __init__(self, reasoner: Reasoner, *, raises: bool = False) -> None:
        check_reasoner(reasoner)
        self._raises = raises
        # protocols are asked for here: that takes longer than a small decision
        self._reasoner = reasoner
        self._chance = reasoner if isinstance(reasoner, DecisionReasoner) else None
        self._immediate = reasoner if isinstance(reasoner, ImmediateReasoner) else None
        self._exact = is_ours(reasoner)
        self._concurrent = reasoner if isinstance(reasoner, ConcurrentReasoner) else None
        self._responder = reasoner if isinstance(reasoner, Responder) else None

    def for_decision(self) -> Ask:
        """The same for one decision."""
        own = self._reasoner if self._chance is None else self._chance.for_decision()
        return self if own is self._reasoner else AskNow(own, raises=self._raises)

    async def policies(self, situation: Situation, pairs: Sequence[Pair]) -> Answers:
        """The policies; those of a reasoner that asks over a network are asked for at once."""
        if self._immediate is not None:
            found = self._immediate.policies_at_once(situation, pairs)
            if self._exact:
                return Answers(dict(zip(pairs, found, strict=True)))
            _check_list(found, type(self._reasoner).__name__, len(pairs))
            return self._each_checked(situation, pairs, found.__getitem__)
        if self._concurrent is not None:
            return self._concurrent.run(_gathered(self._concurrent, situation, pairs))
        return self._each_checked(
            situation, pairs, lambda number: self._reasoner.policy(situation, *pairs[number])
        )

    def _each_checked(
        self, situation: Situation, pairs: Sequence[Pair], of: Callable[[int], object]
    ) -> Answers:
        """The policies that are some, and why the others are none.

        Args:
            situation: what all players see.
            pairs: whose.
            of: number of a pair -> its policy, which nobody looked at yet.
        """
        answers = Answers()
        for number, pair in enumerate(pairs):
            try:
                answers.policies[pair] = _checked(of(number), self._reasoner, situation, *pair)
            except FAILURES as error:
                if self._raises:
                    raise
                answers.failed[pair] = error
        return answers

    async def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response."""
        responder = self._responder or check_responder(self._reasoner, _WHY)
        policy = responder.respond(situation, player, predicted)
        return _checked(policy, self._reasoner, situation, player)

    async def act(self, actor: Actor, situation: Situation, prediction: Prediction) -> str:
        """The action."""
        return actor(situation, prediction)


def _check_list(found: object, kind: str, n: int) -> None:
    if not isinstance(found, list | tuple) or len(found) != n:
        raise ReasonerError(
            f"{kind}.policies_at_once returned {shortly(found)}; it is a list of policies, one for each of "
            f"the {n} pairs that it was asked for"
        )


def _checked(
    policy: object, reasoner: Reasoner, situation: Situation, player: str, order: int | None = None
) -> Policy:
    """A reasoner's policy at an order, or its response, if it is a policy."""
    legal = situation.legal(player)
    if is_plain(policy, legal):
        return cast("Policy", policy)
    kind = type(reasoner).__name__
    method, what = ("respond", "response") if order is None else ("policy", "policy")
    if inspect.iscoroutine(policy):
        policy.close()
        raise ReasonerError(
            f"{kind}.{method} is asynchronous; write it as a plain method, and what is awaited as a{method} "
            "beside it"
        )
    at = "" if order is None else f" at order {order}"
    return check_policy(policy, legal, f"the {what} of {kind} for {player!r}{at}", f"the {what} of {kind}")


async def _gathered(reasoner: AsyncReasoner, situation: Situation, pairs: Sequence[Pair]) -> Answers:
    """The policies, asked for at once."""
    asked = (reasoner.apolicy(situation, *pair) for pair in pairs)
    answers = Answers()
    # one that fails must not leave its siblings running behind the decision's back
    for pair, answer in zip(pairs, await asyncio.gather(*asked, return_exceptions=True), strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, FAILURES):
            raise answer
        try:
            if isinstance(answer, BaseException):
                raise answer
            answers.policies[pair] = _checked(answer, reasoner, situation, *pair)
        except FAILURES as error:
            answers.failed[pair] = error
    return answers


class AskAwaiting:
    """Awaits what can be awaited; policies that do not depend on each other at once.

    Args:
        reasoner: says how a player of any order acts.
    """

    __slots__ = ("_asynchronous", "_chance", "_now", "_reasoner", "_responder")

    def __init__(self, reasoner: Reasoner) -> None:
        self._reasoner = reasoner
        self._chance = reasoner if isinstance(reasoner, DecisionReasoner) else None
        self._asynchronous = None
        if isinstance(reasoner, AsyncReasoner) and not isinstance(reasoner, ImmediateReasoner):
            self._asynchronous = reasoner
        self._responder = reasoner if isinstance(reasoner, AsyncResponder) else None
        self._now = AskNow(reasoner)

    def for_decision(self) -> Ask:
        """The same for one decision."""
        own = self._reasoner if self._chance is None else self._chance.for_decision()
        return self if own is self._reasoner else AskAwaiting(own)

    async def policies(self, situation: Situation, pairs: Sequence[Pair]) -> Answers:
        """The policies."""
        if self._asynchronous is None:
            return await self._now.policies(situation, pairs)
        return await _gathered(self._asynchronous, situation, pairs)

    async def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response, awaited where the reasoner offers that."""
        if self._responder is None:
            return await self._now.respond(situation, player, predicted)
        policy = await self._responder.arespond(situation, player, predicted)
        return _checked(policy, self._reasoner, situation, player)

    async def act(self, actor: Actor, situation: Situation, prediction: Prediction) -> str:
        """The action."""
        return await actor.aact(situation, prediction)
