"""Promises about code: what somebody says that it will touch or leave alone, and whether it did.

A promise is plain data, for a graph's state or a message. Whether it was kept is read off what really
happened, a list of ``Change`` (see ``Repository``), and where that does not say, the verdict says so: an
unfinished work keeps and breaks nothing that may still be done, and what was not read counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from atom.coding.changes import Change, Hunk
from atom.coding.scopes import Scope, scope_of
from atom.errors import PromiseError

Why: TypeAlias = Literal["left alone", "elsewhere", "signature", "untouched"]
"""How a promise was broken: a part was touched that was to be left alone; something else than what was
promised was touched; a signature is another; what was to be touched was not."""

Scopes: TypeAlias = "Sequence[Scope | str | Mapping[str, Any]]"


@dataclass(frozen=True, slots=True)
class Promise:
    """What an agent says it will touch, and what it will leave alone.

    Args:
        by: who promises.
        touches: parts that it will work at; see ``scope_of`` for how they may be written.
        leaves: parts that it will not touch. A scope with a signature is broken by another signature alone.
        only: whether nothing but ``touches`` is to be touched, where that names anything.
        step: number of the decision, from 0, that it is about.

    Raises:
        PromiseError: it promises nothing, has no name, touches what it leaves, or names a part that is none.

    Example:
        >>> promise = Promise("ben", touches=["shop/cart.py::Cart.total"], leaves=["shop/tax.py"])
        >>> judged(promise, [Change("shop/tax.py")]).kept
        False
        >>> Promise.of_plain(promise.as_plain()) == promise
        True
    """

    by: str
    touches: Scopes = ()
    leaves: Scopes = ()
    only: bool = True
    step: int = 0

    def __post_init__(self) -> None:
        for name in ("touches", "leaves"):
            given = getattr(self, name)
            if isinstance(given, str | Mapping | Scope) or not isinstance(given, Sequence):
                raise PromiseError(
                    f"{name} of {self.by!r} is a list of parts, got {given!r}; write [{given!r}]"
                )
            object.__setattr__(self, name, tuple(map(scope_of, given)))
        if not isinstance(self.by, str) or not self.by:
            raise PromiseError(f"a promise is somebody's, and by= names who that is; got {self.by!r}")
        if isinstance(self.step, bool) or not isinstance(self.step, int) or self.step < 0:
            raise PromiseError(f"step is the number of a decision, an integer >= 0; got {self.step!r}")
        if not self.touches and not self.leaves:
            raise PromiseError(
                f"{self.by!r} promises nothing; name what it touches or leaves, or leave the promise out"
            )
        both = [scope.named for scope in self.touching if scope in self.leaving]
        if both:
            raise PromiseError(f"{self.by!r} promises to touch and to leave alone {both}; decide on one")

    @property
    def touching(self) -> tuple[Scope, ...]:
        """``touches`` as scopes."""
        return tuple(map(scope_of, self.touches))

    @property
    def leaving(self) -> tuple[Scope, ...]:
        """``leaves`` as scopes."""
        return tuple(map(scope_of, self.leaves))

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        return {
            "by": self.by,
            "touches": [scope.as_plain() for scope in self.touching],
            "leaves": [scope.as_plain() for scope in self.leaving],
            "only": self.only,
            "step": self.step,
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Promise:
        """A promise from what ``as_plain`` gave, or a message of that form.

        Raises:
            PromiseError: it is none.
        """
        known = {"by", "touches", "leaves", "only", "step"}
        if not isinstance(plain, Mapping) or "by" not in plain or set(plain) - known:
            raise PromiseError(
                f"{plain!r} is no promise; write 'by' and 'touches' or 'leaves', and at most {sorted(known)}"
            )
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a promise was broken.

    Attributes:
        why: the kind.
        what: the part that was promised; None for work elsewhere.
        path: the file that shows it; None for a part that was not touched.
        symbols: names in it that were touched, as far as they are known.
    """

    why: Why
    what: Scope | None
    path: str | None = None
    symbols: tuple[str, ...] = ()

    def in_words(self) -> str:
        """``"touched shop/tax.py, which was to be left alone"``."""
        part = "" if self.what is None else self.what.named
        if self.why == "untouched":
            return f"did not touch {part}"
        if self.why == "signature":
            return f"gave {part} another signature"
        where = f"{self.path}" + (f" ({', '.join(self.symbols)})" if self.symbols else "")
        if self.why == "elsewhere":
            return f"touched {where}, of which nothing was promised"
        return f"touched {where}, and promised to leave {part} alone"

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        what = None if self.what is None else self.what.named
        return {"why": self.why, "what": what, "path": self.path, "symbols": list(self.symbols)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a promise was kept.

    Attributes:
        promise: the promise.
        kept: True, False, or None where that cannot be said yet, or was not read.
        breaches: how it was broken; empty where it was not.
        unclear: files that were not read far enough to say.
    """

    promise: Promise
    kept: bool | None
    breaches: tuple[Breach, ...] = ()
    unclear: tuple[str, ...] = field(default=())

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        return {
            "promise": self.promise.as_plain(),
            "kept": self.kept,
            "breaches": [breach.as_plain() for breach in self.breaches],
            "unclear": list(self.unclear),
        }


def judged(promise: Promise, changes: Iterable[Change], *, done: bool = True) -> Verdict:
    """Whether a promise was kept by what was done since.

    Args:
        promise: what was said.
        changes: what its author did since, and nobody else.
        done: whether that is all of it. What is still to be touched is no breach before, and nothing is kept.
    """
    found = list(changes)
    breaches: list[Breach] = []
    unclear: set[str] = set()
    for change in found:
        for scope in promise.leaving:
            broken = _breaks(change, scope)
            if broken:
                why: Why = "left alone" if scope.signature is None else "signature"
                breaches.append(_breach(why, scope, change))
            elif broken is None:
                unclear.add(change.path)
        inside = _covered(change, promise.touching) if promise.touches and promise.only else True
        if inside is None:
            unclear.add(change.path)
        elif not inside:
            breaches.append(_breach("elsewhere", None, change))
    if done:
        breaches += _undone(promise, found)
    kept: bool | None = None
    if breaches:
        kept = False
    elif done and found and not unclear:
        kept = True
    return Verdict(promise, kept, tuple(breaches), tuple(sorted(unclear)))


def _undone(promise: Promise, changes: Sequence[Change]) -> Iterator[Breach]:
    """What was to be touched and was not, or was given another signature; nothing before anything is done."""
    for scope in promise.touching if changes else ():
        hits = [change for change in changes if reaches(change, scope) is not False]
        if not hits:
            yield Breach("untouched", scope)
        for change in hits:
            if scope.signature is not None and _gives_another(change, scope):
                yield _breach("signature", scope, change)


def _breach(why: Why, scope: Scope | None, change: Change) -> Breach:
    return Breach(why, scope, change.path, change.symbols or ())


def reaches(change: Change, scope: Scope) -> bool | None:
    """Whether a change touches a scope; None where that was not read.

    A line that was added at the edge of a range counts as touching it.
    """
    if not any(map(scope.holds, change.paths)):
        return False
    if scope.symbol is not None:
        return _names(change, scope.symbol)
    if scope.lines is None or change.status == "deleted":
        return True
    if not change.known:
        return None
    first, last = scope.lines
    return any(hunk.old[0] <= last and first <= hunk.old[1] for hunk in change.hunks)


def _breaks(change: Change, scope: Scope) -> bool | None:
    """Whether a change breaks the word that a scope is left alone."""
    hit = reaches(change, scope)
    if hit and scope.signature is not None:
        return _gives_another(change, scope)
    if hit and scope.lines is not None and change.status != "deleted":
        first, last = scope.lines
        # what is inserted just above or below a range is not in it
        return any(
            (first <= hunk.old[0] and hunk.old[1] <= last)
            if not hunk.old_lines
            else (hunk.old[0] <= last and first <= hunk.old[1])
            for hunk in change.hunks
        )
    return hit


def _gives_another(change: Change, scope: Scope) -> bool:
    """Whether a change gives a symbol another signature than was promised."""
    before, after = change.signatures.get(scope.symbol or "", (None, None))
    return after != scope.signature and (before, after) != (None, None)


def _covered(change: Change, scopes: Sequence[Scope]) -> bool | None:
    """Whether all of a change is within what was promised; None where that was not read."""
    paths = [[scope for scope in scopes if scope.holds(path)] for path in change.paths]
    if not all(paths):
        return False
    near = [scope for found in paths for scope in found]
    if any(scope.lines is None and scope.symbol is None for scope in near):
        return True
    if not change.known:
        return None
    ranges = [scope.lines for scope in near if scope.lines is not None]
    symbols = [scope.symbol for scope in near if scope.symbol is not None]
    rest = [hunk for hunk in change.hunks if not any(_is_within(hunk, lines) for lines in ranges)]
    if not rest or not symbols:
        return not rest
    if change.symbols is None or (ranges and change.symbols):
        return None  # which of the symbols the other hunks touched is not known
    return all(any(_is_in(name, symbol) for symbol in symbols) for name in change.symbols)


def _is_within(hunk: Hunk, lines: tuple[int, int]) -> bool:
    """Whether all old lines of a hunk are among some; an insertion may be at their edge."""
    first, last = hunk.old
    if hunk.old_lines:
        return lines[0] <= first and last <= lines[1]
    return first <= lines[1] and lines[0] <= last


def _names(change: Change, symbol: str) -> bool | None:
    if change.symbols is None:
        return None
    return any(_is_in(name, symbol) for name in change.symbols)


def _is_in(name: str, symbol: str) -> bool:
    return name == symbol or name.startswith(f"{symbol}.")
