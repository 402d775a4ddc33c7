"""The shells: nodes, teams and middleware for LangGraph and LangChain, and what they keep in its Store."""

from typing import TYPE_CHECKING

from atom.graph.events import decision_events
from atom.graph.function import atake_turn, take_turn
from atom.graph.lost import check_beliefs
from atom.graph.messages import ReadActions, json_field, tool_calls
from atom.graph.node import AdaptiveToMNode, add_tom_node
from atom.graph.state import STATE_KEY, ToMState, declare, merge_memories
from atom.graph.store import BeliefMemory
from atom.graph.team import TeamNode, add_tom_team
from atom.graph.turn import Turn
from atom.lazy import attach

if TYPE_CHECKING:
    from atom.graph.middleware import AdaptiveToMAgentState, AdaptiveToMMiddleware

__all__ = [
    "STATE_KEY",
    "AdaptiveToMAgentState",
    "AdaptiveToMMiddleware",
    "AdaptiveToMNode",
    "BeliefMemory",
    "ReadActions",
    "TeamNode",
    "ToMState",
    "Turn",
    "add_tom_node",
    "add_tom_team",
    "atake_turn",
    "check_beliefs",
    "decision_events",
    "declare",
    "json_field",
    "merge_memories",
    "take_turn",
    "tool_calls",
]

if not TYPE_CHECKING:  # a type checker knows all names, and should know no other
    # langchain comes with the extra "agents"
    __getattr__ = attach(
        dict.fromkeys(("AdaptiveToMAgentState", "AdaptiveToMMiddleware"), "atom.graph.middleware")
    )
