"""Whoever decides: the adaptive agent, players of one order, wrapped agents."""

from typing import TYPE_CHECKING

from atom.agents.actors import Actor, Agent, InvokedActor, as_actor
from atom.agents.adaptive import AdaptiveAgent
from atom.agents.briefing import own_messages
from atom.agents.fixed import BareAgent, FixedOrderAgent
from atom.agents.gate import Gate
from atom.agents.payoffs import Payoffs
from atom.agents.player import Player, StaticPlayer
from atom.agents.pruning import Pruning
from atom.agents.settings import Acting, OnError, Response, Selection, Spending
from atom.lazy import attach

if TYPE_CHECKING:
    from atom.agents.prompted import LLMActor

__all__ = [
    "Acting",
    "Actor",
    "AdaptiveAgent",
    "Agent",
    "BareAgent",
    "FixedOrderAgent",
    "Gate",
    "InvokedActor",
    "LLMActor",
    "OnError",
    "Payoffs",
    "Player",
    "Pruning",
    "Response",
    "Selection",
    "Spending",
    "StaticPlayer",
    "as_actor",
    "own_messages",
]

if not TYPE_CHECKING:  # a type checker knows all names, and should know no other
    __getattr__ = attach({"LLMActor": "atom.agents.prompted"})
