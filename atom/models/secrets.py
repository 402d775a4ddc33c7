"""Keeping API keys out of everything that is written down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)S?$", re.IGNORECASE)
_SHAPES = re.compile(
    r"""\bsk-[\w*-]{6,} | (?<=://)[^/\s:@]+:[^/\s@]+(?=@) | (?i:\b(?:bearer|basic)\s+)[\w.~+/=*-]{6,}""",
    re.VERBOSE,
)
_SHORTEST = 6


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
