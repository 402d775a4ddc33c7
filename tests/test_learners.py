"""Learners against their formulas, written with arrays; and the weights of theirs in an agent's memory."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atom import AdaptiveAgent, Bayes, BeliefError, FixedShare, FollowTheLeader, Hedge, Learner, Situation
from atom.belief import AdaHedge, RescorlaWagner
from atom.errors import forget_said

NAMES = ("0", "1", "2")
probability = st.floats(0.0, 1.0, allow_subnormal=False)
three = st.lists(probability, min_size=3, max_size=3)
observations = st.lists(st.tuples(three, st.integers(1, 9)), min_size=1, max_size=40)
factors = st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3)


def bayes(learner, seen):
    """``P(k, ε | a) ∝ P(k, ε) ((1 - ε) p_k(a) + ε / |A|)``, of which ``h (1 - ε)²`` goes back."""
    orders = np.ones(3) if learner.prior is None else np.array(learner.prior)
    prior = np.repeat(orders[:, None] / orders.sum(), len(learner.lapses), axis=1) / len(learner.lapses)
    joint, rates = prior, np.array(learner.lapses)
    for likelihoods, n_actions in seen:
        joint = joint * ((1 - rates) * np.array(likelihoods)[:, None] + rates / n_actions)
        joint /= joint.sum()
        moved = learner.hazard * (1 - rates) ** 2 * joint
        joint = joint - moved + moved.sum() * prior
    return joint.sum(axis=1)


def losses(seen):
    return (1 - np.array([likelihoods for likelihoods, _ in seen])).sum(axis=0)


def leader(learner, seen):
    return np.eye(3)[np.argmin(losses(seen))]


def hedge(learner, seen):
    weights = np.exp(-learner.eta * losses(seen))
    return weights / weights.sum()


def fixed_share(learner, seen):
    """Herbster and Warmuth: multiply, normalise, and give a share α (K - 1) / K evenly to the others."""
    weights, given_away = np.full(3, 1 / 3), learner.share * 2 / 3
    for likelihoods, _ in seen:
        weights = weights * np.exp(-learner.eta * (1 - np.array(likelihoods)))
        weights = weights / weights.sum()
        weights = (1 - given_away) * weights + given_away / 2 * (1 - weights)
    return weights


def rescorla_wagner(learner, seen):
    values = np.zeros(3)
    for likelihoods, _ in seen:
        values += learner.alpha * (2 * np.array(likelihoods) - 1 - values)
    return np.eye(3)[np.argmax(values)] if values.max() > learner.threshold else np.full(3, 1 / 3)


FORMULAS = [
    (Bayes(), bayes),
    (Bayes(hazard=0.0), bayes),
    (Bayes(lapses=(0.05,), hazard=0.3), bayes),
    (Bayes(prior=(0.5, 0.3, 0.2)), bayes),
    (FollowTheLeader(), leader),
    (Hedge(0.7), hedge),
    (FixedShare(), fixed_share),
    (FixedShare(2.0, share=0.4), fixed_share),
    (RescorlaWagner(), rescorla_wagner),
]


def learn(learner, seen):
    weights = learner.init(NAMES)
    for likelihoods, n_actions in seen:
        weights = learner.update(weights, likelihoods, n_actions)
    return weights


def named(value):
    """The same words in every process, which a function's own are not."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("learner", "formula"), FORMULAS, ids=named)
@given(seen=observations)
def test_probabilities_are_what_the_formula_says(learner, formula, seen):
    if formula in (leader, rescorla_wagner):  # sums in another order: what ties but for rounding is no tie
        seen = [([round(4 * p) / 4 for p in likelihoods], n) for likelihoods, n in seen]
    found = learner.probabilities(learn(learner, seen))
    np.testing.assert_allclose(found, formula(learner, seen), rtol=1e-9, atol=1e-12)


@given(seen=observations)
@example(seen=[([0.0, 0.0, 0.001953125], 1), ([0.0, 0.0, 0.0], 1)])
def test_adahedge_follows_its_definition(seen):
    """de Rooij et al. 2014: η = ln K / Δ, and Δ grows by the mixability gap of each round."""
    cumulative, gap = np.zeros(3), 0.0
    for likelihoods, _ in seen:
        loss = 1 - np.array(likelihoods)
        weights, eta = _adahedge(cumulative, gap)
        if np.isinf(eta):
            mix = (cumulative + loss).min() - cumulative.min()
        else:
            alive = weights > 0  # exp(-η L) of the others is below the smallest number there is
            least = loss[alive].min()
            mix = least - np.log(weights[alive] @ np.exp(-eta * (loss[alive] - least))) / eta
        gap += max(0.0, weights @ loss - mix)
        cumulative += loss
    found = learn(AdaHedge(), seen)
    np.testing.assert_allclose(found, [*cumulative, gap], rtol=1e-7, atol=1e-9)


def _adahedge(cumulative, gap):
    least = cumulative - cumulative.min()
    eta = np.log(3) / gap if gap > 0 else np.inf
    weights = (least == 0.0).astype(float) if np.isinf(eta) else np.exp(-eta * least)
    return weights / weights.sum(), eta


@pytest.mark.parametrize("learner", [Bayes(), Bayes(hazard=0.0), Hedge(), FixedShare(0.5)], ids=str)
@given(seen=observations, prior=factors)
def test_reweighed_weights_are_the_posterior_under_the_prior(learner, seen, prior):
    weights = learn(learner, seen)
    expected = np.array(learner.probabilities(weights)) * prior
    found = learner.probabilities(learner.reweigh(weights, prior))
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-9)


@pytest.mark.parametrize("learner", [FollowTheLeader(), AdaHedge(), RescorlaWagner()], ids=str)
@given(prior=st.permutations([0.9, 0.5, 0.1]))
def test_reweighed_heuristics_begin_with_the_likeliest(learner, prior):
    weights = learner.reweigh(learner.init(NAMES), prior)
    for _ in range(2):
        weights = learner.update(weights, [0.5, 0.5, 0.5])
    values = np.array(weights[:3]) if isinstance(learner, RescorlaWagner) else -np.array(weights[:3])
    assert np.argsort(values).tolist() == np.argsort(prior).tolist()


@pytest.mark.parametrize("learner", [learner for learner, _ in FORMULAS] + [AdaHedge()], ids=str)
def test_every_partner_has_weights_of_its_own(learner):
    """States are other people's lists: what somebody edits in one must not change another."""
    first = learner.init(NAMES)
    before = json.dumps(first)
    second = learner.init(NAMES)
    row = second[0] if isinstance(second[0], list) else second
    row[0] = 99.0
    assert json.dumps(first) == before == json.dumps(learner.init(NAMES))


def test_memories_do_not_share_the_prior(anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    first = agent.start(["ben", "cem"])
    first["partners"]["ben"]["weights"][0][0] = 99.0  # somebody edits a state in place
    assert first["partners"]["cem"] == agent.start(["ben"])["partners"]["ben"]
    assert agent.posterior(agent.start(["ben"]), "ben")[0] == pytest.approx(0.27)


@dataclasses.dataclass(frozen=True)
class Stubborn(Bayes):
    """A subclass that learns nothing."""

    def update(self, weights, likelihoods, n_actions=2):
        return weights


def test_a_subclass_is_asked_for_what_it_overrides(anti_coordination, situation):
    agent = AdaptiveAgent("ann", anti_coordination, Stubborn(), orders=(0, 1, 2))
    memory = agent.start(["ben"])
    for _ in range(5):
        memory = agent.observe(memory, situation, {"ben": "A"})
    assert agent.posterior(memory, "ben") == pytest.approx({0: 1 / 3, 1: 1 / 3, 2: 1 / 3})
    assert memory["learner"] == "Stubborn"
    with pytest.raises(BeliefError, match="Stubborn"):
        AdaptiveAgent("ann", anti_coordination).decide(situation, memory)


def test_a_learner_is_known_by_what_it_can():
    assert all(isinstance(learner, Learner) for learner, _ in FORMULAS)

    class CannotReweigh:
        init = update = probabilities = None

    assert not isinstance(CannotReweigh(), Learner)


def with_weights(agent, weights):
    memory = agent.start(["ben"])
    record = {**memory["partners"]["ben"], "weights": weights}
    return {**memory, "partners": {"ben": record}}


@pytest.mark.parametrize("learner", [Hedge(), FollowTheLeader(), FixedShare()], ids=str)
@pytest.mark.parametrize("weights", [[0.1, 0.9], [[0.1], [0.2], [0.3]], [[0.1], 0.2, [0.3, 0.4]], None])
def test_weights_of_another_shape_begin_anew_whoever_learns(anti_coordination, learner, weights):
    agent = AdaptiveAgent("ann", anti_coordination, learner)
    assert agent.posterior(with_weights(agent, weights), "ben") == agent.posterior(
        agent.start(["ben"]), "ben"
    )
    strict = AdaptiveAgent("ann", anti_coordination, learner, on_error="raise")
    with pytest.raises(BeliefError, match=r"what 'ann' remembers of 'ben' is damaged"):
        strict.posterior(with_weights(strict, weights), "ben")


@pytest.mark.parametrize("weights", [[0.2, 0.8], [[0.2] * 5] * 2, [[0.2] * 4] * 3, [[0.2], [0.2] * 5, [0.2]]])
def test_weights_of_another_shape_are_said_once_and_begin_anew(anti_coordination, weights, caplog):
    forget_said()
    agent = AdaptiveAgent("ann", anti_coordination)
    situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    for _ in range(2):
        found, _ = agent.decide(situation, with_weights(agent, weights))
        assert dataclasses.replace(found, degraded=()) == agent.decide(situation, agent.start(["ben"]))[0]
        assert [why.startswith("ben: what was remembered: it") for why in found.degraded] == [True]
    assert len(caplog.records) == 1
    assert "'ann' remembers of 'ben' is set aside, and begins anew" in caplog.text


def test_what_a_damaged_record_waited_for_is_still_learned_from(anti_coordination):
    """Between a decision and its observation: no error in somebody's graph, and a belief that goes on."""
    agent = AdaptiveAgent("ann", anti_coordination)
    situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    _, decided = agent.decide(situation, agent.start(["ben"]))
    record = {**decided["partners"]["ben"], "weights": [[float("nan")] * 5] * 4}
    poisoned = {**decided, "partners": {"ben": record}}
    seen = agent.observe(poisoned, None, {"ben": "A"})
    assert agent.posterior(seen, "ben") == pytest.approx(
        agent.posterior(agent.observe(decided, None, {"ben": "A"}), "ben")
    )
