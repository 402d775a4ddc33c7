"""Grid games: the paper's columns, maps that nobody tuned, bad maps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from atom import TabularReasoner
from atom.reasoning.tables import UNREACHABLE
from eval.sweeps import play_cell
from eval.tasks import GridTask, make_task
from eval.tasks.maps import MapError

EPISODES = 100


def walk(task, policies, first, second):
    """Steps that two fixed orders take."""
    model = task.model
    state, steps = model.starts[0], 0
    while not model.terminal[state] and steps < task.max_steps:
        state = model.next[state, policies[first, 0, state], policies[second, 1, state]]
        steps += 1
    return steps


@pytest.mark.parametrize(("name", "aligned"), [("game-1", 6), ("game-2", 7)])
def test_equal_orders_never_finish_and_adjacent_orders_finish_at_the_optimum(name, aligned):
    task = make_task(name)
    assert task.optimum == aligned
    for first in range(3):
        for second in range(3):
            cell = play_cell(task, f"tom-{first}", f"tom-{second}", 2, seed=0)
            expected = aligned if abs(first - second) == 1 else 30
            assert cell.scores == (expected, expected)


@pytest.mark.parametrize(("name", "others", "itself"), [("game-1", 6.2, 8.0), ("game-2", 8.2, 9.3)])
def test_bayes_meets_every_order_and_itself(name, others, itself):
    task = make_task(name)
    for partner in ("tom-0", "tom-1", "tom-2"):
        assert play_cell(task, "bayes", partner, EPISODES, seed=7).mean <= others
    assert play_cell(task, "bayes", "self", EPISODES, seed=7).mean <= itself
    assert play_cell(task, "ftl", "self", 4, seed=7).mean == 30


def generated_map(rng):
    """A left-right symmetric map with random walls, or None where it cannot be played on."""
    height, width = int(rng.integers(2, 8)), int(rng.integers(3, 10))
    walls = rng.random((height, width)) < rng.choice([0.0, 0.1, 0.2, 0.3])
    walls |= walls[:, ::-1]
    row, column = int(rng.integers(height)), int(rng.integers(width // 2))
    tiles = np.where(walls, "#", ".")
    tiles[row, column], tiles[row, width - 1 - column] = "1", "2"
    try:
        task = GridTask("generated", "\n".join(map("".join, tiles)), max_steps=60)
    except MapError:
        return None
    return task if task.optimum > 2 else None


def test_aligned_orders_reach_the_optimum_on_generated_maps():
    rng = np.random.default_rng(2026)
    found = (generated_map(rng) for _ in range(400))
    answerable, close = 0, 0
    for task in [task for task in found if task is not None][:100]:
        policies = TabularReasoner(task.model, cache=False).policies
        pairs = [walk(task, policies, *orders) for orders in ((0, 1), (1, 0), (1, 2), (2, 1))]
        assert all(walk(task, policies, k, k) == 60 for k in range(3))
        # Where ToM-0 walks its partner into a dead end, no answer to it exists.
        if pairs[0] < 60:
            answerable += 1
            close += max(pairs) <= task.optimum + 3
    assert answerable >= 80
    assert close >= 0.95 * answerable


def test_a_partner_that_no_answer_helps_is_met_as_by_order_zero():
    task = GridTask("dead end", "1.2\n#.#\n...")
    policies = TabularReasoner(task.model, cache=False).policies
    start = task.model.starts[0]
    assert policies[1, 1, start] == policies[0, 1, start]


@pytest.mark.parametrize(
    "text", ["1..2\n....", "1..\n...\n..2", "1.\n..\n2.", "..1\n...\n2..", "1..\n.#.\n..2"]
)
def test_maps_with_any_symmetry_have_a_mirror(text):
    assert GridTask("symmetric", text).model.mirror is not None


def test_a_map_without_a_symmetry_has_none_and_can_be_played():
    task = GridTask("lopsided", "1..2\n#...\n....")
    assert task.model.mirror is None
    policies = TabularReasoner(task.model, cache=False).policies
    assert walk(task, policies, 0, 1) < 30


def test_collisions_and_swaps_leave_both_where_they_are():
    task = make_task("game-1")
    state = task.start()
    for a, b in (("right", "left"), ("right", "left")):
        state = task.step(state, {"player-1": a, "player-2": b}).state
    assert task.where(state) == ((0, 1), (0, 3))  # the second step would have met in the middle
    state = task.step(state, {"player-1": "right", "player-2": "stay"}).state
    state = task.step(state, {"player-1": "right", "player-2": "left"}).state
    assert task.where(state) == ((0, 2), (0, 3))  # a swap
    state = task.step(state, {"player-1": "up", "player-2": "down"}).state
    assert task.where(state) == ((0, 2), (1, 3))  # the edge of the map


def test_the_description_names_rules_goals_and_positions():
    task = make_task("game-2")
    text = task.describe(task.start())
    for part in (
        "player-1 is at row 1, column 1",
        "The goal of player-1 is row 1, column 5",
        "#.#.#",
        "up, down, left, right, stay",
        "The game lasts at most 30 steps.",
        "This is step 1.",
        "swap",
    ):
        assert part in text


def test_states_are_plain_data():
    task = make_task("game-1")
    state = task.step(task.start(), {"player-1": "down", "player-2": "left"}).state
    assert json.loads(json.dumps(state)) == state


@pytest.mark.parametrize(
    "text",
    [
        "1..2\n#.#.",
        "\n; a comment\n1..2\n// another\n#.#.\n# and a third\n\n",
        "1  2\n# # ",
        "type octile\nheight 2\nwidth 4\nmap\n1.G2\n@.T.",
        "Width: 4\nheight=2\n1..2\n#.#.",
        "\ufeff1..2\r\n#.#.\r\n",
    ],
)
def test_maps_as_other_programs_write_them(tmp_path, text):
    file = tmp_path / "map.txt"
    file.write_bytes(text.encode())
    assert make_task(f"grid:{file}").map.rows == ("1..2", "#.#.")


def test_spaces_may_be_a_row_of_floor():
    assert GridTask("spaces", "1  2\n    \n").map.rows == ("1..2", "....")
    assert GridTask("spaces", "    \n1  2\n   ").map.rows == ("....", "1..2")
    assert GridTask("a wall of hashes", "# # #\n1   2").map.rows == ("#.#.#", "1...2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("1..2\n...", "line 2 ends at column 3, line 1 at column 4"),
        ("\n1..2\n.....", "line 3 ends at column 5, line 2 at column 4"),
        ("1.32", "unknown tile '3' at line 1, column 3; .*two players are modelled"),
        ("; two rows\n1.x2", "unknown tile 'x' at line 2, column 3"),
        ("height 3\n1..2\n....", "says in line 1 that its height is '3', and the map below has 2"),
        ("type octile\nmap\n1.W2", "unknown tile 'W' at line 3, column 3"),
        ("# only words", "empty"),
        ("1.x2", "unknown tile 'x' at line 1, column 3"),
        ("1...\n....", "no start of player 2 from line 1, column 1 to line 2, column 4"),
        ("1..2\n..1.", "start of player 1 twice, at line 1, column 1 and at line 2, column 3"),
        ("1#2", "no path between the starts of the players at line 1, column 1 and at line 1, column 3"),
        ("1..2", "no room to pass between the starts at line 1, column 1 and at line 1, column 4"),
    ],
)
def test_bad_maps_name_line_and_column(tmp_path, text, message):
    file = tmp_path / "map.txt"
    file.write_text(text)
    with pytest.raises(MapError, match=message):
        make_task(f"grid:{file}")


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(MapError, match=r"nowhere\.txt"):
        make_task(f"grid:{tmp_path / 'nowhere.txt'}")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe1..2")
    with pytest.raises(MapError, match="UTF-8"):
        make_task(f"grid:{tmp_path / 'bytes'}")


def test_a_map_whose_table_exceeds_the_budget_is_refused_before_it_is_built():
    with pytest.raises(MapError, match="the budget is"):
        GridTask("wide", "\n".join(["1" + "." * 98 + "2"] + ["." * 100] * 99))


def test_line_endings_of_other_systems_are_no_tiles():
    assert GridTask("dos", "1..2\r\n....\r\n").optimum == make_task("game-1").optimum - 1


def test_policies_of_unanswerable_states_are_legal():
    model = make_task("game-2").model
    reasoner = TabularReasoner(model, cache=False)
    assert (reasoner.values < UNREACHABLE).all()
    assert set(np.unique(reasoner.policies)) <= set(range(5))
