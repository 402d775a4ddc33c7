"""What somebody did to a repository, as plain data: files, hunks, symbols; and how a diff is read.

A diff is read as a stream and its lines are never kept, so one of any size takes little memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from atom.errors import RepositoryError

Status: TypeAlias = Literal["added", "modified", "deleted", "renamed", "copied", "type", "unmerged"]
STATUSES: Mapping[str, Status] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "type",
    "U": "unmerged",
}

_HUNK = re.compile(rb"^@@@* ((?:-\d+(?:,\d+)? )+)\+(\d+)(?:,(\d+))? @@")
_OLD = re.compile(rb"-(\d+)(?:,(\d+))?")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_QUOTED = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])')


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that were replaced by others.

    Attributes:
        old_start, old_lines: the first of the lines that were removed, from 1, and how many, >= 0. With none
            removed it is the line after which others were added, 0 for the top.
        new_start, new_lines: the same of those that were added.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int

    @property
    def old(self) -> tuple[int, int]:
        """The first and the last old line that it touches; for an insertion the lines on both sides."""
        return _touched(self.old_start, self.old_lines)

    @property
    def new(self) -> tuple[int, int]:
        """The same of new lines."""
        return _touched(self.new_start, self.new_lines)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to one file.

    Attributes:
        path: where it is, or where it was if it was deleted.
        status: what became of it.
        before: where it was, if it was renamed or copied; else None.
        hunks: what was replaced; empty where no line was, as in a file that was renamed alone.
        binary: whether git takes it for no text, so that there are no hunks.
        known: whether its lines were read. They are not of a binary file, nor past the limit on a diff.
        symbols: names in a Python file that were touched, such as ``"Cart.total"``, sorted; None where that
            is not known.
        signatures: symbol -> its signature before and after, of the functions and classes that were touched;
            None where there was none.
    """

    path: str
    status: Status = "modified"
    before: str | None = None
    hunks: tuple[Hunk, ...] = ()
    binary: bool = False
    known: bool = True
    symbols: tuple[str, ...] | None = None
    signatures: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """The path, and the one before where a rename took it away."""
        return (self.path, self.before) if self.status == "renamed" and self.before else (self.path,)

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        return {
            "path": self.path,
            "status": self.status,
            "before": self.before,
            "hunks": [[h.old_start, h.old_lines, h.new_start, h.new_lines] for h in self.hunks],
            "binary": self.binary,
            "known": self.known,
            "symbols": None if self.symbols is None else list(self.symbols),
            "signatures": {name: list(pair) for name, pair in self.signatures.items()},
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Change:
        """A change from what ``as_plain`` gave."""
        symbols = plain["symbols"]
        return cls(
            plain["path"],
            plain["status"],
            plain["before"],
            tuple(Hunk(*numbers) for numbers in plain["hunks"]),
            plain["binary"],
            plain["known"],
            None if symbols is None else tuple(symbols),
            {name: (pair[0], pair[1]) for name, pair in plain["signatures"].items()},
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of ``git diff --raw``: its change without hunks, and the blobs' names before and after."""

    change: Change
    old_blob: str
    new_blob: str


def entries(raw: bytes) -> list[Entry]:
    """The files of ``git diff --raw --numstat -z --no-abbrev``; which are binary is what numbers are for.

    Raises:
        RepositoryError: it is something else.
    """
    fields = iter(raw.decode("utf-8", "surrogateescape").split("\0"))
    found: list[Entry] = []
    binary: set[str] = set()
    for head in fields:
        if not head:
            continue
        try:
            if head.startswith(":"):
                *_, old_blob, new_blob, letter = head.split(" ")
                status, first = STATUSES[letter[0]], next(fields)
                before, path = (first, next(fields)) if letter[0] in "RC" else (None, first)
                found.append(Entry(Change(path, status, before), old_blob, new_blob))
                continue
            added, _, path = head.split("\t", 2)
            if not path:
                next(fields)
                path = next(fields)
        except (ValueError, KeyError, StopIteration):
            raise RepositoryError(
                f"git said {head!r}, which is no line of a raw diff; is git older than 2.32?"
            ) from None
        if added == "-":
            binary.add(path)
    return [
        replace(entry, change=replace(entry.change, binary=True)) if entry.change.path in binary else entry
        for entry in found
    ]


def hunks_of(lines: Iterable[bytes]) -> Iterator[tuple[str, Hunk]]:
    """Every hunk of a unified diff, with its file's path.

    Args:
        lines: of ``git diff -U0`` or ``git diff-tree --cc -U0``. A long line may come in parts, of which
            the last ends with a line feed.
    """
    path, removed, added, whole = "", 0, 0, True
    for line in lines:
        begins, whole = whole, line.endswith(b"\n")
        if not begins:
            continue
        if removed + added > 0 and line[:1] in b"-+ ":
            # a content line; one that begins with "--- " or "+++ " is none of the header's
            removed, added = removed - (line[:1] != b"+"), added - (line[:1] != b"-")
        elif line.startswith(b"@@"):
            match = _HUNK.match(line)
            if match is None:
                continue
            olds = [(int(start), int(n or b"1")) for start, n in _OLD.findall(match[1])]
            hunk = Hunk(*olds[0], int(match[2]), int(match[3] or b"1"))
            combined = len(olds) > 1
            removed, added = (0, 0) if combined else (hunk.old_lines, hunk.new_lines)
            yield path, hunk
        elif line.startswith((b"--- ", b"+++ ")):
            named = unquoted(line[4:].rstrip(b"\r\n"))
            path = named[2:] if named[:2] in ("a/", "b/") else path
        elif line.startswith(b"diff --"):
            path = ""


def unquoted(name: bytes) -> str:
    r"""A path as git writes it in a header: as it is, or in quotes with escapes.

    Example:
        >>> unquoted(b'"b/a\\tb"')
        'b/a\tb'
    """
    text = name.decode("utf-8", "surrogateescape").rstrip("\t")
    if not (text.startswith('"') and text.endswith('"')):
        return text

    def byte(match: re.Match[str]) -> str:
        code = match[1]
        return chr(_ESCAPES[code] if code in _ESCAPES else int(code, 8))

    inner = text[1:-1]
    if inner.isascii():
        return _QUOTED.sub(byte, inner).encode("latin-1").decode("utf-8", "surrogateescape")
    return _QUOTED.sub(byte, inner)


def _touched(start: int, lines: int) -> tuple[int, int]:
    return (start, start + lines - 1) if lines else (start, start + 1)
