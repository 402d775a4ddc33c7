"""Solved tables kept on disk; every file may be deleted at any time.

Files are ``.npz`` archives read without pickle. One that is truncated, from another version or of
another model is reported, ignored and written anew; a directory that cannot be written to means no
cache.
"""

from __future__ import annotations

import io
import logging
import math
import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from atom.reasoning.tables.levels import Solution, seats_of
from atom.reasoning.tables.model import TabularModel

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

NAMES = ("policies", "values", "costs", "alone")
"""The arrays of a solution."""

VERSION = 2
"""Of the files' form. It is part of their names, so that releases do not take each other's files for damaged
ones."""

_SPARE = 64 * 1024
"""Bytes of headers, key and version."""

_log = logging.getLogger(__name__)


def default_directory() -> Path:
    """The directory for solved tables under the user's cache directory."""
    import platformdirs  # noqa: PLC0415  # keeps `import atom` light

    return Path(platformdirs.user_cache_dir("langgraph-atom", appauthor=False)) / "tables"


def load(
    path: Path, key: str, names: Sequence[str], fits: Callable[[Arrays], bool], *, most: int
) -> dict[str, NDArray[Any]] | None:
    """The arrays in ``path``, or None where the file is absent or not usable; whatever it holds, no error.

    Args:
        path: the file.
        key: what it must have been written for.
        names: of the arrays.
        fits: whether the arrays are those of the model.
        most: bytes that all arrays take together at most; no more is read.

    Warns:
        UserWarning: the file is there but damaged, or was written for something else.
    """
    try:
        arrays = unpacked(path, ("version", "key", *names), most)
        found = int(arrays.pop("version")), str(arrays.pop("key"))
        fitting = found == (VERSION, key) and fits(arrays)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception as error:  # noqa: BLE001 - whatever bytes lead zipfile and NumPy to, tables are solved anew
        _warn(path, str(error) or type(error).__name__)
        return None
    if not fitting:
        _warn(path, "it was written for another model or by another version")
        return None
    return arrays


def unpacked(path: Path, names: Sequence[str], most: int) -> dict[str, NDArray[Any]]:
    """Arrays of an ``.npz`` archive, without pickle and within bounds.

    Args:
        path: the file.
        names: of the arrays.
        most: bytes that all arrays in the file take together at most; else nothing is unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        Exception: of any kind, whatever the bytes of a damaged file lead zipfile and NumPy to.
    """
    with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
        # before anything is unpacked: a few bytes may say that they are gigabytes
        size = sum(entry.file_size for entry in archive.infolist())
        if size > most + _SPARE:
            raise ValueError(
                f"it unpacks to {size:,} bytes, and what is of this model takes {most + _SPARE:,} at most"
            )
        return {name: _array(archive, name) for name in names}


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array of the archive; its checksum is verified, and its header may claim no more than there is."""
    # the whole entry, which is as long as the archive says: zipfile reads no further
    data = archive.read(f"{name}.npy")
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, kind = header(stream)
    if kind.hasobject or math.prod(shape) * kind.itemsize != len(data) - stream.tell():
        raise ValueError(f"the array {name!r} is not as long as it says")
    flat = np.frombuffer(data, dtype=kind, offset=stream.tell())
    return flat.reshape(shape, order="F" if by_columns else "C").copy(order="K")


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


def most_bytes(model: TabularModel, rows: int) -> int:
    """What the arrays of a model take at most, whatever their types: ``rows`` orders or actions."""
    alone = 0 if model.solo is None else len(model.solo.next)
    entries = rows * 4 * model.n_states + model.n_states + 2 * (model.n_states + alone)
    return 8 * entries


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
