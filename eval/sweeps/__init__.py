"""Sweeps: what is asked for (``Sweep``), and how it is carried out (``Execution``)."""

from eval.play import MAX_DEGRADED
from eval.sweeps.crossplay import (
    ALL,
    as_json,
    check_pairings,
    cross_play,
    cross_plays,
    pairing_scores,
    play_cell,
    who_plays,
)
from eval.sweeps.estimate import Estimate, estimate
from eval.sweeps.executors import Backend, WorkerLostError, dask, in_process, play_all, processes, threads
from eval.sweeps.outcomes import Outcome, cell_of
from eval.sweeps.plan import PAPER_TEMPERATURE, Matrix, ModelSettings, Sweep
from eval.sweeps.reachable import ModelUnavailableError, check_names_and_keys
from eval.sweeps.run import Execution, Progress, outcomes_of, run_sweep, run_units
from eval.sweeps.session import (
    Asking,
    ModelSession,
    Speaker,
    check_reachable,
    model_backend,
    model_session,
    rate_limiter,
    spend,
)

__all__ = [
    "ALL",
    "MAX_DEGRADED",
    "PAPER_TEMPERATURE",
    "Asking",
    "Backend",
    "Estimate",
    "Execution",
    "Matrix",
    "ModelSession",
    "ModelSettings",
    "ModelUnavailableError",
    "Outcome",
    "Progress",
    "Speaker",
    "Sweep",
    "WorkerLostError",
    "as_json",
    "cell_of",
    "check_names_and_keys",
    "check_pairings",
    "check_reachable",
    "cross_play",
    "cross_plays",
    "dask",
    "estimate",
    "in_process",
    "model_backend",
    "model_session",
    "outcomes_of",
    "pairing_scores",
    "play_all",
    "play_cell",
    "processes",
    "rate_limiter",
    "run_sweep",
    "run_units",
    "spend",
    "threads",
    "who_plays",
]
