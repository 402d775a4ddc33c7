"""The explorer: results files in a browser, from a verdict down to one decision."""

from eval.show.explorer.onefile import MAX_BYTES, RunPacker, one_file
from eval.show.explorer.runs import ExploredRun, ExploredTask, explored_runs
from eval.show.explorer.server import Explorer, serve

__all__ = [
    "MAX_BYTES",
    "ExploredRun",
    "ExploredTask",
    "Explorer",
    "RunPacker",
    "explored_runs",
    "one_file",
    "serve",
]
