"""Solved tables kept on disk; every file may be deleted at any time.

Files are ``.npz`` archives read without pickle. One that is truncated, from another version or of
another model is reported, ignored and written anew; a directory that cannot be written to means no
cache.
"""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from atom.reasoning.tables.levels import Solution
from atom.reasoning.tables.model import TabularModel

VERSION = 1
_log = logging.getLogger(__name__)


def default_directory() -> Path:
    """The directory for solved tables under the user's cache directory."""
    import platformdirs  # noqa: PLC0415  # keeps `import atom` light

    return Path(platformdirs.user_cache_dir("langgraph-atom", appauthor=False)) / "tables"


def load(path: Path, key: str, model: TabularModel, max_order: int) -> Solution | None:
    """The solution in ``path``, or None where the file is absent or not usable.

    Warns:
        UserWarning: the file is there but damaged, or was written for something else.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            found = int(archive["version"]), str(archive["key"])
            solution = Solution(archive["policies"], archive["values"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        _warn(path, str(error))
        return None
    if found != (VERSION, key) or not _fits(solution, model, max_order):
        _warn(path, "it was written for another model or by another version")
        return None
    return solution


def _fits(solution: Solution, model: TabularModel, max_order: int) -> bool:
    policies, values = solution.policies, solution.values
    return (
        policies.dtype == np.dtype(np.int8)
        and policies.shape == (max_order + 1, 2, model.n_states)
        and values.dtype == np.dtype(np.int32)
        and values.shape == (model.n_states,)
        and bool(policies.min() >= 0 and policies.max() < len(model.actions))
    )


def _warn(path: Path, reason: str) -> None:
    warnings.warn(f"the cached tables in {path} are not usable ({reason}); solving anew", stacklevel=3)


def save(path: Path, key: str, solution: Solution) -> None:
    """Write a solution; the file appears whole or not at all."""
    unfinished: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            np.savez_compressed(
                stream,
                version=np.int64(VERSION),
                key=np.str_(key),
                policies=solution.policies,
                values=solution.values,
            )
        Path(unfinished).replace(path)
    except OSError as error:
        _log.info("solved tables are not kept, %s cannot be written: %s", path, error)
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
