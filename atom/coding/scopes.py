"""Parts of a repository that somebody names: a path, lines of it, a symbol, an interface's signature."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atom.errors import PromiseError

_KEYS = {"path", "lines", "symbol", "signature"}


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a repository.

    Args:
        path: of a file or a folder, relative to the repository's root, with ``/`` between names; ``"."`` is
            all of it.
        lines: the first and the last line, from 1, both of them in it, as the file was when the promise
            was made; None for all lines.
        symbol: a name in a Python file, such as ``"Cart.total"`` or ``"RATE"``, with all that is in it; None
            for all.
        signature: what the symbol's signature is to be, such as ``"(self, rate=None)"``; see ``Symbol``.
            None where nothing is said of it.

    Raises:
        PromiseError: a path that is none or leads outside the repository, lines that are none, lines beside
            a symbol, or a signature of no symbol.

    Example:
        >>> Scope("shop/cart.py", symbol="Cart.total").named
        'shop/cart.py::Cart.total'
        >>> scope_of("shop/cart.py:3-9") == Scope("shop/cart.py", lines=(3, 9))
        True
    """

    path: str
    lines: tuple[int, int] | None = None
    symbol: str | None = None
    signature: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", inside(self.path))
        if self.lines is not None:
            object.__setattr__(self, "lines", _range(self.lines, self.path))
        if self.lines is not None and self.symbol is not None:
            raise PromiseError(
                f"a part of {self.path!r} is named by lines {self.lines} or by the symbol {self.symbol!r}, "
                "not by both; make two of them"
            )
        if self.symbol is not None and (not isinstance(self.symbol, str) or not self.symbol):
            raise PromiseError(
                f"a symbol of {self.path!r} is a name such as 'Cart.total', got {self.symbol!r}"
            )
        if self.signature is not None and self.symbol is None:
            raise PromiseError(
                f"the signature {self.signature!r} in {self.path!r} is of no symbol; name it with symbol="
            )

    @property
    def named(self) -> str:
        """The scope in short: ``path``, ``path:3-9`` or ``path::symbol``."""
        if self.lines is not None:
            return f"{self.path}:{self.lines[0]}-{self.lines[1]}"
        return self.path if self.symbol is None else f"{self.path}::{self.symbol}"

    def holds(self, path: str) -> bool:
        """Whether a path is the scope's, or is below it."""
        return self.path in (".", path) or path.startswith(f"{self.path}/")

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data, without what is None."""
        found = {"path": self.path, "symbol": self.symbol, "signature": self.signature}
        lines = {} if self.lines is None else {"lines": list(self.lines)}
        return {**{key: value for key, value in found.items() if value is not None}, **lines}


def scope_of(plain: str | Mapping[str, Any] | Scope) -> Scope:
    """A scope from what ``as_plain`` gave, or from ``path``, ``path:3-9`` or ``path::symbol``.

    Raises:
        PromiseError: it is none.
    """
    if isinstance(plain, Scope):
        return plain
    if isinstance(plain, str):
        path, _, symbol = plain.partition("::")
        head, _, lines = path.rpartition(":")
        first, _, last = lines.partition("-")
        if head and not symbol and first.isdigit() and (last or first).isdigit():
            return Scope(head, lines=(int(first), int(last or first)))
        return Scope(path, symbol=symbol or None)
    if not isinstance(plain, Mapping) or "path" not in plain or set(plain) - _KEYS:
        raise PromiseError(
            f"{plain!r} names no part of a repository; write 'path', 'path:3-9', 'path::symbol', or "
            f"a dictionary with the keys {sorted(_KEYS)}, of which 'path' must be there"
        )
    return Scope(**plain)


def inside(path: object) -> str:
    """A path relative to a repository's root, in its shortest form.

    Raises:
        PromiseError: it is none, or leads outside.
    """
    if not isinstance(path, str) or not path or "\0" in path:
        raise PromiseError(f"a path in a repository is a text such as 'shop/cart.py', got {path!r}")
    short = posixpath.normpath(path)
    absolute = path.startswith(("/", "~")) or path[1:3] in (":/", ":\\") or "\\" in path
    if absolute or short == ".." or short.startswith("../") or short.split("/")[0] == ".git":
        raise PromiseError(
            f"{path!r} leads outside the repository; name a path below its root, such as 'shop/cart.py', "
            "with / between names"
        )
    return short


def _range(lines: object, path: str) -> tuple[int, int]:
    numbers = tuple(lines) if isinstance(lines, list | tuple) else ()
    if len(numbers) != 2 or not all(type(n) is int for n in numbers) or not 1 <= numbers[0] <= numbers[1]:
        raise PromiseError(
            f"lines of {path!r} are the first and the last one, from 1, such as (3, 9); got {lines!r}"
        )
    return (numbers[0], numbers[1])
