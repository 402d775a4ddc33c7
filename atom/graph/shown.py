"""What users gave, and what their functions returned: shown in errors and warnings, or refused."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from atom.errors import HookError, shortly


def shown(value: object) -> str:
    """A value's type, and the value where it is short."""
    text = shortly(value)
    return type(value).__name__ if len(text) > 60 or "object at" in text else f"{type(value).__name__} {text}"


def check_settings(given: Iterable[str], known: type, owner: str) -> None:
    """Refuses settings that there are not.

    Args:
        given: their names.
        known: the typed dictionary of those that there are.
        owner: whose they are, in the error.

    Raises:
        TypeError: an unknown one.
    """
    names = known.__annotations__.keys()
    unknown = sorted(set(given) - names)
    if unknown:
        raise TypeError(f"{owner} has no setting {unknown}; it has {sorted(names)}")


def at_once(found: Any, hook: str, where: str) -> Any:
    """``found`` itself, unless it has yet to be awaited.

    Raises:
        HookError: it has.
    """
    if inspect.isawaitable(found):
        if inspect.iscoroutine(found):
            found.close()  # nobody will await it, and Python would warn of that
        raise HookError(asynchronous(hook, where))
    return found


def asynchronous(hook: str, where: str) -> str:
    """That a hook is asynchronous, and what to do instead."""
    return (
        f"the hook {hook!r} of {where} is asynchronous, and hooks are plain functions of the state; read "
        "what it awaits in a node of its own before this one, and write a plain function here"
    )
