"""What a process has yet to write to a Store, for each Store apart."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from atom.graph.outage import Outage
from atom.graph.reading import Namespace

Items: TypeAlias = dict["Where", dict[str, Any]]

_REMEMBERED = 4096
"""Of how many items a process knows what it wrote last, which it does not write again."""


class Where(NamedTuple):
    """Where a thread's item is."""

    leaf: Namespace
    key: str


class Unsaved:
    """What is to be written to one Store, and whether that is down.

    Args:
        retry_after: seconds, >= 0, to leave the Store alone after it failed.
    """

    def __init__(self, retry_after: float) -> None:
        self.outage = Outage(retry_after)
        self._items: Items = {}
        self._saved: Items = {}
        self._in_flight: set[Where] = set()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether anything is left to write."""
        return bool(self._items)

    def get(self, where: Where) -> dict[str, Any] | None:
        """What is to be written there; None for nothing."""
        with self._lock:
            return self._items.get(where)

    def add(self, where: Where, value: dict[str, Any], *, new: bool) -> None:
        """What is to be written there, unless it was just written.

        Args:
            where: the item's place.
            value: sums of the thread.
            new: whether they grew. If not, a branch that runs beside may have written more, which stands.
        """
        with self._lock:
            known = self._items.get(where) or self._saved.get(where)
            if not new and known is not None and known["observations"] >= value["observations"]:
                return
            if where in self._items or self._saved.get(where) != value:
                self._items[where] = value

    def take(self) -> Items:
        """What to write now, and nobody else takes meanwhile."""
        # An older sum of the same thread that is written late would overwrite a newer one.
        with self._lock:
            taken = {key: value for key, value in self._items.items() if key not in self._in_flight}
            self._in_flight.update(taken)
            return taken

    def give_back(self, taken: Items, *, written: bool) -> None:
        """What was taken, and whether it is written now."""
        with self._lock:
            self._in_flight.difference_update(taken)
            for key, value in taken.items():
                if written and self._items.get(key) is value:
                    del self._items[key]
                if written:
                    self._saved.pop(key, None)
                    self._saved[key] = value
            while len(self._saved) > _REMEMBERED:
                del self._saved[next(iter(self._saved))]

    def forget(self, partner: str, observer: str | None) -> None:
        """Nothing more is to be written about a partner, by one observer or by all."""
        with self._lock:
            self._saved.clear()
            for key, value in list(self._items.items()):
                if value["partner"] == partner and observer in (None, value["observer"]):
                    del self._items[key]


class UnsavedByStore:
    """What is to be written to each Store, known by identity, for as long as the Store is there.

    Args:
        retry_after: seconds, >= 0, to leave a Store alone after it failed.
    """

    def __init__(self, retry_after: float) -> None:
        self._retry_after = retry_after
        self._kept: dict[int, tuple[Callable[[], object], Unsaved]] = {}
        self._lock = threading.Lock()

    def of(self, store: object) -> Unsaved:
        """What is to be written to one Store."""
        at = id(store)
        with self._lock:
            held, unsaved = self._kept.get(at, (None, None))
            if held is None or unsaved is None or held() is not store:
                unsaved = Unsaved(self._retry_after)
                self._kept[at] = (self._hold(store), unsaved)
            return unsaved

    def _hold(self, store: object) -> Callable[[], object]:
        kept, at = self._kept, id(store)
        try:
            # no lock: it may be called at any time, by the thread that holds it as well
            return weakref.ref(store, lambda _: kept.pop(at, None))
        except TypeError:  # held for good, so that no other object takes its place
            return lambda: store
