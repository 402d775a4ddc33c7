"""Actions drawn from distributions in many episodes at once, as ``atom.randomness.draw`` draws one."""

from __future__ import annotations

import numpy as np

from atom.randomness import RandomStreams
from eval.play.batched.exact import Floats, Ints, added, picked


def drawn(options: Ints | None, chances: Floats, streams: RandomStreams, rows: Ints) -> Ints:
    """``[n]``: an option for each column; certain ones use up no random number.

    Args:
        options: ``[A, n]``, in the order of the distribution; None for 0 to A - 1 in every column.
        chances: ``[A, n]``.
        streams: draws.
        rows: ``[n]``, the episodes that the columns are of.
    """
    certain = chances >= 1.0
    if certain.any():
        found = certain.argmax(axis=0)
        open_ = np.flatnonzero(~certain.any(axis=0))
        found[open_] = _places(chances.take(open_, axis=1), streams, rows[open_])
    else:
        found = _places(chances, streams, rows)
    return found if options is None else picked(options, found)


def _places(chances: Floats, streams: RandomStreams, rows: Ints) -> Ints:
    """``[n]``: for each column the first option that the cumulative chance of is above a random number."""
    threshold = streams.random(rows) * added(chances)
    cumulative = np.zeros(rows.size)
    found = np.zeros(rows.size, dtype=np.int64)
    for chance in chances[:-1]:  # what is left when rounding leaves nothing else is the last
        cumulative += chance
        found += threshold >= cumulative
    return found
