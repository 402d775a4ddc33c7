"""Change points: the filter against enumeration, the figures of the docs in small, and where it shows."""

import dataclasses
import itertools

import numpy as np
import pytest

from atom import AdaptiveAgent, Bayes, BeliefError, ChangePoints, Hedge
from atom.graph import decision_events
from eval.studies.changing import change_of_leader, hazard_filter, observe_partner, page_hinkley, score
from eval.tasks import one_ahead
from partners import make_partner

LEARNER = Bayes(lapses=(0.1, 0.5), hazard=0.3)


def enumerated(then, likelihoods, n_actions):
    """P(order then, order now) by summing over every path of (order, lapse rate)."""
    k, n_lapses = then.shape
    states = list(itertools.product(range(k), range(n_lapses)))
    pairs = np.zeros((k, k))
    for path in itertools.product(states, repeat=len(likelihoods)):
        weight = then[path[0]]
        for t, (order, lapse) in enumerate(path):
            if t:
                moves = LEARNER.hazard * (1 - LEARNER.lapses[path[t - 1][1]]) ** 2
                weight *= (1 - moves) * (path[t] == path[t - 1]) + moves / len(states)
            rate = LEARNER.lapses[lapse]
            weight *= (1 - rate) * likelihoods[t][order] + rate / n_actions
        pairs[path[0][0], path[-1][0]] += weight
    return pairs / pairs.sum()


def test_pairs_are_what_enumeration_says():
    rng = np.random.default_rng(0)
    then = rng.dirichlet(np.ones(6)).reshape(3, 2)
    likelihoods = rng.uniform(size=(4, 3))
    pairs = ChangePoints().pairs(LEARNER, then.tolist(), likelihoods.tolist(), [5] * 4)
    assert pairs == pytest.approx(enumerated(then, likelihoods, 5))
    assert pairs.sum(axis=0) == pytest.approx(  # what is believed now is what the learner believes
        _filtered(then, likelihoods)
    )


def _filtered(then, likelihoods):
    weights = then.tolist()
    for row in likelihoods[:-1].tolist():
        weights = LEARNER.update(weights, row, 5)
    rates = np.array(LEARNER.lapses)
    posterior = weights * ((1 - rates) * likelihoods[-1][:, None] + rates / 5)
    return posterior.sum(axis=1) / posterior.sum()


def test_changes_are_noticed_and_lapses_are_not():
    """The must-show figures, with fewer episodes; and the rivals on the same actions."""
    ours = hazard_filter(ChangePoints())
    early = observe_partner(one_ahead(5), "switching:2-0@8", 30, seed=2)
    both = observe_partner(one_ahead(5, 60), "switching:2-0-2@20-40", 15, seed=3)
    fixed = [
        row for k in (0, 1, 2) for row in observe_partner(one_ahead(5, 200), f"noisy:0.05:tom-{k}", 3, seed=1)
    ]
    for episodes, changes in ((early, [8]), (both, [20, 40])):
        found = score([ours(e, 5) for e in episodes], changes, [len(e) for e in episodes], [3, 5])
        assert found.within[3] >= 0.9
        assert found.false_alarms == 0.0
    assert score([ours(e, 5) for e in fixed], [], [200] * 9, [3]).false_alarms <= 1.0
    hedge = change_of_leader(Hedge(), 0.55)
    assert score([hedge(e, 5) for e in early], [8], [15] * 30, [3, 5]).within[3] < 0.9


def test_the_two_sided_cusum_alarms_when_the_best_order_stops_explaining():
    """Order 0 explains ten actions, then order 2 does: noticed late or soon, by the threshold."""
    rows = np.array([[1.0, 0.0, 0.0]] * 10 + [[0.0, 0.0, 1.0]] * 10)
    (soon,) = page_hinkley(0.5, 0.05)(rows, 5)
    late = page_hinkley(3.0, 0.05)(rows, 5)
    assert soon == 11
    assert late[0] > soon
    assert page_hinkley(0.5, 0.05)(rows[:10], 5) == []


def test_delays_are_counted_from_the_change():
    found = score([[9, 10], [30], []], [8], [50, 50, 100], [1, 5])
    assert found.within == {1: pytest.approx(1 / 3), 5: pytest.approx(1 / 3)}
    assert found.delay == 1.0
    assert found.false_alarms == 2.0  # 10 and 30, in 200 rounds


def play(changes, rounds=20, partner="switching:2-0@12"):
    task = one_ahead(5, rounds)
    agent = AdaptiveAgent("player-1", task.reasoner(), changes=changes)
    other = make_partner(partner, "player-2", task.reasoner())
    memory, memory2, state = agent.start(["player-2"]), other.start(["player-1"]), task.start()
    decisions = []
    for _ in range(rounds):
        situation = task.situation(state)
        mine, memory = agent.decide(situation, memory)
        theirs, memory2 = other.decide(situation, memory2)
        joint = {"player-1": mine.action, "player-2": theirs.action}
        memory = agent.observe(memory, situation, joint)
        state = task.step(state, joint).state
        decisions.append(mine)
    return decisions, memory


def test_a_change_shows_in_decisions_memory_and_events():
    decisions, memory = play(ChangePoints())
    plain, without = play(None)
    assert [d.action for d in decisions] == [d.action for d in plain]  # it observes only
    assert without["partners"]["player-2"]["change"] is None
    noticed = [d.partners["player-2"].change for d in decisions]
    (change,) = {c for c in noticed if c is not None}
    assert (change.before, change.after) == ("2", "0")
    assert 12 <= change.step <= 15
    assert 0.6 <= change.probability <= 1.0
    assert not change.followed  # it would have switched anyway
    assert memory["partners"]["player-2"]["change"]["last"] == dataclasses.asdict(change)
    events = [e for step, d in enumerate(decisions) for e in decision_events("n", d, step)]
    events = [e for e in events if e["type"] == "tom.change"]
    assert [(e["type"], e["partner"], e["step"]) for e in events] == [("tom.change", "player-2", change.step)]
    assert decisions[-1].as_plain()["partners"]["player-2"]["change"]["before"] == 2


def test_bad_settings():
    for settings in ({"window": 0}, {"threshold": 0.5}, {"threshold": 1.0}):
        with pytest.raises(BeliefError, match="at least 1 and their threshold"):
            ChangePoints(**settings)
    with pytest.raises(BeliefError, match="posterior of Bayes, not Hedge"):
        AdaptiveAgent("player-1", one_ahead(5).reasoner(), Hedge(), changes=ChangePoints())
