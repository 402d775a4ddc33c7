"""What is answered to what is predicted of a partner, in many episodes at once.

A best response that is ahead of all others by far more than rounding is found in arrays. Where two actions
are nearly as good, and on tables, the real reasoner is asked, once for each prediction.
"""

from __future__ import annotations

import numpy as np

from atom import NormalFormReasoner
from atom.randomness import RandomStreams
from atom.reasoning.ties import CLEAR
from eval.play.batched.contexts import as_arrays
from eval.play.batched.drawing import drawn
from eval.play.batched.exact import Floats, Ints
from eval.play.batched.players import Seat

_MOST_KEPT = 1 << 16
_AHEAD = 2.0 * CLEAR
"""Sums of other roundings differ by far less than what this adds."""


class Responses:
    """The responses of one player to predictions.

    Args:
        seat: where it sits.
    """

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._index = {action: i for i, action in enumerate(seat.mine)}
        self._kept: dict[tuple[int, bytes], tuple[Ints, Floats]] = {}
        reasoner = seat.game.reasoner
        self._payoffs: Floats | None = None
        if isinstance(reasoner, NormalFormReasoner):
            self._payoffs = np.ascontiguousarray(np.moveaxis(reasoner.payoffs[seat.index], seat.index, 0))
            self._largest = float(np.abs(self._payoffs).max())

    def draw(self, rows: Ints, predicted: Floats, streams: RandomStreams, at: Ints) -> Ints:
        """``[n]``: an action drawn from the response to ``[A, n]`` predictions of the partner.

        Args:
            rows: ``[n]``, the contexts.
            predicted: see above.
            streams: draws.
            at: ``[n]``, the episodes.
        """
        if self._payoffs is None:
            return self._asked(rows, predicted, streams, at)
        values = self._payoffs @ predicted
        found: Ints = values.argmax(axis=0)
        top = values.max(axis=0)
        ahead = values < top - _AHEAD * self._largest * predicted.sum(axis=0)
        near = np.flatnonzero(ahead.sum(axis=0) < len(values) - 1)
        if near.size:
            nowhere = np.zeros(near.size, dtype=np.int64)  # in normal form the context does not matter
            found[near] = self._asked(nowhere, predicted[:, near], streams, at[near])
        return found

    def _asked(self, rows: Ints, predicted: Floats, streams: RandomStreams, at: Ints) -> Ints:
        answers = [
            self._answer(row, column) for row, column in zip(rows.tolist(), predicted.T.copy(), strict=True)
        ]
        options = np.stack([options for options, _ in answers], axis=1)
        chances = np.stack([chances for _, chances in answers], axis=1)
        return drawn(options, chances, streams, at)

    def _answer(self, row: int, predicted: Floats) -> tuple[Ints, Floats]:
        key = row, predicted.tobytes()
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            seat = self._seat
            policy = dict(zip(seat.theirs, predicted.tolist(), strict=True))
            response = seat.game.reasoner.respond(
                seat.game.contexts.situations[row], seat.me, {seat.partner: policy}
            )
            found = self._kept[key] = as_arrays(response, self._index)
        return found
