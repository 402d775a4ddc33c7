"""How often intervals cover and tests reject on episodes of the engine, in small."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.measure import interval_bounds, sign_flip_test
from eval.studies import coverage as study
from eval.sweeps import cross_plays

PARTNERS = study.PARTNERS
DRAWS = 1000
POOL = 200


@pytest.fixture(scope="module")
def pool():
    """The scores of an agent, ``[partner, episode]``."""
    (rows,) = cross_plays(study.coverage_sweep(["memory-1"], ["bayes", "ftl"], episodes=POOL, seed=42))
    return np.array([cell.scores for cell in rows[0]])


def drawn(rng, n):
    return 2 * rng.integers(0, POOL // 2, (DRAWS, n)) + np.arange(n) % 2


def test_columns_of_one_agent_share_their_random_numbers(pool):
    """Which is why partners are no independent strata: of three columns two say nothing new."""
    zero, _, two, switching, _ = pool
    assert (zero == two).all()
    assert (zero == switching).all()


@pytest.mark.parametrize("n", [10, 30, 100])
def test_intervals_over_partners_cover_on_the_engines_episodes(pool, n):
    """1,000 samples have a standard error of 0.7 %; a long tail costs a little, so 92 % is asked for."""
    values = pool.mean(axis=0)
    samples = values[drawn(np.random.default_rng(1), n)]
    batches = [
        interval_bounds([batch], resamples=499, seed=i) for i, batch in enumerate(np.array_split(samples, 10))
    ]
    low, high = np.concatenate(batches, axis=1)
    covered = np.mean((low <= values.mean()) & (values.mean() <= high))
    assert 0.92 <= covered <= 0.98


def test_partners_taken_for_independent_cover_far_less(pool):
    """What releases before did, at 30 episodes."""
    episodes = drawn(np.random.default_rng(1), 30)
    same = pool[[0, 2, 3]]
    low, high = interval_bounds([column[episodes] for column in same], resamples=199)
    assert np.mean((low <= same.mean()) & (same.mean() <= high)) < 0.85


def test_flips_reject_players_who_change_places_as_often_as_they_say(pool):
    """Two samples of one agent; 300 tests have a standard error of 1.3 %, and equal scores reject less."""
    values = pool.mean(axis=0)
    rng = np.random.default_rng(2)
    apart = (values[drawn(rng, 30)] - values[drawn(rng, 30)])[:300]
    p = [sign_flip_test([one], resamples=199, seed=i) for i, one in enumerate(apart)]
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.09
    few = [sign_flip_test([one]) for one in apart[:20, :5]]
    assert min(few) >= 2 / 2**5


def test_the_command_says_how_often_for_every_kind(tmp_path):
    numbers, tables = tmp_path / "c.json", tmp_path / "c.md"
    asked = [
        "coverage",
        "--task",
        "memory-1",
        "--agents",
        "bayes,hedge",
        "--episodes",
        "20",
        "--sizes",
        "5,10",
    ]
    files = ["--json", str(numbers), "--markdown", str(tables)]
    done = CliRunner().invoke(app, [*asked, "--draws", "10", *files])
    assert done.exit_code == 0, done.output
    found = json.loads(numbers.read_text())["rates"]
    assert len(found) == 2 * study.KINDS
    assert {rate["n"] for rate in found} == {5, 10}
    assert all(0.0 <= rate["lowest"] <= rate["median"] <= rate["highest"] <= 1.0 for rate in found)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="two agents and an even number"):
        study.coverage_sweep(episodes=3)
    with pytest.raises(ValueError, match="volunteer-5 has others"):
        study.coverage_sweep(["volunteer-5"])
    done = CliRunner().invoke(app, ["coverage", "--sizes", "1"])
    assert "two episodes at least" in str(done.exception)
