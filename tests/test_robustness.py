"""Generated tasks are of their class, scores are put on one scale, and agents are ranked by it."""

from __future__ import annotations

import json
from collections import deque

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.measure import Interval
from eval.studies import robustness as study
from eval.studies.generated import CLASSES, PAYOFFS, tasks_of
from eval.tasks import GridTask, MatrixTask, make_task
from partners import UnknownNameError

SEED = 77


def payoffs_of(kind, games=30):
    return [task.payoffs for task in tasks_of(kind, games, seed=SEED)]


def shown(task):
    """All that a task is, in words."""
    return task.name, task.describe(task.start())


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind != "kitchens"])
def test_a_seed_makes_the_same_tasks_and_more_begin_with_the_same(kind):
    few = [shown(task) for task in tasks_of(kind, 3, seed=SEED)]
    assert [shown(task) for task in tasks_of(kind, 6, seed=SEED)][: len(few)] == few
    assert len(set(few)) == len(few)
    if kind != "one-ahead":
        assert [shown(task) for task in tasks_of(kind, 3, seed=SEED + 1)] != few


@pytest.mark.parametrize("kind", PAYOFFS)
def test_games_have_three_to_five_actions_and_seats_that_may_differ(kind):
    shapes = {payoffs.shape for payoffs in payoffs_of(kind)}
    assert {n for _, *sizes in shapes for n in sizes} == {3, 4, 5}
    assert any(a != b for _, a, b in shapes) == (kind != "symmetric")
    settings = {(task.memory, task._ties) for task in tasks_of(kind, 30, seed=SEED)}
    assert settings == {(memory, ties) for memory in (1, None) for ties in ("first", "next")}


@pytest.mark.parametrize("kind", ["common", "ties", "symmetric"])
def test_what_is_common_is_paid_to_both(kind):
    for payoffs in payoffs_of(kind):
        assert np.array_equal(payoffs[0], payoffs[1])
        distinct = len(np.unique(payoffs[0]))
        if kind == "ties":
            assert set(np.unique(payoffs)) <= {0.0, 1.0, 2.0, 3.0}
        else:
            assert (distinct == payoffs[0].size) == (kind == "common")
            assert np.array_equal(payoffs[0], payoffs[0].T) == (kind == "symmetric")


def test_in_a_battle_both_know_what_is_good_and_want_something_else():
    for payoffs in payoffs_of("battle"):
        first, second = payoffs
        good = first > 0
        assert np.array_equal(good, second > 0)
        assert good.sum() == min(good.shape)
        assert good.sum(axis=0).max() == good.sum(axis=1).max() == 1
        assert first[good] + second[good] == pytest.approx(3.0)
        assert first[good].argmax() != second[good].argmax()


def test_a_general_game_pays_each_its_own():
    correlations = [np.corrcoef(p[0].ravel(), p[1].ravel())[0, 1] for p in payoffs_of("general", 200)]
    assert abs(np.mean(correlations)) < 0.05


def test_circles_are_those_of_four_to_seven_whatever_is_asked():
    assert [task.name for task in tasks_of("one-ahead", 1, seed=0)] == [f"one-ahead-{n}" for n in range(4, 8)]


def paths(task):
    """Steps from one start to the other with nobody in the way, by hand."""
    start, goal = task.map.starts
    rows, seen, queue = task.map.rows, {start: 0}, deque([start])
    while queue:
        r, c = queue.popleft()
        for cell in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            inside = 0 <= cell[0] < len(rows) and 0 <= cell[1] < len(rows[0])
            if inside and rows[cell[0]][cell[1]] != "#" and cell not in seen:
                seen[cell] = seen[r, c] + 1
                queue.append(cell)
    return seen[goal]


@pytest.mark.parametrize("kind", ["mirrored", "lopsided"])
def test_maps_have_a_mirror_or_none_and_can_be_crossed(kind):
    for task in tasks_of(kind, 25, seed=SEED):
        assert isinstance(task, GridTask)
        assert (task.model.mirror is not None) == (kind == "mirrored")
        assert paths(task) <= task.optimum <= 12
        assert task.optimum >= 3


def test_kitchens_are_small_and_two_at_most():
    first, second = tasks_of("kitchens", 9, seed=SEED)
    assert first.layout.map.rows != second.layout.map.rows
    for task in (first, second):
        assert len(task.layout.map.cells) == 6
        tiles = "".join(task.layout.map.rows)
        assert [tiles.count(tile) for tile in "ODPS12"] == [1] * 6


@pytest.mark.parametrize(
    ("kind", "games", "words"), [("commons", 1, "no class of tasks 'commons'"), ("common", 0, "at least one")]
)
def test_tasks_that_there_are_not(kind, games, words):
    with pytest.raises(ValueError, match=words):
        tasks_of(kind, games, seed=0)


def test_scores_lie_between_the_random_players_and_the_best():
    assert study.normalised(3.0, 2.0, 4.0) == 0.5
    assert study.normalised(1.0, 2.0, 4.0) == 0.0
    assert study.normalised(5.0, 2.0, 4.0) == 1.0
    assert study.normalised(12.0, 20.0, 10.0) == pytest.approx(0.8)  # steps
    with pytest.raises(ValueError, match="two ends"):
        study.normalised(1.0, 2.0, 2.0)


def by_agent(found):
    return {standing.agent: standing for standing in found.agents}


def test_the_right_order_is_best_and_beside_itself_no_order_is():
    """Beside tom-0 order 1 has all points; two of order 1 have none, and with one plan they had all."""
    tasks = [make_task("one-ahead-5"), make_task("one-ahead-6")]
    found = study.standings("circles", tasks, ["tom-0", "tom-1"], ["tom-0"], episodes=10, seed=3)
    assert [standing.agent for standing in found.agents] == ["tom-1", "tom-0"]
    one, zero = found.agents
    assert (one.mean.estimate, one.rank.estimate, one.behind) == (1.0, 1.0, None)
    assert (zero.mean.estimate, zero.rank.estimate, zero.behind.estimate) == (0.0, 2.0, -1.0)
    alone = study.standings("circles", tasks, ["tom-1"], ["self"], episodes=10, seed=3)
    assert alone.agents[0].mean.estimate == 0.0


def test_the_worst_partner_is_the_one_with_the_lowest_mean():
    tasks = [make_task("one-ahead-5"), make_task("one-ahead-7")]
    found = study.standings("circles", tasks, ["tom-1"], ["tom-0", "tom-1", "tom-2"], episodes=10, seed=3)
    (standing,) = found.agents
    assert standing.worst_with == "tom-1"
    assert standing.worst.estimate == 0.0
    assert standing.mean.estimate == pytest.approx(2 / 3)


def test_the_worst_partner_may_have_counted_in_one_task_alone():
    assert study._worst({"a": [0.5, 0.7], "b": [0.2]}) == ("b", Interval(0.2, 0.2, 0.2))
    name, interval = study._worst({"a": [0.5, 0.7, 0.4], "b": [0.9], "c": [0.8, 0.9, 0.7]})
    assert name == "a"
    assert interval.low < interval.estimate < interval.high


def test_cells_in_which_nothing_can_be_won_are_left_out():
    """Beside a random player all have the same to expect on a circle, however lucky one of them was."""
    tasks = [make_task("one-ahead-5")]
    found = study.standings("circles", tasks, ["tom-0", "bayes"], ["random", "tom-0"], episodes=10, seed=3)
    assert (found.tasks, found.cells, found.left_out) == (1, 1, 1)
    flat = MatrixTask("flat", np.ones((2, 3, 3)), ["A", "B", "C"])
    with pytest.raises(ValueError, match="no cell of the class 'flat' tells anything"):
        study.standings("flat", [flat], ["tom-0"], ["tom-1"], episodes=2)


def test_what_is_measured_does_not_depend_on_the_units_of_payoffs():
    task = tasks_of("general", 1, seed=SEED)[0]
    actions = [list(own) for own in task.situation([]).actions.values()]
    scaled = MatrixTask(task.name, 40.0 * task.payoffs - 7.0, actions, memory=task.memory, ties=task._ties)
    settings = {"agents": ["bayes", "ftl"], "partners": ["tom-1", "self", "repeat"], "episodes": 6}
    one, other = (by_agent(study.standings("general", [t], **settings)) for t in (task, scaled))
    for agent in one:
        assert one[agent].mean.estimate == pytest.approx(other[agent].mean.estimate)


def test_steps_are_better_the_fewer_they_are():
    found = study.standings("maps", [make_task("game-1")], ["tom-1", "tom-0"], ["tom-0"], episodes=10, seed=3)
    assert [standing.agent for standing in found.agents] == ["tom-1", "tom-0"]


def test_partners_play_where_they_can_and_typing_errors_are_told():
    tasks = tasks_of("mirrored", 1, seed=SEED)
    assert study.count(tasks, ["bayes"], ["tom-0", "quantal"]) == 6  # bayes, random, four orders
    assert study.count([make_task("memory-1")], ["bayes"], ["tom-0", "quantal"]) == 16
    with pytest.raises(UnknownNameError, match="did you mean quantal"):
        study.count(tasks, ["bayes"], ["quantil"])
    with pytest.raises(ValueError, match="at least one episode"):
        study.standings("maps", tasks, episodes=0)


def test_the_command_ranks_and_writes(tmp_path):
    numbers, tables = tmp_path / "r.json", tmp_path / "r.md"
    asked = ["robustness", "--seed", "77", "--games", "2", "--episodes", "2", "--classes", "battle,lopsided"]
    names = ["--agents", "ftl,adaptive:hedge/sample/nearest", "--partners", "tom-0,self"]
    done = CliRunner().invoke(app, [*asked, *names, "--json", str(numbers), "--markdown", str(tables)])
    assert done.exit_code == 0, done.output
    found = json.loads(numbers.read_text())
    assert (found["seed"], found["games"], found["n"], found["partners"]) == (77, 2, 2, ["tom-0", "self"])
    assert [standings["kind"] for standings in found["classes"]] == ["battle", "lopsided"]
    for standings in found["classes"]:
        assert sum(agent["rank"]["estimate"] for agent in standings["agents"]) == pytest.approx(3.0)
        assert {agent["agent"] for agent in standings["agents"]} == {"ftl", "adaptive:hedge/sample/nearest"}
    assert tables.read_text().count("**") == 4
