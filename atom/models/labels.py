"""Which option a text names: alone, numbered, boxed, quoted, or said to be the answer.

Everything is one pass over the text, whatever stands in it: no pattern here can be made to go back and
forth over a reply that was written to cost time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

_EDGES = " \t\r\n.,:;!?()[]{}<>*_`'\"$“”‘’«»„「」『』|#"
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "„": "“", "**": "**"}
_THOUGHTS = ("</think>", "</thinking>")
_KEYS = ("answer", "label", "option", "choice", "action", "move", "decision")
_ANNOUNCING = frozenset(("answer", "option", "choice", "label", "action", "move", "decision"))
_CHOOSING = frozenset(("choose", "pick", "take", "select", "play", "do"))
_FILLING = frozenset(("is", "the", "option", "label", "action", "be", "to", "will", "number", "final", "my"))
_FIRST_PERSON = frozenset(("i", "i'll", "i’ll", "i'd", "i’d"))
_NOT = frozenset(("not", "never", "no", "nor", "neither", "avoid", "instead", "than", "cannot"))
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE = re.compile(r"\n+|(?<=[.!?])\s+(?=[^\W\d_])")


def without_thoughts(text: str) -> str | None:
    """The text after a model's thoughts; None where they do not end."""
    for end in _THOUGHTS:
        if end in text:
            return text.rpartition(end)[2].strip()
    return None if text.lstrip().startswith(("<think>", "<thinking>")) else text


def whole(text: str, actions: Mapping[str, str]) -> str | None:
    """The label of the option that is all of the text, but for quotes, brackets and marks around it.

    Args:
        text: what may be a label or an action.
        actions: label -> action.
    """
    for candidate in (text, text.strip(), text.strip(_EDGES)):
        found = _exactly(candidate, actions)
        if found is not None:
            return found
    return _folded(text.strip(_EDGES), actions) or _folded(text.strip(), actions)


def named(text: str, actions: Mapping[str, str]) -> str | None:
    """The label of the one option that the text names; None for none, and for several.

    That is an option alone, in a box, numbered (``1) "go left"``), alone on the last line, or announced
    in a sentence without a negation ("Option 1", "my answer is 2", 'I choose "go left"').

    Args:
        text: a reply in words.
        actions: label -> action.
    """
    for found in (whole(text, actions), _boxed(text, actions), _numbered(text, actions)):
        if found is not None:
            return found
    lines = [line for line in text.splitlines() if line.strip()]
    alone = whole(lines[-1], actions) if len(lines) > 1 else None
    return alone or _announced(text, actions)


def within(found: Mapping[str, Any], actions: Mapping[str, str]) -> str | None:
    """The label of the option that an object names: under a usual key, else as its only value that is one.

    Args:
        found: a JSON object, a structured answer, or the arguments of a tool.
        actions: label -> action.
    """
    for key in _KEYS:
        if key in found:
            return _value(found[key], actions)
    labels = {label for value in found.values() if (label := _value(value, actions)) is not None}
    return labels.pop() if len(labels) == 1 else None


def has_usual_key(found: Mapping[str, Any]) -> bool:
    """Whether an object has one of the keys that an answer usually stands under."""
    return any(key in found for key in _KEYS)


def _value(value: object, actions: Mapping[str, str]) -> str | None:
    if isinstance(value, str):
        return named(value, actions) if value.strip() else None
    return whole(str(value), actions) if isinstance(value, int) and not isinstance(value, bool) else None


def _exactly(candidate: str, actions: Mapping[str, str]) -> str | None:
    if candidate in actions:
        return candidate
    return next((label for label, action in actions.items() if action == candidate), None)


def _folded(candidate: str, actions: Mapping[str, str]) -> str | None:
    """Whatever the case, the width and the form of letters and digits, where that leaves one option."""
    folded = _fold(candidate)
    if not folded:
        return None
    by_label = [label for label in actions if _fold(label) == folded]
    found = by_label or [label for label, action in actions.items() if _fold(action) == folded]
    return found[0] if len(found) == 1 else None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _boxed(text: str, actions: Mapping[str, str]) -> str | None:
    r"""What stands in the last ``\boxed{...}``, be it in ``\text{...}`` or not."""
    _, command, rest = text.rpartition("\\boxed{")
    if not command:
        return None
    depth = 1
    for i, character in enumerate(rest):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            inner = rest[:i]
            for wrapper in ("\\text{", "\\textbf{", "\\mathrm{"):
                inner = inner.replace(wrapper, "")
            return whole(inner, actions) or _numbered(inner, actions)
    return None


def _numbered(text: str, actions: Mapping[str, str]) -> str | None:
    """One line that begins as the options do, ``1) "go left"``; a list of several names none."""
    found = set()
    for line in text.splitlines():
        head, sign, rest = _head(line)
        label = whole(head, actions) if sign else None
        if label is None or label not in actions:
            continue
        if rest.strip(_EDGES) and not _begins_with(rest, actions[label]):
            return None
        found.add(label)
    return found.pop() if len(found) == 1 else None


def _head(line: str) -> tuple[str, str, str]:
    """A line's label, the sign after it, and the rest."""
    line = line.strip().lstrip("([*_`\"'-• ")
    for i, character in enumerate(line[:8]):
        if character in ").:]-–—、．）：":
            return line[:i], character, line[i + 1 :]
    return "", "", ""


def _begins_with(text: str, action: str) -> bool:
    folded, wanted = _fold(text.lstrip(_EDGES)), _fold(action)
    return folded.startswith(wanted) and not folded[len(wanted) : len(wanted) + 1].isalnum()


def _announced(text: str, actions: Mapping[str, str]) -> str | None:
    """The option that sentences announce; the last "answer" decides where they differ."""
    said: list[tuple[str, bool]] = []
    for sentence in _SENTENCE.split(unicodedata.normalize("NFKC", text)):
        said += _in_sentence(sentence, actions)
    if len({label for label, _ in said}) == 1:
        return said[0][0]
    return said[-1][0] if said and said[-1][1] else None


def _in_sentence(sentence: str, actions: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """The options that a sentence announces, and whether each is said to be the answer."""
    words = list(_WORD.finditer(sentence))
    reach = 40 + max(len(action) for action in actions.values())  # no option is longer: time stays linear
    lower = [word.group().casefold() for word in words]
    if any(word in _NOT or word.endswith(("n't", "n’t")) for word in lower):
        return
    for i, word in enumerate(lower):
        chooses = word in _CHOOSING and _speaks_of_me(lower, i)
        if word not in _ANNOUNCING and not chooses:
            continue
        after = i + 1
        while after < len(words) and lower[after] in _FILLING:
            after += 1
        if after == len(words):
            continue
        begin = max(0, words[after].start() - 1)
        rest = sentence[begin : begin + reach]
        label = _first_option(rest, words[after].group(), actions, is_sure=not chooses)
        if label is not None:
            yield label, word == "answer"


def _speaks_of_me(lower: list[str], i: int) -> bool:
    return any(word in _FIRST_PERSON for word in lower[max(0, i - 2) : i])


def _first_option(rest: str, word: str, actions: Mapping[str, str], *, is_sure: bool) -> str | None:
    """The option that stands first in what follows an announcement.

    Args:
        rest: what follows, with the character before its first word.
        word: its first word.
        actions: label -> action.
        is_sure: whether a bare label counts, as after "option"; after "take" a label alone is a word.
    """
    found = whole(rest, actions)
    if found is not None:
        return found
    close = _QUOTES.get(rest[:1])
    if close is not None:
        return whole(rest[1:].partition(close)[0], actions)
    if is_sure and word in actions:
        return word
    # longest first: "go left" is not "go"
    for label, action in sorted(actions.items(), key=lambda item: -len(item[1])):
        if len(action) > 1 and _begins_with(rest, action):
            return label
    return None
