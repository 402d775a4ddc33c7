"""Cross-play in which orders differ on every round, or are seen to act: circles, turns, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval.measure import compare
from eval.play import SELF
from eval.published.cells import Cells, cross, rows_of, scored
from eval.published.markdown import bold, prose, table
from eval.published.study import FIVE, Block, How, Result, Setting, Study
from eval.studies.paper import ADAPTIVE_AGENTS, ORDERS
from eval.sweeps import Matrix

CIRCLE: Matrix = ("one-ahead-5", ADAPTIVE_AGENTS, (*ORDERS, "switching", SELF))
BASELINES: Matrix = (
    "one-ahead-5",
    (
        "oracle",
        "bayes",
        "hedge",
        "adahedge",
        "rescorla-wagner",
        "no-belief",
        "permuted",
        "frequency",
        "random",
    ),
    (*ORDERS, "switching"),
)
TURNS: Matrix = ("in-turn:overcooked", (*ORDERS, "bayes"), (*ORDERS, "bayes"))
SEEN: Matrix = ("in-turn:memory-1", (*ORDERS, "bayes"), (*ORDERS, "bayes"))


def _study(
    name: str, matrices: Sequence[Matrix], full: Setting, seconds: float, small: int = 2
) -> Study[Cells]:
    def play(setting: Setting, how: How) -> Cells:
        return cross(name, matrices, setting, how)

    return Study(name, play, full, Setting(small), seconds)


_COMPARED = 1_000
"""Episodes that are compared: a test of 10,000 would take 6 GB."""

AHEAD = _study("one ahead", [CIRCLE], Setting(10_000), 430)
BESIDE = _study("baselines", [BASELINES], Setting(1_000, FIVE), 340)
IN_TURN = _study("in turn", [TURNS, SEEN], Setting(60, FIVE), 60, 1)


def one_ahead(result: Result[Cells]) -> list[str]:
    """Points of the adaptive agents, also beside a partner that switches."""
    rows = [[bold(row[0].agent), *(scored(cell) for cell in row)] for row in rows_of(result.value, CIRCLE)]
    said = f"Points of 75, mean ± standard error of {result.setting}:"
    return [said, "", *table(["agent", "ToM-0", "ToM-1", "ToM-2", "switching", "itself"], rows)]


def baselines(result: Result[Cells]) -> list[str]:
    """Points of all baselines, and what the belief is worth."""
    found = rows_of(result.value, BASELINES)
    rows = [[row[0].agent, *(scored(cell) for cell in row)] for row in found]
    by_agent = {row[0].agent: row for row in found}
    worth = [a.mean - b.mean for a, b in zip(by_agent["bayes"], by_agent["no-belief"], strict=True)]
    return [
        *prose(f"Mean ± standard error of {result.setting}:"),
        "",
        *table(["agent", *BASELINES[2]], rows, right=True),
        "",
        *prose(
            "`no-belief` is a strong baseline there: with the response `nearest` an agent",
            "that guesses keeps order 1 most of the time, which is aligned with orders 0 and",
            f"2. What the belief itself is worth is `bayes` less `no-belief`, {min(worth):.1f}",
            f"to {max(worth):.1f} points, and not `bayes` less `random`.",
        ),
    ]


def compared(result: Result[Cells]) -> list[str]:
    """``compare`` beside the partner that switches, in a sentence."""
    played = Setting(min(result.setting.episodes, _COMPARED), result.setting.seeds)
    ours, leader, hedge = (
        {"switching": replace(cell, scores=cell.scores[: played.episodes])}
        for cell in (result.value["one-ahead-5", agent, "switching"] for agent in ("bayes", "ftl", "hedge"))
    )
    first, second = compare([(ours, leader), (ours, hedge)])
    return [
        *prose(
            "`compare` plays two agents with the same seeds and says what lies between them:",
            f"beside a partner that switches {first.difference} points between `bayes` and",
            f"`ftl`, {second.difference} between `bayes` and `hedge`, p =",
            f"{max(first.p_holm, second.p_holm):.4f} at most after Holm's correction",
            f"({played}).",
        ),
    ]


def in_turn(result: Result[Cells]) -> list[str]:
    """Steps where the cooks act one after the other."""
    rows = [
        [bold(row[0].agent) if row[0].agent == "bayes" else row[0].agent, *(scored(cell) for cell in row)]
        for row in rows_of(result.value, TURNS)
    ]
    best = min(cell.mean for row in rows_of(result.value, TURNS) for cell in row)
    worst = min(cell.mean for row in rows_of(result.value, SEEN) for cell in row)
    return [
        *prose(f"Steps, mean ± standard error of {result.setting}; {best:.0f} at best:"),
        "",
        *table(["agent \\ partner", *TURNS[2]], rows),
        "",
        *prose(
            f"In `in-turn:memory-1` every pair scores {worst:.0f} of 75 at least: one step",
            "that is seen, and nothing to guess.",
        ),
    ]


BLOCKS = (
    Block("one-ahead", "docs/results.md", (AHEAD,), one_ahead),
    Block("baselines", "docs/evaluation.md", (BESIDE,), baselines),
    Block("compared", "docs/evaluation.md", (AHEAD,), compared),
    Block("in-turn", "docs/concepts.md", (IN_TURN,), in_turn),
)
