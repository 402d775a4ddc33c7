"""Who delegates: leads that brief by a habit, by a coin, by trust, or by what they believe of each worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from atom import AdaptiveAgent, Decision, Memory, Seen, Situation
from atom.belief import order
from atom.policies import Policy
from atom.randomness import RandomStream
from eval.delegation.questions import FACETS, FORMS, Brief, Question, findings, in_words, tokens_of
from eval.delegation.workers import ORDERS, lands

LEAD = "lead"
PRICE = 0.005
"""What a token costs beside a facet, which is worth 1."""

STEPS = (*(f"{k} on" for k in ORDERS), "elsewhere")
"""What a worker does, as the lead sees it: how far past its section it goes when only that is named."""

Believed: TypeAlias = Mapping[str, Mapping[int, float]]
"""Worker -> order -> probability."""


@dataclass(frozen=True, slots=True)
class View:
    """What a lead sees before it delegates.

    Attributes:
        question: what is asked.
        listed: its open sections, one at least.
        workers: whom it may brief.
        left: rounds of the run, this one included.
        key: seed, run and round.
    """

    question: Question
    listed: tuple[str, ...]
    workers: tuple[str, ...]
    left: int
    key: tuple[int, int, int]


class Lead(Protocol):
    """Splits a question over workers."""

    def start(self, run: int, workers: Sequence[str]) -> Memory:
        """What it remembers at the beginning of a run."""
        ...

    def plan(self, view: View, memory: Memory) -> tuple[tuple[Brief, ...], Memory]:
        """Its briefs, at most one for each worker, and what it remembers."""
        ...

    def learn(
        self, memory: Memory, listed: Sequence[str], briefs: Sequence[Brief], did: Mapping[str, str]
    ) -> Memory:
        """What it remembers after workers returned; ``did`` has the section of each that can be read."""
        ...


class Rule:
    """A lead that remembers nothing.

    Args:
        rule: ``rule(view)``, its briefs.
    """

    def __init__(self, rule: Callable[[View], tuple[Brief, ...]]) -> None:
        self._rule = rule

    def start(self, run: int, workers: Sequence[str]) -> Memory:
        """Nothing."""
        return {}

    def plan(self, view: View, memory: Memory) -> tuple[tuple[Brief, ...], Memory]:
        """By its rule."""
        return self._rule(view), memory

    def learn(
        self, memory: Memory, listed: Sequence[str], briefs: Sequence[Brief], did: Mapping[str, str]
    ) -> Memory:
        """The same."""
        return memory


class Depths:
    """A reasoner about workers: one of order k goes k sections on, where only its own is named."""

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """The step that a player of an order takes; the lead has one action."""
        return {LEAD if player == LEAD else STEPS[order]: 1.0}


class Believing:
    """A lead with one posterior for each worker, over the three orders.

    Args:
        seed: of its random numbers.
    """

    def __init__(self, seed: int) -> None:
        self.agent = AdaptiveAgent(LEAD, Depths(), hypotheses=[order(k) for k in ORDERS], seed=seed)

    def start(self, run: int, workers: Sequence[str]) -> Memory:
        """A new belief about everybody."""
        return self.agent.start(workers, episode=run)

    def plan(self, view: View, memory: Memory) -> tuple[tuple[Brief, ...], Memory]:
        """The briefs that are worth most by its belief."""
        decision, memory = self.agent.decide(situation(view.workers), memory)
        return planned(view, believed(decision)), memory

    def learn(
        self, memory: Memory, listed: Sequence[str], briefs: Sequence[Brief], did: Mapping[str, str]
    ) -> Memory:
        """Its belief after what workers covered, given their briefs."""
        found = seen(listed, briefs, did)
        return self.agent.observe(memory, None, found) if found else memory


def situation(workers: Sequence[str]) -> Situation:
    """What lead and workers may do."""
    return Situation({LEAD: (LEAD,), **dict.fromkeys(workers, STEPS)})


def believed(decision: Decision) -> dict[str, dict[int, float]]:
    """Worker -> order -> probability, as a decision of the lead has it."""
    return {
        name: {int(k): p for k, p in partner.probabilities.items()}
        for name, partner in decision.partners.items()
    }


def seen(listed: Sequence[str], briefs: Sequence[Brief], did: Mapping[str, str]) -> dict[str, Seen]:
    """What the sections that workers covered say of the step that each would take if only its own was named.

    A brief that says more hides steps: what a worker did then fits several, and all of them alike.
    """
    found = {}
    for brief in briefs:
        if brief.worker not in did:
            continue
        section = did[brief.worker]
        fits = {STEPS[k]: 1.0 for k in ORDERS if lands(listed, brief, k) == section}
        found[brief.worker] = Seen(fits or STEPS[-1])
    return found


def planned(view: View, beliefs: Believed, price: float = PRICE) -> tuple[Brief, ...]:
    """Briefs by what they are worth in expectation, one worker after another.

    A brief is worth the facets that nobody has yet, less those that somebody has, less its tokens, and what
    is learned by it: as soon as an order is certain, a brief that names a section alone will do, which saves
    the words of the most explicit one in every round that is left. A worker that no brief is worth while for
    gets none.

    Args:
        view: what the lead sees.
        beliefs: what it believes of every worker.
        price: of a token, in facets.
    """
    plain = [Brief(name, view.listed[0]) for name in view.workers]
    cost = [
        tokens_of(in_words(view.question, replace(plain[0], form=form), plain, view.listed)) for form in FORMS
    ]
    output = tokens_of(findings(view.question, view.listed[0]))
    worth = price * (cost[-1] - cost[0]) * (view.left - 1)
    taken = dict.fromkeys(view.listed, 0.0)
    briefs: list[Brief] = []
    for name in view.workers:
        orders = beliefs[name]

        def value(brief: Brief, orders: Mapping[int, float] = orders) -> float:
            gain = sum(
                FACETS * p * (1.0 - 2.0 * taken[lands(view.listed, brief, k)]) for k, p in orders.items()
            )
            learned = worth * _told(view.listed, brief, orders)
            return gain - price * (cost[brief.form] + output) + learned

        options = [Brief(name, section, form) for form in FORMS for section in view.listed]
        best = max(options, key=lambda brief: round(value(brief), 9))
        if value(best) <= 0.0:
            continue
        briefs.append(best)
        for k, p in orders.items():
            section = lands(view.listed, best, k)
            taken[section] += p * (1.0 - taken[section])
    return tuple(briefs)


def _told(listed: Sequence[str], brief: Brief, orders: Mapping[int, float]) -> float:
    """By how much the probability of the likeliest order is expected to rise."""
    after: dict[str, float] = {}
    for k, p in orders.items():
        section = lands(listed, brief, k)
        after[section] = max(after.get(section, 0.0), p)
    return sum(after.values()) - max(orders.values())


def _each(form: int) -> Callable[[View], tuple[Brief, ...]]:
    """Everybody the next open section, in one form."""
    return lambda view: tuple(
        Brief(name, section, form) for name, section in zip(view.workers, view.listed, strict=False)
    )


def _same(view: View) -> tuple[Brief, ...]:
    return tuple(Brief(name, view.listed[0]) for name in view.workers)


def _random(view: View) -> tuple[Brief, ...]:
    seed, run, turn = view.key
    stream = RandomStream(seed, run, 1000 * view.question.number + turn, LEAD, "briefs")
    return tuple(
        Brief(name, view.listed[int(stream.random() * len(view.listed))], int(stream.random() * len(FORMS)))
        for name in view.workers
    )


def _literal(view: View) -> tuple[Brief, ...]:
    return planned(view, {name: {0: 1.0} for name in view.workers})


_LEADS: dict[str, Callable[[int], Lead]] = {
    "atom": Believing,
    "fixed": lambda seed: Rule(_each(0)),
    "same": lambda seed: Rule(_same),
    "explained": lambda seed: Rule(_each(2)),
    "random": lambda seed: Rule(_random),
    "literal": lambda seed: Rule(_literal),
    "single": lambda seed: Rule(_each(0)),
    "chat": lambda seed: Rule(_each(0)),
}
LEADS = tuple(_LEADS)
SINGLE, CHAT = "single", "chat"
"""One agent that does all, call after call, and reads all that it found; one call."""


def make_lead(name: str, seed: int) -> Lead:
    """A lead by its name.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in _LEADS:
        raise ValueError(f"there is no lead {name!r}; there are {', '.join(LEADS)}")
    return _LEADS[name](seed)
