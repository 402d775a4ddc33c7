"""Kitchens as overcooked-ai stores them: which of its layouts are read, and what is said of the others."""

from pathlib import Path

import pytest

from eval.play.unit import Unit, play_unit
from eval.tasks import make_task
from eval.tasks.maps import MapError
from eval.tasks.overcooked import OvercookedTask
from eval.tasks.overcooked.dynamics import kitchen
from eval.tasks.overcooked.layout import parse_layout
from eval.tasks.overcooked.real import package

FOLDER = Path(package("static").LAYOUTS_DIR)
LAYOUTS = sorted(path.stem for path in FOLDER.glob("*.layout"))

ONE_POT = {
    "centre_objects",
    "cramped_room",
    "large_room",
    "m_shaped_s",
    "scenario2",
    "scenario2_s",
    "scenario3",
    "scenario4",
    "simple_o",
}
TWO_POTS = {
    "asymmetric_advantages",
    "bottleneck",
    "coordination_ring",
    "counter_circuit_o_1order",
    "five_by_five",
    "scenario1_s",
    "schelling_s",
    "tutorial_0",
    "unident",
}
TOO_LARGE = {"centre_pots", "corridor", "schelling", "small_corridor"}
OTHER = {
    "cramped_room_single": r"has no start of player 2 from line 2, column 17 to line 5, column 21",
    "forced_coordination": r"has no path for player 1 from line 3, column 20 to any 'O'",
    "multiplayer_schelling": r"has the unknown tile '3' at line 5, column 18; .*two players are modelled",
    "tutorial_2": r"line 7, orders any soup that there is; only soups of three onions are modelled",
    "tutorial_3": r"line \d+, orders a soup of onion, tomato, tomato in start_bonus_orders",
}
"""Why some are not read; all others order soups that are not of three onions."""


def read(name):
    return (FOLDER / f"{name}.layout").read_text()


def test_every_public_layout_is_read_or_refused_by_name():
    assert set(LAYOUTS) >= ONE_POT | TWO_POTS | TOO_LARGE | set(OTHER)
    for name in LAYOUTS:
        file = FOLDER / f"{name}.layout"
        if name in ONE_POT | TWO_POTS:
            layout = make_task(f"overcooked:{file}").layout
            assert len(layout.pots) == (1 if name in ONE_POT else 2)
            continue
        if name in TOO_LARGE:
            words = r"would take up to \d+\.\d GiB, the budget is 2\.0 GiB"
        else:
            words = OTHER.get(name, r"line \d+, orders a soup of .* in start_all_orders; only soups of three")
        with pytest.raises(MapError, match=rf"(?s)'overcooked:.*{name}\.layout'.*{words}"):
            make_task(f"overcooked:{file}")


@pytest.mark.parametrize("name", ["cramped_room", "simple_o", "scenario2_s"])
def test_layouts_are_played_as_they_are(name):
    file = f"overcooked:{FOLDER / name}.layout"
    task = make_task(file)
    scores = [play_unit(Unit(file, "tom-0", "tom-1", episode, 0)).score for episode in range(2)]
    assert all(task.optimum <= score < 100 for score in scores)


@pytest.mark.parametrize("name", sorted(ONE_POT | TWO_POTS))
def test_the_grid_is_the_packages(name):
    """Tiles, starts and cooking time are what the package itself reads."""
    mdp_of = package("mdp.overcooked_mdp")
    mdp = mdp_of.OvercookedGridworld.from_layout_name(name)
    layout = parse_layout(read(name))
    floor = str.maketrans("12", "  ")
    assert ["".join(row) for row in mdp.terrain_mtx] == [row.translate(floor) for row in layout.map.rows]
    assert [(r, c) for c, r in mdp.start_player_positions] == list(layout.map.starts)
    mdp_of.Recipe.configure(mdp.recipe_config)
    assert mdp_of.Recipe(["onion"] * 3).time == layout.cook_time


def test_a_bare_grid_and_a_dictionary_are_the_same_kitchen():
    file = "\n{ # a comment\n 'grid': '''XXPXX\n  O1 2O\n  D   D\n  XXSXX''',\n"
    for orders in ("'start_all_orders': [{'ingredients': ['onion', 'onion', 'onion']}]", ""):
        text = file + orders + "}"
        if not orders:
            with pytest.raises(MapError, match="orders any soup"):
                OvercookedTask("it", text)
            continue
        task = OvercookedTask("it", text)
        assert task.layout.map.rows == ("XXPXX", "O1 2O", "D   D", "XXSXX")
        assert task.layout.map.place((1, 1)) == "line 4, column 4"
        assert task.kitchen.size == kitchen(parse_layout("XXPXX\nO1 2O\nD   D\nXXSXX")).size


GRID = "{'grid': '''XXPXX\nO1 2O\nD   D\nXXSXX''',\n"
SOUP = "'start_all_orders': [{'ingredients': ['onion', 'onion', 'onion']}],\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1, is no Python dictionary|is no Python dictionary"),
        ("{'grid': 3}", "has no 'grid' with the tiles as text"),
        ("{'grid': __import__('os').getcwd()}", "line 1, holds something else than text, numbers"),
        ("{**{}}", "line 1, holds something else"),
        (GRID + "'start_all_orders': [3]}", "line 5, has start_all_orders that are no list of ingredients"),
        (GRID + SOUP.replace("}]", "}] * 2") + "}", "line 5, holds something else"),
        (
            GRID + SOUP + "'start_state': {'players': []}}",
            "line 6, sets 'start_state', which is not modelled",
        ),
        (GRID + SOUP + "'old_dynamics': True}", "line 6, sets 'old_dynamics'"),
        (GRID + SOUP + "'num_items_for_soup': 2}", "line 6, sets 'num_items_for_soup'"),
        (GRID + SOUP + "'cook_time': 0}", "line 6, has the cook_time 0; a soup cooks a whole number"),
        (GRID + SOUP + "'recipe_times': [5, 5]}", r"line 6, has the recipe_times \[5, 5\]"),
        (GRID + SOUP + "'recipe_times': [1e999]}", "line 6, has the recipe_times"),
    ],
)
def test_bad_layout_files_name_the_line(tmp_path, text, words):
    file = tmp_path / "kitchen.layout"
    file.write_text(text)
    with pytest.raises(MapError, match=words):
        make_task(f"overcooked:{file}")


@pytest.mark.parametrize(
    ("more", "time"),
    [
        ("", 20),
        ("'cook_time': 7", 7),
        ("'recipe_times': [9]", 9),
        ("'onion_time': 4, 'tomato_time': 1", 12),
        ("'order_bonus': float('inf'), 'num_items_for_soup': 3, 'start_state': None", 20),
    ],
)
def test_how_long_a_soup_cooks(more, time):
    layout = parse_layout(GRID + SOUP + more + "}")
    assert layout.cook_time == time
    assert kitchen(layout).n_pot == 4 + time


def test_two_pots_are_told_apart_in_words():
    task = OvercookedTask("it", "XPDPX\nO1 2O\nX   X\nXXSXX")
    first = task.layout.map.index[1, 1] * 16
    words = task.in_words(task.kitchen.code(first, first + 64, task.kitchen.joined((2, 23))))
    assert "The pot at row 1, column 2 holds 2 of 3 onions" in words
    assert "The soup at row 1, column 4 is ready." in words
    assert "into one of the pots" in task.rules()
