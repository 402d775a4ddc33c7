"""Players that answer how often they saw each action, as arrays."""

from __future__ import annotations

import numpy as np

from atom.randomness import RandomStreams
from eval.play.batched.answering import Responses
from eval.play.batched.exact import Ints
from eval.play.batched.players import Begin, Now, Seat
from partners.simple import FrequencyPartner, MarkovPredictor


class _Counting:
    """Counts the partner's actions, all of them or by the one before."""

    def __init__(self, seat: Seat, streams: RandomStreams, responses: Responses, *, by_last: bool) -> None:
        self._index = seat.index
        self._n = len(seat.theirs)
        self._streams = streams
        self._responses = responses
        self._by_last = by_last
        self._counts = np.zeros((0, 0))

    def decide(self, now: Now) -> Ints:
        if now.last is None:
            self._counts = np.zeros((now.all.size, (self._n if self._by_last else 1) * self._n))
        self._streams.begin(now.step)
        base = self._base(now)
        seen = np.stack([self._counts[now.all, base + action] for action in range(self._n)])
        if self._by_last and now.last is None:
            seen[:] = 0.0
        seen += 1.0
        return self._responses.draw(now.rows, seen / seen.sum(axis=0), self._streams, now.all)

    def observe(self, now: Now, actions: Ints) -> None:
        if now.last is not None or not self._by_last:
            self._counts[now.all, self._base(now) + actions[1 - self._index]] += 1.0

    def keep(self, rows: Ints) -> None:
        self._counts = self._counts[rows]
        self._streams.keep(rows)

    def _base(self, now: Now) -> Ints:
        """Where the counts of now begin."""
        if not self._by_last or now.last is None:
            return np.zeros(now.all.size, dtype=np.int64)
        base: Ints = now.last[1 - self._index] * self._n
        return base


def counting(seat: Seat, partner: FrequencyPartner | MarkovPredictor) -> Begin | None:
    """The best response to the counted frequencies."""
    own: object = partner.reasoner
    if own is not seat.game.reasoner:
        return None
    responses, by_last = Responses(seat), isinstance(partner, MarkovPredictor)
    return lambda episodes: _Counting(
        seat, RandomStreams(partner.seed, episodes, seat.me), responses, by_last=by_last
    )
