"""Pages say what their generators make: rows, columns and words of all blocks, played in little."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.published import BLOCKS, Playing, Setting, blocks_in, blocks_named, shape, with_blocks

ROOT = Path(__file__).parents[1]
PAGES = {page: (ROOT / page).read_text() for page in dict.fromkeys(block.page for block in BLOCKS)}
BLOCK = "<!-- numbers: {} -->\n\n{}\n\n<!-- /numbers -->\n"


@pytest.fixture(scope="module")
def playing():
    """Every study once, whatever needs it."""
    return Playing(small=True)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_page_has_the_shape_of_what_makes_it(block, playing):
    committed = blocks_in(PAGES[block.page])[block.name]
    assert committed, "generate it: python -m eval results NAME --write"
    assert shape(committed) == shape(playing.lines(block))


def test_every_block_of_a_page_is_generated_and_stands_once():
    names = [block.name for block in BLOCKS]
    assert len(set(names)) == len(names)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        known = {block.name for block in BLOCKS if block.page == str(page.relative_to(ROOT))}
        assert set(blocks_in(page.read_text())) == known, page


def test_studies_of_one_name_are_one_study():
    studies = [study for block in BLOCKS for study in block.studies]
    assert len({study.name for study in studies}) == len({id(study) for study in studies})


def test_published_settings_are_ten_thousand_episodes_or_five_seeds():
    """But for what has no episodes, or no seed to be unlucky with."""
    exempt = ("kitchens", "two agents", "nine graphs", "people: next move", "people: orders")
    exempt += ("people: agents beside bots",)  # twenty games, each with a seed of its own
    exempt += ("robustness",)  # a seed draws the tasks: some were looked at, one was held out
    exempt += ("hidden information",)  # pairs, each with a seed of its own
    exempt += ("trained pairs", "more trained pairs")  # so many pairs, each trained with a seed of its own
    for study in {study.name: study for block in BLOCKS for study in block.studies}.values():
        if study.name not in exempt:
            assert study.full.total >= 10_000 or len(study.full.seeds) >= 5, study.name


def test_no_sentence_of_a_block_is_left_by_hand_around_it():
    """A page that was generated holds no second table with the same heading outside of its blocks."""
    for page, text in PAGES.items():
        outside = re.sub(r"<!-- numbers: .*?<!-- /numbers -->", "", text, flags=re.DOTALL)
        headings = {line for lines in blocks_in(text).values() for line in lines if line.startswith("| ")}
        assert not headings & set(outside.splitlines()), page


def test_a_block_is_replaced_and_the_rest_left_alone():
    page = "before\n\n" + BLOCK.format("one", "1") + "\nbetween\n\n" + BLOCK.format("two", "2") + "after\n"
    after = with_blocks(page, {"two": ["| a |", "|---|"]})
    assert blocks_in(after) == {"one": ["1"], "two": ["| a |", "|---|"]}
    assert after == page.replace("\n\n2\n\n", "\n\n| a |\n|---|\n\n")
    assert with_blocks(after, {"two": ["2"]}) == page


@pytest.mark.parametrize(
    "page",
    [
        "<!-- numbers: one -->\n\n1\n",
        "1\n\n<!-- /numbers -->\n",
        BLOCK.format("one", "1") + BLOCK.format("one", "2"),
        "- a list <!-- numbers: one -->\n\n1\n\n<!-- /numbers -->\n",
    ],
)
def test_comments_without_counterpart_are_refused(page):
    with pytest.raises(ValueError, match=r"counterpart|twice"):
        blocks_in(page)


def test_a_block_that_the_page_does_not_have_is_refused():
    with pytest.raises(ValueError, match="numbers: two"):
        with_blocks(BLOCK.format("one", "1"), {"two": ["2"]})


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (["It has 75.0 [70, 80] points."], ["It has −3 [?] points."], True),
        (["75.0 / 70 ± 0.1, and 3."], ["1,000 / 2 / −3 (± 0.25), and 4.5."], True),
        (["It has 75 points", "of `a`."], ["It has", "75 points of `b`, `c` and `d`."], True),
        (["It has 75 points."], ["It lost 75 points."], False),
        (["- one", "- two"], ["- one two"], False),
        (["| a | b |", "|---|---|", "| x | 1 |"], ["| a | b |", "|---|---|", "| x | **2 ± 3** |"], True),
        (["| a | b |", "|---|---|", "| x | 1 |"], ["| a | b |", "|---|---|", "| y | 1 |"], False),
        (["| a | b |", "|---|---|", "| x | 1 |"], ["| a | c |", "|---|---|", "| x | 1 |"], False),
        (["| a | b |", "|---|---|", "| x | 1 |"], ["| a | b |", "|---|---|", "| x | 1 | 2 |"], False),
        (["| a |", "|---|", "| x |", "| y |"], ["| a |", "|---|", "| y |", "| x |"], True),
        (["| a |", "|---|", "| x |", "| y |"], ["| a |", "|---|", "| x |"], False),
        (["```", "a ✗", "```"], ["```", "a ✓", "```"], True),
        (["```", "a", "b", "```"], ["```", "a", "```"], False),
    ],
)
def test_shapes_see_everything_but_figures(before, after, same):
    assert (shape(before) == shape(after)) is same


def test_settings_say_what_was_played():
    assert str(Setting(10_000)) == "10,000 episodes, seed 42"
    assert str(Setting(1)) == "1 episode, seed 42"
    assert str(Setting(60, (1, 2, 3))) == "180 episodes, 60 of each of the seeds 1 to 3"
    assert str(Setting(10, (0, 2, 3))) == "30 episodes, 10 of each of the seeds 0, 2, 3"


def called(*arguments):
    return CliRunner().invoke(app, ["results", *arguments])


def test_the_command_lists_blocks_and_what_they_cost():
    done = called("--list", "docs/teams.md")
    assert done.exit_code == 0
    assert "team-collisions" in done.stdout
    assert "processor time" in done.stdout
    assert "one-ahead" not in done.stdout


@pytest.fixture
def checkout(tmp_path):
    """A copy of one page."""
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "overcooked.md", tmp_path / "docs")
    return tmp_path


def test_the_command_checks_and_writes(checkout):
    """A page that is right, one whose figure was changed by hand, and that written again."""
    page = checkout / "docs" / "overcooked.md"
    asked = ("kitchens", "--root", str(checkout))
    assert called(*asked, "--check").exit_code == 0
    right = page.read_text()
    page.write_text(right.replace("132,665 | 33", "132,666 | 33"))
    assert called(*asked, "--check", "--small").exit_code == 0
    wrong = called(*asked, "--check")
    assert wrong.exit_code == 1
    assert "-| `overcooked` | small, symmetric | 132,666 | 33 |" in wrong.stdout
    assert "+| `overcooked` | small, symmetric | 132,665 | 33 |" in wrong.stdout
    assert called(*asked).exit_code == 0
    assert page.read_text() != right
    assert called(*asked, "--write").exit_code == 0
    assert page.read_text() == right


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing-of-that-name",), "--list"),
        (("kitchens", "--write", "--small"), "--small"),
        (("kitchens", "--write", "--check"), "--check"),
        (("kitchens", "--root", "/"), "checkout"),
    ],
)
def test_the_command_refuses_before_it_plays(arguments, said):
    done = called(*arguments)
    assert isinstance(done.exception, ValueError)
    assert said in str(done.exception)


def test_blocks_are_found_by_name_and_by_page():
    assert [block.name for block in blocks_named(["one-ahead"])] == ["one-ahead"]
    assert {block.page for block in blocks_named(["docs/teams.md"])} == {"docs/teams.md"}
    assert blocks_named([]) == BLOCKS
