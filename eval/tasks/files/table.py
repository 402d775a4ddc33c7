"""Payoffs as a table of comma-separated values: one row for each joint action.

The first row names the columns, in any order: one for each player, with its action, and one ``payoff
PLAYER`` for each. Players sit in the order of their columns; actions stand in the order in which
they first appear. Semicolons and tabs part columns as well, where they do so in the first row. Rows that
begin with ``#`` and empty ones don't count.

    ann,ben,payoff ann,payoff ben
    opera,opera,3,2
    opera,fight,0,0
    fight,opera,0,0
    fight,fight,2,3
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from atom import PayoffError
from eval.tasks.files.nfg import Parsed
from eval.tasks.files.number import number, written

_PAYOFF = "payoff "
_PARTED = re.compile(rf'([,;\t]) *"?{_PAYOFF}')


class _Columns(NamedTuple):
    """Where what stands: the columns of the players' actions and of their payoffs, by seat."""

    players: list[str]
    actions: list[int]
    payoffs: list[int]


def parse_table(text: str, what: str) -> Parsed:
    """A game from comma-separated values.

    Args:
        text: the content of the file.
        what: how errors call it.

    Raises:
        PayoffError: columns, rows or payoffs that are missing, given twice or no numbers; the line is
            named.
    """
    rows = _rows(text, what)
    if not rows:
        raise PayoffError(f"{what} is empty; its first row names the columns: ann,ben,payoff ann,payoff ben")
    (line, header), *rest = rows
    columns = _columns(header, f"{what}, line {line},")
    found: dict[tuple[str, ...], tuple[int, list[float]]] = {}
    for line, row in rest:
        where = f"{what}, line {line},"
        if len(row) != len(header):
            raise PayoffError(f"{where} has {len(row)} columns, the first row {len(header)}")
        joint = tuple(row[column] for column in columns.actions)
        if "" in joint:
            raise PayoffError(f"{where} names no action of {columns.players[joint.index('')]!r}")
        if joint in found:
            raise PayoffError(f"{where} has the joint action {joint} again, after line {found[joint][0]}")
        found[joint] = line, [_payoff(row[c], header[c], where) for c in columns.payoffs]
    return _assembled(columns.players, found, what)


def table_text(game: Parsed) -> str:
    """A game as comma-separated values; ``parse_table`` gives it back to the last bit, without its title.

    Raises:
        PayoffError: a name that a cell cannot hold.
    """
    for name in (*game.players, *(label for own in game.actions for label in own)):
        if name != " ".join(name.split()) or name.startswith(("#", _PAYOFF)):
            raise PayoffError(
                f"the name {name!r} cannot stand in a table: it begins with '#' or {_PAYOFF!r}, or has "
                "spaces to spare; give it another name, or write a .nfg file"
            )
    lines = io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    rows.writerow([*game.players, *(_PAYOFF + player for player in game.players)])
    for joint in np.ndindex(*game.payoffs.shape[1:]):
        names = [own[a] for own, a in zip(game.actions, joint, strict=True)]
        rows.writerow([*names, *(written(float(own[joint])) for own in game.payoffs)])
    return lines.getvalue()


def _rows(text: str, what: str) -> list[tuple[int, list[str]]]:
    """The rows that count with the lines that they end on, cells without spaces around them."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    parted = _PARTED.search(first)
    delimiter = parted[1] if parted else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) and not cells[0].startswith("#"):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise PayoffError(f"{what}, line {reader.line_num}, is no row of values: {error}") from None
    return rows


def _columns(header: Sequence[str], where: str) -> _Columns:
    for name in header:
        if not name or header.count(name) > 1:
            raise PayoffError(f"{where} has the column {name!r} twice or without a name; name each once")
    players = [name for name in header if not name.startswith(_PAYOFF)]
    payoffs = [name.removeprefix(_PAYOFF) for name in header if name.startswith(_PAYOFF)]
    if len(players) < 2 or sorted(players) != sorted(payoffs):
        raise PayoffError(
            f"{where} has the players {players} and payoffs of {payoffs}; a game needs a column NAME and a "
            "column 'payoff NAME' for each of at least two players"
        )
    return _Columns(players, [header.index(p) for p in players], [header.index(_PAYOFF + p) for p in players])


def _payoff(text: str, column: str, where: str) -> float:
    try:
        return number(text)
    except ValueError as error:
        raise PayoffError(f"{where} has {text!r} in the column {column!r}, which {error}") from None


def _assembled(
    players: list[str], found: dict[tuple[str, ...], tuple[int, list[float]]], what: str
) -> Parsed:
    actions = [list(dict.fromkeys(joint[seat] for joint in found)) for seat in range(len(players))]
    shape = [len(own) for own in actions]
    if not found:
        raise PayoffError(f"{what} has no rows of payoffs below its first row")
    joints = (tuple(own[a] for own, a in zip(actions, joint, strict=True)) for joint in np.ndindex(*shape))
    values = []
    for names in joints:
        if names not in found:
            raise PayoffError(f"{what} has no row for the joint action {names}; every one needs a row")
        values.append(found[names][1])
    payoffs = np.moveaxis(np.array(values).reshape(*shape, len(players)), -1, 0)
    return Parsed(np.ascontiguousarray(payoffs), actions, players)
