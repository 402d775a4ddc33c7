"""What may be spent is not overspent, and decisions say which step they degraded to."""

import time

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from atom import AdaptiveAgent, Budget, BudgetError, Prediction, Pruning, ToMError, Usage, as_actor
from atom.agents.pruning import BARE, FEWER, TOM_1, evaluations
from atom.llm import LLMActor
from atom.usage import Meter, current_meter, metered
from eval.modelserver import Faults
from eval.sweeps.session import spend
from eval.tasks import make_task
from tests.llm.conftest import described, reasoner_at

pytestmark = pytest.mark.usefixtures("transport")

TASK = make_task("one-ahead-5")
SITUATION = described(TASK, [])


def _decide(server, budget, *, agent=None, steps=1):
    player = AdaptiveAgent(
        "player-1", reasoner_at(server, memo=None), agent=agent, budget=budget, response="above", seed=4
    )
    memory = player.start(["player-2"])
    decisions = []
    for step in range(steps):
        situation = described(TASK, [{"player-1": "A", "player-2": "ABCDE"[step % 5]}])
        decision, memory = player.decide(situation, memory)
        memory = player.observe(memory, situation, {"player-2": "B"})
        decisions.append(decision)
    return decisions


@pytest.mark.parametrize(
    ("calls", "orders", "step"),
    [
        (6, [0, 1, 2], None),
        (5, [0, 1], FEWER),
        (4, [0, 1], FEWER),
        (3, [0], FEWER),
        (2, [0], FEWER),
        (1, [], BARE),
    ],
)
def test_a_decision_degrades_in_stated_steps(calls, orders, step, server):
    (decision,) = _decide(server, Budget(calls=calls))
    assert server.requests <= calls
    found = decision.partners["player-2"].by_order if decision.partners else {}
    assert sorted(found) == orders
    assert decision.degraded == (() if step is None else (step,))
    assert decision.usage.calls == server.requests


def test_where_order_zero_is_unlikely_tom_1_is_the_last_step_before_the_bare_agent(server):
    player = AdaptiveAgent("player-1", reasoner_at(server, memo=None), budget=Budget(calls=2), seed=1)
    memory = player.start(["player-2"])
    generous = AdaptiveAgent("player-1", reasoner_at(server, memo=None), seed=1)
    for _ in range(3):  # order 1 does C here
        _, memory = generous.decide(SITUATION, memory)
        memory = generous.observe(memory, SITUATION, {"player-2": "C"})
    before = server.requests
    decision, _ = player.decide(SITUATION, memory)
    assert decision.degraded == (TOM_1,)
    assert decision.order == 1
    assert server.requests - before == 2


def test_without_a_call_left_the_action_is_random_and_marked(server):
    (decision,) = _decide(server, Budget(calls=0))
    assert server.requests == 0
    assert decision.degraded[0] == BARE
    assert decision.degraded[-1] == "the action was drawn uniformly from the legal ones"


def test_the_bare_wrapped_agent_is_what_one_call_pays_for(server):
    actor = LLMActor("player-1", "openai/scripted", api_base=server.url, api_key="none")
    (decision,) = _decide(server, Budget(calls=1), agent=actor)
    assert server.requests == 1
    assert decision.degraded == (BARE,)
    assert not decision.partners


def test_an_episodes_budget_is_kept_in_memory(server):
    decisions = _decide(server, Budget(calls=14, per="episode"), steps=6)
    assert server.requests <= 14
    calls = [d.usage.calls if d.usage else 0 for d in decisions]
    assert sum(calls) == server.requests
    assert calls[0] == 6
    assert not decisions[1].degraded
    assert decisions[2].degraded == (FEWER,)
    assert decisions[-1].degraded[0] == BARE


def test_tokens_and_money_count_as_well(serve):
    server = serve()
    first, second, third = _decide(server, Budget(tokens=3000, per="episode"), steps=3)
    assert first.usage.tokens < 3000 <= first.usage.tokens + 6 * 400
    assert second.degraded
    assert third.degraded[0] == BARE
    assert Budget(cost=1.0).affordable_calls(Usage(calls=10, cost=0.5)) == pytest.approx(10)
    assert Budget(cost=1.0).affordable_calls(Usage(calls=10, cost=1.5)) == 0


def test_known_prices_count_beside_unknown_ones():
    dollar = Budget(cost=1.0)
    assert dollar.affordable_calls(Usage(calls=10, cost=None)) == float("inf")  # as in memories of before
    assert dollar.affordable_calls(Usage(calls=10, cost=None, known_cost=1.0)) == 0
    unknown, known = Usage(calls=1, cost=None), Usage(calls=4, cost=0.5)
    for both in (unknown + known, known + unknown, Usage() + unknown + known):
        assert (both.cost, both.known_cost) == (None, 0.5)
        assert dollar.affordable_calls(both) == pytest.approx(5)
        assert Usage.from_plain(both.as_plain()) == both
    for whole in (unknown, known):
        assert "known_cost" not in whole.as_plain()  # what is stored is as it was
        assert Usage.from_plain(whole.as_plain()) == whole
    with pytest.raises(ToMError, match="known_cost=-1"):
        Usage.from_plain({"cost": None, "known_cost": -1})


def test_a_call_of_unknown_price_ends_no_budget_of_money():
    meter = Meter(Budget(cost=0.05))
    for cost in (0.02, None, 0.02, None, 0.02):
        meter.end_call(meter.begin_call(), cost=cost)
    assert (meter.usage().cost, meter.usage().known_cost) == (None, pytest.approx(0.06))
    with pytest.raises(BudgetError):
        meter.begin_call()


class Paid:
    """A reasoner whose every policy is a call of two cents."""

    def __init__(self):
        self.calls = 0

    def policy(self, situation, player, order):
        meter = current_meter()
        meter.end_call(meter.begin_call(), cost=0.02)
        self.calls += 1
        return {"A": 1.0}


def test_an_episodes_money_holds_beside_a_wrapped_model_of_unknown_price():
    paid, model = Paid(), RunnableLambda(lambda messages: AIMessage("A"))
    player = AdaptiveAgent(
        "player-1", paid, orders=(0,), agent=model, budget=Budget(cost=0.05, per="episode")
    )
    memory = player.start(["player-2"])
    for _ in range(10):
        _, memory = player.decide(SITUATION, memory)
        memory = player.observe(memory, None, {"player-2": "A"})
    assert 0 < paid.calls <= 3  # the last may go over
    assert memory["spent"]["cost"] is None
    assert memory["spent"]["known_cost"] == pytest.approx(0.02 * paid.calls)


def test_what_a_run_cost_says_which_prices_are_unknown():
    assert "$0.5000, " in spend(Usage(calls=4, cost=0.5))
    assert "price unknown" in spend(Usage(calls=1, cost=None))
    assert "$0.5000 and calls of unknown price" in spend(Usage(calls=5, cost=None, known_cost=0.5))


def test_seconds_end_calls_that_are_under_way(serve):
    server = serve(latency=30.0)
    began = time.monotonic()
    (decision,) = _decide(server, Budget(seconds=2.0))
    assert time.monotonic() - began < 25.0
    assert any("no answer within" in reason or "deadline" in reason for reason in decision.degraded)


def test_replies_that_were_asked_for_again_are_counted(serve):
    """Over-long replies name no option: each question is asked once more, and the decision says so."""
    server = serve(faults=Faults({"over-long": 1.0}))
    (decision,) = _decide(server, None)
    assert decision.usage.repairs >= 1
    assert decision.usage.truncated == 0
    assert decision.degraded
    (sound,) = _decide(serve(), None)
    assert sound.usage.repairs == 0
    both = sound.usage + decision.usage
    assert both.repairs == decision.usage.repairs
    assert Usage.from_plain(both.as_plain()) == both
    older = {k: v for k, v in both.as_plain().items() if k not in ("repairs", "truncated")}
    assert Usage.from_plain(older).repairs == 0


def test_a_wrapped_agent_that_is_asked_again_is_counted():
    meter = Meter()
    asked = []

    def model(messages):
        asked.append(messages)
        return "perhaps" if len(asked) == 1 else "A"

    actor = as_actor("player-1", RunnableLambda(model), repair=True)
    task = make_task("one-ahead-5")
    with metered(meter):
        assert actor(described(task, task.start()), Prediction(0, {})) == "A"
    assert (meter.usage().calls, meter.usage().repairs) == (2, 1)


def test_truncated_replies_add_up():
    meter = Meter()
    meter.truncate()
    meter.truncate()
    assert (meter.usage() + Usage(truncated=1)).truncated == 3


def test_bad_limits_are_refused():
    with pytest.raises(ValueError, match="calls must be at least 0"):
        Budget(calls=-1)
    with pytest.raises(ValueError, match="per must be 'decision' or 'episode', got"):
        Budget(per="day")
    with pytest.raises(ValueError, match="threshold of pruning"):
        Pruning(threshold=1.0)


def test_the_number_of_evaluations_is_at_most_twice_the_orders():
    for top in range(4):
        wanted = [("b", k) for k in range(top + 1)]
        assert len(evaluations("ab", [*wanted, ("a", top + 1)])) == 2 * top + 2
    assert len(evaluations("abc", [("b", 1), ("c", 0)])) == 3
