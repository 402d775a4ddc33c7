"""What LiteLLM's table says of OpenAI's models, read from its file, without importing LiteLLM."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = "model_prices_and_context_window_backup.json"
_OTHERWISE = re.compile(r"^ft:|^responses/|(^|/)o\d|gpt-[5-9]")
"""Names that LiteLLM treats by rules of its own, whether its table has them or not."""

_WITHOUT_SCHEMAS = ("gpt-4", "gpt-3.5-turbo-16k")
"""Models for which it leaves ``response_format`` out."""

_COUNTED = {"input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost"}
_NOT_ASKED_FOR = re.compile(r"_(batches|priority|flex)$|^search_context_cost_per_query$")
"""Prices of what no request of ours is: other tiers, and searching the web."""


def entry_of(name: str) -> Mapping[str, Any]:
    """What the table says of a model of OpenAI's; empty where it has none of that name.

    Args:
        name: with or without ``openai/``.
    """
    litellm = sys.modules.get("litellm")
    table = getattr(litellm, "model_cost", None) or _table()  # with what a program has registered
    bare = name.removeprefix("openai/")
    found: Mapping[str, Any] = table.get(f"openai/{bare}") or table.get(bare) or {}
    return found


def is_readable() -> bool:
    """Whether nothing that LiteLLM knows is missed: its releases may keep the table elsewhere."""
    return bool(_table()) or importlib.util.find_spec("litellm") is None


def is_plain(name: str) -> bool:
    """Whether a model is asked, and paid for, as the protocol has it: no rule of LiteLLM's is needed.

    True of what the table does not know, such as models on a server of one's own.

    Args:
        name: as its server calls it.
    """
    if _OTHERWISE.search(name) or name in _WITHOUT_SCHEMAS:
        return False
    entry = entry_of(name)
    return not entry or (
        entry.get("litellm_provider") == "openai"
        and entry.get("mode") == "chat"
        and not entry.get("supports_reasoning")
        and "audio" not in name
        and _has_plain_price(entry)
    )


def price_of(name: str, usage: Mapping[str, Any], tier: object) -> float | None:
    """US dollars for one reply; None where LiteLLM itself has to be asked.

    Args:
        name: of a model that the table has.
        usage: the tokens, as the protocol counts them.
        tier: the reply's ``service_tier``.
    """
    entry = entry_of(name)
    if tier not in (None, "default", "auto") or not _has_plain_price(entry):
        return None
    prompt, completion = (int(usage.get(part) or 0) for part in ("prompt_tokens", "completion_tokens"))
    cached = int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
    into, out = float(entry["input_cost_per_token"]), float(entry["output_cost_per_token"])
    again = float(entry.get("cache_read_input_token_cost", into))
    return (prompt - cached) * into + cached * again + completion * out


def _has_plain_price(entry: Mapping[str, Any]) -> bool:
    prices = {part for part in entry if "cost" in part and not _NOT_ASKED_FOR.search(part)}
    return {"input_cost_per_token", "output_cost_per_token"} <= prices <= _COUNTED


@cache
def _table() -> Mapping[str, Any]:
    found = importlib.util.find_spec("litellm")
    path = Path(found.origin or "").with_name(_FILE) if found else Path(_FILE)
    try:
        table: Mapping[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return table
