"""Agents: what they estimate, how they answer, what they keep in memory, and what they refuse."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import (
    AdaptiveAgent,
    Bayes,
    BeliefError,
    FixedOrderAgent,
    FollowTheLeader,
    Hedge,
    IllegalActionError,
    LLMError,
    NormalFormReasoner,
    RecursiveReasoner,
    Situation,
    SituationError,
    symmetric_payoffs,
)
from eval.tasks import make_task

ONE_AHEAD = make_task("one-ahead-5")


def play(agent, partner, task=ONE_AHEAD, rounds=15, episode=0):
    """Decisions of ``agent``, and its memory at the end."""
    memory, other = agent.start([partner.me], episode=episode), partner.start([agent.me], episode=episode)
    state, decisions = task.start(), []
    for _ in range(rounds):
        situation = task.situation(state)
        decision, memory = agent.decide(situation, memory)
        answer, other = partner.decide(situation, other)
        actions = {agent.me: decision.action, partner.me: answer.action}
        memory = agent.observe(memory, situation, actions)
        other = partner.observe(other, situation, actions)
        state = task.step(state, actions).state
        decisions.append(decision)
    return decisions, memory


def pair(order, **settings):
    reasoner = ONE_AHEAD.reasoner()
    return AdaptiveAgent("player-1", reasoner, **settings), FixedOrderAgent("player-2", reasoner, order)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("learner", [Bayes(), Hedge(), FollowTheLeader()], ids=lambda x: type(x).__name__)
def test_a_partner_of_order_k_is_recovered(order, learner):
    agent, partner = pair(order, learner=learner)
    _, memory = play(agent, partner)
    posterior = agent.posterior(memory, "player-2")
    assert max(posterior, key=posterior.get) == order


@pytest.mark.parametrize("order", [0, 1, 2])
def test_recovered_up_to_behavioural_equivalence_where_orders_coincide(order):
    """In Memory-1 orders 0 and 2 act alike: the group is recovered, not the order."""
    task = make_task("memory-1")
    agent = AdaptiveAgent("player-1", task.reasoner(), seed=3)
    decisions, memory = play(agent, FixedOrderAgent("player-2", task.reasoner(), order), task)
    posterior = agent.posterior(memory, "player-2")
    assert posterior[0] == pytest.approx(posterior[2])
    assert decisions[0].equivalent_orders() == {"player-2": [[0, 2], [1, 3]]}
    groups = [[0, 2], [1]]
    mass = [sum(decisions[5].posterior["player-2"][k] for k in group) for group in groups]
    assert int(np.argmax(mass)) == (0 if order in groups[0] else 1)


@pytest.mark.parametrize("learner", [Bayes(), Hedge(), FollowTheLeader()], ids=lambda x: type(x).__name__)
@given(seed=st.integers(0, 2**16), shift=st.permutations([0, 1, 2]))
def test_relabelling_actions_leaves_the_posterior_unchanged(learner, seed, shift):
    """The same game with its actions in another order and under other names, the same things done."""
    rng = np.random.default_rng(seed)
    payoffs = rng.normal(size=(2, 3, 3))
    names = [["x0", "x1", "x2"], [f"y{shift.index(a)}" for a in range(3)]]
    games = payoffs, payoffs[:, shift][:, :, shift]
    done = rng.integers(3, size=(6, 2))
    posteriors = []
    for own, game in zip(names, games, strict=True):
        agent = AdaptiveAgent("ann", NormalFormReasoner(game), learner)
        actions = {player: tuple(sorted(own)) for player in ("ann", "ben")}
        memory, history = agent.start(["ben"]), [{"ann": own[0], "ben": own[0]}]
        for mine, theirs in done:
            situation = Situation(actions, history=history[-1:])
            memory = agent.observe(memory, situation, {"ben": own[theirs]})
            history.append({"ann": own[mine], "ben": own[theirs]})
        posteriors.append(list(agent.posterior(memory, "ben").values()))
    np.testing.assert_allclose(*posteriors, atol=1e-12)


def test_the_aligned_pair_scores_after_the_estimate_is_right():
    agent, partner = pair(1)
    decisions, _ = play(agent, partner)
    assert [d.order for d in decisions[-8:]] in ([0] * 8, [2] * 8)  # one apart from 1, and kept
    assert all(d.estimates == {"player-2": 1} for d in decisions[-8:])


def test_the_prediction_says_what_the_partner_does_and_expects():
    reasoner = ONE_AHEAD.reasoner()
    agent, partner = pair(2)
    for decision in play(agent, partner)[0]:
        expected = decision.partners["player-2"]
        assert expected.policy == expected.by_order[expected.order]
        assert set(expected.by_order) == {0, 1, 2, 3}
        assert (expected.expects is None) == (expected.order == 0)
    situation = ONE_AHEAD.situation(ONE_AHEAD.start())
    agent = AdaptiveAgent("player-1", reasoner, orders=(2,))
    expected = agent.decide(situation, agent.start(["player-2"]))[0].partners["player-2"]
    assert expected.expects == reasoner.policy(situation, "player-1", 1)
    assert expected.policy == reasoner.policy(situation, "player-2", 2)


def test_above_acts_one_above_and_nearest_stays_adjacent():
    above, _ = play(*pair(2, response="above"))
    assert all(d.order == d.estimates["player-2"] + 1 for d in above)
    nearest, _ = play(*pair(2))
    assert all(abs(d.order - d.estimates["player-2"]) == 1 for d in nearest)
    for before, after in pairwise(nearest):
        if abs(before.order - after.estimates["player-2"]) == 1:
            assert after.order == before.order


def test_win_stay_keeps_an_estimate_that_actions_support():
    for episode in range(20):
        decisions, _ = play(*pair(1), episode=episode)
        kept = [d.estimates["player-2"] for d in decisions]
        first = kept.index(kept[-1])
        assert set(kept[first:]) == {kept[-1]}
        # order 1, or one that foresaw just what it did
        foreseen = [d.predictions["player-2"] for d in decisions[first:]]
        assert all(policies[kept[-1]] == policies[1] for policies in foreseen)


def test_leader_is_the_lowest_likeliest_order(situation, anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination, selection="leader")
    decision, _ = agent.decide(situation, agent.start(["ben"]))
    assert decision.estimates == {"ben": 0}


def test_memory_is_plain_and_never_modified():
    agent, partner = pair(1)
    _, memory = play(agent, partner)
    assert json.loads(json.dumps(memory, allow_nan=False)) == memory
    situation = ONE_AHEAD.situation(ONE_AHEAD.start())
    before = json.dumps(memory)
    _, after = agent.decide(situation, memory)
    agent.observe(after, None, {"player-2": "A"})
    assert json.dumps(memory) == before


def test_the_same_numbers_give_the_same_decisions_whoever_holds_the_memory():
    """Nothing is kept in the object: another object with the same settings goes on alike."""
    agent, partner = pair(1, learner=Hedge(), selection="sample")
    decisions, _ = play(agent, partner, episode=5)
    other, partner = pair(1, learner=Hedge(), selection="sample")
    play(other, partner, episode=6)
    assert [d.action for d in play(other, partner, episode=5)[0]] == [d.action for d in decisions]


def test_episodes_differ():
    """The first estimate is drawn anew in every episode, each of the paper's orders about as often."""
    agent, _ = pair(0)
    situation = ONE_AHEAD.situation(ONE_AHEAD.start())
    first = [
        agent.decide(situation, agent.start(["player-2"], episode=e))[0].estimates["player-2"]
        for e in range(300)
    ]
    assert all(70 <= first.count(k) <= 130 for k in (0, 1, 2))


def test_an_action_not_decided_for_needs_its_situation(situation, anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    memory = agent.start(["ben"])
    with pytest.raises(SituationError, match="has not decided since"):
        agent.observe(memory, None, {"ben": "A"})
    joint = {"ann": "B", "ben": "A"}
    seen = agent.observe(memory, situation, joint)
    decided = agent.observe(agent.decide(situation, memory)[1], None, joint)
    one, other = seen["partners"]["ben"], decided["partners"]["ben"]
    assert (one["weights"], one["habits"]["counts"]) == (other["weights"], other["habits"]["counts"])
    assert one["estimate"] is None


def test_an_unseen_partner_leaves_its_belief(situation, anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    _, memory = agent.decide(situation, agent.start(["ben"]))
    after = agent.observe(memory, None, {"ann": "A"})
    assert after["partners"] == memory["partners"], "ben is still waited for"
    _, later = agent.decide(situation, after)
    assert later["partners"]["ben"]["weights"] == memory["partners"]["ben"]["weights"]


def test_several_partners_have_a_belief_each():
    payoffs = np.random.default_rng(1).normal(size=(3, 2, 2, 2))
    reasoner = NormalFormReasoner(payoffs)
    situation = Situation({"a": ("x", "y"), "b": ("x", "y"), "c": ("x", "y")})
    agent = AdaptiveAgent("a", reasoner)
    decision, memory = agent.decide(situation, agent.start(["b", "c"]))
    assert set(decision.estimates) == {"b", "c"}
    b = max(decision.predictions["b"][0], key=decision.predictions["b"][0].get)
    memory = agent.observe(memory, None, {"b": b})
    weights = {name: record["weights"] for name, record in memory["partners"].items()}
    assert weights["c"] == agent.start(["b", "c"])["partners"]["c"]["weights"]
    assert weights["b"] != weights["c"]


def test_partners_of_unlike_orders_are_answered_together():
    """No order is adjacent to 0 and 1 at once: the answer is the best response to both predictions."""
    payoffs = np.random.default_rng(4).normal(size=(3, 3, 3, 3))
    reasoner = NormalFormReasoner(payoffs)
    situation = Situation(dict.fromkeys("abc", ("x", "y", "z")))
    agent = AdaptiveAgent("a", reasoner)
    for episode in range(40):
        decision, _ = agent.decide(situation, agent.start(["b", "c"], episode=episode))
        if set(decision.estimates.values()) == {0, 1}:
            predicted = {name: partner.policy for name, partner in decision.partners.items()}
            assert reasoner.respond(situation, "a", predicted)[decision.action] == 1.0
            return
    pytest.fail("estimates 0 and 1 never came together")


def test_a_wrapped_agent_gets_the_prediction_and_acts(situation, anti_coordination):
    seen = []

    def agent(situation, prediction):
        seen.append(prediction)
        return "B"

    wrapped = AdaptiveAgent("ann", anti_coordination, agent=agent)
    decision, _ = wrapped.decide(situation, wrapped.start(["ben"]))
    assert decision.action == "B"
    assert seen[0].partners["ben"].order == decision.estimates["ben"]
    assert seen[0].order == decision.order


async def test_asynchronous_agents(situation, anti_coordination):
    async def agent(situation, prediction):
        return "A"

    wrapped = AdaptiveAgent("ann", anti_coordination, agent=agent)
    decision, _ = await wrapped.adecide(situation, wrapped.start(["ben"]))
    assert decision.action == "A"
    with pytest.raises(TypeError, match="call adecide, or run the graph with ainvoke"):
        wrapped.decide(situation, wrapped.start(["ben"]))


async def test_async_and_sync_decide_alike():
    task = ONE_AHEAD
    agent, partner = pair(1, learner=Hedge(), selection="sample")
    decisions, _ = play(agent, partner)
    memory, other, state = agent.start(["player-2"]), partner.start(["player-1"]), task.start()
    for expected in decisions:
        situation = task.situation(state)
        decision, memory = await agent.adecide(situation, memory)
        answer, other = await partner.adecide(situation, other)
        assert decision == expected
        actions = {"player-1": decision.action, "player-2": answer.action}
        memory = agent.observe(memory, situation, actions)
        state = task.step(state, actions).state


@pytest.mark.parametrize("action", ["", "C", None, 1, ["A"]])
def test_an_illegal_action_names_the_legal_ones(situation, anti_coordination, action):
    wrapped = AdaptiveAgent("ann", anti_coordination, agent=lambda situation, prediction: action)
    with pytest.raises(IllegalActionError, match=r"legal are \['A', 'B'\]"):
        wrapped.decide(situation, wrapped.start(["ben"]))
    agent = AdaptiveAgent("ann", anti_coordination)
    _, memory = agent.decide(situation, agent.start(["ben"]))
    with pytest.raises(IllegalActionError, match=r"of 'ben'.*legal are \['A', 'B'\]"):
        agent.observe(memory, None, {"ben": action})


def test_situations_without_the_partner(anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    with pytest.raises(SituationError, match="no partner of 'ann'"):
        agent.decide(Situation({"ann": ("A", "B")}), agent.start(["ben"]))
    with pytest.raises(SituationError, match=r"expected \['ben'\].*\['ann', 'Ben'\]"):
        agent.decide(Situation({"ann": ("A", "B"), "Ben": ("A", "B")}), agent.start(["ben"]))
    with pytest.raises(SituationError, match="'ann' is not in this situation"):
        agent.decide(Situation({"eve": ("A", "B"), "ben": ("A", "B")}), agent.start(["ben"]))


def test_an_action_of_somebody_unknown(situation, anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    _, memory = agent.decide(situation, agent.start(["ben"]))
    with pytest.raises(SituationError, match=r"'eve'; the partners of its last decision are \['ben'\]"):
        agent.observe(memory, None, {"eve": "A"})


@pytest.mark.parametrize(
    "other",
    [
        {"orders": (0, 1, 4)},
        {"learner": Hedge()},
        {"learner": Bayes(lapses=(0.1,))},
    ],
)
def test_a_memory_of_another_agent_is_refused(situation, anti_coordination, other):
    memory = AdaptiveAgent("ann", anti_coordination, **other).start(["ben"])
    with pytest.raises(BeliefError, match="begin a new"):
        AdaptiveAgent("ann", anti_coordination).decide(situation, memory)


def test_a_memory_of_an_older_version_is_refused(situation, anti_coordination):
    agent = AdaptiveAgent("ann", anti_coordination)
    with pytest.raises(BeliefError, match="version"):
        agent.decide(situation, {**agent.start(["ben"]), "version": 0})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"orders": ()}, "ascending integers"),
        ({"orders": (1, 0)}, "ascending integers"),
        ({"orders": (-1, 0)}, "ascending integers"),
        ({"selection": "best"}, "'win-stay', 'sample' or 'leader'"),
        ({"response": "below"}, "'nearest' or 'above'"),
    ],
)
def test_bad_settings(anti_coordination, settings, words):
    with pytest.raises(ValueError, match=words):
        AdaptiveAgent("ann", anti_coordination, **settings)


@pytest.mark.parametrize("actions", [(), "AB", ("A", ""), ("A", "A"), {"A", "B"}, iter("AB")])
def test_bad_legal_actions(actions):
    with pytest.raises(SituationError, match="'ann'"):
        Situation({"ann": actions})


def test_a_reasoner_needs_a_policy_method_and_no_more(situation):
    class Stubborn:
        def policy(self, situation, player, order):
            return {"A": 1.0} if order % 2 else {"B": 1.0}

    agent = AdaptiveAgent("ann", Stubborn())
    decision, _ = agent.decide(situation, agent.start(["ben"]))
    assert decision.action == ("A" if decision.order % 2 else "B")


def test_fixed_orders_play_their_policy():
    reasoner = RecursiveReasoner(
        lambda s, p: {"A": 0.25, "B": 0.75}, lambda s, p, predicted: {"A": 1.0, "B": 0.0}
    )
    situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    drawn = [
        FixedOrderAgent("ann", reasoner, 0, seed=s).decide(situation, {"episode": 0, "step": 0})[0].action
        for s in range(400)
    ]
    assert 70 <= drawn.count("A") <= 130
    for odd in (-1, 1.5, "1"):
        with pytest.raises(ValueError, match="integer >= 0"):
            FixedOrderAgent("ann", reasoner, odd)


def test_decisions_are_serialisable():
    decision = play(*pair(1))[0][3]
    plain = json.loads(json.dumps(decision.as_plain(), allow_nan=False))
    assert plain["partners"]["player-2"]["posterior"].keys() == {"0", "1", "2", "3", "habits"}
    assert plain["action"] == decision.action


def test_symmetric_agents_break_their_symmetry():
    """A deterministic rule would score 0 against itself for ever; this one meets within a few rounds."""
    task = make_task("memory-1")
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    ann, ben = AdaptiveAgent("player-1", reasoner), AdaptiveAgent("player-2", reasoner)
    decisions = [play(ann, ben, task, episode=e)[0][-1] for e in range(30)]
    assert len({d.action for d in decisions}) == 2


def test_who_raises_asks_nothing_in_vain(situation):
    asked = []

    class Failing:
        def policy(self, situation, player, order):
            asked.append((player, order))
            raise LLMError("down")

    agent = AdaptiveAgent("ann", Failing(), on_error="raise")
    with pytest.raises(LLMError, match="down"):
        agent.decide(situation, agent.start(["ben"]))
    assert len(asked) == 1
