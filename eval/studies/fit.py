"""Whether a language model can use a prediction, tried in situations whose best response is known.

In each of them the partner does one action for certain, so that the best responses are a matter of the
payoffs. The model is asked three times: told nothing, told the prediction, and told which action is best.
What it answers untold is what it would do anyway; how much more often it is right when told says in which
words a belief reaches it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from atom import LLMError, PartnerPrediction, Prediction, Situation
from atom.agents import Gate
from atom.belief import order
from atom.models.prompts import Tell
from atom.usage import Meter, metered
from eval.measure import Interval, wilson_interval
from eval.play import MAX_DEGRADED
from eval.tasks import DescribedTask, MatrixTask, make_task
from partners import LLMBackend

TASKS = ("memory-1", "anti-coordination-3", "coordination-3", "stag-hunt", "one-ahead-5")
"""Games of two players whose best responses stand at every place of the list of options."""

Way: TypeAlias = Literal["untold", "told", "recommended"]
WAYS: tuple[Way, ...] = ("untold", "told", "recommended")

FOLLOWS = 0.95
"""A model that does what is best at least this often needs no gate."""


@dataclass(frozen=True, slots=True)
class Known:
    """A situation whose best responses are known.

    Attributes:
        task: its name.
        me, partner: players.
        situation: with the rules in words.
        does: what the partner does for certain.
        best: the best responses of ``me``.
    """

    task: str
    me: str
    partner: str
    situation: Situation
    does: str
    best: frozenset[str]

    def prediction(self, way: Way) -> Prediction:
        """What the model is told; nothing where it is told nothing."""
        if way == "untold":
            return Prediction(0, {})
        expected = PartnerPrediction(order(0).name, {order(0).name: 1.0}, {order(0).name: {self.does: 1.0}})
        action = next(action for action in self.situation.legal(self.me) if action in self.best)
        recommended = action if way == "recommended" else None
        return Prediction(1, {self.partner: expected}, recommended=recommended)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answered in one way.

    Attributes:
        way: what it was told.
        asked: how many questions.
        best: how many answers were best responses.
        none: how many questions it had no usable answer to.
        favourite: the largest share of answers with one place in the list of options, in [0, 1]; 1 for a
            model that names the same place whatever it is asked.
        place: that place, counted from 1; 0 where there were no answers.
        tokens: of prompt and answer, a question.
    """

    way: Way
    asked: int
    best: int
    none: int
    favourite: float
    place: int
    tokens: float

    @property
    def is_unanswered(self) -> bool:
        """Whether too many questions had no usable answer for the others to say anything."""
        return self.none > MAX_DEGRADED * self.asked

    @property
    def share(self) -> Interval:
        """Best responses as a share of the questions, with Wilson's interval."""
        return wilson_interval(self.best, self.asked)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model should be used.

    Attributes:
        answers: one for each of ``WAYS``.
        chance: the share of best responses of a coin.
        tell: in which words to tell it; None where neither way makes it better than it is untold.
        gate: ``"off"`` where it follows what it is told, else ``"override"``.
        reason: why, in a sentence.
    """

    answers: tuple[Answers, ...]
    chance: float
    tell: Tell | None
    gate: Gate
    reason: str

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data."""
        return {
            "answers": [
                {
                    "way": one.way,
                    "asked": one.asked,
                    "best": one.best,
                    "none": one.none,
                    "interval": [one.share.low, one.share.high],
                    "favourite": one.favourite,
                    "place": one.place,
                    "tokens": one.tokens,
                }
                for one in self.answers
            ],
            "chance": self.chance,
            "tell": self.tell,
            "gate": self.gate,
            "reason": self.reason,
        }


def known_situations(tasks: Iterable[str] = TASKS) -> Iterator[Known]:
    """Every action of the partner on every task, at the first step.

    Raises:
        ValueError: an unknown task, or one that is no normal-form game of two players.
    """
    for name in tasks:
        task = make_task(name)
        if not isinstance(task, MatrixTask) or len(task.players) != 2:
            raise ValueError(
                f"{name!r} is no normal-form game of two players, so what is best is not known; name such as "
                f"{', '.join(TASKS)}"
            )
        described, (me, partner) = DescribedTask(task), task.players
        situation = described.situation(described.start())
        for does in situation.legal(partner):
            best = task.reasoner().best_actions(situation, me, {partner: {does: 1.0}})
            yield Known(name, me, partner, situation, does, best)


def fit(
    model: str, backend: LLMBackend, known: Sequence[Known], *, progress: Callable[[], None] = lambda: None
) -> Fit:
    """Asks a model in every situation and every way, one after the other.

    Args:
        model: as LiteLLM names it.
        backend: how it is asked.
        known: from ``known_situations``.
        progress: called after every question.

    Raises:
        ValueError: no situations.
    """
    if not known:
        raise ValueError("there is no situation to try the model in; name a task")
    answers = tuple(_asked(model, backend, known, way, progress) for way in WAYS)
    chance = sum(len(one.best) / len(one.situation.legal(one.me)) for one in known) / len(known)
    return Fit(answers, chance, *choose(answers))


def choose(answers: Sequence[Answers]) -> tuple[Tell | None, Gate, str]:
    """How to tell a model, and whether to overrule it.

    It is told in the way in which it is right most often, by a recommendation where both are equal. Where it
    does what is best in ``FOLLOWS`` of all, it needs no gate. Else it is overruled, and told only where it is
    right more often than untold, by Wilson's interval around the former.

    Args:
        answers: one for each of ``WAYS``.
    """
    untold, told, recommended = (next(one for one in answers if one.way == way) for way in WAYS)
    if any(one.is_unanswered for one in answers):
        none = sum(one.none for one in answers)
        asked = sum(one.asked for one in answers)
        return None, "override", f"no usable answer to {none} of {asked} questions: it cannot be judged"
    tell: Tell
    better, tell = (recommended, "recommendation") if recommended.best >= told.best else (told, "text")
    said = f"{better.best} of {better.asked} right when {better.way}, {untold.best} untold"
    if better.share.estimate >= FOLLOWS:
        return tell, "off", f"{said}: it follows"
    if better.best <= untold.best or better.share.low <= untold.share.estimate:
        return None, "override", f"{said}, which may be chance: words do not reach it, so the gate has to act"
    return tell, "override", f"{said}: it follows now and then"


def _asked(
    model: str, backend: LLMBackend, known: Sequence[Known], way: Way, progress: Callable[[], None]
) -> Answers:
    places: Counter[int] = Counter()
    right = none = tokens = 0
    for one in known:
        actor = backend.actor(one.me, model, seed=0, recommended=way == "recommended")
        with metered(Meter()) as meter:
            try:
                action = actor(one.situation, one.prediction(way))
            except LLMError:
                none += 1
            else:
                places[one.situation.legal(one.me).index(action) + 1] += 1
                right += action in one.best
        usage = meter.usage()
        tokens += usage.prompt_tokens + usage.completion_tokens
        progress()
    place, often = places.most_common(1)[0] if places else (0, 0)
    favourite = often / sum(places.values()) if places else 0.0
    return Answers(way, len(known), right, none, favourite, place, tokens / len(known))
