"""Exact reasoning in two-player games whose states can be listed."""

from atom.reasoning.tables.cache import unpacked
from atom.reasoning.tables.model import Mirror, Solo, TabularModel
from atom.reasoning.tables.reasoner import TabularReasoner
from atom.reasoning.tables.turns import taking_turns
from atom.reasoning.tables.values import UNREACHABLE, shortest_costs

__all__ = [
    "UNREACHABLE",
    "Mirror",
    "Solo",
    "TabularModel",
    "TabularReasoner",
    "shortest_costs",
    "taking_turns",
    "unpacked",
]
