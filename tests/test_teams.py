"""Any number of players: reasoning about crowds, declared orders, leaving and joining, one node for all."""

import asyncio
import itertools
import pickle
from typing import Annotated, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    CongestionReasoner,
    Contract,
    ContractError,
    DeclaredReasoner,
    NormalFormReasoner,
    PayoffError,
    RecursiveReasoner,
    Situation,
    SituationError,
    StateKeyError,
    add_tom_team,
    alternating_orders,
    team_orders,
)
from atom.reasoning.reasoner import AsyncReasoner, AsyncResponder, ConcurrentReasoner
from eval.play import Unit
from eval.studies import play_team, symmetric_limit
from eval.sweeps import play_cell
from eval.tasks import collisions, make_task


def alone(player, ticket, same, others):
    return float(same == 0)


def situation_of(players, tickets, last=None):
    return Situation(dict.fromkeys(players, tickets), history=[last] if last else [])


@st.composite
def crowds(draw):
    """A congestion game of 2 to 4 players and 2 or 3 actions, and a last joint action."""
    n, m = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    values = draw(st.lists(st.integers(-3, 3), min_size=n * m * n, max_size=n * m * n))
    table = np.array(values, dtype=float).reshape(n, m, n)
    last = draw(st.lists(st.integers(0, m - 1), min_size=n, max_size=n))
    return table, last


def as_array(table):
    """The payoff array ``[N, A, ..., A]`` of a congestion game."""
    n, m, _ = table.shape
    payoffs = np.zeros((n, *[m] * n))
    for joint in itertools.product(range(m), repeat=n):
        for i in range(n):
            payoffs[(i, *joint)] = table[i, joint[i], joint.count(joint[i]) - 1]
    return payoffs


@given(crowds(), st.sampled_from(["first", "uniform"]))
def test_crowds_are_reasoned_about_as_the_whole_array_says(crowd, ties):
    table, last = crowd
    n, m, _ = table.shape
    names, actions = [f"p{i}" for i in range(n)], tuple(f"a{i}" for i in range(m))
    situation = situation_of(names, actions, {p: actions[a] for p, a in zip(names, last, strict=True)})

    def payoff(player, action, same, others):
        assert others == n - 1
        return table[names.index(player), actions.index(action), same]

    ours = CongestionReasoner(payoff, ties=ties)
    exact = NormalFormReasoner(as_array(table), ties=ties)
    for player, order in itertools.product(names, (3, 0, 1, 2)):
        policy = ours.policy(situation, player, order)
        expected = exact.policy(situation, player, order)
        assert policy == pytest.approx({a: p for a, p in expected.items() if p}), (player, order)
    mixed = {p: dict.fromkeys(actions, 1 / m) for p in names[1:]}
    assert ours.expected_payoffs(situation, "p0", mixed) == pytest.approx(
        exact.expected_payoffs(situation, "p0", mixed)
    )


def test_all_players_of_an_order_are_what_recursion_says():
    rng = np.random.default_rng(3)
    names, tickets = [f"p{i}" for i in range(7)], tuple("ABCDEFGH")
    last = {name: tickets[int(rng.integers(8))] for name in names}
    situation = situation_of(names, tickets, last)
    ours = CongestionReasoner(alone)
    recursive = RecursiveReasoner(lambda s, p: ours.policy(s, p, 0), ours.best_response)
    for name, order in itertools.product(names, range(4)):
        assert ours.policy(situation, name, order) == recursive.policy(situation, name, order)


def test_an_answer_stays_or_spreads():
    """A lucky player keeps its ticket; one that shared draws from all that are free."""
    tickets = CongestionReasoner(alone)
    last = {"ann": "A", "ben": "A", "cem": "B"}
    situation = situation_of(last, ("A", "B", "C", "D"), last)
    others = {"ann": {"A": 1.0}, "ben": {"A": 1.0}}
    assert tickets.respond(situation, "cem", others) == {"B": 1.0}
    assert tickets.respond(situation, "ann", {"ben": {"A": 1.0}, "cem": {"B": 1.0}}) == {"C": 0.5, "D": 0.5}
    assert tickets.best_response(situation, "ann", {"ben": {"A": 1.0}, "cem": {"B": 1.0}}) == {"C": 1.0}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda r, s: r.policy(s, "ann", -1), ValueError, ">= 0, got -1"),
        (lambda r, s: r.policy(s, "zoe", 0), SituationError, "'zoe' is not in this situation"),
        (lambda r, s: r.respond(s, "ann", {}), SituationError, "no prediction for player 'ben'"),
        (lambda r, s: CongestionReasoner(alone, ties="last"), ValueError, "ties must be"),
        (
            lambda r, s: CongestionReasoner(lambda *_: np.nan).policy(s, "ann", 0),
            PayoffError,
            "finite, got nan",
        ),
        (
            lambda r, s: r.policy(situation_of(("ann", "ben"), ("A",), {"eve": "A"}), "ann", 0),
            PayoffError,
            "is of none of the players",
        ),
        (lambda r, s: DeclaredReasoner(object(), {}), SituationError, "cannot respond"),
        (lambda r, s: DeclaredReasoner(r, {"ann": -1}), ContractError, "integer >= 0"),
        (lambda r, s: team_orders([("ann", "ann")]), ContractError, "its own partner"),
        (lambda r, s: make_task("tickets-1-5"), ValueError, "the N of tickets-N-M counts players"),
        (lambda r, s: make_task("tickets-5-0"), ValueError, "got 5-0"),
        (lambda r, s: symmetric_limit(9), ValueError, "1 to 8"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call(CongestionReasoner(alone), situation_of(("ann", "ben"), ("A", "B")))


graphs = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")).filter(lambda pair: pair[0] != pair[1]),
    min_size=1,
    max_size=15,
)


@given(graphs)
def test_team_orders_differ_and_everybody_is_aligned_with_somebody(pairs):
    orders = team_orders(pairs)
    assert set(orders) == {player for pair in pairs for player in pair}
    assert all(orders[one] != orders[other] for one, other in pairs)
    for player, order in orders.items():
        near = {orders[b if a == player else a] for a, b in pairs if player in (a, b)}
        assert set(range(order)) <= near


def test_team_orders_agree_with_alternating_ones_where_two_suffice():
    for pairs in ([("a", "b")], [("a", "b"), ("b", "c"), ("c", "d")], [("x", "a"), ("x", "b")]):
        assert team_orders(pairs) == alternating_orders(pairs)


def test_without_declarations_nothing_changes():
    situation = situation_of(("ann", "ben"), ("A", "B"))
    game = NormalFormReasoner([[[0, 5], [5, 0]], [[0, 5], [5, 0]]])
    free = DeclaredReasoner(game, {})
    for player, order in itertools.product(("ann", "ben"), range(4)):
        assert free.policy(situation, player, order) == game.policy(situation, player, order)
    declared = DeclaredReasoner(game, {"ann": 1, "ben": 2})
    assert declared.policy(situation, "ann", 1) == game.policy(situation, "ann", 1)
    assert declared.policy(situation, "ben", 2) == game.policy(situation, "ben", 2)


class Answering:
    """Can respond, and be asked for policies one by one."""

    def policy(self, situation, player, order):
        return {situation.legal(player)[order % 2]: 1.0}

    def respond(self, situation, player, predicted):
        taken = [max(policy, key=policy.get) for policy in predicted.values()]
        return {max(situation.legal(player), key=lambda action: -taken.count(action)): 1.0}


class Awaited(Answering):
    """The same, awaited where it is asked; it can respond without."""

    async def apolicy(self, situation, player, order):
        await asyncio.sleep(0)
        return self.policy(situation, player, order)


@pytest.mark.parametrize("moved", [{}, {"ann": "A"}])
@pytest.mark.parametrize("orders", [{}, {"ann": 0, "ben": 1, "cem": 2}, {"ann": 2, "cem": 1}])
@pytest.mark.parametrize("kind", [Awaited, RecursiveReasoner])
async def test_declared_orders_are_the_same_awaited(kind, orders, moved):
    names = ("ann", "ben", "cem")
    situation = Situation(dict.fromkeys(names, ("A", "B")), moved=moved)
    plain = Answering()
    inner = (
        Awaited() if kind is Awaited else RecursiveReasoner(lambda s, p: plain.policy(s, p, 0), plain.respond)
    )
    declared, twin = DeclaredReasoner(inner, orders), DeclaredReasoner(inner, orders)
    pairs = [(name, order) for name in names for order in range(4)]
    awaited = await asyncio.gather(*(twin.apolicy(situation, *pair) for pair in pairs))
    assert awaited == [declared.policy(situation, *pair) for pair in pairs]
    predicted = {"ben": {"A": 1.0}, "cem": {"A": 1.0}}
    answer = await twin.arespond(situation, "ann", predicted)
    assert answer == declared.respond(situation, "ann", predicted)


def test_declared_orders_can_be_awaited_where_the_wrapped_reasoner_can_and_nowhere_else():
    for inner in (
        Answering(),
        NormalFormReasoner([[[0, 5], [5, 0]], [[0, 5], [5, 0]]]),
        CongestionReasoner(alone),
    ):
        declared = DeclaredReasoner(inner, {})
        assert type(declared) is DeclaredReasoner
        assert not isinstance(declared, AsyncReasoner | AsyncResponder)
    for inner in (Awaited(), RecursiveReasoner(lambda s, p: {"A": 1.0}, lambda s, p, q: {"B": 1.0})):
        declared = DeclaredReasoner(inner, {})
        assert isinstance(declared, AsyncReasoner)
        assert isinstance(declared, AsyncResponder)
        assert not isinstance(declared, ConcurrentReasoner)
    kept = pickle.loads(pickle.dumps(DeclaredReasoner(Awaited(), {"ann": 1})))
    assert isinstance(kept, AsyncReasoner)


def test_teams_on_tickets():
    """The figures of docs/teams.md, in small: stuck without, near the limit with, none with a contract."""
    task = make_task("tickets-5-5")
    rates = {
        team: play_team(task, team, 30, seed=42).a_round[0]
        for team in ("tom-0", "tom-1", "random", "bayes", "contract")
    }
    assert rates["tom-0"] == rates["tom-1"] == 5.0
    assert rates["random"] == pytest.approx(5 * (1 - 0.8**4), abs=0.15)
    assert symmetric_limit(5) / 30 < rates["bayes"] < 0.4
    assert rates["contract"] == 0.0


def test_the_symmetric_limit_where_it_is_known():
    assert symmetric_limit(1) == 0.0
    assert symmetric_limit(2) == pytest.approx(2.0)  # two coins: half of the rounds, until they differ
    assert symmetric_limit(3) == pytest.approx(27 / 8)


def test_a_breach_ends_a_team_contract_for_that_member_only():
    """One of five declares an order and acts at random: it is reported, the others keep theirs."""
    task = make_task("tickets-5-5")
    names = task.players
    orders = team_orders(itertools.combinations(names, 2))
    reasoner = DeclaredReasoner(task.reasoner(), orders)
    agents = {
        me: AdaptiveAgent(me, reasoner, orders=sorted(orders.values()), contract=Contract(orders))
        for me in names[:4]
    }
    memories = {me: agent.start(names) for me, agent in agents.items()}
    rng, last = np.random.default_rng(1), {}
    for _ in range(30):
        situation = situation_of(names, task.situation(task.start()).actions[names[0]], last)
        joint = {names[4]: f"ticket-{1 + int(rng.integers(5))}"}
        for me, agent in agents.items():
            decision, memories[me] = agent.decide(situation, memories[me])
            joint[me] = decision.action
        memories = {me: agent.observe(memories[me], situation, joint) for me, agent in agents.items()}
        last = joint
    terms = {name: record["contract"] for name, record in memories[names[0]]["partners"].items()}
    assert terms[names[4]]["broken"] is not None
    assert all(terms[name]["broken"] is None for name in names[1:4])


def test_twenty_agents_in_langgraph():
    plain = play_team(make_task("tickets-20-25"), "bayes", 1, seed=42)
    graph = play_team(make_task("tickets-20-25"), "bayes", 1, seed=42, runtime="langgraph")
    assert graph.collisions.tolist() == plain.collisions.tolist()
    assert graph.collisions[0, 0] > 5
    assert graph.collisions[0, 15:].sum() == 0


def test_crossplay_takes_every_seat_in_turn():
    assert [Unit("tickets-3-3", "bayes", "tom-0", e, 1).seat for e in range(4)] == [0, 1, 2, 0]
    assert [Unit("memory-1", "bayes", "tom-0", e, 1).seat for e in range(3)] == [0, 1, 0]
    # alone among specialists, each with a ticket of its own, the first ticket is everybody's memory
    cell = play_cell(make_task("specialists-3-3"), "tom-0", "self", 3, seed=1)
    assert len(set(cell.scores)) > 1


class Board(TypedDict):
    here: list[str]
    picks: dict[str, str]


def board_with(names):
    """One round in a graph whose members come and go."""

    def node(me):
        return AdaptiveToMNode(
            me,
            AdaptiveAgent(me, CongestionReasoner(alone)),
            situation=lambda s: situation_of(s["here"], ("A", "B", "C", "D"), s["picks"]),
            observed=lambda s: {p: a for p, a in s["picks"].items() if p != me and p in s["here"]},
            write=lambda decision: {"picked": {me: decision.action}},
        )

    class Round(Board):
        picked: dict[str, str]

    hints = get_type_hints(Round)
    hints["picked"] = Annotated[dict[str, str], lambda a, b: {**a, **b}]
    builder = StateGraph(TypedDict("Round", hints))
    everybody = add_tom_team(builder, "agent", [node(me) for me in names], who=lambda s: s["here"])
    builder.add_conditional_edges(START, everybody, ["agent"])
    builder.add_node("end", lambda s: {"picks": {p: s["picked"][p] for p in s["here"]}})
    builder.add_edge("agent", "end")
    builder.add_edge("end", END)
    return builder


def test_a_member_disappears_and_another_joins():
    """Beliefs about who stays are kept, who joins is met with the prior, who left is not missed."""
    graph = board_with(("ann", "ben", "cem", "dan")).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    here = ["ann", "ben", "cem"]
    graph.invoke({"here": here, "picks": {}, "picked": {}}, config)
    for t in range(16):
        here = ["ann", "ben", "cem"] if t < 4 else ["ann", "ben"] if t < 8 else ["dan", "ann", "ben"]
        graph.invoke({"here": here}, config)
    state = graph.get_state(config).values
    assert set(state["picks"]) == {"ann", "ben", "dan"}
    assert collisions(state["picks"]) == 0
    memories = state["tom"]
    assert (memories["ann"]["step"], memories["cem"]["step"], memories["dan"]["step"]) == (17, 5, 8)
    partners = memories["ann"]["partners"]
    assert set(partners) == {"ben", "cem", "dan"}
    assert partners["cem"]["expected"] is None
    assert partners["cem"]["weights"] != partners["ben"]["weights"]


def test_the_team_node_needs_its_router():
    builder = board_with(("ann", "ben"))
    with pytest.raises(StateKeyError, match="the router that add_tom_team returned"):
        builder.nodes["agent"].runnable.invoke({"here": []})
    node = AdaptiveToMNode("n", AdaptiveAgent("ann", CongestionReasoner(alone)),
                           situation=dict, observed=dict, write=dict)  # fmt: skip
    with pytest.raises(StateKeyError, match="two nodes of the team"):
        add_tom_team(StateGraph(Board), "team", [node, node])
