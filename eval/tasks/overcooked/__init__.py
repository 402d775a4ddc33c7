"""Overcooked with one pot or two: an exact table, and the real environment beside it."""

from eval.tasks.overcooked.task import (
    OvercookedTask,
    RealOvercookedTask,
    overcooked,
    overcooked_from_file,
    overcooked_ring,
)

__all__ = ["OvercookedTask", "RealOvercookedTask", "overcooked", "overcooked_from_file", "overcooked_ring"]
