"""What came of episodes, and which are there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eval.play import (
    Cell,
    DecisionCounts,
    Key,
    Tally,
    Transcripts,
    Unit,
    seats_asking,
)
from eval.results import Run, is_unanswered


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
    stored = run.outcomes()
    again = {key for key, (_, tally) in stored.items() if is_unanswered(key, tally)}
    return {key: Outcome(*outcome) for key, outcome in stored.items() if key not in again}, again


def transcribed_outcomes(
    units: Iterable[Unit], transcripts: Transcripts
) -> tuple[dict[Key, Outcome], set[Key]]:
    """The same of episodes that there are transcripts of.

    Raises:
        TranscriptError: a file is no transcript.
    """
    found, again = {}, set()
    for unit in units:
        finished = transcripts.finished(transcripts.path(*unit.key))
        if finished is None:
            continue
        tally = transcribed_tally(unit, finished.entries)
        if tally.unanswered:
            again.add(unit.key)
        else:
            found[unit.key] = Outcome(finished.score, tally)
    return found, again


def transcribed_tally(unit: Unit, entries: Iterable[Mapping[str, Any]]) -> Tally:
    """What the decisions in a transcript were like; entries as ``read_transcript`` gives them."""
    counts = DecisionCounts()
    decisions: Counter[str] = Counter()
    for entry in entries:
        if entry.get("type") != "decision":
            continue
        player, usage = entry["seat"], entry.get("usage") or {}
        decisions[player] += 1
        counts.add(
            player,
            degraded=bool(entry.get("degraded")),
            repaired=bool(usage.get("repairs")),
            truncated=bool(usage.get("truncated")),
        )
    if not decisions:
        return Tally()
    players = list(decisions)
    asking = seats_asking(unit.agent, unit.partner, players, unit.seat)
    return counts.tally(max(decisions.values()), players, asking)
