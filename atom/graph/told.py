"""What a middleware tells a model, which messages it or a node has read, and what was really done since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict

from atom.agents.chat import id_of
from atom.decision import Decision, PartnerPrediction
from atom.graph.messages import as_done, unread
from atom.memories import Told
from atom.models.prompts import likely
from atom.models.wording import chances, quoted
from atom.names import HABITS

_EDITED = "hitl_edited_tool_calls"
"""Where ``HumanInTheLoopMiddleware`` keeps the calls that a person put in place of the model's."""

_LEAD = "Expected from what was observed:"

NOTHING_TOLD: Told = {"text": "", "decision": {}, "taken": None, "problems": [], "read": None}
"""Where no middleware has told a model anything yet, such as in a memory that a node made."""


class Read(TypedDict):
    """The keys of ``Told`` that say what was read."""

    read: str | None
    seen: list[str]
    own: list[str]


def read_by_now(state: Mapping[str, Any]) -> Read:
    """That all messages there are have been read."""
    ids = [name for message in state["messages"] if (name := id_of(message)) is not None]
    return {"read": ids[-1] if ids else None, "seen": ids, "own": []}


def new_since(state: Mapping[str, Any], told: Told) -> list[AnyMessage]:
    """The messages since the last prediction, with the calls that were really made."""
    return really_done(state, written_since(state, told))


def written_since(state: Mapping[str, Any], told: Told) -> Sequence[AnyMessage]:
    """The messages since the last prediction, as they were written."""
    return unread(state["messages"], {*told.get("seen", ()), told["read"]} - {None})


def really_done(state: Mapping[str, Any], messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Messages of an agent, with the calls that were really made."""
    edited: Mapping[str, Mapping[str, Any]] = state.get(_EDITED) or {}
    return as_done(messages, state["messages"], edited)


def in_words(decision: Decision) -> str:
    """What the model is told: what its partners will do, how sure that is, and the action that fits.

    Every call of the model carries it, so it is short: at most 40 tokens for one partner of two actions,
    and a sentence more where a partner broke its contract. Why the action fits stays in ``Decision``. Empty
    where nothing was predicted.
    """
    lines = [
        f"- {_does(name, partner)}: {_taken_for(partner)}." for name, partner in decision.partners.items()
    ]
    lines += [
        f"{quoted(name)} does not act as it declared; do not rely on that."
        for name, standing in decision.contracts.items()
        if standing.broken_at is not None
    ]
    if not lines:
        return ""
    return "\n".join([_LEAD, *lines, f"The action that fits is {quoted(decision.action)}."])


def _does(name: str, partner: PartnerPrediction) -> str:
    if partner.answered == "reply":
        return f"{quoted(name)} will see what you do and answer it"
    return f"{quoted(name)} {'has done' if partner.answered == 'seen' else 'does'} {chances(likely(partner))}"


def _taken_for(partner: PartnerPrediction) -> str:
    """What the partner is taken for and how likely it is that, or that nothing explains it."""
    sure = f"({partner.probabilities[partner.hypothesis]:.0%} sure)"
    if partner.order is not None:
        explained = partner.answered != "prediction"
        return f"order {partner.order} of theory of mind {sure}" if explained else "nothing explains it"
    return "no order explains it" if partner.hypothesis == HABITS else f"{quoted(partner.hypothesis)} {sure}"
