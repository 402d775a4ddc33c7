"""Names of players and tasks as names of files that people can read, on any file system."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 48
"""Bytes; two names, a number and a digest stay within what a path may have on Windows."""
_KEPT_AT_END = 20
_NEVER = re.compile(r"[^\w.@+=,]+")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names of devices on Windows, whatever follows after a dot."""


def readable(name: str) -> str:
    """A name that is safe as part of a path; other names may have the same.

    Letters of any script, digits and ``. _ @ + = ,`` stay, what else there is becomes one dash; the word
    ``llm`` before a model is left out. At most 48 bytes: of longer names the middle is left out.

    Example:
        >>> readable("llm:ollama/qwen2.5@bayes"), readable("matrix:games/a b.json"), readable("CON")
        ('ollama-qwen2.5@bayes', 'matrix-games-a-b.json', '_CON')
    """
    text = unicodedata.normalize("NFC", name.removeprefix("llm:"))
    text = _NEVER.sub("-", text.replace("-", "\n")).strip("-.")
    if text.partition(".")[0].casefold() in _RESERVED:
        text = f"_{text}"
    if len(text.encode()) > _LONGEST:
        text = f"{_cut(text, _LONGEST - _KEPT_AT_END - 1)}~{_cut(text[::-1], _KEPT_AT_END)[::-1]}"
    return text or "_"


def alike(one: str, other: str) -> bool:
    """Whether two file names may be one on some file system: by case or by how accents are written."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _cut(text: str, size: int) -> str:
    while len(text.encode()) > size:
        text = text[:-1]
    return text
