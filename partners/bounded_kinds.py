"""Partners of bounded reasoning in the zoo, and those that adapt or deceive."""

from __future__ import annotations

from atom.belief.learners import FixedShare, Hedge
from atom.reasoning.reasoner import Reasoner
from partners.base import Partner, Traits
from partners.bounded import CompetentPartner, DeceptivePartner, HierarchyPartner, QuantalPartner
from partners.kinds import PartnerKind
from partners.names import UnknownNameError
from partners.tom import AdaptivePartner

_LEARNERS = {"hedge": Hedge, "fixed-share": FixedShare}


def _competence(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    competence, order = _rate_and_order(argument)
    return CompetentPartner(me, reasoner, competence, order, seed=seed)


def _quantal(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    temperature, order = _rate_and_order(argument)
    return QuantalPartner(me, reasoner, temperature, order, seed=seed)


def _hierarchy(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    tau, order = _rate_and_order(argument, default=2)
    return HierarchyPartner(me, reasoner, tau, order, seed=seed)


def _deceptive(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    orders, _, trust = argument.partition("@")
    shown, _, hidden = orders.partition("-")
    return DeceptivePartner(me, reasoner, int(shown), int(hidden), int(trust), seed=seed)


def _learning(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    name, _, eta = argument.partition("@")
    if name not in _LEARNERS:
        raise UnknownNameError("learner", name, _LEARNERS)
    return AdaptivePartner(
        me, reasoner, _LEARNERS[name](float(eta or 1.0)), selection="sample", response="nearest", seed=seed
    )


def _rate_and_order(argument: str, default: int = 1) -> tuple[float, int]:
    rate, _, order = argument.partition("@")
    return float(rate), int(order or default)


def bounded_kinds() -> list[PartnerKind]:
    """The kinds, in the order in which they are listed."""
    return [
        PartnerKind(
            "competence",
            "acts by its order with a probability, else at random",
            "this project",
            Traits(stochastic=True, adaptive=False, order=1),
            _competence,
            argument="PROBABILITY@ORDER",
            default="0.39@1",
        ),
        PartnerKind(
            "quantal",
            "level-k whose better actions are likelier (softmax of payoffs)",
            "McKelvey and Palfrey 1995; Stahl and Wilson 1994",
            Traits(stochastic=True, adaptive=False, order=1),
            _quantal,
            argument="TEMPERATURE@ORDER",
            default="1@1",
            plays="matrices",
        ),
        PartnerKind(
            "cognitive-hierarchy",
            "best-responds to a Poisson mixture of all orders below its own",
            "Camerer, Ho and Chong 2004",
            Traits(stochastic=False, adaptive=False, order=2),
            _hierarchy,
            argument="TAU@ORDER",
            default="1.5@2",
            plays="matrices",
        ),
        PartnerKind(
            "deceptive",
            "plays one order until it is answered well so often, then another for three rounds",
            "this project",
            DeceptivePartner.traits,
            _deceptive,
            argument="SHOWN-HIDDEN@ANSWERS",
            default="1-2@4",
        ),
        PartnerKind(
            "learning",
            "an adaptive partner with another learner and rate, which moves because its partner does",
            "Mu et al. 2026; Herbster and Warmuth 1998",
            Traits(stochastic=True, adaptive=True),
            _learning,
            argument="LEARNER@ETA",
            default="hedge@0.5",
        ),
    ]
