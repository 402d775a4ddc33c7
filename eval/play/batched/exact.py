"""Arithmetic on arrays that rounds as the one-at-a-time runtime does, element by element.

Sums are taken along the first axis, in the order in which the runtime takes them: NumPy's own add pairwise.
Elementary functions are those of ``math``: NumPy's may differ in the last digit, by the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


def added(terms: Sequence[Floats] | Floats) -> Floats:
    """``terms[0] + terms[1] + …``, as ``atom.policies.added`` takes it; ``[N, ...]``, one term at least."""
    if len(terms) == 1:
        return terms[0].copy()
    found: Floats = np.add(terms[0], terms[1])
    for term in terms[2:]:
        np.add(found, term, out=found)
    return found


def each(function: Callable[[float], float], values: Floats) -> Floats:
    """A function of ``math`` of every element."""
    found: Floats = np.fromiter(map(function, values.ravel().tolist()), np.float64, values.size)
    return found.reshape(values.shape)


def picked(values: NDArray[Any], which: Ints) -> NDArray[Any]:
    """``[n]``: of ``[N, n]`` the entry ``which`` of every column."""
    found: NDArray[Any] = values.reshape(-1).take(which * values.shape[1] + np.arange(values.shape[1]))
    return found


def as_slice(places: Ints) -> Ints | slice:
    """The same places, as a slice where they follow each other: then nothing is copied."""
    first, n = (int(places[0]), places.size) if places.size else (0, 0)
    return slice(first, first + n) if np.array_equal(places, np.arange(first, first + n)) else places
