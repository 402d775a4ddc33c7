"""How an adaptive agent decides, apart from how it waits for policies and for a wrapped agent.

The decision is a generator: it yields what it needs and is sent the answer, so that it is written
once for synchronous and asynchronous callers.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from atom.agents.gate import Gate, Gated, Payoffs, gated
from atom.agents.player import Memory, last_resort
from atom.agents.pruning import Pruning, affordable
from atom.belief.changes import last_change
from atom.belief.contract import bound_to
from atom.belief.partner import Estimator
from atom.decision import Decision, PartnerPrediction, Prediction, Standing
from atom.errors import LLMError
from atom.randomness import LazyGenerator, Uniform, draw
from atom.situation import Policy, Situation, check_legal
from atom.usage import Meter

Selection: TypeAlias = Literal["win-stay", "sample", "leader"]
Response: TypeAlias = Literal["nearest", "above"]

Pairs: TypeAlias = list[tuple[str, int]]
Predicted: TypeAlias = dict[str, Policy]
Request: TypeAlias = Pairs | Prediction | Predicted
"""Policies by (player, order), the wrapped agent's action, or the best response to what is predicted."""
Deciding: TypeAlias = Generator[Request, Any, tuple[Decision, Memory]]
ByOrder: TypeAlias = dict[str, dict[int, Policy]]


@dataclass(frozen=True, slots=True)
class Decider:
    """The settings of an adaptive agent, and the decision that follows from them.

    Attributes:
        selection, response, seed, prune, gate, payoffs: see ``AdaptiveAgent``.
        estimator: what is believed of partners.
        wrapped: whether a wrapped agent takes the last step.
        responds: whether the reasoner can answer partners of different orders at once.
    """

    estimator: Estimator
    selection: Selection
    response: Response
    seed: int
    prune: Pruning | None
    gate: Gate
    payoffs: Payoffs | None
    wrapped: bool
    responds: bool

    @property
    def me(self) -> str:
        """Who decides."""
        return self.estimator.me

    @property
    def orders(self) -> tuple[int, ...]:
        """The hypotheses about a partner's order."""
        return self.estimator.orders

    def deciding(
        self, situation: Situation, memory: Memory, partners: Sequence[str], meter: Meter
    ) -> Deciding:
        """Yields requests; a model's failure is sent back as its ``LLMError``."""
        estimator, me = self.estimator, self.estimator.me
        rng = LazyGenerator(self.seed, memory["episode"], memory["step"], me)
        posteriors = {partner: estimator.probabilities(memory, partner) for partner in partners}
        standings = estimator.standings(memory, partners)
        estimates = {
            p: self._estimate(posteriors[p], memory["estimates"].get(p), rng, standings.get(p))
            for p in partners
        }
        problems: list[str] = []
        wanted, complete = self._wanted(situation, memory, posteriors, estimates, meter, problems)
        pairs = [(partner, k) for partner, orders in wanted.items() for k in orders]
        # Whom to answer is known before anything is predicted, so all questions are asked at once.
        estimates = _among(wanted, estimates, posteriors)
        order, aligned, own = self._own(estimates, memory, standings, rng)
        answers = yield [*pairs, *own]
        by_order = sort_policies(pairs, answers, problems)
        answers = answers[len(pairs) :]
        if problems and any(k not in by_order.get(p, ()) for p, k in estimates.items()):
            estimates = _among(by_order, estimates, posteriors)
            order, aligned, own = self._own(estimates, memory, standings, rng)
            answers = (yield own) if own else []
        expected = iter(answers)
        changes = memory.get("changes", {})
        found = {
            partner: PartnerPrediction(
                estimate,
                posteriors[partner],
                by_order[partner],
                None if estimate == 0 or isinstance(expects := next(expected), LLMError) else expects,
                standings.get(partner),
                last_change(changes[partner]) if partner in changes else None,
            )
            for partner, estimate in estimates.items()
        }
        taken = yield from self._acting(
            situation, order, found, next(expected, None), rng, problems, aligned=aligned
        )
        check_legal(me, taken.action, situation.actions[me])
        usage = meter.usage() if meter.touched else None
        decision = Decision(
            me, taken.action, order, found, usage, tuple(problems), taken.gap, taken.overruled
        )
        after = {
            **memory,
            "step": memory["step"] + 1,
            "order": order if found else memory["order"],
            "estimates": {**memory["estimates"], **estimates},
            "pending": estimator.pending(situation, partners, by_order),
        }
        if self.prune is not None and complete and len(by_order) == len(partners):
            after["checked"] = memory["step"]
        if meter.budget is not None and meter.budget.per == "episode":
            after["spent"] = (meter.before + meter.usage()).as_plain()
        return decision, after

    def _estimate(
        self, posterior: Mapping[int, float], kept: int | None, rng: Uniform, standing: Standing | None
    ) -> int:
        if standing is not None and standing.broken_at is None:
            return standing.order
        if self.selection == "leader":
            return max(self.orders, key=posterior.__getitem__)
        if self.selection == "win-stay" and kept is not None:
            return kept
        return int(draw({str(k): p for k, p in posterior.items()}, rng))

    def _wanted(
        self,
        situation: Situation,
        memory: Memory,
        posteriors: Mapping[str, Mapping[int, float]],
        estimates: Mapping[str, int],
        meter: Meter,
        problems: list[str],
    ) -> tuple[Mapping[str, Sequence[int]], bool]:
        """Partner -> orders to evaluate, and whether that is all of them."""
        wanted: dict[str, tuple[int, ...]] = dict.fromkeys(posteriors, self.orders)
        if self.prune is None and meter.budget is None:
            return wanted, True
        if self.prune is not None and not self.prune.due(memory["step"], memory.get("checked")):
            wanted = {p: self.prune.keep(posteriors[p], estimates[p]) for p in posteriors}
        if meter.budget is not None:
            calls = meter.budget.affordable_calls(meter.before)
            players = list(situation.actions)
            wanted, step = affordable(calls, players, self.me, wanted, posteriors, wrapped=self.wrapped)
            if step:
                problems.append(step)
        complete = len(wanted) == len(posteriors) and all(ks == self.orders for ks in wanted.values())
        return wanted, complete

    def _own(
        self,
        estimates: Mapping[str, int],
        memory: Memory,
        standings: Mapping[str, Standing | None],
        rng: Uniform,
    ) -> tuple[int, bool, Pairs]:
        """The order to act at, whether it fits all estimates, and one's own policies that are needed.

        These are what each partner of an estimate above 0 expects, and the policy to act by where the
        reasoner acts at that order.
        """
        bound = bool(standings) and bound_to(memory.get("declares"), standings.values())
        order = memory["declares"] if bound else self._own_order(estimates, memory["order"], rng)
        aligned = bound or _aligned(order, estimates)
        own = [(self.me, estimate - 1) for estimate in estimates.values() if estimate > 0]
        if not self.wrapped and (aligned or not self.responds):
            own.append((self.me, order))
        return order, aligned, own

    def _own_order(self, estimated: Mapping[str, int], current: int | None, rng: Uniform) -> int:
        if not estimated:
            return 0
        above = max(estimated.values()) + 1
        if self.response == "above":
            return above
        if current is not None and _aligned(current, estimated):
            return current
        below = above - 2
        if below >= 0 and _aligned(below, estimated):
            return (below, above)[int(rng.random() * 2)] if _aligned(above, estimated) else below
        return above

    def _acting(
        self,
        situation: Situation,
        order: int,
        partners: Mapping[str, PartnerPrediction],
        policy: Policy | LLMError | None,
        rng: Uniform,
        problems: list[str],
        *,
        aligned: bool,
    ) -> Generator[Request, Any, Gated]:
        """The action: the wrapped agent's, else the reasoner's own, else ToM-0's, else a random one.

        ``policy`` is the reasoner's own at ``order``; None where it was not asked for.
        """
        if self.wrapped:
            prediction = Prediction(order, partners)
            action = yield prediction
            if not isinstance(action, LLMError):
                situation.check_action(self.me, action)
                if self.payoffs is None:
                    return Gated(action)
                return (yield from gated(self.gate, self.payoffs, situation, self.me, prediction, action))
            problems.append(f"the agent: {action}")
        if self.responds and not aligned:
            # no single order fits partners whose orders differ: answer all of them at once
            policy = yield {name: partner.policy for name, partner in partners.items()}
        elif policy is None:
            (policy,) = yield [(self.me, order)]
        if isinstance(policy, LLMError):
            problems.append(f"acting at order {order}: {policy}")
            if order > 0:
                (policy,) = yield [(self.me, 0)]
        if isinstance(policy, LLMError):
            if order > 0:
                problems.append(f"acting at order 0: {policy}")
            return Gated(last_resort(situation, self.me, rng, problems))
        return Gated(draw(cast("Policy", policy), rng))


def sort_policies(pairs: Pairs, answers: Iterable[Policy | LLMError], problems: list[str]) -> ByOrder:
    """Partner -> order -> policy; failures go to ``problems``, partners without any policy are absent."""
    by_order: ByOrder = {}
    for (partner, order), answer in zip(pairs, answers):  # noqa: B905 - answers to other questions follow
        if isinstance(answer, LLMError):
            problems.append(f"{partner} at order {order}: {answer}")
        else:
            by_order.setdefault(partner, {})[order] = answer
    return by_order


def _aligned(order: int, estimates: Mapping[str, int]) -> bool:
    """Whether ``order`` is one apart from every estimate (paper: aligned orders)."""
    return {order - 1, order + 1}.issuperset(estimates.values())


def _among(
    known: Mapping[str, Collection[int]],
    estimates: Mapping[str, int],
    posteriors: Mapping[str, Mapping[int, float]],
) -> dict[str, int]:
    """The estimates, or the likeliest order that is known where theirs is not, the lowest on ties."""
    return {
        p: estimates[p] if estimates[p] in orders else max(orders, key=lambda k: (posteriors[p][k], -k))
        for p, orders in known.items()
        if orders
    }
