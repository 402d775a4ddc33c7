"""What a patch does, where it is a text and not a branch, such as in a message or as an agent's answer."""

from __future__ import annotations

from itertools import takewhile, zip_longest
from typing import NoReturn

from atom.coding.changes import Change, Hunk, Status, hunks_of, unquoted
from atom.errors import RepositoryError

_NOTHING = "/dev/null"


def changes_in(patch: str) -> tuple[Change, ...]:
    r"""The changes of a patch as ``git diff`` writes it, without symbols, which a patch alone does not tell.

    Args:
        patch: a unified diff, with ``diff --git`` lines or with ``---`` and ``+++`` alone, with prefixes such
            as ``a/`` and ``b/`` or without; of lines with context a hunk is as large as with it.

    Raises:
        RepositoryError: there are hunks of a file that is not named.

    Example:
        >>> patch = "diff --git a/tax.py b/tax.py\n--- a/tax.py\n+++ b/tax.py\n@@ -3 +3 @@\n-a\n+b\n"
        >>> [(change.path, change.hunks[0].old) for change in changes_in(patch)]
        [('tax.py', (3, 3))]
    """
    blocks: list[list[str]] = [[]]
    left, headed = 0, True
    lines = patch.splitlines(keepends=True)
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        if left <= 0 and line.startswith("diff --git "):
            blocks.append([])
            headed = False
        elif left <= 0 and line.startswith("--- ") and following.startswith("+++ "):
            if headed:
                blocks.append([])
            headed = True
        blocks[-1].append(line)
        left = _left(line, left)
    if len(blocks) == 1:  # what stands before the first file is talk, unless there is nothing else
        return () if not _hunks(blocks[0]) else _unnamed()
    return tuple(change for block in blocks[1:] if (change := _change(block)) is not None)


def _unnamed() -> NoReturn:
    raise RepositoryError(
        "the patch has hunks of a file that it does not name; write it with git diff, or with lines "
        "'--- a/PATH' and '+++ b/PATH' before them"
    )


def _hunks(block: list[str]) -> tuple[Hunk, ...]:
    return tuple(hunk for _, hunk in hunks_of(line.encode("utf-8", "surrogateescape") for line in block))


def _left(line: str, left: int) -> int:
    """How many lines of a hunk are to come."""
    if left > 0:
        return left - (1 if line[:1] in "-+" else 2 if line[:1] in " \n" else 0)
    found = list(hunks_of([line.encode("utf-8", "surrogateescape")]))
    return found[0][1].old_lines + found[0][1].new_lines if found else 0


def _change(block: list[str]) -> Change | None:
    head = [line.rstrip("\r\n") for line in takewhile(lambda line: not line.startswith("@@"), block)]

    def after(*starts: str) -> str | None:
        return next((text[len(start) :] for text in head for start in starts if text.startswith(start)), None)

    before, became = after("rename from ", "copy from "), after("rename to ", "copy to ")
    old, new = _file(after("--- ") or _NOTHING), _file(after("+++ ") or _NOTHING)
    path = _named(after("diff --git ") or "")
    if became is not None:
        path = unquoted(became.encode())
    elif not path and (old, new) != (_NOTHING, _NOTHING):
        path = _without_prefixes(old, new)
    hunks = _hunks(block)
    if not path:
        return _unnamed() if hunks else None
    status: Status = "modified"
    if before is not None:
        status = "copied" if after("rename from ") is None else "renamed"
    elif after("new file") is not None or (hunks and old == _NOTHING):
        status = "added"
    elif after("deleted file") is not None or (hunks and new == _NOTHING):
        status = "deleted"
    binary = after("Binary files ", "GIT binary patch") is not None
    whence = None if before is None else unquoted(before.encode())
    return Change(path, status, whence, hunks, binary=binary, known=not binary)


def _file(named: str) -> str:
    """The file that ``---`` or ``+++`` names, with its prefix, and without a time after a tab."""
    return unquoted(named.split("\t", 1)[0].encode())


def _without_prefixes(old: str, new: str) -> str:
    """The path of two names; where there are prefixes, they differ: ``a/`` and ``b/``, ``i/`` and ``w/``."""
    name = old if new == _NOTHING else new
    if _NOTHING in (old, new):
        return name[2:] if name[:2] == ("a/" if new == _NOTHING else "b/") else name
    prefixed = old[1:2] == new[1:2] == "/" and old[0] != new[0]
    return name[2:] if prefixed else name


def _named(rest: str) -> str:
    """The path of what stands after ``diff --git``, ``a/PATH b/PATH``, where both are the same."""
    one, two = (unquoted(half.encode()) for half in (rest[: len(rest) // 2], rest[len(rest) // 2 + 1 :]))
    path = _without_prefixes(one, two) if one and two else ""
    return path if path and path in (one, one[2:]) else ""
