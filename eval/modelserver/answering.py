"""From a question to a chat completion: values, distribution, words, log-probabilities."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.modelserver.grids import grid_values, is_grid
from eval.modelserver.matrix import is_matrix, matrix_values
from eval.modelserver.reading import Question, UnreadableError, read_question

_FILLER = ("The", "I", " ")
_FILLER_LOGPROB = -12.0
_LEAST_LOGPROB = -60.0


@dataclass(frozen=True, slots=True)
class Mind:
    """How the scripted server turns values into answers.

    Attributes:
        rationality: log-odds at temperature 1 for an action over one that is worth the whole range of
            the payoffs less.
        gullible: obey an instruction among the prompt's own lines that does not belong there, as a
            language model might; shows whether data got out of its fence.
        chatty: begin with other words than the answer.
    """

    rationality: float = 3.0
    gullible: bool = False
    chatty: bool = False

    def logits(self, question: Question) -> dict[str, float]:
        """Label -> logit.

        Raises:
            UnreadableError: the game is of no kind that can be read, or tells too little.
        """
        if self.gullible and question.intruder:
            return {label: 0.0 if label == question.intruder else -50.0 for label in question.options}
        if question.recommended in question.options.values():
            values = {label: float(act == question.recommended) for label, act in question.options.items()}
        elif is_grid(question):
            values = grid_values(question)
        elif is_matrix(question):
            values = matrix_values(question)
        else:
            raise UnreadableError("the game is told neither by payoffs nor by a map")
        return {label: self.rationality * value for label, value in values.items()}


def complete(
    request: Mapping[str, Any], mind: Mind, rng: np.random.Generator, fault: str = ""
) -> dict[str, Any]:
    """The body of a chat completion.

    Args:
        request: the body of the request.
        mind: how values become answers.
        rng: draws the replies.
        fault: the kind of fault that the reply is to have, if it is one of the reply's.

    Raises:
        UnreadableError: the prompt cannot be answered.
    """
    question = read_question(request.get("messages") or [])
    logits = mind.logits(question)
    n = int(request.get("n") or 1)
    temperature = 1.0 if request.get("temperature") is None else float(request["temperature"])
    chosen = [_draw(logits, temperature, rng) for _ in range(n)]
    texts = [_worded(question, label, logits, fault) for label in chosen]
    if mind.chatty and question.form == "label":
        texts = [
            "Surely the" if request.get("logprobs") else f"Surely the answer is {text}" for text in texts
        ]
    choices = []
    for i, text in enumerate(texts):
        choice: dict[str, Any] = {
            "index": i,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
            "logprobs": None,
        }
        if request.get("logprobs"):
            odd = fault or ("chatty" if mind.chatty else "")
            choice["logprobs"] = {"content": _logprobs(question, logits, text, odd, request)}
        choices.append(choice)
    prompt = sum(len(str(m.get("content") or "")) for m in request["messages"]) // 4
    completion = sum(max(1, len(text or "") // 4) for text in texts)
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": str(request.get("model", "scripted")),
        "choices": choices,
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }


def _draw(logits: Mapping[str, float], temperature: float, rng: np.random.Generator) -> str:
    labels = list(logits)
    if temperature <= 0.0:
        return max(labels, key=lambda label: logits[label])
    weights = _probabilities({label: value / temperature for label, value in logits.items()})
    return labels[int(rng.choice(len(labels), p=list(weights.values())))]


def _probabilities(logits: Mapping[str, float]) -> dict[str, float]:
    top = max(logits.values())
    weights = {label: math.exp(value - top) for label, value in logits.items()}
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}


def _worded(question: Question, label: str, logits: Mapping[str, float], fault: str) -> str | None:
    if fault == "empty":
        return None
    if fault == "over-long":
        return "Let me think about this step by step. " * 2_000
    if fault == "wrong-schema":
        return json.dumps({"choice": {"option": [label]}})
    if fault == "illegal":
        label = "Z9"
    if question.form == "stated":
        shares = {known: round(p, 4) for known, p in _probabilities(logits).items()}
        return json.dumps({"probabilities": {"Z9": 1.0} if fault == "illegal" else shares})
    return json.dumps({"answer": label}) if question.form == "json" else label


def _logprobs(
    question: Question, logits: Mapping[str, float], text: str | None, fault: str, request: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One position: the first token of the reply and its alternatives."""
    if fault == "empty":
        return []
    first = (text or "")[:2] if fault else (text or "")[:1]
    if fault or question.form != "label":
        top = {first: -1e-3, **dict.fromkeys(_FILLER, _FILLER_LOGPROB)}
    else:
        known = _probabilities(logits)
        top = {
            label: max(_LEAST_LOGPROB, math.log(p)) if p > 0 else _LEAST_LOGPROB for label, p in known.items()
        }
        top |= dict.fromkeys(_FILLER, _FILLER_LOGPROB)
    ranked = sorted(top.items(), key=lambda item: -item[1])[: int(request.get("top_logprobs") or 0)]
    entries = [{"token": token, "logprob": p, "bytes": list(token.encode())} for token, p in ranked]
    own = {"token": first, "logprob": top.get(first, _LEAST_LOGPROB), "bytes": list(first.encode())}
    return [{**own, "top_logprobs": entries}]
