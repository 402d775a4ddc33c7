"""The exact table of a kitchen: all states that can be reached, and what follows each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atom import TabularModel
from atom.reasoning.tables import Mirror, Solo
from eval.tasks.maps import MapError
from eval.tasks.overcooked.dynamics import (
    ACTIONS,
    INTERACT,
    STAY,
    Ints,
    Kitchen,
)

_BYTES_PER_STATE = 360
"""Twice the table of 36 successors, the solver's arrays, and room."""
_BYTES_PER_CODE = 8
"""Whether it is reached, and its index."""
_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Table:
    """A kitchen's reachable states.

    Attributes:
        model: the game on indices of states, the last of which is the end.
        codes: ``[S]``, index -> code.
        index: ``[size + 1]``, code -> index, -1 where not reachable.
    """

    model: TabularModel
    codes: Ints
    index: Ints


def needed_bytes(kitchen: Kitchen) -> int:
    """The most memory that building the table can take, were every state reachable.

    Every state: wherever the cooks can get to, whatever they face there and hold, whatever is in the pots.
    """
    layout = kitchen.layout
    first, second = (
        sum(4 * len(set(kitchen.turn[cell].tolist())) for cell in layout.reachable(player))
        for player in (0, 1)
    )
    return first * second * kitchen.n_pots * _BYTES_PER_STATE + kitchen.size * _BYTES_PER_CODE


def start_code(kitchen: Kitchen) -> int:
    """Both cooks where the layout says, facing up, with empty hands; nothing in the pot."""
    tiles = kitchen.layout.map
    first, second = (
        tiles.index[cell] * 16 + 4 * int(kitchen.turn[tiles.index[cell], 0]) for cell in tiles.starts
    )
    return kitchen.code(first, second, 0)


def build_table(kitchen: Kitchen, what: str = "the layout") -> Table:
    """List all states reachable from the start, and what follows them.

    On a layout with a mirror the mirrored start counts as well. Where several cells touch the pot
    both cooks may reach for it at once; then the first comes first, which has no mirror image, and
    only the ties are mirrored.

    Raises:
        MapError: nothing that the cooks do ever serves a soup.
    """
    start = np.array([start_code(kitchen)], dtype=np.int32)
    found = kitchen.layout.map.mirror()
    directions = tuple(range(STAY)) if found is None else tuple(found[1].tolist())
    actions = (*directions, STAY, INTERACT)
    exact = found is not None and kitchen.layout.pot_places == 1
    mirrored = _reflect(kitchen, start, *found) if found is not None and exact else start
    codes, index, following = _expand(kitchen, np.union1d(start, mirrored))
    if not (following[:-1] == len(codes) - 1).any():
        first, second = map(kitchen.layout.map.place, kitchen.layout.map.starts)
        raise MapError(
            f"in {what} the cooks at {first} and at {second} are in each other's way for ever and no "
            "soup can be served; widen the floor"
        )
    terminal = codes == kitchen.size
    mirror = None
    if found is not None and exact:
        seen = np.append(_reflect(kitchen, codes[:-1], *found), np.int32(kitchen.size))
        mirror = Mirror(index[seen], np.array(actions, dtype=np.int32))
    model = TabularModel(
        next=following,
        cost=(~terminal).astype(np.int32),
        terminal=terminal,
        starts=(int(index[start[0]]),),
        actions=ACTIONS,
        solo=_solo(kitchen, codes),
        mirror=mirror,
        ties=(tuple(range(len(ACTIONS))), actions),
    )
    return Table(model, codes, index)


def _expand(kitchen: Kitchen, seeds: Ints) -> tuple[Ints, Ints, Ints]:
    """Codes of all reachable states, their index, and what follows them as indices."""
    reached = np.zeros(kitchen.size + 1, dtype=np.bool_)
    reached[kitchen.size] = True
    reached[seeds] = True
    frontier, parts = seeds, []
    while frontier.size:
        found = np.zeros_like(reached)
        for first in range(0, len(frontier), _CHUNK):
            some = frontier[first : first + _CHUNK]
            following = kitchen.successors(some)
            parts.append((some, following))
            found[following] = True
        frontier = np.flatnonzero(found & ~reached).astype(np.int32)
        reached[frontier] = True
    codes = np.flatnonzero(reached).astype(np.int32)
    index = np.full(kitchen.size + 1, -1, dtype=np.int32)
    index[codes] = np.arange(len(codes), dtype=np.int32)
    table = np.empty((len(codes), len(ACTIONS), len(ACTIONS)), dtype=np.int32)
    table[-1] = len(codes) - 1
    while parts:
        some, following = parts.pop()
        table[index[some]] = index[following]
    return codes, index, table


def _reflect(kitchen: Kitchen, codes: Ints, cells: Ints, directions: Ints) -> Ints:
    """The codes seen in the mirror: the cooks have changed places."""
    first, second, pots = kitchen.split(codes)

    def seen(cook: Ints) -> Ints:
        cell = cells[cook >> 4]
        return np.asarray((cell * 4 + kitchen.turn[cell, directions[cook >> 2 & 3]]) * 4 + (cook & 3))

    each = kitchen.each_pot(pots)
    faced = kitchen.layout.pot_faced
    images = faced[cells][:, directions]  # what the image of each place and direction sees
    places = [np.argwhere(faced == k) for k in range(len(each))]
    swapped = each.copy()
    for k, place in enumerate(places):
        if len(place):  # a pot that nobody can face stays empty
            swapped[images[tuple(place[0])]] = each[k]
    return np.asarray(kitchen.code(seen(second), seen(first), kitchen.all_pots(swapped)))


def _solo(kitchen: Kitchen, codes: Ints) -> Solo:
    """One cook alone: solo state ``cook * n_pots + pots``, and the end."""
    n_cooks, n_pots = kitchen.n_cooks, kitchen.n_pots
    end = n_cooks * n_pots
    own, pots = np.divmod(np.arange(end, dtype=np.int32), n_pots)
    each = kitchen.each_pot(pots)
    later = kitchen.all_pots(kitchen.cook(each))
    following = np.empty((end + 1, len(ACTIONS)), dtype=np.int32)
    following[end] = end
    for action in range(INTERACT):
        moved = kitchen.turned(own, action, kitchen.moves[own >> 4, action])
        following[:end, action] = moved * n_pots + later
    hands, after, delivers = kitchen.interact(own, each)
    following[:end, INTERACT] = np.where(
        delivers, end, hands * n_pots + kitchen.all_pots(kitchen.cook(after))
    )
    first, second, now = kitchen.split(codes[:-1])
    project = np.full((2, len(codes)), end, dtype=np.int32)
    project[0, :-1] = first * n_pots + now
    project[1, :-1] = second * n_pots + now
    terminal = np.arange(end + 1) == end
    return Solo(following, (~terminal).astype(np.int32), terminal, project)
