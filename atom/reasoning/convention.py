"""Conventions as hypotheses: an order, under one of the labels that the game does not tell apart.

Where a game looks the same under other labels, what two players settled on among themselves is one of several
ways that are equally good. A convention is what an order would do at the beginning, relabelled by a symmetry
(Lewis 1969, "Convention"; Hu et al. 2020, "Other-Play"). Whoever weighs them finds its partner's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol, TypeAlias, runtime_checkable

from atom.belief.hypotheses import Behaviour, Hypothesis
from atom.errors import BeliefError
from atom.policies import Policy, added
from atom.reasoning.normal_form import NormalFormReasoner
from atom.reasoning.reasoner import Reasoner
from atom.reasoning.symmetries import Group, Relabelling, Symmetry, payoff_symmetries
from atom.situation import JointAction, Situation

MOST = 64
"""Hypotheses; each is predicted in every decision."""

_LOOKED_THROUGH = 5040
_LOOKS_BACK = 256
_SLIP = 0.05


@runtime_checkable
class Symmetric(Protocol):
    """A reasoner, or a task, that declares its symmetries."""

    def symmetries(self) -> Iterable[Symmetry]:
        """All of them; the one that changes nothing may be left out."""
        ...


@runtime_checkable
class _Reasoned(Protocol):
    """A task: something that has a reasoner."""

    def reasoner(self) -> Reasoner: ...


Game: TypeAlias = Reasoner | _Reasoned


def conventions(
    game: Game,
    orders: Sequence[int] = (0, 1),
    *,
    memory: int = 0,
    symmetries: Iterable[Symmetry] | None = None,
    seats: bool = False,
    prior: float = 1.0,
    most: int = MOST,
) -> tuple[Hypothesis, ...]:
    """Hypotheses for an agent, node or middleware: every order under every symmetry of the game.

    A partner of the convention (k, σ) takes, whatever was done before, the action that order k would begin
    with, relabelled by σ. Those that come to the same actions are one hypothesis, named by the symmetry that
    changes the fewest labels: ``"0 under (A C)"``. They stand beside orders or alone.

    A game that is repeated looks the same also if labels are changed anew after every round, by what was done
    there, and partners that were trained with a memory of it have such conventions. With ``memory=1`` each
    order is one hypothesis, ``"0 under any, by the last round"``: what its partner's convention is after each
    joint action follows from what it did there, and where it was not seen yet, from its conventions elsewhere
    (a Pólya urn: Blackwell and MacQueen 1973).

    Args:
        game: a reasoner, or a task that has one. The symmetries are those that it declares (``Symmetric``),
            else those of a ``NormalFormReasoner``'s payoffs (``payoff_symmetries``).
        orders: the orders to relabel, each >= 0.
        memory: rounds that a convention depends on, 0 or 1.
        symmetries: others, in place of all these.
        seats: whether players may change places as well, for symmetries that are found.
        prior: how likely all of them together are beforehand, > 0; an order has 1.
        most: how many there may be.

    Raises:
        BeliefError: no symmetries are known, no orders, more conventions than ``most``, or another prior or
            memory.
        PayoffError: symmetries that are not found in time.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> levers = NormalFormReasoner(symmetric_payoffs([[1, 0, 0], [0, 1, 0], [0, 0, 1]]))
        >>> [hypothesis.name for hypothesis in conventions(levers)]
        ['0 under ()', '0 under (1 2)', '0 under (1 3)']
        >>> ann = AdaptiveAgent("ann", levers, hypotheses=conventions(levers))
        >>> situation = Situation({"ann": ("A", "B", "C"), "ben": ("A", "B", "C")})
        >>> decision, memory = ann.decide(situation, ann.start(["ben"]))
        >>> memory = ann.observe(memory, situation, {"ben": "C"})
        >>> ann.decide(situation, memory)[0].action
        'C'
    """
    reasoner = game.reasoner() if isinstance(game, _Reasoned) else game
    if not orders or any(isinstance(k, bool) or k < 0 for k in orders):
        raise BeliefError(f"conventions relabel orders >= 0, one at least; got {list(orders)}")
    if memory not in (0, 1):
        raise BeliefError(f"conventions depend on 0 or 1 rounds, got memory={memory!r}")
    kinds = _all_of(game, reasoner, orders, symmetries, seats=seats, most=most)
    if memory:
        found = [
            Hypothesis(f"{k} under any, by the last round", behaviour=_ByLastRound(tuple(of_order.values())))
            for k, of_order in kinds.items()
            if of_order
        ]
    else:
        found = [
            Hypothesis(name, behaviour=one) for of_order in kinds.values() for name, one in of_order.items()
        ]
    if sum(map(len, kinds.values())) > most:
        raise BeliefError(
            f"there are more than {most} conventions; give fewer orders or symmetries, or a larger most="
        )
    if not found:
        raise BeliefError("no symmetries were given; name one at least, such as Renaming('()', {})")
    return tuple(replace(one, prior=prior / len(found)) for one in found)


_Kinds: TypeAlias = "dict[int, dict[str, Behaviour]]"
"""Order -> name -> what a partner of that convention does."""


def _all_of(
    game: Game,
    reasoner: Reasoner,
    orders: Sequence[int],
    symmetries: Iterable[Symmetry] | None,
    *,
    seats: bool,
    most: int,
) -> _Kinds:
    if symmetries is None:
        symmetries = next((it.symmetries() for it in (game, reasoner) if isinstance(it, Symmetric)), None)
    if symmetries is not None:
        kept = list(islice(symmetries, most + 1))
        return {k: {f"{k} under {one.name}": _Convention(reasoner, k, one) for one in kept} for k in orders}
    if not isinstance(reasoner, NormalFormReasoner):
        raise BeliefError(
            f"{type(reasoner).__name__} has no payoffs to find symmetries in; declare them with symmetries=, "
            "or by a method symmetries() of the reasoner or task"
        )
    group = payoff_symmetries(reasoner.payoffs, seats=seats)
    start = _beginning(game, reasoner)
    return _of_payoffs(reasoner, group, start, orders, most)


def _beginning(game: Game, reasoner: NormalFormReasoner) -> Situation:
    """The situation before the first round, with the task's names where there is a task."""
    start, situation = getattr(game, "start", None), getattr(game, "situation", None)
    if callable(start) and callable(situation):
        found = situation(start())
        if isinstance(found, Situation):
            return found
    sizes = reasoner.payoffs.shape[1:]
    return Situation({f"player {i + 1}": [str(a + 1) for a in range(n)] for i, n in enumerate(sizes)})


def _of_payoffs(
    reasoner: NormalFormReasoner, group: Group, start: Situation, orders: Sequence[int], most: int
) -> _Kinds:
    names = [list(own) for own in start.actions.values()]
    known: set[_Profile] = set()
    kinds: _Kinds = {}
    for k in orders:
        profile = tuple(
            tuple(reasoner.policy(start, player, k).get(action, 0.0) for action in own)
            for player, own in start.actions.items()
        )
        reached = group.orbit(profile, _moved)
        if group.order <= _LOOKED_THROUGH:  # all can be looked through for the one that changes least
            for one in sorted(group, key=_changes, reverse=True):
                reached[_moved(one, profile)] = one
        ways = sorted(reached.items(), key=lambda way: _changes(way[1]))
        kinds[k] = {
            f"{k} under {one.named(names)}": _Convention(reasoner, k, one)
            for become, one in ways[: most + 1]
            if become not in known
        }
        known.update(reached)
    return kinds


def _changes(one: Relabelling) -> tuple[object, ...]:
    return one.moved, one.actions, one.seats


_Profile: TypeAlias = tuple[tuple[float, ...], ...]


def _moved(one: Relabelling, profile: _Profile) -> _Profile:
    """What players do once they are relabelled."""
    found = [[0.0] * len(own) for own in profile]
    for i, own in enumerate(profile):
        for a, p in enumerate(own):
            found[one.seats[i]][one.actions[i][a]] = p
    return tuple(map(tuple, found))


@dataclass(frozen=True, slots=True)
class _Convention:
    """What a partner of a convention does."""

    reasoner: Reasoner
    order: int
    symmetry: Symmetry

    def __call__(self, situation: Situation, player: str) -> Policy:
        earlier, was = self.symmetry.before(replace(situation, history=()), player)
        return self.symmetry.after(situation, player, self.reasoner.policy(earlier, was, self.order))


@dataclass(frozen=True, slots=True)
class _ByLastRound:
    """What a partner does that has one of M conventions after every joint action."""

    conventions: tuple[Behaviour, ...]

    def __call__(self, situation: Situation, player: str) -> Policy:
        legal = situation.actions[player]
        policies = [policy for one in self.conventions if (policy := one(situation, player)) is not None]
        history = situation.history[-_LOOKS_BACK - 1 :]
        known: dict[_Round, list[float]] = {}
        begins = len(history) == len(situation.history)
        for t, joint in enumerate(history):
            if t == 0 and not begins:
                continue
            done = joint.get(player)
            weights = known.setdefault(_round(history[t - 1]) if t else (), [1.0] * len(policies))
            for i, policy in enumerate(policies):
                weights[i] *= (1.0 - _SLIP) * policy.get(done or "", 0.0) + _SLIP / len(legal)
            top = max(weights)
            weights[:] = [weight / top for weight in weights]
        now = _round(history[-1]) if history else ()
        likely = known.pop(now, [1.0] * len(policies))
        usual = [1.0 / len(policies)] * len(policies)
        for weights in known.values():
            usual = [u + weight / added(weights) for u, weight in zip(usual, weights, strict=True)]
        belief = [u * weight for u, weight in zip(usual, likely, strict=True)]
        total = added(belief)
        return {
            action: added(b * policy.get(action, 0.0) for b, policy in zip(belief, policies, strict=True))
            / total
            for action in legal
        }


_Round: TypeAlias = "tuple[tuple[str, str], ...]"


def _round(joint: JointAction) -> _Round:
    return tuple(sorted(joint.items()))
