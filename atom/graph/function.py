"""One turn as a plain function, for LangGraph's functional API and for loops without a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.store.base import BaseStore

from atom.agents.player import Player
from atom.coroutines import finish
from atom.decision import Decision
from atom.graph.store import BeliefMemory
from atom.graph.turn import Send, Turn, noting
from atom.memories import Memory
from atom.observation import Observed
from atom.situation import Situation


def take_turn(
    player: Player,
    memories: Mapping[str, Memory],
    situation: Situation,
    observed: Observed | None = None,
    *,
    kept: BeliefMemory | None = None,
    store: BaseStore | None = None,
    send: Send | None = None,
    brief: Sequence[Any] = (),
) -> tuple[Decision, dict[str, Memory]]:
    """One turn as a plain function, for LangGraph's functional API and for loops without a graph.

    Args:
        player: who decides.
        memories: observer -> memory, as this function returned it; empty at first.
        situation: what all players see.
        observed: what the partners did since the player's last turn, as ``AdaptiveAgent.observe`` takes
            it; None for nothing. What is none of the legal actions is left out, with a warning and a sentence
            in ``Decision.degraded``.
        kept, store: keep what is learned about partners.
        send: takes the decision's events, such as ``get_stream_writer()``.
        brief: the messages that a wrapped agent is handed as its own; those of its answer come as
            ``Decision.reply``.

    Returns:
        the decision, and the memories with the player's own brought up to date.

    Raises:
        BeliefError: beliefs are to be kept, and the player has none or there is no Store.
        ToMError, LLMError: what the player raises.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> from atom.graph import take_turn
        >>> ann = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
        >>> situation, memories, seen = Situation({"ann": ("A", "B"), "ben": ("A", "B")}), {}, None
        >>> for ben in ("A", "A"):
        ...     decision, memories = take_turn(ann, memories, situation, seen)
        ...     seen = {"ben": ben}
        >>> memories["ann"]["step"]
        2
    """
    turn = Turn(type(player).__name__, player, kept)
    return finish(_taken(turn, memories, situation, observed, store, send, brief, wait=False))


async def atake_turn(
    player: Player,
    memories: Mapping[str, Memory],
    situation: Situation,
    observed: Observed | None = None,
    *,
    kept: BeliefMemory | None = None,
    store: BaseStore | None = None,
    send: Send | None = None,
    brief: Sequence[Any] = (),
) -> tuple[Decision, dict[str, Memory]]:
    """The same as ``take_turn``, awaited."""
    turn = Turn(type(player).__name__, player, kept)
    return await _taken(turn, memories, situation, observed, store, send, brief, wait=True)


async def _taken(
    turn: Turn,
    memories: Mapping[str, Memory],
    situation: Situation,
    observed: Observed | None,
    store: BaseStore | None,
    send: Send | None,
    brief: Sequence[Any],
    *,
    wait: bool,
) -> tuple[Decision, dict[str, Memory]]:
    memory, first = turn.begin(memories, situation)
    memory, problems, _ = turn.count(
        memory, None if first else observed, situation.actions.get(turn.player.me, ())
    )
    decision, memory = await turn.decided(situation, memory, store, brief, wait=wait)
    decision = noting(decision, problems)
    turn.say(decision, memory, send)
    return decision, {**memories, **turn.update(memories, memory)[turn.key]}
