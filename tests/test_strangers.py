"""Partners that no order explains: who plays where, what is best in hindsight, and what is said of it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.play import Cell
from eval.show.tables import close_cells
from eval.studies.strangers import ORDERS, PARTNERS, TASKS, judge, shares, strangers_sweep, who_can
from eval.sweeps import Sweep, cross_plays
from eval.tasks import make_task
from partners import UnknownNameError


def judged(task, scores, agents=("bayes",)):
    """The verdict on one cell with the given scores, by player."""
    sweep = Sweep(((task, tuple(scores), ("repeat",)),), 2, 0)
    rows = [[Cell(player, "repeat", tuple(own))] for player, own in scores.items()]
    return judge(sweep, [rows], agents)


POINTS = {
    "bayes": (40.0, 44.0),
    "tom-0": (30.0, 30.0),
    "tom-1": (40.0, 48.0),
    "tom-2": (10.0, 10.0),
    "tom-3": (0.0, 0.0),
    "frequency": (50.0, 30.0),
    "markov-predictor": (45.0, 45.0),
}
STEPS = {"bayes": (10, 11), "tom-0": (30, 30), "tom-1": (10, 10), "tom-2": (30, 30), "tom-3": (30, 12)}


def test_the_best_in_hindsight_is_the_better_of_an_order_and_a_predictor():
    (cell,) = judged("memory-1", POINTS).cells
    assert (cell.order, cell.order_score) == ("tom-1", 44.0)
    assert (cell.predictor, cell.predictor_score) == ("markov-predictor", 45.0)
    assert cell.best == "markov-predictor"
    assert cell.difference.estimate == pytest.approx(-3.0)
    assert cell.share.estimate == pytest.approx(-3.0 / 45.0)
    assert cell.share.low <= cell.share.estimate <= cell.share.high
    assert not cell.close
    assert judged("memory-1", {**POINTS, "bayes": (43.0, 43.0)}).cells[0].close
    (ahead,) = judged("memory-1", {**POINTS, "bayes": (60.0, 60.0)}).cells
    assert ahead.close
    assert ahead.share.estimate == pytest.approx(15.0 / 45.0)


def test_fewer_steps_are_better_and_predictors_do_not_play_there():
    (cell,) = judged("game-2", STEPS).cells
    assert (cell.order, cell.predictor, cell.best) == ("tom-1", None, "tom-1")
    assert cell.share.estimate == pytest.approx(-0.05)
    assert cell.close
    assert not judged("game-2", {**STEPS, "bayes": (11, 11)}).cells[0].close
    assert judged("game-2", {**STEPS, "bayes": (5, 5)}).cells[0].share.estimate == pytest.approx(0.5)


def test_shares_are_of_the_best_mean_whichever_way_is_better():
    assert shares(Cell("a", "b", (30.0, 60.0)), 60.0, "higher") == [0.5, 1.0]
    assert shares(Cell("a", "b", (30.0, 60.0)), 15.0, "lower") == [0.5, 0.25]


def test_an_agent_is_compared_with_every_order_over_all_cells():
    """By hand: in the first cell it has 42/45 of the best, in the second 10 of 10 or 11 steps."""
    sweep = Sweep(tuple((task, (), ("repeat",)) for task in ("memory-1", "game-2")), 2, 0)
    rows = [[[Cell(p, "repeat", tuple(own))] for p, own in s.items()] for s in (POINTS, STEPS)]
    found = judge(sweep, rows, ["bayes"])
    assert [(c.first, c.second) for c in found.overall] == [("bayes", order) for order in ORDERS]
    ours = (42 / 45 + (1.0 + 10 / 11) / 2) / 2
    theirs = {"tom-0": (30 / 45 + 10 / 30) / 2, "tom-1": (44 / 45 + 1.0) / 2}
    for comparison in found.overall[:2]:
        assert comparison.difference.estimate == pytest.approx(ours - theirs[comparison.second])
    assert all(c.p <= c.p_holm <= 1.0 for c in found.overall)


def test_an_order_that_is_judged_is_not_compared_with_itself():
    found = judged("memory-1", POINTS, ["tom-1", "bayes"])
    assert [c.agent for c in found.cells] == ["tom-1", "bayes"]
    assert ("tom-1", "tom-1") not in {(c.first, c.second) for c in found.overall}
    assert len(found.overall) == 3 + 4


def test_cells_without_a_positive_best_have_differences_and_no_shares():
    found = judged("memory-1", {player: [-score for score in own] for player, own in POINTS.items()})
    assert found.cells[0].share is None
    assert found.cells[0].best == "tom-3"
    assert found.cells[0].difference.estimate == pytest.approx(-42.0)
    assert not found.cells[0].close
    assert (found.left_out, found.overall) == ((("memory-1", "repeat"),), ())


def test_cells_in_which_nothing_matters_are_named():
    found = judged("game-2", dict.fromkeys(STEPS, (30.0, 30.0)))
    assert found.cells[0].alike
    assert close_cells(found) == [
        (
            "bayes: within 5% of the best in 1 of 1 cells, 1 of which tell nothing (all score alike): "
            "game-2 (repeat)"
        ),
        "bayes: further behind in none",
    ]
    assert close_cells(judged("memory-1", POINTS)) == [
        "bayes: within 5% of the best in 0 of 1 cells: none",
        "bayes: further behind in memory-1 (repeat)",
    ]


def test_every_partner_plays_somewhere_and_only_where_it_can():
    played = {task: who_can(make_task(task), PARTNERS) for task in TASKS}
    assert {name for able, _ in played.values() for name in able} == set(PARTNERS)
    assert "independent-ties" not in played["memory-1"][0]
    no_payoffs = {"quantal", "win-stay-lose-shift", "frequency"}
    assert {*no_payoffs, "greedy", "imitate"} == set(played["game-2"][1])
    assert "imitate" in played["memory-1"][0]
    assert "overcooked" in played["game-2"][1]["greedy"].lower()
    with pytest.raises(UnknownNameError, match="did you mean repeat"):
        who_can(make_task("memory-1"), ["repaet"])


def test_a_sweep_has_all_that_is_compared_and_lapses_where_steps_count():
    sweep = strangers_sweep(["memory-1", "game-2"], ["hedge", "tom-1"], ["repeat", "quantal"], episodes=2)
    (_, games, both), (_, grids, one) = sweep.matrices
    assert games == ("hedge", "tom-1", "tom-0", "tom-2", "tom-3", "frequency", "markov-predictor")
    assert grids == games[:5]
    assert (both, one) == (("repeat", "quantal"), ("repeat",))
    assert dict(sweep.epsilon) == {"memory-1": 0.0, "game-2": 0.02}
    assert strangers_sweep(["game-2"], partners=["repeat"], epsilon=0.1).epsilon_on("game-2") == 0.1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"episodes": 1}, "at least two episodes"),
        ({"agents": ["frequency"]}, "frequency does not play 'game-2'"),
        ({"partners": ["quantal"]}, "none of the partners quantal plays 'game-2'"),
    ],
)
def test_what_cannot_be_asked(settings, words):
    with pytest.raises(ValueError, match=words):
        strangers_sweep(["game-2"], **{"partners": ["repeat"], **settings})


def test_a_partner_that_goes_in_turn_is_met_by_the_predictor_of_transitions():
    """The cell that the study is for: counts of actions are equal, transitions are certain."""
    sweep = strangers_sweep(["memory-1"], ["frequency"], ["alternate"], episodes=4)
    (cell,) = judge(sweep, cross_plays(sweep), ["frequency"]).cells
    assert cell.best == cell.predictor == "markov-predictor"
    assert cell.order_score < 0.6 * cell.predictor_score
    assert cell.share.high < 0.0


def test_the_command_says_and_writes_what_it_found(tmp_path):
    numbers, tables = tmp_path / "s.json", tmp_path / "s.md"
    asked = [
        "strangers",
        "--task",
        "memory-1,game-2",
        "--partners",
        "repeat,mostly,quantal",
        "--episodes",
        "2",
    ]
    done = CliRunner().invoke(app, [*asked, "--json", str(numbers), "--markdown", str(tables)])
    assert done.exit_code == 0, done.output
    assert "game-2: without quantal" in done.output
    found = json.loads(numbers.read_text())
    assert [(c["task"], c["partner"]) for c in found["cells"]] == [
        ("memory-1", "repeat"),
        ("memory-1", "mostly"),
        ("memory-1", "quantal"),
        ("game-2", "repeat"),
        ("game-2", "mostly"),
    ]
    assert found["epsilon"] == {"memory-1": 0.0, "game-2": 0.02}
    assert len(found["overall"]) == 4
    written = tables.read_text()
    assert "mean over 5 cells" in written
    assert "- bayes: within 5% of the best in" in written


def test_a_population_joins_the_task_that_it_was_trained_in(tmp_path):
    file = tmp_path / "p.npz"
    trained = CliRunner().invoke(
        app,
        ["train-partner", "--task", "game-2", "--out", str(file), "--generations", "1", "--members", "2"],
    )
    assert trained.exit_code == 0, trained.output
    asked = ["strangers", "--task", "memory-1,game-2", "--partners", "repeat", "--population", str(file)]
    done = CliRunner().invoke(app, [*asked, "--episodes", "2", "--agents", "tom-1"])
    assert done.exit_code == 0, done.output
    assert "memory-1: without population" in done.output
    assert done.output.count("population:p.npz") >= 1


def test_tasks_of_the_study_are_tasks():
    assert all(make_task(name).players == ("player-1", "player-2") for name in TASKS)
