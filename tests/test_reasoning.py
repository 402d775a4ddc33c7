"""Recursion: what is evaluated, how often, and in how many rounds."""

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from atom import (
    AdaptiveAgent,
    Bayes,
    Hypothesis,
    IllegalActionError,
    NormalFormReasoner,
    ReasonerError,
    RecursiveReasoner,
    Situation,
    SituationError,
)
from atom.reasoning import ImmediateReasoner
from eval.tasks import make_task


class Counting:
    """A level-0 policy and a response that note when they were asked."""

    def __init__(self):
        self.asked = []
        self.running = 0
        self.together = []

    def level0(self, situation, player):
        self.asked.append((player, 0))
        return {"x": 1.0}

    def respond(self, situation, player, predicted):
        self.asked.append((player, tuple(sorted(predicted))))
        return {"x": 0.5, "y": 0.5}

    async def arespond(self, situation, player, predicted):
        self.running += 1
        self.together.append(self.running)
        for _ in range(100):  # turns of the loop and no time: all that are asked at once begin, however busy
            await asyncio.sleep(0)
        self.running -= 1
        return self.respond(situation, player, predicted)

    async def alevel0(self, situation, player):
        return await self.arespond(situation, player, {})


def players(n):
    return Situation({f"p{i}": ("x", "y") for i in range(n)})


@pytest.mark.parametrize("orders", [1, 2, 3, 5])
def test_two_players_cost_at_most_2k_plus_2_evaluations(orders):
    """Orders 0..K of the partner and my answer at K + 1."""
    counting = Counting()
    reasoner = RecursiveReasoner(counting.level0, counting.respond)
    situation = players(2)
    for k in range(orders + 1):
        reasoner.policy(situation, "p1", k)
    reasoner.policy(situation, "p0", orders + 1)
    assert len(counting.asked) <= 2 * orders + 2


def test_every_other_player_is_predicted():
    counting = Counting()
    RecursiveReasoner(counting.level0, counting.respond).policy(players(4), "p2", 1)
    assert counting.asked == [("p0", 0), ("p1", 0), ("p3", 0), ("p2", ("p0", "p1", "p3"))]


def test_a_new_situation_is_evaluated_anew():
    counting = Counting()
    reasoner = RecursiveReasoner(counting.level0, counting.respond)
    reasoner.policy(players(2), "p0", 0)
    reasoner.policy(players(2), "p0", 0)  # equal, another object
    assert len(counting.asked) == 1
    reasoner.policy(players(3), "p0", 0)
    assert len(counting.asked) == 2


async def test_awaited_policies_run_in_rounds_and_are_shared():
    counting = Counting()
    reasoner = RecursiveReasoner(
        counting.level0, counting.respond, alevel0=counting.alevel0, arespond=counting.arespond
    )
    situation = players(2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(reasoner.apolicy(situation, "p1", k) for k in (0, 1, 2)))
    rounds = (loop.time() - began) / 0.01
    assert len(counting.asked) == 5  # 2K + 1
    assert max(counting.together) == 2  # one of each player at a level
    assert rounds < 5  # three rounds, not five calls in a row


async def test_a_caller_that_gives_up_does_not_cancel_another():
    counting = Counting()
    reasoner = RecursiveReasoner(counting.level0, counting.respond, arespond=counting.arespond)
    situation = players(2)
    patient = asyncio.create_task(reasoner.apolicy(situation, "p0", 1))
    hasty = asyncio.create_task(reasoner.apolicy(situation, "p0", 1))
    await asyncio.sleep(0)
    hasty.cancel()
    assert await patient == {"x": 0.5, "y": 0.5}


async def test_a_failed_evaluation_is_tried_again():
    failures = [RuntimeError("first"), None]

    async def alevel0(situation, player):
        if (error := failures.pop(0)) is not None:
            raise error
        return {"x": 1.0}

    counting = Counting()
    reasoner = RecursiveReasoner(counting.level0, counting.respond, alevel0=alevel0)
    with pytest.raises(RuntimeError, match="first"):
        await reasoner.apolicy(players(2), "p0", 0)
    assert await reasoner.apolicy(players(2), "p0", 0) == {"x": 1.0}


@pytest.mark.parametrize("name", ["memory-1", "one-ahead-5", "tickets-5-5", "minority-5", "game-2"])
def test_threads_that_share_a_reasoner_get_the_same_policies(name):
    """Nodes of parallel branches run in threads and ask one reasoner about one situation at once."""
    task = make_task(name)
    state = task.start()
    for _ in range(3):
        situation = task.situation(state)
        asked = [(player, order) for order in (3, 0, 2, 1) for player in task.players]
        fresh = pickle.loads(pickle.dumps(task.reasoner()))
        expected = [fresh.policy(situation, *pair) for pair in asked]
        with ThreadPoolExecutor(8) as pool:
            for _ in range(30):
                shared = pickle.loads(pickle.dumps(task.reasoner()))
                views = [task.situation(state) for _ in asked]
                answers = list(pool.map(lambda view, pair: shared.policy(view, *pair), views, asked))  # noqa: B023
                assert answers == expected
        first = {player: actions[-1] for player, actions in situation.actions.items()}
        state = task.step(state, first).state


@pytest.mark.parametrize("name", ["memory-1", "one-ahead-5", "tickets-3-3", "minority-3"])
def test_policies_at_once_are_the_policies(name):
    task = make_task(name)
    situation = task.situation(task.start())
    pairs = [(player, order) for player in task.players for order in (3, 0, 2)]
    reasoner = task.reasoner()
    assert isinstance(reasoner, ImmediateReasoner)
    alone = [dict(task.reasoner().policy(situation, *pair)) for pair in pairs]
    assert [dict(policy) for policy in reasoner.policies_at_once(situation, pairs)] == alone
    with pytest.raises(ValueError, match="integer >= 0"):
        reasoner.policies_at_once(situation, [(task.players[0], -1)])
    with pytest.raises(SituationError, match="'nobody' is not in this situation"):
        reasoner.policies_at_once(situation, [("nobody", 1)])


@pytest.mark.parametrize("name", ["memory-1", "tickets-3-3", "game-1"])
async def test_exact_decisions_wait_for_nothing(name, monkeypatch):
    """No task is made for what is computed at once."""
    task = make_task(name)
    me, *others = task.players
    agent = AdaptiveAgent(me, task.reasoner())

    def refuse(*_, **__):
        raise AssertionError("a task was made")

    monkeypatch.setattr(asyncio, "gather", refuse)
    decision, _ = await agent.adecide(task.situation(task.start()), agent.start(others))
    assert decision.action in task.situation(task.start()).actions[me]


async def test_a_decision_asks_all_its_questions_at_once():
    """Orders 0 to 2 of the partner, what it expects and the own policy: three rounds below the last."""
    counting = Counting()
    reasoner = RecursiveReasoner(
        counting.level0, counting.respond, alevel0=counting.alevel0, arespond=counting.arespond
    )
    situation = Situation({"ann": ("x", "y"), "ben": ("x", "y")})
    agent = AdaptiveAgent(
        "ann",
        reasoner,
        Bayes(prior=(0.01, 0.01, 0.98)),
        orders=(0, 1, 2),
        selection="leader",
        response="above",
    )
    decision, _ = await agent.adecide(situation, agent.start(["ben"]))
    assert (decision.order, len(counting.asked)) == (3, 6)
    assert counting.together == [1, 2, 1, 2, 1, 1]


def test_a_derived_reasoner_is_asked_by_its_own_policy(anti_coordination):
    class Stubborn(NormalFormReasoner):
        def policy(self, situation, player, order):
            return {"A": 1.0}

    agent = AdaptiveAgent("ann", Stubborn(anti_coordination.payoffs))
    decision, _ = agent.decide(Situation({"ann": ("A", "B"), "ben": ("A", "B")}), agent.start(["ben"]))
    assert decision.partners["ben"].by_order == {order: {"A": 1.0} for order in decision.posterior["ben"]}


class Responding:
    """A reasoner whose responses are what it is told, at once and awaited."""

    def __init__(self, response):
        self.response = response

    def policy(self, situation, player, order):
        return {"x": 1.0}

    def respond(self, situation, player, predicted):
        return self.response


class Awaited(Responding):
    async def apolicy(self, situation, player, order):
        return {"x": 1.0}

    async def arespond(self, situation, player, predicted):
        return self.response


class Unresponsive(Responding):
    async def respond(self, situation, player, predicted):
        return self.response


@pytest.mark.parametrize("kind", [Responding, Awaited, Unresponsive])
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("response", "error", "says"),
    [
        ({"z": 1.0}, IllegalActionError, "gives 'z' a probability, which is not legal; legal are"),
        ({"x": 0.5}, ReasonerError, "add up to 0.5 instead of 1"),
        ({"x": float("nan")}, ReasonerError, "the probability nan"),
        ("x", ReasonerError, "is a str"),
        (None, ReasonerError, "is a NoneType"),
    ],
)
async def test_what_a_reasoner_responds_is_checked_as_its_policies_are(kind, way, response, error, says):
    if kind is Unresponsive:
        error, says = ReasonerError, "Unresponsive.respond is asynchronous; write it as a plain method"
    else:
        says = f"the response of {kind.__name__} for 'ann'.*{says}"
    situation = Situation({"ann": ("x", "y"), "ben": ("x", "y")})
    # what no order explains is answered by the response to it
    always = Hypothesis("always", behaviour=lambda situation, player: {"x": 1.0})
    agent = AdaptiveAgent("ann", kind(response), hypotheses=[always], on_error="raise")
    with pytest.raises(error, match=says):
        await decided(agent, situation, way)
    if kind is not Unresponsive:
        agent = AdaptiveAgent("ann", kind({"y": 1.0}), hypotheses=[always])
        assert (await decided(agent, situation, way)).action == "y"


async def decided(agent, situation, way):
    memory = agent.start(["ben"])
    return (agent.decide(situation, memory) if way == "sync" else await agent.adecide(situation, memory))[0]
