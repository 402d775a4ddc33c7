"""Keeping API keys out of everything that is written down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

HIDDEN = "[hidden]"

_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)S?$", re.IGNORECASE)
_SHAPES = re.compile(
    r"""
    \bsk-[\w*-]{6,}
    | (?<=://)[^/\s@?\#"'<>]+(?=@)                            # user info of a URL
    | (?i:\b(?:bearer|basic)\s+)[\w.~+/=*-]{6,}
    | \bAIza[\w-]{16,} | \bAKIA[A-Z0-9]{12,}                 # Google, Amazon
    | \bhf_[A-Za-z0-9]{16,} | \br8_[A-Za-z0-9]{16,}          # Hugging Face, Replicate
    | \bgh[pousr]_[A-Za-z0-9]{16,} | \bgithub_pat_\w{16,}    # GitHub
    | \b(?:gsk_|xai-|nvapi-|pplx-)[\w-]{16,}                 # Groq, xAI, NVIDIA, Perplexity
    | \beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?                 # JSON Web Token
    """,
    re.VERBOSE,
)
_HOLDERS = re.compile(
    r"(api|access|private|subscription|secret|auth).?key|(?<!cache.)keys?$|secret|passw|passphrase|credential"
    r"|authorization|cookie|headers?$|token$|token_provider|signature|pwd|jwt|bearer|(^|[^a-z])sig$",
    re.IGNORECASE,
)
"""Names of arguments that are secrets, or have some in them.

``max_tokens`` is none, nor is ``prompt_cache_key``, which says what may be cached together.
"""

_PARAMETER = re.compile(r"""(?P<name>[?&;\#](?P<bare>[\w.%~\[\]-]+)=)(?P<value>[^&;\#\s"'<>]+)""")
"""A parameter of a URL, or of a part of one."""

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
    return _PARAMETER.sub(_without_value, _SHAPES.sub(HIDDEN, text))


def _without_value(found: re.Match[str]) -> str:
    """A parameter as it is, or without its value where its name is one of a secret."""
    is_holder = _HOLDERS.search(unquote(found["bare"])) is not None
    return found["name"] + HIDDEN if is_holder else found[0]
