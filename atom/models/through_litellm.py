"""Requests through LiteLLM, which reaches every provider."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from atom.models.bounds import bounded
from atom.models.loading import aload_litellm
from atom.models.responses import InconclusiveError

_GRACE = 0.05

_LAST = 5.0
"""Seconds after which a call that overstays is cancelled."""

_MOST_OVERDUE = 64
"""Calls that overstay at once; no more are made before one of them has ended."""

_under_way: set[asyncio.Future[Any]] = set()
_overdue: set[asyncio.Future[Any]] = set()


async def ask(
    model: str,
    messages: Sequence[Mapping[str, str]],
    limit: float,
    api_key: SecretStr | None,
    arguments: Mapping[str, Any],
) -> Any:
    """A response as LiteLLM gives it.

    Args:
        model: as LiteLLM names it.
        messages: as in the API of OpenAI.
        limit: seconds that it may take.
        api_key: None leaves finding it to LiteLLM.
        arguments: further ones of ``litellm.acompletion``.

    Raises:
        TimeoutError: it took longer.
        InconclusiveError: too many before it have not ended, of whatever model; it was not sent.
        ValueError: the response goes beyond the bounds.
        Exception: LiteLLM's own, OpenAI's and plain ones.
    """
    if len(_overdue) >= _MOST_OVERDUE:
        raise InconclusiveError(f"{_MOST_OVERDUE} requests before this one have not ended")
    litellm = await aload_litellm()
    key = {} if api_key is None else {"api_key": api_key.get_secret_value()}
    with bounded(limit) as refused:
        call = asyncio.ensure_future(
            litellm.acompletion(
                model=model,
                messages=[dict(message) for message in messages],
                timeout=limit,
                num_retries=0,
                max_retries=0,
                drop_params=True,  # what a model does not support is seen in its reply
                **key,
                **arguments,
            )
        )
    # LiteLLM ends it at its own time-out, or the bounds do. Cancelling it from outside can leave coroutines
    # of its own behind that nobody awaits, so a call that overstays is left to end by itself for a while.
    _under_way.add(call)
    call.add_done_callback(_forget)
    done, _ = await asyncio.wait({call}, timeout=limit + _GRACE)
    try:
        if done:
            return call.result()
        _overdue.add(call)
        asyncio.get_running_loop().call_later(_LAST, call.cancel)
    except Exception as error:
        if refused:
            raise ValueError(refused[-1]) from None
        if type(error).__name__ != "Timeout":  # LiteLLM's
            raise
    raise TimeoutError(f"no answer within {limit:.3g} s")


def _forget(call: asyncio.Future[Any]) -> None:
    _under_way.discard(call)
    _overdue.discard(call)
    if not call.cancelled():
        call.exception()  # seen, so that asyncio does not report it
