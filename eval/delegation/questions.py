"""What is asked and found out: questions, briefs in words, findings, and how tokens are counted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from atom.randomness import RandomStream

FACETS = 3
"""Facets of a section; one who researches it returns a finding on each."""

TOPICS = (
    "causes", "costs", "dates", "laws", "makers", "markets", "people", "places", "prices", "risks", "rivals",
    "routes", "sources", "supply", "trends", "uses",
)  # fmt: skip
"""Names of sections."""

_SUBJECTS = (
    "cobalt",
    "glass",
    "helium",
    "maize",
    "paper",
    "quartz",
    "rubber",
    "salt",
    "silk",
    "tin",
    "wool",
    "zinc",
)
_FINDING = re.compile(r"^- (\w+) (\d+): ", re.MULTILINE)
_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what an answer has to cover.

    Attributes:
        number: within its run, from 0.
        subject: what it is about.
        sections: its parts, in the order in which everybody lists them.
    """

    number: int
    subject: str
    sections: tuple[str, ...]

    @property
    def facets(self) -> int:
        """How many there are to cover."""
        return FACETS * len(self.sections)


@dataclass(frozen=True, slots=True)
class Brief:
    """What a lead wants of a worker.

    Attributes:
        worker: its name.
        section: the subtask, an open section.
        form: how explicit it is: 0 names the section, 1 also says what the others do, 2 also says that all
            were told so and keep to it.
    """

    worker: str
    section: str
    form: int = 0


FORMS = (0, 1, 2)


def make_question(seed: int, run: int, number: int, sections: int) -> Question:
    """A question of its own for every seed, run and number.

    Raises:
        ValueError: more sections than there are names for, or none.
    """
    if not 1 <= sections <= len(TOPICS):
        raise ValueError(
            f"a question has 1 to {len(TOPICS)} sections, workers times rounds; got {sections}: take fewer "
            "workers or rounds"
        )
    stream = RandomStream(seed, run, number, "question", "sections")
    names = sorted(TOPICS, key=lambda _: stream.random())
    return Question(number, _SUBJECTS[int(stream.random() * len(_SUBJECTS))], tuple(names[:sections]))


def tokens_of(text: str) -> int:
    """Four characters are a token, rounded up: the one rule for everything that no model's server counts."""
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN)


def in_words(
    question: Question,
    brief: Brief,
    others: Sequence[Brief],
    listed: Sequence[str],
    known: Sequence[str] = (),
) -> str:
    """A brief as its worker reads it.

    Args:
        question: what is asked.
        brief: for whom, what, and how explicitly.
        others: the briefs that go out with it.
        listed: the sections that are open.
        known: findings that whoever reads it is handed on.
    """
    asked = f"Question {question.number}: what is known of {question.subject}?"
    todo = f"Research {brief.section}; a line for each of {FACETS} findings."
    said = [*known, f"You are {brief.worker}. {asked} Open sections: {', '.join(listed)}. {todo}"]
    if brief.form >= 1:
        told = ", ".join(
            f"{other.worker} {other.section}" for other in others if other.worker != brief.worker
        )
        said.append(f"The others research: {told or 'nothing'}. Leave that to them.")
    if brief.form >= 2:
        said.append(
            "All were told the same of one another, and all of them keep to it; so stay with your section, "
            "whatever you think that they will do."
        )
    return "\n".join(said)


def findings(question: Question, section: str) -> str:
    """What the sources have on a section: a line of 160 characters for each facet."""
    lines = [f"- {section} {number}: of {question.subject}, source {number} says " for number in _numbers()]
    return "\n".join(f"{line:.<160}" for line in lines)


def covered(text: str, question: Question) -> list[tuple[str, int]]:
    """The facets that a text has findings on, in its order; others than the question's are passed over."""
    found = [(section, int(number)) for section, number in _FINDING.findall(text)]
    return [
        (section, number)
        for section, number in found
        if section in question.sections and number in _numbers()
    ]


def _numbers() -> range:
    return range(1, FACETS + 1)


OUTPUT_LIMIT = 150
"""Tokens of an output; what goes beyond is cut off. Findings on a section take 121."""
