"""Units by the dozen: those of one cell at once where that is possible, the others one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from eval.play.batched import FEWEST_AT_ONCE, MOST_AT_ONCE
from eval.play.record import Totals
from eval.play.unit import SELF, EpisodeResult, Pairing, Unit, pairing_of, play_unit, seats_of


def play_units(units: Sequence[Unit], *, detailed: bool = True) -> list[EpisodeResult]:
    """Plays several episodes; the results are the same as those of ``play_unit``, in the same order.

    Args:
        units: what to play.
        detailed: see ``play_unit``; where every step is recorded, each is played for itself.

    Raises:
        ValueError: an unknown name, or a player that cannot play the task.
    """
    if detailed:
        return [play_unit(unit) for unit in units]
    found: dict[int, EpisodeResult] = {}
    for places in _of_one_pairing(units):
        some = [units[place] for place in places]
        if len(some) >= FEWEST_AT_ONCE and plays_at_once(some[0]):
            results = _played_at_once(some)
        else:
            results = [play_unit(unit, detailed=False) for unit in some]
        found.update(zip(places, results, strict=True))
    return [found[place] for place in range(len(units))]


def plays_at_once(unit: Unit) -> bool:
    """Whether many units that differ from this one by their number are played at once."""
    return unit.runtime == "plain" and pairing_of(unit).at_once is not None


def scores_of(pairings: Sequence[Pairing], episodes: int) -> Iterator[float]:
    """The agent's score in one episode after the other, the first from the first pairing, in a circle.

    Args:
        pairings: the same agent and partner, with the agent at one seat after the other.
        episodes: how many.
    """
    first, n = pairings[0], len(pairings)
    at_once = all(pairing.at_once is not None for pairing in pairings)
    size = MOST_AT_ONCE if at_once else n
    for begin in range(0, episodes, size):
        numbers = range(begin, min(begin + size, episodes))
        if first.alike and at_once:
            outcomes = first.outcomes(numbers)
        else:
            by_seat = [pairing.outcomes(numbers[seat::n]) for seat, pairing in enumerate(pairings)]
            outcomes = [by_seat[place % n][place // n] for place in range(len(numbers))]
        for number, (scores, _, _) in zip(numbers, outcomes, strict=True):
            yield scores[pairings[number % n].me]


def _of_one_pairing(units: Sequence[Unit]) -> Iterator[list[int]]:
    """The places of units that one pairing plays."""
    cells: dict[tuple[Any, ...], list[int]] = {}
    for place, unit in enumerate(units):
        cells.setdefault(unit.cell, []).append(place)
    for places in cells.values():
        unit = units[places[0]]
        if unit.partner in (SELF, unit.agent):
            yield places
            continue
        n = seats_of(unit.task, unit.env)
        for seat in range(n):
            some = [place for place in places if units[place].episode % n == seat]
            if some:
                yield some


def _played_at_once(units: Sequence[Unit]) -> list[EpisodeResult]:
    began = time.perf_counter()
    pairing = pairing_of(units[0])
    outcomes = pairing.outcomes([unit.episode for unit in units])
    seconds = (time.perf_counter() - began) / len(units)
    players = pairing.task.players
    results = []
    for unit, (scores, steps, degraded) in zip(units, outcomes, strict=True):
        me = players[unit.episode % len(players)]
        totals = Totals(steps, 0, scores=scores, degraded_of=degraded)
        results.append(EpisodeResult(unit, scores[me], scores, b"", totals, seconds, me))
    return results
