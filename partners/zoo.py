"""The list of partners: each by name, with its traits and where it comes from."""

from __future__ import annotations

from atom.belief.learners import Bayes, FixedShare, FollowTheLeader, Hedge
from atom.reasoning.reasoner import Reasoner
from partners import llm, tabular
from partners.base import Partner, Traits
from partners.baseline_kinds import baseline_kinds
from partners.bounded_kinds import bounded_kinds
from partners.extensions import ExtensionReasoner, extension_partners, extension_reasoners
from partners.greedy import GreedyPartner
from partners.kinds import PAPER, PartnerKind
from partners.names import UnknownNameError, integers, split_name
from partners.noisy import NoisyPartner
from partners.simple import AlternatePartner, ImitatePartner, RandomPartner, RepeatPartner
from partners.tom import AdaptivePartner, FixedOrderPartner, SwitchingPartner
from partners.tomsup_partner import TomsupPartner


def make_partner(name: str, me: str, reasoner: Reasoner, *, seed: int = 0) -> Partner:
    """The partner called ``name``, for example ``tom-1``, ``switching:2-0@8`` or ``noisy:0.05:tom-1``.

    Args:
        name: ``NAME`` or ``NAME:ARGUMENT``.
        me: its name in situations.
        reasoner: how players of any order act in the task.
        seed: seed of its random numbers, >= 0.

    Raises:
        UnknownNameError: no such partner; the message offers the nearest names.
        ValueError: an argument of another form; the message shows the form.
    """
    base, argument = split_name(name)
    kind = kind_of(base)
    if argument is not None and not kind.argument:
        raise ValueError(f"the partner {base!r} takes no argument, got {argument!r}")
    try:
        return kind.build(kind.default if argument is None else argument, me, reasoner, seed)
    except (ValueError, KeyError) as error:
        if argument is None or isinstance(error, UnknownNameError):
            raise
        raise type(error)(f"{name!r}: {error} (the form is {base}:{kind.argument})") from error


def kind_of(base: str) -> PartnerKind:
    """The partner of a name without an argument, whatever package it is from.

    Raises:
        UnknownNameError: no such partner.
    """
    kind = LLM if base == LLM.name else ZOO.get(base) or all_kinds().get(base)
    if kind is None:
        raise UnknownNameError("partner", base, [*all_kinds(), LLM.name])
    return kind


def all_kinds() -> dict[str, PartnerKind]:
    """Name -> partner: the zoo, then the partners and the reasoners of other packages."""
    known = {**ZOO, **extension_partners(frozenset({*ZOO, LLM.name}))}
    reasoners = extension_reasoners(frozenset({*known, LLM.name}))
    return {**known, **{name: _reasoning(found) for name, found in reasoners.items()}}


def _fixed(order: int) -> PartnerKind:
    def build(_: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
        return FixedOrderPartner(me, reasoner, order, seed=seed)

    summary = "acts on the state alone" if order == 0 else f"best-responds to a ToM-{order - 1} partner"
    return PartnerKind(f"tom-{order}", summary, f"{PAPER}, Table 1", Traits(False, False, order), build)


def _switching(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    orders, _, rounds = argument.partition("@")
    return SwitchingPartner(me, reasoner, integers(orders), integers(rounds), seed=seed)


def _noisy(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    rate, _, inner = argument.partition(":")
    return NoisyPartner(make_partner(inner, me, reasoner, seed=seed), float(rate), seed=seed)


def _reasoning(found: ExtensionReasoner) -> PartnerKind:
    def build(inner: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
        return make_partner(inner, me, found.make(reasoner), seed=seed)

    summary, chance = f"another partner that reasons by it: {found.summary}", Traits(True, True)
    return PartnerKind(found.name, summary, found.source, chance, build, argument="PARTNER", default="bayes")


def _tomsup(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    return TomsupPartner(me, reasoner, int(argument), seed=seed)


def _convention(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    return tabular.ConventionPartner(me, reasoner, _whole(argument))


def _independent_ties(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    order, _, ties = argument.partition("@")
    return tabular.independent_ties(me, reasoner, _whole(order), _whole(ties))


def _population(argument: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
    return tabular.population(me, reasoner, argument)


def _greedy(unstuck: bool) -> PartnerKind:
    def build(_: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
        return GreedyPartner(me, reasoner, unstuck=unstuck, seed=seed)

    name, how = ("greedy-unstuck", ", moves at random when stuck") if unstuck else ("greedy", "")
    return PartnerKind(
        name,
        f"the greedy planner of overcooked-ai{how}",
        "Carroll et al. 2019",
        Traits(stochastic=unstuck, adaptive=unstuck),
        build,
        needs="overcooked",
        plays="kitchens",
    )


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"expected a whole number, got {text!r}")
    return int(text)


def _kinds() -> list[PartnerKind]:
    chance = Traits(stochastic=True, adaptive=True)
    return [
        *(_fixed(order) for order in range(4)),
        PartnerKind(
            "ftl",
            "acts one above the order with the least cumulative loss",
            f"{PAPER}, Table 2",
            Traits(stochastic=False, adaptive=True),
            lambda _, me, reasoner, seed: AdaptivePartner(
                me,
                reasoner,
                FollowTheLeader(),
                selection="leader",
                response="above",
                seed=seed,
                stochastic=False,
            ),
        ),
        PartnerKind(
            "hedge",
            "acts one above an order drawn by exponential weights",
            f"{PAPER}, Table 2",
            chance,
            lambda eta, me, reasoner, seed: AdaptivePartner(
                me, reasoner, Hedge(float(eta)), selection="sample", response="above", seed=seed
            ),
            argument="ETA",
            default="1",
        ),
        PartnerKind(
            "fixed-share",
            "exponential weights that share, for partners that change",
            "Herbster and Warmuth 1998",
            chance,
            lambda share, me, reasoner, seed: AdaptivePartner(
                me, reasoner, FixedShare(share=float(share)), selection="sample", response="above", seed=seed
            ),
            argument="SHARE",
            default="0.05",
        ),
        PartnerKind(
            "bayes",
            "posterior over order and lapse rate; keeps estimate and order while they fit",
            "this project",
            chance,
            lambda _, me, reasoner, seed: AdaptivePartner(me, reasoner, Bayes(), seed=seed),
        ),
        _simple("random", "draws every action with the same probability", RandomPartner),
        _simple("repeat", "draws its first action and keeps it", RepeatPartner),
        _simple("alternate", "goes through its actions in turn", AlternatePartner),
        _simple("imitate", "does what the next player did last (tit for tat's memory)", ImitatePartner),
        PartnerKind(
            "switching",
            "plays the first order, and from the given rounds on the next ones",
            "this project",
            SwitchingPartner.traits,
            _switching,
            argument="ORDER-ORDER…@ROUND…",
            default="2-0@8",
        ),
        PartnerKind(
            "noisy",
            "another partner that lapses to a random action at a rate",
            "this project",
            Traits(stochastic=True, adaptive=False, order=1),
            _noisy,
            argument="RATE:PARTNER",
            default="0.05:tom-1",
        ),
        PartnerKind(
            "tomsup",
            "k-ToM agent of the package tomsup (games of 2 x 2)",
            "Devaine et al. 2014; tomsup",
            TomsupPartner.traits,
            _tomsup,
            argument="LEVEL",
            default="1",
            needs="tomsup",
            plays="2x2",
        ),
        PartnerKind(
            "convention",
            "its half of one joint-optimal plan: stands for self-play-trained partners",
            "this project",
            tabular.ConventionPartner.traits,
            _convention,
            argument="SEED",
            default="0",
            plays="tables",
        ),
        PartnerKind(
            "independent-ties",
            "an order whose ties are broken in another way than expected",
            "this project",
            tabular.PolicyPartner.traits,
            _independent_ties,
            argument="ORDER@SEED",
            default="1@1",
            plays="tables",
        ),
        PartnerKind(
            "population",
            "the best of a trained population (python -m eval train-partner)",
            "Jaderberg et al. 2017; Carroll et al. 2019",
            tabular.PolicyPartner.traits,
            _population,
            argument="FILE",
            default="population.npz",
            plays="tables",
        ),
        _greedy(unstuck=False),
        _greedy(unstuck=True),
        *bounded_kinds(),
        *baseline_kinds(),
    ]


def _simple(
    name: str, summary: str, kind: type[RandomPartner | RepeatPartner | AlternatePartner | ImitatePartner]
) -> PartnerKind:
    def build(_: str, me: str, reasoner: Reasoner, seed: int) -> Partner:
        return kind(me, seed=seed)

    return PartnerKind(name, summary, "folklore", kind.traits, build)


ZOO: dict[str, PartnerKind] = {kind.name: kind for kind in _kinds()}
"""Name -> partner, in the order in which they are listed."""

LLM = PartnerKind(
    llm.PREFIX,
    "a language model: on its own, at an order, or adaptive",
    PAPER,
    llm.LLMPartner.traits,
    llm.make_llm_partner,
    argument=llm.FORM,
)
"""Language models: apart from the others, since they need a server to play."""
