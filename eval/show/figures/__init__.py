"""Figures as pure functions: measured data in, a matplotlib ``Figure`` out (extra ``report``).

The report and the notebooks draw with the same functions. Every function takes ``look``: colours for a
light or a dark page, and a wide or a narrow layout.
"""

from eval.show.figures.beliefs import belief_over_time, regret_and_bound, reliability
from eval.show.figures.cost import cost
from eval.show.figures.crossplay import heat_map, self_and_cross_play
from eval.show.figures.curves import learning_curves
from eval.show.figures.style import DARK, LIGHT, NARROW, WIDE, Look, svg

__all__ = [
    "DARK",
    "LIGHT",
    "NARROW",
    "WIDE",
    "Look",
    "belief_over_time",
    "cost",
    "heat_map",
    "learning_curves",
    "regret_and_bound",
    "reliability",
    "self_and_cross_play",
    "svg",
]
