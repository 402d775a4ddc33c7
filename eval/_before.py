"""Names and signatures of the release before that have others now; to be removed with the next release.

``eval._moved`` leads the old modules here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.measure import BeliefSummary as BeliefReport
from eval.measure import belief_summaries as belief_reports
from eval.measure import judged, watched
from eval.play import Cell, Unit
from eval.play.transcript_files import Transcripts, read_transcript
from eval.play.transcripts import TranscriptError, exchanges_of_episode, observe_exchange, transcribe
from eval.show.replay import Frame, write_replay
from eval.show.replay import frames_of as record
from eval.sweeps import (
    ALL,
    Execution,
    Matrix,
    ModelSettings,
    Progress,
    Sweep,
    as_json,
    check_pairings,
    pairing_scores,
    play_cell,
    run_units,
    who_plays,
)
from eval.sweeps import cross_plays as _cross_plays

__all__ = [
    "ALL",
    "BeliefReport",
    "Cell",
    "Frame",
    "Matrix",
    "Progress",
    "TranscriptError",
    "Transcripts",
    "as_json",
    "belief_reports",
    "check_pairings",
    "configuration",
    "cross_play",
    "cross_plays",
    "exchanges_of_episode",
    "judged",
    "observe_exchange",
    "pairing_scores",
    "plan",
    "play_cell",
    "read_transcript",
    "record",
    "sweep",
    "transcribe",
    "watched",
    "who_plays",
    "write_replay",
]

_HOW = ("backend", "run", "models", "progress")


def cross_play(
    task_name: str, agents: Sequence[str], partners: Sequence[str], episodes: int, **settings: Any
) -> list[list[Cell]]:
    """One matrix; ``settings`` are the fields of ``Sweep`` and of ``Execution``."""
    matrix = (task_name, tuple(agents), tuple(partners))
    (rows,) = cross_plays([matrix], episodes, **settings)
    return rows


def cross_plays(matrices: Sequence[Matrix], episodes: int, **settings: Any) -> list[list[list[Cell]]]:
    """Several matrices; ``settings`` are the fields of ``Sweep`` and of ``Execution``."""
    how = {name: settings.pop(name) for name in _HOW if name in settings}
    return _cross_plays(Sweep(tuple(matrices), episodes, **settings), Execution(**how))


def plan(matrices: Sequence[Matrix], episodes: int, **settings: Any) -> list[Unit]:
    """The units of ``Sweep(matrices, episodes, **settings)``."""
    return list(Sweep(tuple(matrices), episodes, **settings).units)


def sweep(units: Sequence[Unit], **how: Any) -> dict[tuple[str, str, str, int], float]:
    """``run_units(units, Execution(**how))``."""
    return run_units(units, Execution(**how))


def configuration(
    kind: str, matrices: Sequence[Matrix], episodes: int, *, models: Any = None, **settings: Any
) -> dict[str, Any]:
    """The configuration of ``Sweep(matrices, episodes, kind=kind, **settings)``."""
    if models is not None:
        settings["models"] = ModelSettings(
            models["temperature"], models.get("memo") != "none", models.get("options", {})
        )
    return Sweep(tuple(matrices), episodes, kind=kind, **settings).configuration()
