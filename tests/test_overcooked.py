"""Overcooked: equal to the real environment, the paper's column, bad layouts."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from eval.sweeps import play_cell
from eval.tasks import OvercookedTask, make_task
from eval.tasks.maps import MapError
from eval.tasks.overcooked import RealOvercookedTask
from eval.tasks.overcooked.layout import RING, SMALL
from eval.tasks.overcooked.real import MissingExtraError, RealKitchen, guarded

TWO_SIDED_POT = "XXXXX\nO1 2D\nX P X\nX   S\nXXXXX"
TWO_POTS = "XPDPX\nO1 2O\nX   X\nXXSXX"
CROSSED = "XXDXX\nO 1 S\nX   X\nP 2 X\nXOXXX"
EPISODES = 60


@pytest.mark.parametrize("text", [SMALL, RING, TWO_SIDED_POT, CROSSED, TWO_POTS])
def test_the_table_is_the_real_environment(text):
    """At least 6,000 transitions a layout: random, by policy, and mixed; from the start and from anywhere."""
    task = OvercookedTask("under test", text)
    table, kitchen = task.table, task.kitchen
    policies = task.reasoner().policies
    real = RealKitchen(kitchen)
    rng = np.random.default_rng(1)
    transitions = deliveries = 0
    while transitions < 6_000:
        anywhere = rng.random() < 0.5
        index = int(rng.integers(table.model.n_states - 1)) if anywhere else table.model.starts[0]
        orders, lapse = rng.integers(4, size=2), rng.choice([0.02, 0.3, 1.0])
        state = real.state(int(table.codes[index]))
        for _ in range(100):
            code = int(table.codes[index])
            a, b = (
                int(rng.integers(6)) if rng.random() < lapse else int(policies[order, player, index])
                for player, order in enumerate(orders)
            )
            # The real state lives on by itself; it is only read.
            state, reward = real.transition(state, *guarded(kitchen, code, a, b))
            index = int(table.model.next[index, a, b])
            transitions += 1
            over = bool(table.model.terminal[index])
            assert reward == (20.0 if over else 0.0)
            if over:
                deliveries += 1
                break
            assert real.code(state) == table.codes[index]
    assert deliveries > 20


def test_guards_are_needed_and_turn_into_stay():
    task = OvercookedTask("two-sided", TWO_SIDED_POT)
    kitchen, real = task.kitchen, RealKitchen(task.kitchen)
    cells = task.layout.map.index
    above, left = cells[1, 2] * 16 + 1 * 4, cells[2, 1] * 16 + 3 * 4  # both face the pot
    onion = above + 1
    one_onion = kitchen.code(onion, left, 1)
    # The first adds the second onion; the second cook's INTERACT would now start an early soup.
    assert guarded(kitchen, one_onion, 5, 5) == (5, 4)
    unguarded, _ = real.transition(real.state(one_onion), 5, 5)
    assert next(iter(unguarded.objects.values())).is_cooking
    two_onions = kitchen.code(onion, left, 2)
    assert guarded(kitchen, two_onions, 5, 5) == (5, 5)
    counter = kitchen.code(cells[1, 1] * 16 + 1, left, 0)
    assert guarded(kitchen, counter, 5, 0) == (4, 0)
    dropped, _ = real.transition(real.state(counter), 5, 4)
    with pytest.raises(ValueError, match="counter"):
        real.code(dropped)


def test_codes_and_real_states_say_the_same():
    task = OvercookedTask("small", SMALL)
    real = RealKitchen(task.kitchen)
    for code in task.table.codes[:-1:997]:
        assert real.code(real.state(int(code))) == code


def test_episodes_in_the_real_environment_are_those_of_the_table():
    ours, real = make_task("overcooked"), RealOvercookedTask("overcooked", SMALL)
    for agent, partner in (("tom-0", "tom-1"), ("bayes", "tom-2"), ("bayes", "self")):
        a = play_cell(ours, agent, partner, 4, seed=3, epsilon=0.05)
        b = play_cell(real, agent, partner, 4, seed=3, epsilon=0.05)
        assert a.scores == b.scores


@pytest.mark.parametrize(("name", "at_most"), [("overcooked", 33), ("overcooked-ring", 45)])
def test_equal_orders_never_serve_and_adjacent_orders_do(name, at_most):
    task = make_task(name)
    for first in range(3):
        for second in range(3):
            (score,) = play_cell(task, f"tom-{first}", f"tom-{second}", 1, seed=0).scores
            if abs(first - second) == 1:
                assert task.optimum <= score <= at_most
            else:
                assert score == 100


def test_bayes_meets_every_order_and_itself():
    task = make_task("overcooked")
    for partner in ("tom-0", "tom-1", "tom-2"):
        assert play_cell(task, "bayes", partner, EPISODES, seed=7).mean <= 34
    assert play_cell(task, "bayes", "self", EPISODES, seed=7).mean <= 35.5
    assert play_cell(task, "ftl", "self", 2, seed=7).mean == 100


def test_cooks_who_can_reach_the_pot_at_once_have_mirrored_ties_but_no_mirror():
    two_sided = "XXXXX\nO1 2O\nX P X\nD   D\nXXSXX"
    model = OvercookedTask("two-sided", two_sided).model
    assert model.mirror is None
    assert model.ties == ((0, 1, 2, 3, 4, 5), (0, 1, 3, 2, 4, 5))


def test_the_description_says_what_is_where():
    task = make_task("overcooked")
    text = task.describe(task.start())
    for part in (
        "player-1 is at row 2, column 2, faces up and holds nothing",
        "The pot holds 0 of 3 onions",
        "XXPXX",
        "interact",
    ):
        assert part in text
    kitchen = task.kitchen
    cook = task.layout.map.index[1, 2] * 16
    assert "holds a dish" in task.in_words(kitchen.code(cook + 2, cook + 16, 5))
    assert "ready in 18 steps" in task.in_words(kitchen.code(cook + 2, cook + 16, 5))
    assert "served" in task.in_words(kitchen.size)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("XXPXX\nO1 2O\nD   D\nXXSX", "line 4 ends at column 4"),
        ("XPPPX\nO1 2O\nD   D\nXXSXX", "3 pots, at line 1, column 2 and at line 1, column 3 and at .* for 2"),
        ("XXPXX\nO1 2O\nD 3 D\nXXSXX", "unknown tile '3' at line 3, column 3; .*two players are modelled"),
        ("XXPXX\nO1 2O\nD   D\nXXXXX", "no serving place in lines 1 to 4"),
        ("XXPXX\nO1 2O\nX   X\nXXSXX", "no dishes"),
        ("XXPXX\nO1  O\nD   D\nXXSXX", "no start of player 2"),
        ("XXPXX\nO1 2 \nD   D\nXXSXX", "open at line 2, column 5"),
        ("XXPXX\nO1T2O\nD   D\nXXSXX", "unknown tile 'T' at line 2, column 3; .*tomatoes are not modelled"),
        ("XPXXXX\nO1XX2X\nD XX X\nXSXXXX", "no path for player 2 from line 2, column 5 to any 'O'"),
        ("XXXOXXX\nP1XSX2X\nX     X\nXXXDXXX", "no path"),
        ("XOXPXX\nX1 2SX\nXXDXXX", "in each other's way"),
    ],
)
def test_bad_layouts_name_line_and_column(tmp_path, text, message):
    file = tmp_path / "layout.txt"
    file.write_text(text)
    with pytest.raises(MapError, match=message):
        make_task(f"overcooked:{file}").model  # noqa: B018


def test_a_layout_whose_table_exceeds_the_budget_is_refused_before_it_is_built():
    rows = ["XPXSX" + "X" * 7, "O1" + " " * 8 + "2D", *["X" + " " * 10 + "X"] * 6, "X" * 12]
    with pytest.raises(MapError, match=r"would take up to \d+\.\d GiB, the budget is 2.0 GiB"):
        OvercookedTask("hall", "\n".join(rows))


def test_an_absent_package_names_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "overcooked_ai_py", None)
    for name in [name for name in sys.modules if name.startswith("overcooked_ai_py.")]:
        monkeypatch.delitem(sys.modules, name)
    task = RealOvercookedTask("overcooked", SMALL)
    with pytest.raises(MissingExtraError, match=r"pip install 'langgraph-atom\[overcooked\]'"):
        task.step(task.start(), dict.fromkeys(task.players, "stay"))
