"""The study of late, rare and unclear views."""

import pytest

from eval.studies.views import RANDOM, VIEWS, views


@pytest.fixture(scope="module")
def found():
    rows = views("one-ahead-5", rounds=60, episodes=12, seed=1, progress=lambda: None)
    return {(row.view, row.partner): row for row in rows}


@pytest.mark.parametrize("partner", ["tom-0", "tom-1", "tom-2"])
def test_late_and_rare_views_cost_at_most_a_twentieth_once_30_rounds_are_played(found, partner):
    full = found["all, in time", partner].late[0]
    for view in ("all, one step late", "60% missing", "30% wrong, and known to be"):
        assert found[view, partner].late[0] >= full - 0.05


@pytest.mark.parametrize("partner", ["tom-0", "tom-1", "tom-2"])
def test_every_view_is_better_than_none(found, partner):
    none = found["nothing", partner].late[0]
    for view in VIEWS:
        if view != "nothing":
            assert found[view, partner].late[0] > none + 0.1
            assert found[view, partner].late[0] > found[RANDOM, partner].late[0] + 0.3


def test_only_games_with_an_optimum_for_two_are_compared():
    for name in ("game-1", "tickets-3-3"):
        with pytest.raises(ValueError, match="repeated games of two players"):
            views(name, rounds=2, episodes=2, seed=0, progress=lambda: None)
