"""LiteLLM and the client of HTTP: imported when a model is first asked, in a thread meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from atom.errors import BudgetError, LLMError
from atom.models.deadline import Deadline
from atom.models.portal import run_in_portal

_import_lock = threading.Lock()
_begun: set[object] = set()


async def aload_litellm() -> Any:
    """The same as ``load_litellm``, without holding up the event loop meanwhile."""
    loaded = load_litellm.cache_info().currsize > 0
    return load_litellm() if loaded else await asyncio.to_thread(load_litellm)


async def aload_aiohttp() -> Any:
    """The same as ``load_aiohttp``, without holding up the event loop meanwhile."""
    loaded = load_aiohttp.cache_info().currsize > 0
    return load_aiohttp() if loaded else await asyncio.to_thread(load_aiohttp)


@cache
def load_litellm() -> Any:
    """LiteLLM, imported when first needed: that takes seconds.

    Its table of prices comes from the package and not from the network, and its hints for debugging,
    which quote requests, stay off.
    """
    with _import_lock:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm  # noqa: PLC0415

        litellm.suppress_debug_info = True
        return litellm


@cache
def load_aiohttp() -> Any:
    """The client of HTTP for models that are asked directly."""
    with _import_lock:
        import aiohttp  # noqa: PLC0415

        return aiohttp


def begin(load: Callable[[], Any]) -> None:
    """Begins to load in a thread, once; whoever needs it waits for what is left.

    Not before a model is asked: a process that forks in the middle of an import leaves its child waiting.

    Args:
        load: one of the above.
    """
    if load not in _begun:
        _begun.add(load)
        threading.Thread(target=_quietly, args=(load,), name="atom-import", daemon=True).start()


async def wait_for(load: Callable[[], Any], deadline: Deadline) -> None:
    """Loads, and puts the deadline off: what is no server's doing takes nothing of a request's time.

    Args:
        load: one of the above.
        deadline: of whoever asks.

    Raises:
        BudgetError: the budget's time ended meanwhile; the thread goes on, for whoever asks next.
        LLMError: what is installed cannot be imported.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(deadline.budget_left()) as budget:
            await run_in_portal(asyncio.to_thread(load))
    except ImportError as error:
        raise LLMError(f"what models are asked by cannot be imported: {error}") from None
    except TimeoutError:
        if not budget.expired():
            raise
        raise BudgetError("the budget's time ended while what models are asked by was imported") from None
    deadline.at += time.monotonic() - began


def _quietly(load: Callable[[], Any]) -> None:
    with contextlib.suppress(Exception):  # who needs it hears of it
        load()
