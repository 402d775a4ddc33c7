"""Which runs grow into which: the same episodes and more of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GROWING = frozenset({"matrices", "episodes", "epsilon", "files", "pairings", "models"})


def extends(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether every episode of a configuration is one of another, which asks for more.

    Tasks, agents, partners and episodes may be added; nothing that an episode depends on may differ.

    Args:
        old, new: configurations of runs, see ``Sweep.configuration``.

    Example:
        >>> old = {"matrices": {"memory-1": {"agents": ["ftl"], "partners": ["tom-0"]}}, "episodes": 3}
        >>> extends(old, old | {"episodes": 5}), extends(old, old | {"episodes": 2})
        (True, False)
    """
    fixed = {*old, *new} - _GROWING
    return (
        old != new
        and all(old.get(name) == new.get(name) for name in fixed)
        and _more_episodes(old.get("episodes"), new.get("episodes"))
        and _holds_matrices(old["matrices"], new["matrices"])
        and _holds_pairings(old.get("pairings"), new.get("pairings"))
        and _agrees(old.get("epsilon"), new.get("epsilon"), old["matrices"])
        and _holds_items(old.get("files", {}), new.get("files", {}))
        # without models, nothing depended on how they are asked
        and ("models" not in old or old["models"] == new.get("models"))
    )


def _more_episodes(old: Any, new: Any) -> bool:
    return isinstance(old, int) and isinstance(new, int) and old <= new


def _holds_matrices(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return all(
        task in new and all(set(asked[side]) <= set(new[task][side]) for side in ("agents", "partners"))
        for task, asked in old.items()
    )


def _holds_pairings(old: Any, new: Any) -> bool:
    return new is None or (old is not None and {tuple(pair) for pair in old} <= {tuple(pair) for pair in new})


def _agrees(old: Any, new: Any, tasks: Mapping[str, Any]) -> bool:
    """Whether a rate, or one for each task, is the same on the tasks of before."""

    def on(rates: Any, task: str) -> Any:
        return rates.get(task) if isinstance(rates, Mapping) else rates

    return all(on(old, task) == on(new, task) for task in tasks)


def _holds_items(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return all(new.get(name) == value for name, value in old.items())
