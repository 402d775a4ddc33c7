"""Exact reasoning in two-player games whose states can be listed."""

from atom.planning.model import Mirror, Solo, TabularModel
from atom.planning.reasoner import TabularReasoner
from atom.planning.values import UNREACHABLE, shortest_costs

__all__ = ["UNREACHABLE", "Mirror", "Solo", "TabularModel", "TabularReasoner", "shortest_costs"]
