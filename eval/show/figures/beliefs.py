"""Beliefs: over time, as calibrated as they claim, and what not knowing has cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from atom.names import in_words
from eval.measure import BeliefSummary
from eval.show.figures.style import LIGHT, Look, legend, legend_height, new_figure

BINS = 10


def belief_over_time(
    posteriors: Sequence[Mapping[int, float]] | Sequence[Mapping[str, float]],
    *,
    estimates: Sequence[int | str] = (),
    truth: Sequence[int | str] = (),
    look: Look = LIGHT,
) -> Figure:
    """The probability of every order, or hypothesis, before each step of an episode.

    Args:
        posteriors: for each of T steps, order -> probability, as in ``Decision.posterior``, or the same by
            the names of hypotheses, as in events.
        estimates: the order or hypothesis that the agent acted on at each step; marked where given.
        truth: the partner's order or hypothesis at each step; shaded where given.
        look: colours and layout.

    Raises:
        ValueError: no steps.
    """
    if not posteriors:
        raise ValueError("a belief over time needs a step at least")
    x = np.arange(1, len(posteriors) + 1)
    figure, axes = new_figure(look, 2.8)
    axis = axes[0, 0]
    handles, labels = [], []
    by_name = [{str(name): p for name, p in posterior.items()} for posterior in posteriors]
    for i, name in enumerate(by_name[0]):
        values = np.array([posterior[name] for posterior in by_name])
        style = look.series(i)
        (line,) = axis.plot(x, values, **style, markersize=4, linewidth=1.8)
        handles.append(line)
        labels.append(in_words(name))
        at = [t for t, estimate in enumerate(estimates) if str(estimate) == name]
        axis.scatter(
            x[at], values[at], s=90, facecolors="none", edgecolors=style["color"], linewidths=1.6, zorder=4
        )
        runs = [t for t, true in enumerate(truth) if str(true) == name]
        for t in runs:
            axis.axvspan(t + 0.5, t + 1.5, ymax=0.035, color=style["color"], linewidth=0)
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlim(0.5, len(x) + 0.5)
    marks = ["rings: the estimate acted on"] * bool(estimates) + ["bar: the truth"] * bool(truth)
    axis.set_xlabel("step" + (f" ({'; '.join(marks)})" if marks else ""))
    axis.set_ylabel("probability")
    legend(figure, look, handles, labels)
    return figure


def reliability(
    judged: Mapping[str, tuple[ArrayLike, ArrayLike]], *, bins: int = BINS, look: Look = LIGHT
) -> Figure:
    """How often the likeliest order was the true one, by how sure the agent was of it.

    On the diagonal a belief is right as often as it says. The larger a mark, the more beliefs it
    stands for. Orders that act alike count as one, see ``eval.measure.equivalence_classes``.

    Args:
        judged: agent -> (confidences ``[N]`` in [0, 1], how far each was right ``[N]`` in [0, 1]).
        bins: of equal width.
        look: colours and layout.
    """
    figure, axes = new_figure(look, min(4.0, look.width) + legend_height(look, len(judged)))
    axis = axes[0, 0]
    axis.plot([0, 1], [0, 1], color=look.muted, linewidth=1, linestyle=(0, (4, 3)))
    handles, labels = [], []
    for i, (agent, (confidences, rights)) in enumerate(judged.items()):
        confidence, right = np.asarray(confidences, dtype=float), np.asarray(rights, dtype=float)
        of = np.minimum((confidence * bins).astype(int), bins - 1)
        used = np.unique(of)
        x = np.array([confidence[of == b].mean() for b in used])
        y = np.array([right[of == b].mean() for b in used])
        share = np.array([(of == b).mean() for b in used])
        style = look.series(i)
        (line,) = axis.plot(x, y, **style, markersize=6, linewidth=1.4)
        axis.scatter(x, y, s=30 + 500 * share, color=style["color"], alpha=0.25, linewidths=0)
        handles.append(line)
        labels.append(agent)
    axis.set_xlim(0, 1.03)
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlabel("how sure the agent is of the likeliest order")
    axis.set_ylabel("how often it is the true one")
    legend(figure, look, handles, labels)
    return figure


def regret_and_bound(summaries: Sequence[BeliefSummary], *, look: Look = LIGHT) -> Figure:
    """Mean and worst external regret of an episode beside its bound, one line a pairing.

    Learners are judged by different losses, so each loss has its own panel.

    Args:
        summaries: from ``belief_summaries``; those without a regret are left out.
        look: colours and layout.

    Raises:
        ValueError: none of them has a regret.
    """
    by_loss: dict[str, list[BeliefSummary]] = {}
    for summary in summaries:
        if summary.worst is not None:
            by_loss.setdefault(summary.worst.loss, []).append(summary)
    if not by_loss:
        raise ValueError("no agent here has a learner whose regret is known")
    losses = sorted(by_loss)
    most = max(map(len, by_loss.values()))
    panels = (len(losses), 1) if look.narrow else (1, len(losses))
    height = sum(0.27 * len(g) + 0.7 for g in by_loss.values()) if look.narrow else 0.27 * most + 0.7
    options: dict[str, Any] = {}
    if look.narrow:
        options["height_ratios"] = [len(by_loss[loss]) + 2 for loss in losses]
    figure, axes = new_figure(look, height + 0.7, *panels, **options)
    for axis, loss in zip(axes.flat, losses, strict=True):
        for i, summary in enumerate(by_loss[loss]):
            _regret_line(axis, look, i, summary)
        group = by_loss[loss]
        axis.set_yticks(range(len(group)), [f"{r.agent} with {r.partner}" for r in group])
        axis.set_ylim(len(group) - 0.4, -0.6)
        axis.grid(visible=False, axis="y")
        axis.set_xlabel(f"regret an episode, {loss} loss")
    handles = [
        axes.flat[0].plot([], [], linestyle="", color=look.series(k)["color"], marker=mark, markersize=7)[0]
        for k, mark in enumerate(("o", "D"))
    ]
    handles.append(axes.flat[0].plot([], [], linestyle="", color=look.ink, marker="|", markersize=12)[0])
    legend(figure, look, handles, ["mean", "worst", "bound"])
    return figure


def _regret_line(axis: Any, look: Look, i: int, summary: BeliefSummary) -> None:
    worst = summary.worst
    if worst is None:
        return
    if worst.bound is not None:
        axis.plot([0, worst.bound], [i, i], color=look.grid, linewidth=4, solid_capstyle="butt", zorder=1)
        axis.plot([worst.bound], [i], linestyle="", color=look.ink, marker="|", markersize=13, mew=2)
    axis.plot([worst.measured], [i], linestyle="", color=look.series(1)["color"], marker="D", markersize=6)
    axis.plot([summary.regret], [i], linestyle="", color=look.series(0)["color"], marker="o", markersize=6)
