"""Beliefs that a graph would lose: found in how it is built, and while it runs.

LangGraph drops without a word what a graph returns, or hands over by a ``Command``, under a key that the
graph around does not have.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from langgraph.channels import LastValue
from langgraph.config import get_config
from langgraph.pregel import Pregel

from atom.errors import StateKeyError
from atom.graph.seats import Seat, Seats
from atom.graph.state import STATE_KEY

_log = logging.getLogger("atom")

_MOST = 1024
"""How many places are remembered of a node."""

_LEVEL, _TASK = "|", ":"
"""What is between the levels of a checkpoint's namespace, and before the task within one."""


def check_beliefs(graph: Pregel[Any, Any, Any, Any]) -> None:
    """Refuses a compiled graph that would lose beliefs of its nodes, subgraphs and agents.

    Looked at are the graph, its subgraphs, and graphs that its functions call. A subgraph that keeps
    beliefs must take and return their key, and every graph around must have it, with a reducer; not so
    where it was compiled with ``checkpointer=True``, by which its state is kept from call to call. What a
    function hands on, and what a tool hands over by a ``Command``, is not seen here.

    Args:
        graph: what ``compile`` or ``create_agent`` returned.

    Raises:
        StateKeyError: a key that is missing, or has no reducer; names the graph, the key and the remedy.

    Example:
        >>> from typing import TypedDict
        >>> from langgraph.graph import StateGraph
        >>> from atom import AdaptiveAgent, AdaptiveToMNode, NormalFormReasoner, Situation, ToMState
        >>> from atom import add_tom_node, symmetric_payoffs
        >>> class Board(TypedDict):
        ...     ann: str
        >>> ann = AdaptiveToMNode(
        ...     "ann",
        ...     AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))),
        ...     situation=lambda board: Situation({"ann": ["A", "B"], "ben": ["A", "B"]}),
        ...     observed=lambda board: None,
        ...     write=lambda decision: {"ann": decision.action},
        ... )
        >>> match = add_tom_node(StateGraph(Board), "ann", ann).set_entry_point("ann").compile()
        >>> check_beliefs(match)
        >>> season = StateGraph(Board).add_node("match", match).set_entry_point("match").compile()
        >>> check_beliefs(season)
        Traceback (most recent call last):
        ...
        atom.errors.StateKeyError: the graph 'match' keeps the key 'tom' to itself, so that the beliefs of \
['ann'] begin anew with every call of it; let its own state inherit from ToMState as well as that of the \
graph around, or compile 'match' with checkpointer=True
    """
    _needed(graph, "the graph")


def _needed(graph: Pregel[Any, Any, Any, Any], name: str) -> dict[str, set[str]]:
    """Key -> players whose beliefs a graph keeps under it, those of its subgraphs included.

    Raises:
        StateKeyError: one of them would be lost.
    """
    builder = getattr(graph, "builder", None)
    if builder is None:  # an entrypoint, which has no state of keys
        return {}
    needed: dict[str, set[str]] = {}
    for spec in builder.nodes.values():
        for key, me in _keeper(spec.runnable):
            needed.setdefault(key, set()).add(me)
    for key, players in needed.items():
        if isinstance(graph.channels.get(key), LastValue):
            raise StateKeyError(
                f"{name} has a key {key!r} without a reducer, where the beliefs of {sorted(players)} are to "
                f"be kept; name it otherwise, give the nodes another, key=..., or {_remedy(key)}"
            )
    for child_name, child in graph.get_subgraphs():
        theirs = _needed(child, f"the graph {child_name!r}") if isinstance(child, Pregel) else {}
        if getattr(child, "checkpointer", None) is True:
            continue
        for key, players in theirs.items():
            _passes(child, child_name, key, players)
            channel = graph.channels.get(key)
            if channel is None or isinstance(channel, LastValue):
                lacks = "no key" if channel is None else "without a reducer the key"
                raise StateKeyError(
                    f"the graph around {child_name!r} has {lacks} {key!r}, so that the beliefs of "
                    f"{sorted(players)} begin anew with every call of it; let its state {_remedy(key)}, or "
                    f"compile {child_name!r} with checkpointer=True"
                )
            needed.setdefault(key, set()).update(players)
    return needed


def _passes(child: Any, name: str, key: str, players: Iterable[str]) -> None:
    """Refuses a subgraph that keeps a key to itself, as ``add_tom_node`` gives it to a graph."""
    builder = child.builder
    if not all(key in builder.schemas[schema] for schema in (builder.input_schema, builder.output_schema)):
        raise StateKeyError(
            f"the graph {name!r} keeps the key {key!r} to itself, so that the beliefs of {sorted(players)} "
            f"begin anew with every call of it; let its own state {_remedy(key)} as well as that of the "
            f"graph around, or compile {name!r} with checkpointer=True"
        )


def _keeper(runnable: object) -> Iterable[Seat]:
    """Where a node keeps memories, be it ours or a method of a middleware that is."""
    method = getattr(runnable, "func", None)
    found = runnable if isinstance(runnable, Seats) else getattr(method, "__self__", None)
    return found.seats if isinstance(found, Seats) else ()


def _remedy(key: str) -> str:
    if key == STATE_KEY:
        return "inherit from ToMState"
    return f"have {key}: Annotated[dict, merge_memories]"


class Place(NamedTuple):
    """Where in a thread a graph within another runs.

    Attributes:
        thread: its id.
        path: the names of the nodes from the outermost graph to the node that runs.
        time: the steps at which the graphs around are, the outermost first.
    """

    thread: str
    path: tuple[str, ...]
    time: tuple[int, ...]


def place() -> Place | None:
    """Where the node that runs is, if its graph is within another and keeps nothing from call to call."""
    try:
        config = get_config().get("configurable", {})
    except RuntimeError:  # no graph
        return None
    *levels, own = str(config.get("checkpoint_ns") or "").split(_LEVEL)
    thread = config.get("thread_id")
    if not levels or _TASK not in levels[-1] or not thread or not config.get("__pregel_checkpointer"):
        return None
    mine = _LEVEL.join(levels)
    around = {graph: saved for graph, saved in (config.get("checkpoint_map") or {}).items() if graph != mine}
    path = tuple(name.split(_TASK)[0] for name in (*levels, own))
    return Place(str(thread), path, tuple(_step(around[graph]) for graph in sorted(around, key=len)))


def _step(checkpoint: str) -> int:
    """The step of a checkpoint, which LangGraph writes into its id as the clock sequence; 0 for other ids."""
    try:
        return UUID(checkpoint).clock_seq
    except ValueError:
        return 0


def _later(now: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """Whether steps are so much later that they are no replay; a checkpoint that is forked counts as one."""
    return next((a - b for a, b in zip(now, before, strict=False) if a != b), 0) > 1


class Whereabouts:
    """Where one player's belief had begun, as far as this process has seen; for one warning alone."""

    def __init__(self) -> None:
        self._begun: OrderedDict[tuple[str, ...], tuple[int, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self._said = False

    def turn(self, name: str, me: str, key: str, *, first: bool) -> None:
        """Warns, once, where a belief begins that had begun before at this place.

        Calls of a graph that run at once, and replays of an earlier checkpoint, begin so and lose nothing.

        Args:
            name: of the node or middleware.
            me: the player.
            key: the state's, under which the belief is kept.
            first: whether the belief begins with this turn.
        """
        here = place()
        if here is None:
            return
        at = (here.thread, *here.path)
        with self._lock:
            before = self._begun.pop(at, here.time)
            if first:  # else the belief came back, and the place may be forgotten
                self._begun[at] = min(before, here.time)
            if len(self._begun) > _MOST:
                self._begun.popitem(last=False)
            lost = first and _later(here.time, before) and not self._said
            self._said = self._said or lost
        if lost:
            inner = here.path[-2]
            _log.warning(
                "%s: the belief of %r begins anew in a thread in which it had begun before, because it did "
                "not come back from %r to the graph around; let the states of both %s, hand on %r where a "
                "function calls %r or a tool hands over by a Command, or compile %r with "
                "checkpointer=True. check_beliefs(graph) looks for this in a compiled graph",
                name, me, inner, _remedy(key), key, inner, inner,
            )  # fmt: skip
