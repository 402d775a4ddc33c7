"""Names from other packages: tasks, partners, learners and reasoners that announce themselves.

A package announces an object in its ``pyproject.toml`` by an entry point of one of four groups; the
entry point's name is the name on the command line. A broken entry point is a warning, never an error:
one bad package must not take the others away.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings
from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeAlias, TypeVar

import numpy as np

from atom import Learner, Reasoner

TASKS_GROUP = "atom.tasks"
PARTNERS_GROUP = "atom.partners"
LEARNERS_GROUP = "atom.learners"
REASONERS_GROUP = "atom.reasoners"

PATIENCE = 10.0
"""Seconds that an entry point may take to be loaded."""

T = TypeVar("T")
MakeLearner: TypeAlias = Callable[[], Learner]

_THREE: Any = ("0", "1", "2")
"""Hypotheses to try a learner with, which needs to know no more of them than how many there are."""


@dataclass(frozen=True, slots=True)
class ExtensionReasoner:
    """Another way to reason, as a player ``NAME:PARTNER``.

    Attributes:
        name: as given on the command line.
        summary: what it is.
        source: the package that it comes from.
        make: from a task's own reasoner to the one that the player shall use.
    """

    name: str
    summary: str
    source: str
    make: Callable[[Reasoner], Reasoner]


class ExtensionWarning(UserWarning):
    """An entry point of another package that cannot be used; the message names it."""


def load_group(
    group: str, adapt: Callable[[str, EntryPoint, Any], T], taken: Collection[str] = ()
) -> dict[str, T]:
    """Name -> what the entry points of a group announce, in the order of their names.

    Args:
        group: one of the four groups.
        adapt: ``adapt(name, entry_point, object)`` checks the object and turns it into what is listed.
        taken: names that are used already; an entry point of such a name is left out.

    Warns:
        ExtensionWarning: an entry point that cannot be loaded, is not what the group holds, or has a
            name that is taken.
    """
    found: dict[str, T] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        where = f"the entry point {entry.name!r} ({entry.value}) of {_package(entry)} in {group!r}"
        if entry.name in taken or entry.name in found:
            _warn(f"{where} is left out: the name is taken; choose another one")
            continue
        try:
            found[entry.name] = _in_time(partial(_adapted, adapt, entry))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another package does when imported
            _warn(f"{where} cannot be used: {type(error).__name__}: {error}")
    return found


def _adapted(adapt: Callable[[str, EntryPoint, Any], T], entry: EntryPoint) -> T:
    return adapt(entry.name, entry, entry.load())


def _in_time(load: Callable[[], T]) -> T:
    """What a package gives, loaded in a thread, so that one that hangs holds up nobody.

    What it prints goes to standard error: standard output has tables and JSON.

    Raises:
        TimeoutError: it took longer than ``PATIENCE`` seconds; its thread is left behind.
    """
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(load())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            result.set_exception(error)

    with contextlib.redirect_stdout(sys.stderr):
        threading.Thread(target=work, name="atom-extension", daemon=True).start()
        try:
            return result.result(PATIENCE)
        except FutureTimeout:
            if result.done():  # its own
                raise
            raise TimeoutError(f"it does not end within {PATIENCE:g} s") from None


@cache
def extension_learners(taken: frozenset[str] = frozenset()) -> dict[str, MakeLearner]:
    """Name -> maker of a learner, called without arguments; checked by making one."""
    return load_group(LEARNERS_GROUP, _learner, taken)


@cache
def extension_reasoners(taken: frozenset[str] = frozenset()) -> dict[str, ExtensionReasoner]:
    """Name -> reasoner of another package; the entry point holds any callable ``make(reasoner)``."""
    return load_group(REASONERS_GROUP, _reasoner, taken)


def summary_of(thing: Any, otherwise: str) -> str:
    """The first line of a docstring, without its full stop."""
    lines = (thing.__doc__ or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else otherwise


def source_of(entry: EntryPoint) -> str:
    """``name version`` of the package that announces it."""
    return f"{_package(entry)} {entry.dist.version}" if entry.dist is not None else _package(entry)


def as_callable(thing: Any, form: str) -> Callable[..., Any]:
    """``thing`` itself.

    Raises:
        TypeError: it cannot be called; the message says as what.
    """
    if not callable(thing):
        raise TypeError(f"it holds {type(thing).__name__}, not something to be called as {form}")
    made: Callable[..., Any] = thing
    return made


def _learner(name: str, entry: EntryPoint, thing: Any) -> MakeLearner:
    make: MakeLearner = as_callable(thing, "make()")
    learner = make()
    weights = learner.update(learner.init(_THREE), [1.0, 0.5, 0.0], 2)
    probabilities = np.asarray(learner.probabilities(weights), dtype=float)
    if probabilities.shape != (3,) or not np.isclose(probabilities.sum(), 1.0):
        raise ValueError(
            f"its probabilities over three orders are {probabilities.tolist()}; they must be three that "
            "sum to 1"
        )
    return make


def _reasoner(name: str, entry: EntryPoint, thing: Any) -> ExtensionReasoner:
    make = as_callable(thing, "make(reasoner)")
    return ExtensionReasoner(name, summary_of(thing, "a reasoner"), source_of(entry), make)


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unnamed package"


def _warn(text: str) -> None:
    warnings.warn(text, ExtensionWarning, stacklevel=4)
