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
    N_POT,
    STAY,
    Ints,
    Kitchen,
    cook,
    turned,
)

_BYTES_PER_CODE = 360
"""Twice the table of 36 successors, the solver's arrays, and room."""
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
    """The most memory that building the table can take, were every state reachable."""
    return kitchen.size * _BYTES_PER_CODE


def start_code(kitchen: Kitchen) -> int:
    """Both cooks where the layout says, facing up, with empty hands; nothing in the pot."""
    tiles = kitchen.layout.map
    first, second = (tiles.index[cell] * 16 for cell in tiles.starts)
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
    first, second, pot = kitchen.split(codes)

    def seen(cook: Ints) -> Ints:
        return np.asarray((cells[cook >> 4] * 4 + directions[cook >> 2 & 3]) * 4 + (cook & 3))

    return np.asarray(kitchen.code(seen(second), seen(first), pot))


def _solo(kitchen: Kitchen, codes: Ints) -> Solo:
    """One cook alone: solo state ``cook * N_POT + pot``, and the end."""
    n_cooks = kitchen.n_cooks
    end = n_cooks * N_POT
    own, pot = np.divmod(np.arange(end, dtype=np.int32), N_POT)
    following = np.empty((end + 1, len(ACTIONS)), dtype=np.int32)
    following[end] = end
    for action in range(INTERACT):
        moved = turned(own, action, kitchen.moves[own >> 4, action])
        following[:end, action] = moved * N_POT + cook(pot)
    after = kitchen.hands[own, pot] * N_POT + cook(kitchen.pots[own, pot])
    following[:end, INTERACT] = np.where(kitchen.delivers[own], end, after)
    first, second, pots = kitchen.split(codes[:-1])
    project = np.full((2, len(codes)), end, dtype=np.int32)
    project[0, :-1] = first * N_POT + pots
    project[1, :-1] = second * N_POT + pots
    terminal = np.arange(end + 1) == end
    return Solo(following, (~terminal).astype(np.int32), terminal, project)
