"""What a wrapped agent answered: its messages, its words, and the option that they name.

Answers are messages, models and dictionaries of other packages, which differ by version and of which
nothing is imported; they are recognised by what they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from atom.agents.chat import Call, calls_of, failed_calls, kind_of, part_of
from atom.models.entering import as_text, tokens_of
from atom.models.labels import of_value, within
from atom.models.options import Options
from atom.models.replies import ReplyError, read_object, read_option

_ROLES = {"system": "system", "developer": "system", "ai": "assistant", "assistant": "assistant"}
_RESULTS = ("tool", "function")


def messages_of(answer: Any) -> list[Any]:
    """The messages of an answer: a graph's, or the one that it is."""
    if isinstance(answer, Mapping) and "messages" in answer:
        found = answer["messages"]
        return list(found) if isinstance(found, list | tuple) else []
    return [] if answer is None or isinstance(answer, Mapping) else [answer]


def new_messages(answer: Any, question: str) -> list[Any]:
    """The messages of an answer that came after the question.

    The question is found by its words: a graph may have messages of earlier runs, may have shortened
    what it was sent, and may go on after a pause with the request that it was first given.

    Args:
        answer: a message, or a graph's state with messages.
        question: the text of the last message that was sent.
    """
    messages = messages_of(answer)
    for i in range(len(messages) - 1, -1, -1):
        if kind_of(messages[i]) in ("human", "user") and _content(messages[i]) == question:
            return messages[i + 1 :]
    for i in range(len(messages) - 1, -1, -1):
        if kind_of(messages[i]) in ("human", "user"):
            return messages[i + 1 :]
    return messages


def label_of(answer: Any, new: Sequence[Any], actions: Mapping[str, str], *, asked: bool = True) -> str:
    """The label of the option that an answer names.

    A structured response is read first. Then the last calls to tools that name an option count, without
    those that failed or were rejected, unless the words of the last message name another one plainly.

    Args:
        answer: as the agent gave it.
        new: its messages that came after the question.
        actions: label -> action.
        asked: whether it was asked for a label; a text that is one option's label and another's action
            means the action otherwise, as it does in structures and calls.

    Raises:
        ReplyError: none of it names an option, there is nothing to read, or it cannot be read.
    """
    try:
        return _label_of(answer, new, actions, asked=asked)
    except ReplyError:
        raise
    except Exception as error:  # noqa: BLE001 - of another package: it may hold itself, or a number of any size
        raise ReplyError(f"the answer cannot be read ({type(error).__name__})") from None


def _label_of(answer: Any, new: Sequence[Any], actions: Mapping[str, str], *, asked: bool) -> str:
    if answer is None:
        raise ReplyError("the answer is None; it must be a message, a state with messages, or a text")
    if isinstance(answer, Mapping) and "__interrupt__" in answer:
        raise ReplyError(
            "the agent paused to ask a person, and nobody can go on with it here; run it within a graph that "
            "has a checkpointer"
        )
    own = Options.of(actions, "actions first")
    if isinstance(answer, Mapping) and answer.get("structured_response") is not None:
        return _of_structure(answer["structured_response"], own)
    called = _called(new, own, Options.of(actions, "actions"))
    try:
        options = Options.of(actions) if asked else own
        return read_option(words_of(answer, new), options, firmly=called is not None)
    except ReplyError:
        if called is None:
            raise
        return called


def words_of(answer: Any, new: Sequence[Any]) -> str:
    """The text of an answer's last message.

    Raises:
        ReplyError: there is no message, or one of which no part is text.
    """
    if not new:
        shown = f"a dictionary with the keys {list(answer)}" if isinstance(answer, Mapping) else "no message"
        raise ReplyError(f"the answer has no messages after the question, it is {shown}")
    content = _content(new[-1])
    if content is None:
        raise ReplyError(f"the answer is a {type(new[-1]).__name__} without text")
    if not isinstance(content, list):
        return as_text(_shown(content))
    parts = [_text(part) for part in content]
    if any(part is not None for part in parts):
        return as_text("".join(part or "" for part in parts))
    kinds = [part.get("type", "?") if isinstance(part, Mapping) else type(part).__name__ for part in content]
    raise ReplyError(f"the answer has no text, only parts of type {kinds}")


def said_by(new: Sequence[Any]) -> str:
    """The same for a question that asks again; empty where there is none."""
    try:
        return words_of(None, new)
    except ReplyError:
        return ""


def as_said(messages: Sequence[Any]) -> list[dict[str, str]]:
    """An agent's own messages as any provider takes them: role and text, calls to tools and results in words.

    Calls and results as such are refused by providers where a request names no tools.
    """
    found: list[dict[str, str]] = []
    for message in messages:
        role = _ROLES.get(str(kind_of(message)), "user")
        text = said_by([message])
        for call in calls_of(message):
            text = f"{text}\n[called {_shown(call['name'])} with {_shown(call['args'])}]".strip()
        if kind_of(message) in _RESULTS:
            text = f"[result of {part_of(message, 'name') or 'a tool'}] {text}"
        if text:
            found.append({"role": role, "content": as_text(text)})
    return found


def bill(new: Sequence[Any], who: str) -> dict[str, Any]:
    """Tokens of messages, 0 where they do not say, or say what is no number of them; the price is unknown.

    Args:
        new: messages of one answer.
        who: wrote them, for a warning of counts that are none.
    """
    spent = {"prompt_tokens": 0, "completion_tokens": 0}
    for message in new:
        usage = part_of(message, "usage_metadata")
        counts = {
            "prompt_tokens": part_of(usage, "input_tokens"),
            "completion_tokens": part_of(usage, "output_tokens"),
        }
        for name, tokens in tokens_of(who, counts).items():
            spent[name] += tokens
    return {**spent, "cost": None}


def _of_structure(found: Any, options: Options) -> str:
    dump = getattr(found, "model_dump", None)
    if dump is not None:
        found = dump()
    elif is_dataclass(found) and not isinstance(found, type):
        found = asdict(found)
    if isinstance(found, Mapping):
        return read_object(found, options)
    label = of_value(found, options)
    return read_option(_shown(found), options) if label is None else label


def _shown(found: Any) -> str:
    try:
        return str(found)
    except Exception:  # noqa: BLE001 - whatever it does, such as a number too long to be written
        return type(found).__name__


def _called(new: Sequence[Any], options: Options, actions: Options) -> str | None:
    """The option that the last message with calls that name one names; None for none, and for several."""
    failed = failed_calls(new)
    for message in reversed(new):
        made = [call for call in calls_of(message) if call["id"] not in failed]
        labels = {_of_call(call, options, actions) for call in made} - {None}
        if labels:
            return labels.pop() if len(labels) == 1 else None
    return None


def _of_call(call: Call, options: Options, actions: Options) -> str | None:
    """The option that a call to a tool names: in its arguments, or by the tool's name."""
    return within(call["args"], options, actions) or actions.whole(str(call["name"] or ""))


def _content(message: Any) -> Any:
    return message if isinstance(message, str) else part_of(message, "content")


def _text(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    found = part.get("text") if isinstance(part, Mapping) else None
    return found if isinstance(found, str) else None
