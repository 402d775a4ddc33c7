"""What a player sees: players, their legal actions, the state and what happened before."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from numbers import Real
from typing import Any, TypeAlias

from atom.errors import IllegalActionError, SituationError, shortly

JointAction: TypeAlias = Mapping[str, str]
"""What each player did at one step: player -> action."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at one step, before those players act who have yet to act.

    It is the same for every player who acts now: the game is fully observed (paper, "Setting"), and who
    looks at it is an argument of whoever asks. In the paper all act at once; a step in which players see
    what others did before them is a multi-stage game with observed actions (Fudenberg and Tirole 1991,
    section 3.2), and is said by ``moved`` and ``turns``. What some see and others do not is said by
    ``private`` and ``possible``; then each player decides in the situation that is ``known_to`` it.

    Attributes:
        actions: player -> its legal actions, texts, at least one each. The order of the players is the
            order of the axes of payoff arrays. Members of an ``Enum`` of texts are taken for their values.
        state: plain data that the reasoner understands (for example an index into a table), or None.
        history: the joint actions of the earlier steps, oldest first; they may name actions that are no
            longer to be had, and players who are gone.
        description: rules, payoffs and state in words, for language models. Neutral: it names the
            players and does not say "you". What stays as it is in an episode comes first, then an empty
            line, then what changes: prompts keep the first part, and all of it where no line is
            empty, where caches of prefixes find it.
        moved: player -> its action, of those who acted in this step already, whom everybody who has not
            sees; the first first.
        turns: who acts after whom within the step: groups of players, each player in one, those of a group
            at once and all of them seeing what the groups before did. Empty where nobody waits: whoever has
            moved did so one by one, and the others act at once.
        announced: player -> what it said that it would do in this step, true or not; any text, since it is
            what somebody said. What it is worth is a hypothesis (``atom.belief.announcing``).

    Raises:
        SituationError: a player without legal actions, or with an empty or repeated one, or with one that
            is no text; turns that leave
            somebody out; somebody who moved before its turn, or who is not there; views that are no texts,
            of nobody, or whose chances are no probabilities.
        IllegalActionError: somebody moved as it may not.

    Example:
        >>> two = {"ann": ("A", "B"), "ben": ("A", "B")}
        >>> bens = Situation(two, moved={"ann": "A"})  # ben acts, and knows what ann did
        >>> bens.to_move, bens.as_seen_by("ann").to_move, bens.as_seen_by("ann").later("ann")
        (('ben',), ('ann',), ('ben',))
    """

    actions: Mapping[str, Sequence[str]]
    state: Any = None
    history: Sequence[JointAction] = ()
    description: str = ""
    moved: JointAction = field(default_factory=dict)
    turns: Sequence[Sequence[str]] = ()
    announced: JointAction = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    possible: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for player, actions in self.actions.items():
            if (
                not isinstance(actions, _SEQUENCES)
                or isinstance(actions, str)
                or not actions
                or not all(actions)
            ):
                raise SituationError(
                    f"player {player!r} needs a sequence of non-empty legal actions, got {actions!r}"
                )
            if set(map(type, actions)) != _TEXTS:
                _with_texts(self, player)
            if len(set(actions)) != len(actions):
                raise SituationError(f"player {player!r} has a legal action twice: {list(actions)}")
        if self.moved or self.turns:
            _check_turns(self)
        if self.announced and not isinstance(self.announced, Mapping):
            raise SituationError(f"announced is player -> what it said, got {self.announced!r}")
        if self.private or self.possible:
            _check_views(self)

    @property
    def at_once(self) -> bool:
        """Whether all players act at once, as in the paper."""
        return not self.moved and len(self.turns) < 2

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The ``turns``, also where they follow from who has moved."""
        if self.turns:
            return tuple(map(tuple, self.turns))
        waiting = tuple(player for player in self.actions if player not in self.moved)
        return (*((player,) for player in self.moved), *((waiting,) if waiting else ()))

    @property
    def to_move(self) -> tuple[str, ...]:
        """Who acts now: the first group of which somebody has yet to act, without those who did."""
        for group in self.groups:
            waiting = tuple(player for player in group if player not in self.moved)
            if waiting:
                return waiting
        return ()

    def later(self, player: str) -> tuple[str, ...]:
        """Who acts after ``player`` in this step, and sees what it did.

        Raises:
            SituationError: the player is not in this situation.
        """
        groups, at = self._turn_of(player)
        return tuple(other for group in groups[at + 1 :] for other in group)

    def as_seen_by(self, player: str) -> Situation:
        """The situation in which ``player`` acts, or acted, as far as that is known by now.

        Raises:
            SituationError: the player is not in this situation.
        """
        groups, at = self._turn_of(player)
        before = {other for group in groups[:at] for other in group}
        moved = {other: action for other, action in self.moved.items() if other in before}
        return replace(self, moved=moved, turns=groups)

    def after(self, actions: JointAction) -> Situation:
        """The situation once some of those who had yet to act did ``actions``.

        Raises:
            SituationError, IllegalActionError: as a new situation does.
        """
        return replace(self, moved={**self.moved, **actions}, turns=self.groups)

    def known_to(self, player: str) -> Situation:
        """The situation as ``player`` knows it: without what others see and it does not.

        Raises:
            SituationError: the player is not in this situation.
        """
        self.legal(player)
        if not self.private or self.private.keys() == {player}:
            return self
        mine = {player: self.private[player]} if player in self.private else {}
        return replace(self, private=mine)

    def with_views(self, views: Mapping[str, str]) -> Situation:
        """The same where it is known what some players see, player -> view.

        Raises:
            SituationError: as a new situation does.
        """
        possible = {name: own for name, own in self.possible.items() if name not in views}
        return replace(self, private={**self.private, **views}, possible=possible)

    def unseen(self, player: str) -> Mapping[str, float]:
        """View -> how likely it is that ``player`` has it; empty where nothing of it is hidden."""
        return {} if player in self.private else self.possible.get(player, {})

    def _turn_of(self, player: str) -> tuple[tuple[tuple[str, ...], ...], int]:
        self.legal(player)
        groups = self.groups
        return groups, next(i for i, group in enumerate(groups) if player in group)

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


_TEXTS = {str}
_SEQUENCES = (tuple, list, Sequence)  # the plain ones first: asking an abstract class takes longer


def _with_texts(situation: Situation, player: str) -> None:
    """Puts texts in the place of a player's actions that stand for texts: of an ``Enum``, of a subclass.

    Raises:
        SituationError: an action that is something else.
    """
    found = []
    for action in situation.actions[player]:
        text = action.value if isinstance(action, Enum) else action
        if not isinstance(text, str) or not text:
            kind = (
                f"an Enum with the value {text!r}"
                if isinstance(action, Enum)
                else f"of type {type(action).__name__}"
            )
            raise SituationError(
                f"the action {action!r} of {player!r} is {kind}; actions are texts, which survive "
                f"checkpoints and reach models: write {str(action)!r}, or give each a name"
            )
        found.append(str.__str__(text))
    object.__setattr__(situation, "actions", {**situation.actions, player: tuple(found)})


def strange_history(joint: JointAction, situation: Situation) -> str:
    """That a round of the history is nobody's who is here, in words."""
    return (
        f"{dict(joint)!r} in the history is of none of the players {list(situation.actions)}; the history's "
        "rounds are player -> action"
    )


def _check_turns(situation: Situation) -> None:
    if isinstance(situation.turns, str) or any(isinstance(group, str) for group in situation.turns):
        raise SituationError(
            f'turns are groups of players such as (("ann",), ("ben", "cem")), got {situation.turns!r}'
        )
    players = [player for group in situation.turns for player in group]
    if players and sorted(players) != sorted(situation.actions):
        raise SituationError(
            f"turns must name every player once, the players are {list(situation.actions)}, got "
            f"{[list(group) for group in situation.turns]}"
        )
    if not isinstance(situation.moved, Mapping):
        raise SituationError(f'moved is player -> action, such as {{"ann": "A"}}, got {situation.moved!r}')
    for player, action in situation.moved.items():
        situation.check_action(player, action)
    waiting = False
    for group in situation.turns:
        if waiting and not situation.moved.keys().isdisjoint(group):
            early = [player for player in group if player in situation.moved]
            raise SituationError(f"{early} have moved and players before them have not; turns are {players}")
        waiting = waiting or not situation.moved.keys() >= set(group)


def _check_views(situation: Situation) -> None:
    private, possible = situation.private, situation.possible
    if not isinstance(private, Mapping) or not all(isinstance(v, str) and v for v in private.values()):
        raise SituationError(
            f'private is player -> what it alone sees, a text such as {{"ann": "red"}}, got {private!r}; '
            "write other data as text, for example with json.dumps"
        )
    if not isinstance(possible, Mapping) or not all(isinstance(own, Mapping) for own in possible.values()):
        raise SituationError(
            f'possible is player -> view -> probability, such as {{"ben": {{"red": 0.5, "blue": 0.5}}}}, got '
            f"{possible!r}"
        )
    if strangers := sorted({*map(str, private), *map(str, possible)} - situation.actions.keys()):
        raise SituationError(
            f"{strangers} have views and are not in this situation; its players are {list(situation.actions)}"
        )
    for player, views in possible.items():
        chances = list(views.values())
        fit = all(isinstance(p, Real) and math.isfinite(p) and p > 0.0 for p in chances)
        if not all(isinstance(v, str) and v for v in views) or not fit or abs(sum(chances) - 1.0) > 1e-6:
            raise SituationError(
                f"what {player!r} may see needs texts with positive probabilities that sum to 1, got "
                f"{dict(views)!r}"
            )


def check_legal(player: str, action: object, legal: Sequence[str]) -> str:
    """``action`` itself when it is one of the ``legal`` actions of ``player``.

    Raises:
        IllegalActionError: it is not; the message names the legal ones.
    """
    if isinstance(action, str) and action in legal:
        return action
    raise IllegalActionError(
        f"{shortly(action)} is not a legal action of {player!r}; legal are {list(legal)}"
    )


def folded(text: str) -> str:
    """A name as it is compared: whatever the case, the width and the form of its letters and digits."""
    return unicodedata.normalize("NFKC", text).casefold().strip()
