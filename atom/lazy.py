"""Names that are imported when they are first used, so that importing the core stays light (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from atom.errors import MissingExtraError

_EXTRAS = {"langchain": "agents", "scipy": "tables"}
"""Package -> the extra that it comes with."""


def attach(modules: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's ``__getattr__``.

    Args:
        modules: name -> the module that has it. A type checker is told the same under ``TYPE_CHECKING``.

    Raises:
        MissingExtraError: on first use, a name that needs a package of an extra.
    """

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"there is no name {name!r} here")
        try:
            return getattr(import_module(modules[name]), name)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in _EXTRAS:
                raise
            raise missing_extra(name, missing) from error

    return find


def missing_extra(what: str, package: str) -> MissingExtraError:
    """The error for what needs a package of an extra, which is not installed."""
    return MissingExtraError(
        f"{what} needs the package {package}, which is not installed: pip install "
        f"'langgraph-atom[{_EXTRAS[package]}]'"
    )
