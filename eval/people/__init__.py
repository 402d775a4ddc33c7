"""People: recorded play read from files, and what predicts it, held out.

Reading (``reading``, ``oneshot``); predictors that count (``habits``), that reason (``orders``) and the
plugin's own (``agents``); their log scores (``scoring``), the orders that people play at (``depths``), and
agents against the same bots (``matches``).
"""

from eval.people.depths import DEPTHS, Depths, Recovered, depths, recovered
from eval.people.habits import Habit, Predictor, Uniform, habits
from eval.people.matches import AGENTS, Beaten, beaten, known_bots, share_won, win_rate
from eval.people.oneshot import Choice, Levels, OneShot, levels, read_choices
from eval.people.orders import HABITS_PRIOR, ORDERS, Believed, CognitiveHierarchy, Tables
from eval.people.reading import ONE_SHOT, RecordingError, read_games, rows_of
from eval.people.recordings import NONE, PARTS, Side, groups, people
from eval.people.scoring import FOLDS, Scored, compare, predictors, verdict

__all__ = [
    "AGENTS",
    "DEPTHS",
    "FOLDS",
    "HABITS_PRIOR",
    "NONE",
    "ONE_SHOT",
    "ORDERS",
    "PARTS",
    "Beaten",
    "Believed",
    "Choice",
    "CognitiveHierarchy",
    "Depths",
    "Habit",
    "Levels",
    "OneShot",
    "Predictor",
    "RecordingError",
    "Recovered",
    "Scored",
    "Side",
    "Tables",
    "Uniform",
    "beaten",
    "compare",
    "depths",
    "groups",
    "habits",
    "known_bots",
    "levels",
    "people",
    "predictors",
    "read_choices",
    "read_games",
    "recovered",
    "rows_of",
    "share_won",
    "verdict",
    "win_rate",
]
