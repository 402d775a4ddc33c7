"""How names, chances, options and text of others are written in prompts."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence

from atom.policies import Policy

_MARK = "| "
_LETTERS = string.ascii_uppercase
_CERTAIN = 0.995


def label_actions(actions: Sequence[str]) -> dict[str, str]:
    """Label -> action: digits where nine are enough, else capital letters, else numbers of equal length.

    Digits and letters are one token each, so that one token's log-probabilities cover all options; numbers
    such as ``07`` are as many tokens as each other.
    """
    n = len(actions)
    if 9 < n <= len(_LETTERS):
        labels = list(_LETTERS[:n])
    else:
        labels = [str(i + 1).zfill(len(str(n))) for i in range(n)]
    return dict(zip(labels, actions, strict=True))


def quoted(name: str) -> str:
    """A name as a JSON string on one line."""
    return json.dumps(name, ensure_ascii=not name.isprintable())


def marked(text: str) -> str:
    """Text of others with every line marked as data."""
    return "\n".join(_MARK + line.rstrip() for line in text.strip("\n").splitlines())


def in_parts(description: str) -> tuple[str, str]:
    """What stays as it is and what changes, marked: what stands before and after the last empty line.

    All of it stays where no line is empty.
    """
    lines = marked(description).splitlines()
    empty = max((i for i, line in enumerate(lines) if line == _MARK), default=len(lines))
    return "\n".join(lines[:empty]), "\n".join(lines[empty + 1 :])


def chances(policy: Policy) -> str:
    """A distribution in words: the action alone where it is as good as certain, else whole percents.

    Rounding keeps prompts alike where models differ in the last digits, so that memos find them.
    """
    ranked = sorted(policy.items(), key=lambda item: -item[1])
    if ranked[0][1] >= _CERTAIN:
        return quoted(ranked[0][0])
    return ", ".join(f"{quoted(a)} ({p:.0%})" for a, p in ranked if p >= 1.0 - _CERTAIN)
