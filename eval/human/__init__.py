"""A person at one seat of a task: games, the terminal, a page served on this machine."""

from eval.human.choices import SURPRISE, Choice, ChoiceError, Offer, offer_of
from eval.human.game import Game, GameError, Moved, begin, move, rescue, save

__all__ = [
    "SURPRISE",
    "Choice",
    "ChoiceError",
    "Game",
    "GameError",
    "Moved",
    "Offer",
    "begin",
    "move",
    "offer_of",
    "rescue",
    "save",
]
