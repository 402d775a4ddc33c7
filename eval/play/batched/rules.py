"""Players that follow a rule: orders, habits and tables that predict nobody."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from atom import FixedOrderAgent, Policy, Situation
from atom.randomness import RandomStream, RandomStreams
from eval.play.batched.contexts import Choices
from eval.play.batched.drawing import drawn
from eval.play.batched.exact import Ints
from eval.play.batched.players import Begin, Episodes, Now, Rule, Seat
from partners.bounded import CompetentPartner, HierarchyPartner, QuantalPartner
from partners.habits import (
    ConstantPartner,
    MarkovPartner,
    MostlyPartner,
    WinStayLoseShiftPartner,
    transitions,
)
from partners.simple import AlternatePartner, BySeatPartner, ImitatePartner, RandomPartner, RepeatPartner
from partners.tables import ConventionPartner, PolicyPartner
from partners.tom import SwitchingPartner

Acts: TypeAlias = Callable[[Now, RandomStreams], Ints]
Follows: TypeAlias = Callable[[Ints, Now, RandomStreams], Ints]


def fixed_order(seat: Seat, agent: FixedOrderAgent) -> Begin | None:
    """One order for ever."""
    if agent.reasoner is not seat.game.reasoner:
        return None
    return _rule(seat, agent.seed, _by_order(seat, agent.order))


def switching(seat: Seat, partner: SwitchingPartner) -> Begin | None:
    """One order after the other."""
    if any(phase.reasoner is not seat.game.reasoner for phase in partner.phases):
        return None
    acts = [_by_order(seat, phase.order) for phase in partner.phases]
    seeds = {phase.seed for phase in partner.phases}
    if len(seeds) > 1:
        return None
    return _rule(
        seat,
        seeds.pop(),
        lambda now, streams: acts[bisect_right(partner.rounds, now.step + 1)](now, streams),
    )


def by_policy(seat: Seat, partner: QuantalPartner | HierarchyPartner) -> Begin | None:
    """An action drawn from a policy that the context says."""
    if partner.reasoner is not seat.game.reasoner:
        return None
    return _rule(seat, partner.seed, _by_policy(seat, partner.policy))


def on_table(seat: Seat, partner: PolicyPartner | ConventionPartner) -> Begin | None:
    """The action of a state."""
    return _rule(
        seat,
        partner.seed,
        _by_policy(seat, lambda situation: {seat.mine[partner.act(situation.state, seat.index)]: 1.0}),
    )


def competent(seat: Seat, partner: CompetentPartner) -> Begin | None:
    """Its order's action with a probability, else a random one."""
    if partner.reasoner is not seat.game.reasoner:
        return None
    by_order, n = _by_order(seat, partner.order), len(seat.mine)

    def acts(now: Now, streams: RandomStreams) -> Ints:
        able = streams.random(now.all) < partner.competence
        found = np.empty(able.size, dtype=np.int64)
        yes, no = np.flatnonzero(able), np.flatnonzero(~able)
        found[yes] = by_order(Now(now.step, now.rows[yes], None, yes), streams)
        found[no] = streams.integers(n, no)
        return found

    return _rule(seat, partner.seed, acts)


def random(seat: Seat, partner: RandomPartner) -> Begin | None:
    """Any action."""
    return _rule(seat, partner.seed, lambda now, streams: streams.integers(len(seat.mine), now.all))


def alternate(seat: Seat, partner: AlternatePartner) -> Begin | None:
    """One action after the other."""
    n = len(seat.mine)
    return _rule(seat, partner.seed, lambda now, _: np.full(now.all.size, now.step % n))


def by_seat(seat: Seat, partner: BySeatPartner) -> Begin | None:
    """The action of its seat."""
    action = seat.index % len(seat.mine)
    return _rule(seat, partner.seed, lambda now, _: np.full(now.all.size, action))


def constant(seat: Seat, partner: ConstantPartner) -> Begin | None:
    """One action for ever; one that it has not is refused where it is to be taken."""
    if partner.index >= len(seat.mine):
        return None
    return _rule(seat, partner.seed, lambda now, _: np.full(now.all.size, partner.index))


def imitate(seat: Seat, partner: ImitatePartner) -> Begin | None:
    """The other's last action."""
    same = np.array([seat.mine.index(a) if a in seat.mine else 0 for a in seat.theirs])

    def acts(now: Now, _: RandomStreams) -> Ints:
        if now.last is None:
            return np.zeros(now.all.size, dtype=np.int64)
        found: Ints = same.take(now.last[1 - seat.index])
        return found

    # on tables nobody is shown what was done
    return _rule(seat, partner.seed, acts if seat.game.shows_history else _first)


def win_stay_lose_shift(seat: Seat, partner: WinStayLoseShiftPartner) -> Begin | None:
    """The last action where it paid, else the next."""
    first, second = seat.game.players
    legal = dict(zip(seat.game.players, seat.game.actions, strict=True))
    unused = RandomStream(0, 0, 0, "")
    after = np.array(
        [
            seat.mine.index(partner.choose(Situation(legal, history=[{first: a, second: b}]), {}, unused)[0])
            for a in legal[first]
            for b in legal[second]
        ]
    )

    def acts(now: Now, streams: RandomStreams) -> Ints:
        if now.last is None:
            return streams.integers(len(seat.mine), now.all)
        found: Ints = after.take(now.last[0] * len(legal[second]) + now.last[1])
        return found

    return _rule(seat, partner.seed, acts)


def _first(now: Now, _: RandomStreams) -> Ints:
    return np.zeros(now.all.size, dtype=np.int64)


def _rule(seat: Seat, seed: int, acts: Acts) -> Begin:
    return lambda episodes: Rule(RandomStreams(seed, episodes, seat.me), acts)


def _by_order(seat: Seat, order: int) -> Acts:
    reasoner = seat.game.reasoner
    return _by_policy(seat, lambda situation: reasoner.policy(situation, seat.me, order))


def _by_policy(seat: Seat, policy: Callable[[Situation], Policy]) -> Acts:
    situations = seat.game.contexts.situations
    choices = Choices(seat.mine, lambda row: policy(situations[row]))
    return lambda now, streams: choices.draw(now.rows, streams, now.all)


class _Kept:
    """A player that draws an action at first, and by it those that follow.

    Args:
        seat: where it sits.
        streams: its random numbers.
        follows: its next actions by those that it keeps, and whether it keeps the next ones instead.
    """

    def __init__(self, seat: Seat, streams: RandomStreams, follows: Follows, *, moves: bool) -> None:
        self._n = len(seat.mine)
        self._streams = streams
        self._follows = follows
        self._moves = moves
        self._kept: Ints | None = None

    def decide(self, now: Now) -> Ints:
        self._streams.begin(now.step)
        if self._kept is None:
            self._kept = self._streams.integers(self._n, now.all)
            if self._moves:
                return self._kept
        found = self._follows(self._kept, now, self._streams)
        if self._moves:
            self._kept = found
        return found

    def observe(self, now: Now, actions: Ints) -> None:
        pass

    def keep(self, rows: Ints) -> None:
        self._streams.keep(rows)
        if self._kept is not None:
            self._kept = self._kept[rows]


def repeat(seat: Seat, partner: RepeatPartner) -> Begin | None:
    """Its first action, which it draws, for ever."""
    return _kept(seat, partner.seed, lambda kept, now, streams: kept, moves=False)


def mostly(seat: Seat, partner: MostlyPartner) -> Begin | None:
    """Its drawn action at a rate, else a random one."""

    def follows(kept: Ints, now: Now, streams: RandomStreams) -> Ints:
        found = kept.copy()
        others = np.flatnonzero(streams.random(now.all) >= partner.rate)
        found[others] = streams.integers(len(seat.mine), others)
        return found

    return _kept(seat, partner.seed, follows, moves=False)


def markov(seat: Seat, partner: MarkovPartner) -> Begin | None:
    """An action drawn by the last one."""
    rows = np.array(transitions(partner.matrix, len(seat.mine))).T

    def follows(kept: Ints, now: Now, streams: RandomStreams) -> Ints:
        return drawn(None, rows[:, kept], streams, now.all)

    return _kept(seat, partner.seed, follows, moves=True)


def _kept(seat: Seat, seed: int, follows: Follows, *, moves: bool) -> Begin:
    def begin(episodes: Episodes) -> _Kept:
        return _Kept(seat, RandomStreams(seed, episodes, seat.me), follows, moves=moves)

    return begin
