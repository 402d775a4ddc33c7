"""The baselines of the zoo, and adaptive agents of any setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from atom.agents.adaptive import Response, Selection
from atom.belief.experts import AdaHedge, RescorlaWagner, Uniform
from atom.belief.learners import Bayes, FixedShare, FollowTheLeader, Hedge, Learner
from atom.reasoning.reasoner import Reasoner
from partners.base import Partner, Traits
from partners.baselines import FrequencyPartner, OraclePartner, PermutedPartner
from partners.extensions import extension_learners
from partners.kinds import PartnerKind
from partners.names import UnknownNameError, integers
from partners.tom import AdaptivePartner

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


def learners() -> dict[str, Callable[[], Learner]]:
    """Name -> learner, those of other packages included."""
    return {**LEARNERS, **extension_learners(frozenset(LEARNERS))}


def _adaptive(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    learner, selection, response = [*argument.split("/"), "", ""][:3]
    known = LEARNERS if learner in LEARNERS else learners()
    if learner not in known:
        raise UnknownNameError("learner", learner, known)
    return AdaptivePartner(
        me,
        reasoner,
        known[learner](),
        selection=cast("Selection", selection or "win-stay"),
        response=cast("Response", response or "nearest"),
        seed=seed,
    )


def _oracle(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    orders, _, rounds = argument.partition("@")
    return OraclePartner(me, reasoner, integers(orders), integers(rounds), seed=seed)


def baseline_kinds() -> list[PartnerKind]:
    """The baselines, in the order in which they are listed."""
    chance = Traits(stochastic=True, adaptive=True)
    return [
        PartnerKind(
            "adaptive",
            "an adaptive agent of any setting",
            "this project",
            chance,
            _adaptive,
            argument="LEARNER/SELECTION/RESPONSE",
            default="bayes/win-stay/nearest",
        ),
        PartnerKind(
            "adahedge",
            "exponential weights that tune their own rate",
            "de Rooij et al. 2014",
            chance,
            lambda _, me, reasoner, seed: _adaptive("adahedge/sample/above", me, reasoner, seed),
        ),
        PartnerKind(
            "rescorla-wagner",
            "follows the best hypothesis once its value exceeds 0.7",
            "Cross et al. 2024",
            chance,
            lambda _, me, reasoner, seed: _adaptive("rescorla-wagner/sample/above", me, reasoner, seed),
        ),
        PartnerKind(
            "no-belief",
            "draws the partner's order uniformly at every step",
            "baseline",
            chance,
            lambda _, me, reasoner, seed: _adaptive("uniform/sample/nearest", me, reasoner, seed),
        ),
        PartnerKind(
            "permuted",
            "an adaptive agent that takes one player's actions for another's",
            "baseline",
            chance,
            lambda _, me, reasoner, seed: PermutedPartner(me, reasoner, seed=seed),
        ),
        PartnerKind(
            "frequency",
            "best-responds to how often each action was taken",
            "Brown 1951",
            FrequencyPartner.traits,
            lambda _, me, reasoner, seed: FrequencyPartner(me, reasoner, seed=seed),
            plays="matrices",
        ),
        PartnerKind(
            "oracle",
            "is told the partner's order (crossplay tells it) and acts one above",
            "baseline",
            OraclePartner.traits,
            _oracle,
            argument="ORDER-ORDER…@ROUND…",
            default="0",
        ),
    ]
