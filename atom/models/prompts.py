"""Questions to a language model: templates filled in, text of others kept apart as data.

Names of players and actions are written as JSON strings, and every line of a description is marked,
so nothing that a partner or a state says can pass for an instruction, an option or a prediction.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import takewhile
from typing import Literal, TypeAlias

from atom.decision import PartnerPrediction, Prediction
from atom.models.wording import chances, in_parts, label_actions, quoted
from atom.names import HABITS
from atom.policies import Policy
from atom.situation import Situation

Tell: TypeAlias = Literal["text", "recommendation", "data"]
"""How a wrapped agent gets the prediction, see ``as_actor``."""

ReplyForm: TypeAlias = Literal["label", "json", "stated"]

_WORTH_WORDS = 0.05
_LIKELY = 0.5
_ANSWER = "Answer what they do."
_ALIGN = (
    "Act at order {order} of theory of mind: above a player's order, answer what it does; below it, do "
    "what it expects of you."
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked on behalf of one player.

    What stays as it is in an episode comes first and what changes last, so that caches of prefixes serve.

    Attributes:
        game: what stays as it is: the players, the rules, for whom to decide.
        actions: label -> action.
        notes: what else stays: what orders of theory of mind are; empty where nothing.
        now: what changes: the state, what is expected, what is to be decided.
        advice: what the system message adds, such as a prediction.
        at_once: whether all players act at the same time.
        said: the player's own messages so far, each with a role and a content; those of the system first.
    """

    game: str
    actions: Mapping[str, str]
    now: str
    notes: str = ""
    advice: str = ""
    at_once: bool = True
    said: Sequence[Mapping[str, str]] = ()

    @property
    def text(self) -> str:
        """Everything but the form of the reply."""
        return "\n\n".join(filter(None, (self._asked, self.notes, self.now)))

    @property
    def _asked(self) -> str:
        listed = (f"{label}) {quoted(act)}" for label, act in self.actions.items())
        return "\n".join([self.game, *listed])

    def messages(self, form: ReplyForm) -> list[dict[str, str]]:
        """System and user message, around what was said before."""
        timing = " in which all players act at the same time" if self.at_once else ""
        system = template("system").substitute(timing=timing)
        before = list(takewhile(lambda message: message["role"] == "system", self.said))
        parts = filter(None, (self._asked, self.notes, self.reply(form), self.now))
        return [
            *map(dict, before),
            {"role": "system", "content": f"{system}\n{self.advice}".strip()},
            *map(dict, self.said[len(before) :]),
            {"role": "user", "content": "\n\n".join(parts)},
        ]

    def listed_from(self, place: int) -> Question:
        """The same question whose list of options begins at another one, counted from 0, in a circle."""
        actions = list(self.actions.values())
        return replace(self, actions=label_actions([*actions[place:], *actions[:place]]))

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


def level_zero(situation: Situation, player: str) -> Question:
    """How would ``player`` act at order 0?"""
    return _question(situation, player, template("tom0").template, notes=template("orders").template)


def level_k(situation: Situation, player: str, order: int, predicted: Mapping[str, Policy]) -> Question:
    """How would ``player`` act at order k >= 1, given what it expects of the others?"""
    task = template("tomk").substitute(order=order, expected=expectations(predicted))
    return _question(situation, player, task, notes=template("orders").template)


def response(situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Question:
    """How would ``player`` answer what it expects of the others, whatever their orders?"""
    task = template("respond").substitute(expected=expectations(predicted))
    return _question(situation, player, task)


def action(situation: Situation, player: str, advice: str = "") -> Question:
    """What does ``player`` do, with or without advice about the others?"""
    return replace(_question(situation, player, notes=template("act").template), advice=advice)


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
        return _question(situation, player, recommendation(prediction), notes=template("act").template)
    return action(situation, player, advice(prediction) if tell == "text" else "")


def told_last(situation: Situation, player: str, prediction: Prediction, tell: Tell) -> Question:
    """The same, and the system message never changes, so that caches of prefixes serve.

    ``"text"`` stands in the question, after the options. Nearer to the end a small model repeats what it says
    of the others instead of answering it (``benchmarks/prompts.py``).
    """
    if tell != "text":
        return told_action(situation, player, prediction, tell)
    notes = "\n\n".join(filter(None, (advice(prediction), template("act").template)))
    return _question(situation, player, notes=notes)


def _kinds(prediction: Prediction) -> list[str]:
    """What the others seem to be, and how to answer that; without percents, which change at every step."""
    alike: dict[str, list[str]] = {}
    for name, partner in prediction.partners.items():
        if _as_order(partner):
            said = "seems to" if partner.probabilities[partner.hypothesis] >= _LIKELY else "may"
            alike.setdefault(f"{said} act at order {partner.order} of theory of mind.", []).append(
                quoted(name)
            )
    lines = [f"- {', '.join(names)} {said}" for said, names in alike.items()]
    if not prediction.partners:
        return []
    heading = ["What was observed so far:"] if lines else []
    return [*heading, *lines, _ANSWER if prediction.order is None else _ALIGN.format(order=prediction.order)]


def _expected_now(prediction: Prediction) -> list[str]:
    """What each of the others does, or what it expects where that is what counts; and the note."""
    lines = []
    for name, partner in prediction.partners.items():
        other = quoted(name)
        kind = "" if _as_order(partner) else f" {_kind(name, partner)}"
        if partner.answered == "reply":
            lines.append(f"- {other} will see what you do, and answer it.{kind}")
        else:
            does = "has done" if partner.answered == "seen" else "does"
            lines.append(f"- {other} {does} {chances(likely(partner))}.{kind}")
        below = (
            prediction.order is not None and partner.order is not None and prediction.order < partner.order
        )
        if below and partner.expects is not None and partner.answered == "estimate":
            lines.append(f"- {other} expects you to do {chances(partner.expects)}.")
    heading = ["You expect now:"] if lines else []
    return [*heading, *lines, *([prediction.note] if prediction.note else [])]


def _as_order(partner: PartnerPrediction) -> bool:
    return partner.answered != "prediction" and partner.order is not None


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
            if partner.drawn is not None:
                why.append(f"Nothing says which, so count on {quoted(partner.drawn)} now.")
    lines = [*why, f"So the best option for you is {quoted(mine)}. Choose it."]
    return "\n".join([*lines, prediction.note] if prediction.note else lines)


def expectations(predicted: Mapping[str, Policy]) -> str:
    """What each player is expected to do, one line each."""
    return "\n".join(f"- {quoted(player)} does {chances(policy)}" for player, policy in predicted.items())


def advice(prediction: Prediction) -> str:
    """The prediction in words, for a wrapped agent; empty where nothing was predicted and nothing noted."""
    return "\n".join([*_kinds(prediction), *_expected_now(prediction)])


def likely(partner: PartnerPrediction) -> Policy:
    """What is expected of a partner; of a mixture of hypotheses what is likely enough to be worth words."""
    if partner.answered != "prediction":
        return partner.expected
    predictive = partner.predictive
    return {action: p for action, p in predictive.items() if p >= min(_WORTH_WORDS, max(predictive.values()))}


def _kind(name: str, partner: PartnerPrediction) -> str:
    """What a partner is taken for that is answered as no order, in one sentence."""
    if partner.order is None and partner.hypothesis != HABITS:
        sure = f"(confidence {partner.probabilities[partner.hypothesis]:.0%})"
        return f"It seems to act by {quoted(partner.hypothesis)} {sure}."
    quotes = replace(partner, counts={quoted(action): n for action, n in partner.counts.items()})
    said = quotes.in_words(quoted(name))
    return f"{said[0].upper()}{said[1:]}."


def likeliest(predicted: Mapping[str, Policy]) -> dict[str, Policy]:
    """Each player's likeliest action alone, the first on ties."""
    return {
        player: {max(policy, key=lambda action: policy[action]): 1.0} for player, policy in predicted.items()
    }


def _question(situation: Situation, player: str, task: str = "", *, notes: str = "") -> Question:
    """The parts of a question.

    Args:
        situation: what is seen.
        player: who decides.
        task: what is asked at the end.
        notes: what is asked, or said besides, before the state of the game.
    """
    rules, state = in_parts(situation.description or _plain_description(situation))
    game = template("game").substitute(
        me=quoted(player), players=", ".join(map(quoted, situation.actions)), game=rules
    )
    so_far = f"The game so far:\n{state}" if state else ""
    return Question(
        game.strip(),
        label_actions(situation.legal(player)),
        "\n\n".join(filter(None, (so_far, _turns(situation, player), task.strip()))),
        notes=notes.strip(),
        at_once=situation.at_once,
    )


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
    return "\n".join(lines)


def _plain_description(situation: Situation) -> str:
    """What can be said of a situation that brings no description."""
    lines = [
        f"{player} can do: {', '.join(map(quoted, actions))}."
        for player, actions in ((quoted(p), a) for p, a in situation.actions.items())
    ]
    lines.append("")
    for i, joint in enumerate(situation.history):
        done = ", ".join(f"{quoted(player)} did {quoted(act)}" for player, act in joint.items())
        lines.append(f"Step {i + 1}: {done}.")
    return "\n".join(lines)
