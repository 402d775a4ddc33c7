"""Questions to a language model: templates filled in, text of others kept apart as data.

Names of players and actions are written as JSON strings, and every line of a description is marked,
so nothing that a partner or a state says can pass for an instruction, an option or a prediction.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import takewhile
from typing import Literal, TypeAlias

from atom.decision import PartnerPrediction, Prediction
from atom.names import HABITS
from atom.policies import Policy
from atom.situation import Situation

Tell: TypeAlias = Literal["text", "recommendation", "data"]
"""How a wrapped agent gets the prediction, see ``as_actor``."""

ReplyForm: TypeAlias = Literal["label", "json", "stated"]

_MARK = "| "
_LETTERS = string.ascii_uppercase
_CERTAIN = 0.995
_WORTH_WORDS = 0.05
_ANSWER = "Answer what they do."
_ALIGN = (
    "Act at order {order} of theory of mind: above a player's order, answer what it does; below it, do "
    "what it expects of you."
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked on behalf of one player.

    Attributes:
        text: everything but the form of the reply.
        actions: label -> action.
        advice: what the system message adds, such as a prediction.
        at_once: whether all players act at the same time.
        said: the player's own messages so far, each with a role and a content; those of the system first.
    """

    text: str
    actions: Mapping[str, str]
    advice: str = ""
    at_once: bool = True
    said: Sequence[Mapping[str, str]] = ()

    def messages(self, form: ReplyForm) -> list[dict[str, str]]:
        """System and user message, around what was said before."""
        timing = " in which all players act at the same time" if self.at_once else ""
        system = template("system").substitute(timing=timing)
        before = list(takewhile(lambda message: message["role"] == "system", self.said))
        return [
            *map(dict, before),
            {"role": "system", "content": f"{system}\n{self.advice}".strip()},
            *map(dict, self.said[len(before) :]),
            {"role": "user", "content": f"{self.text}\n\n{self.reply(form)}"},
        ]

    def reply(self, form: ReplyForm) -> str:
        """The sentence that asks for a reply of some form."""
        labels = list(self.actions)
        listed = " or ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)
        example = ", ".join(f'"{label}": P' for label in labels)
        return template(f"reply_{form}").substitute(labels=listed, example=example).strip()


@cache
def template(name: str) -> string.Template:
    """The template in ``prompts/NAME.md``."""
    file = resources.files("atom.models") / "templates" / f"{name}.md"
    return string.Template(file.read_text(encoding="utf-8"))


def label_actions(actions: Sequence[str]) -> dict[str, str]:
    """Label -> action: digits where nine are enough, else capital letters, else numbers.

    Digits and letters are one token each, so that one token's log-probabilities cover all options.
    """
    if len(actions) <= 9:
        labels = [str(i + 1) for i in range(len(actions))]
    elif len(actions) <= len(_LETTERS):
        labels = list(_LETTERS[: len(actions)])
    else:
        labels = [str(i + 1) for i in range(len(actions))]
    return dict(zip(labels, actions, strict=True))


def quoted(name: str) -> str:
    """A name as a JSON string on one line."""
    return json.dumps(name, ensure_ascii=not name.isprintable())


def marked(text: str) -> str:
    """Text of others with every line marked as data."""
    return "\n".join(_MARK + line.rstrip() for line in text.strip("\n").splitlines())


def level_zero(situation: Situation, player: str) -> Question:
    """How would ``player`` act at order 0?"""
    return _question(situation, player, template("tom0").template)


def level_k(situation: Situation, player: str, order: int, predicted: Mapping[str, Policy]) -> Question:
    """How would ``player`` act at order k >= 1, given what it expects of the others?"""
    task = template("tomk").substitute(order=order, below=order - 1, expected=expectations(predicted))
    return _question(situation, player, task)


def response(situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Question:
    """How would ``player`` answer what it expects of the others, whatever their orders?"""
    task = template("respond").substitute(expected=expectations(predicted))
    return _question(situation, player, task)


def action(situation: Situation, player: str, advice: str = "") -> Question:
    """What does ``player`` do, with or without advice about the others?"""
    return replace(_question(situation, player, template("act").template), advice=advice)


def told_action(situation: Situation, player: str, prediction: Prediction, tell: Tell) -> Question:
    """What does ``player`` do, told of the others?

    Args:
        situation: what it sees.
        player: who decides.
        prediction: what is expected of the others.
        tell: ``"text"`` puts that into the system message, a ``"recommendation"`` at the end of the
            question, and ``"data"`` nowhere: that is the caller's.
    """
    if tell == "recommendation":
        question = action(situation, player)
        said = recommendation(prediction)
        return replace(question, text=f"{question.text}\n\n{said}") if said else question
    return action(situation, player, advice(prediction) if tell == "text" else "")


def recommendation(prediction: Prediction) -> str:
    """The action that fits in words, and why; empty where none is recommended."""
    mine = prediction.recommended
    if mine is None:
        return ""
    why = []
    for name, partner in prediction.partners.items():
        if partner.answered == "reply":
            why.append(f"{quoted(name)} will see it and answer.")
        elif partner.answered == "seen":
            why.append(f"{quoted(name)} has done {chances(partner.expected)}.")
        else:
            why.append(f"{quoted(name)} is likely to do {chances(likely(partner))}.")
    lines = [*why, f"So the best option for you is {quoted(mine)}. Choose it."]
    return "\n".join([*lines, prediction.note] if prediction.note else lines)


def expectations(predicted: Mapping[str, Policy]) -> str:
    """What each player is expected to do, one line each."""
    return "\n".join(f"- {quoted(player)} does {chances(policy)}" for player, policy in predicted.items())


def advice(prediction: Prediction) -> str:
    """The prediction in words, for a wrapped agent; empty where nothing was predicted."""
    lines = []
    for name, partner in prediction.partners.items():
        partner_text = quoted(name)
        if partner.answered == "reply":
            lines.append(f"- {partner_text} will see what you do, and answer it. {_kind(name, partner)}")
        else:
            does = "has done" if partner.answered == "seen" else "does"
            lines.append(f"- {partner_text} {does} {chances(likely(partner))}. {_kind(name, partner)}")
        if partner.expects is not None and partner.answered == "estimate":
            lines.append(f"- {partner_text} expects you to do {chances(partner.expects)}.")
    if lines:
        lines.insert(0, "What was observed so far lets you expect now:")
        lines.append(_ANSWER if prediction.order is None else _ALIGN.format(order=prediction.order))
    return "\n".join([*lines, prediction.note] if prediction.note else lines)


def likely(partner: PartnerPrediction) -> Policy:
    """What is expected of a partner; of a mixture of hypotheses what is likely enough to be worth words."""
    if partner.answered != "prediction":
        return partner.expected
    predictive = partner.predictive
    return {action: p for action, p in predictive.items() if p >= min(_WORTH_WORDS, max(predictive.values()))}


def _kind(name: str, partner: PartnerPrediction) -> str:
    """What the partner is taken for, in one sentence."""
    confidence = f"(confidence {partner.probabilities[partner.hypothesis]:.0%})"
    if partner.answered != "prediction" and partner.order is not None:
        return f"It seems to act at order {partner.order} of theory of mind {confidence}."
    if partner.order is None and partner.hypothesis != HABITS:
        return f"It seems to act by {quoted(partner.hypothesis)} {confidence}."
    quotes = replace(partner, counts={quoted(action): n for action, n in partner.counts.items()})
    said = quotes.in_words(quoted(name))
    return f"{said[0].upper()}{said[1:]}."


def likeliest(predicted: Mapping[str, Policy]) -> dict[str, Policy]:
    """Each player's likeliest action alone, the first on ties."""
    return {
        player: {max(policy, key=lambda action: policy[action]): 1.0} for player, policy in predicted.items()
    }


def chances(policy: Policy) -> str:
    """A distribution in words: the action alone where it is as good as certain, else whole percents.

    Rounding keeps prompts alike where models differ in the last digits, so that memos find them.
    """
    ranked = sorted(policy.items(), key=lambda item: -item[1])
    if ranked[0][1] >= _CERTAIN:
        return quoted(ranked[0][0])
    return ", ".join(f"{quoted(a)} ({p:.0%})" for a, p in ranked if p >= 1.0 - _CERTAIN)


def _question(situation: Situation, player: str, task: str) -> Question:
    labelled = label_actions(situation.legal(player))
    text = template("game").substitute(
        me=quoted(player),
        players=", ".join(map(quoted, situation.actions)),
        game=marked(situation.description or _plain_description(situation)),
        turns=_turns(situation, player),
        options="\n".join(f"{label}) {quoted(act)}" for label, act in labelled.items()),
    )
    return Question(f"{text.strip()}\n\n{task.strip()}", labelled, at_once=situation.at_once)


def _turns(situation: Situation, player: str) -> str:
    """What others said and did in this step, and who will see what the player does; empty where nothing."""
    said, moved = situation.announced, situation.moved
    lines = [
        f"- {quoted(name)} has announced that it will do {quoted(str(act))}; that may be true or not."
        for name, act in (said or {}).items()
        if name not in (player, *moved)
    ]
    lines += [
        f"- {quoted(name)} has already done {quoted(act)} in this step."
        for name, act in moved.items()
        if name != player
    ]
    later = () if situation.at_once else situation.later(player)
    if later:
        lines.append(f"- After you: {', '.join(map(quoted, later))}, who will see what you do.")
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _plain_description(situation: Situation) -> str:
    """What can be said of a situation that brings no description."""
    lines = [
        f"{player} can do: {', '.join(map(quoted, actions))}."
        for player, actions in ((quoted(p), a) for p, a in situation.actions.items())
    ]
    for i, joint in enumerate(situation.history):
        done = ", ".join(f"{quoted(player)} did {quoted(act)}" for player, act in joint.items())
        lines.append(f"Step {i + 1}: {done}.")
    return "\n".join(lines)
