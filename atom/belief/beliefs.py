"""What an agent believes of its partners by, and its memory of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from atom.belief import evidence
from atom.belief.changes import ChangePoints, last_change
from atom.belief.contract import Contract, sharpened
from atom.belief.explained import PRIOR
from atom.belief.habits import Habits, frequencies
from atom.belief.hypotheses import Hypothesis, check_hypotheses, habitual, order
from atom.belief.learners import Bayes, Learner
from atom.belief.sound import flaw_of_weights, learned, sound
from atom.decision import Change, Standing
from atom.errors import BeliefError
from atom.memories import (
    VERSION,
    Memory,
    PartnerMemory,
    PlayerMemory,
    Settings,
    Term,
    Weights,
    new_partner,
    of_plain,
    up_to_date,
)
from atom.names import Declared
from atom.policies import is_ours

DEFAULT_HYPOTHESES = (order(0, 0.27), order(1, 0.27), order(2, 0.27), order(3, 0.04), habitual(0.15))
"""The hypotheses where none are named: the paper's orders, K = {0, 1, 2}; the order at which an agent acts
that takes its partner for the highest of these; and habits, for a partner whom no order explains. An agent
leaves out what its reasoner cannot answer, and order 3 where every order costs calls."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is believed of one partner.

    Attributes:
        probabilities: hypothesis -> probability.
        lapses: hypothesis -> expected lapse rate of such a partner, in (0, 1]; None where the learner infers
            none.
        explained: probability that the hypotheses together explain the partner, in [0, 1].
        standing: how its declaration stands; None where it declared nothing.
        change: the last change of it that was noticed.
        counts: action -> how often it took it, where its habits are followed.
        follows: what its next action follows from by the likeliest habit, in words; None where nobody looks.
    """

    probabilities: Mapping[str, float]
    lapses: Mapping[str, float] | None
    explained: float
    standing: Standing | None
    change: Change | None
    counts: Mapping[str, float]
    follows: str | None

    @property
    def declared(self) -> str | None:
        """The order that the partner declared, by name; None without one, and once it broke its word."""
        standing = self.standing
        return None if standing is None or standing.broken_at is not None else str(standing.order)

    def explains(self) -> dict[str, float]:
        """Hypothesis -> probability that the partner is of that kind and does not lapse now."""
        if self.lapses is None:
            return dict(self.probabilities)
        return {name: p * (1.0 - self.lapses[name]) for name, p in self.probabilities.items()}


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What an agent believes of its partners by; the beliefs themselves stand in its memory.

    Args:
        learner: weighs the hypotheses; each partner has weights of its own.
        hypotheses: ways in which a partner may act, orders ascending.
        contract: declared orders, and how far they are believed.
        changes: reports when a partner changed; needs ``Bayes``. No action depends on it.
        late: how many decisions before the last one are kept, so that actions which are seen late can be
            judged by what was expected then, >= 0.

    Attributes:
        names: those of the hypotheses.
        prior: the learner's weights before anything was observed; not to be modified.
        habits: what is counted under the hypothesis that a partner follows habits; None where that is none.
        habitual: the name of that hypothesis.
        permitting: names of the hypotheses that say what a partner may do, and not in which shares.
        exact: whether the learner is one of this package, whose weights are a belief by construction.
        strict: whether what is remembered and damaged is an error; else it is set aside with a warning.

    Raises:
        BeliefError: what is no learner; no hypotheses, two of one name, orders that do not ascend; changes
            of another learner than ``Bayes``; a learner that begins with no belief; or ``late`` that is no
            integer >= 0.
    """

    learner: Learner = field(default_factory=Bayes)
    hypotheses: Sequence[Hypothesis] = DEFAULT_HYPOTHESES
    contract: Contract | None = None
    changes: ChangePoints | None = None
    late: int = 0
    strict: bool = field(default=False, init=False, repr=False, compare=False)
    exact: bool = field(init=False, repr=False, compare=False)
    names: tuple[str, ...] = field(init=False)
    prior: Weights = field(init=False)
    habits: Habits | None = field(init=False)
    habitual: str | None = field(init=False)
    permitting: frozenset[str] = field(init=False)
    _given: Learner = field(init=False, repr=False)
    _settings: Settings = field(init=False, repr=False)
    _lengths: list[int] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.learner, Learner):
            raise BeliefError(
                f"{type(self.learner).__name__} is no learner; pass one such as Bayes(), and whoever acts "
                "as agent="
            )
        found = check_hypotheses(self.hypotheses)
        object.__setattr__(self, "hypotheses", found)
        object.__setattr__(self, "names", tuple(hypothesis.name for hypothesis in found))
        of_habits = next((h for h in found if h.habits is not None), None)
        object.__setattr__(self, "habits", None if of_habits is None else of_habits.habits)
        object.__setattr__(self, "habitual", None if of_habits is None else of_habits.name)
        object.__setattr__(self, "permitting", frozenset(h.name for h in found if h.permits))
        object.__setattr__(self, "_given", self.learner)
        object.__setattr__(self, "learner", _with_prior(self.learner, found))
        object.__setattr__(self, "exact", is_ours(self.learner))
        object.__setattr__(self, "prior", self.new()["weights"])
        if not self.exact and (flaw := flaw_of_weights(self.prior, self.learner, len(found))):
            raise BeliefError(
                f"{type(self.learner).__name__} begins with no belief over {list(self.names)}: {flaw}"
            )
        object.__setattr__(self, "_settings", (VERSION, type(self.learner).__name__, list(self.names)))
        object.__setattr__(self, "_lengths", _lengths(self.prior))
        if isinstance(self.late, bool) or not isinstance(self.late, int) or self.late < 0:
            raise BeliefError(f"late counts decisions, an integer >= 0; got {self.late!r}")
        if self.changes is not None and not isinstance(self.learner, Bayes):
            raise BeliefError(
                f"change points need the posterior of Bayes, not {type(self.learner).__name__}; leave "
                "changes= out"
            )

    @property
    def orders(self) -> tuple[int, ...]:
        """The hypotheses that are ToM orders."""
        return tuple(h.order for h in self.hypotheses if h.order is not None)

    def among(self, hypotheses: Sequence[Hypothesis]) -> Beliefs:
        """The same over other hypotheses."""
        made = replace(self, hypotheses=tuple(hypotheses), learner=self._given)
        return made.strictly() if self.strict else made

    def strictly(self) -> Beliefs:
        """The same, where damaged memories are errors."""
        made = copy(self)
        object.__setattr__(made, "strict", True)
        return made

    def new(self, contract: Term | None = None, *, kept: bool = False) -> PartnerMemory:
        """What is remembered of a partner before anything was observed.

        Args:
            contract: its declaration.
            kept: whether evidence is kept for a Store.
        """
        # everybody's own copy of the prior: states are other people's lists
        weights = self.learner.init(self.names)
        priors = [hypothesis.prior for hypothesis in self.hypotheses]
        if len(set(priors)) > 1 and not isinstance(self.learner, Bayes):
            weights = self.learner.reweigh(weights, priors)
        return new_partner(weights, contract, evidence.nothing() if kept else None)

    def met(self, memory: PlayerMemory) -> AbstractSet[str]:
        """The partners that were named or met; those of whom a declaration is all that is known are not."""
        if self.contract is None:
            return memory["partners"].keys()
        return {
            name
            for name, record in memory["partners"].items()
            if record["contract"] is None or record["expected"] is not None or record["weights"] != self.prior
        }

    def probabilities(self, record: PartnerMemory) -> dict[str, float]:
        """Hypothesis -> probability; a declared order that is believed sharpens what the learner says."""
        found = dict(zip(self.names, self.learner.probabilities(record["weights"]), strict=True))
        if self.contract is None:
            return found
        standing = self.standing(record)
        if standing is None or standing.broken_at is not None:
            return found
        return sharpened(found, standing.order, standing.kept)

    def assess(self, record: PartnerMemory) -> Assessment:
        """What is believed of one partner."""
        learner, weights = self.learner, record["weights"]
        lapses = None
        if isinstance(learner, Bayes):
            lapses = dict(zip(self.names, learner.lapses_of(weights), strict=True))
        return Assessment(
            self.probabilities(record),
            lapses,
            record.get("explained", PRIOR),
            self.standing(record),
            None if self.changes is None else last_change(record["change"]),
            frequencies(record.get("habits")),
            self._follows(record),
        )

    def _follows(self, record: PartnerMemory) -> str | None:
        known = record.get("habits")
        habit = None if self.habits is None or known is None else self.habits.likeliest(known)
        return None if habit is None else habit.words

    def standing(self, record: PartnerMemory) -> Standing | None:
        """How the declaration of a partner stands; None where it declared nothing, or nobody asks."""
        return None if self.contract is None else self.contract.standing(record["contract"])

    def start(self, me: str, partners: Iterable[str], episode: int) -> PlayerMemory:
        """A player's memory at the beginning of an episode.

        Args:
            me: whose memory it is.
            partners: their names; further ones join when they are met.
            episode: number of the episode.
        """
        terms = {} if self.contract is None else self.contract.opening(me, self.names)
        names = dict.fromkeys([*partners, *terms])
        memory: PlayerMemory = {
            "version": VERSION,
            "learner": type(self.learner).__name__,
            "hypotheses": list(self.names),
            "episode": episode,
            "step": 0,
            "order": None,
            "partners": {name: self.new(terms.get(name)) for name in names if name != me},
        }
        if self.contract is not None:
            own = self.contract.orders.get(me)
            memory["declares"] = own if isinstance(own, int) else None
        return memory

    def typed(self, memory: Memory, me: str) -> PlayerMemory:
        """A player's memory, typed.

        Raises:
            BeliefError: it was made with other hypotheses, another learner or another version. One of
                ``Bayes`` that lacks some of today's hypotheses is brought up to date.
        """
        if memory.get("version") == VERSION and memory.get("hypotheses") == self._settings[2]:
            return sound(self, of_plain(memory, me, self._settings), me)
        try:
            joined = self._joined(up_to_date(memory, me))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, BeliefError):
                raise
            raise BeliefError(
                f"the memory of {me!r} is not whole; begin a new one with start(partners)"
            ) from None
        return sound(self, of_plain(joined, me, self._settings), me)

    def _joined(self, memory: Mapping[str, Any]) -> Mapping[str, Any]:
        """The memory with what it lacks: weights of a partner, or hypotheses that are new among today's."""
        known, learner = memory.get("hypotheses"), self.learner
        if memory.get("learner") != type(learner).__name__:
            return memory  # weights of another learner mean something else
        if not isinstance(known, list) or [name for name in self.names if name in known] != known:
            return memory
        if len(known) < len(self.names) and not isinstance(learner, Bayes):
            return memory
        at, partners = [self.names.index(name) for name in known], {}
        for partner, record in memory["partners"].items():
            weights, change = record["weights"], record["change"]
            if not weights:
                weights = self.new()["weights"]
            elif len(known) < len(self.names) and isinstance(learner, Bayes):
                # what was seen had no likelihood under the hypotheses that joined
                weights, change = learner.joined(weights, at, self.names), None
            partners[partner] = {**record, "weights": weights, "change": change}
        return {**memory, "hypotheses": list(self.names), "partners": partners}

    def record(self, memory: PlayerMemory, partner: str, me: str) -> PartnerMemory:
        """What is remembered of one partner, a new record of one that joins.

        Raises:
            BeliefError: weights that are not of this learner's shape.
        """
        record = memory["partners"].get(partner)
        if record is None:
            return self.new(kept="writer" in memory)
        if _lengths(record["weights"]) != self._lengths:
            raise BeliefError(
                f"the belief of {me!r} about {partner!r} is not of the learner's shape, which is that of "
                f"{self.prior}; begin a new memory with start(partners), or use the settings that made it"
            )
        return record

    def expect(self, memory: PlayerMemory, priors: Mapping[str, Sequence[float]]) -> PlayerMemory:
        """Memory with partners that are not met for the first time.

        Args:
            memory: the memory before.
            priors: partner -> ``[K]`` positive factors by which its belief is re-weighed.
        """
        partners = dict(memory["partners"])
        for partner, prior in priors.items():
            record = partners[partner]
            weights = self.learner.reweigh(record["weights"], prior)
            record, weights = learned(self, partner, record, weights)
            partners[partner] = {**record, "weights": weights}
        return {**memory, "partners": partners}

    def hear(self, memory: PlayerMemory, declared: Mapping[str, Declared]) -> PlayerMemory:
        """Memory after partners were heard to declare orders; the same without a contract.

        Args:
            memory: the memory before.
            declared: partner -> declared ToM order, >= 0.
        """
        if self.contract is None:
            return memory
        partners = dict(memory["partners"])
        for partner, declares in declared.items():
            record = partners.get(partner)
            known = None if record is None else record["contract"]
            term = self.contract.adopt(known, declares, self.names)
            if term is not known:
                partners[partner] = self.new(term) if record is None else {**record, "contract": term}
        return {**memory, "partners": partners}


def _with_prior(learner: Learner, hypotheses: Sequence[Hypothesis]) -> Learner:
    """The learner with the hypotheses' prior, to be mixed back in at a switch, if it has none of its own."""
    priors = [hypothesis.prior for hypothesis in hypotheses]
    if isinstance(learner, Bayes) and learner.prior is None and len(set(priors)) > 1:
        return replace(learner, prior=tuple(priors))
    return learner


def _lengths(weights: object) -> list[int] | None:
    """The length of every row, 0 for a number; None for what are no weights."""
    if not isinstance(weights, list):
        return None
    return [len(row) if isinstance(row, list) else 0 for row in weights]
