"""Keeping API keys out of everything that is written down."""

from __future__ import annotations

import copy
import html
import json
import os
import re
import string
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from atom.models.entering import as_text

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
_SHORTEST_CODE = 8
_CODE = frozenset(string.ascii_letters + string.digits + "+/-_=")
_ANY = "surrogatepass"
_DEEPEST = 8
_WRAPPED = ("bound", "runnable", "default")
_SAID = (
    "content",
    "tool_calls",
    "invalid_tool_calls",
    "additional_kwargs",
    "response_metadata",
    "artifact",
    "name",
)
"""What messages of other packages have words in."""

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
            holds = isinstance(name, str) and _HOLDERS.search(name) is not None
            yield from _secrets(inner, within=within or holds)
    elif isinstance(value, str):
        if within:
            yield value
            yield value.rpartition(" ")[2]  # of "Bearer …"
        yield from _in_url(value)
    elif callable(reveal := getattr(value, "get_secret_value", None)):
        yield from _secrets(reveal(), within=True)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for inner in value:
            yield from _secrets(inner, within=within)


def held_by(runnable: object) -> frozenset[str]:
    """The secrets that a chat model of another package holds, and what is bound around it.

    They are its fields that pydantic calls secret, and those under the names of secrets.

    Args:
        runnable: an object of LangChain's; of graphs, what their nodes hold is not found.
    """
    found, inner = set[str](), runnable
    for _ in range(_DEEPEST):
        fields = getattr(inner, "__dict__", {})
        for name, value in fields.items():
            if isinstance(value, str | Mapping) or hasattr(value, "get_secret_value"):
                try:
                    found.update(_secrets({name: value}, within=False))
                except RecursionError:  # a dictionary that holds itself
                    continue
        inner = next((fields[name] for name in _WRAPPED if name in fields), None)
        if inner is None:
            break
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


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
    return _without_each(text, known)


def cleaned(value: Any, secrets: Iterable[str], depth: int = 8) -> Any:
    """What came from outside, which can be written down: a text, plain data, or a message.

    Secrets that are known are taken out, and halves of surrogate pairs replaced.

    Args:
        value: anything; what is no text, list, mapping or object with such fields is left as it is, and
            so is what has no secret in it.
        secrets: as in ``without``.
        depth: how deep lists and mappings are followed.
    """
    if isinstance(value, str):
        return without(as_text(value), secrets)
    if depth == 0 or value is None or isinstance(value, int | float | bytes):
        return value
    if isinstance(value, Mapping | list):
        pairs = list(value.items() if isinstance(value, Mapping) else enumerate(value))
        found = [(name, cleaned(inner, secrets, depth - 1)) for name, inner in pairs]
        if all(new is old or new == old for (_, new), (_, old) in zip(found, pairs, strict=True)):
            return value
        return dict(found) if isinstance(value, Mapping) else [inner for _, inner in found]
    changed = {
        name: new
        for name in _SAID
        if (old := getattr(value, "__dict__", {}).get(name)) is not None
        and (new := cleaned(old, secrets, depth - 1)) is not old
        and new != old
    }
    if not changed:
        return value
    value = copy.copy(value)
    for name, new in changed.items():
        setattr(value, name, new)
    return value


def _of_environment() -> Iterator[str]:
    return (value for name, value in os.environ.items() if _NAMES.search(name))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without the given secrets, those in environment variables, and what looks like one.

    Args:
        text: anything that may be logged, raised or stored.
        secrets: keys that are known to be in use.
    """
    text = _without_each(text, {*secrets, *_of_environment()})
    return _PARAMETER.sub(_without_value, _SHAPES.sub(HIDDEN, text))


def _without_each(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets, as they are and in the codes that headers, URLs and JSON have them in."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) < _SHORTEST:
            continue
        plain, encoded = _forms(secret)
        for form in plain:
            text = text.replace(form, HIDDEN)
        for form in encoded:
            text = _without_run(text, form)
    return text


def _without_run(text: str, form: str) -> str:
    """A text without the words of Base64 that have ``form`` in them."""
    parts, begin = list[str](), 0
    while (at := text.find(form, begin)) >= 0:
        left, right = at, at + len(form)
        while left > begin and text[left - 1] in _CODE:
            left -= 1
        while right < len(text) and text[right] in _CODE:
            right += 1
        parts += [text[begin:left], HIDDEN]
        begin = right
    return "".join([*parts, text[begin:]])


@lru_cache(maxsize=256)
def _forms(secret: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How a secret may be written: in whole; and in Base64, the part that is the same wherever it stands."""
    quoted = [
        quote(secret, errors=_ANY),
        quote(secret, safe="", errors=_ANY),
        quote_plus(secret, errors=_ANY),
    ]
    lower = [re.sub("%..", lambda found: found[0].lower(), form) for form in quoted]
    written = [json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    data = secret.encode(errors=_ANY)
    plain = [secret, *quoted, *lower, *written, html.escape(secret), data.hex(), data.hex().upper()]
    encoded = []
    for before in range(3):  # of the bytes that stand before it, and share its first letter
        code = b64encode(bytes(before) + data).decode().rstrip("=")
        part = code[(8 * before + 5) // 6 : 8 * (before + len(data)) // 6]
        if len(part) >= _SHORTEST_CODE:
            encoded += [part, part.replace("+", "-").replace("/", "_")]
    return tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(encoded))


def _without_value(found: re.Match[str]) -> str:
    """A parameter as it is, or without its value where its name is one of a secret."""
    is_holder = _HOLDERS.search(unquote(found["bare"])) is not None
    return found["name"] + HIDDEN if is_holder else found[0]
