"""What trained populations come to."""

from __future__ import annotations

from collections.abc import Sequence

from eval.measure import Interval
from eval.show.console import Table
from eval.studies.levers import PUBLISHED, Levers
from eval.studies.training import CONVENTIONS, ORDERS, Trained
from eval.training import METHODS

SHOWN = {ORDERS: "A-ToM, orders", "bayes": "A-ToM, orders and habits", CONVENTIONS: "A-ToM, conventions"}
"""Agent -> heading."""


def trained_rows(found: Sequence[Trained]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows, one for each training."""
    agents = list(dict.fromkeys(agent for one in found for agent in one.beside))
    headings = ["training", "self-play", "cross-play", "more cross-play"]
    headings += [SHOWN.get(agent, agent) for agent in agents]
    both = any(one.ahead is not None for one in found)
    headings += ["conventions less orders"] if both else []
    rows = [
        [
            one.method,
            str(one.own),
            str(one.cross),
            _or_nothing(one.gain),
            *(str(one.beside[agent]) for agent in agents),
            *([_or_nothing(one.ahead)] if both else []),
        ]
        for one in found
    ]
    return headings, rows


def training_table(found: Sequence[Trained], seeds: int) -> Table:
    """One row a training of one task; what each is."""
    task = found[0].task
    table = Table(
        title=f"{task}: shares of the best joint action, {seeds} pairs; 95 % intervals over seeds",
        caption="\n".join(
            f"{name}: {method.summary}; {method.source}"
            for name, method in METHODS.items()
            if name in {one.method for one in found}
        ),
    )
    headings, rows = trained_rows(found)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left")
    for row in rows:
        table.add_row(*row)
    return table


def lever_rows(found: Sequence[Levers]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows, one for each lever game and weight."""
    headings = ["levers", "trained with", "played", "self-play", "published", "cross-play", "published"]
    rows = []
    for one in found:
        published = len(one.payoffs) == 5 and not one.relabelled
        known = [f"{PUBLISHED[one.entropy, which]:.2f}" if published else "" for which in ("own", "cross")]
        trained = f"α = {one.entropy:g}" + (", other-play" if one.relabelled else "")
        played = "likeliest" if one.greedy else "drawn"
        rows.append(
            [_in_words(one.payoffs), trained, played, str(one.own), known[0], str(one.cross), known[1]]
        )
    return headings, rows


def lever_table(found: Sequence[Levers], pairs: int) -> Table:
    """The lever game once."""
    table = Table(title=f"the lever game once: points of {pairs:,} pairs that were trained apart")
    headings, rows = lever_rows(found)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i < 3 else "right")
    for row in rows:
        table.add_row(*row)
    return table


def _in_words(payoffs: Sequence[float]) -> str:
    """``1 × 1.1, 4 × 1``."""
    return ", ".join(f"{list(payoffs).count(pay)} × {pay:g}" for pay in dict.fromkeys(payoffs))


def _or_nothing(interval: Interval | None) -> str:
    return "" if interval is None else str(interval)
