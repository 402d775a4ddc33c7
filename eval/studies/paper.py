"""The paper's Tables 1 and 2 beside our own (Mu et al., AAAI 2026, arXiv 2603.16264)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from eval.play import MAX_DEGRADED, SELF, Runtime, Tally
from eval.sweeps import Execution, Sweep, cell_of, outcomes_of
from eval.tasks import Environment, make_task

COLUMNS: tuple[str, ...] = (
    "memory-1",
    "memory-n",
    "game-1",
    "game-2",
    "overcooked",
    "overcooked-ring",
)
"""The columns, by the name of the task. The paper does not print its kitchen: two stand for it."""

EPSILON = 0.02
"""The lapse rate that stands for a language model's where a game has more than one decision a round.

The published fixed orders of the repeated matrix games never lapse, and those of the others do.
"""

ORDERS = ("tom-0", "tom-1", "tom-2")
FIXED_PAIRINGS = (
    ("tom-0", "tom-0"),
    ("tom-1", "tom-1"),
    ("tom-2", "tom-2"),
    ("tom-0", "tom-1"),
    ("tom-1", "tom-2"),
)
ALIGNED = FIXED_PAIRINGS[3:]
ADAPTIVE_AGENTS = ("ftl", "hedge", "bayes")

# (agent, partner) -> Memory-1, Memory-N, Game 1, Game 2, Overcooked; the paper's Tables 1 and 2.
_PUBLISHED_COLUMNS = {name: i for i, name in enumerate(COLUMNS[:-1])} | {"overcooked-ring": 4}
_PUBLISHED: dict[tuple[str, str], tuple[float, float, float, float, float]] = {
    ("tom-0", "tom-0"): (0.00, 11.67, 30.00, 30.00, 100.00),
    ("tom-1", "tom-1"): (0.00, 0.00, 23.37, 30.00, 96.40),
    ("tom-2", "tom-2"): (0.00, 12.33, 29.67, 30.00, 83.50),
    ("tom-0", "tom-1"): (75.00, 75.00, 6.00, 8.13, 44.17),
    ("tom-1", "tom-2"): (75.00, 75.00, 6.10, 7.10, 48.90),
    ("ftl", "tom-0"): (75.00, 75.00, 6.03, 7.00, 45.33),
    ("ftl", "tom-1"): (70.00, 70.00, 7.80, 10.53, 52.17),
    ("ftl", "tom-2"): (75.00, 75.00, 6.03, 7.17, 45.30),
    ("ftl", SELF): (0.00, 0.00, 20.90, 27.23, 51.17),
    ("hedge", "tom-0"): (72.83, 72.50, 6.00, 8.07, 47.47),
    ("hedge", "tom-1"): (70.00, 70.17, 7.87, 10.07, 57.60),
    ("hedge", "tom-2"): (73.00, 72.50, 6.27, 8.17, 46.00),
    ("hedge", SELF): (68.17, 64.33, 7.60, 8.57, 50.53),
}


def published(agent: str, partner: str, column: str) -> float | None:
    """The paper's own number, or None for an agent that is not in the paper."""
    row = _PUBLISHED.get((agent, partner))
    return None if row is None else row[_PUBLISHED_COLUMNS[column]]


@dataclass(frozen=True, slots=True)
class PaperCell:
    """One cell of the tables.

    Attributes:
        table: ``"fixed"`` (Table 1) or ``"adaptive"`` (Table 2).
        column: name of the task.
        agent, partner: names of the zoo; the partner of self-play in Table 2 is ``"self"``.
        epsilon: the rate at which both players lapsed.
        mean, se, n: of our episodes; no error where there is one.
        paper: the paper's number, or None where the row is ours.
        tally: what the decisions behind ours were like.
    """

    table: Literal["fixed", "adaptive"]
    column: str
    agent: str
    partner: str
    epsilon: float
    mean: float
    se: float | None
    n: int
    paper: float | None
    tally: Tally = field(default_factory=Tally)


def pairings() -> Iterator[tuple[Literal["fixed", "adaptive"], str, str]]:
    """(table, agent, partner) of every row, in the paper's order."""
    for agent, partner in FIXED_PAIRINGS:
        yield "fixed", agent, partner
    for agent in ADAPTIVE_AGENTS:
        for partner in (*ORDERS, SELF):
            yield "adaptive", agent, partner


def paper_sweep(
    columns: Sequence[str] = COLUMNS,
    episodes: int = 30,
    *,
    seed: int = 42,
    runtime: Runtime = "plain",
    epsilon: float | None = None,
    env: Environment = "table",
    model: str | None = None,
) -> Sweep:
    """Both tables as one sweep: of every matrix only the cells of ``pairings``.

    Args:
        columns: some of ``COLUMNS``.
        episodes: episodes a cell, >= 1 (paper: 30).
        seed: seed of all random numbers (paper: 42).
        runtime: see ``Sweep``.
        epsilon: the rate at which both players lapse to a random action, in [0, 1]; None for
            ``EPSILON`` on grids and in kitchens, and 0 in matrix games and for language models,
            which lapse by themselves.
        env: ``"real"`` plays the kitchens in ``overcooked-ai`` itself.
        model: a language model that plays every row, in place of exact reasoners.

    Raises:
        ValueError: an unknown column, or no episodes.
    """
    check_columns(columns)
    columns = list(dict.fromkeys(columns))
    played = tuple((asked_of(agent, model), asked_of(partner, model)) for _, agent, partner in pairings())
    agents, partners = (tuple(dict.fromkeys(names)) for names in zip(*played, strict=True))
    return Sweep(
        tuple((column, agents, partners) for column in columns),
        episodes,
        seed,
        lapse_rates(columns, epsilon, model),
        runtime,
        env,
        on_tables=frozenset(column for column in columns if not column.startswith("overcooked")),
        pairings=played,
        kind="paper",
    )


def paper_cells(sweep: Sweep, how: Execution | None = None) -> list[PaperCell]:
    """Both tables, played.

    Args:
        sweep: from ``paper_sweep``.
        how: see ``run_sweep``.

    Raises:
        ResultsError, TranscriptError, WorkerLostError: see ``run_sweep``.
    """
    found = outcomes_of(sweep.units, how)
    cells = []
    for column in sweep.tasks:
        for (table, agent, partner), asked in zip(pairings(), sweep.pairings or (), strict=True):
            got = [found[column, *asked, episode] for episode in range(sweep.episodes)]
            cell = cell_of(agent, partner, got)
            paper = published(agent, partner, column)
            lapses = sweep.epsilon_on(column)
            numbers = (cell.mean, cell.se, cell.n, paper, cell.tally)
            cells.append(PaperCell(table, column, agent, partner, lapses, *numbers))
    return cells


def lapse_rates(columns: Sequence[str], epsilon: float | None, model: str | None) -> dict[str, float]:
    """Column -> the rate at which both players lapse; arguments as ``paper_sweep``."""
    return {
        column: (0.0 if model else default_epsilon(column)) if epsilon is None else epsilon
        for column in columns
    }


def check_columns(columns: Sequence[str]) -> None:
    """Refuses what is no column of the paper's tables.

    Raises:
        ValueError: an unknown column, or none.
    """
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or not columns:
        raise ValueError(f"there is no column {', '.join(unknown)!r}; columns are {', '.join(COLUMNS)}")


def asked_of(name: str, model: str | None) -> str:
    """The player called ``name`` in the paper's tables, when ``model`` plays it."""
    return name if model is None or name == SELF else f"llm:{model}@{name}"


def default_epsilon(column: str) -> float:
    """The lapse rate that a column is played with unless told otherwise."""
    return 0.0 if column.startswith("memory") else EPSILON


@dataclass(frozen=True, slots=True)
class Excess:
    """How far a ``bayes`` cell stays behind aligned fixed orders, and how far the paper's best did.

    Attributes:
        column, partner: the cell of Table 2.
        ours: ``bayes`` beyond the better of our aligned pairs, as a fraction of that pair's score;
            0 is as good as aligned, 0.1 is ten per cent worse.
        se: the standard error of ``bayes``, as the same fraction.
        paper: the same for the better of the paper's two algorithms beside its own aligned pairs.
    """

    column: str
    partner: str
    ours: float
    se: float
    paper: float

    @property
    def worse(self) -> bool:
        """Whether ours stays behind the paper's by more than two standard errors."""
        return self.ours - 2.0 * self.se > self.paper


def excesses(cells: Sequence[PaperCell]) -> list[Excess]:
    """``bayes`` beside the paper's better algorithm, each relative to its aligned optimum."""
    found = {(cell.column, cell.agent, cell.partner): cell for cell in cells}
    result = []
    for column in dict.fromkeys(cell.column for cell in cells):
        sign = 1.0 if make_task(column).better == "lower" else -1.0
        aligned = [found[column, a, b] for a, b in ALIGNED]
        best = min(sign * cell.mean for cell in aligned)
        best_paper = min(sign * (cell.paper or 0.0) for cell in aligned)
        for partner in (*ORDERS, SELF):
            ours = found[column, "bayes", partner]
            theirs = min(sign * (found[column, agent, partner].paper or 0.0) for agent in ("ftl", "hedge"))
            result.append(
                Excess(
                    column,
                    partner,
                    (sign * ours.mean - best) / abs(best),
                    (ours.se or 0.0) / abs(best),
                    (theirs - best_paper) / abs(best_paper),
                )
            )
    return result


def as_json(
    cells: Sequence[PaperCell],
    *,
    episodes: int,
    seed: int,
    model: str | None = None,
    max_degraded: float = MAX_DEGRADED,
) -> dict[str, Any]:
    """The tables as plain data; ``model`` is there where a language model played.

    Every cell has the shares of ``Tally.as_plain``, and is marked where that of degraded decisions is above
    ``max_degraded``.
    """
    asked = {} if model is None else {"model": model}
    plain = [{**asdict(cell), "tally": cell.tally.as_plain(max_degraded)} for cell in cells]
    return {"episodes": episodes, "seed": seed, **asked, "cells": plain}
