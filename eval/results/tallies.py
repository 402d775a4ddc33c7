"""What the decisions of stored episodes were like, also of those that older releases stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from eval.play import Tally, seats_asking

TALLY_COLUMNS = "seat, scores, n_steps, degraded, decisions, repaired, truncated"
"""What ``tally_of`` needs of the table of episodes, in this order."""


def tally_of(agent: str, partner: str, columns: Sequence[Any]) -> Tally:
    """The tally of a stored episode.

    Args:
        agent, partner: who played.
        columns: the values of ``TALLY_COLUMNS``; where the last three are None, as in files of before, the
            decisions are counted by who played, and nobody was asked again where no language model played.
    """
    seat, scores, n_steps, degraded, decisions, repaired, truncated = columns
    if decisions is None:
        players = list(json.loads(scores))
        asking = seats_asking(agent, partner, players, seat)
        decisions = n_steps * len(asking or players)
        if not asking:
            repaired = truncated = 0
    return Tally(decisions, degraded, repaired, truncated)
