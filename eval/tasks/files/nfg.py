"""Gambit's ``.nfg`` files of games in strategic form, read and written.

The format is described in Gambit's manual under "The strategic game (.nfg) file format" (McKelvey, McLennan
and Turocy, gambit-project.org), in two versions. Both begin with a prologue of a title, the players'
names and their strategies, as numbers of them or as labels, and perhaps a comment. The *payoff* version
then lists everybody's payoffs in each joint action, the first player's strategy changing fastest. The
*outcome* version lists outcomes, each with a name and payoffs, and then the number of an outcome for each
joint action, 0 for none, where nobody gets anything.

Whitespace means nothing outside quotes, and commas count as whitespace.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from atom import PayoffError
from eval.tasks.files.number import number, written

_TOKEN = re.compile(
    r'(?P<skip>[\s,]+)|(?P<text>"(?:\\.|[^"\\])*")|(?P<brace>[{}])|(?P<word>[^\s,"{}]+)', re.DOTALL
)
_MOST = 1 << 24
"""Joint actions of the largest game that is read."""


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file of payoffs holds.

    Attributes:
        payoffs: ``[N, A_1, ..., A_N]``, finite.
        actions: the actions' names, one list for each player, no name twice in one of them.
        players: the players' names.
        title: what the game is called; empty where nobody says.
    """

    payoffs: NDArray[np.float64]
    actions: list[list[str]]
    players: list[str]
    title: str = ""


def parse_nfg(text: str, what: str) -> Parsed:
    """A game in strategic form.

    Args:
        text: the content of a ``.nfg`` file.
        what: how errors call it.

    Raises:
        PayoffError: the text is of another form; the line is named.
    """
    return _Reader(text, what).game()


def nfg_text(game: Parsed, comment: str = "") -> str:
    """A game in Gambit's payoff version, with labels; ``parse_nfg`` gives it back to the last bit."""
    lines = [
        f"NFG 1 R {_quoted(game.title)} {{ {' '.join(map(_quoted, game.players))} }}",
        "",
        "{ " + "\n  ".join("{ " + " ".join(map(_quoted, own)) + " }" for own in game.actions),
        "}",
        _quoted(comment),
        "",
        *(
            " ".join(written(float(own[joint])) for own in game.payoffs)
            for joint in _joint_actions(game.payoffs.shape[1:])
        ),
    ]
    return "\n".join(lines) + "\n"


def _joint_actions(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """All joint actions, the first player's changing fastest."""
    return [tuple(reversed(backwards)) for backwards in np.ndindex(*reversed(shape))]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


class _Reader:
    """Reads a game token by token."""

    def __init__(self, text: str, what: str) -> None:
        self._what = what
        self._tokens = self._split(text)
        self._at = 0

    def game(self) -> Parsed:
        """The whole file."""
        self._prologue()
        title = _unquoted(self._take("text", "the title in quotes").text)
        players = self._names("the players' names in quotes")
        if len(players) < 2:
            self._refuse(f"has {len(players)} players; a game needs at least two")
        actions = self._strategies(players)
        sizes = [len(own) for own in actions]
        joint = math.prod(sizes)
        if joint > _MOST:
            self._refuse(f"has {joint} joint actions; at most {_MOST} are read")
        if self._peek("text"):
            self._at += 1
        values = (
            self._outcomes(len(players), joint) if self._peek("{") else self._payoffs(len(players), joint)
        )
        if self._at < len(self._tokens):
            self._expected("the end of the file")
        # axes reversed, since the first player's action changes fastest
        ordered = values.reshape(*reversed(sizes), len(players))
        return Parsed(np.ascontiguousarray(ordered.T), actions, players, title)

    def _prologue(self) -> None:
        first = self._take("word", "NFG")
        if first.text == "EFG":
            self._refuse(
                "is an extensive game (.efg), whose players move in turn; save its strategic form as .nfg "
                "with Gambit"
            )
        if first.text != "NFG":
            self._refuse(f"begins with {first.text!r} and not with NFG; is it a Gambit .nfg file?")
        if (version := self._take("word", "the version 1")).text != "1":
            self._refuse(f"is of version {version.text!r}, and only version 1 is known", version.line)
        if (kind := self._take("word", "R or D")).text not in ("R", "D"):
            self._refuse(f"says {kind.text!r} where R or D is expected", kind.line)

    def _names(self, expected: str) -> list[str]:
        self._take("{", f"{{ before {expected}")
        found = []
        while not self._peek("}"):
            found.append(_unquoted(self._take("text", expected).text))
        self._at += 1
        return found

    def _strategies(self, players: list[str]) -> list[list[str]]:
        line = self._take("{", "{ before the players' strategies").line
        actions: list[list[str]] = []
        while not self._peek("}"):
            if self._peek("{"):
                actions.append(self._labels(len(actions), players))
            else:
                token = self._take("word", "a number of strategies, or { with their labels")
                if not re.fullmatch(r"[1-9]\d{0,8}", token.text):
                    self._refuse(f"has {token.text!r} where a number of strategies is expected", token.line)
                if int(token.text) > _MOST:
                    self._refuse(f"has {token.text} strategies; at most {_MOST} are read", token.line)
                actions.append([str(i + 1) for i in range(int(token.text))])
        self._at += 1
        if len(actions) != len(players):
            self._refuse(f"has strategies of {len(actions)} players and the names of {len(players)}", line)
        return actions

    def _labels(self, seat: int, players: list[str]) -> list[str]:
        line = self._tokens[self._at].line
        player = players[seat] if seat < len(players) else f"player {seat + 1}"
        labels = self._names("a strategy's label in quotes")
        if not labels:
            self._refuse(f"has no strategy of {player!r}; a player needs at least one", line)
        if not any(labels):
            return [str(i + 1) for i in range(len(labels))]
        if "" in labels:
            self._refuse(f"has an empty label among the strategies of {player!r}; give all or none", line)
        for label in labels:
            if labels.count(label) > 1:
                self._refuse(f"has the strategy {label!r} of {player!r} twice; give each another label", line)
        return labels

    def _outcomes(self, n_players: int, joint: int) -> NDArray[np.float64]:
        """``[joint, N]`` by the outcome version."""
        self._take("{", "{ before the outcomes")
        known = [[0.0] * n_players]
        while not self._peek("}"):
            line = self._take("{", "{ before an outcome").line
            if self._peek("text"):
                self._at += 1
            values = []
            while not self._peek("}"):
                values.append(self._number())
            self._at += 1
            if values and len(values) != n_players:
                self._refuse(f"has an outcome of {len(values)} payoffs for {n_players} players", line)
            known.append(values or [0.0] * n_players)
        self._at += 1
        chosen = []
        for n in range(joint):
            token = self._take("word", f"the number of an outcome, {n + 1} of {joint}")
            if not re.fullmatch(r"\d{1,9}", token.text) or int(token.text) >= len(known):
                self._refuse(
                    f"has {token.text!r} where the number of an outcome, 0 to {len(known) - 1}, is expected",
                    token.line,
                )
            chosen.append(int(token.text))
        return np.asarray(known)[chosen]

    def _payoffs(self, n_players: int, joint: int) -> NDArray[np.float64]:
        """``[joint, N]`` by the payoff version."""
        left = len(self._tokens) - self._at
        if left != joint * n_players:
            self._refuse(
                f"has {left} payoffs, and {joint} joint actions of {n_players} players need "
                f"{joint * n_players}"
            )
        return np.array([self._number() for _ in range(left)]).reshape(joint, n_players)

    def _number(self) -> float:
        token = self._take("word", "a payoff")
        try:
            return number(token.text)
        except ValueError as error:
            self._refuse(f"has the payoff {token.text!r}, which {error}", token.line)

    def _split(self, text: str) -> list[_Token]:
        tokens, position, line = [], 0, 1
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:  # only a quote that nobody closes is no token
                raise PayoffError(f'{self._what}, line {line}, has a quote that is not closed; add a "')
            kind = match.lastgroup or ""
            if kind != "skip":
                tokens.append(_Token(match[0] if kind == "brace" else kind, match[0], line))
            line += match[0].count("\n")
            position = match.end()
        return tokens

    def _peek(self, kind: str) -> bool:
        if self._at >= len(self._tokens):
            if kind == "}":
                self._expected("}")
            return False
        return self._tokens[self._at].kind == kind

    def _take(self, kind: str, expected: str) -> _Token:
        if self._at >= len(self._tokens) or self._tokens[self._at].kind != kind:
            self._expected(expected)
        self._at += 1
        return self._tokens[self._at - 1]

    def _expected(self, expected: str) -> NoReturn:
        if self._at >= len(self._tokens):
            self._refuse(f"ends where {expected} is expected")
        token = self._tokens[self._at]
        self._refuse(f"has {token.text!r} where {expected} is expected", token.line)

    def _refuse(self, problem: str, line: int | None = None) -> NoReturn:
        where = f", line {line}," if line is not None else ""
        raise PayoffError(f"{self._what}{where} {problem}")
