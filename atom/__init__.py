"""Adaptive theory of mind for LangGraph agents.

A light loop around any agent: predict what the partner does under each hypothesis about its
theory-of-mind order, weigh the hypotheses by the actions observed so far, act at an order that fits.

Everything that a graph needs can be imported from here; what is heavy is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

from atom import _moved, lazy
from atom.agents import (
    Acting,
    AdaptiveAgent,
    BareAgent,
    FixedOrderAgent,
    Player,
    Pruning,
    Spending,
    StaticPlayer,
    as_actor,
)
from atom.belief import (
    Bayes,
    Beliefs,
    ChangePoints,
    Contract,
    FixedShare,
    FollowTheLeader,
    Hedge,
    Hypothesis,
    Learner,
)
from atom.decision import Change, Decision, PartnerPrediction, Prediction, Standing
from atom.errors import (
    BeliefError,
    BudgetError,
    ContractError,
    DistributionError,
    ExpectedPayoffError,
    ExtractionError,
    HookError,
    IllegalActionError,
    LLMError,
    MissingExtraError,
    ModelError,
    PayoffError,
    ReasonerError,
    SituationError,
    StateKeyError,
    ToMError,
)
from atom.memories import Memory
from atom.observation import Seen
from atom.policies import Policy
from atom.randomness import RandomStream
from atom.reasoning import (
    BayesianGameReasoner,
    CongestionReasoner,
    DeclaredReasoner,
    NormalFormReasoner,
    Reasoner,
    RecursiveReasoner,
    alternating_orders,
    conventions,
    symmetric_payoffs,
    team_orders,
)
from atom.situation import JointAction, Situation
from atom.usage import Budget, Usage

if TYPE_CHECKING:
    from atom.agents.prompted import LLMActor
    from atom.graph.function import atake_turn, take_turn
    from atom.graph.messages import json_field, tool_calls
    from atom.graph.middleware import AdaptiveToMMiddleware as AdaptiveToMMiddleware
    from atom.graph.node import AdaptiveToMNode, add_tom_node
    from atom.graph.observer import add_tom_observer
    from atom.graph.state import ToMState, declare
    from atom.graph.store import BeliefMemory
    from atom.graph.team import add_tom_team
    from atom.reasoning.prompted import LLMReasoner
    from atom.reasoning.tables import TabularModel, TabularReasoner

    PlainAgent = BareAgent
    __version__: str

# all but the middleware, which needs the extra "agents": `from atom import *` works without it
__all__ = [
    "Acting",
    "AdaptiveAgent",
    "AdaptiveToMNode",
    "BareAgent",
    "Bayes",
    "BayesianGameReasoner",
    "BeliefError",
    "BeliefMemory",
    "Beliefs",
    "Budget",
    "BudgetError",
    "Change",
    "ChangePoints",
    "CongestionReasoner",
    "Contract",
    "ContractError",
    "Decision",
    "DeclaredReasoner",
    "DistributionError",
    "ExpectedPayoffError",
    "ExtractionError",
    "FixedOrderAgent",
    "FixedShare",
    "FollowTheLeader",
    "Hedge",
    "HookError",
    "Hypothesis",
    "IllegalActionError",
    "JointAction",
    "LLMActor",
    "LLMError",
    "LLMReasoner",
    "Learner",
    "Memory",
    "MissingExtraError",
    "ModelError",
    "NormalFormReasoner",
    "PartnerPrediction",
    "PayoffError",
    "Player",
    "Policy",
    "Prediction",
    "Pruning",
    "RandomStream",
    "Reasoner",
    "ReasonerError",
    "RecursiveReasoner",
    "Seen",
    "Situation",
    "SituationError",
    "Spending",
    "Standing",
    "StateKeyError",
    "StaticPlayer",
    "TabularModel",
    "TabularReasoner",
    "ToMError",
    "ToMState",
    "Usage",
    "add_tom_node",
    "add_tom_observer",
    "add_tom_team",
    "alternating_orders",
    "as_actor",
    "atake_turn",
    "conventions",
    "declare",
    "json_field",
    "symmetric_payoffs",
    "take_turn",
    "team_orders",
    "tool_calls",
]

_moved.announce(_moved.MOVED)

_find = lazy.attach(
    {
        "AdaptiveToMMiddleware": "atom.graph.middleware",
        "AdaptiveToMNode": "atom.graph.node",
        "BeliefMemory": "atom.graph.store",
        "LLMActor": "atom.agents.prompted",
        "LLMReasoner": "atom.reasoning.prompted",
        "TabularModel": "atom.reasoning.tables",
        "TabularReasoner": "atom.reasoning.tables",
        "ToMState": "atom.graph.state",
        "add_tom_node": "atom.graph.node",
        "add_tom_observer": "atom.graph.observer",
        "add_tom_team": "atom.graph.team",
        "atake_turn": "atom.graph.function",
        "declare": "atom.graph.state",
        "json_field": "atom.graph.messages",
        "take_turn": "atom.graph.function",
        "tool_calls": "atom.graph.messages",
    }
)


if not TYPE_CHECKING:  # a type checker knows all names, and should know no other

    def __getattr__(name: str) -> Any:
        """What is imported or looked up when it is first used."""
        if name == "__version__":
            return _version()
        if name == "PlainAgent":
            _moved.warn("atom.PlainAgent", "atom.BareAgent")
            return BareAgent
        return _find(name)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # takes milliseconds

    try:
        return version("langgraph-atom")
    except PackageNotFoundError:
        raise AttributeError("atom has no __version__ where langgraph-atom is not installed") from None
