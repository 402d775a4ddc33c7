"""What a belief about the partner is worth to language models, and in which words it reaches them.

Every model plays on its own (*bare*), told what its partner will probably do (*told*), told which action is
best against that (*recommended*), overruled where it acts against the prediction (*gated*), and with
hypotheses of its own (*own hypotheses*) beside as many tokens spent on votes (Wang et al. 2023). Beside it
stand who needs no model: a coin, a convention, and the belief alone. What a gate adds to a model can be no
more than the belief alone has.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.measure import Interval, differences, is_beyond_chance, mean_interval
from eval.play import MAX_DEGRADED, Cell, Pairing
from eval.results import read_results
from eval.sweeps import Matrix
from eval.tasks import TabularTask, Task, make_task
from partners import UnknownNameError, asks_models

TASKS = ("memory-1", "one-ahead-5", "tickets-3-3", "game-1")
ORDERS = ("tom-0", "tom-1", "tom-2")

WAYS = {
    "bare": "",
    "told": "@prompt-only",
    "recommended": "@recommend-only",
    "gated": "@prompt-and-gate",
    "recommended and gated": "@recommend-and-gate",
}
"""How a model plays with the task's own hypotheses -> its mode."""

OWN = "own hypotheses"
VOTES = "votes"
COIN, CONVENTION, BELIEF = "a coin", "a convention", "belief"
"""Who needs no model."""


@dataclass(frozen=True, slots=True)
class Row:
    """One player on one task.

    Attributes:
        task: its name.
        model: as asked for; empty where none plays.
        way: one of ``WAYS``, ``OWN``, ``VOTES``, or who needs no model.
        agent: the player's name.
        cells: its scores, one a partner.
        calls, tokens, seconds: a decision, means over the episodes with partners that ask no model; None
            where no model plays.
    """

    task: str
    model: str
    way: str
    agent: str
    cells: tuple[Cell, ...]
    calls: float | None = None
    tokens: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better one player is than another one beside the same partner.

    Attributes:
        task, model, partner: names.
        way, than: what is compared, in the words of ``Row.way``.
        difference: in the task's unit, above 0 is better whether points or steps are counted; paired by
            episode.
        verdict: ``"better"`` or ``"worse"`` where it is beyond chance (``is_beyond_chance``), else
            ``"undecided"``; ``"no result"`` where too many decisions of either were degraded.
    """

    task: str
    model: str
    partner: str
    way: str
    than: str
    difference: Interval
    verdict: str


def own_players(task: Task, model: str, ways: Iterable[str] = WAYS) -> dict[str, str]:
    """Way -> player, of those of the ways that the task can be played in; a gate needs payoffs."""
    players = {way: f"llm:{model}{WAYS[way]}" for way in ways}
    return {way: player for way, player in players.items() if _plays(task, player)}


def references(task: Task) -> dict[str, str]:
    """Title -> player, of those who need no model: in tables a convention is a plan, else a seat's action."""
    convention = "convention" if isinstance(task, TabularTask) else "by-seat"
    return {COIN: "random", CONVENTION: convention, BELIEF: "bayes"}


def matrices(
    tasks: Sequence[str], model: str, partners: Sequence[str], ways: Iterable[str] = WAYS
) -> list[Matrix]:
    """Who plays what with whom, but for votes and hypotheses of the model's own.

    Args:
        tasks: their names.
        model: as LiteLLM names it.
        partners: names of players.
        ways: keys of ``WAYS``.

    Raises:
        ValueError: an unknown task or way, or a task that none of the players can play.
    """
    if unknown := [way for way in ways if way not in WAYS]:
        raise ValueError(f"models play {', '.join(WAYS)}; got {', '.join(unknown)}")
    found: list[Matrix] = []
    for name in dict.fromkeys(tasks):
        task = make_task(name)
        players = (*own_players(task, model, ways).values(), *references(task).values())
        found.append((name, players, tuple(dict.fromkeys(partners))))
    return found


def rows_of(
    task: Task, model: str, table: Sequence[Sequence[Cell]], costs: Mapping[str, tuple[float, float, float]]
) -> list[Row]:
    """A cross-play table with what each player is, and what a decision cost.

    Args:
        task: what was played.
        model: as LiteLLM names it.
        table: one row a player.
        costs: from ``decision_costs``.
    """
    titles = {player: (model, way) for way, player in own_players(task, model).items()}
    titles |= {player: ("", title) for title, player in references(task).items()}
    rows = []
    for cells in table:
        agent = cells[0].agent
        who, way = titles.get(agent, (model, VOTES if "@vote-" in agent else OWN))
        spent = costs.get(agent, (None, None, None)) if who else (None, None, None)
        rows.append(Row(task.name, who, way, agent, tuple(cells), *spent))
    return rows


def cells_of(rows: Iterable[Row], task: str) -> list[Cell]:
    """The cells of one task."""
    return [cell for row in rows if row.task == task for cell in row.cells]


def gains(task: Task, rows: Sequence[Row], limit: float = MAX_DEGRADED) -> list[Gain]:
    """Every way of each model less the bare one and the coin; own hypotheses less votes.

    Args:
        task: what was played.
        rows: of models and of those who need none, on that task.
        limit: the share of degraded decisions, in [0, 1], above which a score is no result.

    Raises:
        ValueError: a single episode, which has no interval.
    """
    models = dict.fromkeys(row.model for row in rows if row.model)
    return [gain for model in models for gain in _gains_of(task, model, rows, limit)]


def _gains_of(task: Task, model: str, rows: Sequence[Row], limit: float) -> list[Gain]:
    by_way: dict[str, dict[str, Cell]] = {}
    for row in rows:
        if row.model in ("", model):
            by_way.setdefault(row.way, {}).update((cell.partner, cell) for cell in row.cells)
    pairs = [(way, than) for way in (*WAYS, OWN) for than in ("bare", COIN) if way != than]
    pairs.append((OWN, VOTES))
    return [
        _gain(task, model, (way, than), (cell, by_way[than][partner]), limit)
        for way, than in pairs
        if way in by_way and than in by_way
        for partner, cell in by_way[way].items()
        if partner in by_way[than]
    ]


def _gain(task: Task, model: str, ways: tuple[str, str], cells: tuple[Cell, Cell], limit: float) -> Gain:
    one, other = cells
    pair = (one, other) if task.better == "higher" else (other, one)
    (apart,) = differences([pair[0].scores], [pair[1].scores])
    found = mean_interval(apart)
    verdict = "undecided"
    if is_beyond_chance([apart]):
        verdict = "better" if found.estimate > 0.0 else "worse"
    if any(cell.tally.exceeds(limit) for cell in cells):
        verdict = "no result"
    return Gain(task.name, model, one.partner, *ways, found, verdict)


def decision_costs(path: Path, run: int, task: str) -> dict[str, tuple[float, float, float]]:
    """Agent -> calls, tokens and seconds a decision, over its episodes with partners that ask no model.

    Raises:
        ResultsError: see ``read_results``.
    """
    sums: dict[str, list[float]] = {}
    with read_results(path) as connection:
        for agent, partner, *numbers in connection.execute(
            "SELECT agent, partner, calls, prompt_tokens + completion_tokens, seconds, n_steps "
            "FROM episodes WHERE run = ? AND task = ?",
            (run, task),
        ):
            if partner == "self" or asks_models(partner):
                continue
            so_far = sums.get(agent, [0.0] * len(numbers))
            sums[agent] = [one + other for one, other in zip(so_far, numbers, strict=True)]
    return {
        agent: (calls / steps, tokens / steps, seconds / steps)
        for agent, (calls, tokens, seconds, steps) in sums.items()
        if steps
    }


def equal_votes(rows: Iterable[Row]) -> int | None:
    """How many answers of the bare model cost what a decision with hypotheses of its own does, rounded up.

    None where one of the two was not played, or no tokens were counted.
    """
    tokens = {row.way: row.tokens for row in rows if row.model}
    own, bare = tokens.get(OWN), tokens.get("bare")
    return max(1, math.ceil(own / bare)) if own and bare else None


def verdicts(found: Iterable[Gain]) -> list[str]:
    """What the differences come to, a sentence for each way and what it is compared with."""
    counted: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for gain in found:
        where = counted.setdefault((gain.model, gain.way, gain.than), {})
        where.setdefault(gain.verdict, []).append(f"{gain.task} with {short(gain.partner)}")
    lines = []
    for (model, way, than), by_verdict in counted.items():
        n = sum(map(len, by_verdict.values()))
        said = [f"better in {len(by_verdict.get('better', []))} of {n} cells"]
        if worse := by_verdict.get("worse"):
            said.append(f"worse in {len(worse)} ({'; '.join(worse)})")
        said += [
            f"{what} in {len(there)}"
            for what in ("undecided", "no result")
            if (there := by_verdict.get(what))
        ]
        lines.append(f"{short(model)}, {way} less {than}: {', '.join(said)}")
    return lines


def as_plain(rows: Iterable[Row], found: Iterable[Gain], limit: float = MAX_DEGRADED) -> dict[str, Any]:
    """Both as JSON-serialisable data; scores with more than ``limit`` of degraded decisions are marked."""
    return {
        "rows": [
            {
                "task": row.task,
                "model": row.model,
                "way": row.way,
                "agent": row.agent,
                "calls": row.calls,
                "tokens": row.tokens,
                "seconds": row.seconds,
                "cells": [
                    {"partner": cell.partner, "scores": list(cell.scores), **cell.tally.as_plain(limit)}
                    for cell in row.cells
                ],
            }
            for row in rows
        ],
        "gains": [
            {
                "task": gain.task,
                "model": gain.model,
                "partner": gain.partner,
                "way": gain.way,
                "than": gain.than,
                "difference": [gain.difference.estimate, gain.difference.low, gain.difference.high],
                "verdict": gain.verdict,
            }
            for gain in found
        ],
    }


def short(name: str) -> str:
    """A model's name without its provider."""
    return name.rpartition("/")[2]


def _plays(task: Task, player: str) -> bool:
    try:
        Pairing(task, player, "random", 0, seed=0)
    except UnknownNameError:
        raise
    except (ValueError, ModuleNotFoundError):
        return False
    return True
