"""Tasks, episodes, cross-play, statistics and the command line. Used from a checkout: ``python -m eval``."""
