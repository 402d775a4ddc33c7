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
from eval.play.batched.exact import Bools, Floats, Ints, added, picked, total
from eval.play.batched.habits import HabitCounts, HabitTable
from eval.play.batched.learners import WEIGHTS, BayesWeights
from eval.play.batched.players import Begin, Episodes, Now, Seat

_NONE = -1
_TOLERANCE = 1e-12
_TIE = 1e-9


def adaptive(seat: Seat, agent: AdaptiveAgent) -> Begin | None:
    """An agent that believes orders, and habits beside them; no contract, no budget, no wrapped agent."""
    beliefs, acting, spending = agent.beliefs, agent.acting, agent.spending
    plain = (
        agent.reasoner is seat.game.reasoner
        and not agent.wraps
        and type(beliefs.learner) in WEIGHTS
        and not any(h.behaviour for h in beliefs.hypotheses)
        and beliefs.contract is beliefs.changes is None
        and not beliefs.late
        and (acting.gate, acting.payoffs) == ("off", None)
        and spending.prune is spending.budget is None
        and (beliefs.habits is None or type(beliefs.learner) is Bayes)
    )
    if not plain:
        return None
    rules = Rules(seat, agent)
    if rules.habits is not None and not rules.habits.fits:
        return None
    return lambda episodes: AgentBatch(rules, episodes)


class Rules:
    """What an agent acts by, whatever happens.

    K hypotheses, of which some are orders; A actions of the partner.

    Attributes:
        orders: ``[K]``, the order of each hypothesis; -1 for that of habits.
        of_orders: the places of those that are orders.
        habitual: the place of that of habits; None where it is none.
        policies: ``[orders, A, contexts]``, what partners of each order do.
        choices: how the agent acts at a number, see ``number``.
        costs: whether to act below order k costs payoff, 0 or 1, by ``rows * K + k``'s place.
    """

    def __init__(self, seat: Seat, agent: AdaptiveAgent) -> None:
        beliefs = agent.beliefs
        self.seat, self.agent, self.beliefs = seat, agent, beliefs
        self.orders = np.array([_NONE if h.order is None else h.order for h in beliefs.hypotheses])
        self.of_orders = np.flatnonzero(self.orders != _NONE)
        self.habitual = None if beliefs.habitual is None else beliefs.names.index(beliefs.habitual)
        self.habits = None
        if beliefs.habits is not None:
            self.habits = HabitTable(seat, beliefs.habits, beliefs.orders)
        contexts = seat.game.contexts
        self.situations = contexts.situations
        self.policies = ByContext(contexts, (len(self.of_orders), len(seat.theirs)), self._of_partner)
        self.n_orders = int(self.orders.max()) + 2
        self.n_numbers = self.n_orders + len(self.orders) + len(seat.theirs)
        self.choices = Choices(seat.mine, self._own_policy)
        self.costs = Answers(self._below_costs)
        self.responses = Responses(seat)

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
        probabilities = self._weights.probabilities()
        if self._habits is not None:
            self._by_habit = self._habits.predict(now)
        lapses = self._weights.lapses_of() if isinstance(self._weights, BayesWeights) and self._habits else None
        self._kept = estimates = self._taken(probabilities, lapses, now)
        numbers, predicted = self._planned(estimates, now)
        at = now.rows * rules.n_numbers + numbers
        if predicted is None or lapses is None or not predicted.any():
            return rules.choices.draw(at, self._streams, now.all)
        found = np.empty(now.all.size, dtype=np.int64)
        some = np.flatnonzero(~predicted)
        found[some] = rules.choices.draw(at[some], self._streams, some)
        some = np.flatnonzero(predicted)
        found[some] = self._answered(some, probabilities[:, some], lapses[:, some], now)
        return found

    def observe(self, now: Now, actions: Ints) -> None:
        rules, n = self._rules, len(self._rules.seat.theirs)
        did = actions[1 - rules.seat.index]
        policies = rules.policies.values
        flat = policies.reshape(len(policies), -1)
        of_orders = flat.take(did * policies.shape[2] + now.rows, axis=1)
        if self._habits is None or self._by_habit is None or rules.habitual is None:
            likelihoods = of_orders
        else:
            likelihoods = np.empty((len(rules.orders), did.size))
            likelihoods[rules.of_orders] = of_orders
            likelihoods[rules.habitual] = picked(self._by_habit, did)
        before = self._weights.probabilities()
        if rules.agent.acting.selection == "win-stay":
            least = np.maximum(total(before * likelihoods), 1.0 / n) - _TOLERANCE
            self._kept[picked(likelihoods, self._kept) < least] = _NONE
        if self._habits is not None:
            self._explain(before, did, now)
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
            habitual = explains[rules.habitual] > np.maximum(0.5 * total(explains), 0.0)
            if len(explains) == 1:
                habitual[:] = True
            found[found == rules.habitual] = _NONE
            found[habitual] = rules.habitual
        new = np.flatnonzero(found == _NONE)
        if not new.size:
            return found
        belief = probabilities[rules.of_orders][:, new]
        if rules.habitual is not None:
            whole = total(belief)
            belief = np.where(whole > 0.0, belief / np.where(whole > 0.0, whole, 1.0), 1.0 / len(belief))
        likeliest = belief.argmax(axis=0)
        if selection == "leader":
            chosen = likeliest
        else:
            chosen = likeliest
            some = np.arange(new.size)
            if selection == "win-stay":
                some = np.flatnonzero(picked(belief, likeliest) < DOMINANT)
            chosen[some] = drawn(None, belief[:, some], self._streams, new[some])
        found[new] = rules.of_orders[chosen]
        return found

    def _planned(self, estimates: Ints, now: Now) -> tuple[Ints, Bools | None]:
        """``[B]`` numbers of ``choices``, and whether partners are answered as predicted instead."""
        rules, streams = self._rules, self._streams
        estimated = rules.orders.take(estimates)
        predicted = None
        if rules.habitual is not None:
            predicted = (estimates == rules.habitual) | (self._explained < UNEXPLAINED)
        if rules.agent.acting.response == "above":
            order = numbers = estimated + 1
        else:
            near = (np.abs(self._order - estimated) == 1) & (self._order >= 0)
            order = np.where(near, self._order, estimated + 1)
            by_chance = ~near & (estimated > 0)
            if predicted is not None:
                by_chance &= ~predicted
            some = np.flatnonzero(by_chance)
            if some.size:
                above = (streams.random(some) * 2.0).astype(np.int64)
                order[some] = estimated[some] - 1 + 2 * above
            below = order < estimated
            if predicted is not None:
                below &= ~predicted
            some = np.flatnonzero(below)
            numbers = order
            if some.size:
                costs = rules.costs.of(now.rows[some] * len(rules.orders) + estimates[some]) > 0
                dear = some[costs]
                numbers = order.copy()
                numbers[dear] = rules.n_orders + estimates[dear]
                order[dear] = estimated[dear] + 1
        self._order = order if predicted is None else np.where(predicted, self._order, order)
        return numbers, predicted

    def _answered(self, some: Ints, probabilities: Floats, lapses: Floats, now: Now) -> Ints:
        """Actions in answer to what is predicted of partners that no order explains, in some episodes."""
        rules, streams = self._rules, self._streams
        predictive = self._predictive(some, probabilities, lapses, now)
        found = np.empty(some.size, dtype=np.int64)
        doubted = self._explained[some] < DOUBTED
        at = np.flatnonzero(doubted)
        if at.size:
            doubted[at] = streams.random(some[at]) * DOUBTED >= self._explained[some[at]]
        at = np.flatnonzero(doubted)
        if at.size:
            counted_on = drawn(None, predictive[:, at], streams, some[at])
            numbers = now.rows[some[at]] * rules.n_numbers + rules.n_orders + len(rules.orders) + counted_on
            found[at] = rules.choices.draw(numbers, streams, some[at])
        at = np.flatnonzero(~doubted)
        if at.size:
            found[at] = rules.responses.draw(now.rows[some[at]], predictive[:, at], streams, some[at])
        return found

    def _predictive(self, some: Ints, probabilities: Floats, lapses: Floats, now: Now) -> Floats:
        """``[A, n]``, the posterior predictive."""
        rules, n = self._rules, len(self._rules.seat.theirs)
        policies = rules.policies.values.take(now.rows[some], axis=2)
        said: list[Floats] = []
        places = {place: i for i, place in enumerate(rules.of_orders.tolist())}
        for k in range(len(rules.orders)):
            if k in places:
                policy = policies[places[k]]
            elif self._by_habit is not None:
                policy = self._by_habit[:, some]
            said.append(probabilities[k] * lapsed(policy, lapses[k], n))
        return total(said) / total(probabilities)

    def _explain(self, probabilities: Floats, did: Ints, now: Now) -> None:
        """Weighs what is believed of partners against chance, see ``atom.belief.explained``."""
        rules, n = self._rules, len(self._rules.seat.theirs)
        policies = rules.policies.values.take(now.rows, axis=2)
        said: list[Floats] = []
        places = {place: i for i, place in enumerate(rules.of_orders.tolist())}
        for k in range(len(rules.orders)):
            if k in places:
                said.append(probabilities[k] * policies[places[k]])
            elif self._by_habit is not None:
                said.append(probabilities[k] * self._by_habit)
        likely = added(said)
        best = likely >= likely.max(axis=0) - _TIE
        chance = np.where(picked(best, did), 1.0 / best.sum(axis=0), 0.0)
        hit = lapsed(chance, believed.LAPSE, n)
        before = self._explained
        after = before * hit / (before * hit + (1.0 - before) / n)
        self._explained = (1.0 - believed.HAZARD) * after + believed.HAZARD * believed.PRIOR
