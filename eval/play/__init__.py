"""Episodes: played directly, many at once or in a graph, recorded, and named for any process to play."""

from eval.play.batched import FEWEST_AT_ONCE, MOST_AT_ONCE
from eval.play.episode import Step, play, seat_players, total_scores
from eval.play.graph import EpisodeState, episode_graph, play_in_graph, stream_rounds
from eval.play.materials import (
    Materials,
    learner_of,
    materials_of,
    player_name,
    stored_learner,
    stored_task,
)
from eval.play.record import (
    RecordError,
    SituationHash,
    Totals,
    inflated,
    read_record,
    record,
    situation_hash,
    without_timings,
)
from eval.play.scores import Cell, aligned, in_common, mean_and_error
from eval.play.seats import told_names, true_orders
from eval.play.several import play_units, plays_at_once, scores_of
from eval.play.tally import MAX_DEGRADED, DecisionCounts, Tally, seats_asking, tallied
from eval.play.transcript_files import Finished, Transcripts, read_head, read_transcript, transcripts_in
from eval.play.transcripts import TranscriptError, TranscriptHead, ended, head_of, observe_exchange
from eval.play.unit import (
    SELF,
    EpisodeResult,
    Key,
    Pairing,
    Runtime,
    Unit,
    file_of,
    play_unit,
    seats_of,
)

__all__ = [
    "FEWEST_AT_ONCE",
    "MAX_DEGRADED",
    "MOST_AT_ONCE",
    "SELF",
    "Cell",
    "DecisionCounts",
    "EpisodeResult",
    "EpisodeState",
    "Finished",
    "Key",
    "Materials",
    "Pairing",
    "RecordError",
    "Runtime",
    "SituationHash",
    "Step",
    "Tally",
    "Totals",
    "TranscriptError",
    "TranscriptHead",
    "Transcripts",
    "Unit",
    "aligned",
    "ended",
    "episode_graph",
    "file_of",
    "head_of",
    "in_common",
    "inflated",
    "learner_of",
    "materials_of",
    "mean_and_error",
    "observe_exchange",
    "play",
    "play_in_graph",
    "play_unit",
    "play_units",
    "player_name",
    "plays_at_once",
    "read_head",
    "read_record",
    "read_transcript",
    "record",
    "scores_of",
    "seat_players",
    "seats_asking",
    "seats_of",
    "situation_hash",
    "stored_learner",
    "stored_task",
    "stream_rounds",
    "tallied",
    "told_names",
    "total_scores",
    "transcripts_in",
    "true_orders",
    "without_timings",
]
