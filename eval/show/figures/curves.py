"""Learning curves: how a pair does from step to step of an episode."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from eval.show.figures.style import LIGHT, Look, legend, legend_height, new_figure

_MANY = 20
_BANDS = 8
"""Lines whose bands can be told apart."""


def learning_curves(
    curves: Mapping[tuple[str, str], Sequence[ArrayLike]],
    *,
    counts_time: bool = False,
    unit: str = "points",
    steps: int | None = None,
    look: Look = LIGHT,
) -> Figure:
    """One panel a partner, one line an agent: the mean over episodes, with a band of one standard error.

    Args:
        curves: (agent, partner) -> for every episode the agent's scores, ``[T]`` with T of that episode.
        counts_time: whether every step costs 1, as on grids: then the line is the share of episodes
            that are over after so many steps, and there is no band.
        unit: what a score counts.
        steps: the longest possible episode; the longest of the data for None.
        look: colours and layout.

    Raises:
        ValueError: no curves.
    """
    if not curves:
        raise ValueError("learning curves need an episode at least")
    agents = list(dict.fromkeys(agent for agent, _ in curves))
    partners = list(dict.fromkeys(partner for _, partner in curves))
    last = steps or max(len(np.atleast_1d(e)) for episodes in curves.values() for e in episodes)
    across = min(len(partners), 2 if look.narrow else 3)
    down = math.ceil(len(partners) / across)
    height = 0.6 + legend_height(look, len(agents)) + (1.9 * down if down > 1 else 2.5)
    figure, axes = new_figure(look, height, down, across, sharex=True, sharey=True)
    handles: dict[str, Any] = {}
    for axis, partner in zip(axes.flat, partners, strict=False):
        axis.set_title(f"with {partner}", loc="left", fontsize=10, color=look.ink)
        for i, agent in enumerate(agents):
            episodes = [np.atleast_1d(np.asarray(e, dtype=float)) for e in curves.get((agent, partner), [])]
            if not episodes:
                continue
            style = look.series(i)
            every = max(1, last // 5)
            x = np.arange(1, last + 1)
            mean, error = _finished(episodes, last) if counts_time else _mean(episodes, last)
            (handles[agent],) = axis.plot(
                x, mean, **style, markersize=5, markevery=(i % every, every), linewidth=1.7
            )
            if error is not None and len(episodes) > 1 and len(agents) <= _BANDS:
                axis.fill_between(
                    x, mean - error, mean + error, color=style["color"], alpha=0.18, linewidth=0
                )
    for axis in axes.flat[len(partners) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("step" if counts_time else "round")
    for row in axes:
        row[0].set_ylabel("episodes over" if counts_time else f"{unit} a round")
    axes[0, 0].set_ylim(bottom=min(0.0, axes[0, 0].get_ylim()[0]))
    axes[0, 0].set_xlim(1, last)
    if last <= _MANY:
        axes[0, 0].set_xticks(sorted({1, *range(5, last + 1, 5)}))
    legend(figure, look, list(handles.values()), list(handles))
    return figure


def _mean(episodes: Sequence[np.ndarray[Any, Any]], last: int) -> tuple[Any, Any]:
    table = np.full((len(episodes), last), np.nan)
    for row, episode in zip(table, episodes, strict=True):
        row[: min(last, len(episode))] = episode[:last]
    counts = (~np.isnan(table)).sum(axis=0)
    sums = np.nansum(table, axis=0)
    mean = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    squares = np.nansum((table - mean) ** 2, axis=0)
    error = np.sqrt(squares / np.maximum(counts - 1, 1) / np.maximum(counts, 1))
    return mean, error


def _finished(episodes: Sequence[np.ndarray[Any, Any]], last: int) -> tuple[Any, None]:
    """The share of episodes that are over after 1, 2, … steps; the cap is no end."""
    lengths = np.array([len(episode) for episode in episodes])
    over = lengths[lengths < last]
    return np.array([(over <= t).sum() / len(lengths) for t in range(1, last + 1)], dtype=float), None
