"""Requests through LiteLLM, which reaches every provider."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from atom.models.loading import aload_litellm

_GRACE = 0.05

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
        Exception: LiteLLM's own, OpenAI's and plain ones.
    """
    litellm = await aload_litellm()
    key = {} if api_key is None else {"api_key": api_key.get_secret_value()}
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
    # LiteLLM ends it at its own time-out. Cancelling it from outside can leave coroutines of its
    # own behind that nobody awaits, so a call that overstays is left to end by itself.
    _overdue.add(call)
    call.add_done_callback(_forget)
    done, _ = await asyncio.wait({call}, timeout=limit + _GRACE)
    try:
        if done:
            return call.result()
    except Exception as error:
        if type(error).__name__ != "Timeout":  # LiteLLM's
            raise
    raise TimeoutError(f"no answer within {limit:.3g} s")


def _forget(call: asyncio.Future[Any]) -> None:
    _overdue.discard(call)
    if not call.cancelled():
        call.exception()  # seen, so that asyncio does not report it
