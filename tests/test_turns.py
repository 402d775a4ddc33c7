"""Steps in which players see what others did: what an order means there, and what agents make of it."""

import asyncio
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import (
    AdaptiveAgent,
    Bayes,
    CongestionReasoner,
    Contract,
    FixedOrderAgent,
    Hypothesis,
    NormalFormReasoner,
    RecursiveReasoner,
    Situation,
    symmetric_payoffs,
)
from atom.agents.pruning import affordable
from atom.belief import order
from atom.errors import IllegalActionError, ModelError, SituationError
from atom.models import prompts
from atom.reasoning import DeclaredReasoner
from atom.reasoning.tables import Solo, TabularModel, TabularReasoner, taking_turns
from atom.reasoning.turns import MOST_ENDINGS, endings
from eval.play import play, seat_players, total_scores
from eval.play.graph import episode_graph, play_in_graph
from eval.tasks import make_task

TWO = {"ann": ("A", "B", "C"), "ben": ("A", "B", "C")}
THREE = {"ann": ("A", "B"), "ben": ("A", "B"), "cem": ("A", "B")}
AVOID = symmetric_payoffs(1.0 - np.eye(3))
BATTLE = np.array([[[2, 0], [0, 1]], [[1, 0], [0, 2]]], dtype=float)

payoffs = st.lists(st.integers(-20, 20), min_size=18, max_size=18)


def chosen(policy):
    return max(policy, key=policy.__getitem__)


# --- what is seen ---------------------------------------------------------------------------------------


def test_who_acts_when():
    turns = (("ann",), ("ben", "cem"))
    first = Situation(THREE, turns=turns)
    assert (first.to_move, first.later("ann"), first.later("cem")) == (("ann",), ("ben", "cem"), ())
    second = first.after({"ann": "B"})
    assert second.to_move == ("ben", "cem")
    assert second.as_seen_by("ann") == first
    assert second.as_seen_by("ben") == second
    assert second.after({"ben": "A", "cem": "A"}).to_move == ()


def test_without_turns_whoever_moved_did_so_one_by_one():
    seen = Situation(THREE, moved={"cem": "A", "ann": "B"})
    assert seen.groups == (("cem",), ("ann",), ("ben",))
    assert seen.as_seen_by("ann").moved == {"cem": "A"}
    assert seen.as_seen_by("cem").later("cem") == ("ann", "ben")
    assert not seen.at_once
    assert Situation(THREE).at_once
    assert Situation(THREE, turns=(tuple(THREE),)).at_once


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"moved": {"ann": "Z"}}, IllegalActionError, "'Z' is not a legal action of 'ann'"),
        ({"moved": {"eve": "A"}}, SituationError, "'eve' is not in this situation"),
        ({"moved": ["ann"]}, SituationError, "moved is player -> action"),
        ({"turns": (("ann",), ("ben",))}, SituationError, "turns must name every player once"),
        ({"turns": (("ann", "ben"), ("ben", "cem"))}, SituationError, "turns must name every player once"),
        ({"turns": ("ann", "ben", "cem")}, SituationError, "turns are groups of players such as"),
        (
            {"turns": (("ann",), ("ben", "cem")), "moved": {"cem": "A"}},
            SituationError,
            r"\['cem'\] have moved and players before them have not",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        Situation(THREE, **given)


# --- what an order means --------------------------------------------------------------------------------


@given(payoffs, st.sampled_from("ABC"), st.sampled_from("ABC"))
def test_whoever_acts_last_gives_the_best_response_at_every_order(numbers, seen, before):
    array = np.array(numbers, dtype=float).reshape(2, 3, 3)
    reasoner = NormalFormReasoner(array)
    history = ({"ann": before, "ben": before},)
    policies = [
        reasoner.policy(Situation(TWO, history=history, moved={"ann": seen}), "ben", k) for k in range(4)
    ]
    best = array[1, "ABC".index(seen)].max()
    assert all(policy == policies[0] for policy in policies)
    assert array[1, "ABC".index(seen), "ABC".index(chosen(policies[0]))] == best


@given(payoffs)
def test_whoever_acts_first_weighs_the_replies_from_order_1_on(numbers):
    array = np.array(numbers, dtype=float).reshape(2, 3, 3)
    reasoner = NormalFormReasoner(array)
    first = Situation(TWO, turns=(("ann",), ("ben",)))
    replies = array[1].argmax(axis=1)  # ties by the first, as the reasoner's
    best = array[0, np.arange(3), replies].max()
    for k in (1, 2, 3):
        mine = "ABC".index(chosen(reasoner.policy(first, "ann", k)))
        assert array[0, mine, replies[mine]] == best
    at_once = Situation(TWO)
    assert reasoner.policy(first, "ann", 0) == reasoner.policy(at_once, "ann", 0), "ToM-0 models nobody"


@given(st.lists(st.integers(-20, 20), min_size=24, max_size=24))
def test_in_a_queue_of_three_an_order_of_two_is_backward_induction(numbers):
    array = np.array(numbers, dtype=float).reshape(3, 2, 2, 2)
    reasoner = NormalFormReasoner(array)
    queue = (("ann",), ("ben",), ("cem",))
    situation = Situation(THREE, turns=queue)
    for player in THREE:
        situation = situation.after({player: chosen(reasoner.policy(situation, player, 2))})
    last = {(a, b): int(array[2, a, b].argmax()) for a, b in product(range(2), repeat=2)}
    middle = {a: max(range(2), key=lambda b, a=a: array[1, a, b, last[a, b]]) for a in range(2)}
    ends = {a: (a, middle[a], last[a, middle[a]]) for a in range(2)}
    a, b, c = ends[max(range(2), key=lambda a: array[(0, *ends[a])])]
    assert dict(situation.moved) == {"ann": "AB"[a], "ben": "AB"[b], "cem": "AB"[c]}


@given(
    st.lists(st.integers(0, 9), min_size=18, max_size=18),
    st.sampled_from(
        [
            {"turns": (("ann",), ("ben", "cem"))},
            {"turns": (("ann", "ben"), ("cem",))},
            {"turns": (("cem",), ("ben",), ("ann",))},
            {"moved": {"ben": "B"}},
            {"moved": {"ben": "A", "cem": "B"}},
        ]
    ),
    st.integers(0, 3),
)
def test_a_congestion_game_is_played_as_its_normal_form(numbers, seen, order):
    table = np.array(numbers, dtype=float).reshape(3, 2, 3)
    names = list(THREE)
    crowd = CongestionReasoner(
        lambda player, action, same, _: table[names.index(player), "AB".index(action), same], ties="first"
    )
    array = np.zeros((3, 2, 2, 2))
    for joint in product(range(2), repeat=3):
        for player in range(3):
            array[(player, *joint)] = table[player, joint[player], joint.count(joint[player]) - 1]
    normal = NormalFormReasoner(array)
    situation = Situation(THREE, **seen)
    for player in THREE:
        one, other = crowd.policy(situation, player, order), normal.policy(situation, player, order)
        assert {a: p for a, p in other.items() if p} == one
    me = situation.to_move[0]
    worth = crowd.expected_payoffs(
        situation,
        me,
        {p: {a: 1.0} for p, a in situation.moved.items()}
        | {p: {"A": 1.0} for p in situation.to_move if p != me},
    )
    same = normal.expected_payoffs(
        situation,
        me,
        {p: {a: 1.0} for p, a in situation.moved.items()}
        | {p: {"A": 1.0} for p in situation.to_move if p != me},
    )
    assert worth == pytest.approx(same)


def test_a_recursion_of_two_functions_answers_what_it_sees_awaited_or_not():
    asked = []

    def level0(situation, player):
        return {"A": 1.0}

    def respond(situation, player, predicted):
        asked.append((player, {name: dict(policy) for name, policy in predicted.items()}))
        return {next(a for a in situation.legal(player) if all(a not in p for p in predicted.values())): 1.0}

    reasoner = RecursiveReasoner(level0, respond)
    seen = Situation(TWO, moved={"ann": "B"})
    for k in range(3):
        assert reasoner.policy(seen, "ben", k) == {"A": 1.0}
        assert asyncio.run(reasoner.apolicy(seen, "ben", k)) == {"A": 1.0}
        assert reasoner.policy(seen, "ann", k) == {"B": 1.0}
    assert all(call == ("ben", {"ann": {"B": 1.0}}) for call in asked)
    first = Situation(TWO, turns=(("ann",), ("ben",)))
    for k in range(3):
        assert reasoner.policy(first, "ann", k) == asyncio.run(reasoner.apolicy(first, "ann", k))


def test_declared_orders_take_what_is_seen_for_certain():
    tickets = CongestionReasoner(lambda player, ticket, same, others: float(same == 0), ties="first")
    team = DeclaredReasoner(tickets, {"ann": 0, "ben": 1, "cem": 2})
    situation = Situation(dict.fromkeys(THREE, ("A", "B", "C")), moved={"ann": "C"})
    assert [team.policy(situation, name, k) for name, k in (("ann", 0), ("ben", 1), ("cem", 2))] == [
        {"C": 1.0},
        {"A": 1.0},
        {"B": 1.0},
    ]


def test_a_step_that_may_end_in_too_many_ways_is_refused():
    crowd = {f"p{i}": tuple("ABCDEFGH") for i in range(8)}
    situation = Situation(crowd, turns=(("p0",), tuple(f"p{i}" for i in range(1, 8))))

    def reply(then, player):
        return dict.fromkeys("ABCDEFGH", 0.125)

    with pytest.raises(SituationError, match=f"more than {MOST_ENDINGS} ways"):
        list(endings(situation, "p0", reply))


def test_a_model_is_told_who_acted_and_who_will_see_it():
    queue = Situation(THREE, moved={"ann": "B"}, turns=(("ann",), ("ben",), ("cem",)))
    text = prompts.action(queue, "ben").text
    assert '- "ann" has already done "B" in this step.' in text
    assert '- After you: "cem", who will see what you do.' in text
    assert "this step" not in prompts.action(Situation(THREE), "ben").text


# --- agents ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_follower_that_sees_its_leader_never_collides_and_learns_its_order(order):
    """A bare follower collides 0 times in 20: so must an adaptive one, which would predict otherwise."""
    reasoner = NormalFormReasoner(
        symmetric_payoffs([[5 if (a - b) % 5 in (1, 4) else 0 for b in range(5)] for a in range(5)])
    )
    five = {"ann": tuple("ABCDE"), "ben": tuple("ABCDE")}
    leader, follower = FixedOrderAgent("ann", reasoner, order), AdaptiveAgent("ben", reasoner, seed=order)
    first, mine = leader.start(["ben"]), follower.start(["ann"])
    history, missed, beliefs = [], 0, []
    for _ in range(20):
        opening = Situation(five, history=tuple(history), turns=(("ann",), ("ben",)))
        led, first = leader.decide(opening, first)
        seen = opening.after({"ann": led.action})
        decision, mine = follower.decide(seen, mine)
        assert decision.partners["ann"].expected == {led.action: 1.0}
        assert decision.responses == {"ann": "best response"}
        joint = {"ann": led.action, "ben": decision.action}
        missed += reasoner.outcome(seen, "ben", joint) == "0"
        mine = follower.observe(mine, seen, joint)
        history.append(joint)
        beliefs.append(follower.posterior(mine, "ann"))
    assert missed == 0
    assert beliefs[0].keys() == {0, 1, 2, 3}


def test_a_leader_takes_what_pays_best_once_it_is_answered():
    """The battle of the sexes: whoever moves first has its way, at every estimate of the other's order."""
    two = {"ann": ("X", "Y"), "ben": ("X", "Y")}
    ann = AdaptiveAgent("ann", NormalFormReasoner(BATTLE))
    memory, history = ann.start(["ben"]), ({"ann": "Y", "ben": "Y"},)
    for _ in range(10):
        situation = Situation(two, history=history, turns=(("ann",), ("ben",)))
        decision, memory = ann.decide(situation, memory)
        assert decision.action == "X"
        assert memory["partners"]["ben"]["expected"]["policies"]["0"] == {"X": 1.0, "Y": 0.0}, (
            "its reply to X"
        )
        memory = ann.observe(memory, situation, {"ben": "X"})
        history = ({"ann": "X", "ben": "X"},)
    posterior = ann.posterior(memory, "ben")
    assert posterior[0] == pytest.approx(posterior[1]), "replies tell nothing of orders"


def test_a_partner_that_moved_is_judged_at_once_and_by_what_it_saw():
    reasoner = NormalFormReasoner(AVOID)
    learner = Bayes(hazard=0.0)
    ben = AdaptiveAgent("ben", reasoner, learner, orders=(0, 1, 2))
    situation = Situation(
        TWO, history=({"ann": "A", "ben": "B"},), moved={"ann": "C"}, turns=(("ann",), ("ben",))
    )
    decision, memory = ben.decide(situation, ben.start(["ann"]))
    before = situation.as_seen_by("ann")
    likelihoods = [reasoner.policy(before, "ann", k)["C"] for k in range(3)]
    assert decision.partners["ann"].by_order == {k: reasoner.policy(before, "ann", k) for k in range(3)}
    expected = learner.probabilities(learner.update(learner.init(["0", "1", "2"]), likelihoods, 3))
    assert list(ben.posterior(memory, "ann").values()) == pytest.approx(expected)
    for told in ({"ann": "C"}, {"ann": "B"}, {"ann": "C", "ben": decision.action}):
        again = ben.observe(memory, situation, told)
        assert ben.posterior(again, "ann") == ben.posterior(memory, "ann"), "it is counted already"


def supervised(worker, *, contract=None, rounds=20):
    """What a boss believes of a worker that answers each of its assignments."""
    payoffs = symmetric_payoffs([[0, 5], [5, 0]])  # whoever follows an order does the other thing
    accepts = Hypothesis("accepts", behaviour=lambda s, p: {s.moved["boss"]: 1.0} if s.moved else None)
    boss = AdaptiveAgent(
        "boss", NormalFormReasoner(payoffs), hypotheses=[order(0), order(1), accepts], contract=contract
    )
    two = {"boss": ("A", "B"), "worker": ("A", "B")}
    memory = boss.start(["worker"])
    for _ in range(rounds):
        situation = Situation(two, turns=(("boss",), ("worker",)))
        decision, memory = boss.decide(situation, memory)
        memory = boss.observe(memory, situation, {"worker": worker(decision.action)})
    decision, _ = boss.decide(situation, memory)
    return decision.partners["worker"]


def test_a_named_hypothesis_of_a_replier_is_judged_by_what_it_saw():
    assert supervised(lambda action: "B" if action == "A" else "A").probabilities["accepts"] < 0.1
    same = supervised(lambda action: action)
    assert same.explained > 0.9
    broken = supervised(lambda a: "B" if a == "A" else "A", contract=Contract({"worker": "accepts"})).contract
    assert broken.broken_at is not None
    assert supervised(lambda a: a, contract=Contract({"worker": "accepts"})).contract.broken_at is None


def test_a_named_hypothesis_of_who_moved_does_not_see_the_answer():
    game = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    two = {"ann": ("A", "B"), "ben": ("A", "B")}
    clairvoyant = Hypothesis("deep", behaviour=lambda s, p: game.policy(s, p, 5))
    ben = AdaptiveAgent("ben", game, hypotheses=[order(0), order(1), clairvoyant])
    memory, rng = ben.start(["ann"]), np.random.default_rng(0)
    for _ in range(12):
        situation = Situation(two, moved={"ann": "AB"[int(rng.integers(2))]})
        decision, memory = ben.decide(situation, memory)
    assert decision.partners["ann"].probabilities["deep"] < 0.8


@pytest.mark.parametrize("ties", ["first", "uniform"])
@pytest.mark.parametrize(
    "turns",
    [
        (("ann",), ("ben",), ("cem",), ("dan",)),
        (("ann",), ("ben", "cem"), ("dan",)),
        (("ann", "ben"), ("cem",), ("dan",)),
    ],
)
async def test_queues_of_four_are_decided_in_and_alike_when_awaited(turns, ties):
    four = dict.fromkeys(("ann", "ben", "cem", "dan"), ("A", "B"))
    array = np.random.default_rng(3).integers(0, 9, size=(4, 2, 2, 2, 2)).astype(float)
    for reasoner in (
        NormalFormReasoner(array, ties=ties),
        CongestionReasoner(lambda p, a, same, others: float(same == 0), ties=ties),
    ):
        situation = Situation(four, turns=turns)
        for group in turns:
            chosen_by = {}
            for me in group:
                agent = AdaptiveAgent(me, reasoner, orders=(0, 1, 2), seed=1)
                memory = agent.start([other for other in four if other != me])
                one = agent.decide(situation, memory)
                assert one == await agent.adecide(situation, memory)
                chosen_by[me] = one[0].action
            situation = situation.after(chosen_by)
        assert situation.to_move == ()


async def test_responses_are_alike_when_awaited():
    rng = np.random.default_rng(5)
    for _ in range(40):
        reasoner = NormalFormReasoner(rng.integers(0, 9, size=(3, 2, 2, 2)).astype(float))
        situation = Situation(THREE, turns=(("ann",), ("ben", "cem")))
        assert reasoner.respond(situation, "ann", {}) == await reasoner.arespond(situation, "ann", {})


def test_a_gate_with_payoffs_of_ones_own_serves_a_leader():
    class Own:
        def expected_payoffs(self, situation, player, predicted):
            return {a: 1.0 - predicted["ben"].get(a, 0.0) for a in situation.legal(player)}

    two = {"ann": ("A", "B"), "ben": ("A", "B")}
    game = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    ann = AdaptiveAgent("ann", game, agent=lambda s, p: "A", gate="override", payoffs=Own())
    leading = Situation(two, turns=(("ann",), ("ben",)))
    estimates = set()
    for episode in range(20):
        decision, _ = ann.decide(leading, ann.start(["ben"], episode=episode))
        assert decision.action in ("A", "B")
        estimates |= decision.estimates.items()
    assert len(estimates) > 1  # an order below an estimate is weighed by these payoffs as well


def test_what_a_replier_will_do_is_shown_once_the_own_action_is_taken():
    two = {"ann": ("X", "Y"), "ben": ("X", "Y")}
    ann = AdaptiveAgent("ann", NormalFormReasoner(BATTLE), orders=(0, 1, 2))
    decision, _ = ann.decide(Situation(two, turns=(("ann",), ("ben",))), ann.start(["ben"]))
    assert {tuple(p) for p in decision.partners["ben"].by_order.values()} == {("X", "Y")}
    assert all(policy[decision.action] == 1.0 for policy in decision.partners["ben"].by_order.values())


def test_a_budget_counts_questions_about_who_moved_apart():
    three = ["ann", "ben", "cem"]
    wanted = {"ann": ("0", "1", "2"), "cem": ("0", "1", "2")}
    beliefs = {name: dict.fromkeys("012", 1 / 3) for name in wanted}
    alone, _ = affordable(10, three, "ben", wanted, beliefs, wrapped=False)
    apart, said = affordable(10, three, "ben", wanted, beliefs, {"ann"}, wrapped=False)
    assert alone == wanted
    assert apart != wanted
    assert said


# --- tables ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corridor():
    return make_task("in-turn:game-1")


def test_a_turn_of_a_table_has_a_state_of_its_own(corridor):
    plain, turned = make_task("game-1").model, corridor.reasoner().model
    size, n = plain.n_states, len(plain.actions)
    assert turned.n_states == size * (1 + n)
    rng = np.random.default_rng(0)
    for s, a, b in zip(
        rng.integers(size, size=200), rng.integers(n, size=200), rng.integers(n, size=200), strict=True
    ):
        half = turned.next[s, a, 0]
        assert turned.next[half, 0, b] == plain.next[s, a, b]
    other = taking_turns(plain, first=1)
    for s, a, b in zip(
        rng.integers(size, size=200), rng.integers(n, size=200), rng.integers(n, size=200), strict=True
    ):
        assert other.next[other.next[s, 0, b], a, 0] == plain.next[s, a, b]


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("player", [0, 1])
def test_a_mover_plans_over_a_replier_one_order_below(corridor, order, player):
    """No other plan of the mover is shorter beside that replier: checked by playing every deviation."""
    reasoner = corridor.reasoner()
    model, policies = reasoner.model, reasoner.policies

    def cost(state, policy):
        paid = 0
        for _ in range(60):
            if model.terminal[state]:
                return paid
            paid += model.cost[state]
            mine, theirs = policy[state], policies[order - 1, 1 - player, state]
            state = model.next[state, mine, theirs] if player == 0 else model.next[state, theirs, mine]
        return np.inf

    rng = np.random.default_rng(order)
    best = policies[order, player]
    tried = 0
    for state in rng.permutation(np.flatnonzero((model.mover == player) & ~model.terminal))[:150].tolist():
        deviating = best.copy()
        deviating[state] = rng.integers(len(model.actions))
        assert cost(state, deviating) >= cost(state, best)
        tried += deviating[state] != best[state]
    assert tried > 50


def test_orders_differ_in_a_sequential_game_and_the_adaptive_agent_fits_them_all(corridor):
    def mean(agent, partner):
        seats = seat_players(corridor, [agent, partner], seed=3)
        return np.mean(
            [
                total_scores(corridor, [step.scores for step in play(corridor, seats, episode)])["player-1"]
                for episode in range(5)
            ]
        )

    assert mean("tom-0", "tom-0") == corridor.max_steps, "both wait for the other to go"
    assert mean("tom-0", "tom-1") == corridor.optimum
    for partner in ("tom-0", "tom-1", "tom-2"):
        assert mean("bayes", partner) <= corridor.optimum + 0.5


@pytest.mark.parametrize("name", ["in-turn:memory-1", "in-turn:game-1", "in-turn:tickets-3-3"])
@pytest.mark.parametrize("agent", ["tom-1", "bayes"])
def test_a_graph_of_turns_plays_the_same_episode(name, agent):
    task = make_task(name)
    names = [agent, "bayes", "tom-0"][: len(task.players)]
    plain = [dict(step.scores) for step in play(task, seat_players(task, names, seed=5, epsilon=0.05), 2)]
    graph = episode_graph(task, seat_players(task, names, seed=5, epsilon=0.05)).compile()
    assert [dict(scores) for scores in play_in_graph(graph, task, 2)["scores"]] == plain


def test_tables_of_players_who_act_at_once_say_what_turns_need():
    reasoner = make_task("game-1").reasoner()
    actions = reasoner.model.actions
    situation = Situation({"a": actions, "b": actions}, state=0, moved={"a": actions[0]})
    with pytest.raises(ModelError, match=r"make the reasoner of taking_turns\(model\)"):
        reasoner.policy(situation, "b", 1)


def test_turns_that_cannot_be_are_refused(corridor):
    model = corridor.reasoner().model
    with pytest.raises(ModelError, match="take turns already"):
        taking_turns(model)
    with pytest.raises(ModelError, match="first must be 0 or 1"):
        taking_turns(make_task("game-1").model, first=2)
    names = model.actions
    wrong = Situation({"a": names, "b": names}, state=0, moved={"b": names[0]})
    backwards = Situation({"a": names, "b": names}, state=0, turns=(("b",), ("a",)))
    with pytest.raises(ModelError, match="turns begin with"):
        corridor.reasoner().policy(backwards, "a", 1)
    with pytest.raises(ModelError, match="'b' has moved, and in state 0 it is not its turn"):
        corridor.reasoner().policy(wrong, "a", 1)
    following = np.array([[[1, 0], [0, 0]], [[1, 1], [1, 1]]])
    with pytest.raises(ModelError, match="depends on the other's action as well"):
        TabularModel(
            following,
            np.array([1, 0]),
            np.array([False, True]),
            (0,),
            ("press", "wait"),
            mover=np.zeros(2, dtype=int),
        )


def test_a_game_of_turns_may_say_so_in_its_own_states():
    """A lamp that each switches at its turn: it ends when both have pressed; alone, one press is enough."""
    # 0 ann's turn, nobody pressed; 1 ben's, ann did; 2 ben's, nobody did; 3 over; 4 ann's, ben did
    following = np.zeros((5, 2, 2), dtype=int)
    following[0] = [[1, 1], [2, 2]]
    following[1] = [[3, 0], [3, 0]]
    following[2] = [[4, 0], [4, 0]]
    following[3] = 3
    following[4] = [[3, 3], [2, 2]]
    model = TabularModel(
        following,
        np.array([1, 1, 1, 0, 1]),
        np.array([False, False, False, True, False]),
        (0,),
        ("press", "wait"),
        Solo(
            np.array([[1, 0], [1, 1]]),
            np.array([1, 0]),
            np.array([False, True]),
            project=np.array([[0, 1, 0, 1, 0], [0, 0, 0, 1, 1]]),
        ),
        mover=np.array([0, 1, 1, 0, 0]),
    )
    reasoner = TabularReasoner(model, cache=False)
    two = {"ann": model.actions, "ben": model.actions}
    assert [reasoner.policy(Situation(two, state=1), "ben", k) for k in (1, 2)] == [{"press": 1.0}] * 2
    assert reasoner.policy(Situation(two, state=0), "ann", 2) == {"press": 1.0}
    seen = Situation(two, state=0, moved={"ann": "press"})
    assert reasoner.policy(seen, "ben", 2) == reasoner.policy(Situation(two, state=1), "ben", 2)
