"""The explorer: results files in a browser, from a verdict down to one decision."""

from eval.show.explorer.runs import ExploredRun, ExploredTask, explored_runs
from eval.show.explorer.server import Explorer, serve

__all__ = ["ExploredRun", "ExploredTask", "Explorer", "explored_runs", "serve"]
