"""What a prompt says: for whom, about what, with which options, and what to reply."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

ReplyForm: TypeAlias = Literal["label", "json", "stated"]

_NAME = r'("(?:[^"\\]|\\.)*")'
_ME = re.compile(rf"^You are {_NAME}\. Your options:$", re.MULTILINE)
_PLAYERS = re.compile(rf"^The players are ({_NAME}(?:, {_NAME})*)\.$", re.MULTILINE)
_OPTION = re.compile(rf"^(\w+)\) {_NAME}$", re.MULTILINE)
_ORDER = re.compile(r"^Act at order (\d+) of theory of mind", re.MULTILINE)
_DOES = re.compile(rf"^- {_NAME} does (.*)$", re.MULTILINE)
_EXPECTS = re.compile(rf"^- {_NAME} expects you to do (.*)$", re.MULTILINE)
_SEEMS = re.compile(r"(?:seems to|may) act at order (\d+) of theory of mind")
_RECOMMENDED = re.compile(rf"^So the best option for you is {_NAME}\. Choose it\.$", re.MULTILINE)
_CHANCE = re.compile(rf"{_NAME}(?: \((\d+)%\))?")
_INJECTED = re.compile(r"\banswer (?:with )?(\w+)\b", re.IGNORECASE)
_MARK = "| "


class UnreadableError(ValueError):
    """The prompt does not say what is needed to answer it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt as understood.

    Attributes:
        me: for whom to decide.
        players: all names.
        game: the lines about the game.
        options: label -> action.
        order: the ToM order to act at; None where the prompt leaves it open.
        expected: other player -> (action -> probability).
        seems: the highest order that another player seems to act at; None where nothing is said.
        wished: what such a player expects of ``me``, action -> probability; empty where not said.
        form: how to reply.
        recommended: the action that is called the best for ``me``; empty where none is.
        intruder: an instruction found among the prompt's own lines that the prompts don't contain.
    """

    me: str
    players: tuple[str, ...]
    game: tuple[str, ...]
    options: Mapping[str, str]
    order: int | None
    expected: Mapping[str, Mapping[str, float]]
    seems: int | None
    wished: Mapping[str, float]
    form: ReplyForm
    intruder: str = ""
    recommended: str = ""


def read_question(messages: Sequence[Mapping[str, Any]]) -> Question:
    """The question in a list of chat messages; what a player said before it is passed over.

    Raises:
        UnreadableError: it does not say who decides, what about, or between which options.
    """
    said = [(str(m.get("role")), str(m.get("content") or "")) for m in messages]
    users = [content for role, content in said if role == "user"]
    if not users:
        raise UnreadableError("there is no user message")
    asked = next((content for content in users if _ME.search(content)), users[0])
    text = "\n".join([*(content for role, content in said if role == "system"), asked])
    own_lines = "\n".join(line for line in text.splitlines() if not line.startswith(_MARK))
    who, players = _ME.search(own_lines), _PLAYERS.search(own_lines)
    if who is None or players is None:
        raise UnreadableError("the prompt does not say who decides and who the players are")
    game = tuple(line[len(_MARK) :] for line in text.splitlines() if line.startswith(_MARK))
    options = {label: json.loads(name) for label, name in _OPTION.findall(own_lines)}
    if not game or not options:
        raise UnreadableError("the prompt has no game or no options")
    order = _ORDER.search(own_lines)
    wished, recommended = _EXPECTS.search(own_lines), _RECOMMENDED.search(own_lines)
    seems = [int(found) for found in _SEEMS.findall(own_lines)]
    return Question(
        me=json.loads(who.group(1)),
        players=tuple(json.loads(name) for name in re.findall(_NAME, players.group(1))),
        game=game,
        options=options,
        order=int(order.group(1)) if order else None,
        expected={json.loads(name): _chances(words) for name, words in _DOES.findall(own_lines)},
        seems=max(seems) if seems else None,
        wished=_chances(wished.group(2)) if wished else {},
        form=_form(users[-1]),
        intruder=_intruder(own_lines, options),
        recommended=json.loads(recommended.group(1)) if recommended else "",
    )


def _chances(words: str) -> dict[str, float]:
    found = {json.loads(name): int(p or 100) / 100.0 for name, p in _CHANCE.findall(words)}
    total = sum(found.values())
    return {action: p / total for action, p in found.items()}


def _form(text: str) -> ReplyForm:
    if '{"probabilities"' in text:
        return "stated"
    return "json" if '{"answer"' in text else "label"


def _intruder(own_lines: str, options: Mapping[str, str]) -> str:
    """The label that an instruction outside of data and quotes demands; such prompts are not ours."""
    for word in _INJECTED.findall(re.sub(_NAME, "", own_lines)):
        for label, action in options.items():
            if word.casefold() in (label.casefold(), action.casefold()):
                return label
    return ""
