"""What came of episodes, and which are there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eval.play import (
    Cell,
    Key,
    Tally,
    Transcripts,
    Unit,
    read_transcript,
    seats_asking,
    tallied,
)
from eval.results import Run


class Outcome(NamedTuple):
    """What came of an episode: the agent's score, and what its decisions were like."""

    score: float
    tally: Tally


def cell_of(agent: str, partner: str, outcomes: Sequence[Outcome]) -> Cell:
    """The episodes of one pairing as a cell."""
    tally = sum((outcome.tally for outcome in outcomes), Tally())
    return Cell(agent, partner, tuple(outcome.score for outcome in outcomes), tally)


def stored_outcomes(run: Run) -> tuple[dict[Key, Outcome], set[Key]]:
    """What is stored in a run, and which of it is to be played again.

    Returns:
        key -> outcome of the episodes that stand, and the keys of those in which every decision of a language
        model was degraded.
    """
    tallies, again = run.tallies(), run.unanswered()
    scores = run.scores()
    return {key: Outcome(scores[key], tallies[key]) for key in scores if key not in again}, again


def transcribed_outcomes(
    units: Iterable[Unit], transcripts: Transcripts
) -> tuple[dict[Key, Outcome], set[Key]]:
    """The same of episodes that there are transcripts of.

    Raises:
        TranscriptError: a file is no transcript.
    """
    found, again = {}, set()
    for unit in units:
        path = transcripts.path(*unit.key)
        score = transcripts.finished(path)
        if score is None:
            continue
        tally = transcribed_tally(unit, read_transcript(path))
        if tally.unanswered:
            again.add(unit.key)
        else:
            found[unit.key] = Outcome(score, tally)
    return found, again


def transcribed_tally(unit: Unit, entries: Iterable[Mapping[str, Any]]) -> Tally:
    """What the decisions in a transcript were like; entries as ``read_transcript`` gives them."""
    degraded: Counter[str] = Counter()
    repaired = truncated = decisions = 0
    players: list[str] = []
    for entry in entries:
        if entry.get("type") != "decision":
            continue
        player, usage = entry["seat"], entry.get("usage") or {}
        if player not in players:
            players.append(player)
        decisions += 1
        if entry.get("degraded"):
            degraded[player] += 1
        repaired += bool(usage.get("repairs"))
        truncated += bool(usage.get("truncated"))
    if not players:
        return Tally()
    asking = seats_asking(unit.agent, unit.partner, players, unit.seat)
    steps = decisions // len(players)
    return tallied(steps, players, asking, degraded, repaired=repaired, truncated=truncated)
