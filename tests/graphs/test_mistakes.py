"""Mistakes of a new user, each with its message: what is wrong, where, and what to write instead.

All are made in real graphs, and where a graph runs, synchronously and asynchronously.
"""

import asyncio
import subprocess
import sys
from typing import Annotated

import numpy as np
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from scripted import ScriptedModel
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    BeliefError,
    BeliefMemory,
    FixedOrderAgent,
    Hypothesis,
    IllegalActionError,
    NormalFormReasoner,
    Situation,
    SituationError,
    StateKeyError,
    ToMError,
    ToMState,
    add_tom_node,
    add_tom_team,
    symmetric_payoffs,
)
from atom.errors import HookError, PayoffError, ReasonerError

REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
SITUATION = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
MODEL = ScriptedModel(answer=lambda messages: AIMessage("A"))


class Board(TypedDict, total=False):
    ann: str
    ben: str


class Shared(ToMState, total=False):
    ann: str
    ben: str


class Owned(TypedDict, total=False):
    ann: str
    tom: str


def agent(**settings):
    return AdaptiveAgent("ann", REASONER, **settings)


def node(player=None, **hooks):
    settings = {
        "situation": lambda state: SITUATION,
        "observed": lambda state: {"ben": state["ben"]},
        "write": lambda decision: {"ann": decision.action},
        **hooks,
    }
    return AdaptiveToMNode("desk", player or agent(), **settings)


def in_graph(made, schema=Board):
    builder = add_tom_node(StateGraph(schema), "desk", made)
    return builder.add_edge(START, "desk").add_conditional_edges("desk", again, ["desk", END]).compile()


def again(state):
    return END if state["tom"]["ann"]["step"] > 1 else "desk"


def in_agent(**hooks):
    settings = {"situation": lambda state: SITUATION, "observed": lambda messages: None, **hooks}
    middleware = AdaptiveToMMiddleware(settings.pop("player", None) or agent(), **settings)
    return create_agent(MODEL, middleware=[middleware])


def team(who=None, members=None):
    builder = StateGraph(Board)
    made = [node()] if members is None else members
    router = add_tom_team(builder, "desk", made, who=who)
    return builder.add_conditional_edges(START, router, ["desk"]).add_edge("desk", END).compile()


def sent(payload, *, to_team=False):
    """A graph whose user sends payloads of their own."""
    builder = StateGraph(Board)
    if to_team:
        add_tom_team(builder, "desk", [node()])
    else:
        add_tom_node(builder, "desk", node())
    builder.add_conditional_edges(START, lambda state: [Send("desk", payload)], ["desk"])
    return builder.add_edge("desk", END).compile()


def without_help():
    """The node, added as any other."""
    return StateGraph(Board).add_node("desk", node()).add_edge(START, "desk").add_edge("desk", END).compile()


def with_own_key():
    """The node, added as any other, to a graph whose key ``tom`` is somebody's name."""
    builder = StateGraph(Owned).add_node("desk", node()).add_edge(START, "desk")
    return builder.add_edge("desk", END).compile()


def same_names():
    builder = add_tom_node(StateGraph(Board), "one", node())
    return add_tom_node(builder, "two", node(agent(seed=1)))


class Thinks:
    """A reasoner of the user's own."""

    def __init__(self, policy):
        self._policy = policy

    def policy(self, situation, player, order):
        return self._policy


class Awaited:
    """One that is asynchronous alone."""

    async def policy(self, situation, player, order):
        return {"A": 1.0}


async def asynchronous(_):
    return SITUATION


def thinking(policy):
    return in_graph(node(AdaptiveAgent("ann", Thinks(policy), on_error="raise")))


def kept():
    return in_graph(node(beliefs=BeliefMemory("tickets")))


def other_settings():
    return in_graph(node(agent(orders=(0, 1))), Shared), {
        "tom": {"ann": agent().start(["ben"]) | {"step": 1}}
    }


def not_finite():
    return NormalFormReasoner(symmetric_payoffs([[0.0, float("nan")], [5.0, 0.0]]))


NEGATIVE = Hypothesis("odd", behaviour=lambda situation, player: {"A": -1.0})

MADE = {
    "a payoff array as reasoner": (
        lambda: AdaptiveAgent("ann", np.eye(2)), ReasonerError,
        "a ndarray is no reasoner", "NormalFormReasoner(payoffs)"),
    "a list of payoffs as reasoner": (
        lambda: AdaptiveAgent("ann", [[0, 5], [5, 0]]), ReasonerError,
        "a list is no reasoner", "symmetric_payoffs(...)"),
    "a chat model as reasoner": (
        lambda: AdaptiveAgent("ann", MODEL), ReasonerError,
        "a ScriptedModel is no reasoner", "acts as agent=", "LLMReasoner(chat_model)"),
    "a model's name as reasoner": (
        lambda: AdaptiveAgent("ann", "openai/gpt-4o-mini"), ReasonerError,
        "a str is no reasoner", "LLMReasoner('openai/gpt-4o-mini')"),
    "a class as reasoner": (
        lambda: AdaptiveAgent("ann", NormalFormReasoner), ReasonerError,
        "the class NormalFormReasoner", "NormalFormReasoner(...)"),
    "a function as reasoner": (
        lambda: FixedOrderAgent("ann", lambda situation: "A", 1), ReasonerError,
        "a function is no reasoner", "policy(situation, player, order)"),
    "nothing as reasoner": (
        lambda: AdaptiveAgent("ann", None), ReasonerError, "a NoneType is no reasoner", "atom.reasoning"),
    "payoffs that are not finite": (not_finite, PayoffError, "nan", "finite"),
    "actions in one text": (
        lambda: Situation({"ann": "AB", "ben": ("A", "B")}), SituationError, "'ann'", "sequence", "'AB'"),
    "a chat model as agent of a node": (
        lambda: node(MODEL), HookError, "the agent of 'desk'", "AdaptiveAgent(NAME, reasoner, agent=...)"),
    "a class as agent of a node": (
        lambda: node(AdaptiveAgent), HookError, "the agent of 'desk'", "got type"),
    "a function as agent of a middleware": (
        lambda: in_agent(player=lambda state: "A"), HookError, "AdaptiveToMMiddleware", "is wrapped"),
    "a situation that is no function": (
        lambda: node(situation=SITUATION), HookError,
        "the hook 'situation' of the node 'desk'", "situation=lambda state: ..."),
    "an asynchronous situation": (
        lambda: node(situation=asynchronous), HookError,
        "the hook 'situation' of the node 'desk' is asynchronous", "a node of its own before this one"),
    "an asynchronous write": (
        lambda: node(write=asynchronous), HookError, "'write' of the node 'desk' is asynchronous", "plain"),
    "an asynchronous reader of a middleware": (
        lambda: in_agent(observed=asynchronous), HookError,
        "'observed' of the middleware 'AdaptiveToMMiddleware' is asynchronous", "plain function"),
    "two players of one name": (same_names, StateKeyError, "'one' and 'two'", "a name of its own"),
    "two members of one name": (
        lambda: team(members=[node(), node(agent(seed=1))]), StateKeyError, "'desk'", "'ann'", "a name"),
    "members that keep their beliefs apart": (
        lambda: team(members=[node(), node(AdaptiveAgent("ben", REASONER), key="mind")]), StateKeyError,
        "the team 'desk'", "['mind', 'tom']", "give all one"),
    "a key that is none": (lambda: node(key="my key"), StateKeyError, "such as", "'my key'"),
    "a team of nobody": (lambda: team(members=[]), StateKeyError, "'desk' has no nodes", "AdaptiveToMNode"),
    "a key tom of one's own": (
        lambda: in_graph(node(), Owned), StateKeyError,
        "Owned has a key 'tom' without a reducer", "inherit from ToMState"),
    "beliefs kept of a player without any": (
        lambda: node(FixedOrderAgent("ann", REASONER, 1), beliefs=BeliefMemory("x")), BeliefError,
        "'ann'", "FixedOrderAgent has none"),
}  # fmt: skip
"""Mistakes that are found when something is made: what is made, the error, and what its message says."""

RUN = {
    "a dictionary from situation": (
        lambda: in_graph(node(situation=lambda state: {"ann": ["A"]})), HookError,
        "the hook 'situation' of the node 'desk' returned dict", "return a Situation", "player -> legal"),
    "nothing from situation": (
        lambda: in_graph(node(situation=lambda state: None)), HookError, "returned NoneType", "Situation("),
    "a coroutine from situation": (
        lambda: in_graph(node(situation=lambda state: asynchronous({**state}))), HookError,
        "the hook 'situation' of the node 'desk' is asynchronous", "before this one"),
    "a text from observed": (
        lambda: in_graph(node(observed=lambda state: state["ben"])), HookError,
        "the hook 'observed' of the node 'desk' returned str 'A'", '{"ben": "A"}'),
    "an action of nobody": (
        lambda: in_graph(node(observed=lambda state: {"eve": "A"})), SituationError,
        "observed an action of 'eve'", "['ben']", "In the node 'desk'"),
    "nothing from write": (
        lambda: in_graph(node(write=lambda decision: None)), StateKeyError,
        "got NoneType", "the hook 'write' of the node 'desk'", "KEY: decision.action"),
    "a key that is not there from write": (
        lambda: in_graph(node(write=lambda decision: {"anne": "A"})), StateKeyError,
        "['anne']", "its keys are ['ann', 'ben', 'tom']", "In the node 'desk'"),
    "a key that is not there in a command": (
        lambda: in_graph(node(write=lambda decision: Command(update={"anne": "A"}))), StateKeyError,
        "['anne']", "its keys are"),
    "a dictionary from messages": (
        lambda: in_graph(node(messages=lambda state: {"messages": []})), HookError,
        "the hook 'messages' of the node 'desk' returned dict", 'state["messages"]'),
    "messages without ids": (
        lambda: in_graph(node(messages=lambda state: [HumanMessage("Go.")])), HookError,
        "the hook 'messages' of the node 'desk' returned messages without an id", "add_messages"),
    "a text from episode": (
        lambda: in_graph(node(episode=lambda state: "one")), HookError,
        "the hook 'episode' of the node 'desk' returned str 'one'", "an integer from 0"),
    "a text from brief": (
        lambda: in_graph(node(brief=lambda state: "hello")), HookError,
        "the hook 'brief' of the node 'desk' returned str 'hello'", 'state["messages"]'),
    "a payload of one's own": (
        lambda: sent({"ben": "A"}), StateKeyError,
        "'desk' was sent a payload without the key 'tom'", "Send('desk', {**state, ...})", "add_tom_team"),
    "a payload of one's own for a team": (
        lambda: sent({"me": "ann"}, to_team=True), StateKeyError,
        "'desk'", "the router that add_tom_team returned", "a Send of your own", "who="),
    "a member that is not registered": (
        lambda: team(who=lambda state: ["ann", "eve"]), HookError,
        "the hook 'who' of the team 'desk' named ['eve']", "members are ['ann']", "give add_tom_team a node"),
    "one name from who": (
        lambda: team(who=lambda state: "ann"), HookError,
        "the hook 'who' of the team 'desk' returned str 'ann'", "a list of names"),
    "no key tom": (
        without_help, StateKeyError, "no key 'tom'", "use add_tom_node", "inherit from ToMState"),
    "another key tom": (
        with_own_key, StateKeyError, "the state's key 'tom' is str 'me'", "'desk'",
        "name yours otherwise", "key=..."),
    "a probability that is no number": (
        lambda: thinking({"A": float("nan"), "B": 1.0}), ReasonerError,
        "the policy of Thinks for 'ben' at order 0 gives 'A' the probability nan", "In the node 'desk'"),
    "a negative probability": (
        lambda: thinking({"A": -0.5, "B": 1.5}), ReasonerError, "of Thinks", "probability -0.5", "[0, 1]"),
    "probabilities that do not add up": (
        lambda: thinking({"A": 0.5, "B": 0.4}), ReasonerError, "of Thinks", "add up to 0.9 instead of 1"),
    "a probability of an action that is not legal": (
        lambda: thinking({"C": 1.0}), IllegalActionError, "of Thinks", "'C'", "legal are ['A', 'B']"),
    "an action instead of a policy": (
        lambda: thinking("A"), ReasonerError, "of Thinks", "is a str", "action -> probability"),
    "an asynchronous policy": (
        lambda: in_graph(node(AdaptiveAgent("ann", Awaited()))), ReasonerError,
        "Awaited.policy is asynchronous", "as apolicy beside it"),
    "a hypothesis that expects no distribution": (
        lambda: in_graph(node(agent(hypotheses=[NEGATIVE], on_error="raise"))),
        ReasonerError, "the hypothesis 'odd' expects of 'ben'", "-1.0", "In the node 'desk'"),
    "an agent that returns nothing": (
        lambda: in_graph(node(agent(agent=lambda situation, prediction: None))), IllegalActionError,
        "the agent of 'ann' returned None", "legal are ['A', 'B']"),
    "a name that is not in the situation": (
        lambda: in_graph(node(situation=lambda state: Situation({"Ann": ("A",), "ben": ("A",)}))),
        SituationError, "'ann' is not in this situation", "['Ann', 'ben']", "In the node 'desk'"),
    "nobody else in the situation": (
        lambda: in_graph(node(situation=lambda state: Situation({"ann": ("A",)}))), SituationError,
        "no partner of 'ann'", "In the node 'desk'"),
    "beliefs to be kept, and no Store": (
        kept, BeliefError, "'desk' keeps the beliefs of 'ann' in a Store", "compile the graph with store="),
    "a memory of other settings": (
        other_settings, BeliefError, "'desk', the player 'ann'", "on_mismatch='restart'", "a new thread",
        "graph.update_state(config, {'tom': {'ann': None}})"),
    "a dictionary from a middleware's situation": (
        lambda: in_agent(situation=lambda state: {"ann": ["A"]}), HookError,
        "the hook 'situation' of the middleware 'AdaptiveToMMiddleware' returned dict", "return a Situation",
        "In the middleware 'AdaptiveToMMiddleware' of player 'ann'"),
    "a text from a middleware's reader": (
        lambda: in_agent(observed=lambda messages: "A", on_error="raise"), ToMError,
        "the hook 'observed' of the middleware 'AdaptiveToMMiddleware' returned str 'A'", '{"ben": "A"}'),
}  # fmt: skip
"""Mistakes that are found when a graph runs."""


def said(error):
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def test_there_are_fifty_and_more():
    """As docs/langgraph.md says."""
    assert len(MADE) + len(RUN) >= 50


@pytest.mark.parametrize("mistake", MADE)
def test_a_mistake_that_is_found_when_something_is_made(mistake):
    make, kind, *words = MADE[mistake]
    with pytest.raises(kind) as caught:
        make()
    assert isinstance(caught.value, ToMError)
    for word in words:
        assert word in said(caught.value)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("mistake", RUN)
@pytest.mark.filterwarnings("error::RuntimeWarning")  # no coroutine is left that nobody awaited
def test_a_mistake_that_is_found_when_a_graph_runs(mistake, way):
    make, kind, *words = RUN[mistake]
    made = make()
    graph, given = made if isinstance(made, tuple) else (made, {})
    given = {"ann": "", "ben": "A", "messages": [HumanMessage("Go.")], **given}
    if mistake == "another key tom":
        given["tom"] = "me"
    twice = {"messages": [HumanMessage("Again.")]}

    async def run():
        if way == "async":
            state = await graph.ainvoke(given)
            return await graph.ainvoke({**state, **twice})
        return graph.invoke({**graph.invoke(given), **twice})

    with pytest.raises(kind) as caught:
        asyncio.run(run())
    assert isinstance(caught.value, ToMError)
    for word in words:
        assert word in said(caught.value)


def test_a_missing_extra_is_named():
    code = (
        "import sys\n"
        "sys.modules['langchain'] = None\n"
        "from atom import ToMError\n"
        "try:\n"
        "    from atom import AdaptiveToMMiddleware\n"
        "except ToMError as error:\n"
        "    assert isinstance(error, ImportError)\n"
        "    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "AdaptiveToMMiddleware needs the package langchain" in done.stdout
    assert "pip install 'langgraph-atom[agents]'" in done.stdout


def test_a_reader_that_returns_a_text_brings_no_agent_down_by_itself():
    """What it returns may be what a partner wrote."""
    state = in_agent(observed=lambda messages: "A").invoke({"messages": [HumanMessage("Go.")]})
    state = in_agent(observed=lambda messages: "A").invoke({**state, "messages": [HumanMessage("Again.")]})
    assert "returned str 'A'" in state["tom"]["ann"]["told"]["problems"][0]


class Reduced(TypedDict, total=False):
    ann: str
    ben: str
    tom: Annotated[dict, lambda left, right: {**left, **right}]


@pytest.mark.parametrize("schema", [ToMState, Reduced])
def test_a_key_tom_with_a_reducer_is_taken_as_it_is(schema):
    class Mine(schema, total=False):
        ann: str
        ben: str

    assert in_graph(node(), Mine).invoke({"ben": "A"})["tom"]["ann"]["step"] == 2
