"""The adaptive agent as arrays: observe, believe and act in B episodes at once.

It mirrors ``atom.agents.adaptive`` between two players who act at once, operation by operation and draw by
draw. What an order does comes from the reasoner, asked once for each context.
"""

from __future__ import annotations

import numpy as np

from atom import AdaptiveAgent, Bayes, Policy, Situation
from atom.agents.choosing import DOMINANT, DOUBTED, UNEXPLAINED
from atom.belief import explained as believed
from atom.policies import lapsed
from atom.randomness import RandomStreams
from eval.play.batched.answering import Responses
from eval.play.batched.contexts import Answers, ByContext, Choices
from eval.play.batched.drawing import drawn
from eval.play.batched.exact import Bools, Floats, Ints, added, as_slice, picked
from eval.play.batched.habits import HabitCounts, HabitTable, fits
from eval.play.batched.learners import WEIGHTS, BayesWeights
from eval.play.batched.players import Begin, Episodes, Now, Seat
from partners.adaptive import PermutedPartner

_NONE = -1
_NOBODY = np.zeros(0, dtype=np.int64)
_TOLERANCE = 1e-12
_TIE = 1e-9


def adaptive(seat: Seat, agent: AdaptiveAgent, taken_for: Ints | None = None) -> Begin | None:
    """An agent that believes orders, and habits beside them; no contract, no budget, no wrapped agent.

    Args:
        seat: where it sits.
        agent: the agent.
        taken_for: ``[A]``, the partner's action that each of its own is taken for; None for one that sees
            what its partner does.
    """
    beliefs, acting, spending = agent.beliefs, agent.acting, agent.spending
    plain = (
        agent.reasoner is seat.game.reasoner
        and not agent.wraps
        and type(beliefs.learner) in WEIGHTS
        and beliefs.orders
        and not any(h.behaviour for h in beliefs.hypotheses)
        and beliefs.contract is None
        and beliefs.changes is None
        and not beliefs.late
        and (acting.gate, acting.payoffs) == ("off", None)
        and spending.prune is None
        and spending.budget is None
        and (beliefs.habits is None or (type(beliefs.learner) is Bayes and fits(seat, beliefs.habits)))
    )
    if not plain:
        return None
    rules = Rules(seat, agent, taken_for)
    return lambda episodes: AgentBatch(rules, episodes)


def permuted(seat: Seat, agent: PermutedPartner) -> Begin | None:
    """The same agent, which takes its own actions for the partner's; where all of them may be."""
    if agent.beliefs.habits is not None or not set(seat.mine) <= set(seat.theirs):
        return None
    return adaptive(seat, agent, np.array([seat.theirs.index(action) for action in seat.mine]))


class Rules:
    """What an agent acts by, whatever happens.

    K hypotheses, of which some are orders; A actions of the partner.

    Attributes:
        orders: ``[K]``, the order of each hypothesis; -1 for that of habits.
        places, of_orders: the places of those that are orders.
        habitual: the place of that of habits; None where it is none.
        policies: ``[orders, A, contexts]``, what partners of each order do.
        choices: how the agent acts at a number, see ``number``.
        costs: whether to act below order k costs payoff, 0 or 1, by ``rows * K + k``'s place.
    """

    def __init__(self, seat: Seat, agent: AdaptiveAgent, taken_for: Ints | None) -> None:
        beliefs = agent.beliefs
        self.seat, self.agent, self.beliefs, self.taken_for = seat, agent, beliefs, taken_for
        self.orders = np.array([_NONE if h.order is None else h.order for h in beliefs.hypotheses])
        self.places = np.flatnonzero(self.orders != _NONE)
        self.of_orders = as_slice(self.places)
        self.habitual = None if beliefs.habitual is None else beliefs.names.index(beliefs.habitual)
        self.habits = None
        if beliefs.habits is not None:
            self.habits = HabitTable(seat, beliefs.habits, beliefs.orders)
        contexts = seat.game.contexts
        self.situations = contexts.situations
        self.policies = ByContext(contexts, (len(self.places), len(seat.theirs)), self._of_partner)
        self.n_orders = int(self.orders.max()) + 2
        self.n_numbers = self.n_orders + len(self.orders) + len(seat.theirs)
        self.choices = Choices(seat.mine, self._own_policy)
        self.costs = Answers(self._below_costs)
        self.responses = Responses(seat)

    def weighed(
        self, policies: Floats, by_habit: Floats | None, weights: Floats, lapses: Floats | None
    ) -> list[Floats]:
        """``[K]`` of ``[A, n]``: each hypothesis' policy times its weight, where it lapses at its rate.

        Args:
            policies: ``[orders, A, n]``.
            by_habit: ``[A, n]``; None where habits are no hypothesis.
            weights, lapses: ``[K, n]``.
        """
        weights = weights[:, np.newaxis]
        lapses = None if lapses is None else lapses[:, np.newaxis]
        orders, habitual, n = self.of_orders, self.habitual, len(self.seat.theirs)
        if lapses is not None:
            policies = lapsed(policies, lapses[orders], n)
        said = list(weights[orders] * policies)
        if by_habit is not None and habitual is not None:
            if lapses is not None:
                by_habit = lapsed(by_habit, lapses[habitual], n)
            said.insert(habitual, weights[habitual] * by_habit)
        return said

    def _of_partner(self, situation: Situation) -> list[list[float]]:
        reasoner, partner = self.seat.game.reasoner, self.seat.partner
        policies = [reasoner.policy(situation, partner, order) for order in self.beliefs.orders]
        return [[policy.get(action, 0.0) for action in self.seat.theirs] for policy in policies]

    def _own_policy(self, number: int) -> Policy:
        """How the agent acts: at an order, in answer to a hypothesis, or in answer to an action.

        Numbers are those of the orders, the hypotheses and the partner's actions, one after the other, from
        ``n_numbers`` times the row of the context on.
        """
        row, number = divmod(number, self.n_numbers)
        reasoner, me, partner = self.seat.game.reasoner, self.seat.me, self.seat.partner
        situation = self.situations[row]
        if number < self.n_orders:
            return reasoner.policy(situation, me, number)
        number -= self.n_orders
        if number < len(self.orders):
            predicted = reasoner.policy(situation, partner, int(self.orders[number]))
        else:
            predicted = {self.seat.theirs[number - len(self.orders)]: 1.0}
        return reasoner.respond(situation, me, {partner: predicted})

    def _below_costs(self, number: int) -> int:
        row, place = divmod(number, len(self.orders))
        order = int(self.orders[place])
        reasoner, me, partner = self.seat.game.reasoner, self.seat.me, self.seat.partner
        situation = self.situations[row]
        mine = reasoner.policy(situation, me, order - 1)
        good = reasoner.best_actions(situation, me, {partner: reasoner.policy(situation, partner, order)})
        return int(any(p > 0.0 and action not in good for action, p in mine.items()))


class AgentBatch:
    """The agent in B episodes.

    Args:
        rules: what it acts by.
        episodes: ``[B]``.
    """

    def __init__(self, rules: Rules, episodes: Episodes) -> None:
        size = len(episodes)
        learner = rules.beliefs.learner
        self._rules = rules
        self._streams = RandomStreams(rules.agent.seed, episodes, rules.seat.me)
        self._weights = WEIGHTS[type(learner)](learner, rules.beliefs, size)
        self._kept = np.full(size, _NONE)
        self._order = np.full(size, _NONE)
        self._explained = np.full(size, believed.PRIOR)
        self._habits = None if rules.habits is None else HabitCounts(rules.habits, size)
        self._by_habit: Floats | None = None

    def decide(self, now: Now) -> Ints:
        rules = self._rules
        self._streams.begin(now.step)
        probabilities, lapses = self._weights.probabilities(), None
        if self._habits is not None:
            self._by_habit = self._habits.predict(now)
            lapses = self._weights.lapses_of() if isinstance(self._weights, BayesWeights) else None
        self._kept = estimates = self._taken(probabilities, lapses, now)
        numbers, predicted = self._planned(estimates, now)
        at = now.rows * rules.n_numbers + numbers
        some = _NOBODY if predicted is None else predicted.nonzero()[0]
        if lapses is None or predicted is None or not some.size:
            return rules.choices.draw(at, self._streams, now.all)
        found = np.empty(now.all.size, dtype=np.int64)
        found[some] = self._answered(some, probabilities.take(some, axis=1), lapses.take(some, axis=1), now)
        others = (~predicted).nonzero()[0]
        found[others] = rules.choices.draw(at[others], self._streams, others)
        return found

    def observe(self, now: Now, actions: Ints) -> None:
        rules, n = self._rules, len(self._rules.seat.theirs)
        did: Ints = actions[1 - rules.seat.index]
        if rules.taken_for is not None:
            did = rules.taken_for.take(actions[rules.seat.index])
        policies = rules.policies.values.take(now.rows, axis=2)
        of_orders = policies.reshape(len(policies), -1).take(did * now.all.size + now.all, axis=1)
        if self._by_habit is None or rules.habitual is None:
            likelihoods = of_orders
        else:
            likelihoods = np.empty((len(rules.orders), did.size))
            likelihoods[rules.of_orders] = of_orders
            likelihoods[rules.habitual] = picked(self._by_habit, did)
        before = self._weights.probabilities()
        if rules.agent.acting.selection == "win-stay":
            least = np.maximum(added(before * likelihoods), 1.0 / n)
            least -= _TOLERANCE
            lost = picked(likelihoods, self._kept) < least
            if rules.habitual is not None:  # what is chosen among orders is chosen as if there were no habits
                lost |= self._kept == rules.habitual
            np.copyto(self._kept, _NONE, where=lost)
        if self._habits is not None:
            self._explain(added(rules.weighed(policies, self._by_habit, before, None)), did)
            self._habits.observed(now, did)
        self._weights.update(likelihoods, n)

    def keep(self, rows: Ints) -> None:
        self._streams.keep(rows)
        self._weights.keep(rows)
        self._kept, self._order, self._explained = self._kept[rows], self._order[rows], self._explained[rows]
        if self._habits is not None:
            self._habits.keep(rows)

    def _taken(self, probabilities: Floats, lapses: Floats | None, now: Now) -> Ints:
        """``[B]``, the hypothesis that each partner is taken for."""
        rules, selection = self._rules, self._rules.agent.acting.selection
        found = self._kept.copy() if selection == "win-stay" else np.full(now.all.size, _NONE)
        if rules.habitual is not None and lapses is not None:
            explains = probabilities * (1.0 - lapses)
            enough = 0.5 * added(explains)
            np.maximum(enough, 0.0, out=enough)
            habitual = explains[rules.habitual] > enough if len(explains) > 1 else np.ones(found.size, bool)
            np.copyto(found, rules.habitual, where=habitual)
        new = (found < 0).nonzero()[0]
        if not new.size:
            return found
        belief = probabilities[rules.of_orders]
        if new.size < found.size:
            belief = belief.take(new, axis=1)
        if rules.habitual is not None:
            belief = _shares(belief)
        if selection == "sample":
            chosen = drawn(None, belief, self._streams, new)
        elif selection == "leader":
            chosen = belief.argmax(axis=0)
        else:
            clear = belief.max(axis=0) >= DOMINANT
            if clear.any():
                chosen = belief.argmax(axis=0)
                some = (~clear).nonzero()[0]
                chosen[some] = drawn(None, belief.take(some, axis=1), self._streams, new[some])
            else:
                chosen = drawn(None, belief, self._streams, new)
        found[new] = rules.places.take(chosen)
        return found

    def _planned(self, estimates: Ints, now: Now) -> tuple[Ints, Bools | None]:
        """``[B]`` numbers of ``choices``, and whether partners are answered as predicted instead."""
        rules, estimated = self._rules, self._rules.orders.take(estimates)
        predicted = None
        if rules.habitual is not None:
            predicted = estimated < 0
            predicted |= self._explained < UNEXPLAINED
        if rules.agent.acting.response == "above":
            order = numbers = estimated + 1
        else:
            order, numbers = self._nearest(estimated, predicted, estimates, now)
        self._order = order if predicted is None else np.where(predicted, self._order, order)
        return numbers, predicted

    def _nearest(
        self, estimated: Ints, predicted: Bools | None, estimates: Ints, now: Now
    ) -> tuple[Ints, Ints]:
        """``[B]`` orders to act at, one apart from the estimated ones, and numbers of ``choices``."""
        rules = self._rules
        order = self._order.copy()
        free = np.abs(order - estimated) != 1
        free |= order < 0
        np.copyto(order, estimated + 1, where=free)
        free &= estimated > 0
        below = order < estimated
        if predicted is not None:
            free &= ~predicted
            below &= ~predicted
        some = free.nonzero()[0]
        if some.size:
            above = self._streams.random(some) >= 0.5
            order[some[~above]] -= 2
            below[some[~above]] = True
        some = below.nonzero()[0]
        if not some.size:
            return order, order
        costs = rules.costs.of(now.rows[some] * len(rules.orders) + estimates[some]) > 0
        dear = some[costs]
        numbers = order.copy()
        numbers[dear] = rules.n_orders + estimates[dear]
        order[dear] = estimated[dear] + 1
        return order, numbers

    def _answered(self, some: Ints, probabilities: Floats, lapses: Floats, now: Now) -> Ints:
        """Actions in answer to what is predicted of partners that no order explains, in some episodes."""
        rules, streams = self._rules, self._streams
        rows, explained = now.rows[some], self._explained[some]
        policies = rules.policies.values.take(rows, axis=2)
        by_habit = None if self._by_habit is None else self._by_habit.take(some, axis=1)
        predictive = added(rules.weighed(policies, by_habit, probabilities, lapses)) / added(probabilities)
        found = np.empty(some.size, dtype=np.int64)
        doubted = explained < DOUBTED
        at = doubted.nonzero()[0]
        if at.size:
            doubted[at] = streams.random(some[at]) * DOUBTED >= explained[at]
        at = doubted.nonzero()[0]
        if at.size:
            counted_on = drawn(None, predictive.take(at, axis=1), streams, some[at])
            numbers = rows[at] * rules.n_numbers + rules.n_orders + len(rules.orders) + counted_on
            found[at] = rules.choices.draw(numbers, streams, some[at])
        at = (~doubted).nonzero()[0]
        if at.size:
            found[at] = rules.responses.draw(rows[at], predictive.take(at, axis=1), streams, some[at])
        return found

    def _explain(self, likely: Floats, did: Ints) -> None:
        """Weighs what is believed of partners against chance, see ``atom.belief.explained``.

        Args:
            likely: ``[A, B]``, how likely each of their actions was.
            did: ``[B]``, what they did.
        """
        n = len(self._rules.seat.theirs)
        best = likely >= likely.max(axis=0) - _TIE
        chance = np.where(picked(best, did), 1.0 / best.sum(axis=0), 0.0)
        hit = lapsed(chance, believed.LAPSE, n)
        before = self._explained
        hit *= before
        after = hit / (hit + (1.0 - before) / n)
        after *= 1.0 - believed.HAZARD
        after += believed.HAZARD * believed.PRIOR
        self._explained = after


def _shares(belief: Floats) -> Floats:
    """``[K, n]``: each column divided by its sum, or uniform where that is 0."""
    whole = added(belief)
    if whole.min() > 0.0:
        return belief / whole
    possible = whole > 0.0
    return np.where(possible, belief / np.where(possible, whole, 1.0), 1.0 / len(belief))
