"""The partners of a situation: whom a player decides beside."""

from __future__ import annotations

from atom.belief.beliefs import Beliefs
from atom.errors import SituationError
from atom.memories import PlayerMemory
from atom.situation import Situation


def partners_of(beliefs: Beliefs, situation: Situation, memory: PlayerMemory, me: str) -> list[str]:
    """Everybody else in a situation.

    Args:
        beliefs: what the player believes by.
        situation: what all players see.
        memory: what it remembers.
        me: its name.

    Raises:
        SituationError: the player is not in the situation, or nobody whom it knows is.
        ContractError: a contract that names players who are not here.
    """
    situation.legal(me)
    partners = [player for player in situation.actions if player != me]
    known = beliefs.met(memory)
    if beliefs.contract is not None and memory["step"] == 0:
        beliefs.contract.check_players(me, list(situation.actions))
    if not partners or (known and known.isdisjoint(partners)):
        expected = sorted(known) or "one at least"
        raise SituationError(
            f"no partner of {me!r} is in this situation: expected {expected}, its players are "
            f"{list(situation.actions)}; name players alike in start and in situations"
        )
    return partners
