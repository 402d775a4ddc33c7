"""What a LangChain chat model is, beneath what is wrapped around it; LangChain is not imported for it."""

from __future__ import annotations

from typing import Any, Protocol

_DEEPEST = 8
_INNER = ("bound", "runnable", "default")
"""Where LangChain keeps what it wraps: in bindings and retries, before fallbacks, what can be configured."""


class ChatModel(Protocol):
    """A LangChain chat model, or one with arguments, tags, retries or fallbacks."""

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's
        """The answer to messages."""
        ...


def unwrapped(runnable: Any) -> Any:
    """A chat model, chain or graph without what was wrapped around it, such as tools, tags or retries."""
    for _ in range(_DEEPEST):
        if hasattr(type(runnable), "generate_prompt"):  # a chat model may keep others of its own
            break
        found = (getattr(runnable, name, None) for name in _INNER)
        inner = next((one for one in found if callable(getattr(one, "invoke", None))), None)
        if inner is None:
            break
        runnable = inner
    return runnable


def is_chat_model(given: Any) -> bool:
    """Whether it is one, whatever is wrapped around it: chains and graphs are invoked, too, but are none."""
    if isinstance(given, type) or not callable(getattr(given, "invoke", None)):
        return False
    return callable(getattr(unwrapped(given), "generate_prompt", None))


def chat_name(model: ChatModel) -> str:
    """What to call a chat model: the name of what it asks, where it has one, else its class's."""
    inner = unwrapped(model)
    for attribute in ("model_name", "model", "model_id"):
        found = getattr(inner, attribute, None)
        if isinstance(found, str) and found.strip():
            return found
    return type(inner).__name__


def no_model(given: Any) -> str:
    """Why what was given serves as no model; without its ``repr``, which may hold keys."""
    if isinstance(given, type):
        return (
            f"a model is a name or a LangChain chat model; got the class {given.__name__}: make a model of it"
        )
    kind = type(unwrapped(given)).__name__
    if callable(getattr(given, "invoke", None)):
        return (
            f"a {kind} is no chat model: give the chat model itself, without prompts, parsers and "
            "with_structured_output; bound arguments, retries and fallbacks may stay"
        )
    got = repr(given) if isinstance(given, str) else kind
    return f"a model is a name, such as 'openai/gpt-4o-mini', or a LangChain chat model; got {got}"
