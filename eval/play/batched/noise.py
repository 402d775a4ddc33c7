"""Players that lapse, as arrays."""

from __future__ import annotations

import numpy as np

from atom.randomness import RandomStreams
from eval.play.batched.exact import Ints
from eval.play.batched.players import Batch, Begin, Episodes, Now, Seat
from partners import NoisyPartner


class _Lapsing:
    def __init__(self, inner: Batch, rate: float, streams: RandomStreams, n_actions: int) -> None:
        self._inner = inner
        self._rate = rate
        self._streams = streams
        self._n = n_actions

    def decide(self, now: Now) -> Ints:
        found = self._inner.decide(now)
        self._streams.begin(now.step)
        lapses = np.flatnonzero(self._streams.random(now.all) < self._rate)
        if lapses.size:
            found = found.copy()
            found[lapses] = self._streams.integers(self._n, lapses)
        return found

    def observe(self, now: Now, actions: Ints) -> None:
        self._inner.observe(now, actions)

    def keep(self, rows: Ints) -> None:
        self._inner.keep(rows)
        self._streams.keep(rows)


def lapsing(seat: Seat, partner: NoisyPartner, inner: Begin) -> Begin:
    """The player that ``inner`` begins, which lapses."""

    def begin(episodes: Episodes) -> Batch:
        streams = RandomStreams(partner.seed, episodes, seat.me, "lapse")
        return _Lapsing(inner(episodes), partner.rate, streams, len(seat.mine))

    return begin
