"""Episodes of one pairing, played at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from atom import Player
from eval.play.batched.exact import Floats, Ints
from eval.play.batched.games import Game, game_of
from eval.play.batched.kinds import begin_of
from eval.play.batched.players import Batch, Begin, Episodes, Now, Seat
from eval.tasks import Task

MOST_AT_ONCE = 2048
"""Episodes that are played at once: more no longer fit into a processor's nearest memory."""

FEWEST_AT_ONCE = 4
"""Fewer episodes are played faster one at a time."""

_WORTH_LEAVING = 8
"""Once one in as many episodes is over, the others go on without it."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of B episodes.

    Attributes:
        scores: ``[2, B]``.
        steps: ``[B]``.
    """

    scores: Floats
    steps: Ints


class Batched:
    """A pairing whose episodes can be played at once.

    Args:
        game: what is played.
        begins: what begins each player.
    """

    def __init__(self, game: Game, begins: Sequence[Begin]) -> None:
        self._game = game
        self._begins = tuple(begins)

    def play(self, episodes: Sequence[int]) -> Played:
        """The episodes of some numbers, each below 2^64."""
        parts = [
            self._play(np.array(episodes[first : first + MOST_AT_ONCE], dtype=np.uint64))
            for first in range(0, len(episodes), MOST_AT_ONCE)
        ]
        return Played(
            np.concatenate([part.scores for part in parts], axis=1),
            np.concatenate([part.steps for part in parts]),
        )

    def trace(self, episodes: Sequence[int]) -> list[list[tuple[str, ...]]]:
        """The joint actions of each episode, step by step."""
        done: list[tuple[Ints, Ints]] = []
        steps = self._play(np.array(episodes, dtype=np.uint64), done).steps
        found: list[list[tuple[str, ...]]] = [[] for _ in episodes]
        for where, actions in done:
            for at, joint in zip(where.tolist(), actions.T.tolist(), strict=True):
                if len(found[at]) < steps[at]:
                    named = zip(self._game.actions, joint, strict=True)
                    found[at].append(tuple(own[action] for own, action in named))
        return found

    def _play(self, episodes: Episodes, done: list[tuple[Ints, Ints]] | None = None) -> Played:
        size = len(episodes)
        rounds = self._game.begin(size)
        players: list[Batch] = [begin(episodes) for begin in self._begins]
        scores, steps = np.zeros((2, size)), np.zeros(size, dtype=np.int64)
        where = np.arange(size)
        now = Now(0, rounds.rows(), None, where)
        before = 0
        while where.size:
            actions = np.array([player.decide(now) for player in players])
            for player in players:
                player.observe(now, actions)
            if done is not None:
                done.append((where, actions))
            over = rounds.step(actions)
            ended = int(over.sum())
            if ended > before:
                steps[where[over & (steps[where] == 0)]] = now.step + 1
                before = ended
            if ended * _WORTH_LEAVING >= over.size:
                scores[:, where] = rounds.totals()
                left = (~over).nonzero()[0]
                where, actions, before = where[left], actions[:, left], 0
                if left.size:
                    rounds.keep(left)
                    for player in players:
                        player.keep(left)
            if where.size:
                now = Now(now.step + 1, rounds.rows(), actions, np.arange(where.size))
        return Played(scores, steps)


def batched(task: Task, seats: Mapping[str, Player]) -> Batched | None:
    """The pairing of players at their seats; None where the task or a player is played one at a time."""
    game = game_of(task)
    if game is None:
        return None
    begins: list[Begin] = []
    for index, name in enumerate(game.players):
        begin = begin_of(Seat(game, index), seats[name])
        if begin is None:
            return None
        begins.append(begin)
    return Batched(game, begins)
