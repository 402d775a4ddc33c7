"""One belief as plain lists: the same numbers as by arrays, for every learner."""

import dataclasses
import json

import numpy as np
import pytest
from atom.belief.plain import ByArrays, PlainBayes, plain_learner
from hypothesis import given
from hypothesis import strategies as st

from atom import AdaptiveAgent, Bayes, BeliefError, FixedShare, FollowTheLeader, Hedge, Situation

LEARNERS = [
    Bayes(),
    Bayes(hazard=0.0),
    Bayes(lapses=(0.05,), hazard=0.3),
    Bayes(prior=(0.5, 0.3, 0.2)),
    FollowTheLeader(),
    Hedge(0.7),
    FixedShare(),
]
probability = st.floats(0.0, 1.0, allow_subnormal=False)
observations = st.lists(
    st.tuples(st.lists(probability, min_size=3, max_size=3), st.integers(1, 9)), min_size=1, max_size=40
)


@pytest.mark.parametrize("learner", LEARNERS, ids=str)
@given(observations=observations)
def test_lists_learn_what_arrays_do(learner, observations):
    plain = plain_learner(learner, (0, 1, 2))
    arrays, lists = learner.init((0, 1, 2)), plain.prior
    before = json.dumps(plain.prior)
    for likelihoods, n_actions in observations:
        arrays = learner.update(arrays, likelihoods, n_actions)
        lists = plain.update(lists, likelihoods, n_actions)
        np.testing.assert_allclose(lists, arrays, rtol=1e-9)
        np.testing.assert_allclose(plain.probabilities(lists), learner.probabilities(arrays), rtol=1e-9)
        assert plain.fits(lists)
    assert json.loads(json.dumps(lists)) == lists
    assert json.dumps(plain.prior) == before


def test_lists_stay_finite_after_1e5_contradictions():
    for learner in (Bayes(), Bayes(hazard=0.0)):
        plain = plain_learner(learner, (0, 1, 2))
        weights = plain.prior
        for step in range(100_000):
            likelihoods = [0.0] * 3 if step < 50_000 else [float(k == step % 3) for k in range(3)]
            weights = plain.update(weights, likelihoods, 5)
        assert np.isfinite(weights).all()
        assert sum(plain.probabilities(weights)) == pytest.approx(1.0)


def test_only_bayes_itself_is_done_by_lists():
    @dataclasses.dataclass(frozen=True)
    class Stubborn(Bayes):
        def update(self, weights, likelihoods, n_actions=2):
            return weights

    assert isinstance(plain_learner(Bayes(), (0, 1)), PlainBayes)
    stubborn = plain_learner(Stubborn(), (0, 1))
    assert isinstance(stubborn, ByArrays)
    assert stubborn.update(stubborn.prior, [1.0, 0.0], 2) == stubborn.prior


def test_memories_do_not_share_the_prior(anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    first = agent.start(["ben", "cem"])
    first["belief"]["ben"][0][0] = 99.0  # somebody edits a state in place
    assert first["belief"]["cem"] == agent.start(["ben"])["belief"]["ben"]
    assert agent.posterior(agent.start(["ben"]), "ben")[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize("learner", [Hedge(), FollowTheLeader(), FixedShare()], ids=str)
@pytest.mark.parametrize("belief", [[0.1, 0.9], [[0.1], [0.2], [0.3]], [[0.1], 0.2, [0.3, 0.4]]])
def test_weights_of_another_shape_are_refused_whoever_learns(anti_coordination, learner, belief):
    agent = AdaptiveAgent("ann", anti_coordination, learner)
    memory = {**agent.start(["ben"]), "belief": {"ben": belief}}
    with pytest.raises(BeliefError, match=r"not of the learner's shape \[3\]"):
        agent.posterior(memory, "ben")


@pytest.mark.parametrize("belief", [[0.2, 0.8], [[0.2] * 5] * 2, [[0.2] * 4] * 3, [[0.2], [0.2] * 5, [0.2]]])
def test_weights_of_another_shape_are_refused(anti_coordination, belief):
    agent = AdaptiveAgent("ann", anti_coordination)
    memory = {**agent.start(["ben"]), "belief": {"ben": belief}}
    situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    with pytest.raises(BeliefError, match=r"belief of 'ann' about 'ben' is not of .* shape \[3, 5\]"):
        agent.decide(situation, memory)
