"""Results of sweeps in one SQLite file: what was asked for, and every step of every episode."""

from eval.results.cells import stored_cells
from eval.results.content import (
    StoredEpisode,
    StoredRun,
    content_digest,
    stored_episodes,
    stored_run,
    stored_runs,
)
from eval.results.database import ResultsError, read_results
from eval.results.export import export
from eval.results.runs import Run, configuration_diff, open_run, package_versions, versions_of
from eval.results.summaries import (
    EpisodeHead,
    PairingKey,
    PairingSummary,
    stored_heads,
    stored_summaries,
)
from eval.results.transcripts import (
    StoredTranscripts,
    all_transcripts,
    stored_transcript,
    stored_transcripts,
    transcript_command,
)

__all__ = [
    "EpisodeHead",
    "PairingKey",
    "PairingSummary",
    "ResultsError",
    "Run",
    "StoredEpisode",
    "StoredRun",
    "StoredTranscripts",
    "all_transcripts",
    "configuration_diff",
    "content_digest",
    "export",
    "open_run",
    "package_versions",
    "read_results",
    "stored_cells",
    "stored_episodes",
    "stored_heads",
    "stored_run",
    "stored_runs",
    "stored_summaries",
    "stored_transcript",
    "stored_transcripts",
    "transcript_command",
    "versions_of",
]
