"""Names as given on a command line, ``NAME`` or ``NAME:ARGUMENT``, and how arguments are read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from partners.program import program


class UnknownNameError(ValueError):
    """A name that is not in a registry; the message offers the nearest ones.

    Args:
        what: what the name would be of, such as "task".
        name: the name given.
        known: the names that exist.
    """

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known
        super().__init__(
            f"there is no {what} {name!r}; did you mean {', '.join(near)}? All: {program()} list"
        )


def split_name(name: str) -> tuple[str, str | None]:
    """``"switching:2-0@8"`` as ``("switching", "2-0@8")``; None where there is no argument."""
    base, colon, argument = name.partition(":")
    return base, argument if colon else None


def integers(text: str) -> list[int]:
    """``"2-0-1"`` as ``[2, 0, 1]``; nothing for an empty text.

    Raises:
        ValueError: a part that is no whole number.
    """
    return [int(part) for part in text.split("-")] if text else []


def whole(text: str) -> int:
    """A whole number >= 0.

    Raises:
        ValueError: anything else.
    """
    if not text.isdecimal():
        raise ValueError(f"expected a whole number, got {text!r}")
    return int(text)
