"""Steps in which players see what others did before them.

What an order means there. Whoever acted is certain, for every order. ToM-0 acts on the situation as it
stands: what it sees, and for those yet to act what they did before, as if nobody answered it. ToM-k plans
over others of order k-1: those who act at the same time as it predicts them, and those who act after it as
they will answer what they then see, to each of its own actions. Who acts last has seen everybody, so all
orders of it give the best response; they differ again where a plan goes on beyond the step (tables).

This is level-k thinking in games of several stages: a player of level k best-responds, wherever it moves,
to a belief in others of level k-1 (Ho and Su 2013, "A dynamic level-k model in sequential games"; Schipper
and Zhou 2024, "Level-k thinking in the extensive form"). From order G on, where G groups of players act
after it, it is backward induction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import TypeAlias

from atom.errors import SituationError
from atom.policies import Policy
from atom.situation import Situation

Reply: TypeAlias = Callable[[Situation, str], Policy]
"""``reply(situation, player)``: what a player does when it is its turn there."""

Ending: TypeAlias = tuple[dict[str, str], float]
"""What everybody did at the end of a step, and its probability."""

MOST_ENDINGS = 100_000


def unanswered(situation: Situation, player: str, predicted: Mapping[str, Policy]) -> list[str]:
    """Who acts after ``player`` and is not predicted: will answer what it then sees."""
    if situation.at_once:
        return []
    return [other for other in situation.later(player) if other not in predicted]


def is_last(situation: Situation, player: str) -> bool:
    """Whether all others have acted in this step, and the player has not."""
    moved = situation.moved
    return player not in moved and len(moved) == len(situation.actions) - 1 > 0


def certain(action: str) -> Policy:
    """Somebody does that."""
    return {action: 1.0}


def endings(situation: Situation, player: str, reply: Reply) -> Iterator[tuple[str, list[Ending]]]:
    """For each action of a player, how the step may end once it is taken.

    Args:
        situation: where the player acts now.
        player: who acts.
        reply: what each other player does; of those who act at the same time it is asked here, of those who
            act later where they see what was done.

    Yields:
        the action, and the joint actions that may come of it with their probabilities, which sum to 1.

    Raises:
        SituationError: more than ``MOST_ENDINGS`` joint actions may come of one action.
    """
    beside = {other: reply(situation, other) for other in situation.to_move if other != player}
    for action in situation.legal(player):
        ways = (
            ending
            for joint, probability in _together({player: certain(action), **beside})
            for ending in _until_end(situation.after(joint), probability, reply)
        )
        found = list(islice(ways, MOST_ENDINGS + 1))
        if len(found) > MOST_ENDINGS:
            raise SituationError(
                f"after {action!r} of {player!r} the step may end in more than {MOST_ENDINGS} ways; give "
                "those who act later certain policies (ties other than 'uniform'), or let fewer see others"
            )
        yield action, found


def _until_end(situation: Situation, probability: float, reply: Reply) -> Iterator[Ending]:
    waiting = situation.to_move
    if not waiting:
        yield dict(situation.moved), probability
        return
    for joint, chance in _together({other: reply(situation, other) for other in waiting}):
        yield from _until_end(situation.after(joint), probability * chance, reply)


def _together(policies: Mapping[str, Policy]) -> Iterator[Ending]:
    """The joint actions of players who act at once, by independent policies."""
    options = [[(a, p) for a, p in policy.items() if p > 0.0] for policy in policies.values()]
    for chosen in product(*options):
        probability = 1.0
        for _, p in chosen:
            probability *= p
        yield dict(zip(policies, [action for action, _ in chosen], strict=True)), probability
