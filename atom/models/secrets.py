"""Keeping API keys out of everything that is written down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

HIDDEN = "[hidden]"

_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)S?$", re.IGNORECASE)
_SHAPES = re.compile(
    r"""\bsk-[\w*-]{6,} | (?<=://)[^/\s:@]+:[^/\s@]+(?=@) | (?i:\b(?:bearer|basic)\s+)[\w.~+/=*-]{6,}""",
    re.VERBOSE,
)
_HOLDERS = re.compile(
    r"(api|access|private|subscription|secret|auth).?key|^key$|secret|passw|credential|authorization|cookie"
    r"|headers?$|token$|token_provider|signature",
    re.IGNORECASE,
)
"""Names of arguments that are secrets, or have some in them; ``max_tokens`` is none."""

_SHORTEST = 6


def is_secret(name: str, value: object) -> bool:
    """Whether an argument is a secret or has one in it, by its name, those within it, and what it looks like.

    Args:
        name: of the argument.
        value: plain data.
    """
    if _HOLDERS.search(name):
        return True
    if isinstance(value, Mapping):
        return any(is_secret(str(key), inner) for key, inner in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(is_secret("", inner) for inner in value)
    return isinstance(value, str) and redact(value) != value


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without the given secrets, those in environment variables, and what looks like one.

    Args:
        text: anything that may be logged, raised or stored.
        secrets: keys that are known to be in use.
    """
    known = {*secrets, *(value for name, value in os.environ.items() if _NAMES.search(name))}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return _SHAPES.sub(HIDDEN, text)
