"""What playing has cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from eval.show.figures.style import LIGHT, Look, new_figure


@dataclass(frozen=True, slots=True)
class Cost:
    """What an episode of an agent costs on average, both players and the task together.

    Attributes:
        seconds: wall time, > 0.
        calls: calls of language models.
        tokens: tokens of prompts and completions.
        dollars: US dollars; None where a price is unknown.
    """

    seconds: float
    calls: float = 0.0
    tokens: float = 0.0
    dollars: float | None = 0.0


def cost(costs: Mapping[str, Cost], *, look: Look = LIGHT) -> Figure:
    """Mean wall time of an episode, and calls and tokens where language models played.

    Args:
        costs: agent -> cost.
        look: colours and layout.
    """
    asked = any(c.calls for c in costs.values())
    panels: list[tuple[str, Sequence[float], str]] = [
        ("milliseconds an episode", [1e3 * c.seconds for c in costs.values()], "{:.1f}")
    ]
    if asked:
        panels.append(("calls an episode", [c.calls for c in costs.values()], "{:.1f}"))
        panels.append(("tokens an episode", [c.tokens for c in costs.values()], "{:,.0f}"))
    shape = (len(panels), 1) if look.narrow else (1, len(panels))
    height = 0.8 + 0.36 * len(costs)
    figure, axes = new_figure(look, height * shape[0], *shape)
    for i, (axis, (label, values, form)) in enumerate(zip(axes.flat, panels, strict=True)):
        bars = axis.barh(range(len(costs)), values, color=look.series(i)["color"], height=0.62)
        axis.bar_label(bars, [form.format(v) for v in values], padding=4, color=look.ink, fontsize=9)
        axis.set_yticks(range(len(costs)), list(costs))
        axis.invert_yaxis()
        axis.margins(x=0.16)
        axis.grid(visible=False, axis="y")
        axis.set_xlabel(label)
    return figure
