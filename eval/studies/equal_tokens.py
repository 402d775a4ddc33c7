"""An adaptive agent beside an agent without a belief that may spend as many tokens.

A belief about the partner costs calls. Whether it is the belief that helps, or any use of so many
tokens, is told by an agent that spends them otherwise: it asks the model as often as the same tokens
allow and does what most answers say (self-consistency, Wang et al. 2023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.play import Cell
from eval.results import read_results
from partners import asks_models


@dataclass(frozen=True, slots=True)
class Priced:
    """An agent's scores, and what a decision of it costs.

    Attributes:
        agent: its name.
        cells: its scores, one cell a partner.
        calls, tokens: a decision, means over all episodes.
    """

    agent: str
    cells: tuple[Cell, ...]
    calls: float
    tokens: float

    @property
    def mean(self) -> float:
        """Mean score over partners, each counting the same."""
        return float(np.mean([cell.mean for cell in self.cells]))


def check_partners(partners: Sequence[str]) -> None:
    """Refuses partners that ask models themselves, whose tokens would count as the agent's.

    Raises:
        ValueError: there is one.
    """
    asking = [partner for partner in partners if asks_models(partner) or partner == "self"]
    if asking:
        raise ValueError(
            f"partners of an equal-token comparison ask no models, so that all tokens are the agent's; leave "
            f"{', '.join(asking)} out"
        )


def priced(path: Path, run: int, rows: Sequence[Sequence[Cell]]) -> list[Priced]:
    """The rows of a cross-play on one task, with what they cost.

    Args:
        path: the results file.
        run: number of the run that holds the episodes.
        rows: from ``cross_play``.

    Raises:
        ResultsError: see ``read_results``.
        ValueError: no tokens were counted.
    """
    with read_results(path) as connection:
        sums = {
            agent: (calls, tokens, steps)
            for agent, calls, tokens, steps in connection.execute(
                "SELECT agent, sum(calls), sum(prompt_tokens + completion_tokens), sum(n_steps) "
                "FROM episodes WHERE run = ? GROUP BY agent",
                (run,),
            )
        }
    found = []
    for row in rows:
        calls, tokens, steps = sums[row[0].agent]
        if not tokens:
            raise ValueError(
                f"no tokens were counted for {row[0].agent}, so they cannot be made equal: its model did not "
                "answer, or its server reports no usage"
            )
        found.append(Priced(row[0].agent, tuple(row), calls / steps, tokens / steps))
    return found


def votes_for(adaptive: Priced, bare: Priced) -> int:
    """How many answers a decision the agent without a belief may buy, rounded up in its favour; >= 1."""
    return max(1, math.ceil(adaptive.tokens / bare.tokens))
