"""What the nine graphs share: a scripted chat model, a count of what went wrong, and a small table.

The model stands in for a real one, so that everything runs offline. It is told what the others do, or did
last, and keeps out of their way. Put a model of LangChain in its place, and nothing else changes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, TypeAlias

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

ROUNDS = 20
WAYS = ("bare", "coin", "convention", "ours")


class ScriptedModel(BaseChatModel):
    """Reads in the prompt what the others do, and takes the first option that is not theirs.

    Attributes:
        joins: take what they do instead.
        spent: tokens of every call, four letters each.
    """

    joins: bool = False
    spent: list[int] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        prompt = "\n".join(str(message.text) for message in messages)
        answer = self.choose(prompt)
        self.spent.append((len(prompt) + len(answer)) // 4)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answer))])

    def choose(self, prompt: str) -> str:
        """The option that fits what the prompt says."""
        options: list[str] = re.findall(r'^\w+\) "([^"]+)"', prompt, re.MULTILINE)
        own = re.search(r"^Act at order (\d+)", prompt, re.MULTILINE)
        theirs = re.search(r"seems to act at order (\d+)", prompt)
        expected = re.search(r'expects you to do "([^"]+)"', prompt)
        if own and theirs and expected and int(own[1]) < int(theirs[1]):
            return expected[1]  # the other makes room for that
        said = re.findall(r'^- "[^"]+" (?:does|did|accepted|has done) (.+)', prompt, re.MULTILINE)
        said = said or re.findall(r"^- .* has announced that it will do (.+)", prompt, re.MULTILINE)
        crowd: Counter[str] = Counter()
        for line in said:
            for action, percent in re.findall(r'"([^"]+)"(?: \((\d+)%\))?(?=[.,;]|$)', line):
                crowd[action] += int(percent or 100)
        return (max if self.joins else min)(options, key=crowd.__getitem__)


def question(options: Sequence[str], seen: Mapping[str, str], verb: str = "did") -> str:
    """What a bare agent asks its model."""
    lines = [f'- "{name}" {verb} "{action}".' for name, action in seen.items()]
    lines += ["Your options:", *(f'{i}) "{option}"' for i, option in enumerate(options, 1))]
    return "\n".join([*lines, "Choose one."])


def ask(model: BaseChatModel, options: Sequence[str], seen: Mapping[str, str], verb: str = "did") -> str:
    """What a bare agent asks its model, and the answer."""
    return str(model.invoke(question(options, seen, verb)).text)


@dataclass(frozen=True)
class Episode:
    """What came of one run of a graph.

    Attributes:
        wrong: how many of its rounds went wrong.
        calls, tokens: what the agents in our seats spent on models.
    """

    wrong: int
    calls: int = 0
    tokens: int = 0


def episode(wrong: int, model: ScriptedModel) -> Episode:
    """The same, counted by the model itself."""
    return Episode(wrong, len(model.spent), sum(model.spent))


Numbers: TypeAlias = "dict[str, dict[str, list[Episode]]]"
"""Partner -> who sits in our seat -> one episode for every seed."""


def measure(
    play: Callable[[str, str, int], Episode],
    partners: Sequence[str],
    seeds: int,
    ways: Sequence[str] = WAYS,
) -> Numbers:
    """Every way beside every partner: ``play(way, partner, seed)``."""
    return {
        partner: {way: [play(way, partner, seed) for seed in range(seeds)] for way in ways}
        for partner in partners
    }


def over_partners(numbers: Numbers, way: str) -> list[Episode]:
    """All episodes of one way."""
    return [one for ways in numbers.values() for one in ways.get(way, [])]


def wrong(episodes: Sequence[Episode]) -> float:
    """Mean number of rounds that went wrong."""
    return mean(one.wrong for one in episodes)


def in_words(episodes: Sequence[Episode]) -> str:
    """Mean and standard error of what went wrong; a dash where nobody played."""
    if not episodes:
        return "–"
    counts = [float(one.wrong) for one in episodes]
    error = stdev(counts) / len(counts) ** 0.5 if len(counts) > 1 else 0.0
    return f"{mean(counts):.1f}" + (f" ± {error:.1f}" if error else "")


def show(numbers: Numbers) -> None:
    """Prints what went wrong beside every partner, and what it cost."""
    ways = list(next(iter(numbers.values())))
    print(f"{f'wrong of {ROUNDS} rounds':>22}" + "".join(f"{way:>14}" for way in ways))
    for partner, by_way in numbers.items():
        print(f"{partner:>22}" + "".join(f"{in_words(by_way[way]):>14}" for way in ways))
    for title, key in (("calls", "calls"), ("tokens", "tokens")):
        spent = [mean(getattr(one, key) for one in over_partners(numbers, way)) for way in ways]
        print(f"{title:>22}" + "".join(f"{value:>14.0f}" for value in spent))
