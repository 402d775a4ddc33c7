"""Learners for comparison."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import AdaptiveAgent, BeliefError, FollowTheLeader, Learner
from atom.belief import AdaHedge, RescorlaWagner, Uniform

ALL = [AdaHedge(), RescorlaWagner(), Uniform()]
NAMES = ("0", "1", "2")
rows = st.lists(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3), min_size=1, max_size=40)


def run(learner, likelihoods):
    weights = learner.init(NAMES)
    for row in likelihoods:
        weights = learner.update(weights, row)
    return weights


@pytest.mark.parametrize("learner", ALL, ids=str)
@given(likelihoods=rows)
def test_probabilities_sum_to_one(learner, likelihoods):
    probabilities = learner.probabilities(run(learner, likelihoods))
    assert isinstance(learner, Learner)
    assert [type(p) for p in probabilities] == [float] * 3
    assert min(probabilities) >= 0.0
    assert sum(probabilities) == pytest.approx(1.0)


@pytest.mark.parametrize("learner", ALL, ids=str)
def test_long_contradictions_stay_finite(learner):
    weights = run(learner, np.eye(3)[np.arange(20_000) % 3].tolist())
    assert np.isfinite(weights).all()
    assert sum(learner.probabilities(weights)) == pytest.approx(1.0)


@pytest.mark.parametrize("learner", ALL, ids=str)
@given(likelihoods=rows, prior=st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3))
def test_weights_are_plain_and_never_modified(learner, likelihoods, prior):
    weights = run(learner, likelihoods)
    before = json.dumps(weights, allow_nan=False)
    for after in (learner.update(weights, [0.2, 0.9, 0.0]), learner.reweigh(weights, prior)):
        assert after is not weights
        assert json.loads(json.dumps(after, allow_nan=False)) == after
    assert json.dumps(weights) == before


@pytest.mark.parametrize("learner", ALL, ids=str)
def test_relabelled_hypotheses_relabel_the_belief(learner):
    likelihoods = np.random.default_rng(2).uniform(size=(9, 3))
    order = [2, 0, 1]
    direct = np.array(learner.probabilities(run(learner, likelihoods)))[order]
    assert learner.probabilities(run(learner, likelihoods[:, order])) == pytest.approx(direct)


@pytest.mark.parametrize("learner", ALL, ids=str)
def test_they_serve_an_agent(learner, anti_coordination, situation):
    ann = AdaptiveAgent("ann", anti_coordination, learner)
    memory = ann.start(["ben"])
    for _ in range(10):
        decision, memory = ann.decide(situation, memory)
        memory = ann.observe(memory, situation, {"ben": "A"})
    if not isinstance(learner, Uniform):
        assert ann.posterior(memory, "ben")[1] > 0.9
    assert decision.action in ("A", "B")


def test_adahedge_by_hand():
    """K = 2: the first mistake is split evenly, so Δ = 1/2 and η = 2 ln 2."""
    learner = AdaHedge()
    weights = learner.update(learner.init(("0", "1")), [1.0, 0.0])
    assert weights == [0.0, 1.0, 0.5]
    first = 1.0 / (1.0 + math.exp(-2.0 * math.log(2.0)))
    assert learner.probabilities(weights) == pytest.approx([first, 1.0 - first])


@given(likelihoods=rows)
def test_adahedge_gap_never_shrinks(likelihoods):
    learner = AdaHedge()
    gaps = [run(learner, likelihoods[:t])[-1] for t in range(len(likelihoods) + 1)]
    assert (np.diff(gaps) >= 0.0).all()


def test_adahedge_follows_the_leader_of_easy_partners():
    likelihoods = np.tile([0.0, 1.0, 0.0], (30, 1))
    adaptive = AdaHedge().probabilities(run(AdaHedge(), likelihoods))
    assert adaptive[1] > 0.999
    assert FollowTheLeader().probabilities(run(FollowTheLeader(), likelihoods))[1] == 1.0


def test_adahedge_does_not_mind_a_single_hypothesis():
    learner = AdaHedge()
    weights = learner.update(learner.init(("1",)), [0.0])
    assert learner.probabilities(weights) == [1.0]


def test_rescorla_wagner_by_hand():
    """α = 0.3: values of a hypothesis that is always right are 1 - 0.7^t, above 0.7 from t = 4 on."""
    learner = RescorlaWagner()
    for t in range(1, 7):
        weights = run(learner, [[1.0, 0.0, 0.5]] * t)
        assert weights == pytest.approx([1 - 0.7**t, 0.7**t - 1, 0.0])
        expected = [1.0, 0.0, 0.0] if t >= 4 else [1 / 3] * 3
        assert learner.probabilities(weights) == pytest.approx(expected)


@pytest.mark.parametrize(
    "settings", [{"alpha": 0.0}, {"alpha": 1.5}, {"threshold": 1.0}, {"threshold": -2.0}]
)
def test_settings_out_of_range(settings):
    with pytest.raises(BeliefError, match="lies in"):
        RescorlaWagner(**settings)
