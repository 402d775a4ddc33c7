"""How a model is reached: straight over HTTP where it speaks OpenAI's protocol, else through LiteLLM."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from pydantic import SecretStr

from atom.errors import LLMError, ToMError
from atom.models.table import is_plain, is_readable

Transport: TypeAlias = Literal["auto", "direct", "litellm"]
"""``"auto"`` takes the direct way where nothing speaks against it, ``"direct"`` insists on it."""

OPTION = "transport"
VARIABLE = "ATOM_TRANSPORT"
"""Where nothing is said of one model, this environment variable holds."""

OPENAI = "https://api.openai.com/v1"

SENT = frozenset({"frequency_penalty", "logit_bias", "presence_penalty", "seed", "stop", "top_p"})
"""Options that are part of a request as they are."""

_MOST_STOPS = 4

_TAKEN = SENT | {
    *("api_base", "custom_llm_provider", "extra_body", "extra_headers", "logprobs", "organization"),
    *("max_tokens", "max_completion_tokens", OPTION),
}
_SETTINGS = (
    *("callbacks", "success_callback", "failure_callback", "input_callback", "pre_call_rules"),
    *("post_call_rules", "cache", "api_base", "api_key", "openai_key", "organization", "headers"),
    *("model_alias_map", "custom_provider_map", "secret_manager_client", "aclient_session"),
    *("cost_discount_config", "cost_margin_config", "ssl_certificate", "force_ipv4"),
    *("use_litellm_proxy", "proxy_auth", "route_all_chat_openai_to_responses", "model_fallbacks"),
    "max_budget",
)
"""What a program may have told LiteLLM, and is lost on any other way."""

_VARIABLES = (
    "SSL_VERIFY",
    "SSL_CERTIFICATE",
    "SSL_SECURITY_LEVEL",
    "SSL_ECDH_CURVE",
    "OPENAI_CUSTOM_HEADERS",
    "USE_LITELLM_PROXY",
)
"""What LiteLLM and OpenAI's client make something of besides."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is asked directly.

    Attributes:
        url: of its chat completions.
        name: as its server calls it.
        headers: names in lower case; the key is among them.
    """

    url: str
    name: str
    headers: Mapping[str, str]


def check_transport(model: str, options: Mapping[str, Any]) -> None:
    """Refuses a way that there is not, or that a model's name or options rule out.

    Raises:
        ToMError: the option, and what it clashes with.
    """
    wish = options.get(OPTION)
    if wish is not None and wish not in get_args(Transport):
        raise ToMError(
            f"the option {OPTION} of {model} is one of {', '.join(get_args(Transport))}; got {wish!r}"
        )
    if wish == "direct" and (reason := _ruled_out(model, options)):
        raise ToMError(f"the option {OPTION}='direct' of {model} clashes with {reason}; leave it out")


def place_of(model: str, options: Mapping[str, Any], api_key: SecretStr | None) -> Place | None:
    """Where a model is asked directly; None where LiteLLM asks it.

    The direct way is taken where the model is called ``openai/…`` and LiteLLM has no rules of its own for it,
    all its options are known here, its key is, and nothing was told to LiteLLM, in this process or by
    environment variables, that would be lost. All else, proxies too, stays with LiteLLM.

    Args:
        model: as LiteLLM names it.
        options: further arguments of ``litellm.acompletion``, and ``transport``.
        api_key: None takes the environment's.

    Raises:
        LLMError: ``transport="direct"``, and something speaks against it.
        ToMError: the environment variable names no transport.
    """
    wish = options.get(OPTION) or _by_environment()
    if wish == "litellm":
        return None
    insists = options.get(OPTION) == "direct"
    key = os.environ.get("OPENAI_API_KEY") if api_key is None else api_key.get_secret_value()
    base = str(options.get("api_base") or "") or _base()
    reason = _ruled_out(model, options) or _spoken_against(base, key)
    if not reason and not insists and not is_plain(_bare(model)):
        reason = "LiteLLM has rules of its own for it"
    if not reason:
        return Place(f"{base.rstrip('/')}/chat/completions", _bare(model), _headers(options, str(key)))
    if insists:
        raise LLMError(f"{model} cannot be asked directly, as {OPTION}='direct' says: {reason}")
    return None


def _bare(model: str) -> str:
    return model.removeprefix("openai/")


def _ruled_out(model: str, options: Mapping[str, Any]) -> str:
    """What of a model's name and options needs LiteLLM; empty for nothing."""
    if not model.startswith("openai/"):
        return "its name, which does not begin with openai/"
    provider = options.get("custom_llm_provider")
    if provider not in (None, "openai"):
        return f"custom_llm_provider={provider!r}"
    stop = options.get("stop")
    if isinstance(stop, list | tuple) and len(stop) > _MOST_STOPS:
        return f"more than {_MOST_STOPS} sequences in stop, which LiteLLM cuts"
    others = sorted(name for name, value in options.items() if value is not None and name not in _TAKEN)
    return f"the option {others[0]}, which goes through LiteLLM" if others else ""


def _spoken_against(base: str, key: str | None) -> str:
    """What of the place, the environment and LiteLLM's settings needs LiteLLM; empty for nothing."""
    if not key:
        return "no key is known (OPENAI_API_KEY)"
    litellm = sys.modules.get("litellm")
    told = [name for name in _SETTINGS if vars(litellm).get(name)] if litellm else []
    told += [name for name in _VARIABLES if os.environ.get(name)]
    if _is_wrapped(litellm):
        told.append("another acompletion")
    if told or getattr(litellm, "ssl_verify", True) is not True:
        return f"{(*told, 'ssl_verify')[0]} is set for LiteLLM"
    if os.environ.get("LITELLM_LOCAL_MODEL_COST_MAP", "true").lower() != "true" or not is_readable():
        return "LiteLLM's table of models is not the package's own"
    return _against_address(base)


def _against_address(base: str) -> str:
    try:
        parts = urlsplit(base)
    except ValueError:  # such as half of an IPv6 address; whoever asks says what is wrong with it
        return "its address is no http(s)://host:port/path"
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query or parts.fragment:
        return "its address is more than http(s)://host:port/path"
    return "a proxy is set for its address" if _by_proxy(parts.scheme, parts.hostname or "") else ""


def _is_wrapped(litellm: ModuleType | None) -> bool:
    """Whether a program put something of its own in the place of ``litellm.acompletion``, as tracers do."""
    public, file = getattr(litellm, "acompletion", None), getattr(litellm, "__file__", None)
    if public is None or file is None:
        return False
    package = Path(file).parent
    return type(public) is not FunctionType or package not in Path(public.__code__.co_filename).parents


def _by_proxy(scheme: str, host: str) -> bool:
    lower = (f"{scheme}_proxy", "all_proxy")
    if not any(os.environ.get(name) or os.environ.get(name.upper()) for name in lower):
        return False
    return not proxy_bypass(host)


def _base() -> str:
    return os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or OPENAI


def _by_environment() -> str:
    wish = os.environ.get(VARIABLE) or "auto"
    if wish not in get_args(Transport):
        raise ToMError(
            f"the environment variable {VARIABLE} is one of {', '.join(get_args(Transport))}; got {wish!r}"
        )
    return wish


def _headers(options: Mapping[str, Any], key: str) -> dict[str, str]:
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "accept": "application/json",
    }
    organization = options.get("organization") or next(
        filter(None, map(os.environ.get, ("OPENAI_ORGANIZATION", "OPENAI_ORG_ID"))), None
    )
    named = {"openai-organization": organization, "openai-project": os.environ.get("OPENAI_PROJECT_ID")}
    headers |= {name: str(value) for name, value in named.items() if value}
    further = options.get("extra_headers") or {}
    return headers | {str(name).lower(): str(value) for name, value in further.items()}
