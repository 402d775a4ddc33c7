"""Partners that adapt: agents of the plugin with one learner or another, and one misled about who acts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import cast

from atom import (
    AdaptiveAgent,
    Bayes,
    FixedShare,
    FollowTheLeader,
    Hedge,
    Learner,
    Memory,
    Reasoner,
    Situation,
    conventions,
)
from atom.agents import Response, Selection
from atom.belief import AdaHedge, RescorlaWagner, Uniform, order
from atom.observation import Observed, each, likeliest
from partners.base import OWN, PAPER, Traits
from partners.extensions import extension_learners
from partners.names import UnknownNameError, whole
from partners.registry import partner

LEARNERS: dict[str, Callable[[], Learner]] = {
    "bayes": Bayes,
    "hedge": Hedge,
    "fixed-share": FixedShare,
    "ftl": FollowTheLeader,
    "adahedge": AdaHedge,
    "rescorla-wagner": RescorlaWagner,
    "uniform": Uniform,
}
"""Learners by the names that ``adaptive:LEARNER/SELECTION/RESPONSE`` knows them by."""

PAPER_ORDERS = (0, 1, 2)
"""The hypotheses of the paper's agents, K = {0, 1, 2}."""

CONVENTIONS_PRIOR = 5.0
"""How likely conventions are beforehand for who looks for them, where each of the orders has 1."""

_WITH_ETA: dict[str, Callable[[float], Learner]] = {"hedge": Hedge, "fixed-share": FixedShare}

_CHANCE = Traits(stochastic=True, adaptive=True)


def learners() -> dict[str, Callable[[], Learner]]:
    """Name -> learner, those of other packages included."""
    return {**LEARNERS, **extension_learners(frozenset(LEARNERS))}


def settings(text: str) -> tuple[Learner, Selection, Response]:
    """``"hedge/sample/above"`` as a learner, a selection and a response, the default where one is left out.

    Raises:
        UnknownNameError: no such learner. What the other two may be, the agent checks.
    """
    name, selection, response = [*text.split("/"), "", ""][:3]
    known = LEARNERS if name in LEARNERS else learners()
    if name not in known:
        raise UnknownNameError("learner", name, known)
    return known[name](), cast("Selection", selection or "win-stay"), cast("Response", response or "nearest")


@partner("ftl", source=f"{PAPER}, Table 2", traits=Traits(stochastic=False, adaptive=True))
def follow_the_leader(me: str, reasoner: Reasoner, *, seed: int = 0) -> AdaptiveAgent:
    """Acts one above the order with the least cumulative loss."""
    return adaptive(me, reasoner, FollowTheLeader(), "leader", "above", seed=seed)


@partner(
    "hedge",
    source=f"{PAPER}, Table 2",
    traits=_CHANCE,
    argument="ETA",
    default="1",
    reads=lambda text: (float(text),),
)
def hedge(me: str, reasoner: Reasoner, eta: float, *, seed: int = 0) -> AdaptiveAgent:
    """Acts one above an order drawn by exponential weights."""
    return adaptive(me, reasoner, Hedge(eta), "sample", "above", seed=seed)


@partner(
    "fixed-share",
    source="Cesa-Bianchi and Lugosi 2006, section 5.2; after Herbster and Warmuth 1998",
    traits=_CHANCE,
    argument="SHARE",
    default="0.05",
    reads=lambda text: (float(text),),
)
def fixed_share(me: str, reasoner: Reasoner, share: float, *, seed: int = 0) -> AdaptiveAgent:
    """Exponential weights that share, for partners that change."""
    return adaptive(me, reasoner, FixedShare(share=share), "sample", "above", seed=seed)


@partner("bayes", source=OWN, traits=_CHANCE)
def bayes(me: str, reasoner: Reasoner, *, seed: int = 0) -> AdaptiveAgent:
    """Posterior over orders, habits and lapse rate; keeps estimate and order while they fit."""
    return AdaptiveAgent(me, reasoner, seed=seed)


@partner("adahedge", source="de Rooij et al. 2014", traits=_CHANCE)
def ada_hedge(me: str, reasoner: Reasoner, *, seed: int = 0) -> AdaptiveAgent:
    """Exponential weights that tune their own rate."""
    return adaptive(me, reasoner, AdaHedge(), "sample", "above", seed=seed)


@partner("rescorla-wagner", source="Cross et al. 2024", traits=_CHANCE)
def rescorla_wagner(me: str, reasoner: Reasoner, *, seed: int = 0) -> AdaptiveAgent:
    """Follows the best hypothesis once its value exceeds 0.7."""
    return adaptive(me, reasoner, RescorlaWagner(), "sample", "above", seed=seed)


@partner(
    "learning",
    source="Mu et al. 2026; Cesa-Bianchi and Lugosi 2006",
    traits=_CHANCE,
    argument="LEARNER@ETA",
    default="hedge@0.5",
    reads=lambda text: (_learner_with_eta(text),),
)
def learning(me: str, reasoner: Reasoner, learner: Learner, *, seed: int = 0) -> AdaptiveAgent:
    """An adaptive partner with another learner and rate, which moves because its partner does."""
    return adaptive(me, reasoner, learner, "sample", "nearest", seed=seed)


def _learner_with_eta(text: str) -> Learner:
    name, _, eta = text.partition("@")
    if name not in _WITH_ETA:
        raise UnknownNameError("learner", name, _WITH_ETA)
    return _WITH_ETA[name](float(eta or 1.0))


@partner("no-belief", source="baseline", traits=_CHANCE)
def no_belief(me: str, reasoner: Reasoner, *, seed: int = 0) -> AdaptiveAgent:
    """Draws the partner's order uniformly at every step."""
    return adaptive(me, reasoner, Uniform(), "sample", "nearest", seed=seed)


@partner(
    "conventions",
    source="this project; Hu et al. 2020",
    traits=_CHANCE,
    argument="MEMORY",
    default="1",
    reads=lambda text: (whole(text),),
    plays="matrices",
)
def conventional(me: str, reasoner: Reasoner, memory: int, *, seed: int = 0) -> AdaptiveAgent:
    """An adaptive agent that looks for its game's conventions beside orders.

    The conventions are of orders 0 and 1, see ``atom.conventions``; the orders themselves break the symmetry
    between two of these agents.

    Args:
        me, reasoner, seed: see ``AdaptiveAgent``.
        memory: rounds that a convention depends on, 0 or 1.

    Raises:
        ValueError: a game whose symmetries nobody knows.
    """
    found = conventions(reasoner, memory=memory, prior=CONVENTIONS_PRIOR)
    return AdaptiveAgent(me, reasoner, hypotheses=[*map(order, PAPER_ORDERS), *found], seed=seed)


@partner("permuted", source="baseline", traits=_CHANCE)
class PermutedPartner(AdaptiveAgent):
    """An adaptive agent that takes one player's actions for another's.

    Its belief is fed with the wrong person: every player's actions are taken for those of the player
    before it. With two players, what it believes of its partner it learns from its own actions. Actions
    that are not legal for whom they are taken for go unseen.
    """

    def __init__(self, me: str, reasoner: Reasoner, *, seed: int = 0) -> None:
        super().__init__(me, reasoner, Bayes(), orders=PAPER_ORDERS, seed=seed)

    def observe(self, memory: Memory, situation: Situation | None, actions: Observed) -> Memory:
        """Observes the permuted actions."""
        seen = {player: likeliest(found.did) for player, found in each(actions)}
        ring = [*seen, next(iter(seen), self.me)]
        permuted = {
            player: seen[other]
            for player, other in pairwise(ring)
            if player != self.me and self._possible(memory, situation, player, seen[other])
        }
        return super().observe(memory, situation, permuted)

    def _possible(self, memory: Memory, situation: Situation | None, player: str, action: str) -> bool:
        record = self.beliefs.typed(memory, self.me)["partners"].get(player)
        if record is not None and record["expected"] is not None:
            return action in record["expected"]["actions"]
        return situation is not None and action in situation.actions.get(player, ())


@partner(
    "adaptive",
    source=OWN,
    traits=lambda learner, selection, response: Traits(
        stochastic=(selection, response) != ("leader", "above"), adaptive=True
    ),
    argument="LEARNER/SELECTION/RESPONSE",
    default="bayes/win-stay/nearest",
    reads=settings,
)
def adaptive(
    me: str, reasoner: Reasoner, learner: Learner, selection: Selection, response: Response, *, seed: int = 0
) -> AdaptiveAgent:
    """An adaptive agent of any setting.

    Args:
        me, reasoner, learner, selection, response, seed: see ``AdaptiveAgent``.

    Raises:
        ValueError: an unknown selection or response.
    """
    return AdaptiveAgent(
        me, reasoner, learner, selection=selection, response=response, orders=PAPER_ORDERS, seed=seed
    )
