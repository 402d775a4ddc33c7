"""One player's memory written by several branches at once: what is newer stands, whoever wrote last."""

import itertools
from operator import add
from typing import Annotated, Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command, interrupt
from scripted import ScriptedModel

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    BeliefMemory,
    CongestionReasoner,
    Decision,
    FixedOrderAgent,
    NormalFormReasoner,
    RecursiveReasoner,
    Seen,
    Situation,
    ToMState,
    add_tom_node,
    add_tom_observer,
    declare,
    symmetric_payoffs,
    tool_calls,
)
from atom.agents.player import StaticPlayer
from atom.graph import merge_memories
from atom.graph.newer import revised

THREAD = {"configurable": {"thread_id": "t"}}
THREE = {"ann": ("A", "B"), "ben": ("A", "B"), "eve": ("A", "B")}
TWO = {name: THREE[name] for name in ("ann", "ben")}
CROWD = CongestionReasoner(lambda player, action, same, others: float(same == 0))
GAME = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))

NAMES = pytest.mark.parametrize("name", ["a_log", "zlog"])  # LangGraph takes writes in the order of names


class Log(ToMState, total=False):
    note: Annotated[list[str], add]


class Board(Log, total=False):
    ann: str


def ann_node(sees=("ben",), agent=None, players=TWO, **options):
    return AdaptiveToMNode(
        "ann",
        agent or AdaptiveAgent("ann", GAME),
        situation=lambda board: Situation(players),
        observed=lambda board: dict.fromkeys(sees, "A"),
        write=lambda decision: {"ann": decision.action},
        **options,
    )


def passing(schema=Log):
    """A subgraph that keeps no beliefs, and returns those that it was given."""
    inner = StateGraph(schema).add_node("log", lambda state: {"note": ["logged"]})
    return inner.add_edge(START, "log").compile()


def one_round(node, branches):
    """ann decides; then all branches at once."""
    builder = add_tom_node(StateGraph(Board), "ann", node).add_edge(START, "ann")
    for name, branch in branches.items():
        if isinstance(branch, AdaptiveToMNode):
            add_tom_observer(builder, name, branch)
        else:
            builder.add_node(name, branch)
        builder.add_edge("ann", name).add_edge(name, END)
    return builder


def decided(agent=None, **options):
    """A memory after ann's first decision."""
    node = ann_node(agent=agent, **options)
    return node.invoke({"tom": {}})["tom"]["ann"]


def has_seen(memory, *partners):
    return {name: record.get("counted") for name, record in memory["partners"].items()} == {
        name: 0 if name in partners else None for name in memory["partners"]
    }


@NAMES
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_subgraph_that_passes_beliefs_through_undoes_no_observation(name, way):
    node = ann_node()
    graph = one_round(node, {"watch": node, name: passing()}).compile(checkpointer=InMemorySaver())
    await graph.ainvoke({}, THREAD) if way == "async" else graph.invoke({}, THREAD)
    memory = graph.get_state(THREAD).values["tom"]["ann"]  # packed in the checkpoint
    assert memory["step"] == 1
    assert has_seen(memory, "ben")
    assert node.agent.posterior(memory, "ben") == node.agent.posterior(
        node.agent.observe(decided(), None, {"ben": "A"}), "ben"
    )


@NAMES
def test_what_a_node_of_the_users_own_observes_stands_as_well(name):
    """It writes what ``observe`` returned, which counts no changes."""
    node = ann_node()

    def watch(state):
        return {"tom": {"ann": node.agent.observe(state["tom"]["ann"], None, {"ben": "A"})}}

    out = one_round(node, {"watch": watch, name: passing()}).compile().invoke({})
    assert has_seen(out["tom"]["ann"], "ben")


@pytest.mark.parametrize("names", list(itertools.permutations(["x", "y", "z"])))
def test_observers_of_two_partners_at_once_are_both_heard(names):
    agent = AdaptiveAgent("ann", CROWD)
    bens, eves = (ann_node(sees=(sees,), agent=agent, players=THREE) for sees in ("ben", "eve"))
    graph = one_round(bens, dict(zip(names, (bens, eves, passing()), strict=True))).compile()
    memory = graph.invoke({})["tom"]["ann"]
    assert has_seen(memory, "ben", "eve")
    both = agent.observe(decided(agent, players=THREE), None, {"ben": "A", "eve": "A"})
    assert memory["partners"] == both["partners"]


@pytest.mark.parametrize("order", [("ben", "eve"), ("eve", "ben")])
def test_what_two_observers_saw_is_in_the_store_once(order):
    agent, kept, store = AdaptiveAgent("ann", CROWD), BeliefMemory("three"), InMemoryStore()
    bens, eves = (ann_node(sees=(sees,), agent=agent, players=THREE, beliefs=kept) for sees in ("ben", "eve"))
    branches = dict(zip(("x", "y"), (bens, eves) if order[0] == "ben" else (eves, bens), strict=True))
    graph = one_round(bens, branches).compile(store=store, checkpointer=InMemorySaver())
    for _ in range(3):
        graph.invoke({}, THREAD)
    assert [kept.known(store, "ann", name)["observations"] for name in order] == [3, 3]


@NAMES
def test_what_a_middleware_notes_after_a_call_stands(name):
    """The model answers; nobody acted since the prediction, so that no step is taken."""
    replies = iter(["well", AIMessage("", tool_calls=[])])

    def answer(messages):
        return AIMessage(str(next(replies, "done")), name="someone")

    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", GAME),
        situation=lambda state: Situation(TWO),
        observed=tool_calls("ben", "choose"),
    )
    agent = create_agent(ScriptedModel(answer=answer), tools=[], middleware=[middleware])

    class Chat(ToMState, total=False):
        messages: Annotated[list[Any], add]
        note: Annotated[list[str], add]

    def call(state):
        return {"tom": agent.invoke({"messages": state["messages"], "tom": state["tom"]})["tom"]}

    builder = StateGraph(Chat).add_node("agent", call).add_node(name, passing())
    builder.add_edge(START, "agent").add_edge(START, name)
    graph = builder.compile(checkpointer=InMemorySaver())
    graph.invoke({"messages": [HumanMessage("go", id="1")]}, THREAD)
    before = graph.get_state(THREAD).values["tom"]["ann"]
    graph.invoke({"messages": [HumanMessage("and", id="2")]}, THREAD)
    after = graph.get_state(THREAD).values["tom"]["ann"]
    assert after["step"] == before["step"] == 1
    assert len(after["told"]["own"]) > len(before["told"]["own"])


@NAMES
def test_a_paused_branch_that_is_resumed_counts_once(name):
    """What its subgraph observed before the pause is handed on once it ends."""
    kept, store = BeliefMemory("two"), InMemoryStore()
    node = ann_node(beliefs=kept)
    inner = add_tom_observer(StateGraph(Log), "watch", node)
    inner.add_node("ask", lambda state: {"note": [interrupt("well?")]})
    asking = inner.add_edge(START, "watch").add_edge("watch", "ask").compile()
    graph = one_round(node, {"middle": asking, name: passing()}).compile(
        store=store, checkpointer=InMemorySaver()
    )
    graph.invoke({}, THREAD)
    assert graph.get_state(THREAD).next
    memory = graph.invoke(Command(resume="yes"), THREAD)["tom"]["ann"]
    assert has_seen(memory, "ben")
    assert kept.known(store, "ann", "ben")["observations"] == 1
    again = merge_memories({"ann": memory}, {"ann": memory})
    assert again == {"ann": memory}


def test_a_decision_begins_to_count_anew():
    node = ann_node()
    graph = one_round(node, {"watch": node}).compile(checkpointer=InMemorySaver())
    for step in (1, 2, 3):
        memory = graph.invoke({}, THREAD)["tom"]["ann"]
        assert memory["step"] == step
        assert memory["revised"] == {"ben": 1}
    (update,) = (chunk["ann"] for chunk in graph.stream({}, THREAD) if "ann" in chunk)
    assert "revised" not in update["tom"]["ann"]


@NAMES
def test_a_new_episode_stands_beside_what_is_passed_through(name):
    agent = AdaptiveAgent("ann", GAME)

    def anew(state):
        return {"tom": {"ann": agent.start(["ben"], episode=1)}}

    graph = one_round(ann_node(agent=agent), {"middle": anew, name: passing()}).compile()
    assert graph.invoke({})["tom"]["ann"] == agent.start(["ben"], episode=1)


def test_a_memory_that_is_begun_anew_on_purpose_is_taken():
    agent = AdaptiveAgent("ann", GAME)
    node = ann_node(agent=agent)
    graph = one_round(node, {"watch": node}).compile(checkpointer=InMemorySaver())
    graph.invoke({}, THREAD)
    graph.update_state(THREAD, {"tom": {"ann": agent.start(["ben"])}}, as_node="watch")
    assert graph.get_state(THREAD).values["tom"]["ann"] == agent.start(["ben"])
    assert graph.invoke({}, THREAD)["tom"]["ann"]["step"] == 1


def test_an_older_memory_is_written_after_it_was_forgotten():
    node = ann_node()
    graph = one_round(node, {"watch": node}).compile(checkpointer=InMemorySaver())
    graph.invoke({}, THREAD)
    history = [s.values["tom"]["ann"] for s in graph.get_state_history(THREAD) if s.values.get("tom")]
    after, before = history[0], history[-1]
    assert has_seen(before)
    assert has_seen(after, "ben")
    graph.update_state(THREAD, {"tom": {"ann": before}}, as_node="watch")
    assert graph.get_state(THREAD).values["tom"]["ann"] == after
    graph.update_state(THREAD, {"tom": {"ann": None}}, as_node="watch")
    graph.update_state(THREAD, {"tom": {"ann": before}}, as_node="watch")
    assert graph.get_state(THREAD).values["tom"]["ann"] == before


def test_a_fork_goes_on_from_its_own_checkpoint():
    node = ann_node()
    graph = one_round(node, {"watch": node, "zlog": passing()}).compile(checkpointer=InMemorySaver())
    graph.invoke({}, THREAD)
    whole = graph.get_state(THREAD).values["tom"]["ann"]
    middle = next(s for s in graph.get_state_history(THREAD) if set(s.next) == {"watch", "zlog"})
    assert graph.invoke(None, middle.config)["tom"]["ann"] == whole
    edited = {**middle.values["tom"]["ann"], "acted": "B"}
    forked = graph.update_state(middle.config, {"tom": {"ann": edited}}, as_node="ann")
    memory = graph.invoke(None, forked)["tom"]["ann"]
    assert memory["acted"] == "B"
    assert has_seen(memory, "ben")


def test_what_is_edited_by_hand_stands():
    seen = revised(decided(), node_saw(decided()), "ann")
    edited = {**seen, "acted": "B"}
    assert merge_memories({"ann": seen}, {"ann": edited}) == {"ann": edited}


def node_saw(memory):
    return AdaptiveAgent("ann", GAME).observe(memory, None, {"ben": "A"})


def test_memories_that_count_no_changes_are_read():
    """Those of earlier versions, and of version 1, which has no records of partners."""
    old = decided()
    assert "revised" not in old
    seen = revised(old, node_saw(old), "ann")
    assert merge_memories({"ann": seen}, {"ann": old}) == {"ann": seen}
    assert merge_memories({"ann": old}, {"ann": seen}) == {"ann": seen}
    first = {"version": 1, "episode": 0, "step": 1, "belief": {"ben": []}}
    now = revised(first, {**old, "order": 1}, "ann")
    assert merge_memories({"ann": now}, {"ann": first}) == {"ann": now}


DAMAGE = [
    {"revised": "x"},
    {"revised": {"ben": "x", "ann": None}},
    {"step": "x"},
    {"partners": 3},
    {"partners": {"ben": 3}},
    {"episode": None},
]


@pytest.mark.parametrize("damage", DAMAGE, ids=str)
def test_damaged_memories_are_merged_without_an_error(damage):
    """What is wrong with them is said where they are read."""
    whole = revised(decided(), node_saw(decided()), "ann")
    for left, right in itertools.permutations([whole, {**whole, **damage}]):
        assert merge_memories({"ann": left}, {"ann": right})["ann"].keys() >= {"step"}


def test_a_partner_that_a_branch_let_go_stays_away():
    memory = decided(AdaptiveAgent("ann", CROWD), players=THREE)
    partners = {name: record for name, record in memory["partners"].items() if name != "eve"}
    less = revised(memory, {**memory, "partners": partners}, "ann")
    for left, right in itertools.permutations([memory, less]):
        assert merge_memories({"ann": left}, {"ann": right}) == {"ann": less}
    noted = revised(memory, {**memory, "acted": "B"}, "ann")
    for left, right in itertools.permutations([noted, less]):
        merged = merge_memories({"ann": left}, {"ann": right})["ann"]
        assert merged["partners"].keys() == {"ben"}
        assert merged["acted"] == "B"


def test_a_declaration_stands_whoever_writes_first():
    memory = decided()
    said = declare({"ann": 1})["tom"]
    assert merge_memories(said, {"ann": memory}) == merge_memories({"ann": memory}, said)


class Counting:
    """A player of the user's own, which numbers its steps."""

    me, beliefs = "ann", None

    def start(self, partners, *, episode=0):
        return {"step": 0}

    def hear(self, memory, declared):
        return memory

    def observe(self, memory, situation, actions):
        return memory

    def decide(self, situation, memory):
        decision, _ = AdaptiveAgent("ann", GAME).decide(situation, decided_from_start())
        return decision, {**memory, "step": memory["step"] + 1}


def decided_from_start():
    return AdaptiveAgent("ann", GAME).start(["ben"])


def test_a_player_of_ones_own_that_numbers_its_steps_is_passed_through_and_begun_anew():
    node = ann_node(agent=Counting())
    builder = add_tom_node(StateGraph(Board), "ann", node).add_node("zlog", passing())
    graph = builder.add_edge(START, "ann").add_edge(START, "zlog").compile(checkpointer=InMemorySaver())
    for times in (1, 2, 3):
        assert graph.invoke({}, THREAD)["tom"]["ann"] == {"step": times}
    assert merge_memories({"ann": {"step": 3}}, {"ann": {"step": 0}}) == {"ann": {"step": 0}}


class Move(TypedDict):
    """A change that a branch made."""

    step: int
    seen: frozenset[str]
    told: bool


MOVES = st.fixed_dictionaries(
    {"step": st.integers(1, 2), "seen": st.frozensets(st.sampled_from("bcd")), "told": st.booleans()}
)


def written(move: Move) -> dict[str, Any]:
    """What a branch writes that decided so often, then saw these partners, and noted something or not."""
    partners = {name: {"expected": {"actions": ["A"]}, "weights": move["step"]} for name in "bcd"}
    memory = {"episode": 0, "step": move["step"], "partners": partners}
    for name in sorted(move["seen"]):
        after = {**memory["partners"], name: {"expected": None, "weights": -move["step"]}}
        memory = revised(memory, {**memory, "partners": after}, "ann")
    if move["told"]:
        memory = revised(memory, {**memory, "told": move["step"]}, "ann")
    return memory


@given(st.lists(MOVES, min_size=1, max_size=4), st.randoms())
def test_the_order_of_writes_changes_nothing(moves, random):
    """Of branches that went on from one state: commutative, associative, and the same when written twice."""
    writes = [{"ann": written(move)} for move in moves]
    base = {"ann": written({"step": 1, "seen": frozenset(), "told": False})}

    def folded(found, left=base):
        for one in found:
            left = merge_memories(left, one)
        return left

    whole = folded(writes)
    shuffled = [*writes, *writes, base]
    random.shuffle(shuffled)
    assert folded(shuffled) == whole
    cut = random.randrange(len(writes) + 1)
    right = folded(writes[cut:]) if cut < len(writes) else base
    assert merge_memories(folded(writes[:cut]), right) == whole
    last = max(move["step"] for move in moves)
    newest = [move for move in moves if move["step"] == last]
    seen = frozenset().union(*(move["seen"] for move in newest))
    expected = written({"step": last, "seen": seen, "told": any(move["told"] for move in newest)})
    assert whole["ann"] == expected


@pytest.mark.parametrize("name", ["a_watch", "zwatch"])
def test_an_observer_beside_the_node_leaves_a_memory_that_was_given_to_the_graph(name):
    """Before the first decision there is nothing to judge, and nothing is written."""
    node = ann_node()
    builder = add_tom_observer(add_tom_node(StateGraph(Board), "ann", node), name, node)
    graph = builder.add_edge(START, "ann").add_edge(START, name).compile(checkpointer=InMemorySaver())
    given_memory = {"tom": {"ann": node.agent.start(["ben"])}}
    for turn in range(3):
        state = graph.invoke(given_memory if turn == 0 else {}, THREAD)
        assert state["tom"]["ann"]["step"] == turn + 1


class Counts(StaticPlayer):
    """A player of somebody's own, whose memory is a dataclass without a step."""

    me = "ann"

    def start(self, partners, *, episode=0):
        return {"seen": 0}

    def decide(self, situation, memory):
        assert memory.keys() == {"seen"}
        return Decision("ann", "A", None, {}), {"seen": memory["seen"] + 1}


def test_memories_of_ones_own_players_are_their_own_affair():
    node = ann_node(agent=Counts())
    graph = add_tom_node(StateGraph(Board), "ann", node).add_edge(START, "ann")
    graph = graph.compile(checkpointer=InMemorySaver())
    for turn in range(3):
        assert graph.invoke({}, THREAD)["tom"]["ann"] == {"seen": turn + 1}


def test_what_a_node_of_ones_own_observes_where_views_are_hidden_stands():
    agent = AdaptiveAgent(
        "ann", RecursiveReasoner(lambda s, p: {"A": 1.0}, lambda s, p, predicted: {"B": 1.0})
    )
    hidden = Situation(TWO, possible={"ben": {"low": 0.5, "high": 0.5}})
    _, memory = agent.decide(hidden, agent.start(["ben"]))
    first = agent.observe(memory, None, {"ben": Seen("A", view="low")})
    second = agent.observe(
        first, hidden, {"ben": "A"}
    )  # judged once more, by what is known of that situation
    assert first != second
    assert merge_memories({"ann": first}, {"ann": second})["ann"] == second


@NAMES
def test_a_memory_that_was_given_to_a_graph_goes_on_beside_a_branch_that_returns_it(name):
    """Nothing was seen since the first decision, so there is nothing that ``start`` would have forgotten."""
    node = ann_node()
    builder = add_tom_node(StateGraph(Board), "ann", node).add_node(name, passing())
    graph = builder.add_edge(START, "ann").add_edge(START, name).compile(checkpointer=InMemorySaver())
    given_memory = {"tom": {"ann": node.agent.start(["ben"])}}
    for turn in range(3):
        state = graph.invoke(given_memory if turn == 0 else {}, THREAD)
        assert state["tom"]["ann"]["step"] == turn + 1
    graph.update_state(THREAD, {"tom": {"ann": node.agent.start(["ben"])}}, as_node="ann")
    assert graph.get_state(THREAD).values["tom"]["ann"]["step"] == 0, "who asks for it begins anew"


@pytest.mark.parametrize("kind", [FixedOrderAgent, Counts])
def test_nothing_is_observed_before_a_first_decision_whoever_decides(kind):
    agent = Counts() if kind is Counts else FixedOrderAgent("ann", GAME, 0)
    node = AdaptiveToMNode(
        "ann",
        agent,
        situation=lambda board: Situation(TWO),
        observed=lambda board: {"ben": board["note"][-1]},
        write=lambda decision: {"note": ["A"]},
    )
    graph = add_tom_node(StateGraph(Board), "ann", node).add_edge(START, "ann").compile()
    memory = agent.start(["ben"])
    assert graph.invoke({"tom": {"ann": memory}} if memory.get("step") == 0 else {})["note"] == ["A"]


def test_an_agent_whose_belief_begins_anew_is_told_again():
    told = []

    def answer(messages):
        told.append(any("expect" in str(message.content).lower() for message in messages))
        return AIMessage("Well.")

    player = AdaptiveAgent("ann", GAME)
    watching = AdaptiveToMMiddleware(
        player,
        situation=lambda state: Situation(TWO),
        observed=lambda messages: None,
        acted=lambda messages: None,
    )
    agent = create_agent(ScriptedModel(answer=answer), middleware=[watching], checkpointer=InMemorySaver())
    for _ in range(2):
        state = agent.invoke({"messages": [HumanMessage("Go.")]}, THREAD)
        assert state["tom"]["ann"]["step"] == 1
        agent.update_state(THREAD, {"tom": {"ann": None}})
        agent.update_state(THREAD, {"tom": {"ann": player.start(["ben"], episode=1)}})
    assert told == [True, True]
