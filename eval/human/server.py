"""A small page for a person with a browser, served on this machine only.

One person, a few requests a minute. Games are kept under names that cannot be guessed, so a browser that was
closed comes back by its address.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

from eval.human.choices import Offer
from eval.human.game import GameError
from eval.human.games import Games, NotStoredError
from eval.web import BadRequestError, BoundedHandler, BoundedServer, named, static_file

_PAGE = Path(__file__).with_name("page.html")
_GAMES = "/games/"
_STATIC = "/static/"
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def serve(games: Games, offer: Offer, port: int = 0) -> BoundedServer:
    """A server on this machine; call ``serve_forever``, and find its port in ``server_port``.

    Args:
        games: the games, begun by ``offer.begin``.
        offer: what can be chosen.
        port: 0 for any that is free.
    """

    class Handler(_Handler):
        pass

    Handler.games, Handler.offer = games, offer
    return BoundedServer(port, Handler)


class _Handler(BoundedHandler):
    games: Games
    offer: Offer
    policy = _POLICY

    def get(self, path: str) -> None:
        """The page, what can be chosen, or a game."""
        if path == "/":
            self.send(
                HTTPStatus.OK, named(_PAGE.read_text(encoding="utf-8")).encode(), "text/html; charset=utf-8"
            )
            return
        if path.startswith(_STATIC) and (found := static_file(path.removeprefix(_STATIC))):
            self.send(HTTPStatus.OK, *found)
            return
        if path == "/choices":
            self.send_json(HTTPStatus.OK, self.offer.as_plain())
            return
        name = self._name(path)
        self.send_json(HTTPStatus.OK, self.games.view(name))

    def post(self, path: str, body: dict[str, Any]) -> None:
        """A new game, or a move."""
        if path == "/games":
            try:
                name, game = self.games.begin(self.offer.read(body))
            except NotStoredError as error:
                raise BadRequestError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from None
            except ValueError as error:
                raise BadRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
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
        if path.startswith(_GAMES) and self.games.get(name) is not None:
            return name
        if path.startswith(_GAMES) and self.games.was_dropped(name):
            words = f"this game gave way to newer ones, of which {self.games.most} are kept; begin a new one"
            raise BadRequestError(HTTPStatus.GONE, words)
        raise BadRequestError(HTTPStatus.NOT_FOUND, "there is no such game any more; begin a new one")
