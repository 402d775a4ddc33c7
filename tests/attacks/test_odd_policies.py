"""Policies, hypotheses and learners of users that give no probabilities: set aside and said, or raised."""

import json
import logging
import math

import numpy as np
import pytest

from atom import (
    AdaptiveAgent,
    Bayes,
    BeliefError,
    CongestionReasoner,
    FixedOrderAgent,
    Hedge,
    Hypothesis,
    LLMError,
    NormalFormReasoner,
    Situation,
    errors,
    symmetric_payoffs,
)
from atom.belief import order
from atom.errors import DistributionError, ReasonerError

TWO = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
PAYOFFS = symmetric_payoffs([[0, 5], [5, 0]])
NAN = float("nan")
POISON = {
    "nan": {"A": NAN, "B": 1.0},
    "infinite": {"A": math.inf, "B": 0.0},
    "negative": {"A": -0.5, "B": 1.5},
    "too much": {"A": 1.0, "B": 1.0},
    "far too much": {"A": 78.0},
    "huge": {"A": 10**400},
    "too many digits": {"A": 10**5_000, "B": 10**5_000},
    "text": {"A": "1.0"},
    "none": {"A": None, "B": 1.0},
    "bytes": {"A": b"x", "B": 0.5},
}
TOO_LITTLE = {"A": 0.5}


class InBulk(NormalFormReasoner):
    """Right but for what it says of ``ben`` at order 1, in bulk."""

    def __init__(self, poison):
        super().__init__(PAYOFFS)
        self.poison = poison

    def policies_at_once(self, situation, pairs):
        right = super().policies_at_once(situation, pairs)
        return [
            self.poison if pair == ("ben", 1) else policy for pair, policy in zip(pairs, right, strict=True)
        ]


class OneByOne:
    """The same, asked one by one."""

    def __init__(self, poison):
        self.right, self.poison = NormalFormReasoner(PAYOFFS), poison

    def policy(self, situation, player, order):
        return self.poison if (player, order) == ("ben", 1) else self.right.policy(situation, player, order)


class Awaited(OneByOne):
    async def apolicy(self, situation, player, order):
        return self.policy(situation, player, order)


@pytest.fixture(autouse=True)
def _said_anew():
    errors.forget_said()


async def decided(agent, way, memory=None):
    memory = agent.start(["ben"]) if memory is None else memory
    return agent.decide(TWO, memory) if way == "sync" else await agent.adecide(TWO, memory)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("kind", [InBulk, OneByOne, Awaited])
@pytest.mark.parametrize("poison", [*POISON, "too little"])
async def test_a_poisoned_policy_is_set_aside_with_one_warning(kind, poison, way, caplog):
    policy = POISON.get(poison, TOO_LITTLE)
    agent = AdaptiveAgent("ann", kind(policy), orders=(0, 1, 2))
    memory = agent.start(["ben"])
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            decision, memory = await decided(agent, way, memory)
            assert any(said.startswith("ben at order 1: the p") for said in decision.degraded)
            assert set(decision.partners["ben"].by_order) == {0, 2}, "the others are used"
            memory = agent.observe(memory, TWO, {"ben": "A"})
            belief = agent.posterior(memory, "ben")
            assert sum(belief.values()) == pytest.approx(1.0)
    (warning,) = [record.getMessage() for record in caplog.records]
    assert f"the policy of {kind.__name__}" in warning
    assert "set aside" in warning
    strict = AdaptiveAgent("ann", kind(policy), orders=(0, 1, 2), on_error="raise")
    with pytest.raises(DistributionError, match="for 'ben' at order 1"):
        await decided(strict, way)
    json.dumps(memory, allow_nan=False)


@pytest.mark.parametrize("found", [None, [], [{"A": 1.0}], "AB", {}], ids=repr)
def test_what_is_no_list_of_policies_is_named(found):
    class Odd(NormalFormReasoner):
        def policies_at_once(self, situation, pairs):
            return found

    agent = AdaptiveAgent("ann", Odd(PAYOFFS), orders=(0, 1, 2))
    with pytest.raises(
        ReasonerError, match=r"Odd\.policies_at_once returned .* one for each of the \d pairs"
    ):
        agent.decide(TWO, agent.start(["ben"]))


def test_a_fixed_order_without_a_policy_acts_at_order_0():
    class AtOne(InBulk):
        def policies_at_once(self, situation, pairs):
            return [{"A": NAN} if k == 1 else self.policy(situation, player, k) for player, k in pairs]

    agent = FixedOrderAgent("ann", AtOne(None), 1)
    decision, _ = agent.decide(TWO, agent.start(["ben"]))
    assert decision.action == agent.reasoner.policy(TWO, "ann", 0).popitem()[0]
    assert "acting at order 1" in decision.degraded[0]
    strict = FixedOrderAgent("ann", AtOne(None), 1, on_error="raise")
    with pytest.raises(DistributionError):
        strict.decide(TWO, strict.start(["ben"]))


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_poisoned_response_gives_way_to_order_0(way):
    class Responds(NormalFormReasoner):
        def respond(self, situation, player, predicted):
            return {"A": NAN, "B": 1.0}

        async def arespond(self, situation, player, predicted):
            return self.respond(situation, player, predicted)

    always = Hypothesis("always", behaviour=lambda situation, player: {"A": 1.0})
    decision, _ = await decided(AdaptiveAgent("ann", Responds(PAYOFFS), hypotheses=[always]), way)
    assert "the response of Responds for 'ann' gives 'A' the probability nan" in decision.degraded[0]
    assert decision.action in "AB"


def test_poison_in_the_ties_of_a_reasoner_leaves_the_other_habits():
    class Ties(NormalFormReasoner):
        def with_other_ties(self, situation, player, orders):
            return [{"A": NAN, "B": 1.0}, *({"A": 1.0} for _ in orders[1:])]

    agent = AdaptiveAgent("ann", Ties(PAYOFFS))
    memory = agent.start(["ben"])
    for action in "ABA":
        decision, memory = agent.decide(TWO, memory)
        assert "ben with other ties" in decision.degraded[0]
        memory = agent.observe(memory, TWO, {"ben": action})
    json.dumps(memory, allow_nan=False)


@pytest.mark.parametrize("poison", POISON)
def test_a_poisoned_hypothesis_says_nothing(poison, caplog):
    odd = Hypothesis("odd", behaviour=lambda situation, player: POISON[poison])
    agent = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), hypotheses=[order(0), order(1), odd])
    memory = agent.start(["ben"])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            decision, memory = agent.decide(TWO, memory)
            assert any("ben as odd" in said for said in decision.degraded)
            memory = agent.observe(memory, TWO, {"ben": "A"})
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "the hypothesis 'odd' expects of 'ben'" in warning or "what the hypothesis 'odd'" in warning
    json.dumps(memory, allow_nan=False)
    strict = AdaptiveAgent(
        "ann", NormalFormReasoner(PAYOFFS), hypotheses=[order(0), order(1), odd], on_error="raise"
    )
    with pytest.raises(DistributionError, match="hypothesis 'odd'"):
        strict.decide(TWO, strict.start(["ben"]))


@pytest.mark.parametrize("poison", ["nan", "too much"])
def test_a_hypothesis_is_checked_in_every_view(poison):
    """The second time it is asked, in the answer, it is poisoned."""
    odd = Hypothesis("odd", behaviour=lambda situation, player: POISON[poison])
    agent = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), hypotheses=[order(0), odd])
    seen = Situation(TWO.actions, private={"ann": "x"}, possible={"ben": {"u": 0.5, "v": 0.5}})
    decision, memory = agent.decide(seen, agent.start(["ben"]))
    assert any("ben as odd" in said for said in decision.degraded)
    json.dumps(memory, allow_nan=False)


def test_a_hypothesis_may_leave_probability_to_other_actions():
    some = Hypothesis("some", behaviour=lambda situation, player: {"A": 0.4})
    agent = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), hypotheses=[order(0), some])
    assert not agent.decide(TWO, agent.start(["ben"]))[0].degraded


class Learns(Hedge):
    """Hedge, until it is ill."""

    is_ill, poison = False, NAN

    def update(self, weights, likelihoods, n_actions=2):
        return (
            [self.poison] * len(weights) if self.is_ill else super().update(weights, likelihoods, n_actions)
        )


class LearnsAsBayes(Bayes):
    is_ill, poison = False, NAN

    def update(self, weights, likelihoods, n_actions=2):
        right = super().update(weights, likelihoods, n_actions)
        return [[self.poison] * len(row) for row in right] if self.is_ill else right


@pytest.mark.parametrize(
    ("kind", "poison"),
    [
        *((Learns, poison) for poison in (NAN, math.inf, 10**400, None, "x")),
        *((LearnsAsBayes, poison) for poison in (NAN, 0.0, 78.0, -1.0, 10**400, None, "x")),
    ],
    ids=lambda given: str(given)[:20],
)
def test_what_a_learner_of_ones_own_makes_is_checked(kind, poison, caplog, monkeypatch):
    monkeypatch.setattr(kind, "poison", poison)
    agent = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), kind(), orders=(0, 1))
    _, memory = agent.decide(TWO, agent.start(["ben"]))
    memory = agent.observe(memory, TWO, {"ben": "B"})
    before = agent.posterior(memory, "ben")
    decision, memory = agent.decide(TWO, memory)
    assert not decision.degraded
    monkeypatch.setattr(kind, "is_ill", True)
    strict = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), kind(), orders=(0, 1), on_error="raise")
    with pytest.raises(BeliefError, match=r"made of an observation: .* \(of 'ben'\)"):
        strict.observe(memory, TWO, {"ben": "A"})
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            memory = agent.observe(memory, TWO, {"ben": "A"})
            assert agent.posterior(memory, "ben") == before, "the belief stays"
            memory = json.loads(json.dumps(memory, allow_nan=False))
            decision, memory = agent.decide(TWO, memory)
            (said,) = decision.degraded
            assert said.startswith(f"ben: what {kind.__name__} made of an observation: ")
    (warning,) = [record.getMessage() for record in caplog.records]
    assert f"what {kind.__name__} made of an observation" in warning
    monkeypatch.setattr(kind, "is_ill", False)
    memory = agent.observe(memory, TWO, {"ben": "A"})
    assert not agent.decide(TWO, memory)[0].degraded, "it is said once"
    assert agent.posterior(memory, "ben") != before


def test_a_learner_that_begins_with_no_belief_is_refused():
    class Begins(Hedge):
        def init(self, hypotheses):
            return [NAN] * len(hypotheses)

    with pytest.raises(BeliefError, match="Begins begins with no belief"):
        AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), Begins())


def test_a_model_that_fails_is_no_poison(caplog):
    """Its words stand in the decision alone, as before."""

    class Fails(OneByOne):
        def policy(self, situation, player, order):
            if (player, order) == ("ben", 1):
                raise LLMError("no answer")
            return super().policy(situation, player, order)

    agent = AdaptiveAgent("ann", Fails(None), orders=(0, 1, 2))
    with caplog.at_level(logging.WARNING):
        assert "no answer" in agent.decide(TWO, agent.start(["ben"]))[0].degraded[0]
    assert not caplog.records


@pytest.mark.parametrize("illegal", [{"a": 1.0}, {}, {"A": 0.0, "B": 0.0}])
def test_a_hypothesis_of_nothing_legal_says_nothing(illegal, caplog):
    """As None does: its weight stays, and whoever answers it answers the others."""
    found = []
    for expects in (illegal, None):
        odd = Hypothesis("odd", behaviour=lambda situation, player, expects=expects: expects, prior=50.0)
        for reasoner in (NormalFormReasoner(PAYOFFS), CongestionReasoner(lambda p, a, same, n: float(same))):
            for hypotheses in ([order(0), odd], [odd]):
                agent = AdaptiveAgent("ann", reasoner, hypotheses=hypotheses)
                decision, memory = agent.decide(TWO, agent.start(["ben"]))
                memory = agent.observe(memory, TWO, {"ben": "A"})
                found.append((decision, memory))
    assert found[: len(found) // 2] == found[len(found) // 2 :]
    said = [record.getMessage() for record in caplog.records]
    wanted = (
        "the hypothesis 'odd' expects 'a' of 'ben', which is not legal; legal are ['A', 'B']. It is left out"
    )
    assert said == ([wanted] if "a" in illegal else [])


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ({"A": 0.4}, {"A": 0.4, "B": 0.3, "C": 0.3}),
        ({"A": 0.2, "B": 0.2, "C": 0.1}, {"A": 0.4, "B": 0.4, "C": 0.2}),
        ({"A": 0.5, "gone": 0.5}, {"A": 0.5, "B": 0.25, "C": 0.25}),
        ({"A": 1}, {"A": 1.0}),
        ({"A": 0.0}, {"A": 0.0, "B": 0.5, "C": 0.5}),
        ({"A": 0.0, "gone": 1.0}, {"A": 0.0, "B": 0.5, "C": 0.5}),
    ],
)
def test_what_a_hypothesis_leaves_open_goes_to_what_it_does_not_name(part, whole):
    three = Situation({"ann": ("A", "B", "C"), "ben": ("A", "B", "C")})
    some = Hypothesis("some", behaviour=lambda situation, player: part)
    agent = AdaptiveAgent(
        "ann", NormalFormReasoner(symmetric_payoffs(np.eye(3))), hypotheses=[order(0), some]
    )
    decision, _ = agent.decide(three, agent.start(["ben"]))
    assert decision.partners["ben"].policies["some"] == pytest.approx(whole)
    assert math.fsum(decision.partners["ben"].predictive.values()) == pytest.approx(1.0)
