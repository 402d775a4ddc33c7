"""Results of sweeps in one SQLite file: what was asked for, and every step of every episode."""

from eval.results.content import content_digest
from eval.results.database import ResultsError, read_results
from eval.results.runs import Run, open_run

__all__ = ["ResultsError", "Run", "content_digest", "open_run", "read_results"]
