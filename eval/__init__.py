"""Tasks, episodes, cross-play, statistics and the command line. ``atom-eval``, or ``python -m eval``."""

from atom._moved import announce
from eval._moved import MOVED

announce(MOVED)
