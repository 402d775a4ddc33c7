"""A small page for a person with a browser, served on this machine only.

Python's own server is enough: one person, a few requests a minute. Games are kept under names that
cannot be guessed, so a browser that was closed comes back by its address.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from eval.human.game import Game, GameError, begin, move
from eval.web import LoopbackHandler, loopback_server, static_file

_LARGEST_BODY = 4096
_MOST_GAMES = 1000
_PAGE = Path(__file__).with_name("page.html")
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Games:
    """The games of a server, by name.

    Args:
        new: begins a game of a number.
        over: called once with every game that is played to its end.
    """

    def __init__(self, new: Callable[[int], Game], over: Callable[[Game], None]) -> None:
        self._new, self._over = new, over
        self._games: dict[str, Game] = {}
        self._begun = 0
        self._lock = Lock()

    def begin(self) -> tuple[str, Game]:
        """A new game and its name."""
        with self._lock:
            name, game = secrets.token_urlsafe(12), self._new(self._begun)
            self._begun += 1
            if len(self._games) >= _MOST_GAMES:
                del self._games[next(iter(self._games))]
            self._games[name] = game
            return name, game

    def get(self, name: str) -> Game | None:
        """The game of a name."""
        return self._games.get(name)

    def move(self, name: str, action: str, round_: int) -> Game:
        """The game after a move; of two at once, the first counts.

        Raises:
            GameError: see ``eval.human.game.move``.
            KeyError: no such game.
        """
        with self._lock:
            game = move(self._games[name], action, round_=round_).game
            self._games[name] = game
            if game.done:
                self._over(game)
            return game


def serve(games: Games, port: int = 0) -> ThreadingHTTPServer:
    """A server on this machine; call ``serve_forever``, and find its port in ``server_port``.

    Args:
        games: the games.
        port: 0 for any that is free.
    """

    class Handler(_Handler):
        pass

    Handler.games = games
    return loopback_server(Handler, port)


class _Handler(LoopbackHandler):
    games: Games
    policy = _POLICY

    def do_GET(self) -> None:  # noqa: N802 - as http.server calls it
        """The page, or a game."""
        path = urlsplit(self.path).path
        if not self.is_local():
            return
        if path == "/":
            self.send(HTTPStatus.OK, _PAGE.read_bytes(), "text/html; charset=utf-8")
            return
        if path.startswith("/static/") and (found := static_file(path.removeprefix("/static/"))):
            self.send(HTTPStatus.OK, *found)
            return
        game = self.games.get(path.removeprefix("/games/")) if path.startswith("/games/") else None
        if game is None:
            self.problem(HTTPStatus.NOT_FOUND, "there is no such game any more; begin a new one")
        else:
            self.plain(HTTPStatus.OK, game.view())

    def do_POST(self) -> None:  # noqa: N802 - as above
        """A new game, or a move."""
        path = urlsplit(self.path).path
        body = self._body()
        if body is None or not self.is_local():
            return
        if path == "/games":
            name, game = self.games.begin()
            self.plain(HTTPStatus.CREATED, {"name": name, **game.view()})
            return
        name = path.removeprefix("/games/")
        game_before = self.games.get(name)
        if game_before is None:
            self.problem(HTTPStatus.NOT_FOUND, "there is no such game any more; begin a new one")
            return
        action, round_ = body.get("action"), body.get("round")
        if not isinstance(action, str) or not isinstance(round_, int) or isinstance(round_, bool):
            self.problem(HTTPStatus.BAD_REQUEST, 'a move is {"action": text, "round": number}')
            return
        try:
            self.plain(HTTPStatus.OK, self.games.move(name, action, round_).view())
        except GameError as error:
            now = self.games.get(name) or game_before
            stale = round_ != now.round or now.done
            status = HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
            self.plain(status, {"problem": str(error), **now.view()})

    def _body(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is no move")
            return None
        raw = self.rfile.read(int(length))
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self.problem(HTTPStatus.BAD_REQUEST, "the body is no JSON object")
            return None
        return body


def new_games(task: str, agent: str, *, seed: int, first: int = 0) -> Callable[[int], Game]:
    """``begin`` for the games of a server, numbered from ``first``."""
    return lambda number: begin(task, agent, seed=seed, episode=first + number)
