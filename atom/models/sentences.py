"""Which option the sentences of a reply announce as its writer's own.

A reply speaks of others as well: "Ben's action is A. I will go with B." An option counts where what leads to
it begins with the writer ("I", "my"), or with nobody at the beginning of a sentence ("Answer: 2"); not where
it begins with a name, a possessive or a negation. Words are looked at one after the other and never far back,
so that reading takes time linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from atom.models.options import Options
from atom.models.tokens import STOPS, Token, begins, ends_at, goes_on, is_mark, taken_apart, text_at
from atom.models.words import (
    ADJECTIVES,
    ANSWERING,
    CONDITIONS,
    COPULAS,
    DEDUCING,
    ELSEWHERE,
    GERUNDS,
    HEADINGS,
    IMAGINING,
    LEADING,
    LINKS,
    MY,
    NEGATIONS,
    NOT_MINE,
    NOUNS,
    PAST,
    PERHAPS,
    PRAISE,
    REPORTING,
    RETRACTING,
    SIGNS,
    SOMETIME,
    VERBS,
    I,
)

_FAR = 14
_NEAR = 6
_LEADING_WORDS = (COPULAS | NOUNS | VERBS | PAST | PERHAPS | LINKS) - I - MY - DEDUCING
_PRAISING = NOUNS | ADJECTIVES | PRAISE | frozenset(("the", "my", "clearly", "therefore", "thus", "still"))


class Strength(IntEnum):
    """How much a statement counts beside others of the same reply."""

    POSSIBLY = 0
    """In passing: on a condition, of the past, or in a line of its own among others."""
    PLAINLY = 1
    """In the first person, or as it was asked for."""
    FINALLY = 2
    """As the final answer."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An option that a text names as its writer's own.

    Attributes:
        label: the option's.
        strength: how much that counts.
    """

    label: str
    strength: Strength


def announced(text: str, options: Options) -> list[Statement]:
    """The options that the sentences of a text announce as its writer's own.

    Args:
        text: a reply in words.
        options: what it may name.
    """
    sentences = taken_apart(text, options)
    alone = {tokens[0].label for tokens in sentences if tokens[0].label is not None and ends_at(tokens, 1)}
    said: list[Statement] = []
    for i, tokens in enumerate(sentences):
        if tokens[0].text in RETRACTING and tokens[0].label is None and text_at(tokens, 1) == ",":
            said.clear()
        if tokens[-1].text != "?" and not _is_imagined(tokens):
            is_item = i < len(sentences) - 1 and tokens[-1].text == "." and tokens[0].text in options.actions
            is_edge = i in (0, len(sentences) - 1) and len(alone) <= 1 and not is_item
            said += _in_sentence(tokens, is_edge=is_edge)
    return said


def _is_imagined(tokens: Sequence[Token]) -> bool:
    """Whether a sentence is said from somebody else's place: "As Ben, I", "if I were Ben"."""
    is_role = tokens[0].text == "as" and "," in (text_at(tokens, 2), text_at(tokens, 3))
    is_other = any(token.text == "were" and text_at(tokens, i - 1) == "i" for i, token in enumerate(tokens))
    return is_role or is_other or any(token.text in IMAGINING for token in tokens)


def _in_sentence(tokens: Sequence[Token], *, is_edge: bool) -> Iterator[Statement]:
    cases = _cases(tokens)
    is_past = any(token.text in SOMETIME for token in tokens)
    end = 0
    for at, token in enumerate(tokens):
        if token.label is None or at < end or cases[at] == _Case.SUPPOSED:
            continue
        labels, after = _with_others(tokens, at)
        found = _announced(tokens, at, after, is_edge=is_edge, is_past=is_past)
        if found is None and _is_praised(tokens, at, after):
            found = Strength.PLAINLY
        if found is None:
            continue
        end = after
        if cases[at] or any(text_at(tokens, i) in CONDITIONS for i in range(after, after + _NEAR)):
            found = Strength.POSSIBLY
        for label in labels:
            yield Statement(label, found)


class _Case(IntEnum):
    """Whether what is said is said of a case."""

    NONE = 0
    SUPPOSED = 1
    """After "if": nothing is said, it is supposed."""
    FOLLOWS = 2
    """What then is."""


def _cases(tokens: Sequence[Token]) -> list[_Case]:
    """Whether what is said at each token is said of a case: from "if" to "then", and until "but"."""
    found: list[_Case] = []
    case = _Case.NONE
    for token in tokens:
        if token.text in CONDITIONS:
            case = _Case.SUPPOSED
        elif token.text in ("but", ";"):
            case = _Case.NONE
        elif token.text in (",", "then") and case:
            case = _Case.FOLLOWS
        found.append(case)
    return found


def _with_others(tokens: Sequence[Token], at: int) -> tuple[list[str], int]:
    """The options that are named together with the one at ``at``, and where what follows them begins."""
    labels = [tokens[at].label or ""]
    after = at + 1
    for _ in range(_NEAR):
        i, is_choice = after, False
        while i < len(tokens) and tokens[i].label is None and _joins(tokens[i]):
            is_choice = is_choice or tokens[i].text in ("or", "/")
            i += 1
        label = tokens[i].label if i < len(tokens) else None
        if label is None or not (
            is_choice or ends_at(tokens, i + 1) or text_at(tokens, i + 1) in ("or", "and")
        ):
            break
        labels.append(label)
        after = i + 1
    return labels, after


def _joins(token: Token) -> bool:
    if token.is_sign:
        return token.text in COPULAS or token.text in ",/" or is_mark(token)
    return token.text in ("or", "and") or token.text in NOUNS


@dataclass(frozen=True, slots=True)
class _Lead:
    """What leads to an option.

    Attributes:
        said: the words and signs between whoever speaks and the option.
        speaker: the word before them; empty at the beginning of a sentence.
        stop: its index, -1 for none.
        ends: whether nothing but a reason follows the option.
        by_itself: whether the option is an action that is a word, and may be one's verb: "I will wait".
    """

    said: set[str]
    speaker: str
    stop: int
    ends: bool
    by_itself: bool

    def has(self, words: frozenset[str]) -> bool:
        """Whether any of the words leads to the option."""
        return not self.said.isdisjoint(words)

    @property
    def is_named(self) -> bool:
        """Whether the option is said to be an answer, a choice or the like."""
        return self.has(NOUNS) and (self.ends or self.has(COPULAS | VERBS))

    @property
    def strength(self) -> Strength:
        """How much it counts where it counts plainly."""
        return Strength.FINALLY if "final" in self.said else Strength.PLAINLY


def _announced(
    tokens: Sequence[Token], at: int, after: int, *, is_edge: bool, is_past: bool
) -> Strength | None:
    """How much the option at ``at`` is announced by what leads to it; None where it is not."""
    before = text_at(tokens, at - 1)
    if before == '"' and at + 1 < len(tokens) and not tokens[at + 1].is_sign:
        return None  # what is quoted is more than the option
    said, stop = _leading(tokens, at)
    ends = ends_at(tokens, after)
    is_whole = ends or goes_on(tokens, after)
    lead = _Lead(said, text_at(tokens, stop), stop, ends, tokens[at].is_sure and is_whole)
    if not (is_whole or tokens[at].is_sure or before in NOUNS or before == '"'):
        return None
    if lead.has(ANSWERING) and "to" in said and not lead.has(VERBS - ANSWERING):
        return None  # what is answered, and not the answer
    if lead.speaker in I or (lead.speaker == "me" and text_at(tokens, stop - 1) == "let"):
        return _done_by_me(lead, is_past=is_past) if _speaks(tokens, stop) else None
    if lead.speaker in MY:
        counts = (lead.is_named or (lead.speaker == "mine" and lead.has(COPULAS))) and _speaks(tokens, stop)
    elif lead.speaker == "me":  # "Ben: A, me: B"
        is_key = begins(tokens, stop) or text_at(tokens, stop - 1) in STOPS
        counts = is_key and text_at(tokens, stop + 1) in COPULAS
    else:
        counts = _is_said_by_nobody(lead, tokens, is_edge=is_edge)
    return lead.strength if counts else None


def _done_by_me(lead: _Lead, *, is_past: bool) -> Strength | None:
    """How much "I" says that it takes the option."""
    is_done = lead.has(VERBS) or {"answer", "with"} <= lead.said
    is_done = is_done or (lead.by_itself and lead.speaker != "me" and not lead.has(COPULAS | PAST))
    if is_done:
        return Strength.POSSIBLY if lead.has(PERHAPS) else lead.strength
    if not lead.has(PAST):
        return Strength.PLAINLY if lead.speaker == "i" and lead.has(SIGNS) else None
    if "have" in lead.said or lead.speaker.endswith("'ve"):
        return Strength.PLAINLY
    return None if is_past else Strength.POSSIBLY


def _is_said_by_nobody(lead: _Lead, tokens: Sequence[Token], *, is_edge: bool) -> bool:
    """Whether a sentence, or what follows "so", comes to the option without a name: "Answer: 2", "take 2"."""
    if "both" in lead.said:
        return False
    deduced = lead.speaker in DEDUCING
    if deduced or begins(tokens, lead.stop + 1):
        is_order = lead.has(VERBS) and (lead.ends or not lead.has(GERUNDS))
        is_alone = lead.ends and lead.said <= LEADING | SIGNS and (is_edge or deduced or lead.has(LEADING))
        return lead.is_named or is_order or is_alone
    if lead.speaker in STOPS:
        leads_on = text_at(tokens, lead.stop + 1) in LEADING
        is_best = lead.has(PRAISE) and text_at(tokens, 0) not in ELSEWHERE
        return lead.is_named and ("own" in lead.said or ("the" in lead.said and (leads_on or is_best)))
    return lead.speaker in ("it", "it's") and lead.has(PRAISE) and lead.has(VERBS)


def _leading(tokens: Sequence[Token], at: int) -> tuple[set[str], int]:
    """The words that lead to the option at ``at``, and the index of the token before them; -1 for none."""
    led: set[str] = set()
    i = at - 1
    while i >= 0 and at - i <= _FAR:
        word = tokens[i].text
        if word in I or word in MY or word in DEDUCING:
            break
        if word == "me":
            if text_at(tokens, i - 1) != "for":
                break
            i -= 1
        elif tokens[i].label is None and word in _LEADING_WORDS:
            led.add(word)
        elif not is_mark(tokens[i]):
            object_of = _object_of(tokens, i) if led & COPULAS and word not in STOPS else None
            if object_of is None:
                break
            i = object_of
        i -= 1
    return led, i


def _object_of(tokens: Sequence[Token], i: int) -> int | None:
    """Where "to" stands in "response to their move", of which the token at ``i`` is the end."""
    for to in range(i - 1, max(0, i - _NEAR), -1):
        if tokens[to].text in ("to", "against") and tokens[to - 1].text in NOUNS:
            return to
    return None


def _speaks(tokens: Sequence[Token], i: int) -> bool:
    """Whether "I" or "my" at ``i`` is the writer itself, who is not quoted, reported on or negated."""
    k = i - 1
    while k >= 0 and is_mark(tokens[k]):
        k -= 1
    if k < 0:
        return True
    if any(token.text == '"' for token in tokens[k + 1 : i]):
        return False
    if tokens[k].text == ":":
        is_nobody = k == 0 or tokens[k - 1].label is not None
        return is_nobody or text_at(tokens, k - 1) in HEADINGS | NOUNS | LEADING
    if tokens[k].text == "that":
        k -= 1
    if text_at(tokens, k) in REPORTING:
        return text_at(tokens, k - 1) in I
    return text_at(tokens, k) not in NOT_MINE and not _is_negated(tokens, k)


def _is_negated(tokens: Sequence[Token], i: int) -> bool:
    """Whether there is a negation from the beginning of a clause to ``i``."""
    for j in range(i, max(-1, i - _NEAR), -1):
        word = tokens[j].text
        if word in STOPS or word in DEDUCING or word == "but":
            return False
        if word in NEGATIONS or word.endswith("n't"):
            return True
    return False


def _is_praised(tokens: Sequence[Token], at: int, after: int) -> bool:
    """Whether a sentence begins with an option and says that it is the answer: "2 is the best choice"."""
    i = after
    while i < len(tokens) and is_mark(tokens[i]):
        i += 1
    if text_at(tokens, i) not in COPULAS - SIGNS:
        return False
    i += 1
    said: set[str] = set()
    while i < len(tokens) and i - after <= _NEAR and tokens[i].text in _PRAISING:
        said.add(tokens[i].text)
        i += 1
    following = text_at(tokens, i), text_at(tokens, i + 1)
    if following[0] in ("of", "that") or (following[0] == "for" and following[1] not in ("me", "us")):
        return False
    is_mine = "my" in said
    praises = said & (PRAISE | {"my", "answer"}) if said & NOUNS else said & PRAISE and not is_mine
    return bool(praises) and _begins_with_it(tokens, at, is_mine=is_mine)


def _begins_with_it(tokens: Sequence[Token], at: int, *, is_mine: bool) -> bool:
    """Whether a sentence comes to the option at ``at`` at once, or by "I think"."""
    i = at - 1
    while i >= 0 and (is_mark(tokens[i]) or tokens[i].text in _LEADING_WORDS) and at - i <= _NEAR:
        i -= 1
    word = text_at(tokens, i)
    if word in STOPS and is_mine:
        return True
    return begins(tokens, i + 1) or word in DEDUCING or (word in I and _speaks(tokens, i))
