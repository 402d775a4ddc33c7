"""A person at one seat of a task: games, the terminal, a page served on this machine."""

from eval.human.game import Game, GameError, Moved, begin, move, rescue, save

__all__ = ["Game", "GameError", "Moved", "begin", "move", "rescue", "save"]
