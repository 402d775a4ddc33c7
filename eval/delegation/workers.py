"""Who researches: workers that differ in depth, what goes wrong with them, and language models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from atom.randomness import RandomStream
from eval.delegation.questions import OUTPUT_LIMIT, Brief, Question, findings, tokens_of

ORDERS = (0, 1, 2)
"""0 takes its brief literally, 1 infers what its siblings do, 2 second-guesses the lead."""

SLIP = 0.05
"""How often a worker researches any open section, whatever it thinks."""

FAULTS = ("raises", "times out", "answers nonsense")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A brief on its way to its worker.

    Attributes:
        question: what is asked.
        brief: the brief.
        listed: the sections that were open when it was written.
        text: the brief in words.
        key: seed, run and round, which key random numbers.
    """

    question: Question
    brief: Brief
    listed: tuple[str, ...]
    text: str
    key: tuple[int, int, int]

    def stream(self, purpose: str) -> RandomStream:
        """Random numbers of this worker at this point; the same whoever leads."""
        seed, run, turn = self.key
        return RandomStream(seed, run, 1000 * self.question.number + turn, self.brief.worker, purpose)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker returns.

    Attributes:
        text: its output.
        asked: tokens that a model's server counted, besides those of ``text``; None where no server was
            asked, and the brief counts by ``tokens_of``.
    """

    text: str
    asked: int | None = None


Worker: TypeAlias = Callable[[Assignment], Answer]
"""Does what an assignment says, or what it takes it to mean; may raise whatever it likes."""


def lands(listed: Sequence[str], brief: Brief, order: int) -> str:
    """The section that a worker of an order researches.

    Each step of depth takes it one section further down the list: order 1 expects siblings that take a brief
    like its own literally, and makes room; order 2 expects them to make room, and makes room for that. Each
    step of explicitness takes one such step back: whoever is told what its siblings do need not infer it,
    and whoever is told that they were told need not wonder whether they move on.
    """
    at = listed.index(brief.section) + max(0, order - brief.form)
    return listed[at % len(listed)]


def by_depth(order: int, slip: float = SLIP) -> Worker:
    """A worker of an order, as a function."""

    def work(given: Assignment) -> Answer:
        section, stream = lands(given.listed, given.brief, order), given.stream("slip")
        if stream.random() < slip:
            section = given.listed[int(stream.random() * len(given.listed))]
        return Answer(findings(given.question, section))

    return work


@dataclass(frozen=True)
class Faulty:
    """A worker that at a rate raises, times out or answers nonsense, each alike.

    Attributes:
        worker: who works otherwise.
        rate: of faults, in [0, 1].

    Raises:
        ValueError: another rate.
    """

    worker: Worker
    rate: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate <= 1.0:
            raise ValueError(f"the rate of faults is in [0, 1], got {self.rate}")

    @property
    def reserve(self) -> int | None:
        """As the worker's."""
        return getattr(self.worker, "reserve", None)

    def __call__(self, given: Assignment) -> Answer:
        """What the worker does, or a fault."""
        stream = given.stream("fault")
        if stream.random() >= self.rate:
            return self.worker(given)
        fault = FAULTS[int(stream.random() * len(FAULTS))]
        if fault == "raises":
            raise RuntimeError("the worker broke")
        if fault == "times out":
            raise TimeoutError("no answer in time")
        return Answer("I could not make out what is wanted. " * 40)


def team_orders(seed: int, run: int, workers: Sequence[str]) -> dict[str, int]:
    """Worker -> its order, drawn for every run; the same whoever leads."""
    return {
        name: ORDERS[int(RandomStream(seed, run, 0, name, "order").random() * len(ORDERS))]
        for name in workers
    }


class ModelWorker:
    """A language model that is told its brief, and picks the section to research; sources then have findings.

    Its prompt says besides how much the lead credits it for each section: 1 for the one that its brief names.

    Args:
        model: as LiteLLM names it.
        options: how to reach it.
        structured: whether it answers by JSON schema.
    """

    reserve = 1000
    """Tokens of a call besides those of the brief and the output: instructions, template, reply."""

    def __init__(self, model: str, options: Mapping[str, Any], *, structured: bool | None = None) -> None:
        self._model, self._options, self._structured = model, dict(options), structured

    def __call__(self, given: Assignment) -> Answer:
        """The findings on the section that it picks.

        Raises:
            UnansweredError: it gave no usable answer.
        """
        from atom import BareAgent, Situation  # noqa: PLC0415
        from atom.llm import LLMActor, Patience, Sampling  # noqa: PLC0415 - LiteLLM, which takes seconds

        me, named = given.brief.worker, given.brief.section
        sampling = Sampling(structured=self._structured, max_tokens=64)
        patience = Patience(timeout=120.0, deadline=240.0, attempts=1)
        actor = LLMActor(me, self._model, sampling=sampling, patience=patience, **self._options)
        agent = BareAgent(me, actor)
        worth = [f"If {me} chooses {name}: {me} gets {int(name == named)}." for name in given.listed]
        told = "\n".join([given.text, *worth])
        situation = Situation({me: given.listed}, description=told)
        decision, _ = agent.decide(situation, agent.start([]))
        spent = 0 if decision.usage is None else decision.usage.tokens
        if decision.degraded:
            raise UnansweredError(decision.degraded[0], spent)
        return Answer(findings(given.question, decision.action), spent)


class UnansweredError(ValueError):
    """A model gave no usable answer.

    Attributes:
        spent: tokens that its server counted nevertheless.
    """

    def __init__(self, said: str, spent: int) -> None:
        super().__init__(said)
        self.spent = spent


def reserve(given: Assignment, worker: Worker) -> int:
    """The most tokens that an assignment may cost, key included.

    Where a model is asked, a byte of the brief is a token at most, twice for its credits, and instructions
    come on top.
    """
    extra = getattr(worker, "reserve", None)
    asked = tokens_of(given.text) if extra is None else 2 * len(given.text.encode()) + int(extra)
    return asked + OUTPUT_LIMIT + tokens_of(key_of(given))


def key_of(given: Assignment) -> str:
    """Under which an output is kept in the Store; all that comes back to the lead."""
    _, run, turn = given.key
    return f"run-{run}/question-{given.question.number}/round-{turn}/{given.brief.worker}"
