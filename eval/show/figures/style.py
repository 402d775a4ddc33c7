"""How figures look: colours that colour-blind readers tell apart, for light and for dark pages."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.5, 1.5)))


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and layout of a figure.

    Attributes:
        ink, muted, paper, grid: colours of text, of lesser text, of the background and of lines.
        cycle: colours of series: Okabe and Ito's (2008), darkened or lightened where the page asks for
            contrast.
        scale: name of matplotlib's colour map for values; cividis reads alike for all kinds of colour
            vision (Nuñez et al. 2018).
        width: of the figure in inches.
    """

    ink: str
    muted: str
    paper: str
    grid: str
    cycle: tuple[str, ...]
    scale: str = "cividis"
    width: float = 8.0

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.width < 6.0

    def sized(self, width: float) -> Look:
        """The same colours at another width in inches."""
        return Look(self.ink, self.muted, self.paper, self.grid, self.cycle, self.scale, width)

    def series(self, i: int) -> dict[str, Any]:
        """Colour, marker and dashes of series ``i``: series differ by more than colour."""
        return {
            "color": self.cycle[i % len(self.cycle)],
            "marker": _MARKERS[i % len(_MARKERS)],
            "linestyle": _DASHES[i // len(self.cycle) % len(_DASHES)],
        }


WIDE, NARROW = 8.0, 4.2

LIGHT = Look(
    ink="#1b1b1b",
    muted="#595959",
    paper="#ffffff",
    grid="#d9d9d9",
    cycle=("#0072B2", "#D55E00", "#007A5A", "#B0478B", "#A66F00", "#2B8CBE", "#444444"),
)
DARK = Look(
    ink="#ececec",
    muted="#b3b3b3",
    paper="#171a1f",
    grid="#3a3f47",
    cycle=("#56B4E9", "#F0834A", "#2FC69B", "#E39AC6", "#E6B33D", "#9AD0F5", "#cccccc"),
)


def new_figure(
    look: Look, height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """A figure of a look with ``[rows][columns]`` empty axes; no global state is touched.

    Args:
        look: colours and width.
        height: in inches.
        rows, columns: how many axes.
        options: of ``Figure.subplots``.
    """
    figure = Figure(figsize=(look.width, height), layout="constrained", facecolor=look.paper)
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        dress(axis, look)
    return figure, axes


def dress(axes: Axes, look: Look) -> None:
    """Colours and the little furniture of one pair of axes."""
    axes.set_facecolor(look.paper)
    axes.tick_params(colors=look.muted, labelcolor=look.ink, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(look.grid)
    axes.grid(color=look.grid, linewidth=0.6)
    axes.set_axisbelow(True)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(look.ink)
        text.set_fontsize(10)


def legend_height(look: Look, n: int) -> float:
    """Inches that a legend of n entries takes."""
    return 0.24 * math.ceil(n / _legend_columns(look, n))


def _legend_columns(look: Look, n: int) -> int:
    return max(1, min(n, int(look.width // 1.5)))


def legend(figure: Figure, look: Look, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """One legend above all axes."""
    columns = _legend_columns(look, len(labels))
    figure.legend(
        handles,
        labels,
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        labelcolor=look.ink,
        fontsize=9,
    )


def svg(figure: Figure) -> str:
    """The figure as SVG text: the same figure gives the same bytes, and text stays text."""
    buffer = io.StringIO()
    options: Any = {"svg.fonttype": "none", "svg.hashsalt": "figures", "font.family": "sans-serif"}
    with mpl.rc_context(options):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _compact(buffer.getvalue())


def _compact(text: str) -> str:
    """Without comments, and with coordinates to a hundredth of a point: half of the bytes say nothing."""
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", text)
    text = re.sub(r"(?<![\w.#])(-?\d+\.\d\d)\d+", r"\1", text)
    return re.sub(r"\n\s+", "\n", text)
