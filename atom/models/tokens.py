"""The sentences of a reply, taken apart into words, signs and options."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from atom.models.options import Options
from atom.models.words import FOLLOWING, LEADING, REASONS, SIGNS

STOPS = frozenset(".,;!?…/&")
"""Signs that end a sentence or a clause."""

_SENTENCE = re.compile(r"((?<=[.!?])[\"')\]*]*)\s+(?=[^\W\d_]|[\"'(*])")
_BULLETS = " \t-•*+#"
_QUOTES = str.maketrans("“”„«»‘’`", '"""""\'\'"')
_SIGN = re.compile(r"\*\*|__")
_FIRST = 6


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a sign, or an option of several words.

    Attributes:
        text: in lower case.
        label: of the option that it may name, or None.
        is_sure: whether it is more than a label or a single character, which may mean anything.
        is_sign: whether it is no word.
    """

    text: str
    label: str | None = None
    is_sure: bool = False
    is_sign: bool = False


def taken_apart(text: str, options: Options) -> list[list[Token]]:
    """The sentences of a text, each as its tokens.

    What stands between quotes that a line opens within a sentence, and what is marked as a quotation, is
    somebody else's. A line that ends with a colon goes on in the next.

    Args:
        text: a reply in words.
        options: what it may name.
    """
    split = _splitter(options)
    found = (list(_tokens(sentence, split, options)) for sentence in _sentences(text))
    return [tokens for tokens in found if tokens]


def _sentences(text: str) -> Iterator[str]:
    text = unicodedata.normalize("NFKC", text)
    heading = ""
    for raw in text.splitlines():
        line = _SIGN.sub("", raw.strip().lstrip(_BULLETS)).translate(_QUOTES)
        if not line or raw.lstrip().startswith((">", "```")):
            continue
        if line.endswith(":"):
            yield from _own(heading)
            heading = line
        else:
            yield from _own(f"{heading} {line}")
            heading = ""
    yield from _own(heading)


def _own(line: str) -> Iterator[str]:
    """The sentences of a line that do not stand within quotes opened by an earlier one."""
    is_quote = False
    whole = line.lstrip().startswith('"')
    for sentence in _SENTENCE.sub(r"\1\n", line).splitlines():
        if not is_quote:
            yield sentence
        if sentence.count('"') % 2 and not whole:
            is_quote = not is_quote


def _splitter(options: Options) -> re.Pattern[str]:
    """What the tokens of a sentence are; options of several characters before words, the longest first."""
    names = {unicodedata.normalize("NFKC", action).translate(_QUOTES) for action in options.actions.values()}
    parts = [_bounded(name) for name in sorted(names, key=lambda name: (-len(name), name)) if len(name) > 1]
    option = f"(?P<option>{'|'.join(parts)})|" if parts else ""
    return re.compile(
        option + r"(?P<word>\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*)|(?P<sign>->|=>|[^\w\s])", re.IGNORECASE
    )


def _bounded(name: str) -> str:
    before = r"(?<!\w)" if name[0].isalnum() else ""
    after = r"(?!\w|[.,]\d)" if name[-1].isalnum() else ""
    return before + re.escape(name) + after


def _tokens(sentence: str, split: re.Pattern[str], options: Options) -> Iterator[Token]:
    for found in split.finditer(sentence):
        text = found.group()
        kind = found.lastgroup
        # a single letter is an option in its own case alone: "a look" is none
        label = options.exactly(text) if kind != "option" else options.whole(text)
        yield Token(text.casefold(), label, kind == "option" and not text.isdigit(), kind == "sign")


def begins(tokens: Sequence[Token], i: int) -> bool:
    """Whether what is before ``i`` says nothing yet: "So, ..."."""
    return i <= 0 or (i <= _FIRST and all(token.text in LEADING or token.is_sign for token in tokens[:i]))


def ends_at(tokens: Sequence[Token], i: int) -> bool:
    """Whether a sentence ends at ``i``, or goes on with a reason."""
    while i < len(tokens) and is_mark(tokens[i]):
        i += 1
    word = text_at(tokens, i)
    if word in (",", "."):
        return i + 1 == len(tokens) or (word == "," and text_at(tokens, i + 1) in REASONS)
    return (
        not word
        or word in STOPS
        or word in SIGNS
        or word in REASONS
        or (word, text_at(tokens, i + 1)) == ("it", "is")
    )


def goes_on(tokens: Sequence[Token], i: int) -> bool:
    """Whether a sentence goes on at ``i`` with no thing that a digit or a letter could count or name."""
    return i >= len(tokens) or tokens[i].is_sign or tokens[i].text in FOLLOWING


def text_at(tokens: Sequence[Token], i: int) -> str:
    """The text at ``i``; empty before the beginning and after the end."""
    return tokens[i].text if 0 <= i < len(tokens) else ""


def is_mark(token: Token) -> bool:
    """Whether a token is a quote, a bracket or a mark around words, which says nothing."""
    return token.is_sign and token.text not in STOPS and token.text not in SIGNS
