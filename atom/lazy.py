"""Names that are imported when they are first used, so that importing the core stays light (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def attach(modules: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's ``__getattr__``.

    Args:
        modules: name -> the module that has it. A type checker is told the same under ``TYPE_CHECKING``.
    """

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"there is no name {name!r} here")
        return getattr(import_module(modules[name]), name)

    return find
