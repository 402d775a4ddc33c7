"""Who plays how well with whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from eval.measure import Interval, cell_interval, joint_mean
from eval.play import MAX_DEGRADED, SELF, Cell
from eval.show.figures.style import LIGHT, Look, dress, new_figure
from eval.tasks import Better

_LIGHT_CELL = 0.55


def heat_map(
    rows: Sequence[Sequence[Cell]], *, better: Better = "higher", unit: str = "points", look: Look = LIGHT
) -> Figure:
    """The cross-play matrix: means and 95 % intervals, brighter where the pair does better.

    Means with a larger share of degraded decisions than ``MAX_DEGRADED`` have the sign of the tables.

    Args:
        rows: one row an agent, one cell a partner; cells may be missing while a run goes on.
        better: whether a higher or a lower score is better.
        unit: what the score counts.
        look: colours; the width follows from the number of partners.
    """
    agents = [row[0].agent for row in rows]
    partners = list(dict.fromkeys(cell.partner for row in rows for cell in row))
    found = {(cell.agent, cell.partner): cell for row in rows for cell in row}
    means = np.array(
        [[found[a, p].mean if (a, p) in found else np.nan for p in partners] for a in agents], dtype=float
    )
    longest = max(map(len, agents))
    sized = look.sized(0.085 * longest + 1.0 * len(partners) + 1.1)
    figure, axes = new_figure(sized, 1.3 + 0.55 * len(agents))
    axis = axes[0, 0]
    colours = mpl.colormaps[look.scale if better == "higher" else f"{look.scale}_r"]
    image = axis.imshow(means, cmap=colours, aspect="auto")
    axis.grid(visible=False)
    axis.set_xticks(range(len(partners)), partners, rotation=30 if max(map(len, partners)) > 9 else 0)
    axis.set_yticks(range(len(agents)), agents)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    for (i, agent), (j, partner) in ((a, p) for a in enumerate(agents) for p in enumerate(partners)):
        if (agent, partner) not in found:
            axis.text(j, i, "—", ha="center", va="center", color=look.muted)
            continue
        interval = cell_interval(found[agent, partner])
        red, green, blue, _ = image.cmap(image.norm(means[i, j]))
        ink = "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > _LIGHT_CELL else "#ffffff"
        tally = found[agent, partner].tally
        shown = f"{interval.estimate:.1f}" + (" †" if tally.exceeds(MAX_DEGRADED) else "")
        axis.text(j, i - 0.12, shown, ha="center", va="center", color=ink, fontsize=11)
        if not interval.is_unknown:
            bounds = f"{interval.low:.1f} – {interval.high:.1f}"
            axis.text(j, i + 0.26, bounds, ha="center", va="center", color=ink, fontsize=7.5)
    bar = figure.colorbar(image, ax=axis, shrink=0.8, pad=0.02)
    dress(bar.ax, look)
    bar.ax.grid(visible=False)
    bar.set_label(f"{unit}, {better} is better", color=look.ink, fontsize=9)
    bar.outline.set_visible(False)
    return figure


def self_and_cross_play(
    rows: Sequence[Sequence[Cell]], *, better: Better = "higher", unit: str = "points", look: Look = LIGHT
) -> Figure:
    """Every agent's mean with its own kind beside its mean with the others, with 95 % intervals.

    Args:
        rows: as for ``heat_map``; agents without a ``"self"`` cell show cross-play only.
        better, unit: as for ``heat_map``.
        look: colours and layout.
    """
    figure, axes = new_figure(look, 1.2 + 0.42 * len(rows))
    axis = axes[0, 0]
    for i, row in enumerate(rows):
        own, cross = own_and_cross(row)
        if own is not None and cross is not None:
            axis.plot([own.estimate, cross.estimate], [i, i], color=look.grid, linewidth=3, zorder=1)
        for k, interval in enumerate((own, cross)):
            if interval is None:
                continue
            style = look.series(k)
            y = i + (0.09 if k else -0.09)
            axis.plot([interval.low, interval.high], [y, y], color=style["color"], linewidth=1.6)
            axis.plot(
                [interval.estimate],
                [y],
                color=style["color"],
                marker=style["marker"],
                markersize=8,
                linestyle="",
            )
    axis.set_yticks(range(len(rows)), [row[0].agent for row in rows])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(f"{unit}, {better} is better")
    handles = [
        mpl.lines.Line2D([], [], color=look.series(k)["color"], marker=look.series(k)["marker"], linestyle="")
        for k in (0, 1)
    ]
    figure.legend(
        handles,
        ["with its own kind (self-play)", "with the others (cross-play)"],
        loc="outside upper left",
        ncols=1 if look.narrow else 2,
        frameon=False,
        labelcolor=look.ink,
        fontsize=9,
    )
    return figure


def own_and_cross(row: Sequence[Cell]) -> tuple[Interval | None, Interval | None]:
    """An agent's mean with its own kind, and its mean over the other partners, each counting the same."""
    own = [cell for cell in row if cell.partner in (SELF, cell.agent)]
    others = [cell for cell in row if cell.partner not in (SELF, cell.agent)]
    return (
        cell_interval(own[0]) if own else None,
        _mean_over(tuple(others)) if others else None,
    )


@lru_cache(maxsize=512)
def _mean_over(cells: tuple[Cell, ...]) -> Interval:
    if any(cell.n < 2 for cell in cells):
        mean = float(np.mean([cell.mean for cell in cells]))
        return Interval(mean, mean, mean)
    return joint_mean([cell.scores for cell in cells])
