"""What an agent believes of its partners by, and its memory of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from atom.belief import evidence
from atom.belief.changes import ChangePoints
from atom.belief.contract import Contract, sharpened
from atom.belief.hypotheses import Hypothesis, check_hypotheses, order
from atom.belief.learners import Bayes, Learner
from atom.decision import Standing
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
)

DEFAULT_ORDERS = (0, 1, 2)
"""The hypotheses about a partner's order where none are named (paper: K = {0, 1, 2})."""


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What an agent believes of its partners by; the beliefs themselves stand in its memory.

    Args:
        learner: weighs the hypotheses; each partner has weights of its own.
        hypotheses: ways in which a partner may act, orders ascending.
        contract: declared orders, and how far they are believed.
        changes: reports when a partner changed; needs ``Bayes``. No action depends on it.

    Attributes:
        names: those of the hypotheses.
        prior: the learner's weights before anything was observed; not to be modified.

    Raises:
        BeliefError: what is no learner; no hypotheses, two of one name, orders that do not ascend; or
            changes of another learner than ``Bayes``.
    """

    learner: Learner = field(default_factory=Bayes)
    hypotheses: Sequence[Hypothesis] = tuple(order(k) for k in DEFAULT_ORDERS)
    contract: Contract | None = None
    changes: ChangePoints | None = None
    names: tuple[str, ...] = field(init=False)
    prior: Weights = field(init=False)
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
        object.__setattr__(self, "prior", self.learner.init(self.names))
        object.__setattr__(self, "_settings", (VERSION, type(self.learner).__name__, list(self.names)))
        object.__setattr__(self, "_lengths", _lengths(self.prior))
        if self.changes is not None and not isinstance(self.learner, Bayes):
            raise BeliefError(
                f"change points need the posterior of Bayes, not {type(self.learner).__name__}; leave "
                "changes= out"
            )

    def new(self, contract: Term | None = None, *, kept: bool = False) -> PartnerMemory:
        """What is remembered of a partner before anything was observed.

        Args:
            contract: its declaration.
            kept: whether evidence is kept for a Store.
        """
        # everybody's own copy of the prior: states are other people's lists
        return new_partner(self.learner.init(self.names), contract, evidence.nothing() if kept else None)

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
            memory["declares"] = self.contract.orders.get(me)
        return memory

    def typed(self, memory: Memory, me: str) -> PlayerMemory:
        """A player's memory, typed.

        Raises:
            BeliefError: it was made with other hypotheses, another learner or another version.
        """
        return of_plain(memory, me, self._settings, self.prior)

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

    def standings(self, records: Mapping[str, PartnerMemory]) -> dict[str, Standing | None]:
        """Partner -> how its declaration stands."""
        if self.contract is None:
            return dict.fromkeys(records)
        return {partner: self.standing(record) for partner, record in records.items()}

    def expect(self, memory: PlayerMemory, priors: Mapping[str, Sequence[float]]) -> PlayerMemory:
        """Memory with partners that are not met for the first time.

        Args:
            memory: the memory before.
            priors: partner -> ``[K]`` positive factors by which its belief is re-weighed.
        """
        partners = dict(memory["partners"])
        for partner, prior in priors.items():
            record = partners[partner]
            partners[partner] = {**record, "weights": self.learner.reweigh(record["weights"], prior)}
        return {**memory, "partners": partners}

    def hear(self, memory: PlayerMemory, declared: Mapping[str, int]) -> PlayerMemory:
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


def _lengths(weights: object) -> list[int] | None:
    """The length of every row, 0 for a number; None for what are no weights."""
    if not isinstance(weights, list):
        return None
    return [len(row) if isinstance(row, list) else 0 for row in weights]
