"""What a patch does, where it is a text and not a branch, such as in a message or as an agent's answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest

from atom.coding.changes import Change, Status, hunks_of, unquoted
from atom.errors import RepositoryError

_NOTHING = "/dev/null"


def changes_in(patch: str) -> tuple[Change, ...]:
    r"""The changes of a patch as ``git diff`` writes it, without symbols, which a patch alone does not tell.

    Args:
        patch: a unified diff, with ``diff --git`` lines or with ``---`` and ``+++`` alone, with prefixes such as
            ``a/`` and ``b/`` or without; of lines with context a hunk is as large as with it.

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
    return tuple(change for block in blocks if (change := _change(block)) is not None)


def _left(line: str, left: int) -> int:
    """How many lines of a hunk are to come."""
    if left > 0:
        return left - (1 if line[:1] in "-+" else 2 if line[:1] in " \n" else 0)
    found = list(hunks_of([line.encode("utf-8", "surrogateescape")]))
    return found[0][1].old_lines + found[0][1].new_lines if found else 0


def _change(block: list[str]) -> Change | None:
    status: Status = "modified"
    before: str | None = None
    path, old, binary = "", _NOTHING, False
    for line in block:
        if line.startswith("@@"):
            break
        text = line.rstrip("\r\n")
        if text.startswith("diff --git "):
            path = _named(text)
        elif text.startswith("new file"):
            status = "added"
        elif text.startswith("deleted file"):
            status = "deleted"
        elif text.startswith(("rename from ", "copy from ")):
            status = "renamed" if text.startswith("rename") else "copied"
            before = unquoted(text.split(" from ", 1)[1].encode())
        elif text.startswith(("rename to ", "copy to ")):
            path = unquoted(text.split(" to ", 1)[1].encode())
        elif text.startswith(("Binary files ", "GIT binary patch")):
            binary = True
        elif text.startswith("--- "):
            old = _file(text)
        elif text.startswith("+++ ") and not path:
            new = _file(text)
            status = "added" if old == _NOTHING else "deleted" if new == _NOTHING else status
            path = _without_prefixes(old, new)
    hunks = tuple(hunk for _, hunk in hunks_of(line.encode("utf-8", "surrogateescape") for line in block))
    if not path and hunks:
        raise RepositoryError(
            "the patch has hunks of a file that it does not name; write it with git diff, or with lines "
            "'--- a/PATH' and '+++ b/PATH' before them"
        )
    if not path:
        return None
    return replace(Change(path, status, before, hunks), binary=binary, known=not binary)


def _file(text: str) -> str:
    """The file of a line ``--- a/PATH`` or ``+++ b/PATH``, perhaps with a time after a tab, with its prefix."""
    return unquoted(text[4:].split("\t", 1)[0].encode())


def _without_prefixes(old: str, new: str) -> str:
    """The path of two names, of which prefixes differ (``a/`` and ``b/``, ``i/`` and ``w/``) where there are any."""
    name = old if new == _NOTHING else new
    if _NOTHING in (old, new):
        return name[2:] if name[:2] == ("a/" if new == _NOTHING else "b/") else name
    prefixed = old[1:2] == new[1:2] == "/" and old[0] != new[0]
    return name[2:] if prefixed else name


def _named(header: str) -> str:
    """The path of ``diff --git a/PATH b/PATH``, where both are the same."""
    rest = header.removeprefix("diff --git ")
    one, two = (unquoted(h.encode()) for h in (rest[: len(rest) // 2], rest[len(rest) // 2 + 1 :]))
    path = _without_prefixes(one, two) if one and two else ""
    return path if path and path in (one, one[2:]) else ""
