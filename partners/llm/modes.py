"""How a model plays: ``MODEL`` on its own, ``MODEL@tom-K`` at an order, ``MODEL@bayes`` adaptive."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

from atom.agents import Gate

PREFIX = "llm"
FORM = (
    "MODEL[@tom-K|@ftl|@hedge|@bayes|@prompt-only|@gate-only|@prompt-and-gate|@recommend-only|"
    "@recommend-and-gate|@vote-N]"
)

AS_ADAPTIVE = {
    "ftl": "ftl/leader/above",
    "hedge": "hedge/sample/above",
    "bayes": "bayes/win-stay/nearest",
}
"""Mode in which a model adapts -> the same in the form of the partner ``adaptive``."""

LEARNER_MODES = tuple(AS_ADAPTIVE)
"""Modes in which a model adapts with hypotheses of its own."""

TOLD: dict[str, tuple[bool, Gate]] = {
    "prompt-only": (True, "off"),
    "gate-only": (False, "override"),
    "prompt-and-gate": (True, "override"),
    "recommend-only": (True, "off"),
    "recommend-and-gate": (True, "override"),
}
"""Mode -> whether the model is told the prediction or a recommendation, and the gate."""

_BEGINNINGS = ("tom", "vote", "prompt", "gate", "recommend")
_NUMBERED = re.compile(r"(tom|vote)-(\d+)")


@lru_cache(maxsize=4096)
def asks_models(name: str) -> bool:
    """Whether the partner called ``name`` is a language model, or wraps one, such as ``noisy:0.1:llm:…``."""
    return name.startswith(f"{PREFIX}:") or f":{PREFIX}:" in name


def split_model(argument: str) -> tuple[str, str]:
    """``MODEL@MODE`` as (model, mode), the mode empty where there is none.

    What follows the last ``@`` may belong to the model's name, such as a date.

    Raises:
        ValueError: what could be a mode that was mistyped.
    """
    model, at, mode = argument.rpartition("@")
    if mode in AS_ADAPTIVE or mode in TOLD or _NUMBERED.fullmatch(mode):
        return model, mode
    known = (*AS_ADAPTIVE, *TOLD, "tom-1", "vote-3")
    if at and (mode.startswith(_BEGINNINGS) or difflib.get_close_matches(mode, known, n=1)):
        modes = ", ".join(f"@{name}" for name in (*AS_ADAPTIVE, *TOLD))
        raise ValueError(f"a model plays @tom-K, @vote-N, {modes}; got @{mode}")
    return argument, ""


def model_in(name: str) -> tuple[str, str] | None:
    """(model, mode) of a player's name such as ``noisy:0.1:llm:MODEL@MODE``; None where no model plays.

    Raises:
        ValueError: an unknown mode.
    """
    return split_model(name.partition(f"{PREFIX}:")[2]) if asks_models(name) else None
