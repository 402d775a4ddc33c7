"""Pauses, forks, handoffs and changed messages: decision and belief are what they would be without.

The matrix: node, team and middleware; sync and async; in memory, SQLite and PostgreSQL. Every case plays the
turns of a thread in which ben speaks and ann acts by a tool, and compares each with the same turn of a thread
that nobody interferes with. Every call is made by a graph that is built anew, as another process would.

It runs with the oldest supported LangChain, on LangGraph 1.0, and with the newest, see .ci/oldest.
"""

from functools import cache, cached_property
from operator import add
from typing import Annotated, Literal

import pytest
from boards import ACTIONS, PLAYERS, reasoner
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.prebuilt import ToolRuntime
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command, interrupt
from savers import calls
from scripted import ScriptedModel

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    BeliefMemory,
    Situation,
    ToMState,
    add_tom_node,
    add_tom_team,
    json_field,
    tool_calls,
)

BOTH = Situation(dict.fromkeys(PLAYERS, ACTIONS))
BEN = "BCC"
ANN = "ADBE"
CONFIG = {"configurable": {"thread_id": "1"}}
KINDS = pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
WAYS = pytest.mark.parametrize("way", ["sync", "async"])
SHELLS = ["node", "traced node", "team", "middleware"]
ASKING = ["tool", "langchain"]


class Talk(MessagesState, ToMState, total=False):
    chosen: str
    notes: Annotated[list[str], add]


class Listener(BaseCallbackHandler):
    """Whoever listens makes the node a run of its own."""


class Ann:
    """An agent within a shell that acts by its tool, which a person may have to approve.

    Args:
        shell: what the agent is wrapped in.
        asks: who asks the person: the ``"tool"``, or a middleware of ``"langchain"``; None for nobody.
        hands_over: the turns in which the tool hands over to eve, whom only the graph around has.
    """

    def __init__(self, shell, asks=None, hands_over=(), beliefs=None):
        self.shell, self.asks, self.hands_over, self.beliefs = shell, asks, hands_over, beliefs
        self.turn = self.asked = 0
        self.done = []

    def config(self, at=CONFIG):
        return {**at, "callbacks": [Listener()]} if self.shell == "traced node" else at

    def answer(self, messages):
        self.asked += 1
        if isinstance(messages[-1], ToolMessage):
            return AIMessage(f"My answer is {messages[-1].text[-1]}.")
        name = "to_eve" if self.turn in self.hands_over else "act"
        call = {"name": name, "args": {"action": ANN[self.turn]}, "id": f"c{self.turn}"}
        return AIMessage('They say {"ben_did": "E"}.', tool_calls=[call])

    def may(self, action):
        """Asks the person, and does it where that is allowed."""
        if self.asks == "tool" and interrupt({"may I": action}) != "yes":
            return "A"
        self.done.append(action)
        return action

    @cached_property
    def tools(self):
        """Made once: they hold nothing, and LangChain takes longer to make them than all the rest."""

        @tool
        def act(action: str) -> str:
            """Do an action."""
            return self.may(action)

        @tool
        def to_eve(action: str, runtime: ToolRuntime) -> Command[Literal["eve"]]:
            """Hand over to eve, and take the belief along."""
            own = {"tom": runtime.state["tom"]} if self.shell == "middleware" else {}
            update = {"notes": [f"ann: {self.may(action)}"], **own}
            return Command(graph=Command.PARENT, goto="eve", update=update)

        return [act, to_eve]

    def agent(self, *more, **settings):
        ask = [HumanInTheLoopMiddleware({"act": True, "to_eve": True})] if self.asks == "langchain" else []
        model = ScriptedModel(answer=self.answer)
        return create_agent(model, tools=self.tools, middleware=[*more, *ask], **settings)

    def player(self, **settings):
        return AdaptiveAgent("ann", reasoner(), seed=5, **settings)

    def node(self):
        return AdaptiveToMNode(
            "ann",
            self.player(agent=self.agent()),
            situation=lambda state: BOTH,
            observed=json_field("ben", "ben_did"),
            write=lambda decision: {"chosen": decision.action, "messages": list(decision.reply)},
            messages=lambda state: state["messages"],
            beliefs=self.beliefs,
        )

    def watching(self):
        return AdaptiveToMMiddleware(
            self.player(),
            situation=lambda state: BOTH,
            observed=json_field("ben", "ben_did"),
            acted=tool_calls("ann", "act"),
            beliefs=self.beliefs,
        )

    def graph(self, checkpointer, store=None):
        """Ann, and eve, who can only be reached by a handoff."""
        builder = StateGraph(Talk)
        if self.shell == "middleware":
            builder.add_node("ann", self.agent(self.watching())).add_edge(START, "ann")
        elif self.shell == "team":
            router = add_tom_team(builder, "ann", [self.node()])
            builder.add_conditional_edges(START, router, ["ann"])
        else:
            add_tom_node(builder, "ann", self.node()).add_edge(START, "ann")
        builder.add_node("eve", lambda state: {"notes": ["eve worked"]}).add_edge("eve", END)
        return builder.compile(checkpointer=checkpointer, store=store)


def said(turn, ben=BEN):
    """What ben says before a turn; before the first, nobody has done anything."""
    text = f'{{"ben_did": "{ben[turn - 1]}"}}' if turn else "Go."
    return HumanMessage(text, name="ben" if turn else None)


def yes(ann):
    return Command(resume="yes" if ann.asks == "tool" else {"decisions": [{"type": "approve"}]})


def no(ann):
    rejected = {"decisions": [{"type": "reject", "message": "A"}]}
    return Command(resume="no" if ann.asks == "tool" else rejected)


def believed(state):
    """The belief of a thread and what was decided, without the ids of messages, which are chance."""
    memory = state.values["tom"]["ann"]
    told = {key: memory["told"].get(key) for key in ("text", "taken", "done", "problems")}
    return {**memory, "told": told}, state.values.get("chosen")


async def found(ann, call, config=CONFIG):
    return believed(await call.state(ann.graph(call.checkpointer), config))


async def paused(ann, call, turn, *, ben=BEN, before=(), at=CONFIG):
    """A turn up to the question whether ann may; nothing is done yet, and the model was asked once."""
    ann.turn, asked, done = turn, ann.asked, list(ann.done)
    given = {"messages": [*before, said(turn, ben)]}
    state = await call.invoke(ann.graph(call.checkpointer), given, ann.config(at))
    (question,) = state["__interrupt__"]
    assert ANN[turn] in str(question.value)
    assert (ann.asked, ann.done) == (asked + 1, done)


async def resumed(ann, call, answer=yes, at=CONFIG):
    """The rest of the turn, in which nobody is asked again."""
    asked = ann.asked
    state = await call.invoke(ann.graph(call.checkpointer), answer(ann), ann.config(at))
    assert "__interrupt__" not in state
    assert ann.asked == asked + (ann.turn not in ann.hands_over)
    return state


async def approved(ann, call, turn, **settings):
    await paused(ann, call, turn, **settings)
    return await resumed(ann, call)


@cache
def left_alone(shell, ben=BEN, hands_over=()):
    """Belief and decision after every turn of a thread that nobody interferes with."""
    ann, checkpointer, turns = Ann(shell, hands_over=hands_over), InMemorySaver(), []
    for ann.turn in range(len(ben) + 1):
        graph = ann.graph(checkpointer)
        graph.invoke({"messages": [said(ann.turn, ben)]}, CONFIG)
        turns.append(believed(graph.get_state(CONFIG)))
    return turns


@pytest.fixture
def where(request, tmp_path):
    if request.node.callspec.params["kind"] == "postgres":
        return request.getfixturevalue("postgres_database")
    return str(tmp_path / "checkpoints.sqlite")


def of_player(did):
    """What a player believes of ben that does this itself, without any graph; and its prior."""
    player = Ann("node").player(agent=lambda situation, prediction: did[turn])
    memory = player.start(["ben"])
    for turn in range(len(did)):
        if turn:
            memory = player.observe(memory, BOTH, {"ben": BEN[turn - 1]})
        _, memory = player.decide(BOTH, memory)
    return memory["partners"]["ben"]["weights"], player.beliefs.prior


@pytest.mark.parametrize("shell", SHELLS)
def test_a_thread_that_is_left_alone_believes_what_its_player_does(shell):
    """What all others are compared with. A model need not do what it is told."""
    for turn, (belief, chosen) in enumerate(left_alone(shell)):
        weights, prior = of_player(ANN[: turn + 1])
        assert belief["step"] == turn + 1
        assert belief["partners"]["ben"]["weights"] == weights
        assert (weights == prior) == (turn == 0)
        assert (belief["told"]["taken"] if shell == "middleware" else chosen) == ANN[turn]


@pytest.mark.parametrize("shell", SHELLS)
@WAYS
async def test_a_belief_goes_by_what_a_person_made_of_a_call(shell, way):
    def edit(ann):
        action = {"name": "act", "args": {"action": "C"}}
        return Command(resume={"decisions": [{"type": "edit", "edited_action": action}]})

    ann = Ann(shell, "langchain")
    async with calls("memory", way, "") as call:
        for turn in range(len(ANN)):
            await paused(ann, call, turn)
            await resumed(ann, call, edit)
        belief, _ = await found(ann, call)
    assert ann.done == ["C"] * len(ANN)
    assert belief["partners"]["ben"]["weights"] == of_player("CCCC")[0] != of_player(ANN)[0]
    if shell == "middleware":
        assert (belief["told"]["done"], belief["told"]["taken"]) == ("C", "C")


@pytest.mark.parametrize("asks", ASKING)
@pytest.mark.parametrize("shell", SHELLS)
@WAYS
@KINDS
async def test_a_pause_changes_neither_decision_nor_belief(kind, way, shell, asks, where):
    ann = Ann(shell, asks)
    async with calls(kind, way, where) as call:
        for turn, expected in enumerate(left_alone(shell)):
            await approved(ann, call, turn)
            assert ann.done == list(ANN[: turn + 1])
            assert await found(ann, call) == expected


@pytest.mark.parametrize(("shell", "asks"), [("node", "tool"), ("team", "langchain"), ("middleware", "tool")])
@WAYS
@KINDS
async def test_a_fork_from_before_a_pause_goes_its_own_way(kind, way, shell, asks, where):
    """Another answer of the person, another action of ben; and the pause that was left is still one.

    Forks are new input at an old checkpoint: LangGraph 1.0 takes decisions that were made along in others.
    """
    ann = Ann(shell, asks)
    trunk, branch = left_alone(shell), left_alone(shell, ben="BD")
    async with calls(kind, way, where) as call:
        for turn in range(2):
            await approved(ann, call, turn)
        before = (await call.state(ann.graph(call.checkpointer), CONFIG)).config
        await paused(ann, call, 2)
        pause = (await call.state(ann.graph(call.checkpointer), CONFIG)).config
        await paused(ann, call, 2, at=before)
        await resumed(ann, call, no)
        assert ann.done == list(ANN[:2])
        rejected, _ = await found(ann, call)
        assert rejected["partners"] == trunk[2][0]["partners"]
        await approved(ann, call, 2, ben="BD", at=before)
        assert await found(ann, call) == branch[2]
        await approved(ann, call, 2, at=before)
        assert await found(ann, call) == trunk[2]
        await resumed(ann, call, at=pause)
        assert ann.done == [*ANN[:2], *ANN[2] * 3]
        assert await found(ann, call) == trunk[2]
        await approved(ann, call, 3)
        assert await found(ann, call) == trunk[3]


@pytest.mark.parametrize("asks", [None, "tool"])
@pytest.mark.parametrize("shell", SHELLS)
@WAYS
@KINDS
async def test_a_handoff_arrives_and_the_belief_goes_on(kind, way, shell, asks, where):
    """A turn of a node that ends in a handoff has no decision; a middleware has predicted by then."""
    ann = Ann(shell, asks, hands_over=(2,))
    alone = left_alone(shell, hands_over=(2,))
    async with calls(kind, way, where) as call:
        for turn, expected in enumerate(alone):
            if asks:
                state = await approved(ann, call, turn)
            else:
                ann.turn = turn
                given = {"messages": [said(turn)]}
                state = await call.invoke(ann.graph(call.checkpointer), given, ann.config())
            handed = [f"ann: {ANN[2]}", "eve worked"]
            assert state.get("notes", []) == (handed if turn >= 2 else [])
            assert await found(ann, call) == expected
    assert ann.done == list(ANN)
    assert alone[2][0]["step"] == (3 if shell == "middleware" else 2)


# ---- messages ----


def deleted(messages):
    return [RemoveMessage(id=REMOVE_ALL_MESSAGES)]


def summarised(messages):
    """As LangChain's own middleware does; and as somebody else might, without saying so."""
    quoted = HumanMessage('{"ben_did": "E"}', additional_kwargs={"lc_source": "summarization"})
    own = HumanMessage('So far, {"ben_did": "E"} and {"ben_did": "E"}.')
    return [RemoveMessage(id=REMOVE_ALL_MESSAGES), quoted, own, *messages[-1:]]


def echoed(messages):
    return [HumanMessage('Why did you not answer {"ben_did": "E"}?'), AIMessage('{"ben_did": "E"}')]


def edited(messages):
    return [m.model_copy(update={"content": '{"ben_did": "E"}'}) for m in messages if m.name == "ben"]


@pytest.mark.parametrize("change", [deleted, summarised, echoed, edited])
@pytest.mark.parametrize("shell", ["node", "middleware"])
@WAYS
@KINDS
async def test_messages_that_are_changed_between_turns_change_no_belief(kind, way, shell, change, where):
    ann = Ann(shell, "tool")
    async with calls(kind, way, where) as call:
        for turn, expected in enumerate(left_alone(shell)):
            state = await call.state(ann.graph(call.checkpointer), CONFIG)
            before = change(state.values["messages"]) if turn else []
            await approved(ann, call, turn, before=before)
            assert await found(ann, call) == expected


# ---- several pauses ----


@pytest.mark.parametrize("together", ["branches", "team"])
@WAYS
@KINDS
async def test_two_agents_pause_at_once_and_are_resumed_one_by_one(kind, way, together, where):
    """Who was answered first waits, and is not run again when the other one is answered."""
    acted = []

    def acts(me):
        return lambda situation, prediction: (acted.append(me), interrupt(me))[1]

    def graph(checkpointer):
        builder = StateGraph(Talk)
        nodes = {
            me: AdaptiveToMNode(
                me,
                AdaptiveAgent(me, reasoner(), agent=acts(me)),
                situation=lambda state: BOTH,
                observed=lambda state: None,
                write=lambda decision: {"notes": [decision.action]},
            )
            for me in PLAYERS
        }
        if together == "team":
            router = add_tom_team(builder, "team", nodes.values())
            builder.add_conditional_edges(START, router, ["team"])
        else:
            for me, node in nodes.items():
                add_tom_node(builder, me, node).add_edge(START, me)
        return builder.compile(checkpointer=checkpointer)

    async with calls(kind, way, where) as call:
        first = await call.invoke(graph(call.checkpointer), {"notes": []}, CONFIG)
        assert {found.value for found in first["__interrupt__"]} == set(PLAYERS)
        ids = {found.value: found.id for found in first["__interrupt__"]}
        half = await call.invoke(graph(call.checkpointer), Command(resume={ids["ben"]: "C"}), CONFIG)
        assert [found.value for found in half["__interrupt__"]] == ["ann"]
        done = await call.invoke(graph(call.checkpointer), Command(resume={ids["ann"]: "B"}), CONFIG)
    assert "__interrupt__" not in done
    assert done["notes"] == ["B", "C"]
    assert {me: memory["step"] for me, memory in done["tom"].items()} == dict.fromkeys(PLAYERS, 1)
    assert acted.count("ben") == 2


@pytest.mark.parametrize("shell", SHELLS)
@WAYS
async def test_what_a_store_knows_after_pauses_is_what_it_knows_without(shell, way):
    known = []
    for asks in (None, "tool"):
        ann, store = Ann(shell, asks, beliefs=BeliefMemory("five")), InMemoryStore()
        async with calls("memory", way, "") as call:
            for ann.turn in range(len(ANN)):
                given = {"messages": [said(ann.turn)]}
                state = await call.invoke(ann.graph(call.checkpointer, store), given, CONFIG)
                if asks:
                    assert state["__interrupt__"]
                    await call.invoke(ann.graph(call.checkpointer, store), yes(ann), CONFIG)
        known.append(ann.beliefs.known(store, "ann", "ben"))
    assert known[0] == known[1]
    assert known[0]["observations"] == len(BEN)
