"""Bounds on what servers send: bytes, packed and unpacked, parts of a text in JSON, seconds, and other hosts.

LiteLLM reads whatever comes, for as long as it comes, through clients of httpx that it makes itself. While
one of our requests is under way, those clients keep to the same bounds as the direct way; requests of
anybody else are left as they are.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any
from urllib.parse import urlsplit

MOST_BYTES = 16 * 2**20
"""How long a response may be, unpacked: eight replies with 100,000 tokens of thoughts have a fifth of it."""

MOST_OF_AN_ERROR = 16 * 2**10
"""How many bytes of an error are read; nobody reads more of them."""

_MOST_THROUGH_LITELLM = 2 * 2**10
"""The same for LiteLLM, whose patterns go back and forth over the words of an error."""

_MOST_CONTAINERS = 30_000
_MOST_COMMAS = 500_000
"""How many brackets and commas a response may have: objects take a hundred times the room of their text."""

_PORTS = {"http": 80, "https": 443}
_PACKED = "gzip"
_GZIP = 31


def check_size(size: int) -> None:
    """Refuses a response that is too long.

    Raises:
        ValueError: it has more bytes than ``MOST_BYTES``.
    """
    if size > MOST_BYTES:
        raise ValueError(f"the response is longer than {MOST_BYTES / 2**20:g} MiB")


def check_parts(content: bytes) -> None:
    """Refuses a response that would take many times its room once it is read.

    Raises:
        ValueError: it has too many objects, lists or values.
    """
    if content.count(b"[") + content.count(b"{") > _MOST_CONTAINERS or content.count(b",") > _MOST_COMMAS:
        raise ValueError("the response has too many parts; a chat completion has a few dozen")


def leads_elsewhere(here: str, there: str) -> bool:
    """Whether a redirect leads to another server, which keys and messages are not for.

    The same host by HTTPS where it was asked by HTTP, both at their usual ports, is no other server.
    """
    try:
        one, other = urlsplit(here), urlsplit(there)
        ports = one.port or _PORTS.get(one.scheme), other.port or _PORTS.get(other.scheme)
    except ValueError:
        return True
    schemes = one.scheme, other.scheme
    if (one.hostname, one.username) != (other.hostname, other.username):
        return True
    return not (
        (schemes == ("http", "https") and ports == (80, 443))
        or (schemes[0] == schemes[1] and ports[0] == ports[1])
    )


def elsewhere(there: str) -> str:
    """What is said of a redirect to another server."""
    try:
        host = urlsplit(there).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return f"it redirects to another server ({host[:100]}), which is not asked; name that one as api_base"


@dataclass(eq=False)
class _Call:
    """One of our requests through LiteLLM.

    Attributes:
        ends: when it has to have ended, on the clock of ``time.monotonic``.
        said: what was refused, of which LiteLLM makes words of its own.
    """

    ends: float
    said: list[str] = field(default_factory=list)


_CALL: ContextVar[_Call | None] = ContextVar("atom_call", default=None)


@contextmanager
def bounded(seconds: float) -> Iterator[list[str]]:
    """Within it, clients of httpx keep to the bounds; gives what they refused, which is empty at first.

    Args:
        seconds: for one request.
    """
    guard()
    call = _Call(time.monotonic() + seconds)
    token = _CALL.set(call)
    try:
        yield call.said
    finally:
        _CALL.reset(token)


@cache
def guard() -> None:
    """Lets asynchronous clients of httpx look whether a request is one of ours; once for this process."""
    import httpx  # noqa: PLC0415  # it comes with LiteLLM, when that is first asked

    send = httpx.AsyncClient.send

    @wraps(send)
    async def guarded(self: httpx.AsyncClient, request: httpx.Request, **settings: Any) -> httpx.Response:
        call = _CALL.get()
        if call is None:
            return await send(self, request, **settings)
        request.headers["accept-encoding"] = _PACKED
        hooks = self.event_hooks["response"]
        if _look not in hooks:
            hooks.append(_look)
        try:
            async with asyncio.timeout(max(0.0, call.ends - time.monotonic())):
                return await send(self, request, **settings)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None

    httpx.AsyncClient.send = guarded  # type: ignore[method-assign]


async def _look(response: Any) -> None:
    """Reads a response of one of our requests within the bounds, before anybody else does."""
    import httpx  # noqa: PLC0415

    call = _CALL.get()
    if call is None:
        return
    try:
        if response.has_redirect_location:
            there = str(response.url.join(response.headers["location"]))
            if leads_elsewhere(str(response.url), there):
                raise ValueError(elsewhere(there))  # noqa: TRY301
        content = await _read(
            response.stream, response.headers.get("content-encoding", ""), response.status_code
        )
    except (ValueError, zlib.error, httpx.InvalidURL) as error:
        call.said.append(str(error))
        raise httpx.RemoteProtocolError(str(error), request=response.request) from None
    finally:
        await response.stream.aclose()
    response.stream = httpx.ByteStream(content)
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        response.headers.pop(name, None)


async def _read(stream: AsyncIterable[bytes], encoding: str, status: int) -> bytes:
    """A response's content, unpacked; of an error, no more than what is shown of it."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", _PACKED):
        raise ValueError(f"the response is packed by {encoding[:40]!r}, which was not asked for")
    unpack = zlib.decompressobj(_GZIP) if encoding == _PACKED else None
    found, size, packed = list[bytes](), 0, 0
    async for part in stream:
        packed += len(part)
        check_size(packed)
        rest = part
        while rest:
            plain, rest = rest, b""
            if unpack is not None:
                if unpack.eof:  # several, one after the other
                    unpack = zlib.decompressobj(_GZIP)
                plain = unpack.decompress(plain, MOST_OF_AN_ERROR)
                rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            found.append(plain)
            size += len(plain)
            if status >= 300 and size >= _MOST_THROUGH_LITELLM:
                return b"".join(found)[:_MOST_THROUGH_LITELLM]
            check_size(size)
    content = b"".join(found)
    check_parts(content)
    return content
