"""A person approves what the wrapped agent is about to do.

Ann's own agent is a small graph: a model drafts, and an ``interrupt`` asks a person. The node takes it as it
is, ``agent=``. The graph around pauses, is resumed with ``Command(resume=...)``, and neither the person nor
the model is asked twice. What the person answers is what the agent does, also where it is something else.

Run it: ``python examples/approval.py``.
"""

from __future__ import annotations

import random
from operator import add
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from measured import ROUNDS, Episode, Numbers, ScriptedModel, episode, measure, question, show
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    FixedOrderAgent,
    NormalFormReasoner,
    Player,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)

SERVERS = ("blue", "green")
AGENTS = ("ann", "ben")
PARTNERS = ("order 0", "order 1", "order 2")
GAME = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))  # both must not deploy to the same server


class Deployment(TypedDict):
    """The graph's own state."""

    number: int
    ann: str
    ben: str
    clashes: Annotated[list[bool], add]


def careful(model: ScriptedModel) -> Any:
    """Ann's own agent: drafts, and has it approved. Two nodes, so that a pause repeats no call."""
    builder = StateGraph(MessagesState)
    builder.add_node("draft", lambda state: {"messages": [model.invoke(state["messages"])]})

    def approve(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(interrupt({"approve": state["messages"][-1].text}))]}

    builder.add_node("approve", approve)
    builder.add_edge(START, "draft")
    builder.add_edge("draft", "approve")
    return builder.compile()


def node(player: Player) -> AdaptiveToMNode:
    """Any player as a node."""
    (other,) = {*AGENTS} - {player.me}
    return AdaptiveToMNode(
        player.me,
        player,
        situation=lambda state: Situation(
            dict.fromkeys(AGENTS, SERVERS), history=[{name: state[name] for name in AGENTS}]
        ),
        observed=lambda state: {other: state[other]},
        write=lambda decision: {player.me: decision.action},
        episode=lambda state: state["number"],
    )


def add_ann(builder: StateGraph[Any], way: str, model: ScriptedModel, seed: int) -> None:
    """Ann's seat; whoever sits there has its pick approved."""
    if way == "ours":
        add_tom_node(builder, "ann", node(AdaptiveAgent("ann", GAME, agent=careful(model), seed=seed)))
        return
    agent = careful(model)

    def ann(state: Deployment) -> dict[str, str]:
        if way == "bare":  # the same agent, asked by hand
            answer = agent.invoke({"messages": [question(SERVERS, {"ben": state["ben"]})]})
            return {"ann": str(answer["messages"][-1].text)}
        toss = random.Random(f"{seed} {len(state['clashes'])}")  # noqa: S311 - a coin, no key
        draft = toss.choice(SERVERS) if way == "coin" else "blue"  # a convention: blue is ann's
        return {"ann": interrupt({"approve": draft})}

    builder.add_node("ann", ann)


def play(way: str, partner: str, seed: int) -> Episode:
    """One run, at the end of which a person has approved every pick once."""
    model = ScriptedModel()
    builder = StateGraph(Deployment)
    add_ann(builder, way, model, seed)
    add_tom_node(builder, "ben", node(FixedOrderAgent("ben", GAME, int(partner.split()[1]))))
    builder.add_node("deploy", lambda state: {"clashes": [state["ann"] == state["ben"]]})
    for name in AGENTS:
        builder.add_edge(START, name)
        builder.add_edge(name, "deploy")
    builder.add_conditional_edges(
        "deploy", lambda state: END if len(state["clashes"]) >= ROUNDS else list(AGENTS), [*AGENTS, END]
    )
    graph = builder.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 6 * ROUNDS}
    state = graph.invoke({"number": seed, "ann": "blue", "ben": "blue", "clashes": []}, config)
    asked = 0
    while "__interrupt__" in state:
        asked += 1
        state = graph.invoke(Command(resume=state["__interrupt__"][0].value["approve"]), config)
    assert asked == ROUNDS  # noqa: S101 - what the example shows
    return episode(sum(state["clashes"]), model)


def numbers(seeds: int = 20) -> Numbers:
    """Clashes of all ways beside all partners."""
    return measure(play, PARTNERS, seeds)


if __name__ == "__main__":
    show(numbers())
