"""A partner's action counts once, whatever happens to the list of messages.

Every case plays the same game twice in real agents: once with the messages left alone, once with somebody
who deletes, summarises, quotes, edits or rejects some of them. The beliefs must be equal.
"""

import asyncio
import json
import uuid
from functools import cache

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    SummarizationMiddleware,
)
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.types import Command
from savers import asaver, saver
from scripted import ScriptedModel

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    json_field,
    symmetric_payoffs,
    tool_calls,
)

FIVE = [[5 if (a - b) % 5 in (1, 4) else 0 for b in range(5)] for a in range(5)]
REASONER = NormalFormReasoner(symmetric_payoffs(FIVE), ties="next")
REASONED = AdaptiveAgent("ann", REASONER)
ACTIONS = {"ann": tuple("ABCDE"), "ben": tuple("ABCDE")}
BEN = "BCCBADEB"


def go():
    """A new message each time: one that is given twice has one id, and stays where it was."""
    return {"messages": [HumanMessage("Go.")]}


CONFIG = {"configurable": {"thread_id": "1"}, "recursion_limit": 200}


class Game:
    """A tool that reports what ben does, whatever ann does, and a model that calls it ``len(BEN)`` times."""

    def __init__(self, *more, first=(), idle=0, **settings):
        self.done = []
        self.asked = 0
        self.idle = idle
        self.more, self.first = more, first
        self.name = settings.pop("name", None)
        settings.setdefault("observed", json_field("ben", "ben_did"))
        self.middleware = AdaptiveToMMiddleware(
            AdaptiveAgent("ann", REASONER, seed=2),
            situation=self.situation,
            acted=tool_calls("ann", "choose"),
            **settings,
        )

    def situation(self, state):
        history = tuple({"ann": own, "ben": ben} for own, ben in zip(self.done, BEN, strict=False))
        return Situation(ACTIONS, history=history)

    def answer(self, messages):
        """An answer that quotes what is known, with a call while there are rounds left."""
        self.asked += 1
        text = 'As I said: {"ben_did": "D"}'
        if len(self.done) >= len(BEN):
            return AIMessage(text)
        action = "ABCDE"[len(self.done) % 5]
        return AIMessage(
            text, tool_calls=[{"name": "choose", "args": {"action": action}, "id": uuid.uuid4().hex}]
        )

    def agent(self, checkpointer=None):
        @tool
        def choose(action: str) -> str:
            """Choose a letter."""
            self.done.append(action)
            return json.dumps({"you": action, "ben_did": BEN[len(self.done) - 1]})

        return create_agent(
            ScriptedModel(answer=self.answer),
            tools=[choose],
            middleware=[*self.first, self.middleware, *self.more],
            checkpointer=checkpointer,
            name=self.name,
        )


class Meddler(AgentMiddleware):
    """Does something to the messages before every call of the model."""

    def __init__(self, change):
        super().__init__()
        self.change = change
        self.calls = 0

    def before_model(self, state, runtime):
        self.calls += 1
        changed = self.change(state["messages"], self.calls)
        return None if changed is None else {"messages": changed}


def replaced(messages):
    return [RemoveMessage(id=REMOVE_ALL_MESSAGES), *messages]


def delete_the_last(messages, calls):
    """The message that was read last goes, and older ones stay."""
    return [RemoveMessage(id=messages[-1].id)] if isinstance(messages[-1], ToolMessage) else None


def delete_the_first(messages, calls):
    return replaced(messages[-3:]) if len(messages) > 6 else None


def keep_nothing(messages, calls):
    """Everything goes but a summary, which quotes; what is kept of it has a new id."""
    quoted = " ".join(m.text for m in messages)
    return replaced([HumanMessage(f"Summary of all before: {quoted}")]) if calls % 3 == 0 else None


def summarise_and_keep(messages, calls):
    quoted = '{"ben_did": "D"}'
    summary = HumanMessage(quoted, additional_kwargs={"lc_source": "summarization"})
    return replaced([summary, *messages[-2:]]) if len(messages) > 4 else None


def quote_as_user(messages, calls):
    return [HumanMessage('Why did you not answer {"ben_did": "E"}?')]


def quote_before(messages, calls):
    """A bare object, put before what was read."""
    return replaced([HumanMessage('{"ben_did": "E"}'), *messages])


def edit_what_was_read(messages, calls):
    """The text of results that were read is changed in place, under the same id."""
    older = [m for m in messages if isinstance(m, ToolMessage)][:-1]
    return [m.model_copy(update={"content": '{"ben_did": "E"}'}) for m in older] or None


def beliefs(state):
    memory = state["tom"]["ann"]
    return memory["step"], {name: record["weights"] for name, record in memory["partners"].items()}


@cache
def untouched():
    """What an agent believes of ben that is handed his actions one by one, without any messages."""
    game = Game()
    player, situation = game.middleware.agent, game.situation
    memory = player.start(["ben"])
    for step, ben in enumerate(BEN):
        _, memory = player.decide(situation({}), memory)
        game.done.append("ABCDE"[step % 5])
        memory = player.observe(memory, None, {"ben": ben, "ann": game.done[-1]})
    _, memory = player.decide(situation({}), memory)
    return beliefs({"tom": {"ann": memory}})


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_agent_whose_messages_are_left_alone_believes_what_it_would_without(way):
    state = await played(Game().agent(), way)
    assert beliefs(state) == untouched()
    assert untouched()[0] == len(BEN) + 1
    assert untouched()[1]["ben"] != REASONED.beliefs.prior


async def played(agent, way):
    if way == "async":
        return await agent.ainvoke(go(), CONFIG)
    return await asyncio.to_thread(agent.invoke, go(), CONFIG)


AFTER = (
    delete_the_last, delete_the_first, keep_nothing, summarise_and_keep, quote_as_user, quote_before,
    edit_what_was_read,
)  # fmt: skip
# what is gone before it is read was not seen
BEFORE = (delete_the_first, summarise_and_keep, quote_as_user, quote_before, edit_what_was_read)
CASES = [
    *(pytest.param(change, False, id=f"{change.__name__} after ours") for change in AFTER),
    *(pytest.param(change, True, id=f"{change.__name__} before ours") for change in BEFORE),
]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(("change", "before"), CASES)
async def test_whatever_happens_to_messages_the_belief_is_that_of_the_untouched_thread(change, before, way):
    meddler = Meddler(change)
    game = Game(*([] if before else [meddler]), first=[meddler] if before else [])
    state = await played(game.agent(), way)
    assert meddler.calls == len(BEN) + 1
    assert beliefs(state) == untouched()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_langchains_own_summaries_change_no_belief(kind, way, tmp_path):
    quoting = ScriptedModel(answer=lambda messages: AIMessage('So far: {"ben_did": "E"}'))
    game = Game(SummarizationMiddleware(quoting, trigger=("messages", 5), keep=("messages", 2)))
    where = str(tmp_path / "c.sqlite")
    if way == "sync":
        with saver(kind, where) as checkpointer:
            state = await asyncio.to_thread(game.agent(checkpointer).invoke, go(), CONFIG)
    else:
        async with asaver(kind, where) as checkpointer:
            state = await game.agent(checkpointer).ainvoke(go(), CONFIG)
    assert quoting.sent
    assert beliefs(state) == untouched()


def test_a_thread_goes_on_after_all_of_its_messages_were_deleted():
    game = Game()
    agent = game.agent(InMemorySaver())
    agent.invoke(go(), CONFIG)
    agent.update_state(CONFIG, {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)]})
    state = agent.invoke(go(), CONFIG)
    assert beliefs(state) == untouched()
    state = agent.invoke({"messages": [HumanMessage('{"ben_did": "A"}')]}, CONFIG)
    assert state["tom"]["ann"]["step"] == len(BEN) + 2


def test_an_agent_under_a_name_of_its_own_does_not_read_itself():
    """The model's messages have the name that was given to create_agent, which is not the player's."""

    def everything(messages):
        return json_field("ben", "ben_did", author="planner")(messages) or json_field("ben", "ben_did")(
            messages
        )

    game = Game(name="planner", observed=everything)
    state = game.agent().invoke(go(), CONFIG)
    assert {m.name for m in state["messages"] if isinstance(m, AIMessage)} == {"planner"}
    assert beliefs(state) == untouched()


def test_own_messages_are_read_where_that_is_asked_for():
    def from_model(messages):
        said = [m for m in messages if isinstance(m, AIMessage)]
        return {"ben": "D"} if said else None

    state = Game(observed=from_model).agent().invoke(go(), CONFIG)
    assert state["tom"]["ann"]["step"] == 1
    state = Game(observed=from_model, own=True).agent().invoke(go(), CONFIG)
    assert state["tom"]["ann"]["step"] == len(BEN) + 1


# ---- nodes that read messages ----


class Talk(MessagesState, total=False):
    chosen: str
    rounds: int


def talking(*, first=(), after=()):
    """Ann's node and a board, in one graph with messages; ben speaks under his name, and others meddle."""

    def board(state):
        step = state.get("rounds", 0)
        said = AIMessage(json.dumps({"ben_did": BEN[step]}), name="ben")
        return {"messages": [said], "rounds": step + 1}

    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", REASONER, seed=2),
        situation=lambda state: Situation(ACTIONS),
        observed=json_field("ben", "ben_did"),
        write=lambda decision: {
            "chosen": decision.action,
            "messages": [AIMessage(f'I took {decision.action}, and {{"ben_did": "D"}}', name="ann")],
        },
        messages=lambda state: state["messages"],
    )
    builder = add_tom_node(StateGraph(Talk), "ann", node)
    builder.add_node("board", board)
    names = ["ann", "board"]
    for name, change in (*(("before", c) for c in first), *(("meddle", c) for c in after)):
        builder.add_node(name, lambda state, change=change: {"messages": change(state["messages"], 0) or []})
        names.insert(0 if name == "before" else 1, name)
    for one, other in zip([START, *names], [*names, END], strict=True):
        builder.add_edge(one, other)
    return builder.compile(checkpointer=InMemorySaver())


def quote_as_ann(messages, calls):
    return [AIMessage('{"ben_did": "E"}'), AIMessage('{"ben_did": "E"}', name="ann")]


def delete_what_ben_said(messages, calls):
    return [RemoveMessage(id=m.id) for m in messages if m.name == "ben"]


def edit_what_ben_said(messages, calls):
    return [m.model_copy(update={"content": '{"ben_did": "E"}'}) for m in messages if m.name == "ben"]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    "meddled",
    [
        {},
        {"after": [edit_what_ben_said]},
        {"after": [summarise_and_keep]},
        {"after": [quote_as_user]},
        {"first": [quote_as_user]},
        {"first": [quote_as_ann]},
        {"first": [quote_before]},
    ],
    ids=lambda meddled: " ".join(f"{c.__name__} {when}" for when, (c,) in meddled.items()) or "untouched",
)
async def test_a_node_reads_messages_once_as_well(meddled, way):
    """A turn in which ben said nothing new changes no belief either."""
    graph, plain, steps = talking(**meddled), AdaptiveAgent("ann", REASONER, seed=2), 5
    memory = plain.start(["ben"])
    for step in range(steps):
        await (
            graph.ainvoke(go(), CONFIG) if way == "async" else asyncio.to_thread(graph.invoke, go(), CONFIG)
        )
        memory = memory if step == 0 else plain.observe(memory, None, {"ben": BEN[step - 1]})
        _, memory = plain.decide(Situation(ACTIONS), memory)
    found = graph.get_state(CONFIG).values["tom"]["ann"]
    assert found["step"] == steps
    assert found["partners"]["ben"]["weights"] == memory["partners"]["ben"]["weights"]


def test_a_node_counts_nothing_of_messages_that_were_all_deleted():
    graph = talking()
    for _ in range(2):
        graph.invoke(go(), CONFIG)
    before = graph.get_state(CONFIG).values
    deleted = delete_what_ben_said(before["messages"], 0)
    graph.update_state(CONFIG, {"messages": deleted}, as_node="board")
    graph.invoke(go(), CONFIG)
    after = graph.get_state(CONFIG).values
    assert (before["tom"]["ann"]["step"], after["tom"]["ann"]["step"]) == (2, 3)
    assert weights_of(after) == weights_of(before)


def weights_of(state):
    return state["tom"]["ann"]["partners"]["ben"]["weights"]


# ---- calls that a person edits or rejects ----


def answered(agent, decisions):
    """The states of a run in which a person answers every call in turn, the latest one last."""
    state = agent.invoke(go(), CONFIG)
    for decision in decisions:
        assert "__interrupt__" in state
        state = agent.invoke(Command(resume={"decisions": [decision]}), CONFIG)
    states = [found.values for found in agent.get_state_history(CONFIG) if found.values.get("tom")]
    return [found["tom"]["ann"]["told"] for found in reversed(states)], state


EDIT = {"type": "edit", "edited_action": {"name": "choose", "args": {"action": "E"}}}


@pytest.mark.parametrize("outside", [True, False], ids=["asked outside", "asked inside"])
def test_what_was_really_done_counts(outside):
    ask = HumanInTheLoopMiddleware({"choose": True})
    game = Game(first=[ask]) if outside else Game(ask)
    agent = game.agent(InMemorySaver())
    decisions = [{"type": "approve"}, EDIT, {"type": "reject"}, {"type": "approve"}, EDIT]
    told, _ = answered(agent, decisions)
    assert game.done == ["A", "E", "C", "E"]  # the third call was rejected, and made again
    by_step = {entry["read"]: entry["done"] for entry in told}
    assert list(by_step.values()) == [None, "A", "E", "C", "E"]


def test_a_rejected_call_is_not_recorded_as_taken():
    game = Game(HumanInTheLoopMiddleware({"choose": True}))
    told, _ = answered(game.agent(InMemorySaver()), [{"type": "reject"}])
    assert told[-1]["done"] is None
    assert game.done == []
