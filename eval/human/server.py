"""A small page for a person with a browser, served on this machine only.

One person, a few requests a minute. Games are kept under names that cannot be guessed, so a browser that was
closed comes back by its address.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from eval.human.game import Game, GameError, begin
from eval.human.games import Games, NotStoredError
from eval.web import BadRequestError, BoundedHandler, BoundedServer, named, static_file

_PAGE = Path(__file__).with_name("page.html")
_GAMES = "/games/"
_STATIC = "/static/"
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def serve(games: Games, port: int = 0) -> BoundedServer:
    """A server on this machine; call ``serve_forever``, and find its port in ``server_port``.

    Args:
        games: the games.
        port: 0 for any that is free.
    """

    class Handler(_Handler):
        pass

    Handler.games = games
    return BoundedServer(port, Handler)


class _Handler(BoundedHandler):
    games: Games
    policy = _POLICY

    def get(self, path: str) -> None:
        """The page, or a game."""
        if path == "/":
            self.send(
                HTTPStatus.OK, named(_PAGE.read_text(encoding="utf-8")).encode(), "text/html; charset=utf-8"
            )
            return
        if path.startswith(_STATIC) and (found := static_file(path.removeprefix(_STATIC))):
            self.send(HTTPStatus.OK, *found)
            return
        name = self._name(path)
        self.send_json(HTTPStatus.OK, self.games.view(name))

    def post(self, path: str, body: dict[str, Any]) -> None:
        """A new game, or a move."""
        if path == "/games":
            try:
                name, game = self.games.begin()
            except NotStoredError as error:
                raise BadRequestError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
            self.send_json(HTTPStatus.CREATED, {"name": name, **game.view()})
            return
        name = self._name(path)
        action, round_ = body.get("action"), body.get("round")
        if not isinstance(action, str) or not isinstance(round_, int) or isinstance(round_, bool):
            raise BadRequestError(HTTPStatus.BAD_REQUEST, 'a move is {"action": text, "round": number}')
        try:
            self.send_json(HTTPStatus.OK, self.games.move(name, action, round_).view())
        except NotStoredError as error:
            self.send_json(HTTPStatus.SERVICE_UNAVAILABLE, {**self.games.view(name), "problem": str(error)})
        except GameError as error:
            now = self.games.view(name)
            stale = round_ != now["round"] or now["done"]
            status = HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
            self.send_json(status, {**now, "problem": str(error)})

    def _name(self, path: str) -> str:
        """The name of a game that is there."""
        name = path.removeprefix(_GAMES)
        if not path.startswith(_GAMES) or self.games.get(name) is None:
            raise BadRequestError(HTTPStatus.NOT_FOUND, "there is no such game any more; begin a new one")
        return name


def new_games(task: str, agent: str, *, seed: int, first: int = 0) -> Callable[[int], Game]:
    """``begin`` for the games of a server, numbered from ``first``."""
    return lambda number: begin(task, agent, seed=seed, episode=first + number)
