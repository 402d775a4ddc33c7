"""Reading replies: every reply is checked against the options, whatever the server promised."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from atom.models.labels import LONGEST, has_usual_key, named, within, without_thoughts
from atom.models.options import EDGES, Options
from atom.policies import Policy, added, lapsed

_SHOWN = 80
_MOST = 1.1
_LEAST_MASS = 0.5
_FENCE = re.compile(r"^```[a-z]*\n(.*)\n```$", re.DOTALL)


class ReplyError(ValueError):
    """A reply that names no option; the message tells the model what is wrong."""


class ScatteredError(ReplyError):
    """A first token that is most likely no label."""


def read_label(text: str | None, actions: Mapping[str, str]) -> str:
    """The label that a reply names, in a JSON object or in words, see ``atom.models.labels``.

    Args:
        text: the reply.
        actions: label -> action.

    Raises:
        ReplyError: the reply names none of the options, or several.
    """
    return read_option(text, Options.of(actions))


def read_option(text: str | None, options: Options, *, firmly: bool = False) -> str:
    """The same for options that may be read otherwise.

    What a model thinks before it answers (``<think>``) is not read.

    Args:
        text: the reply.
        options: what it may name.
        firmly: whether only what is said plainly counts, see ``named``.

    Raises:
        ReplyError: the reply names none of the options, or several.
    """
    text = _bare(text)
    found = loaded(text)
    if isinstance(found, dict):
        return read_object(found, options)
    label = named(text, options, firmly=firmly)
    if label is not None:
        return label
    raise ReplyError(
        f"{_shown(text)} is no JSON object" if text.startswith("{") else _none_of_them(text, options)
    )


def read_object(found: Mapping[str, Any], options: Options, others: Options | None = None) -> str:
    """The label that an object names, under ``"answer"``, a like key, or as its only fitting value.

    Args:
        found: a JSON object, a structured answer, or the arguments of a tool.
        options: what it may name.
        others: what values under other keys may name; None for the same.

    Raises:
        ReplyError: it names none of the options, or several.
    """
    label = within(found, options, others)
    if label is not None:
        return label
    if not has_usual_key(found):
        raise ReplyError('the JSON object has no key "answer"')
    raise ReplyError(_none_of_them(_written(found), options))


def _none_of_them(said: str, options: Options) -> str:
    return f"{_shown(said)} is none of the options; their labels are {list(options.actions)}"


def _written(found: Mapping[str, Any]) -> str:
    try:
        return json.dumps(found, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that are no texts, numbers too long to be written
        return f"an object with the keys {list(map(str, found))}"


def read_stated(text: str | None, actions: Mapping[str, str]) -> Policy:
    """The distribution in a reply ``{"probabilities": {LABEL: P, ...}}``.

    Raises:
        ReplyError: it is no distribution over the options.
    """
    found = _json(_bare(text)).get("probabilities")
    if not isinstance(found, dict) or not found:
        raise ReplyError('the JSON object needs a key "probabilities" with an object of labels')
    unknown = [label for label in found if label not in actions]
    if unknown:
        raise ReplyError(f"{_shown(str(unknown[0]))} is no label; the labels are {list(actions)}")
    values = [found.get(label, 0.0) for label in actions]
    if not all(isinstance(v, int | float) and 0 <= v <= _MOST for v in values):
        raise ReplyError("probabilities must be numbers in [0, 1]")
    total = float(added(values))
    if not 0.9 <= total <= _MOST:  # models round; what is further off is no distribution
        raise ReplyError(f"the probabilities add up to {total:g} instead of 1")
    return {action: v / total for action, v in zip(actions.values(), values, strict=True)}


def from_logprobs(
    top: Sequence[Mapping[str, float]], actions: Mapping[str, str], temperature: float
) -> Policy:
    """The distribution over options from one token's log-probabilities.

    ``p(a) ∝ (Σ exp(logprob of the tokens that spell a's label))^(1/T)``, at T = 0 the likeliest label.

    Args:
        top: token position -> (token -> log-probability), asked for at temperature 1.
        actions: label -> action, labels of one token each.
        temperature: T >= 0.

    Raises:
        ScatteredError: no position at which labels have half of the probability.
    """
    for position in top:
        mass = dict.fromkeys(actions, 0.0)
        for token, logprob in position.items():
            label = token.strip(EDGES)
            if label in mass:
                mass[label] += math.exp(min(0.0, logprob))
        if added(mass.values()) >= _LEAST_MASS:
            return _sharpened(mass, actions, temperature)
        if any(token.strip() for token in position):
            break
    raise ScatteredError(f"the reply does not begin with a label; the labels are {list(actions)}")


def _sharpened(mass: Mapping[str, float], actions: Mapping[str, str], temperature: float) -> Policy:
    best = max(mass, key=lambda label: mass[label])
    if temperature <= 0.0:
        return {action: float(label == best) for label, action in actions.items()}
    scaled = {label: (p / mass[best]) ** (1.0 / temperature) for label, p in mass.items()}
    total = added(scaled.values())
    return {action: scaled[label] / total for label, action in actions.items()}


def from_samples(texts: Sequence[str | None], actions: Mapping[str, str]) -> Policy:
    """Frequencies of the labels in several replies; a minority that names none is left out.

    Raises:
        ReplyError: half of the replies or more name no option.
    """
    labels: list[str] = []
    problem = ReplyError("there is no reply")
    for text in texts:
        try:
            labels.append(read_label(text, actions))
        except ReplyError as error:
            problem = error
    if 2 * len(labels) <= len(texts):
        raise problem
    counts = Counter(labels)
    return {action: counts[label] / len(labels) for label, action in actions.items()}


def with_lapse(label: str, actions: Mapping[str, str], lapse: float) -> Policy:
    """One answer as a distribution: ``1 - ε + ε/A`` for it, ``ε/A`` for each other action."""
    return {action: lapsed(float(own == label), lapse, len(actions)) for own, action in actions.items()}


def _bare(text: str | None) -> str:
    text = (text or "").strip()
    if not text:
        raise ReplyError("the reply is empty")
    answer = without_thoughts(text)
    if not answer:
        raise ReplyError("the reply ends within its thoughts; after them, the answer is asked for")
    text = answer
    if len(text) > LONGEST:
        raise ReplyError(f"the reply is {len(text)} characters long; only the answer is asked for")
    fence = _FENCE.match(text)
    return fence.group(1).strip() if fence else text


def _json(text: str) -> dict[str, Any]:
    found = loaded(text)
    if not isinstance(found, dict):
        raise ReplyError(f"{_shown(text)} is no JSON object")
    return found


def loaded(text: str) -> object:
    """What a text is as JSON; None for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= _SHOWN else text[:_SHOWN] + "…", ensure_ascii=False)
