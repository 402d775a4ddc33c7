"""One pairing: its episodes in a list, and how scores and beliefs went on average."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from eval.results import (
    EpisodeHead,
    PairingKey,
    ResultsError,
    stored_damage,
    stored_episodes,
    stored_heads,
    stored_transcript,
)
from eval.show.explorer.episodes import DIGITS, episode_document
from eval.show.explorer.runs import ExploredRun, ExploredTask
from eval.show.explorer.standing import repair_command

Plain = dict[str, Any]
_MOST_CURVED = 500
"""Episodes of a pairing whose steps go into its curves; of more, the first."""


def cell_document(run: ExploredRun, key: PairingKey) -> Plain:
    """A pairing as plain data: its episodes by their heads, curves, and the board.

    Args:
        run: the run.
        key: (task, agent, partner).

    Raises:
        ResultsError: nothing was played of it.
    """
    damaged = stored_damage(run.file, run.stored.number, key)
    heads = stored_heads(run.file, run.stored.number, key, without=[row.place for row in damaged])
    if not heads and not damaged:
        raise ResultsError(f"run {run.id} has no episode of {key[1]!r} with {key[2]!r} on {key[0]!r}")
    task, agent, partner = key
    few = []
    episodes = stored_episodes(run.file, run.stored.number, task=task, agent=agent, partner=partner)
    # not to its end, where it would warn of what the page tells
    for episode in islice(episodes, min(len(heads), _MOST_CURVED)):
        me = list(episode.scores)[episode.seat]
        if episode.steps:  # none where scores alone were stored
            few.append([step["scores"][me] for step in episode.steps])
    return cell_plain(run.task(task), key, heads, few, [row.key[-1] for row in damaged])


def cell_plain(
    task: ExploredTask,
    key: PairingKey,
    heads: Iterable[EpisodeHead],
    scores: Sequence[Sequence[float]],
    damaged: Sequence[int] = (),
) -> Plain:
    """``cell_document`` of what was already read.

    Args:
        task: what was played.
        key: (task, agent, partner).
        heads: of all episodes.
        scores: for each of some episodes the agent's score in every step; none where no steps were stored.
        damaged: numbers of episodes that are left out.
    """
    return {
        **task.as_plain(),
        "agent": key[1],
        "partner": key[2],
        "episodes": [
            [h.episode, h.seat, round(h.score, DIGITS), h.steps, round(h.seconds, 4), h.tokens, h.degraded]
            for h in heads
        ],
        "curve": score_curve(scores),
        "curved": len(scores),
        "damaged": list(damaged),
        "board": {**task.board.content, "kind": task.board.kind},
    }


def score_curve(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """(mean, standard error) of scores in every step, over the episodes that have it: ``[T][2]``."""
    longest = max(map(len, rows), default=0)
    table = np.full((len(rows), longest), np.nan)
    for values, row in zip(table, rows, strict=True):
        values[: len(row)] = row
    if not longest:
        return []
    known = (~np.isnan(table)).sum(axis=0)
    means = np.nanmean(table, axis=0)
    spread = np.sqrt(np.nansum((table - means) ** 2, axis=0) / np.maximum(known - 1, 1) / known)
    return [[round(float(m), DIGITS), round(float(s), DIGITS)] for m, s in zip(means, spread, strict=True)]


def episode_of(run: ExploredRun, key: PairingKey, number: int) -> Plain:
    """One episode as plain data, see ``episode_document``, with the transcript where there is one.

    Raises:
        ResultsError: there is no such episode.
    """
    task, agent, partner = key
    if any(row.key == (*key, number) for row in stored_damage(run.file, run.stored.number, key)):
        raise ResultsError(
            f"episode {number} of {agent!r} with {partner!r} on {task!r} is damaged in run {run.id}, and "
            f"left out; {repair_command(run.file)} keeps all that is whole in a new file"
        )
    found = stored_episodes(
        run.file, run.stored.number, task=task, agent=agent, partner=partner, episode=number
    )
    episode = next(iter(found), None)
    if episode is None:
        raise ResultsError(f"run {run.id} has no episode {number} of {agent!r} with {partner!r} on {task!r}")
    explored = run.task(task)
    return episode_document(episode, explored.game, explored.board, transcript_of(run, key, number))


def transcript_of(run: ExploredRun, key: PairingKey, number: int) -> list[dict[str, Any]]:
    """The transcript of an episode; empty where there is none."""
    try:
        return stored_transcript(run.file, run.stored.number, (*key, number))
    except ResultsError:
        return []
