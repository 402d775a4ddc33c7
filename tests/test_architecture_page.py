"""What docs/architecture.md says of the code is so: files, counts, directions, keys, abilities."""

import ast
import re
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

from atom import Player, memories
from atom.reasoning import reasoner
from tests import follow

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
FOLDERS = ("belief", "models", "reasoning", "rewards", "coding", "agents", "graph")
DOORS = {"__init__", "_moved", "llm"}  # they may name everything


def section(title):
    """The text under a heading of the second level."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table_after(text, words):
    """The rows of the first table after some words, as lists of cells."""
    lines = text[text.index(words) :].splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[2:]


def keys(words):
    return [row[0].strip("`") for row in table_after(section("Memory"), words)]


def test_the_tables_of_memory_are_the_typed_dictionaries():
    assert keys("`PlayerMemory`, ") == list(get_type_hints(memories.PlayerMemory))
    assert keys("`PartnerMemory`, ") == list(get_type_hints(memories.PartnerMemory))
    assert set(memories.opening(0)) == {"version", "episode", "step"}


def test_players_and_reasoners_have_the_methods_that_are_named():
    named = section("Players and reasoners")
    declared = {name for name in vars(Player) if not name.startswith("_")}
    assert {name for name in declared if f"`{name}`" in named} == declared
    for row in table_after(named, "each a protocol"):
        protocol, method = (cell.strip("`") for cell in row[:2])
        assert method in vars(getattr(reasoner, protocol))


def test_every_file_that_is_named_is_there():
    links = re.findall(r"\]\(\.\./([\w./]+)\)", PAGE)
    in_atom = [name for name in re.findall(r"`((?:\w+/)?\w+\.py)`", after_of_ways()) if name]
    named = [*links, *(f"atom/{name}" for name in in_atom), *re.findall(r"tests/\w+\.py", PAGE)]
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).is_file()] == []


def after_of_ways():
    """The parts of the section about ways that list the files of today."""
    text = section("What a reader opens")
    return " ".join(re.findall(r"\*\*[^*]+\*\*, after: (.*?) Before:", text, re.DOTALL))


PARTS = ("on the way", "beside", "before")


def listed(way, part):
    """The files that the page lists on a way, beside it, or before."""
    text = section("What a reader opens") + "\n\n"
    pattern = rf"\*\*{way}\*\*, after: (.*?)Beside the way:(.*?)Before: (.*?)\n\n"
    entry = re.search(pattern, text, re.DOTALL)
    return sorted(re.findall(r"`([\w/]+\.py)`", entry.group(PARTS.index(part) + 1)))


@pytest.fixture(scope="module")
def followed():
    return follow.counts()


def test_the_files_on_each_way_are_counted_and_listed(followed):
    for what, on_the_way, now, takes_part, part_now in table_after(PAGE, "| what is followed"):
        way = followed[what.split(":")[0]]
        assert int(part_now) == len(way["taking part"]), what
        if now:
            assert int(now) == len(way["on the way"]), what
            title = what[0].upper() + what[1:]
            assert listed(title, "on the way") == way["on the way"]
            assert listed(title, "beside") == sorted({*way["taking part"]} - {*way["on the way"]})
            assert len(listed(title, "before")) == int(on_the_way)
        assert int(takes_part) > 0


def home(module):
    """The folder of a module of atom: one of those on the page, or values; None for the doors."""
    parts = module.split(".")
    if len(parts) == 1 or parts[1] in DOORS:
        return None
    return parts[1] if parts[1] in FOLDERS else "values"


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "atom":
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "atom")


def test_folders_import_what_the_page_allows():
    allowed = {
        row[0].split(":")[0].strip("`").removeprefix("atom/").strip("/"): {*row[2].split(", ")}
        for row in table_after(PAGE, "| folder")
    }
    for path in (ROOT / "atom").rglob("*.py"):
        mine = home(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for module in imports(path):
            theirs = home(module)
            if mine and theirs and mine != theirs:
                # looking a name up when it is first used is no import
                assert theirs in allowed[mine] or module == "atom.lazy", f"{path} imports {module}"


def test_the_picture_is_what_its_script_draws():
    sys.path.insert(0, str(ROOT / "docs" / ".site"))
    try:
        import architecture  # noqa: PLC0415
    finally:
        sys.path.pop(0)
    for scheme in architecture.COLOURS:
        drawn = (ROOT / "docs" / "pictures" / f"architecture-{scheme}.svg").read_text()
        assert drawn == architecture.picture(scheme)
