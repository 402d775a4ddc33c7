"""A node that only observes, and observations of all kinds through a node."""

from typing import TypedDict

import pytest
from boards import ACTIONS, PLAYERS, reasoner
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    BeliefError,
    BeliefMemory,
    CongestionReasoner,
    FixedOrderAgent,
    Seen,
    Situation,
    StateKeyError,
    add_tom_node,
    add_tom_observer,
    take_turn,
)
from atom.belief import habitual

WAYS = pytest.mark.parametrize("way", ["sync", "async"])


class Duel(TypedDict, total=False):
    """One decision: ann acts, then ben; nothing comes after it."""

    before: list[dict[str, str]]
    ann: str
    ben: str
    seen: object


def situation(state):
    return Situation(dict.fromkeys(PLAYERS, ACTIONS), history=tuple(state.get("before") or ()))


def ann_node(agent=None, observed=lambda state: {"ben": state["ben"]}, **options):
    return AdaptiveToMNode(
        "ann",
        agent or AdaptiveAgent("ann", reasoner(), seed=3),
        situation=situation,
        observed=observed,
        write=lambda decision: {"ann": decision.action},
        **options,
    )


def duel(node, *, watched=True, order=1):
    ben = FixedOrderAgent("ben", reasoner(), order)

    def bens(state):
        decision, _ = ben.decide(situation(state), ben.start(["ann"]))
        return {"ben": decision.action}

    builder = StateGraph(Duel)
    add_tom_node(builder, "decide", node)
    builder.add_node("answer", bens)
    builder.add_edge(START, "decide")
    builder.add_edge("decide", "answer")
    if watched:
        add_tom_observer(builder, "watch", node)
        builder.add_edge("answer", "watch")
        builder.add_edge("watch", END)
    return builder


async def run(graph, state, config, way):
    return await graph.ainvoke(state, config) if way == "async" else graph.invoke(state, config)


def threads(n):
    """What ann and ben did before, different in every thread."""
    return [{"before": [{"ann": ACTIONS[i % 5], "ben": ACTIONS[(2 * i) % 5]}]} for i in range(n)]


@WAYS
@pytest.mark.parametrize("watched", [True, False])
async def test_threads_of_one_decision_learn_through_a_store(way, watched):
    store, kept = InMemoryStore(), BeliefMemory("duels")
    graph = duel(ann_node(beliefs=kept), watched=watched).compile(store=store, checkpointer=InMemorySaver())
    posterior = None
    for i, state in enumerate(threads(8)):
        config = {"configurable": {"thread_id": str(i)}}
        await run(graph, state, config, way)
        memory = graph.get_state(config).values["tom"]["ann"]
        posterior = AdaptiveAgent("ann", reasoner()).posterior(memory, "ben")
    if watched:
        assert posterior[1] > 0.8, "eight duels with ToM-1"
    else:
        assert posterior[1] < 0.5, "nobody saw ben act"


@WAYS
async def test_what_an_observer_counted_is_not_counted_again(way):
    graph = duel(ann_node()).compile(checkpointer=InMemorySaver())
    alone = duel(ann_node(), watched=False).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    found = []
    for compiled in (graph, alone):
        for state in threads(3):
            await run(compiled, state, config, way)
        found.append(compiled.get_state(config).values["tom"]["ann"])
    watched, later = found
    assert watched["step"] == later["step"] == 3
    assert watched["partners"]["ben"]["expected"] is None, "the last action was seen"
    agent = AdaptiveAgent("ann", reasoner(), seed=3)
    again = agent.observe(later, None, {"ben": alone.get_state(config).values["ben"]})
    assert again["partners"]["ben"]["weights"] == watched["partners"]["ben"]["weights"]


@WAYS
async def test_before_the_first_decision_an_observer_does_nothing(way):
    builder = StateGraph(Duel)
    node = ann_node()
    add_tom_observer(builder, "watch", node)
    builder.add_edge(START, "watch")
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    await run(graph, {"ben": "A"}, config, way)
    assert not graph.get_state(config).values.get("tom")


def test_an_observer_of_nobody_is_refused():
    node = ann_node(FixedOrderAgent("ann", reasoner(), 1))
    with pytest.raises(BeliefError, match="which believes nothing"):
        add_tom_observer(StateGraph(Duel), "watch", node)


def test_an_observer_for_another_agent_of_the_name_is_refused():
    builder = StateGraph(Duel)
    add_tom_node(builder, "decide", ann_node())
    with pytest.raises(StateKeyError, match="two agents with the name 'ann'"):
        add_tom_observer(builder, "watch", ann_node(AdaptiveAgent("ann", reasoner(), seed=4)))


# --- observations of all kinds, through the hook of a node ---


def after(seen, *, agent=None, before=()):
    """What ann remembers of ben after something was seen between two decisions, and what went wrong."""
    said = []
    node = AdaptiveToMNode(
        "ann",
        agent or AdaptiveAgent("ann", reasoner(), late=2),
        situation=situation,
        observed=lambda state: state.get("seen"),
        write=lambda decision: said.append(decision.degraded) or {"ann": decision.action},
    )
    builder = StateGraph(Duel)
    add_tom_node(builder, "decide", node)
    builder.add_edge(START, "decide")
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    graph.invoke({"before": [{"ann": "A", "ben": "B"}], "seen": None}, config)
    for one in (*before, seen):
        graph.invoke({"seen": one}, config)
    return graph.get_state(config).values["tom"]["ann"]["partners"]["ben"], said[-1]


def test_a_list_of_observations_and_of_actions_counts_as_several():
    once, _ = after({"ben": "B"})
    several, said = after([{"ben": "B"}, {"ben": "C"}])
    as_list, _ = after({"ben": ["B", "C"]})
    assert said == ()
    assert several["weights"] == as_list["weights"] != once["weights"]


def test_late_and_unclear_ones_pass():
    late, said = after([{"ben": Seen("B", step=0)}, {"ben": Seen({"B": 0.7, "c": 0.3})}], before=[None])
    assert said == ()
    assert "late" not in late


def test_what_is_too_late_is_left_out_and_said():
    record, said = after({"ben": Seen("B", step=0)}, before=[None, None, None])
    assert "no prediction is kept" in said[0]
    assert "pass late=" in said[0]
    assert record["weights"] == after(None, before=[None, None, None])[0]["weights"]


def test_of_an_unclear_action_what_is_not_legal_is_left_out_and_said():
    record, said = after({"ben": Seen({"B": 0.5, "Z": 0.5})})
    assert record["weights"] == after({"ben": "B"})[0]["weights"]
    assert "'Z' is not a legal action" in said[0]


@pytest.mark.parametrize("nothing", [None, [], {}, [None], [{}], {"ben": None}])
def test_nothing_seen_is_nothing(nothing):
    record, said = after(nothing)
    assert said == ()
    assert record["weights"] == AdaptiveAgent("ann", reasoner()).beliefs.prior


# --- what was found by trying to break it ---


@pytest.mark.parametrize(
    "strange",
    [
        {"A": "0.7"},
        {"A": None},
        {"A": [1]},
        {"A": -1},
        {"A": float("nan")},
        {},
        [[["A"]]],
        [{"A": "x"}, {"B": None}],
    ],
    ids=repr,
)
def test_what_a_partner_wrote_never_brings_a_node_down(strange):
    record, said = after({"ben": strange})
    assert record["weights"] == AdaptiveAgent("ann", reasoner()).beliefs.prior
    assert len(said) >= 1


def test_a_list_nested_deep_is_left_out():
    deep = "A"
    for _ in range(900):
        deep = [deep, "A"]
    player, now = AdaptiveAgent("ann", reasoner()), Situation(dict.fromkeys(PLAYERS, ACTIONS))
    _, memories = take_turn(player, {}, now)
    decision, _ = take_turn(player, memories, now, {"ben": [deep, deep]})
    assert len(decision.degraded) == 1


def test_lists_of_views_are_several_also_where_the_rest_is_called_other():
    legal = ("A", "B", "C", "D", "other")
    seen = {"ben": [Seen("A"), {"A": 0.9, "B": 0.1}]}
    found = []
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", reasoner(), hypotheses=[habitual()]),
        situation=lambda state: Situation({"ann": ACTIONS, "ben": legal}),
        observed=lambda state: state.get("seen"),
        write=lambda decision: found.append(decision) or {"ann": decision.action},
        on_unseen="other",
    )
    builder = StateGraph(Duel)
    add_tom_node(builder, "decide", node)
    builder.add_edge(START, "decide")
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    graph.invoke({"seen": None}, config)
    graph.invoke({"seen": seen}, config)
    assert found[-1].partners["ben"].counts == pytest.approx({"A": 1.9, "B": 0.1})
    assert found[-1].degraded == ()


@pytest.mark.parametrize("seen", [{"ben": None}, {"ben": ["A", "B"]}, {"ben": 5}, {"ben": Seen({"A": 1})}])
def test_players_without_beliefs_take_whatever_is_seen(seen):
    player = FixedOrderAgent("ann", reasoner(), 1)
    now = Situation(dict.fromkeys(PLAYERS, ACTIONS))
    _, memories = take_turn(player, {}, now)
    decision, memories = take_turn(player, memories, now, seen)
    assert decision.action in ACTIONS
    assert memories["ann"]["step"] == 2


def test_an_observer_between_two_partners_loses_neither():
    class Trio(TypedDict, total=False):
        ben: str
        cem: str

    three = {"ann": ("A", "B"), "ben": ("A", "B"), "cem": ("A", "B")}
    game = CongestionReasoner(lambda player, action, same, others: float(same == 0))
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", game),
        situation=lambda state: Situation(three),
        observed=lambda state: {name: state[name] for name in ("ben", "cem") if state.get(name)},
        write=lambda decision: {},
    )
    builder = StateGraph(Trio)
    add_tom_node(builder, "decide", node)
    builder.add_node("bens", lambda state: {"ben": "A", "cem": ""})
    add_tom_observer(builder, "watch", node)
    builder.add_node("cems", lambda state: {"cem": "B"})
    for one, other in ((START, "decide"), ("decide", "bens"), ("bens", "watch"), ("watch", "cems")):
        builder.add_edge(one, other)
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for _ in range(5):
        graph.invoke({}, config)
    partners = graph.get_state(config).values["tom"]["ann"]["partners"]
    counts = {n: partners[n]["habits"]["counts"]["frequency"][""] for n in ("ben", "cem")}
    assert counts == {"ben": {"A": 5.0}, "cem": {"B": 4.0}}, "cem's fifth action is seen at the next decision"


def test_an_observer_that_names_steps_makes_no_complaints():
    said = []
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", reasoner(), late=2),
        situation=situation,
        observed=lambda state: {"ben": Seen(state["ben"], step=len(said) - 1)} if state.get("ben") else None,
        write=lambda decision: said.append(decision.degraded) or {"ann": decision.action},
    )
    graph = duel(node).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for state in threads(4):
        graph.invoke(state, config)
    assert said == [()] * 4
