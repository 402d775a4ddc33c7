"""Actions that differ in form, or that nobody listed: in real graphs, none of them brings one down."""

import enum
import logging

import pytest
from boards import ACTIONS, player_node, reasoner
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    FixedOrderAgent,
    IllegalActionError,
    Situation,
    add_tom_node,
    add_tom_team,
    atake_turn,
    take_turn,
)
from atom.graph.observing import as_listed

CONFIG = {"configurable": {"thread_id": "1"}}
LEGAL = ("src/a.py", "src/b.py", "other")


class Seen(TypedDict, total=False):
    ben: object
    degraded: tuple


class Letter(enum.Enum):
    B = "B"


class Text(enum.StrEnum):
    B = "B"


def graph_of(*, team=False, player=None, legal=ACTIONS, **settings):
    node = player_node(
        player or AdaptiveAgent("ann", reasoner(), seed=5),
        situation=lambda state: Situation({"ann": ACTIONS, "ben": legal}),
        observed=lambda state: {"ben": state["ben"]},
        write=lambda decision: {"degraded": decision.degraded},
        **settings,
    )
    builder = StateGraph(Seen)
    if team:
        router = add_tom_team(builder, "ann", [node])
        builder.add_conditional_edges(START, router, ["ann"])
    else:
        add_tom_node(builder, "ann", node).add_edge(START, "ann")
    return builder.add_edge("ann", END).compile(checkpointer=InMemorySaver())


async def after(graph, happened, way):
    """The state after two turns, between which ben did something."""
    for ben in (None, happened):
        state = {"ben": ben}
        out = await graph.ainvoke(state, CONFIG) if way == "async" else graph.invoke(state, CONFIG)
    return out, graph.get_state(CONFIG).values["tom"]["ann"]


def weights(memory):
    return memory["partners"]["ben"]["weights"]


PRIOR = AdaptiveAgent("ann", reasoner()).beliefs.prior


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("team", [False, True], ids=["node", "team"])
@pytest.mark.parametrize("happened", ["b", " B ", "\uff22", ["B"], ("B",), {"B"}, Text.B], ids=repr)
async def test_an_action_is_known_in_every_form(happened, team, way):
    _, expected = await after(graph_of(team=team), "B", way)
    out, memory = await after(graph_of(team=team), happened, way)
    assert weights(memory) == weights(expected) != PRIOR
    assert out["degraded"] == ()


def test_forms_of_actions():
    assert as_listed(Letter.B, ACTIONS) == as_listed(Text.B, ACTIONS) == "B"
    assert as_listed(3, ("1", "3")) == "3"
    assert as_listed("go", ("go", "GO")) == "go"
    assert as_listed("Go", ("go", "GO")) is None
    assert as_listed(["A", "B"], ACTIONS) is None
    assert as_listed(True, ("1", "0")) is None


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("team", [False, True], ids=["node", "team"])
@pytest.mark.parametrize(
    "happened", ["Z", "", 7, ["A", "B"], "I think that I will rather wait " * 9], ids=repr
)
async def test_what_nobody_listed_is_left_out_with_one_warning(happened, team, way, caplog):
    with caplog.at_level(logging.WARNING, "atom"):
        out, memory = await after(graph_of(team=team), happened, way)
    assert weights(memory) == PRIOR
    assert memory["step"] == 2
    (record,) = caplog.records
    (problem,) = out["degraded"]
    for said in (record.message, problem):
        assert "the node 'ann'" in said
        assert "is not a legal action of 'ben'; legal are ['A', 'B', 'C', 'D', 'E']" in said
        assert len(said) < 250


async def test_nothing_that_was_seen_is_no_problem(caplog):
    out, memory = await after(graph_of(), None, "sync")
    assert (out["degraded"], weights(memory), caplog.records) == ((), PRIOR, [])


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_nobody_listed_raises_where_that_is_asked_for(way):
    with pytest.raises(IllegalActionError, match=r"'Z' is not a legal action of 'ben'.*map it by classify="):
        await after(graph_of(on_unseen="raise"), "Z", way)


class Twos:
    """A reasoner about files: whoever is of order 0 takes the second, others something else."""

    def policy(self, situation, player, order):
        legal = situation.legal(player)
        return {legal[1]: 1.0} if order == 0 else {legal[-1]: 1.0}


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_nobody_listed_counts_as_other(way):
    player = AdaptiveAgent("ann", Twos(), orders=(0, 1))
    expected = await after(graph_of(player=player, legal=LEGAL), "other", way)
    found = await after(graph_of(player=player, legal=LEGAL, on_unseen="other"), "README.md", way)
    assert weights(found[1]) == weights(expected[1])
    assert found[0]["degraded"] == ()
    without = await after(graph_of(player=player, legal=LEGAL[:2], on_unseen="other"), "README.md", way)
    assert "is not a legal action" in without[0]["degraded"][0]


async def test_what_classify_fails_on_is_not_other():
    """A fault says nothing of the partner."""
    player = AdaptiveAgent("ann", Twos(), orders=(0, 1))
    for classify in (lambda *_: 1 / 0, lambda *_: "README.md", lambda *_: 10**5000, asking):
        graph = graph_of(player=player, legal=LEGAL, on_unseen="other", classify=classify)
        out, memory = await after(graph, "docs/x.md", "sync")
        assert weights(memory) == player.beliefs.prior
        assert "classify " in out["degraded"][0]
        with pytest.raises(IllegalActionError, match=r"the node 'ann': .*classify"):
            await after(graph_of(player=player, classify=classify, on_unseen="raise"), "docs/x.md", "sync")


def asking(player, happened, legal):
    """Returns what has yet to be awaited, and looks like a plain function."""

    async def ask():
        return "other"

    return ask()


def by_file(player, happened, legal):
    """The first file of a diff that is listed."""
    return next((name for name in legal if name in happened), None)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_happened_is_classified(way):
    player = AdaptiveAgent("ann", Twos(), orders=(0, 1))
    _, expected = await after(graph_of(player=player, legal=LEGAL), "src/b.py", way)
    diff = "--- src/b.py\n+++ src/b.py\n@@ -1 +1 @@"
    _, found = await after(graph_of(player=player, legal=LEGAL, classify=by_file), diff, way)
    assert weights(found) == weights(expected)
    _, found = await after(graph_of(player=player, legal=LEGAL, classify=by_file), "no diff", way)
    assert weights(found) == AdaptiveAgent("ann", Twos(), orders=(0, 1)).beliefs.prior


@pytest.mark.parametrize(
    ("classify", "says"),
    [
        (
            lambda player, happened, legal: 1 / 0,
            "classify failed on 'Z' (ZeroDivisionError: division by zero)",
        ),
        (
            lambda player, happened, legal: "Y",
            "classify took 'Z' for 'Y', which is not a legal action of 'ben'",
        ),
    ],
)
async def test_a_classifier_that_fails_leaves_out_what_happened(classify, says):
    out, memory = await after(graph_of(classify=classify), "Z", "sync")
    assert says in out["degraded"][0]
    assert weights(memory) == PRIOR


def test_a_classifier_may_ask_a_person():
    graph = graph_of(classify=lambda player, happened, legal: interrupt(f"What is {happened}?"))
    graph.invoke({"ben": None}, CONFIG)
    assert graph.invoke({"ben": "Z"}, CONFIG)["__interrupt__"][0].value == "What is Z?"
    graph.invoke(Command(resume="B"), CONFIG)
    assert weights(graph.get_state(CONFIG).values["tom"]["ann"]) != PRIOR


async def test_a_player_that_believes_nothing_is_handed_what_happened():
    out, memory = await after(graph_of(player=FixedOrderAgent("ann", reasoner(), 1)), "Z", "sync")
    assert (out["degraded"], memory["step"]) == ((), 2)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_turn_as_a_function_leaves_out_what_nobody_listed(way):
    ann, memories = AdaptiveAgent("ann", reasoner(), seed=5), {}
    board = Situation({"ann": ACTIONS, "ben": ACTIONS})
    for happened in (None, "Z", "b"):
        seen = {"ben": happened}
        if way == "async":
            decision, memories = await atake_turn(ann, memories, board, seen)
        else:
            decision, memories = take_turn(ann, memories, board, seen)
        assert ("'Z' is not a legal action" in "".join(decision.degraded)) == (happened == "Z")
        assert (weights(memories["ann"]) == PRIOR) == (happened != "b")


def test_choices_are_checked_when_the_node_is_made():
    with pytest.raises(ValueError, match="on_unseen must be 'ignore', 'other' or 'raise', got 'drop'"):
        graph_of(on_unseen="drop")
    with pytest.raises(ValueError, match="the hook 'classify' of the node 'ann' must be a function"):
        graph_of(classify="by file")
