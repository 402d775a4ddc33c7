"""What a player sees: players, their legal actions, the state and what happened before."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from atom.errors import IllegalActionError, SituationError

JointAction: TypeAlias = Mapping[str, str]
"""What each player did at one step: player -> action."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at one step, before all players act at once.

    It is the same for every player: the game is fully observed (paper, "Setting"), and who looks at it
    is an argument of whoever asks.

    Attributes:
        actions: player -> its legal actions, at least one each. The order of the players is the
            order of the axes of payoff arrays.
        state: plain data that the reasoner understands (for example an index into a table), or None.
        history: the joint actions of the earlier steps, oldest first.
        description: rules, payoffs and state in words, for language models. Neutral: it names the
            players and does not say "you".

    Raises:
        SituationError: a player without legal actions, or with an empty or repeated one.
    """

    actions: Mapping[str, Sequence[str]]
    state: Any = None
    history: Sequence[JointAction] = ()
    description: str = ""

    def __post_init__(self) -> None:
        for player, actions in self.actions.items():
            if isinstance(actions, str) or not actions or not all(actions):
                raise SituationError(
                    f"player {player!r} needs a sequence of non-empty legal actions, got {actions!r}"
                )
            if len(set(actions)) != len(actions):
                raise SituationError(f"player {player!r} has a legal action twice: {list(actions)}")

    def legal(self, player: str) -> Sequence[str]:
        """The legal actions of ``player``.

        Raises:
            SituationError: the player is not in this situation.
        """
        try:
            return self.actions[player]
        except KeyError:
            raise SituationError(
                f"player {player!r} is not in this situation; its players are {list(self.actions)}"
            ) from None

    def check_action(self, player: str, action: object) -> str:
        """``action`` itself when it is a legal action of ``player``.

        Raises:
            IllegalActionError: it is not; the message names the legal ones.
            SituationError: the player is not in this situation.
        """
        return check_legal(player, action, self.legal(player))


def check_legal(player: str, action: object, legal: Sequence[str]) -> str:
    """``action`` itself when it is one of the ``legal`` actions of ``player``.

    Raises:
        IllegalActionError: it is not; the message names the legal ones.
    """
    if isinstance(action, str) and action in legal:
        return action
    raise IllegalActionError(f"{action!r} is not a legal action of {player!r}; legal are {list(legal)}")


def folded(text: str) -> str:
    """A name as it is compared: whatever the case, the width and the form of its letters and digits."""
    return unicodedata.normalize("NFKC", text).casefold().strip()
