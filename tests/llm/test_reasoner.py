"""The scripted server reproduces the exact reasoners through LiteLLM, over HTTP, from words alone."""

import asyncio
import dataclasses

import numpy as np
import pytest

from atom import AdaptiveAgent, DeclaredReasoner, FixedOrderAgent, Pruning, SituationError
from atom.llm import Sampling
from atom.reasoning import (
    AsyncReasoner,
    AsyncResponder,
    ConcurrentReasoner,
    DecisionReasoner,
    ImmediateReasoner,
    RuleResponder,
)
from atom.reasoning.reasoner import for_decision
from eval.tasks import MatrixTask, make_task
from tests.llm.conftest import described, reasoner_at

pytestmark = pytest.mark.usefixtures("transport")


def _walk(task, steps, seed=0):
    """States of a random episode, the start included."""
    rng = np.random.default_rng(seed)
    state = task.start()
    for _ in range(steps):
        yield state
        situation = task.situation(state)
        joint = {player: str(rng.choice(situation.actions[player])) for player in task.players}
        transition = task.step(state, joint)
        if transition.done:
            return
        state = transition.state


@pytest.mark.parametrize(
    "name",
    ["memory-1", "memory-n", "one-ahead-5", "stag-hunt", "coordination-3", "game-1", "game-2"],
)
def test_policies_equal_the_exact_ones(name, server):
    task = make_task(name)
    reasoner = reasoner_at(server)
    for state in _walk(task, 8):
        situation = described(task, state)
        for player in task.players:
            for order in range(4):
                exact = task.reasoner().policy(situation, player, order)
                worded = reasoner.policy(situation, player, order)
                assert worded == {action: exact.get(action, 0.0) for action in situation.actions[player]}


def _episode(task, agent, partner):
    """Decisions of the first player over a whole episode."""
    me, other = task.players
    memories = agent.start([other]), partner.start([me])
    state, done, decisions = task.start(), False, []
    while not done:
        situation = described(task, state)
        mine, memory = agent.decide(situation, memories[0])
        theirs, partner_memory = partner.decide(situation, memories[1])
        joint = {me: mine.action, other: theirs.action}
        memories = agent.observe(memory, situation, joint), partner_memory
        transition = task.step(state, joint)
        state, done = transition.state, transition.done
        decisions.append(mine)
    return decisions


def test_a_cold_decision_takes_six_calls_in_four_rounds_where_naive_recursion_takes_more(serve):
    server = serve(latency=0.05)  # calls that are sent together overlap on a busy machine, too
    task = make_task("one-ahead-5")
    agent = AdaptiveAgent("player-1", reasoner_at(server), response="above", seed=5)
    decision, _ = agent.decide(described(task, task.start()), agent.start(["player-2"]))
    assert decision.usage.calls == server.requests <= 6
    assert decision.usage.rounds <= 4
    assert decision.usage.prompt_tokens > 500
    assert decision.usage.completion_tokens == decision.usage.calls
    assert decision.usage.cost is None  # nobody knows what a scripted model costs


@pytest.mark.parametrize("order", [0, 1, 2])
def test_an_episode_against_a_fixed_order_takes_few_calls(order, serve):
    server = serve(record=True, latency=0.05)  # calls at once overlap, however busy the machine
    task = make_task("memory-1")
    agent = AdaptiveAgent("player-1", reasoner_at(server), prune=Pruning())
    partner = FixedOrderAgent("player-2", task.reasoner(), order)
    decisions = _episode(task, agent, partner)
    assert len(decisions) == 15
    assert sum(d.usage.calls for d in decisions) == server.requests <= 2.5 * 15
    assert max(d.usage.calls for d in decisions) <= 6
    assert max(d.usage.rounds for d in decisions) <= 4
    assert not any(d.degraded for d in decisions)


def test_pruning_leaves_unlikely_orders_out_and_finds_a_partner_that_switches(server):
    task = make_task("one-ahead-5")
    agent = AdaptiveAgent("player-1", reasoner_at(server, memo=None), prune=Pruning(0.05, 5))
    exact = AdaptiveAgent("player-1", task.reasoner())
    memory, plain = agent.start(["player-2"]), exact.start(["player-2"])
    state = task.start()
    counts = []
    for step in range(16):
        situation = described(task, state)
        decision, memory = agent.decide(situation, memory)
        _, plain = exact.decide(situation, plain)
        theirs = task.reasoner().policy(situation, "player-2", 2 if step < 8 else 0)
        joint = {"player-1": decision.action, "player-2": max(theirs, key=theirs.get)}
        memory, plain = agent.observe(memory, situation, joint), exact.observe(plain, situation, joint)
        state = task.step(state, joint).state
        counts.append(len(decision.partners["player-2"].by_order))
    assert counts[0] == 3
    assert min(counts[:8]) == 1
    assert counts[9] == 3  # the surprise at the switch
    found, expected = agent.posterior(memory, "player-2"), exact.posterior(plain, "player-2")
    assert max(expected, key=expected.get) == 0
    likeliest = max(found, key=found.get)  # or one that foresees just what order 0 does
    foreseen = task.reasoner().policy(situation, "player-2", likeliest)
    assert foreseen == task.reasoner().policy(situation, "player-2", 0)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_hypotheses_are_asked_at_once(way, serve):
    """Calls that wait for one another are rounds; the server takes its time, so that others overlap."""
    server = serve(latency=0.2)
    task = make_task("one-ahead-5")
    situation = described(task, task.start())
    agent = AdaptiveAgent("player-1", reasoner_at(server), response="above", prune=Pruning())

    def usage():
        if way == "sync":
            decision, _ = agent.decide(situation, agent.start(["player-2"]))
        else:
            decision, _ = asyncio.run(agent.adecide(situation, agent.start(["player-2"])))
        return decision.usage

    cold, again = usage(), usage()
    assert cold.rounds <= 4 < cold.calls
    assert again.rounds <= 2


async def test_callers_at_once_share_questions(serve):
    server = serve(latency=0.05)
    reasoner = reasoner_at(server)
    situation = described(make_task("memory-1"), [])
    policies = await asyncio.gather(*(reasoner.apolicy(situation, "player-1", 2) for _ in range(20)))
    assert server.requests == 3
    assert all(policy == policies[0] for policy in policies)


def test_three_players_each_get_a_prediction(server):
    payoffs = np.zeros((3, 2, 2, 2))
    payoffs[:, 0, 1, 1] = payoffs[:, 1, 0, 0] = 5.0
    task = MatrixTask("three", payoffs, ["A", "B"])
    situation = described(task, [])
    reasoner = reasoner_at(server)
    for order in range(3):
        exact = task.reasoner().policy(situation, "player-2", order)
        assert reasoner.policy(situation, "player-2", order) == exact
    predicted = {"player-1": {"A": 1.0, "B": 0.0}, "player-3": {"A": 0.0, "B": 1.0}}
    expected = task.reasoner().respond(situation, "player-2", predicted)
    assert reasoner.respond(situation, "player-2", predicted) == expected


def test_an_unknown_player_is_an_error_and_no_call(server):
    with pytest.raises(SituationError, match="'zoe' is not in this situation"):
        reasoner_at(server).policy(described(make_task("memory-1"), []), "zoe", 1)
    assert server.requests == 0


def _drawing(serve, **settings):
    """A reasoner of which every question is a call with a drawn answer, and its server."""
    server = serve(seed=3)
    sampling = Sampling(methods=("single",), temperature=1.0)
    return reasoner_at(server, memo=None, sampling=sampling, **settings), server


def test_what_a_decision_asked_is_its_own(serve):
    reasoner, server = _drawing(serve)
    situation = described(make_task("one-ahead-5"), [])
    one, other = reasoner.for_decision(), reasoner.for_decision()
    first = [one.policy(situation, "player-1", k) for k in (0, 1, 2)]
    assert server.requests == 5
    assert [one.policy(situation, "player-1", k) for k in (0, 1, 2)] == first
    one.policy(dataclasses.replace(situation), "player-1", 2)  # an equal one
    assert server.requests == 5
    other.policy(situation, "player-1", 2)
    assert server.requests == 5 + 3


def test_without_a_decision_the_latest_situation_is_remembered(serve):
    reasoner, server = _drawing(serve)
    task = make_task("one-ahead-5")
    here, there = described(task, []), described(task, [{"player-1": "B", "player-2": "C"}])
    assert reasoner.policy(here, "player-1", 2) == reasoner.policy(here, "player-1", 2)
    assert server.requests == 3
    reasoner.policy(there, "player-1", 0)
    reasoner.policy(here, "player-1", 0)
    assert server.requests == 5


@pytest.mark.parametrize("way", ["sync", "async"])
def test_agents_that_share_a_reasoner_draw_for_themselves(way, serve):
    reasoner, server = _drawing(serve)
    situation = described(make_task("one-ahead-5"), [])
    agents = [
        AdaptiveAgent("player-1", reasoner, orders=(0, 1), response="above", selection="leader"),
        FixedOrderAgent("player-1", reasoner, 1),
        AdaptiveAgent("player-1", DeclaredReasoner(reasoner, {"player-2": 0}), orders=(0, 1)),
    ]
    for agent in agents:
        before = server.requests
        memory = agent.start(["player-2"])
        if way == "sync":
            decision, _ = agent.decide(situation, memory)
        else:
            decision, _ = asyncio.run(agent.adecide(situation, memory))
        assert decision.usage.calls == server.requests - before > 0
        assert decision.usage.cache_hits == 0


def test_abilities(serve):
    reasoner, _ = _drawing(serve)
    for asked in (reasoner, reasoner.for_decision()):
        assert isinstance(asked, AsyncReasoner)
        assert isinstance(asked, ConcurrentReasoner)
        assert isinstance(asked, AsyncResponder)
        assert not isinstance(asked, ImmediateReasoner | RuleResponder)
    assert for_decision(reasoner) is not reasoner
    exact = make_task("one-ahead-5").reasoner()
    assert for_decision(exact) is exact
    declared = DeclaredReasoner(exact, {"player-2": 0})
    assert declared.for_decision() is declared
    assert not isinstance(exact, ConcurrentReasoner | DecisionReasoner)


@pytest.mark.parametrize(
    ("name", "index", "answers"),
    [("game-1", 1, {"down": "right", "left": "down"}), ("game-2", 9, {"left": "down", "right": "right"})],
)
def test_on_a_grid_the_scripted_model_acts_on_what_it_is_told(name, index, answers, server):
    """In these places one move alone is best against each of two that the other may make."""
    task = make_task(name)
    situation = described(task, {"index": index, "step": 0})
    reasoner = reasoner_at(server)
    for told, best in answers.items():
        predicted = {"player-2": {told: 1.0}}
        assert task.reasoner().best_actions(situation, "player-1", predicted) == {best}
        assert reasoner.respond(situation, "player-1", predicted)[best] == 1.0
