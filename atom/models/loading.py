"""LiteLLM itself."""

from __future__ import annotations

import asyncio
import os
import threading
from functools import cache
from typing import Any

_import_lock = threading.Lock()


async def aload_litellm() -> Any:
    """The same as ``load_litellm``, without holding up the event loop meanwhile."""
    loaded = load_litellm.cache_info().currsize > 0
    return load_litellm() if loaded else await asyncio.to_thread(load_litellm)


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
