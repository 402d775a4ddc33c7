"""What a patch does, where it is a text and not a branch, such as in a message or as an agent's answer."""

from __future__ import annotations

from dataclasses import replace

from atom.coding.changes import Change, Status, hunks_of, unquoted


def changes_in(patch: str) -> tuple[Change, ...]:
    r"""The changes of a patch as ``git diff`` writes it, without symbols, which a patch alone does not tell.

    Args:
        patch: a unified diff with ``diff --git`` lines; of lines with context a hunk is as large as with it.

    Example:
        >>> patch = "diff --git a/tax.py b/tax.py\n--- a/tax.py\n+++ b/tax.py\n@@ -3 +3 @@\n-a\n+b\n"
        >>> [(change.path, change.hunks[0].old) for change in changes_in(patch)]
        [('tax.py', (3, 3))]
    """
    blocks: list[list[str]] = []
    left = 0
    for line in patch.splitlines(keepends=True):
        if left <= 0 and line.startswith("diff --git "):
            blocks.append([])
        if blocks:
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
    path, binary = _named(block[0]), False
    for line in block[1:]:
        if line.startswith("@@"):
            break
        text = line.rstrip("\r\n")
        if text.startswith("new file"):
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
        elif text.startswith(("--- a/", "+++ b/", '--- "a/', '+++ "b/')):
            path = unquoted(text[4:].encode())[2:]
    if not path:
        return None
    hunks = tuple(hunk for _, hunk in hunks_of(line.encode("utf-8", "surrogateescape") for line in block))
    return replace(Change(path, status, before, hunks), binary=binary, known=not binary)


def _named(header: str) -> str:
    """The path of ``diff --git a/PATH b/PATH``, where both are the same."""
    rest = header.removeprefix("diff --git ").rstrip("\r\n")
    one, two = rest[: len(rest) // 2], rest[len(rest) // 2 + 1 :]
    same = unquoted(one.encode())[2:] == unquoted(two.encode())[2:]
    return unquoted(two.encode())[2:] if same else ""
