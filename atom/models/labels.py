"""Which option a text or an object names: alone, numbered, boxed, quoted, or said to be the answer.

Everything is a few passes over the text, whatever stands in it: no pattern here can be made to go back and
forth over a reply that was written to cost time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any

from atom.models.options import EDGES, Options
from atom.models.sentences import Statement, Strength, announced
from atom.situation import folded

LONGEST = 4000
"""The longest text in which an option is looked for, in characters."""

_THOUGHTS = ("think", "thinking", "thought", "thoughts", "reasoning")
_OPENING = re.compile(rf"<(?:{'|'.join(_THOUGHTS)})>|◁think▷", re.IGNORECASE)
_CLOSING = re.compile(rf"</(?:{'|'.join(_THOUGHTS)})>|◁/think▷", re.IGNORECASE)
_USUAL = frozenset(
    ("answer", "label", "option", "choice", "action", "move", "decision", "selection", "response")
)
_QUALIFYING = frozenset(("my", "final", "chosen", "selected", "best", "your", "the", "number"))
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_OBJECT = re.compile(r"\{\s*\"")
_TAG = re.compile(r"<(?:final_?)?answer>", re.IGNORECASE)
_WRAPPER = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf)\{")
_MOST_OBJECTS = 16
_LONGEST_KEY = 40
_DEEPEST = 3
_LARGEST = 10**9


def without_thoughts(text: str) -> str | None:
    """The text after a model's thoughts, before them where it ends with them; None where they do not end."""
    *_, end = (0, *(found.end() for found in _CLOSING.finditer(text)))
    begin = _OPENING.search(text)
    if end == 0:
        return None if begin is not None and not text[: begin.start()].strip() else text
    return text[end:].strip() or text[: begin.start() if begin else 0].strip()


def named(text: str, options: Options, *, firmly: bool = False) -> str | None:
    """The label of the one option that the text names; None for none, and for several.

    That is an option alone, in a box, numbered (``1) "go left"``), alone on the first or last line, or
    announced as one's own in a sentence without a negation ("Option 1", "my answer is 2", 'I choose "go
    left"'), see ``atom.models.sentences``. The final answer decides where there is one; else what is said
    plainly goes before what is said on a condition.

    Args:
        text: a reply in words, of which at most ``LONGEST`` characters are read.
        options: what it may name.
        firmly: whether only what is said plainly counts.
    """
    label = options.whole(text)
    if label is not None:
        return label
    text = text[:LONGEST]
    said = [*_marked(text, options), *_in_lines(text, options), *announced(text, options)]
    strongest = max((statement.strength for statement in said), default=Strength.POSSIBLY)
    if firmly and strongest == Strength.POSSIBLY:
        return None
    labels = {statement.label for statement in said if statement.strength == strongest}
    return labels.pop() if len(labels) == 1 else None


def within(found: Mapping[str, Any], options: Options, others: Options | None = None) -> str | None:
    """The label of the one option that an object names; None for none, and for several.

    It is looked for under the usual keys, such as ``"answer"`` or ``"final_choice"``, and where there are
    none, among the values that are an option.

    Args:
        found: a JSON object, a structured answer, or the arguments of a tool.
        options: what it may name.
        others: what values under other keys may name; None for the same.
    """
    return _within(found, options, others or options, _DEEPEST)


def has_usual_key(found: Mapping[str, Any]) -> bool:
    """Whether an object has one of the keys that an answer usually stands under."""
    return any(_is_usual(key) for key in found)


def of_value(value: object, options: Options) -> str | None:
    """The label of the option that a number, an ``Enum`` or a text of up to ``LONGEST`` characters names."""
    if isinstance(value, Enum):
        inner = of_value(value.value, options)
        name = options.whole(value.name)
        return (inner or name) if isinstance(value.value, str) else (name or inner)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return options.whole(str(value)) if abs(value) < _LARGEST else None
    if isinstance(value, str) and len(value) <= LONGEST:
        return named(value, options)
    return None


def _within(found: Mapping[str, Any], options: Options, others: Options, depth: int) -> str | None:
    usual = {key: value for key, value in found.items() if _is_usual(key)}
    labels = set()
    for key, value in (usual or found).items():
        if isinstance(value, Mapping):
            label = _within(value, options, others, depth - 1) if depth else None
        elif key == "label" and isinstance(value, str) and value in options.actions:
            label = value
        elif usual:
            label = of_value(value, options)
        else:
            label = others.whole(value) if isinstance(value, str) else of_value(value, others)
        labels.add(label)
    labels.discard(None)
    if not labels and not usual:
        labels = {of_value(value, others) for value in found.values()} - {None}
    return labels.pop() if len(labels) == 1 else None


def _is_usual(key: object) -> bool:
    """Whether an answer stands under a key, such as ``answer``, ``final_answer`` or ``myChoice``."""
    if not isinstance(key, str):
        return False
    parts = {part.lower() for part in _PARTS.findall(key[:_LONGEST_KEY])}
    return bool(parts & _USUAL) and parts <= _USUAL | _QUALIFYING


def _marked(text: str, options: Options) -> Iterator[Statement]:
    """The options in a box, in a tag or in a JSON object."""
    insides = [_in_braces(chunk) for chunk in text.split("\\boxed{")[1:]]
    insides += [chunk.partition("</")[0] for chunk in _TAG.split(text)[1:]]
    for inside in insides:
        label = options.whole(inside) or _numbered(inside, options)
        if label is not None:
            yield Statement(label, Strength.FINALLY)
    for found in _objects(text):
        label = within(found, options)
        if label is not None:
            yield Statement(label, Strength.FINALLY)


def _in_braces(text: str) -> str:
    r"""What stands before the brace that closes, without ``\text{...}`` around it."""
    depth = 1
    for i, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return _WRAPPER.sub("", text[:i])
    return ""


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, the first ones of many."""
    decoder = json.JSONDecoder()
    end = 0
    for start in islice(_OBJECT.finditer(text), _MOST_OBJECTS):
        if start.start() < end:
            continue
        try:
            found, end = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _in_lines(text: str, options: Options) -> Iterator[Statement]:
    """The option that is alone on the first or the last line, or numbered there; a list names none."""
    lines = [line for line in text.splitlines() if line.strip()]
    labels = [options.whole(line) or _numbered(line, options) for line in lines]
    is_list = len({*labels} - {None}) > 1 or any(
        label is None and _is_item(line, options) for label, line in zip(labels, lines, strict=True)
    )
    if is_list or not lines:
        return
    if labels[0] is not None:
        yield Statement(labels[0], Strength.PLAINLY)
    if labels[-1] is not None and len(lines) > 1 and not lines[-2].rstrip().endswith((":", ":**")):
        yield Statement(labels[-1], Strength.PLAINLY)


def _is_item(line: str, options: Options) -> bool:
    """Whether a line begins as an option does, and goes on otherwise."""
    return options.is_label(_head(line)[0])


def _numbered(line: str, options: Options) -> str | None:
    """The option of a line that begins as options are listed, ``1) "go left"``."""
    head, rest = _head(line)
    label = options.whole(head) if options.is_label(head) else None
    if label is None or not rest.strip(EDGES) or _begins_with(rest, options.actions[label]):
        return label
    return None


def _head(line: str) -> tuple[str, str]:
    """A line's label and what stands after its sign; nothing where it has none."""
    line = line.strip().lstrip("([*_`\"'-• ")
    for i, character in enumerate(line[:8]):
        if character in ").:]-–—、．）：":
            return line[:i], line[i + 1 :]
    return "", ""


def _begins_with(text: str, action: str) -> bool:
    wanted = folded(action)
    begun = folded(text.lstrip(EDGES)[: len(action) + len(wanted) + 1])
    return begun.startswith(wanted) and not begun[len(wanted) : len(wanted) + 1].isalnum()
