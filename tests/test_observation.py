"""Observations as they come: late, unclear, several, or none."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import (
    AdaptiveAgent,
    Bayes,
    BeliefError,
    Contract,
    FixedOrderAgent,
    NormalFormReasoner,
    Seen,
    Situation,
    SituationError,
    symmetric_payoffs,
)
from atom.errors import IllegalActionError
from atom.observation import each, likeliest

FIVE = symmetric_payoffs([[5 if (a - b) % 5 in (1, 4) else 0 for b in range(5)] for a in range(5)])
ACTIONS = tuple("ABCDE")
TWO = {"ann": ACTIONS, "ben": ACTIONS}
REASONER = NormalFormReasoner(FIVE, ties="next")


def rounds(agent, order, n, seen_at):
    """The memory after n rounds beside a partner of an order, of whom ``seen_at(round, history)`` is seen."""
    partner = FixedOrderAgent("ben", REASONER, order)
    mine, theirs = agent.start(["ben"]), partner.start(["ann"])
    history, scores = [], []
    for step in range(n):
        situation = Situation(TWO, history=tuple(history))
        decision, mine = agent.decide(situation, mine)
        reply, theirs = partner.decide(situation, theirs)
        joint = {"ann": decision.action, "ben": reply.action}
        scores.append(float(REASONER.outcome(situation, "ann", joint)))
        history.append(joint)
        seen = seen_at(step, history)
        if seen:
            mine = agent.observe(mine, situation, seen)
        json.loads(json.dumps(mine))
    return mine, scores


def on_time(step, history):
    return {"ben": history[-1]["ben"]}


def one_late(step, history):
    return {"ben": Seen(history[-2]["ben"], step=step - 1)} if step else None


# --- what Seen says -------------------------------------------------------------------------------------


def test_weights_are_shares_and_one_alone_is_certain():
    assert Seen({"A": 3, "B": 1, "C": 0}).did == {"A": 0.75, "B": 0.25}
    assert Seen({"A": 2.0}).did == "A"
    assert list(each([{"ben": "A"}, {"ben": Seen("B", 3), "cem": "C"}])) == [
        ("ben", Seen("A")),
        ("ben", Seen("B", 3)),
        ("cem", Seen("C")),
    ]
    assert likeliest({"A": 0.4, "B": 0.6}) == "B"


@pytest.mark.parametrize(
    "given",
    [
        {"action": {"A": -1, "B": 2}},
        {"action": {}},
        {"action": {"A": 0}},
        {"action": {"A": math.nan}},
        {"action": {"A": "x"}},
        {"action": "A", "step": -1},
        {"action": "A", "step": 1.0},
    ],
)
def test_what_was_never_seen_is_refused(given):
    with pytest.raises(SituationError):
        Seen(**given)


# --- unclear --------------------------------------------------------------------------------------------


def test_what_fits_every_action_alike_says_nothing_of_orders():
    agent = AdaptiveAgent("ann", REASONER, Bayes(hazard=0.0), orders=(0, 1, 2))
    _, memory = agent.decide(Situation(TWO), agent.start(["ben"]))
    before = agent.posterior(memory, "ben")
    after = agent.posterior(agent.observe(memory, None, {"ben": Seen(dict.fromkeys(ACTIONS, 1.0))}), "ben")
    assert after == pytest.approx(before)


@given(st.sampled_from(ACTIONS))
def test_what_is_as_good_as_certain_counts_as_seen(action):
    agent = AdaptiveAgent("ann", REASONER)
    _, memory = agent.decide(Situation(TWO), agent.start(["ben"]))
    blurred = agent.observe(memory, None, {"ben": Seen({**dict.fromkeys(ACTIONS, 1e-12), action: 1.0})})
    clear = agent.observe(memory, None, {"ben": action})
    assert agent.posterior(blurred, "ben") == pytest.approx(agent.posterior(clear, "ben"), abs=1e-9)


def test_an_unclear_action_lies_between_those_that_it_may_be():
    agent = AdaptiveAgent("ann", REASONER, orders=(0, 1, 2))
    _, memory = agent.decide(Situation(TWO, history=({"ann": "A", "ben": "B"},)), agent.start(["ben"]))
    expected = memory["partners"]["ben"]["expected"]["policies"]
    one, other = (max(expected[k], key=expected[k].get) for k in ("0", "1"))
    assert one != other
    found = [
        agent.posterior(agent.observe(memory, None, {"ben": did}), "ben")[0]
        for did in (other, Seen({one: 0.3, other: 0.7}), Seen({one: 0.7, other: 0.3}), one)
    ]
    assert found == sorted(found)
    assert found[0] < found[1] < found[2] < found[3]


def test_habits_count_by_parts():
    agent = AdaptiveAgent("ann", REASONER)
    _, memory = agent.decide(Situation(TWO), agent.start(["ben"]))
    memory = agent.observe(memory, None, {"ben": Seen({"A": 3, "B": 1})})
    counts = memory["partners"]["ben"]["habits"]["counts"]["frequency"][""]
    assert counts == {"A": 0.75, "B": 0.25}


def test_an_unclear_action_that_is_not_legal_is_refused_as_a_clear_one():
    agent = AdaptiveAgent("ann", REASONER)
    _, memory = agent.decide(Situation(TWO), agent.start(["ben"]))
    with pytest.raises(IllegalActionError, match="'Z' is not a legal action of 'ben'"):
        agent.observe(memory, None, {"ben": Seen({"A": 0.5, "Z": 0.5})})


# --- late -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 1, 2])
def test_late_actions_are_judged_by_what_was_expected_then(order):
    """With a hazard of 0 the order of evidence does not matter, so late beliefs are the ones on time."""
    seen_on_time, _ = rounds(
        AdaptiveAgent("ann", REASONER, Bayes(hazard=0.0), orders=(0, 1, 2)), order, 6, on_time
    )
    late = AdaptiveAgent("ann", REASONER, Bayes(hazard=0.0), orders=(0, 1, 2), late=6)
    partner = FixedOrderAgent("ben", REASONER, order)
    history, memory, theirs, waiting = [], late.start(["ben"]), partner.start(["ann"]), []
    # the same joint actions as on time, fed all at the end
    timely = AdaptiveAgent("ann", REASONER, Bayes(hazard=0.0), orders=(0, 1, 2))
    own = timely.start(["ben"])
    for step in range(6):
        situation = Situation(TWO, history=tuple(history))
        decision, own = timely.decide(situation, own)
        _, memory = late.decide(situation, memory)
        reply, theirs = partner.decide(situation, theirs)
        joint = {"ann": decision.action, "ben": reply.action}
        own = timely.observe(own, situation, joint)
        history.append(joint)
        waiting.append({"ben": Seen(reply.action, step=step)})
    memory = late.observe(memory, None, waiting[::-1])
    assert late.posterior(memory, "ben") == pytest.approx(timely.posterior(own, "ben"))
    assert "late" not in memory["partners"]["ben"]
    assert timely.posterior(own, "ben") == pytest.approx(
        AdaptiveAgent("ann", REASONER, Bayes(hazard=0.0), orders=(0, 1, 2)).posterior(seen_on_time, "ben")
    )


def test_as_many_predictions_are_kept_as_asked_for():
    agent = AdaptiveAgent("ann", REASONER, late=3)
    memory, _ = rounds(agent, 1, 8, lambda step, history: None)
    assert list(memory["partners"]["ben"]["late"]) == ["4", "5", "6"], "and the last decision, 7, besides"
    with pytest.raises(
        SituationError, match=r"decision 2, of which no prediction is kept .*kept are \[4, 5, 6\]"
    ):
        agent.observe(memory, None, {"ben": Seen("A", step=2)})
    memory = agent.observe(memory, None, [{"ben": Seen("A", step=5)}, {"ben": "B"}])
    assert list(memory["partners"]["ben"]["late"]) == ["4", "6"]
    assert memory["partners"]["ben"]["expected"] is None


def test_without_late_nothing_is_kept_and_the_last_decision_may_be_named():
    agent = AdaptiveAgent("ann", REASONER)
    memory, _ = rounds(agent, 1, 4, lambda step, history: {"ben": Seen(history[-1]["ben"], step=step)})
    plain, _ = rounds(AdaptiveAgent("ann", REASONER), 1, 4, on_time)
    assert memory == plain
    assert "late" not in memory["partners"]["ben"]


@pytest.mark.parametrize("late", [-1, 1.5, True, "3"])
def test_late_is_a_number_of_decisions(late):
    with pytest.raises(BeliefError, match="late counts decisions"):
        AdaptiveAgent("ann", REASONER, late=late)


# --- several --------------------------------------------------------------------------------------------


def test_several_actions_at_one_decision_count_as_several():
    agent = AdaptiveAgent("ann", REASONER, Bayes(hazard=0.0), orders=(0, 1, 2))
    _, memory = agent.decide(Situation(TWO, history=({"ann": "A", "ben": "B"},)), agent.start(["ben"]))
    policies = memory["partners"]["ben"]["expected"]["policies"]
    did = max(policies["1"], key=policies["1"].get)
    once = agent.posterior(agent.observe(memory, None, {"ben": did}), "ben")
    twice = agent.posterior(agent.observe(memory, None, [{"ben": did}, {"ben": did}]), "ben")
    assert twice[1] > once[1]
    assert agent.observe(memory, None, [{"ben": did}]) == agent.observe(memory, None, {"ben": did})


def test_a_contract_is_tested_by_unclear_and_late_actions_too():
    agent = AdaptiveAgent("ann", REASONER, contract=Contract({"ben": 1}), late=9)
    memory, _ = rounds(agent, 0, 9, lambda step, history: None)
    expected = memory["partners"]["ben"]["late"]
    lies = []
    for number, kept in expected.items():
        policies = kept["expected"]["policies"]
        lie = max(policies["0"], key=policies["0"].get)
        lies.append({"ben": Seen({lie: 0.99, "A": 0.01} if lie != "A" else "A", step=int(number))})
    memory = agent.observe(memory, None, lies)
    assert memory["partners"]["ben"]["contract"]["broken"] is not None


# --- what it costs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_step_late_costs_little_once_the_partner_is_known(order):
    full = sum(
        sum(rounds(AdaptiveAgent("ann", REASONER, seed=s), order, 60, on_time)[1][30:]) for s in range(8)
    )
    late = sum(
        sum(rounds(AdaptiveAgent("ann", REASONER, seed=s, late=1), order, 60, one_late)[1][30:])
        for s in range(8)
    )
    assert late >= 0.95 * full


# --- what was found by trying to break it ---------------------------------------------------------------


def test_huge_weights_are_shares_too():
    assert Seen({"A": 1e308, "B": 1e308}).did == {"A": 0.5, "B": 0.5}


@pytest.mark.parametrize("weight", ["0.7", None, [1], object(), -1, float("inf")])
def test_weights_of_no_number_are_refused_as_such(weight):
    with pytest.raises(SituationError, match="action -> weight"):
        Seen({"A": weight})


def test_who_was_not_seen_is_still_waited_for():
    three = {**TWO, "cem": ACTIONS}
    reasoner = NormalFormReasoner(np.random.default_rng(0).normal(size=(3, 5, 5, 5)))
    agent = AdaptiveAgent("ann", reasoner)
    _, memory = agent.decide(Situation(three), agent.start(["ben", "cem"]))
    together = agent.observe(memory, None, {"ben": "A", "cem": "B"})
    apart = agent.observe(agent.observe(memory, None, {"ben": "A"}), None, {"cem": "B"})
    assert apart == together


def test_after_a_late_observation_the_one_in_time_counts():
    agent = AdaptiveAgent("ann", REASONER, late=3)
    memory, _ = rounds(agent, 1, 4, lambda step, history: None)
    late = agent.observe(memory, None, {"ben": Seen("A", step=1)})
    for seen in ({"ben": "B"}, {"ben": Seen("B", step=3)}):
        after = agent.observe(late, None, seen)
        assert after["partners"]["ben"]["expected"] is None
        assert list(after["partners"]["ben"]["late"]) == ["0", "2"]


def test_what_was_counted_is_not_counted_again_by_its_step():
    agent = AdaptiveAgent("ann", REASONER)
    situation = Situation(TWO)
    _, memory = agent.decide(situation, agent.start(["ben"]))
    memory = agent.observe(memory, None, {"ben": "A"})
    with pytest.raises(SituationError, match="the partners of its last decision are"):
        agent.observe(memory, situation, {"ben": Seen("A", step=0)})


def test_what_is_kept_does_not_depend_on_the_order_of_keys():
    agent = AdaptiveAgent("ann", REASONER, late=3)
    memory, _ = rounds(agent, 1, 11, lambda step, history: None)
    shuffled = json.loads(json.dumps(memory, sort_keys=True))
    _, after = agent.decide(Situation(TWO), shuffled)
    assert list(after["partners"]["ben"]["late"]) == ["8", "9", "10"]


def chance_of_next(seen_at, late):
    """The probability that is given to the next action of a partner that goes through its actions in turn."""
    agent = AdaptiveAgent("ann", NormalFormReasoner(FIVE), late=late)
    memory, history, chances = agent.start(["ben"]), [], []
    for step in range(40):
        decision, memory = agent.decide(Situation(TWO), memory)
        did = ACTIONS[step % 5]
        chances.append(decision.partners["ben"].predictive[did])
        history.append(did)
        seen = seen_at(step, history)
        if seen:
            memory = agent.observe(memory, None, seen)
    return sum(chances[-10:]) / 10


def test_habits_follow_what_came_after_what_however_it_is_seen():
    in_time = chance_of_next(lambda step, done: {"ben": done[-1]}, 0)
    in_pairs = chance_of_next(
        lambda step, done: [{"ben": Seen(done[i], step=i)} for i in (step - 1, step)] if step % 2 else None, 2
    )
    assert in_time > 0.9
    assert in_pairs > 0.5, "every other decision knows what came last"


def test_several_actions_of_one_decision_follow_each_other():
    agent = AdaptiveAgent("ann", NormalFormReasoner(FIVE))
    memory, done = agent.start(["ben"]), 0
    for _ in range(20):
        decision, memory = agent.decide(Situation(TWO), memory)
        memory = agent.observe(memory, None, [{"ben": ACTIONS[(done + i) % 5]} for i in range(2)])
        done += 2
    assert decision.partners["ben"].predictive[ACTIONS[(done - 2) % 5]] > 0.7


def test_a_late_action_is_not_the_last_one():
    agent = AdaptiveAgent("ann", REASONER, late=6)
    memory, _ = rounds(agent, 1, 6, lambda step, history: None)
    memory = agent.observe(memory, None, [{"ben": Seen("E", step=5)}, {"ben": Seen("A", step=1)}])
    assert memory["partners"]["ben"]["habits"]["last"][0] == "E"
