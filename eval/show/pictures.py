"""The findings as pictures (extra: ``pictures``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from eval.studies import Finding, Reading
from eval.studies.findings import ADAPTIVE, ALIGNED, BLIND, EQUAL, by_condition, mean_over

# Okabe and Ito's colours, safe for colour-blind readers.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
_MARKERS = ("o", "s", "^", "D", "v", "P")


def draw_findings(findings: Sequence[Finding], readings: Sequence[Reading], directory: Path) -> list[Path]:
    """Write one PNG for each finding that was measured; the paths.

    Args:
        findings: what was measured.
        readings: as what ``bayes`` reads its partners; may be empty.
        directory: where to write; it must exist.

    Raises:
        ValueError: matplotlib is not installed; the message names the command.
    """
    plt = _matplotlib()
    written = []
    draws: dict[str, Callable[[Sequence[Finding]], Any]] = {
        "partners": partial(_partners, plt, readings),
        "actions": partial(_actions, plt),
        "rationality": partial(_rationality, plt),
    }
    for name, draw in draws.items():
        some = [finding for finding in findings if finding.finding == name]
        if some:
            figure = draw(some)
            path = directory / f"{name}.png"
            figure.savefig(path, dpi=150, bbox_inches="tight")
            plt.close(figure)
            written.append(path)
    return written


def check_pictures() -> None:
    """Before any work is done that cannot be drawn.

    Raises:
        ValueError: matplotlib is not installed.
    """
    _matplotlib()


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ValueError(
            "pictures need matplotlib; install it with pip install 'langgraph-atom[pictures]'"
        ) from None
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    return plt


def _partners(plt: Any, readings: Sequence[Reading], findings: Sequence[Finding]) -> Any:
    partners = list(dict.fromkeys(f.partner for f in findings))
    agents = list(dict.fromkeys(f.agent for f in findings))
    means = {(f.agent, f.partner): f.mean for f in findings}
    grid = np.array([[means[agent, partner] for partner in partners] for agent in agents])
    figure, axes = plt.subplots(
        1, 2 if readings else 1, figsize=(11 if readings else 6, 3.6), squeeze=False, layout="constrained"
    )
    left = axes[0, 0]
    image = left.imshow(grid, cmap="cividis_r", vmin=grid.min(), vmax=100, aspect="auto")
    left.set_xticks(range(len(partners)), [_short(p) for p in partners], rotation=20, ha="right")
    left.set_yticks(range(len(agents)), agents)
    for (row, column), mean in np.ndenumerate(grid):
        dark = (mean - grid.min()) / (100 - grid.min()) > 0.5
        left.text(column, row, f"{mean:.0f}", ha="center", va="center", color="white" if dark else "black")
    left.set_title(f"steps to serve in {findings[0].task} (fewer is better)", fontsize=10)
    figure.colorbar(image, ax=left)
    if readings:
        _stacked(axes[0, 1], readings)
    return figure


def _stacked(axes: Any, readings: Sequence[Reading]) -> None:
    start = np.zeros(len(readings))
    for i, order in enumerate(readings[0].posterior):
        share = np.array([reading.posterior[order] for reading in readings])
        axes.barh(range(len(readings)), share, left=start, color=COLOURS[i], label=f"order {order}")
        start += share
    axes.set_yticks(range(len(readings)), [_short(reading.partner) for reading in readings])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title("as what bayes reads its partner (mean posterior)", fontsize=10)
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.1), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _actions(plt: Any, findings: Sequence[Finding]) -> Any:
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    groups = by_condition(findings)
    sizes = [value for _, value in groups]
    lines: dict[str, list[tuple[str, str]]] = {
        **{f"{a} with {b}": [(a, b)] for a, b in EQUAL},
        "aligned orders": ALIGNED,
        "bayes with orders": ADAPTIVE,
    }
    for i, (label, pairs) in enumerate(lines.items()):
        means = [mean_over(some, pairs) for some in groups.values()]
        # Orders 0 and 2 act alike here, so that their lines lie on each other.
        dashed = "--" if label.startswith("tom-2") else "-"
        axes.plot(sizes, means, dashed, color=COLOURS[i], marker=_MARKERS[i], label=label)
    axes.set_xticks(sizes)
    _finish(axes, "number of actions N, of which N - 1 are optimal", "points of 75")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def _rationality(plt: Any, findings: Sequence[Finding]) -> Any:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    groups = by_condition(findings)
    for i, task in enumerate(dict.fromkeys(task for task, _ in groups)):
        some = {value: found for (name, value), found in groups.items() if name == task}
        scale = abs(mean_over(some[min(some)], ALIGNED))
        style = {"color": COLOURS[i], "marker": _MARKERS[i], "label": task}
        penalty = [abs(mean_over(f, EQUAL) - mean_over(f, ALIGNED)) / scale for f in some.values()]
        gain = [abs(mean_over(f, BLIND) - mean_over(f, ADAPTIVE)) / scale for f in some.values()]
        left.plot(list(some), penalty, **style)
        right.plot(list(some), gain, **style)
    _finish(left, "lapse rate ε", "of the aligned score at ε = 0")
    _finish(right, "lapse rate ε", "of the aligned score at ε = 0")
    left.set_title("what equal orders lose to aligned ones", fontsize=10)
    right.set_title("what bayes gains over an order chosen blindly", fontsize=10)
    left.legend(frameon=False)
    return figure


def _finish(axes: Any, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _short(partner: str) -> str:
    return partner.partition(":")[0]
