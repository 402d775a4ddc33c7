"""The first view of a run: a verdict in sentences, heat maps, and who is ahead of whom."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from eval.measure import Interval, Lead, Ranking, mean_intervals, ranking, self_and_cross
from eval.play import MAX_DEGRADED, Cell
from eval.results import ChangedFileWarning, PairingSummary, stored_summaries, transcript_command
from eval.show.explorer.methods import methods
from eval.show.explorer.runs import ExploredRun, ExploredTask
from eval.show.explorer.standing import missing_pairings
from eval.show.explorer.verdict import task_verdict, whole_verdict

Plain = dict[str, Any]


def overview(run: ExploredRun) -> Plain:
    """What a run comes to, as plain data; nothing but scores is read of its episodes.

    What is known to be damaged is left out, and told. That today's file of a task or a player is another one
    than was played with, is a sentence of the verdict.

    Raises:
        ResultsError: see ``stored_summaries``.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        plain = _overview(run)
    changed = [one.message for one in told if isinstance(one.message, ChangedFileWarning)]
    words = dict.fromkeys(str(message).replace(str(run.file), run.file.name) for message in changed)
    plain["verdict"] += [{"tone": "warn", "parts": [f"{text}."]} for text in words]
    return plain


def _overview(run: ExploredRun) -> Plain:
    summaries = stored_summaries(run.file, run.stored.number, without=run.places)
    by_task: dict[str, list[PairingSummary]] = defaultdict(list)
    for summary in summaries:
        by_task[summary.task].append(summary)
    transcripts = transcript_command(run.file, run.stored.number)
    asked = run.stored.configuration["matrices"]
    tasks = [
        _task(run, run.task(name), asked[name], by_task[name]) for name in asked if by_task[name]
    ] + [
        {"name": name, "cells": [], "agents": [], "partners": [], "missing": _missing(run, name, [])}
        for name in asked
        if not by_task[name]
    ]  # fmt: skip
    return {
        **run.as_plain(),
        "verdict": whole_verdict(run.stored, tasks, summaries, run.damage or (), run.file),
        "verified": run.damage is not None,
        "tasks": tasks,
        "methods": methods(run.stored),
        "command": run.stored.command,
        "transcripts": bool(transcripts),
        "limit": MAX_DEGRADED,
    }


def _task(
    run: ExploredRun, task: ExploredTask, asked: Mapping[str, Sequence[str]], found: list[PairingSummary]
) -> Plain:
    agents = [name for name in asked["agents"] if any(s.agent == name for s in found)]
    partners = [name for name in asked["partners"] if any(s.partner == name for s in found)]
    rank = {name: place for place, name in enumerate([*agents, *partners])}
    found = sorted(found, key=lambda s: (rank[s.agent], partners.index(s.partner)))
    intervals = mean_intervals([list(summary.scores.values()) for summary in found])
    scores: dict[str, dict[str, Mapping[int, float]]] = {agent: {} for agent in agents}
    for summary in found:
        scores[summary.agent][summary.partner] = summary.scores
    ranked = ranking(scores, "lower" if task.lower_is_better else "higher")
    plain = {
        **task.as_plain(),
        "agents": agents,
        "partners": partners,
        "cells": [_cell(s, interval) for s, interval in zip(found, intervals, strict=True)],
        "missing": _missing(run, task.name, found),
        "ranking": _ranking(ranked),
        "gap": _gap(found, agents),
    }
    return {**plain, "verdict": task_verdict(plain)}


def _missing(run: ExploredRun, task: str, found: Sequence[PairingSummary]) -> list[Plain]:
    have = {(summary.agent, summary.partner): len(summary.scores) for summary in found}
    return missing_pairings(run.stored, task, have)


def interval_plain(interval: Interval) -> Plain:
    """An interval as plain data; ends are None where they are unknown."""
    unknown = interval.is_unknown
    return {
        "mean": interval.estimate,
        "low": None if unknown else interval.low,
        "high": None if unknown else interval.high,
        "rare": interval.rare,
        "level": interval.level,
    }


def _cell(summary: PairingSummary, interval: Interval) -> Plain:
    tally = summary.tally.as_plain(MAX_DEGRADED)
    return {
        "agent": summary.agent,
        "partner": summary.partner,
        "n": len(summary.scores),
        **interval_plain(interval),
        **tally,
        "steps": summary.steps,
        "seconds": summary.seconds,
        "calls": summary.calls,
        "tokens": summary.tokens,
        "cost": None if summary.cost is None else summary.cost / len(summary.scores),
    }


def _lead(lead: Lead) -> Plain:
    return {
        "best": lead.best,
        "other": lead.other,
        "partner": lead.partner,
        "difference": interval_plain(lead.difference),
        "p": lead.p_holm,
        "episodes": lead.episodes,
        "beyond": lead.beyond_chance,
    }


def _ranking(found: Ranking) -> Plain:
    return {
        "means": [{"agent": agent, **interval_plain(mean)} for agent, mean in found.means.items()],
        "partners": list(found.partners),
        "leads": [_lead(lead) for lead in found.leads],
        "beside": [_lead(lead) for lead in found.beside],
    }


def _gap(found: Sequence[PairingSummary], agents: Sequence[str]) -> Plain | None:
    """Self-play, cross-play and the gap, over the kinds that met each other."""
    rows = [
        [Cell(s.agent, s.partner, tuple(s.scores.values())) for s in found if s.agent == agent]
        for agent in agents
    ]
    try:
        both = self_and_cross(rows)
    except ValueError:
        both = None  # a single episode somewhere
    if both is None:
        return None
    return {name: interval_plain(getattr(both, name)) for name in ("own", "cross", "gap")}
