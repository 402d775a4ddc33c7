"""The games of a server: each has a lock of its own, and is stored before it is called done."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from eval.human.choices import Choice
from eval.human.game import Game, GameError, View, move

MOST_GAMES = 1000
_MOST_DROPPED = 10_000
"""Names of games that gave way, so that whoever comes back to one is told why it is gone."""
_PAUSES = (0.0, 0.5)
"""Seconds before each attempt to store a game while the person waits."""
_LATER = 2.0
"""Seconds between attempts while nobody waits."""


class NotStoredError(GameError):
    """A game is over and not stored yet; it is kept, and stored as soon as that is possible."""


@dataclass
class _Entry:
    """A game by name.

    Attributes:
        game: as it is now.
        stored: whether the game is over and stored.
        problem: why it is not, where it is over.
        lock: held while somebody moves or stores.
    """

    game: Game
    stored: bool = False
    problem: str = ""
    lock: Lock = field(default_factory=Lock)

    @property
    def waits(self) -> bool:
        """Whether the game is over and not stored."""
        return self.game.done and not self.stored


class Games:
    """The games of a server, by name.

    Args:
        new: begins a game of a number, and of a choice; None for that which is made before anybody chooses.
        over: stores a game that was played to its end; called again, also later, where it raises.
        pauses: seconds before each attempt to store a game while its person waits.
        most: how many games are kept, >= 1; the oldest give way, but never one that is not stored.
    """

    def __init__(
        self,
        new: Callable[[int, Choice | None], Game],
        over: Callable[[Game], object],
        *,
        pauses: Sequence[float] = _PAUSES,
        most: int = MOST_GAMES,
    ) -> None:
        self._new, self._over, self._pauses, self.most = new, over, tuple(pauses), most
        self._entries: dict[str, _Entry] = {}
        self._dropped: dict[str, None] = {}
        self._begun = 0
        self._lock = Lock()
        self._closed = Event()
        self._storing: Thread | None = None

    def begin(self, choice: Choice | None = None) -> tuple[str, Game]:
        """A new game and its name.

        Args:
            choice: what is played; None for what is played where nobody chose.

        Raises:
            NotStoredError: so many games wait to be stored that there is room for none.
            ValueError: it cannot be played.
        """
        with self._lock:
            self._make_room()
            number, self._begun = self._begun, self._begun + 1
        # agents may think for long before their first action, and nobody else waits for that
        name, game = secrets.token_urlsafe(12), self._new(number, choice)
        with self._lock:
            self._entries[name] = _Entry(game)
        return name, game

    def get(self, name: str) -> Game | None:
        """The game of a name."""
        entry = self._entries.get(name)
        return None if entry is None else entry.game

    def was_dropped(self, name: str) -> bool:
        """Whether a game of this name gave way to others."""
        return name in self._dropped

    def view(self, name: str) -> View:
        """The game as its person may see it; over only once it is stored.

        Raises:
            KeyError: no such game.
        """
        entry = self._entries[name]
        view = entry.game.view()
        if entry.waits:
            view |= {"done": False, "beliefs": None, "problem": str(_not_stored(entry))}
        return view

    def move(self, name: str, action: str, round_: int) -> Game:
        """The game after a move; of two at once, the first counts.

        Raises:
            GameError: see ``eval.human.game.move``.
            NotStoredError: the game is over by this move, and could not be stored yet.
            KeyError: no such game.
        """
        entry = self._entries[name]
        with entry.lock:
            if entry.waits:
                raise _not_stored(entry)
            game = move(entry.game, action, round_=round_).game
            # from here on the whole game is kept, whatever happens while it is stored
            entry.game = game
            if game.done and not self._store(entry, self._pauses):
                self._store_later()
                raise _not_stored(entry)
        return game

    def close(self) -> list[Game]:
        """Stores what is not stored yet, for the last time.

        Returns:
            the games for which that failed.
        """
        self._closed.set()
        if self._storing is not None:
            self._storing.join()
        left = []
        for entry in list(self._entries.values()):
            with entry.lock:
                if entry.waits and not self._store(entry, self._pauses):
                    left.append(entry.game)
        return left

    def _make_room(self) -> None:
        """Forgets the oldest games, those that are over first; with the lock held."""
        while len(self._entries) >= self.most:
            names = [name for name, entry in self._entries.items() if entry.stored]
            names += [name for name, entry in self._entries.items() if not entry.game.done]
            if not names:
                raise NotStoredError("no game can be begun: those that are over cannot be stored")
            del self._entries[names[0]]
            self._dropped[names[0]] = None
            if len(self._dropped) > _MOST_DROPPED:
                del self._dropped[next(iter(self._dropped))]

    def _store(self, entry: _Entry, pauses: Sequence[float]) -> bool:
        """Whether a game that is over is stored, after one attempt or several; with its lock held."""
        for pause in pauses:
            time.sleep(pause)
            try:
                self._over(entry.game)
            except Exception as error:  # noqa: BLE001 - whatever it is, the game must not be lost
                entry.problem = str(error) or type(error).__name__
            else:
                entry.stored = True
                break
        return entry.stored

    def _store_later(self) -> None:
        """Sees to it that somebody goes on trying."""
        with self._lock:
            if self._storing is None or not self._storing.is_alive():
                self._storing = Thread(target=self._go_on_storing, daemon=True)
                self._storing.start()

    def _go_on_storing(self) -> None:
        while not self._closed.wait(_LATER):
            waiting = [entry for entry in list(self._entries.values()) if entry.waits]
            for entry in waiting:
                with entry.lock:
                    if entry.waits:
                        self._store(entry, (0.0,))
            if not waiting:
                return


def _not_stored(entry: _Entry) -> NotStoredError:
    if not entry.problem:
        return NotStoredError("The game is over, and is being stored.")
    return NotStoredError(
        f"The game is over, and could not be stored yet ({entry.problem}). It is kept: load this page again "
        "once that is mended."
    )
