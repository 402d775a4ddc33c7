"""Keeping API keys out of everything that is written down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    | (?<![\w-])eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?         # JSON Web Token
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

_LONGEST_WORD = re.compile(r"[a-z_-]{1,24}|\d{1,12}")
"""What a variable of the environment may have for a value that is no secret: an action may be called so."""


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


def secrets_of(options: Mapping[str, object], api_key: str | None = None) -> frozenset[str]:
    """The secrets that a model's options have in them, and its key.

    They are what stands under the name of a secret, such as ``extra_headers``, and within URLs.

    Args:
        options: plain data.
        api_key: its key; None for none.
    """
    found = set(_secrets(options, within=False))
    if api_key:
        found.add(api_key)
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


def _secrets(value: object, *, within: bool) -> Iterator[str]:
    """The secrets in plain data, all texts of it where the name that it stands under is one of a secret."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secrets(inner, within=within or _HOLDERS.search(str(name)) is not None)
    elif isinstance(value, str):
        if within:
            yield value
            yield value.rpartition(" ")[2]  # of "Bearer …"
        yield from _in_url(value)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for inner in value:
            yield from _secrets(inner, within=within)


def _in_url(text: str) -> Iterator[str]:
    """The user info of a URL, and the values of its parameters that are secrets, as they are and unquoted."""
    for found in _SHAPES.findall(text):
        user, _, password = found.partition(":")
        for part in (found, password or user):
            yield from (part, unquote(part))
    for parameter in _PARAMETER.finditer(text):
        if _HOLDERS.search(unquote(parameter["bare"])):
            yield from (parameter["value"], unquote(parameter["value"]))


def without(text: str, secrets: Iterable[str]) -> str:
    """A text from outside without the secrets that are known, letter by letter; others may look like one.

    Args:
        text: what a server or a model said.
        secrets: that it was given. Those in environment variables are left out as well, but for plain words.
    """
    if len(text) < _SHORTEST:
        return text
    known = {*secrets, *(secret for secret in _of_environment() if not _LONGEST_WORD.fullmatch(secret))}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def _of_environment() -> Iterator[str]:
    return (value for name, value in os.environ.items() if _NAMES.search(name))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without the given secrets, those in environment variables, and what looks like one.

    Args:
        text: anything that may be logged, raised or stored.
        secrets: keys that are known to be in use.
    """
    known = {*secrets, *_of_environment()}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return _PARAMETER.sub(_without_value, _SHAPES.sub(HIDDEN, text))


def _without_value(found: re.Match[str]) -> str:
    """A parameter as it is, or without its value where its name is one of a secret."""
    is_holder = _HOLDERS.search(unquote(found["bare"])) is not None
    return found["name"] + HIDDEN if is_holder else found[0]
