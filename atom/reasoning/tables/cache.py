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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.reasoning.tables.levels import Solution, seats_of
from atom.reasoning.tables.model import TabularModel

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

NAMES = ("policies", "values", "costs", "alone")
"""The arrays of a solution."""

VERSION = 2
"""Of the files' form. It is part of their names, so that releases do not take each other's files for damaged
ones."""

_log = logging.getLogger(__name__)


def default_directory() -> Path:
    """The directory for solved tables under the user's cache directory."""
    import platformdirs  # noqa: PLC0415  # keeps `import atom` light

    return Path(platformdirs.user_cache_dir("langgraph-atom", appauthor=False)) / "tables"


def load(
    path: Path, key: str, names: Sequence[str], fits: Callable[[Arrays], bool]
) -> dict[str, NDArray[Any]] | None:
    """The arrays in ``path``, or None where the file is absent or not usable.

    Args:
        path: the file.
        key: what it must have been written for.
        names: of the arrays.
        fits: whether the arrays are those of the model.

    Warns:
        UserWarning: the file is there but damaged, or was written for something else.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            found = int(archive["version"]), str(archive["key"])
            arrays = {name: archive[name] for name in names}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        _warn(path, str(error))
        return None
    if found != (VERSION, key) or not fits(arrays):
        _warn(path, "it was written for another model or by another version")
        return None
    return arrays


def solution_fits(model: TabularModel, max_order: int, arrays: Arrays) -> bool:
    """Whether arrays are those of ``as_arrays`` of a solution of this model."""
    policies, values = arrays["policies"], arrays["values"]
    return (
        policies.dtype == np.dtype(np.int8)
        and policies.shape == (max_order + 1, 2, model.n_states)
        and values.dtype == np.dtype(np.int32)
        and values.shape == (model.n_states,)
        and bool(policies.min() >= 0 and policies.max() < len(model.actions))
        and costs_fit(model, max_order, arrays["costs"])
        and arrays["alone"].ndim == 2
        and arrays["alone"].shape[1] == (model.n_states if model.solo is None else len(model.solo.next))
    )


def costs_fit(model: TabularModel, rows: int, costs: NDArray[Any]) -> bool:
    """Whether ``costs`` are ``[rows, P, S]`` of this model, see ``Solution``."""
    return costs.dtype in (np.int16, np.int32) and costs.shape == (rows, len(seats_of(model)), model.n_states)


def as_arrays(solution: Solution) -> dict[str, NDArray[Any]]:
    """A solution as arrays to be saved."""
    return {
        "policies": solution.policies,
        "values": solution.values,
        "costs": solution.costs,
        "alone": np.stack(solution.alone),
    }


def as_solution(arrays: Arrays) -> Solution:
    """A solution of what ``as_arrays`` returned."""
    return Solution(arrays["policies"], arrays["values"], arrays["costs"], tuple(arrays["alone"]))


def _warn(path: Path, reason: str) -> None:
    warnings.warn(f"the cached tables in {path} are not usable ({reason}); solving anew", stacklevel=3)


def save(path: Path, key: str, arrays: Arrays) -> None:
    """Write arrays; the file appears whole or not at all."""
    unfinished: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            content: dict[str, Any] = {"version": np.int64(VERSION), "key": np.str_(key), **arrays}
            np.savez_compressed(stream, **content)
        Path(unfinished).replace(path)
    except OSError as error:
        _log.info("solved tables are not kept, %s cannot be written: %s", path, error)
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
