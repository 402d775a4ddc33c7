"""Whatever a server does, episodes finish, and decisions say what went wrong."""

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from atom import AdaptiveAgent, BareAgent, FixedOrderAgent, LLMError, NormalFormReasoner
from atom.llm import LLMActor, LLMReasoner, Model, Patience, Sampling
from eval.modelserver import PASSING, Faults
from eval.play import episode_graph, play, play_in_graph
from eval.tasks import MatrixTask
from eval.tasks.matrix import memory_one
from tests.llm.conftest import GREEDY, QUICK, described, reasoner_at

pytestmark = pytest.mark.usefixtures("transport")

TASK = memory_one()
SITUATION = described(TASK, [])
IMPATIENT = Patience(timeout=1.5, deadline=15.0, attempts=3, pause=0.001, longest_pause=0.005)
# where nothing hangs, a busy machine is not to be taken for a server that does
STEADY = Patience(timeout=30.0, deadline=90.0, attempts=3, pause=0.001, longest_pause=0.005)


class Described:
    """The task with its words in every situation."""

    def __init__(self, rounds=15):
        self._task = MatrixTask("memory-1", TASK.payoffs, ["A", "B"], rounds=rounds)

    def __getattr__(self, name):
        return getattr(self._task, name)

    def situation(self, state):
        return described(self._task, state)


def _dead_url():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def _episodes(server, n, rounds, patience=IMPATIENT, *, runtime="plain"):
    """Decisions of an agent that asks the server, over n episodes; each has a memo of its own."""
    task = Described(rounds)

    def episode(number):
        reasoner = reasoner_at(server, seed=number, patience=patience)
        seats = {
            "player-1": AdaptiveAgent("player-1", reasoner),
            "player-2": FixedOrderAgent("player-2", TASK.reasoner(), 1),
        }
        if runtime == "langgraph":
            assert len(play_in_graph(episode_graph(task, seats).compile(), task, number)["history"]) == rounds
            return []
        steps = list(play(task, seats, number))
        assert len(steps) == rounds
        return [step.decisions["player-1"] for step in steps]

    with ThreadPoolExecutor(8) as pool:  # most of the time is spent waiting for time-outs
        return [decision for decisions in pool.map(episode, range(n)) for decision in decisions]


@pytest.mark.parametrize("kind", PASSING)
def test_every_kind_of_fault_is_survived(kind, serve):
    server = serve(faults=Faults({kind: 0.3}, hang=60.0))
    patience = IMPATIENT if kind == "timeout" else STEADY
    decisions = _episodes(server, 8, 4, patience)
    assert server.fault_counts[kind] >= 8
    assert all(d.action in "AB" for d in decisions)
    assert sum(bool(d.degraded) for d in decisions) < len(decisions) / 2
    assert max(d.usage.seconds for d in decisions if d.usage) <= 6 * patience.deadline


def test_two_hundred_episodes_with_all_faults_together(serve):
    server = serve(faults=Faults.all_together(0.3, hang=60.0))
    decisions = _episodes(server, 200, 3)
    assert set(server.fault_counts) == set(PASSING)
    asked = [d for d in decisions if d.usage]
    assert all(d.usage.calls >= 1 or d.usage.cache_hits >= 1 for d in asked)
    for decision in decisions:
        complete = set(decision.partners) == {"player-2"} and set(decision.partners["player-2"].by_order) == {
            0,
            1,
            2,
        }
        assert complete or decision.degraded
    degraded = [d for d in decisions if d.degraded]
    assert 0 < len(degraded) < len(decisions) / 3
    assert all(
        reason.startswith(("player-2 at order", "acting at order", "the action"))
        for d in degraded
        for reason in d.degraded
    )


def test_no_exception_leaves_the_node(serve):
    server = serve(faults=Faults.all_together(0.6, hang=60.0))
    _episodes(server, 6, 5, runtime="langgraph")


def test_a_hypothesis_without_an_answer_carries_no_information(serve):
    server = serve()
    reasoner = reasoner_at(server)
    agent = AdaptiveAgent("player-1", reasoner, orders=(0, 1, 2))
    _, memory = agent.decide(SITUATION, agent.start(["player-2"]))
    del memory["partners"]["player-2"]["expected"]["policies"]["1"]
    before = agent.posterior(memory, "player-2")
    after = agent.posterior(agent.observe(memory, None, {"player-2": "B"}), "player-2")
    assert after[1] == pytest.approx(before[1], abs=0.02)  # the hazard rate moves it a little
    assert after[0] == pytest.approx(before[0], abs=0.02)


def test_a_dead_server_gives_the_bare_agents_play_and_one_warning(caplog):
    calls = []

    def bare(situation, prediction):
        calls.append(prediction)
        return "B"

    url = _dead_url()
    task = Described()
    seats = []
    for _ in range(2):  # two reasoners, one server
        reasoner = LLMReasoner("openai/scripted", api_base=url, api_key="none", patience=QUICK)
        seats.append(
            {
                "player-1": AdaptiveAgent("player-1", reasoner, agent=bare),
                "player-2": FixedOrderAgent("player-2", TASK.reasoner(), 0),
            }
        )
    asked = 0
    with caplog.at_level(logging.WARNING):
        for episode in range(100):
            for step in play(task, seats[episode % 2], episode):
                decision = step.decisions["player-1"]
                assert decision.action == "B"
                assert decision.degraded
                asked += decision.usage.calls if decision.usage else 0
    assert 0 < asked < 100  # in 1,500 decisions: a server that is down is left alone
    assert len(calls) == 100 * 15
    # habits are counted without the server
    assert all(set(p.policies) == {"habits"} for prediction in calls for p in prediction.partners.values())
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "openai/scripted does not answer" in warnings[0].getMessage()
    assert "Connection" in warnings[0].getMessage()


def test_a_server_that_comes_back_is_asked_again(serve, caplog, monkeypatch):
    patience = Patience(timeout=30.0, deadline=90.0, attempts=2, pause=0.001, failures=1, cooldown=900.0)
    server = serve()
    url, port = server.url, int(server.url.split(":")[2].split("/")[0])
    server.close()
    reasoner = LLMReasoner(
        "openai/scripted", api_base=url, api_key="none", patience=patience, sampling=GREEDY
    )
    with pytest.raises(LLMError):
        reasoner.policy(SITUATION, "player-1", 0)
    serve(port=port)
    with pytest.raises(LLMError, match="suspended"):
        reasoner.policy(SITUATION, "player-1", 0)
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + patience.cooldown)
    assert reasoner.policy(SITUATION, "player-1", 0) == {"A": 0.0, "B": 1.0}
    assert [r.getMessage().split(" (")[0] for r in caplog.records] == [
        "openai/scripted does not answer",
        "openai/scripted answers again",
    ]


def test_retries_end_by_the_deadline(serve):
    server = serve(faults=Faults({"timeout": 1.0}, hang=60.0))
    patience = Patience(timeout=1.0, deadline=3.5, attempts=100, pause=0.01)
    reasoner = reasoner_at(server, patience=patience)
    began = time.monotonic()
    with pytest.raises(LLMError, match="no answer within"):
        reasoner.policy(SITUATION, "player-1", 0)
    assert 2.0 < time.monotonic() - began < 90.0  # a hundred attempts would be 100
    assert 2 <= server.requests <= 4


def test_a_bad_answer_is_repaired_once_with_the_error_shown(serve):
    server = serve(faults=Faults({"illegal": 1.0}), record=True)
    with pytest.raises(LLMError, match="after one repair"):
        reasoner_at(server, sampling=Sampling(methods=("single",))).policy(SITUATION, "player-1", 0)
    assert server.requests == 2
    repair = server.bodies[1]["messages"]
    assert [message["role"] for message in repair] == ["system", "user", "assistant", "user"]
    assert repair[2]["content"] == "Z9"
    assert '"Z9" is none of the options' in repair[3]["content"]


def test_fallback_models_are_asked_in_order(serve):
    broken, whole = serve(faults=Faults({"server-error": 1.0})), serve()
    models = [
        Model("openai/second", "none", {"api_base": broken.url}),
        Model("openai/third", "none", {"api_base": whole.url}),
    ]
    reasoner = LLMReasoner(
        "openai/first",
        fallbacks=models,
        api_base=broken.url,
        api_key="none",
        patience=STEADY,
        sampling=GREEDY,
    )
    assert reasoner.policy(SITUATION, "player-1", 0) == {"A": 0.0, "B": 1.0}
    assert broken.requests == 2 * STEADY.attempts
    assert whole.requests == 1
    whole.close()
    with pytest.raises(LLMError, match=r"openai/first: .*; openai/second: .*; openai/third: "):
        reasoner.policy(SITUATION, "player-1", 1)


def test_errors_are_raised_where_asked_for():
    reasoner = LLMReasoner("openai/scripted", api_base=_dead_url(), api_key="none", patience=QUICK)
    for agent in (
        AdaptiveAgent("player-1", reasoner, on_error="raise"),
        FixedOrderAgent("player-1", reasoner, 1, on_error="raise"),
        BareAgent(
            "player-1",
            LLMActor("player-1", "openai/scripted", api_base=_dead_url(), api_key="none", patience=QUICK),
            on_error="raise",
        ),
    ):
        with pytest.raises(LLMError, match="openai/scripted"):
            agent.decide(SITUATION, agent.start(["player-2"]))


def test_unknown_models_and_wrong_settings_say_what_to_do():
    with pytest.raises(ValueError, match="a model is a name"):
        LLMReasoner("")
    with pytest.raises(ValueError, match="methods are some of"):
        Sampling(methods=("guess",))
    with pytest.raises(ValueError, match="timeout and deadline must be positive"):
        Patience(timeout=0)
    with pytest.raises(LLMError, match="no-such-provider"):
        LLMReasoner("no-such-provider/model", patience=QUICK).policy(SITUATION, "player-1", 0)


def test_a_failing_wrapped_agent_is_replaced_by_the_reasoner():
    actor = LLMActor("player-1", "openai/scripted", api_base=_dead_url(), api_key="none", patience=QUICK)
    agent = AdaptiveAgent("player-1", NormalFormReasoner(TASK.payoffs), agent=actor)
    decision, _ = agent.decide(SITUATION, agent.start(["player-2"]))
    assert TASK.reasoner().policy(SITUATION, "player-1", decision.order)[decision.action] == 1.0
    assert decision.degraded[0].startswith("the agent: openai/scripted")
    assert len(decision.degraded) == 1


def test_a_server_that_asks_to_wait_is_waited_for(serve):
    server = serve(faults=Faults({"rate-limit": 0.5}, retry_after=0.3), seed=4)
    began = time.monotonic()
    assert reasoner_at(server).policy(SITUATION, "player-1", 2) == {"A": 0.0, "B": 1.0}
    limited = server.fault_counts["rate-limit"]
    assert limited >= 1
    assert time.monotonic() - began >= 0.3 * limited


def test_a_wrong_key_is_not_tried_again(serve, caplog):
    server = serve(faults=Faults({"unauthorized": 1.0}))
    reasoner = reasoner_at(server)
    for _ in range(3):
        with pytest.raises(LLMError, match="no such key"):
            reasoner.policy(SITUATION, "player-1", 0)
    assert server.requests == 1
    assert len(caplog.records) == 1
