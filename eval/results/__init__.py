"""Results of sweeps in one SQLite file: what was asked for, and every step of every episode."""

from eval.results.beginning import configuration_diff, package_versions, versions_of
from eval.results.cells import stored_cells
from eval.results.changes import ChangedFileWarning
from eval.results.check import Checked, Repaired, check, repair
from eval.results.content import (
    StoredEpisode,
    StoredRun,
    content_digest,
    stored_episodes,
    stored_learners,
    stored_materials,
    stored_run,
    stored_runs,
    stored_tasks,
)
from eval.results.damage import stored_damage
from eval.results.database import DamagedFileError, ResultsError, check_usable, read_results
from eval.results.export import export
from eval.results.rows import Damaged, DamageWarning
from eval.results.runs import Run, is_unanswered, open_run
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
    "ChangedFileWarning",
    "Checked",
    "DamageWarning",
    "Damaged",
    "DamagedFileError",
    "EpisodeHead",
    "PairingKey",
    "PairingSummary",
    "Repaired",
    "ResultsError",
    "Run",
    "StoredEpisode",
    "StoredRun",
    "StoredTranscripts",
    "all_transcripts",
    "check",
    "check_usable",
    "configuration_diff",
    "content_digest",
    "export",
    "is_unanswered",
    "open_run",
    "package_versions",
    "read_results",
    "repair",
    "stored_cells",
    "stored_damage",
    "stored_episodes",
    "stored_heads",
    "stored_learners",
    "stored_materials",
    "stored_run",
    "stored_runs",
    "stored_summaries",
    "stored_tasks",
    "stored_transcript",
    "stored_transcripts",
    "transcript_command",
    "versions_of",
]
