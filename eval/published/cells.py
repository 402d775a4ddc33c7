"""Cells of published tables: sweeps over several seeds, and scores as the pages write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from eval.play import Cell
from eval.published.study import How, Setting
from eval.sweeps import Execution, Matrix, Outcome, Sweep, cell_of, outcomes_of

Cells: TypeAlias = dict[tuple[str, str, str], Cell]
"""(task, agent, partner) -> the scores, of all seeds."""


def played(title: str, sweep: Sweep, setting: Setting, how: How) -> Cells:
    """The cells of a sweep, played with every seed of a setting.

    Args:
        title: for progress.
        sweep: what is played; its episodes and seed are the setting's instead.
        setting: how many episodes, by which seeds.
        how: how they are played.
    """
    sweeps = [replace(sweep, episodes=setting.episodes, seed=seed) for seed in setting.seeds]
    found: dict[tuple[str, str, str], list[Outcome]] = {cell: [] for cell in sweep.cells()}
    with how.bar(title, sum(len(one.units) for one in sweeps)) as progress:
        for one in sweeps:
            outcomes = outcomes_of(one.units, Execution(how.backend, progress=progress))
            for cell, got in found.items():
                got += [outcomes[(*cell, episode)] for episode in range(one.episodes)]
    return {cell: cell_of(cell[1], cell[2], got) for cell, got in found.items()}


def cross(title: str, matrices: Sequence[Matrix], setting: Setting, how: How, epsilon: float = 0.0) -> Cells:
    """The cells of matrices, each of whose players lapse at a rate; see ``played``."""
    return played(title, Sweep(tuple(matrices), 1, 0, epsilon), setting, how)


def rows_of(cells: Cells, matrix: Matrix) -> list[list[Cell]]:
    """A cross-play matrix: a row for each agent and a column for each partner."""
    task, agents, partners = matrix
    return [[cells[task, agent, partner] for partner in partners] for agent in agents]


def digits(error: float, usual: int = 1) -> int:
    """Decimals of a mean with that error, so that the error is seen."""
    return usual + 1 if 0.0 < error < 0.5 * 10.0**-usual else usual


def scored(cell: Cell) -> str:
    """``72.8 ± 0.1``, with another decimal where the error is small; no error where all are the same."""
    return mean_and(cell.mean, cell.se)


def mean_and(mean: float, error: float | None, usual: int = 1) -> str:
    """The same of a mean with its standard error, where there is one."""
    error = error or 0.0
    shown = digits(error, usual)
    return f"{mean:.{shown}f}" + (f" ± {error:.{shown}f}" if error > 0.0 else "")


def merged(cells: Sequence[Cell]) -> str:
    """``72.8 / 70.1 / 72.8 (± 0.2)``: the largest of the errors, if any; a single cell as ``scored``."""
    if len(cells) == 1:
        return scored(cells[0])
    error = max(cell.se or 0.0 for cell in cells)
    shown = digits(error)
    means = " / ".join(f"{cell.mean:.{shown}f}" for cell in cells)
    return means + (f" (± {error:.{shown}f})" if error > 0.0 else "")
