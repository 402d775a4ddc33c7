"""Learners: properties that hold for any likelihoods, and the equalities that the paper implies."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from atom import Bayes, BeliefError, FixedShare, FollowTheLeader, Hedge

LEARNERS = [
    Bayes(),
    Bayes(hazard=0.0),
    Bayes(prior=(0.5, 0.3, 0.2)),
    FollowTheLeader(),
    Hedge(),
    FixedShare(),
]
ids = str
probability = st.floats(0.0, 1.0, allow_subnormal=False)


def likelihood_sequences(k=3):
    return st.integers(1, 30).flatmap(lambda t: arrays(float, (t, k), elements=probability))


def names(k=3):
    return [str(order) for order in range(k)]


def learn(learner, sequence, n_actions=2):
    weights = learner.init(names(sequence.shape[-1]))
    for likelihoods in sequence.tolist():
        weights = learner.update(weights, likelihoods, n_actions)
    return weights


def belief(learner, sequence, n_actions=2):
    return np.array(learner.probabilities(learn(learner, sequence, n_actions)))


@pytest.mark.parametrize("learner", LEARNERS, ids=ids)
@given(sequence=likelihood_sequences())
def test_probabilities_are_a_distribution(learner, sequence):
    probabilities = learner.probabilities(learn(learner, sequence))
    assert [type(p) for p in probabilities] == [float] * 3
    assert min(probabilities) >= 0
    assert math.isclose(sum(probabilities), 1.0, rel_tol=1e-9)


@pytest.mark.parametrize("learner", LEARNERS, ids=ids)
def test_finite_after_1e5_contradictory_observations(learner):
    """Every hypothesis is contradicted every time, then each in turn."""
    weights = learner.init(names())
    for step in range(100_000):
        likelihoods = [0.0, 0.0, 0.0] if step < 50_000 else [float(k == step % 3) for k in range(3)]
        weights = learner.update(weights, likelihoods, 5)
    probabilities = learner.probabilities(weights)
    assert np.all(np.isfinite(weights))
    assert math.isclose(sum(probabilities), 1.0, rel_tol=1e-9)


@pytest.mark.parametrize("learner", LEARNERS, ids=ids)
@given(sequence=likelihood_sequences(), order=st.permutations([0, 1, 2]))
def test_relabelling_hypotheses_relabels_the_posterior(learner, sequence, order):
    if isinstance(learner, Bayes) and learner.prior is not None:
        learner = Bayes()
    if isinstance(learner, FollowTheLeader):
        return  # ties go to the lowest order, on purpose
    direct, permuted = belief(learner, sequence), belief(learner, sequence[:, order])
    np.testing.assert_allclose(direct[order], permuted, atol=1e-12)


@pytest.mark.parametrize("learner", LEARNERS, ids=ids)
def test_weights_are_plain_and_never_modified(learner):
    weights = learner.init(names())
    before = json.dumps(weights)
    after = learner.update(weights, [0.2, 0.9, 0.0])
    learner.reweigh(weights, [0.2, 0.9, 0.5])
    learner.probabilities(weights)
    assert json.dumps(weights) == before
    assert json.loads(json.dumps(after, allow_nan=False)) == after != weights


@given(
    n_actions=st.integers(2, 6),
    off=st.floats(0.001, 0.45),
    hits=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=25),
)
def test_bayes_with_one_lapse_rate_is_hedge(n_actions, off, hits):
    """Paper: a hypothesis that puts 1 - ε on one of A actions is Hedge with η = ln((1 - ε)(A - 1) / ε)."""
    sequence = np.asarray(hits, dtype=float)
    lapse = off * n_actions / (n_actions - 1)  # ε counts what falls off the predicted action
    bayes = Bayes(lapses=(lapse,), hazard=0.0)
    hedge = Hedge(eta=math.log((1 - off) * (n_actions - 1) / off))
    np.testing.assert_allclose(
        belief(bayes, sequence, n_actions), belief(hedge, sequence, n_actions), atol=1e-12
    )


@given(sequence=likelihood_sequences(), eta=st.floats(0.01, 20))
def test_fixed_share_without_sharing_is_hedge(sequence, eta):
    assert learn(FixedShare(eta, share=0.0), sequence) == learn(Hedge(eta), sequence)


@given(sequence=likelihood_sequences())
def test_uninformative_actions_leave_bayes_without_hazard_alone(sequence):
    """Equal likelihoods say nothing about the order, whatever they say about lapses."""
    learner = Bayes(hazard=0.0, prior=(0.5, 0.3, 0.2))
    same = np.repeat(sequence[:, :1], 3, axis=1)
    np.testing.assert_allclose(belief(learner, same), [0.5, 0.3, 0.2], atol=1e-9)


def test_bayes_follows_the_formula():
    """P(k, ε | a) ∝ prior · ((1 - ε) p_k(a) + ε / |A|), computed by hand for two orders and two rates."""
    learner = Bayes(lapses=(0.2, 1.0), hazard=0.0)
    weights = learner.update(learner.init(names(2)), [1.0, 0.25], 4)
    joint = np.array([[0.8 * 1.0 + 0.2 / 4, 1 / 4], [0.8 * 0.25 + 0.2 / 4, 1 / 4]])
    np.testing.assert_allclose(weights, joint / joint.sum())
    np.testing.assert_allclose(learner.lapse_posterior(weights), joint.sum(axis=0) / joint.sum())


def test_hazard_mixes_the_prior_back_in():
    still = Bayes(hazard=0.0)
    moving = Bayes(hazard=0.1)
    likelihoods = [1.0, 0.0, 0.0]
    learned, prior = np.array(still.update(still.init(names()), likelihoods)), np.array(still.init(names()))
    moved = 0.1 * (1.0 - np.array(still.lapses)) ** 2 * learned
    expected = learned - moved + moved.sum() * prior
    np.testing.assert_allclose(moving.update(moving.init(names()), likelihoods), expected)


def test_lapses_are_inferred():
    """A consistent partner has a small lapse rate, a contradictory one is explained by no order."""
    learner = Bayes(hazard=0.0)
    consistent = learn(learner, np.tile([1.0, 0.0, 0.0], (20, 1)))
    contradictory = learn(learner, np.tile(np.eye(3), (10, 1)), 3)
    assert learner.lapse_posterior(consistent)[0] > 0.6
    assert learner.lapse_posterior(contradictory)[-1] > 0.3
    assert max(learner.probabilities(contradictory)) < 0.5


def test_a_consistent_partner_sharpens_the_posterior():
    learner = Bayes()
    assert belief(learner, np.tile([0.0, 1.0, 0.0], (8, 1)))[1] > 0.9


def test_follow_the_leader_takes_the_lowest_order_on_ties():
    learner = FollowTheLeader()
    weights = learner.init(names())
    assert learner.probabilities(weights) == [1, 0, 0]
    weights = learner.update(weights, [0.0, 1.0, 1.0])
    assert learner.probabilities(weights) == [0, 1, 0]


def test_hedge_weighs_by_exponential_loss():
    weights = learn(Hedge(eta=0.7), np.array([[1.0, 0.0, 0.5], [1.0, 1.0, 0.5]]))
    expected = np.exp(-0.7 * np.array([0.0, 1.0, 1.0]))
    np.testing.assert_allclose(Hedge().probabilities(weights), expected / expected.sum())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Bayes(lapses=()), "lapse rates lie in"),
        (lambda: Bayes(lapses=(0.0, 0.5)), "use a small one"),
        (lambda: Bayes(lapses=(1.5,)), "lapse rates lie in"),
        (lambda: Bayes(hazard=1.0), "hazard rate lies in"),
        (lambda: Bayes(prior=(0.5, 0.0)), "leave a hypothesis out"),
        (lambda: Bayes(prior=(0.5, 0.5)).init(names()), "2 entries for 3 hypotheses"),
        (lambda: Hedge(eta=0.0), "eta must be positive"),
        (lambda: Hedge(eta=math.inf), "eta must be positive"),
        (lambda: FixedShare(share=1.0), "share lies in"),
    ],
)
def test_bad_settings_are_named(make, words):
    with pytest.raises(BeliefError, match=words):
        make()
