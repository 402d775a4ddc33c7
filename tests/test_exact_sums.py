"""Sums are the same bits on every Python: where something is played, the built-in ``sum`` only counts."""

import ast
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atom.policies import _one_by_one, added

ROOT = Path(__file__).parents[1]
COUNTS = {
    "atom/agents/pruning.py": 1,
    "atom/belief/hypotheses.py": 1,
    "atom/belief/sound.py": 7,
    "atom/coding/trust.py": 1,
    "atom/graph/newer.py": 1,
    "atom/models/memo.py": 1,
    "atom/policies.py": 3,
    "atom/reasoning/congestion.py": 1,
    "atom/reasoning/convention.py": 1,
    "atom/reasoning/normal_form.py": 1,
    "atom/reasoning/symmetries.py": 2,
    "atom/reasoning/tables/cache.py": 1,
    "atom/situation.py": 1,
    "partners/simple.py": 1,
    "eval/play/batched/games.py": 1,
    "eval/play/batched/habits.py": 1,
    "eval/play/tally.py": 2,
    "eval/play/transcripts.py": 1,
    "eval/tasks/boards.py": 1,
    "eval/tasks/matrix.py": 1,
    "eval/tasks/overcooked/real.py": 1,
    "eval/tasks/overcooked/table.py": 1,
    "eval/tasks/team.py": 1,
}
"""File -> how many sums in it are of whole numbers, or are compared with 1 and a tolerance."""


def sums_in(path):
    return [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name) and n.id == "sum"]


def test_floats_are_added_by_added_alone():
    found = {
        str(path.relative_to(ROOT)): uses
        for folder in ("atom", "partners", "eval/play", "eval/tasks")
        for path in (ROOT / folder).rglob("*.py")
        if (
            uses := sum(
                isinstance(n, ast.Name) and n.id == "sum" for n in ast.walk(ast.parse(path.read_text()))
            )
        )
    }
    assert found == COUNTS, "sum of floats differs by the Python: take atom.policies.added"


@given(st.lists(st.floats(-1e300, 1e300)))
def test_both_ways_add_one_by_one(values):
    expected = 0
    for value in values:
        expected += value
    for one in (added, _one_by_one):
        assert np.float64(one(values)).tobytes() == np.float64(expected).tobytes()
        assert type(one(values)) is (float if values else int)


def test_what_rounding_loses_stays_lost():
    """Neumaier's example, of which the built-in of 3.12 makes 2."""
    assert _one_by_one([1.0, 1e100, 1.0, -1e100]) == added([1.0, 1e100, 1.0, -1e100]) == 0.0
