"""What tells a chat model from others in a memo: everything that its answers may depend on, but its secrets.

LangChain's own word for that, ``_identifying_params``, leaves out where the model is (ChatOpenAI's
``base_url``) and what was bound to it, and is empty for a class that does not define it.
"""

from __future__ import annotations

import contextlib
import re
import uuid
import weakref
from collections.abc import Mapping
from enum import Enum
from functools import singledispatch
from operator import itemgetter
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from atom.models.chat_model import ChatModel
from atom.models.memo import memo_key

_LEFT_OUT = re.compile(
    r"(api|access|private|subscription).?key|secret|password|credential|authorization|cookie"
    r"|(api|access|auth|bearer|session).?token|^token$|^callbacks$|^run_id$",
    re.IGNORECASE,
)
"""Names of secrets, and of what watches a run without taking part in it."""

_PLACE = re.compile(
    r"base|url|endpoint|host|region|deployment|organi[sz]ation|project|location|version|headers|query"
)
"""Names of fields that say where a model is and what it is sent besides."""

_LANGCHAIN = ("langchain_core.", "langchain.chat_models.")
"""Where LangChain's own classes are: those that wrap chat models are told by their fields."""

_SILENT = {f"langchain_core.language_models.{name}" for name in ("base", "chat_models", "llms")}
"""Where ``_identifying_params`` is defined for classes that do not say what identifies them."""

_instances: dict[int, tuple[weakref.ref[Any], str]] = {}


def identity_of(chat: ChatModel, options: Mapping[str, Any]) -> str:
    """A digest that two chat models share only where both would be asked the same.

    Keys take no part in it, and nothing can be read back from it.

    What cannot be told by its settings, such as a model of a class without ``_identifying_params``, shares
    it with nothing but itself, in this process.

    Args:
        chat: the chat model, with what is wrapped around it.
        options: further arguments of its ``invoke``.
    """
    try:
        return memo_key(chat=_told(chat), options=_told(options))
    except Exception:  # noqa: BLE001  # a class's own properties and conversions
        return _instance(chat)


@singledispatch
def _told(value: Any) -> Any:
    """A value as plain data, without secrets; an object by its settings where they are all there is to it."""
    kind = type(value)
    owner = next((base for base in kind.__mro__ if "_identifying_params" in vars(base)), None)
    if owner is not None and owner.__module__ not in _SILENT:
        params = value._identifying_params  # noqa: SLF001  # what LangChain's own cache reads
        return [_name(kind), _told(dict(params)), _told(_places(vars(value)))]
    wraps = kind.__module__.startswith(_LANGCHAIN) and not hasattr(kind, "generate_prompt")
    settings = isinstance(value, BaseModel) and not hasattr(kind, "invoke")
    return [_name(kind), _told(vars(value))] if wraps or settings else _instance(value)


@_told.register(type(None))
@_told.register(str)
@_told.register(int)
@_told.register(float)
def _(value: Any) -> Any:
    return value


@_told.register
def _(value: bytes) -> Any:
    return ["bytes", value.hex()]


@_told.register(SecretStr)
@_told.register(SecretBytes)
def _(value: Any) -> Any:
    return ["secret"]


@_told.register
def _(value: Enum) -> Any:
    return [_told(type(value)), value.name]


@_told.register(list)
@_told.register(tuple)
def _(value: Any) -> Any:
    return ["list", *map(_told, value)]


@_told.register(set)
@_told.register(frozenset)
def _(value: Any) -> Any:
    return ["set", *sorted(memo_key(one=_told(one)) for one in value)]


@_told.register(Mapping)
def _(value: Mapping[Any, Any]) -> Any:
    kept = [(str(key), _told(one)) for key, one in value.items() if not _LEFT_OUT.search(str(key))]
    return ["mapping", *sorted(kept, key=itemgetter(0))]


@_told.register
def _(value: type) -> Any:
    # the name of a class of a script or a function may be another class's tomorrow
    importable = value.__module__ != "__main__" and "<locals>" not in value.__qualname__
    return _name(value) if importable else _instance(value)


def _places(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: field
        for name, field in fields.items()
        if _PLACE.search(name) and isinstance(field, str | Mapping)
    }


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _instance(value: Any) -> str:
    """A name that no other object has or will have, here or in another process."""
    known = _instances.get(id(value))
    if known is not None and known[0]() is value:
        return known[1]
    name = uuid.uuid4().hex
    key = id(value)

    def gone(_: weakref.ref[Any]) -> None:
        _instances.pop(key, None)

    with contextlib.suppress(TypeError):  # what takes no weak reference has another name each time
        _instances[key] = (weakref.ref(value, gone), name)
    return name
