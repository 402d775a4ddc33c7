"""Whoever is a player can sit in every shell: node, team node, middleware, functional API, plain loop."""

import json

import pytest
from boards import ACTIONS, PLAYERS, board_graph, player_node, reasoner, situation
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_store, get_stream_writer
from langgraph.func import entrypoint
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore
from scripted import ScriptedModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    BareAgent,
    BeliefError,
    BeliefMemory,
    ChangePoints,
    Contract,
    Decision,
    FixedOrderAgent,
    Situation,
    StaticPlayer,
    add_tom_team,
    atake_turn,
    json_field,
    take_turn,
)
from atom.graph import Turn

ROUNDS = 10


class Counter(StaticPlayer):
    """The least that a player needs: it does one thing after the other, and knows nobody."""

    def __init__(self, me):
        self.me = me

    def decide(self, situation, memory):
        legal = situation.legal(self.me)
        action = legal[memory["step"] % len(legal)]
        return Decision(self.me, action), {**memory, "step": memory["step"] + 1}


def test_a_player_with_decide_alone_plays_in_a_node():
    out = board_graph(Counter("ann")).compile().invoke({"rounds": 7}, {"recursion_limit": 100})
    assert [joint["ann"] for joint in out["history"]] == list("ABCDEAB")


async def test_a_player_with_decide_alone_plays_in_an_asynchronous_graph():
    out = await board_graph(Counter("ann")).compile().ainvoke({"rounds": 7}, {"recursion_limit": 100})
    assert [joint["ann"] for joint in out["history"]] == list("ABCDEAB")


def test_nobody_is_told_what_a_player_without_beliefs_believes():
    events = list(
        board_graph(Counter("ann"), Counter("ben")).compile().stream({"rounds": 3}, stream_mode="custom")
    )
    assert events == []


def test_an_adaptive_agent_learns_about_a_player_with_decide_alone():
    graph = board_graph(ben=Counter("ben")).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}, "recursion_limit": 100}
    graph.invoke({"rounds": 5}, config)
    memories = graph.get_state(config).values["tom"]
    assert memories["ben"] == {"version": 2, "episode": 0, "step": 5}
    assert memories["ann"]["partners"]["ben"]["weights"] != AdaptiveAgent("ann", reasoner()).beliefs.prior


class Board(TypedDict, total=False):
    picks: dict[str, str]


def test_a_player_with_decide_alone_plays_in_a_team_node():
    def node(agent):
        return player_node(agent, write=lambda decision: {})

    builder = StateGraph(Board)
    router = add_tom_team(builder, "team", [node(Counter("ann")), node(AdaptiveAgent("ben", reasoner()))])
    builder.add_conditional_edges(START, router, ["team"])
    builder.add_edge("team", END)
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for _ in range(3):
        graph.invoke({"picks": {}}, config)
    memories = graph.get_state(config).values["tom"]
    assert (memories["ann"]["step"], memories["ben"]["step"]) == (3, 3)


def test_a_player_with_decide_alone_tells_a_model_nothing():
    model = ScriptedModel(answer=lambda messages: AIMessage("A"))
    middleware = AdaptiveToMMiddleware(
        Counter("ann"), situation=lambda state: situation({}), observed=json_field("ben", "ben_did")
    )
    agent = create_agent(model, middleware=[middleware], checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for news in ("Go.", '{"ben_did": "B"}', '{"ben_did": "C"}'):
        state = agent.invoke({"messages": [HumanMessage(news)]}, config)
    assert not any(isinstance(message, SystemMessage) for sent in model.sent for message in sent)
    memory = state["tom"]["ann"]
    assert (memory["step"], memory["told"]["text"]) == (3, "")
    assert memory["told"]["decision"]["action"] == "C"


def test_a_player_with_decide_alone_takes_turns():
    memories, done = {}, []
    for _ in range(7):
        decision, memories = take_turn(Counter("ann"), memories, situation({}), {"ben": "A"})
        done.append(decision.action)
    assert done == list("ABCDEAB")


def test_a_class_without_decide_is_no_player():
    class Idle(StaticPlayer):
        me = "ann"

    with pytest.raises(TypeError, match="abstract"):
        Idle()


@pytest.mark.parametrize(
    "player",
    [
        Counter("ann"),
        FixedOrderAgent("ann", reasoner(), 1),
        BareAgent("ann", lambda situation, prediction: "A"),
    ],
    ids=lambda player: type(player).__name__,
)
def test_beliefs_of_a_player_without_any_are_refused_by_name_when_a_shell_is_made(player):
    kept, words = (
        BeliefMemory("five"),
        f"beliefs of 'ann' are to be kept, but {type(player).__name__} has none",
    )
    shells = (
        lambda: Turn("n", player, kept),
        lambda: player_node(player, beliefs=kept),
        lambda: AdaptiveToMMiddleware(player, situation=situation, observed=lambda m: None, beliefs=kept),
        lambda: take_turn(player, {}, situation({}), kept=kept, store=InMemoryStore()),
        lambda: kept.before(InMemoryStore(), player, player.start([])),
        lambda: kept.after(InMemoryStore(), player, player.start([])),
    )
    for shell in shells:
        with pytest.raises(BeliefError, match=words):
            shell()


def test_a_turn_that_keeps_beliefs_needs_a_store():
    with pytest.raises(BeliefError, match="keeps the beliefs of 'ann' in a Store, and there is none"):
        take_turn(AdaptiveAgent("ann", reasoner()), {}, situation({}), kept=BeliefMemory("five"))


# ---- the same decisions in every shell ----


def agents():
    contract = Contract({"ann": 1})
    return (
        AdaptiveAgent("ann", reasoner(), seed=5, contract=contract, changes=ChangePoints()),
        FixedOrderAgent("ben", reasoner(), 2),
    )


def in_graph(kept=None, store=None):
    """History, ann's memory and all events of ten rounds with nodes."""
    ann, ben = agents()
    nodes = {"ann": player_node(ann, beliefs=kept), "ben": player_node(ben)}
    graph = board_graph(nodes=nodes).compile(checkpointer=InMemorySaver(), store=store)
    config = {"configurable": {"thread_id": "t"}, "recursion_limit": 100}
    events = list(graph.stream({"rounds": ROUNDS}, config, stream_mode="custom"))
    state = graph.get_state(config).values
    return state["history"], state["tom"]["ann"], events


def told(events):
    """Events but for the name of the node, which a loop has not."""
    return [{key: value for key, value in event.items() if key != "node"} for event in events]


def without_writer(memory):
    return {key: value for key, value in memory.items() if key != "writer"}


def test_turns_in_a_loop_decide_as_nodes_do():
    history, memories, events = [], {}, []
    for _ in range(ROUNDS):
        board, seen = situation({"history": history}), history[-1] if history else None
        joint = {}
        before = memories
        for player in agents():
            decision, after = take_turn(player, before, board, seen, send=events.append)
            joint[player.me] = decision.action
            memories = {**memories, player.me: after[player.me]}
        history.append(joint)
    expected = in_graph()
    assert history == expected[0]
    assert memories["ann"] == expected[1]
    assert told(events) == told(expected[2])


async def test_awaited_turns_decide_alike():
    history, memories, events = [], {}, []
    for _ in range(ROUNDS):
        board, seen = situation({"history": history}), history[-1] if history else None
        joint = {}
        before = memories
        for player in agents():
            decision, after = await atake_turn(player, before, board, seen, send=events.append)
            joint[player.me] = decision.action
            memories = {**memories, player.me: after[player.me]}
        history.append(joint)
    expected = in_graph()
    assert (history, memories["ann"], told(events)) == (expected[0], expected[1], told(expected[2]))


def workflow(kept, store):
    """The game in LangGraph's functional API: every call is one round, and memories are what is saved."""

    @entrypoint(checkpointer=InMemorySaver(), store=store)
    def play(ben_did, *, previous):
        saved = previous or {"memories": {}, "history": []}
        history = saved["history"]
        seen = history[-1] if history else None
        decision, memories = take_turn(
            agents()[0], saved["memories"], situation({"history": history}), seen,
            kept=kept, store=get_store(), send=get_stream_writer(),
        )  # fmt: skip
        joint = {"ann": decision.action, "ben": ben_did}
        return entrypoint.final(
            value=decision.action, save={"memories": memories, "history": [*history, joint]}
        )

    return play


def test_turns_in_the_functional_api_decide_as_nodes_do():
    store, kept = InMemoryStore(), BeliefMemory("five", half_life=None)
    history, memory, events = in_graph(BeliefMemory("five", half_life=None), InMemoryStore())
    play, config = workflow(kept, store), {"configurable": {"thread_id": "t"}}
    found = []
    for joint in history:
        found += play.stream(joint["ben"], config, stream_mode="custom")
    saved = play.checkpointer.get(config)["channel_values"]["__previous__"]
    assert saved["history"] == history
    assert without_writer(saved["memories"]["ann"]) == without_writer(memory)
    assert told(found) == told(events)
    assert json.loads(json.dumps(saved)) == saved
    assert kept.known(store, "ann", "ben")["observations"] == ROUNDS - 1


async def test_turns_in_an_asynchronous_workflow_remember_partners_across_threads():
    store, kept = InMemoryStore(), BeliefMemory("five", half_life=None)
    ann = AdaptiveAgent("ann", reasoner(), seed=5)

    @entrypoint(checkpointer=InMemorySaver(), store=store)
    async def play(seen, *, previous):
        decision, memories = await atake_turn(
            ann, previous or {}, situation({}), seen, kept=kept, store=get_store(), send=get_stream_writer()
        )
        return entrypoint.final(value=decision.as_plain(), save=memories)

    ben = max(reasoner().policy(situation({}), "ben", 2).items(), key=lambda item: item[1])[0]
    for thread in ("one", "two"):
        config = {"configurable": {"thread_id": thread}}
        first = await play.ainvoke({}, config)
        for _ in range(4):
            await play.ainvoke({"ben": ben}, config)
        posterior = first["partners"]["ben"]["posterior"]
        if thread == "one":
            assert posterior["2"] == pytest.approx(0.27)
        else:
            assert posterior["2"] > 0.8
    assert kept.known(store, "ann", "ben")["observations"] == 8


def test_what_is_seen_before_the_first_turn_is_not_judged():
    """Nothing was expected of anybody then: nodes do the same."""
    ann = AdaptiveAgent("ann", reasoner())
    _, memories = take_turn(ann, {}, situation({}), {"ben": "A"})
    assert memories["ann"]["partners"]["ben"]["weights"] == ann.beliefs.prior


def test_turns_hear_declarations_and_leave_others_memories_alone():
    ann = AdaptiveAgent("ann", reasoner(), contract=Contract({"ann": 1}))
    others = {"ben": {"declares": 2}, "eve": {"version": 2, "episode": 0, "step": 4}}
    decision, memories = take_turn(ann, others, Situation(dict.fromkeys(PLAYERS, ACTIONS)))
    assert decision.contracts["ben"].order == 2
    assert decision.order == 1
    assert {name: memories[name] for name in others} == others
