"""Every block of the README and the docs runs, every docstring's example too, and every example."""

import doctest
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]
BLOCKS = [
    pytest.param(page, code, id=f"{page.name}:{page.read_text()[: match.start()].count(chr(10)) + 1}")
    for page in PAGES
    for match in re.finditer(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    for code in [match.group(1)]
]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("atom", "partners", "eval")
    for path in sorted((ROOT / package).rglob("*.py"))
    if ">>>" in path.read_text()
]


@pytest.mark.parametrize(("page", "code"), BLOCKS)
def test_python_blocks_run(page, code, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_rows_of_tables_have_as_many_cells_as_their_headings(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for found in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in found.splitlines()]
        odd = [row for row, n in zip(found.splitlines(), cells, strict=True) if n != cells[0]]
        assert odd == []


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples(module):
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0
    assert failed == 0


def run_example(name, typed=""):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name)],
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_two_agents_collide_before_and_meet_after():
    """As the example prints it: without the node on every round, with it hardly ever."""
    bare, adaptive = run_example("two_agents.py").splitlines()
    assert "on 20 boards 15.0 collisions in 15 rounds" in bare
    assert float(re.search(r"on 20 boards (\S+) collisions", adaptive).group(1)) < 2.5


def test_the_readme_names_the_commands():
    text = (ROOT / "README.md").read_text()
    assert all(f"make {target}" in text for target in ("demo", "test", "check", "bench"))


def test_five_agents_on_a_ticket_board():
    bare, adaptive, contract = (
        line.split(": ")[1].split() for line in run_example("ticket_board.py").splitlines()
    )
    assert bare == ["5"] * 15
    assert adaptive[-5:] == ["0"] * 5
    assert contract == ["0"] * 15


def test_a_partner_who_switches_is_reported():
    report, truth = run_example("switching_partner.py").splitlines()
    number = int(re.match(r"before round (\d+): ben changed from order 2 to 0", report).group(1))
    assert 20 < number <= 23
    assert "at round 20" in truth


def test_a_person_answers_and_is_asked_again():
    shown = run_example("human_partner.py", "billing\nfoo\n" + "login\n" * 7)
    assert "'foo' is no ticket" in shown
    assert "collisions in 8 rounds" in shown
    assert run_example("human_partner.py").startswith("round 1")  # nobody there
