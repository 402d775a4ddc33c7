"""Module paths of version 0.1: their public names work for this release, and say where they are now."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MOVED: dict[str, str | tuple[str, ...]] = {
    "atom.actors": ("atom.agents", "atom.agents.actors"),
    "atom.agent": ("atom.agents", "atom.memories", "atom"),
    "atom.changes": ("atom.belief", "atom.belief.changes"),
    "atom.congestion": ("atom.reasoning", "atom.reasoning.congestion"),
    "atom.contract": ("atom.belief", "atom.belief.contract"),
    "atom.declared": "atom.reasoning",
    "atom.events": "atom.graph",
    "atom.experts": "atom.belief",
    "atom.fanout": ("atom.graph", "atom.graph.team"),
    "atom.games": ("atom.reasoning", "atom.reasoning.normal_form"),
    "atom.gate": ("atom.agents", "atom.agents.gate"),
    "atom.hypotheses": ("atom.agents", "atom.agents.pruning", "atom.belief.impute"),
    "atom.memory": ("atom.graph", "atom.graph.store"),
    "atom.middleware": "atom.graph",
    "atom.node": "atom.graph",
    "atom.planning": "atom.reasoning.tables",
    "atom.player": ("atom.agents", "atom.memories", "atom.agents.actors", "atom.agents.settings", "atom"),
    "atom.reading": "atom.graph",
    "atom.roles": "atom.reasoning",
    "atom.state": ("atom.graph", "atom.graph.state", "atom.memories"),
    "atom.telemetry": "atom.graph.telemetry",
}
"""Old module -> where its names are now, tried in order."""


_MISSING = object()


class _OldModules(MetaPathFinder, Loader):
    """Finds old modules, of this package and of others that announce theirs."""

    def __init__(self) -> None:
        self.moved: dict[str, tuple[str, ...]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification of an old module; None for any other."""
        return ModuleSpec(name, self, is_package=True) if name in self.moved else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module that passes every look-up on to the new ones."""
        return _OldModule(spec.name, self.moved[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Says where the names are now."""
        warn(module.__name__, " and ".join(self.moved[module.__name__]), stacklevel=3)


class _OldModule(ModuleType):
    def __init__(self, name: str, homes: Sequence[str]) -> None:
        super().__init__(name, f"Moved to {', '.join(homes)}.")
        self._homes = homes

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") or name == "__all__":
            for home in map(import_module, self._homes):
                found = getattr(home, name, _MISSING)
                if found is not _MISSING:
                    return found
        raise AttributeError(f"module {self.__name__!r} has moved to {self._homes}, and has no {name!r}")


_FINDER = _OldModules()


def announce(moved: Mapping[str, str | tuple[str, ...]]) -> None:
    """Lets old modules be imported, with a ``DeprecationWarning``.

    Args:
        moved: old module -> where its names are now.
    """
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)
    for old, new in moved.items():
        _FINDER.moved[old] = (new,) if isinstance(new, str) else new


def warn(old: str, new: str, stacklevel: int = 3) -> None:
    """Says that a name has moved."""
    warnings.warn(
        f"{old} has moved to {new}; the old path goes with the next release", DeprecationWarning, stacklevel
    )
