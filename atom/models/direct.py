"""Chat completions straight over HTTP, for servers that speak OpenAI's protocol."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from atom.errors import LLMError
from atom.models.bounds import MOST_OF_AN_ERROR, check_parts, check_size, elsewhere, leads_elsewhere
from atom.models.entering import in_short
from atom.models.loading import aload_aiohttp, aload_litellm
from atom.models.responses import StatusError
from atom.models.table import entry_of, price_of
from atom.models.transport import SENT, Place

if TYPE_CHECKING:
    from aiohttp import ClientSession

_REDIRECTS = 20
_RATE = re.compile(r"rate[\s_-]*limit|service tier capacity exceeded", re.IGNORECASE)
"""What servers say of a rate, whatever the status."""


async def ask(
    place: Place,
    messages: Sequence[Mapping[str, str]],
    limit: float,
    options: Mapping[str, Any],
    request: Mapping[str, Any],
) -> dict[str, Any]:
    """A chat completion, as its server sent it; with its price as LiteLLM has it, in ``_hidden_params``.

    Args:
        place: where.
        messages: as in the API of OpenAI.
        limit: seconds that it may take.
        options: the model's; see ``transport.SENT`` and ``extra_body``.
        request: further arguments, such as ``temperature``.

    Raises:
        StatusError: the server says what is wrong.
        TimeoutError: it took longer.
        ConnectionError: nobody listens, or the response broke off.
        ValueError: it is no JSON, or too long.
        LLMError: what is to be sent is no JSON.
    """
    sent = {name: options[name] for name in SENT if options.get(name) is not None} | dict(request)
    body = {"messages": messages, "model": place.name}
    body |= {name: sent[name] for name in sorted(sent)}  # as LiteLLM has it, byte for byte
    body |= options.get("extra_body") or {}
    try:
        packed = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        what = "what it is asked, or one of its options, cannot be sent as JSON"
        raise LLMError(f"{place.name}: {what}: {in_short(error)}") from None
    try:
        async with asyncio.timeout(limit):
            status, headers, content = await _post(place, packed)
    except TimeoutError:
        raise TimeoutError(f"no answer within {limit:.3g} s") from None
    answer = _read(status, headers, content)
    answer["_hidden_params"] = {"response_cost": await _cost(place.name, answer)}
    return answer


async def _post(place: Place, packed: bytes) -> tuple[int, Mapping[str, str], bytes]:
    aiohttp = await aload_aiohttp()
    context = _trusted() if place.url.startswith("https:") else True
    try:
        async with _session(aiohttp).post(
            place.url, data=packed, headers=place.headers, ssl=context, max_redirects=_REDIRECTS
        ) as response:
            parts, size = [], 0
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if response.status < 300:
                    check_size(size)
                elif size > MOST_OF_AN_ERROR:
                    response.close()
                    break
            return response.status, response.headers, b"".join(parts)
    except aiohttp.ClientError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None


def _read(status: int, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
    """The completion in a response.

    Raises:
        StatusError: there is an error instead, whatever the status.
        ValueError: it is no JSON object.
    """
    check_parts(content)
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        if status >= 300:
            raise _error(status, headers, content[:4096].decode(errors="replace")) from None
        raise ValueError("the response is no JSON") from None
    error = answer.get("error") if isinstance(answer, dict) else None
    if status >= 300:
        raise _error(status, headers, error or answer)
    if isinstance(error, dict) and (error.get("message") or error.get("code") is not None):
        code = error.get("code", 422)
        raise _error(code if type(code) is int else 500, headers, error)
    if error and not isinstance(error, dict):
        raise _error(422, headers, error)
    if not isinstance(answer, dict):
        raise ValueError("the response is no JSON object")  # noqa: TRY004  # of a server's, not of ours
    return answer


def _error(status: int, headers: Mapping[str, str], said: Any) -> StatusError:
    """What a server says, as an error."""
    text = in_short(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))
    message = said.get("message") if isinstance(said, dict) else None
    if _RATE.search(text):
        status = 429
    param = said.get("param") if isinstance(said, dict) else None
    words = message if isinstance(message, str) and message else text or f"Error code: {status}"
    return StatusError(status, in_short(words), param, headers)


async def _cost(asked: str, answer: Mapping[str, Any]) -> float | None:
    """US dollars as LiteLLM has it; None where it knows neither who answered nor who was asked."""
    names = (str(answer.get("model")), asked)
    name = next((name for name in names if entry_of(name).get("litellm_provider") == "openai"), None)
    usage = answer.get("usage")
    if name is None or not isinstance(usage, dict):
        return None
    price = price_of(name, usage, answer.get("service_tier"))
    if price is not None:
        return price
    litellm = await aload_litellm()
    with contextlib.suppress(Exception):  # a plain one, where it has no price after all
        known = litellm.ModelResponse(**{part: answer[part] for part in answer if part != "choices"})
        return float(litellm.completion_cost(known, model=name, custom_llm_provider="openai"))
    return None


_open: ClientSession | None = None
_home: asyncio.AbstractEventLoop | None = None
_left_behind: list[Any] = []


def _session(aiohttp: Any) -> ClientSession:
    """The one that all requests share, in the portal's event loop."""
    global _open, _home  # noqa: PLW0603
    loop = asyncio.get_running_loop()
    if _open is None or _home is not loop or _open.closed:
        if _home is not None and _home is not loop:  # after a fork, the parent's, which it goes on with
            _home.set_exception_handler(lambda *_: None)
            _left_behind.append(_open)
        _open = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1000, limit_per_host=500),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "langgraph-atom"},
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[_stays_here(aiohttp)],
        )
        _home = loop
        atexit.unregister(_close)
        atexit.register(_close, os.getpid())
    return _open


def _stays_here(aiohttp: Any) -> Any:
    """Refuses redirects to other servers, before they are followed."""
    watching = aiohttp.TraceConfig()

    async def redirected(session: Any, context: Any, found: Any) -> None:
        headers = found.response.headers
        there = urljoin(str(found.url), headers.get("location") or headers.get("uri") or "")
        if leads_elsewhere(str(found.url), there):
            raise ConnectionError(elsewhere(there))

    watching.on_request_redirect.append(redirected)
    return watching


def _close(process: int) -> None:
    """Ends the connections in good order."""
    if _open is not None and _home is not None and process == os.getpid() and _home.is_running():
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(_open.close(), _home).result(1.0)


@cache
def _trusted() -> ssl.SSLContext:
    """Certificates as LiteLLM trusts them."""
    import certifi  # noqa: PLC0415

    path = os.environ.get("SSL_CERT_FILE")
    return ssl.create_default_context(cafile=path if path and Path(path).exists() else certifi.where())
