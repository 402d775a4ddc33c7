"""Recorded play from files: CSV in UTF-8, plain or ``.gz``, three forms that are told apart by their columns.

| form | columns |
|---|---|
| long | ``game`` (or ``pair``), ``round``, ``player``, ``action``; ``group`` where conditions differ |
| wide | ``game``, ``round``, ``person``, ``bot_move``; ``bot`` if there are several bots |
| one-shot | ``player``, ``choice``, ``payoffs``; ``seat`` where the game is not symmetric |

Other columns are ignored. An empty action is a round without a move, and so is a row that is missing. In the
long form a game has two players, and who is named first has the first seat; players of different games count
as different people.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.people.recordings import NONE, Side

LONG = {"round", "player", "action"}
WIDE = {"game", "round", "person", "bot_move"}
ONE_SHOT = {"player", "choice", "payoffs"}
MOST_ROUNDS = 100_000

Actions = Sequence[Sequence[str]]
"""The names of each seat's actions."""


class RecordingError(ValueError):
    """A file of recorded play that cannot be read; the message names file, line, column and remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        file: name of the file.
        line: number of the line where the row ends, from 1.
        cells: column -> text, without spaces around it.
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def error(self, column: str, what: str) -> RecordingError:
        """The error that something is wrong in a column."""
        return RecordingError(f"{self.file}, line {self.line}, column {column!r}: {what}")

    def filled(self, column: str) -> str:
        """The text of a column.

        Raises:
            RecordingError: it is empty.
        """
        text = self.cells[column]
        if not text:
            raise self.error(column, "is empty; fill it in, or leave the row out")
        return text

    def counted(self, column: str, most: int = MOST_ROUNDS) -> int:
        """The number in a column, counted from 1.

        Raises:
            RecordingError: there is none, or one out of range.
        """
        text = self.filled(column)
        if not (text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= most):
            raise self.error(column, f"{text!r} is no whole number from 1 to {most}; count from 1")
        return int(text)

    def action(self, column: str, legal: Sequence[str]) -> int:
        """The number of the action in a column; ``NONE`` where it is empty.

        Raises:
            RecordingError: it is none of ``legal``.
        """
        text = self.cells[column]
        if text and text not in legal:
            raise self.error(
                column,
                f"{text!r} is none of the task's actions {list(legal)}; rename it, or give another --task",
            )
        return legal.index(text) if text else NONE


def rows_of(path: Path) -> tuple[set[str], Iterator[Row]]:
    """The columns of a table, and its rows one by one.

    Raises:
        RecordingError: no CSV in UTF-8 with a header, or (while rows are read) one of another length.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""))
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise RecordingError(
            f"{path}, line 1: no header; name the columns in the first line, such as {_FORMS}"
        )
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise RecordingError(f"{path}, line 1, column {twice[0]!r}: is there twice; rename one of them")

    def rows() -> Iterator[Row]:
        try:
            for cells in reader:
                if len(cells) == len(header):
                    stripped = [cell.strip() for cell in cells]
                    yield Row(str(path), reader.line_num, dict(zip(header, stripped, strict=True)))
                elif cells:
                    column = header[min(len(cells), len(header)) - 1]
                    raise RecordingError(
                        f"{path}, line {reader.line_num}, column {column!r}: the row has {len(cells)} cells "
                        f"and the header {len(header)}; separate cells by commas, and quote text with commas"
                    )
        except csv.Error as error:
            raise RecordingError(f"{path}, line {reader.line_num}: no CSV ({error})") from None

    return set(header), rows()


def read_games(path: Path, actions: Actions) -> list[Side]:
    """The sides of every game in a file in the long or in the wide form.

    Args:
        path: the file.
        actions: the names of each seat's actions, two lists.

    Raises:
        RecordingError: the file, a column or a cell does not fit.
    """
    columns, rows = rows_of(path)
    if columns >= WIDE:
        sides = _wide(rows, actions)
    elif columns >= LONG and columns & {"game", "pair"}:
        sides = _long(rows, "game" if "game" in columns else "pair", actions)
    else:
        raise RecordingError(
            f"{path}, line 1: the columns are {', '.join(sorted(columns))}; rename them, recorded games have "
            f"{_FORMS}"
        )
    if not sides:
        raise RecordingError(f"{path}, line 2: no rows below the header; add some")
    return sides


def _wide(rows: Iterator[Row], actions: Actions) -> list[Side]:
    games: dict[str, dict[int, tuple[int, int]]] = {}
    bots: dict[str, str] = {}
    for row in rows:
        name, number = row.filled("game"), row.counted("round")
        rounds = games.setdefault(name, {})
        bot = bots.setdefault(name, row.cells.get("bot", ""))
        if row.cells.get("bot", "") != bot:
            raise row.error("bot", f"game {name!r} began with {bot!r}; give each game one bot")
        if number in rounds:
            raise row.error(
                "round", f"round {number} of game {name!r} is there twice; remove one of the rows"
            )
        rounds[number] = row.action("person", actions[0]), row.action("bot_move", actions[1])
    return [
        side
        for name, rounds in games.items()
        for side in _sides(name, [("person", False), (bots[name] or "bot", True)], rounds, bots[name])
    ]


def _long(rows: Iterator[Row], game: str, actions: Actions) -> list[Side]:
    games: dict[str, dict[int, list[int]]] = {}
    seats: dict[str, list[str]] = {}
    conditions: dict[str, str] = {}
    for row in rows:
        name, number, player = row.filled(game), row.counted("round"), row.filled("player")
        here = seats.setdefault(name, [])
        if player not in here:
            here.append(player)
            if len(here) > 2:
                raise row.error(
                    "player", f"{player!r} is the third of game {name!r}; give games of two players"
                )
        group = conditions.setdefault(name, row.cells.get("group", ""))
        if row.cells.get("group", "") != group:
            raise row.error("group", f"game {name!r} began with {group!r}; give each game one group")
        seat = here.index(player)
        moves = games.setdefault(name, {}).setdefault(number, [NONE - 1, NONE - 1])
        if moves[seat] >= NONE:
            raise row.error("round", f"{player!r} is there twice in round {number}; remove one of the rows")
        moves[seat] = row.action("action", actions[seat])
    for name, here in seats.items():
        if len(here) < 2:
            raise RecordingError(
                f"{row.file}, line {row.line}, column 'player': game {name!r} has only {here[0]!r}; add the "
                "rows of the other player"
            )
    return [
        side
        for name, rounds in games.items()
        for side in _sides(name, [(player, False) for player in seats[name]], rounds, conditions[name])
    ]


def _sides(
    game: str, players: Sequence[tuple[str, bool]], rounds: Mapping[int, Sequence[int]], group: str
) -> list[Side]:
    moves = np.full((2, max(rounds)), NONE, dtype=np.int64)
    for number, joint in rounds.items():
        moves[:, number - 1] = np.maximum(joint, NONE)
    return [
        Side(game, player, seat, moves[seat], moves[1 - seat], group, bot)
        for seat, (player, bot) in enumerate(players)
    ]


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise RecordingError(f"{path}: a gzip file that is cut off or damaged; copy it anew") from None
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].count(b"\n")
        raise RecordingError(f"{path}, line {line}: no UTF-8 text; save the table as CSV in UTF-8") from None
    except OSError as error:
        raise RecordingError(f"cannot read {str(path)!r}: {error.strerror}") from None


_FORMS = (
    "game,round,player,action or game,bot,round,person,bot_move (one-shot choices: player,choice,payoffs)"
)
