"""Threads that go on with other settings: told so, or begun anew, in node, team and middleware."""

import asyncio
import logging

import pytest
from boards import board_graph, player_node, reasoner, situation
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore
from savers import asaver, saver
from scripted import ScriptedModel

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    BeliefError,
    BeliefMemory,
    FixedOrderAgent,
    Hedge,
    ToMState,
    add_tom_team,
    json_field,
)

CONFIG = {"configurable": {"thread_id": "1"}, "recursion_limit": 100}
FIRST = {"orders": (0, 1, 2)}
CHANGES = {
    "orders": {"orders": (0, 1)},
    "learner": {"learner": Hedge()},
}


def in_nodes(settings, checkpointer, **options):
    ann = AdaptiveAgent("ann", reasoner(), seed=5, **settings)
    nodes = {
        "ann": player_node(ann, **options),
        "ben": player_node(FixedOrderAgent("ben", reasoner(), 1)),
    }
    return board_graph(nodes=nodes).compile(checkpointer=checkpointer)


class Rounds(ToMState, total=False):
    history: list


def in_team(settings, checkpointer, **options):
    ann = AdaptiveAgent("ann", reasoner(), seed=5, **settings)
    node = player_node(ann, write=lambda decision: {}, **options)
    builder = StateGraph(Rounds)
    router = add_tom_team(builder, "team", [node])
    builder.add_conditional_edges(START, router, ["team"]).add_edge("team", END)
    return builder.compile(checkpointer=checkpointer)


def in_agent(settings, checkpointer, **options):
    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", reasoner(), seed=5, **settings),
        situation=lambda state: situation({}),
        observed=json_field("ben", "ben_did"),
        **options,
    )
    model = ScriptedModel(answer=lambda messages: AIMessage("A"))
    return create_agent(model, middleware=[middleware], checkpointer=checkpointer)


def given(make, step):
    if make is in_nodes:
        return {"rounds": 3 * step}
    if make is in_team:
        return {"history": [{"ann": "A", "ben": "B"}]}
    return {"messages": [HumanMessage('{"ben_did": "B"}')]}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("change", ["orders", "learner"])
@pytest.mark.parametrize("make", [in_nodes, in_team, in_agent], ids=["node", "team", "middleware"])
async def test_a_thread_with_other_settings_is_told_so_or_begins_anew(
    make, change, kind, way, tmp_path, caplog
):
    async def play(checkpointer, invoke):
        for step in (1, 2):
            await invoke(make(FIRST, checkpointer), given(make, step))
        with pytest.raises(BeliefError, match="on_mismatch='restart' to begin the belief anew") as caught:
            await invoke(make(CHANGES[change], checkpointer), given(make, 3))
        assert "'ann': None" in str(caught.value)
        states = []
        with caplog.at_level(logging.WARNING, "atom"):
            for step in (3, 4):
                graph = make(CHANGES[change], checkpointer, on_mismatch="restart")
                await invoke(graph, given(make, step))
                found = graph.get_state(CONFIG) if way == "sync" else await graph.aget_state(CONFIG)
                states.append(found.values["tom"]["ann"])
        return states

    where = str(tmp_path / "c.sqlite")
    if way == "sync":
        with saver(kind, where) as checkpointer:
            third, fourth = await play(
                checkpointer, lambda graph, state: asyncio.to_thread(graph.invoke, state, CONFIG)
            )
    else:
        async with asaver(kind, where) as checkpointer:
            third, fourth = await play(checkpointer, lambda graph, state: graph.ainvoke(state, CONFIG))
    fresh = AdaptiveAgent("ann", reasoner(), seed=5, **CHANGES[change])
    assert third["hypotheses"] == list(fresh.beliefs.names)
    assert third["learner"] == type(fresh.beliefs.learner).__name__
    assert fourth["step"] > third["step"] > 2  # the newer memory wins, and the numbers go on
    (warning,) = [record.message for record in caplog.records if record.name == "atom"]
    assert "the memory of 'ann' was made with other settings; its belief begins anew" in warning
    if make is not in_nodes:
        assert third["partners"]["ben"]["weights"] == fresh.beliefs.prior
        assert fourth["partners"]["ben"]["weights"] != fresh.beliefs.prior


@pytest.mark.parametrize("make", [in_nodes, in_team, in_agent], ids=["node", "team", "middleware"])
def test_a_learner_of_another_shape_is_another_learner(make):
    checkpointer = InMemorySaver()
    for step in (1, 2):
        make(FIRST, checkpointer).invoke(given(make, step), CONFIG)
    graph = make(FIRST, checkpointer)
    memory = graph.get_state(CONFIG).values["tom"]["ann"]
    one_lapse = [[1.0 / len(memory["hypotheses"])] for _ in memory["hypotheses"]]
    partners = {"ben": {**memory["partners"]["ben"], "weights": one_lapse}}
    graph.update_state(CONFIG, {"tom": {"ann": {**memory, "partners": partners}}})
    with pytest.raises(BeliefError, match="not of the learner's shape"):
        make(FIRST, checkpointer).invoke(given(make, 3), CONFIG)
    make(FIRST, checkpointer, on_mismatch="restart").invoke(given(make, 3), CONFIG)
    assert graph.get_state(CONFIG).values["tom"]["ann"]["step"] > memory["step"]


def test_a_memory_can_be_forgotten_as_the_error_says():
    checkpointer = InMemorySaver()
    in_nodes(FIRST, checkpointer).invoke({"rounds": 3}, CONFIG)
    graph = in_nodes(CHANGES["orders"], checkpointer)
    graph.update_state(CONFIG, {"tom": {"ann": None}}, as_node="board")
    graph.invoke({"rounds": 6}, CONFIG)
    assert graph.get_state(CONFIG).values["tom"]["ann"]["hypotheses"] == ["0", "1"]


def test_a_belief_that_begins_anew_keeps_what_a_store_knows():
    """What the thread wrote before stays, and what it writes now is added to it."""
    kept, checkpointer, store = BeliefMemory("five"), InMemorySaver(), InMemoryStore()

    def graph(settings, **options):
        made = in_nodes(settings, checkpointer, beliefs=kept, **options)
        made.store = store
        return made

    graph(FIRST).invoke({"rounds": 4}, CONFIG)
    before = kept.known(store, "ann", "ben")["observations"]
    made = graph(CHANGES["learner"], on_mismatch="restart")
    made.invoke({"rounds": 8}, CONFIG)
    assert before == 3
    assert kept.known(store, "ann", "ben")["observations"] == before + 3
    assert made.get_state(CONFIG).values["tom"]["ann"]["partners"]["ben"]["recalled"] == before


def test_an_unknown_choice_is_refused():
    with pytest.raises(ValueError, match="on_mismatch must be 'raise' or 'restart', got 'ignore'"):
        in_team(FIRST, None, on_mismatch="ignore")
    with pytest.raises(TypeError, match=r"AdaptiveToMMiddleware has no setting \['owned'\]"):
        in_agent(FIRST, None, owned=True)
    with pytest.raises(
        TypeError, match=r"no setting \['on_missmatch'\]; it has \['brief', 'classify', 'key'"
    ):
        in_team(FIRST, None, on_missmatch="raise")
