"""The same episodes inside a compiled LangGraph graph whose players are nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import AdaptiveToMNode, JointAction, Player, Seen, Situation, add_tom_node
from atom.observation import Observation
from eval.tasks import State, Task
from eval.tasks.base import reveals

_ENVIRONMENT = "environment"
# A few super-steps to start and end.
_SPARE_SUPER_STEPS = 5


def _merge(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    return {**left, **right}


class EpisodeState(TypedDict):
    """State of the graph.

    Attributes:
        episode: the number of the episode.
        state: the task's state.
        actions: player -> its action in this round.
        history: the joint actions so far.
        views: player -> what it alone had seen in the last round, where that is shown.
        scores: per round, player -> what it added to its score.
        done: whether the episode is over.
    """

    episode: int
    state: State
    actions: Annotated[dict[str, str], _merge]
    history: Annotated[list[JointAction], add]
    views: dict[str, str]
    scores: Annotated[list[dict[str, float]], add]
    done: bool


def episode_graph(
    task: Task, seats: Mapping[str, Player]
) -> StateGraph[EpisodeState, None, EpisodeState, EpisodeState]:
    """An uncompiled graph that plays a task: the players, then the environment, in a loop.

    Players who act at once are parallel branches; those who see each other act come one after the other.

    Args:
        task: the task to be played.
        seats: player -> who sits there.
    """

    def environment(state: EpisodeState) -> dict[str, Any]:
        transition = task.step(state["state"], state["actions"])
        situation = task.situation(state["state"])
        views = dict(situation.private) if reveals(task) else {}
        return {
            "views": views,
            "state": transition.state,
            "history": [dict(state["actions"])],
            "scores": [transition.scores],
            "done": transition.done,
        }

    builder = StateGraph(EpisodeState)
    builder.add_node(_ENVIRONMENT, environment)
    for me, player in seats.items():
        add_tom_node(builder, me, _player_node(task, me, player))
    groups = task.situation(task.start()).groups
    first = list(groups[0])
    for me in first:
        builder.add_edge(START, me)
    for before, after in pairwise([*groups, (_ENVIRONMENT,)]):
        # Plain edges, since all of a group end in one super-step: a join of a list of nodes may be written
        # to checkpoints in the state of a later step (langgraph issue 8748).
        for one, other in product(before, after):
            builder.add_edge(one, other)
    builder.add_conditional_edges(_ENVIRONMENT, lambda state: END if state["done"] else first, [*first, END])
    return builder


def _player_node(task: Task, me: str, player: Player) -> AdaptiveToMNode:
    def situation(state: EpisodeState) -> Situation:
        found = task.situation(state["state"])
        if found.at_once:
            return found
        found = found.known_to(me)
        before = {other for other in found.actions if me in found.later(other)}
        return found.after({other: state["actions"][other] for other in found.actions if other in before})

    return AdaptiveToMNode(
        me,
        player,
        situation=situation,
        observed=_last_round,
        write=lambda decision: {"actions": {me: decision.action}},
        episode=lambda state: state["episode"],
    )


def _last_round(state: EpisodeState) -> Observation | None:
    """What was done in the last round, and what players had seen then."""
    if not state["history"]:
        return None
    views = state["views"]
    did = state["history"][-1]
    return {name: Seen(a, view=views[name]) if name in views else a for name, a in did.items()}


def play_in_graph(graph: CompiledStateGraph[Any, Any, Any, Any], task: Task, episode: int) -> EpisodeState:
    """One episode; the state in which the graph ends.

    Args:
        graph: ``episode_graph(task, seats).compile()``.
        task: the task that it plays.
        episode: the number of the episode; it keys the random numbers.
    """
    start, limit = _opening(task, episode)
    return graph.invoke(start, {"recursion_limit": limit})  # type: ignore[return-value]


def stream_rounds(
    graph: CompiledStateGraph[Any, Any, Any, Any], task: Task, episode: int
) -> Iterator[tuple[State, Mapping[str, float]]]:
    """The same episode, each round as it happens: the state before it, and what it added to the scores."""
    start, limit = _opening(task, episode)
    state = start["state"]
    for update in graph.stream(start, {"recursion_limit": limit}, stream_mode="updates"):
        if _ENVIRONMENT in update:
            after = update[_ENVIRONMENT]
            yield state, after["scores"][0]
            state = after["state"]


def _opening(task: Task, episode: int) -> tuple[EpisodeState, int]:
    """The state that an episode begins with, and how many super-steps it may take."""
    start: EpisodeState = {
        "episode": episode,
        "state": task.start(),
        "actions": {},
        "history": [],
        "views": {},
        "scores": [],
        "done": False,
    }
    a_round = len(task.situation(start["state"]).groups) + 1  # those who act at once, and the environment
    return start, a_round * task.max_steps + _SPARE_SUPER_STEPS
