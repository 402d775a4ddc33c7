"""Payoffs of users that are no numbers: the action stands, and the decision says so, or it is raised."""

import json
import logging
import math
import pickle

import pytest

from atom import (
    AdaptiveAgent,
    DistributionError,
    ExpectedPayoffError,
    IllegalActionError,
    NormalFormReasoner,
    Situation,
    errors,
    symmetric_payoffs,
)
from atom.errors import ReasonerError

TWO = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
ODD = [math.nan, math.inf, -math.inf, None, "5", 10**400, object(), 1j, [1.0]]
KEY = "sk-planted-4f9d2c7ab81e-0123456789"


class Odd:
    """Payoffs that are no payoffs."""

    def __init__(self, found):
        self.found = found

    def expected_payoffs(self, situation, player, predicted):
        return self.found


class Best(Odd):
    """Somebody who says what is best as well."""

    def best_actions(self, situation, player, predicted):
        return self.found


@pytest.fixture(autouse=True)
def _said_anew():
    errors.forget_said()


def decided(payoffs, gate, on_error="degrade", **settings):
    agent = AdaptiveAgent(
        "ann", REASONER, agent=lambda situation, prediction: "B",
        payoffs=payoffs, gate=gate, on_error=on_error, **settings,
    )  # fmt: skip
    decision, memory = agent.decide(TWO, agent.start(["ben"]))
    json.dumps(memory)
    return decision


@pytest.mark.parametrize("gate", ["off", "ask", "override"])
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(type(odd)) + str(odd)[:8])
def test_the_action_stands_where_nobody_knows_what_it_is_worth(odd, gate, caplog):
    payoffs = Odd({"A": odd, "B": 1.0})
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            decision = decided(payoffs, gate, response="above")
            assert (decision.action, decision.gap, decision.overruled) == ("B", None, None)
            (said,) = decision.degraded
            assert said.startswith("the gate: the expected payoffs of Odd for 'ann' give 'A' ")
    assert len(caplog.records) == 1
    with pytest.raises(ExpectedPayoffError, match="which is no finite number"):
        decided(payoffs, gate, "raise", response="above")


@pytest.mark.parametrize("found", [None, 5, {}, {"A": 1.0}, [("A", 1.0), ("B", 2.0)]])
def test_what_is_no_mapping_of_all_actions_is_a_mistake(found):
    with pytest.raises(ReasonerError, match=r"they are a mapping with a number for each of \['A', 'B'\]"):
        decided(Odd(found), "off", response="above")


@pytest.mark.parametrize("found", [None, set(), {"C"}, "A", ["A"]])
def test_best_actions_that_are_none_are_a_mistake(found):
    with pytest.raises(ReasonerError, match=r"they are a set of one or more of \['A', 'B'\]"):
        decided(Best(found), "off")


def test_numbers_of_any_kind_are_numbers():
    import numpy as np  # noqa: PLC0415

    for kind in (int, np.float32, np.int64):
        assert decided(Odd({"A": kind(5), "B": kind(2), "C": kind(9)}), "override").action == "A"


class Known(NormalFormReasoner):
    """A reasoner that is exact but for what it says actions are worth."""

    def expected_payoffs(self, situation, player, predicted):
        return {"A": math.nan, "B": 0.0}

    def best_actions(self, situation, player, predicted):
        raise ExpectedPayoffError("nobody knows", "Known")


def test_a_decision_without_a_wrapped_agent_stays_at_its_order():
    """Above its partner it would act where that pays; who does not know stays below."""
    agent = AdaptiveAgent("ann", Known(symmetric_payoffs([[0, 5], [5, 0]])))
    sound = AdaptiveAgent("ann", REASONER)
    memory = sound.observe(sound.decide(TWO, sound.start(["ben"]))[1], TWO, {"ben": "A"})
    decision, _ = agent.decide(TWO, memory)
    expected, _ = sound.decide(TWO, memory)
    assert decision.order == expected.order
    assert decision.action == expected.action
    assert all(said.startswith("the best response: nobody knows") for said in decision.degraded)


@pytest.mark.parametrize("odd", [KEY, "x" * 60 + " " + KEY, [KEY], {"token": KEY}, f"{KEY} " * 1_000])
def test_what_a_function_returns_is_quoted_without_keys_and_in_short(odd):
    agent = AdaptiveAgent("ann", REASONER, agent=lambda situation, prediction: odd)
    with pytest.raises(IllegalActionError, match="is not a legal action of 'ann'") as caught:
        agent.decide(TWO, agent.start(["ben"]))
    assert KEY[:16] not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_who_knows_no_payoffs_is_refused_at_once():
    with pytest.raises(TypeError, match=r"has no method expected_payoffs; pass .* NormalFormReasoner"):
        AdaptiveAgent("ann", REASONER, gate="override", payoffs=[[0, 1], [1, 0]])


@pytest.mark.parametrize("kind", [DistributionError, ExpectedPayoffError])
def test_an_error_reaches_another_process_as_it_is(kind):
    error = pickle.loads(pickle.dumps(kind("nan is no number", "the payoffs of Odd")))
    assert (type(error), str(error), error.source) == (kind, "nan is no number", "the payoffs of Odd")
