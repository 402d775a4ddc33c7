"""Declarations: coordination by construction, verified by behaviour.

A player declares the theory-of-mind order that it will act at. Its partners then need not guess:
orders that differ by one are aligned from the first step. Whoever hears a declaration keeps testing
it, and stops believing it when behaviour speaks against it. The same holds for any hypothesis with a name:
who declares to be ``honest`` is expected to do what it announces, and tested against that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from atom.decision import Standing
from atom.errors import ContractError
from atom.memories import Term
from atom.names import Declared, in_words, order_of
from atom.observation import Did, chance
from atom.policies import Policy, added, lapsed, same_policy

NO_ORDER = "none"

KEPT, BROKEN = "kept", "broken"
"""What a partner did, where all that counts is whether it was permitted."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What players declared, and what it takes to stop believing them.

    The declared order, or other hypothesis, d of a partner is tested against every other hypothesis k and
    against "none", a partner that acts at random. With lapse rate ε,
    ``P(a | k) = (1 - ε) · policy_k(a) + ε / |A|`` and likelihood ratio ``r_k = P(a | k) / P(a | d)``. The
    partner may stop keeping its word at any step, so each alternative mixes over the step of the breach, with
    weights ``w_n = 1 / ((n + 1)(n + 2))`` over the n informative steps so far (those where k and d differ)::

        g_k ← (g_k + w_n) · r_k          E = mean over k of (g_k + 1 / (n_k + 1))

    and the odds that the word is kept are ``trust / (1 - trust) / E``. For a partner that keeps it and
    slips at a rate of at most ε, E is a nonnegative supermartingale that starts at 1. So the chance
    that it *ever* reaches 1/α is at most α (Ville 1939; Shafer et al. 2011, "Test martingales, Bayes
    factors and p-values", section 4), and that of a false report, over however many steps, is at most
    ``false_reports``: 0.5 % by default. A partner that plays another order from the start is found
    out after two informative steps, one that changes at its thousandth after about six.

    Of a hypothesis that permits actions, and does not say in which shares, only whether an action was
    permitted counts: a partner that always takes the same of them keeps its word. It slips at a rate of at
    most ε/2, and "none" is one that keeps it half of the time.

    Args:
        orders: player -> declared ToM order, >= 0, or the name of another hypothesis about it: one's own,
            which is an order, and those that one knows of. Others are adopted when they are heard of.
        trust: probability in (0, 1), beforehand, that a partner keeps its word.
        threshold: odds under which a contract is broken, in (0, trust / (1 - trust)).
        lapse: the rate ε in (0, 1) at which a partner may slip and still be said to keep its word.

    Raises:
        ContractError: a setting out of its range.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> contract = Contract({"ann": 0, "ben": 1})
        >>> reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
        >>> situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
        >>> for name in ("ann", "ben"):
        ...     agent = AdaptiveAgent(name, reasoner, contract=contract)
        ...     decision, _ = agent.decide(situation, agent.start([]))
        ...     print(name, decision.action)
        ann B
        ben A
    """

    orders: Mapping[str, Declared] = field(default_factory=dict)
    trust: float = 0.95
    threshold: float = 0.1
    lapse: float = 0.05

    def __post_init__(self) -> None:
        for player, order in self.orders.items():
            check_declared(player, order)
        if not 0.0 < self.trust < 1.0:
            raise ContractError(f"trust is a probability in (0, 1), got {self.trust}")
        if not 0.0 < self.lapse < 1.0:
            raise ContractError(f"the lapse rate of a contract lies in (0, 1), got {self.lapse}")
        if not 0.0 < self.threshold < _odds(self.trust):
            raise ContractError(
                f"the threshold lies between 0 and the odds that trust={self.trust} stands for, "
                f"{_odds(self.trust):.3g}; got {self.threshold}"
            )

    @property
    def false_reports(self) -> float:
        """Bound on the chance that a partner which keeps its word is ever reported, in (0, 1)."""
        return self.threshold / _odds(self.trust)

    def opening(self, me: str, hypotheses: Sequence[str]) -> dict[str, Term]:
        """Partner -> its term at first, for everybody else who declared an order.

        Args:
            me: who remembers it.
            hypotheses: names of the hypotheses that can be told apart.

        Raises:
            ContractError: a declaration that is not among the hypotheses, an own one that is no order, or
                declared orders of which none is one apart from one's own.
        """
        if NO_ORDER in hypotheses:
            raise ContractError(
                f"beside a contract no hypothesis of {me!r} can be called {NO_ORDER!r}, which stands for a "
                "partner that acts at random; give it another name"
            )
        own = self.orders.get(me)
        others = {player: order for player, order in self.orders.items() if player != me}
        for player, order in others.items():
            if str(order) not in hypotheses:
                raise ContractError(
                    f"{player!r} declares {in_words(str(order))!r}, which is not among the hypotheses of "
                    f"{me!r}, {list(hypotheses)}; pass orders= or hypotheses= that include it"
                )
        if isinstance(own, str):
            raise ContractError(
                f"{me!r} cannot declare {own!r}: an adaptive agent acts at an order, or best-responds; let "
                "it declare an order, or nothing"
            )
        known = [order for order in others.values() if isinstance(order, int)]
        if own is not None and known and all(abs(own - order) != 1 for order in known):
            raise ContractError(
                f"the contract gives {me!r} order {own} and its partners {others}; orders are aligned when "
                "they differ by one, and alternating_orders finds such orders"
            )
        return {player: self._term(order, hypotheses) for player, order in others.items()}

    def check_players(self, me: str, players: Sequence[str]) -> None:
        """Whether everybody who declared an order is there.

        Raises:
            ContractError: somebody is not.
        """
        unknown = [player for player in self.orders if player not in players]
        if unknown:
            raise ContractError(
                f"the contract of {me!r} is with {unknown}, who are not in this situation; its players are "
                f"{list(players)}"
            )

    def adopt(self, term: Term | None, order: Declared, hypotheses: Sequence[str]) -> Term | None:
        """A partner's term after it was heard to declare ``order``, or another hypothesis.

        One that broke its word is not believed again. One that declares something else than before
        starts anew with what trust it had left. What is not among the hypotheses cannot be
        tested and is passed over.

        Args:
            term: the term so far; None where it had declared nothing.
            order: what it declares.
            hypotheses: names of the hypotheses that can be told apart.
        """
        known = term is not None and (term["broken"] is not None or term["order"] == order)
        if known or str(order) not in hypotheses:
            return term
        trust = self.trust if term is None else min(self.trust, self.kept(term))
        return self._term(order, hypotheses, trust)

    def verify(
        self,
        term: Term,
        policies: Mapping[str, Policy],
        did: Did,
        n_actions: int,
        step: int,
        *,
        permits: bool = False,
    ) -> Term:
        """The term after its partner acted.

        Args:
            term: the term before.
            policies: hypothesis -> what such a partner would do. Those that were not evaluated carry
                no evidence.
            did: what the partner did.
            n_actions: how many legal actions it had.
            step: number of the observer's next decision; the term notes it if the contract breaks.
            permits: whether the declared hypothesis says what the partner may do, and not in which shares.
        """
        declared = policies.get(str(term["order"]))
        if declared is None or term["broken"] is not None:
            return term
        if permits:
            allowed = {action for action, p in declared.items() if p > 0.0}
            if len(allowed) >= n_actions:
                return term  # all is permitted, which says nothing
            policies = {name: permitted(policy, allowed) for name, policy in policies.items()}
            did = permitted({did: 1.0} if isinstance(did, str) else did, allowed)
            declared, n_actions = policies[str(term["order"])], 2
        expected = lapsed(chance(declared, did), self.lapse, n_actions)
        evidence = dict(term["evidence"])
        for alternative, (g, n) in term["evidence"].items():
            if alternative == NO_ORDER:
                likelihood = 1.0 / n_actions
            else:
                policy = policies.get(alternative)
                if policy is None or same_policy(policy, declared):
                    continue
                likelihood = lapsed(chance(policy, did), self.lapse, n_actions)
            evidence[alternative] = [(g + 1.0 / ((n + 1) * (n + 2))) * likelihood / expected, n + 1]
        after: Term = {**term, "evidence": evidence}
        if self.odds(after) < self.threshold:
            after["broken"] = step
        return after

    def odds(self, term: Term) -> float:
        """Odds that the partner keeps its word, > 0."""
        evidence = term["evidence"].values()
        against = added(g + 1.0 / (n + 1) for g, n in evidence) / len(evidence)
        return _odds(term["trust"]) / float(against)

    def kept(self, term: Term) -> float:
        """Probability that the partner keeps its word, in [0, 1]; 0 once the contract is broken."""
        if term["broken"] is not None:
            return 0.0
        odds = self.odds(term)
        return odds / (1.0 + odds)

    def standing(self, term: Term | None) -> Standing | None:
        """How the contract stands, for a ``Decision``."""
        if term is None:
            return None
        return Standing(term["order"], self.kept(term), term["broken"])

    def _term(self, order: Declared, hypotheses: Sequence[str], trust: float | None = None) -> Term:
        alternatives = [*(name for name in hypotheses if name != str(order)), NO_ORDER]
        return {
            "order": order,
            "trust": self.trust if trust is None else trust,
            "evidence": {alternative: [0.0, 0] for alternative in alternatives},
            "broken": None,
        }


def permitted(policy: Policy, allowed: Collection[str]) -> Policy:
    """How probable it is that an allowed action is taken, as a policy over ``KEPT`` and ``BROKEN``."""
    kept = added(p for action, p in policy.items() if action in allowed)
    total = added(policy.values())
    return {KEPT: kept / total, BROKEN: max(0.0, 1.0 - kept / total)}


def sharpened(belief: Mapping[str, float], order: Declared, kept: float) -> dict[str, float]:
    """The belief about a partner that declared a hypothesis and keeps its word with probability ``kept``."""
    declared = str(order)
    return {name: (1.0 - kept) * p + (kept if name == declared else 0.0) for name, p in belief.items()}


def bound_to(own: int | None, standings: Iterable[Standing | None]) -> bool:
    """Whether a player that declared ``own`` has a partner that keeps an order one apart from it."""
    return own is not None and any(
        standing is not None
        and standing.broken_at is None
        and isinstance(standing.order, int)
        and abs(standing.order - own) == 1
        for standing in standings
    )


def check_order(player: str, order: object) -> int:
    """``order`` itself.

    Raises:
        ContractError: it is no integer >= 0.
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise ContractError(f"{player!r} declares {order!r}; a theory-of-mind order is an integer >= 0")
    return order


def check_declared(player: str, declared: object) -> Declared:
    """``declared`` itself.

    Raises:
        ContractError: it is neither an order nor the name of another hypothesis.
    """
    if isinstance(declared, str) and declared and order_of(declared) is None:
        return declared
    if isinstance(declared, str):
        raise ContractError(f"{player!r} declares {declared!r}; an order is declared as an integer")
    return check_order(player, declared)


def _odds(probability: float) -> float:
    return probability / (1.0 - probability)
