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


@dataclass(frozen=True)
class Summary:
    """One way beside all partners, each of whom counts alike.

    Attributes:
        wrong, error: mean number of rounds that went wrong, and its standard error over seeds.
        worst: the mean beside the partner that it suits least.
        calls, tokens: means.
    """

    wrong: float
    error: float
    worst: float
    calls: float
    tokens: float


def summary(numbers: Numbers, way: str) -> Summary:
    """What one way came to."""
    by_partner = [ways[way] for ways in numbers.values()]
    means = [mean(one.wrong for one in episodes) for episodes in by_partner]
    errors = [_error([one.wrong for one in episodes]) for episodes in by_partner]
    everything = [one for episodes in by_partner for one in episodes]
    return Summary(
        mean(means),
        sum(error**2 for error in errors) ** 0.5 / len(errors),
        max(means),
        mean(one.calls for one in everything),
        mean(one.tokens for one in everything),
    )


def in_words(value: float, error: float) -> str:
    """Mean and standard error; the latter only where there is any."""
    return f"{value:.1f} ± {error:.1f}" if error else f"{value:.1f}"


def show(numbers: Numbers) -> None:
    """Prints what went wrong beside every partner, and what it cost."""
    ways = list(next(iter(numbers.values())))
    print(f"{f'wrong of {ROUNDS} rounds':>24}" + "".join(f"{way:>14}" for way in ways))
    for partner, by_way in numbers.items():
        sums = [summary({partner: by_way}, way) for way in ways]
        print(f"{partner:>24}" + "".join(f"{in_words(one.wrong, one.error):>14}" for one in sums))
    totals = [summary(numbers, way) for way in ways]
    print(f"{'calls':>24}" + "".join(f"{one.calls:>14.0f}" for one in totals))
    print(f"{'tokens':>24}" + "".join(f"{one.tokens:>14.0f}" for one in totals))


def _error(counts: Sequence[int]) -> float:
    return stdev(counts) / len(counts) ** 0.5 if len(counts) > 1 else 0.0
