"""Language models: who is asked, how, for how long, and what to make of the answer."""

from typing import TYPE_CHECKING

from atom.lazy import attach

if TYPE_CHECKING:
    from atom.models.portal import run_blocking

__all__ = ["run_blocking"]

__getattr__ = attach({"run_blocking": "atom.models.portal"})
