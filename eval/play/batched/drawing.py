"""Actions drawn from distributions in many episodes at once, as ``atom.randomness.draw`` draws one."""

from __future__ import annotations

import numpy as np

from atom.randomness import RandomStreams
from eval.play.batched.exact import Floats, Ints, picked, total


def drawn(options: Ints | None, chances: Floats, streams: RandomStreams, rows: Ints) -> Ints:
    """``[n]``: an option for each column; certain ones use up no random number.

    Args:
        options: ``[A, n]``, in the order of the distribution; None for 0 to A - 1 in every column.
        chances: ``[A, n]``.
        streams: draws.
        rows: ``[n]``, the episodes that the columns are of.
    """
    certain = chances >= 1.0
    found = certain.argmax(axis=0)
    open_ = np.flatnonzero(~certain.any(axis=0))
    if open_.size:
        some = chances[:, open_]
        threshold = streams.random(rows[open_]) * total(some)
        cumulative = np.zeros(open_.size)
        place = np.zeros(open_.size, dtype=np.int64)
        for chance in some[:-1]:  # what is left when rounding leaves nothing else is the last
            cumulative += chance
            place += threshold >= cumulative
        found[open_] = place
    return found if options is None else picked(options, found)
