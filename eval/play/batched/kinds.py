"""Which players can be played in batches: declared by class, since a class may do something else on top."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from atom import AdaptiveAgent, FixedOrderAgent, Player
from eval.play.batched import rules
from eval.play.batched.adaptive import adaptive, permuted
from eval.play.batched.counting import counting
from eval.play.batched.noise import lapsing
from eval.play.batched.players import Begin, Seat
from partners import NoisyPartner
from partners.adaptive import PermutedPartner
from partners.bounded import CompetentPartner, HierarchyPartner, QuantalPartner
from partners.habits import ConstantPartner, MarkovPartner, MostlyPartner, WinStayLoseShiftPartner
from partners.simple import (
    AlternatePartner,
    BySeatPartner,
    FrequencyPartner,
    ImitatePartner,
    MarkovPredictor,
    RandomPartner,
    RepeatPartner,
)
from partners.tables import ConventionPartner, PolicyPartner
from partners.tom import SwitchingPartner

KINDS: dict[type, Callable[[Seat, Any], Begin | None]] = {
    AdaptiveAgent: adaptive,
    PermutedPartner: permuted,
    FixedOrderAgent: rules.fixed_order,
    SwitchingPartner: rules.switching,
    QuantalPartner: rules.by_policy,
    HierarchyPartner: rules.by_policy,
    CompetentPartner: rules.competent,
    PolicyPartner: rules.on_table,
    ConventionPartner: rules.on_table,
    RandomPartner: rules.random,
    RepeatPartner: rules.repeat,
    AlternatePartner: rules.alternate,
    BySeatPartner: rules.by_seat,
    ConstantPartner: rules.constant,
    ImitatePartner: rules.imitate,
    MostlyPartner: rules.mostly,
    MarkovPartner: rules.markov,
    WinStayLoseShiftPartner: rules.win_stay_lose_shift,
    FrequencyPartner: counting,
    MarkovPredictor: counting,
}
"""Class of a player -> what makes a batch of it; None for settings that cannot be batched."""


def begin_of(seat: Seat, player: Player) -> Begin | None:
    """What begins a player in many episodes; None where it plays one at a time."""
    if type(player) is NoisyPartner:
        inner = begin_of(seat, player.inner)
        return None if inner is None else lapsing(seat, player, inner)
    make = KINDS.get(type(player))
    return None if make is None else make(seat, player)
