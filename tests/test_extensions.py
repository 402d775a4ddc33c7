"""A newcomer's package is found without a change to this repository; broken ones do no harm."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BROKEN = {
    '"atom.tasks"]': 'memory-1 = "atom_newcomer:pick_a_door"',
    '"atom.partners"]': 'half-baked = "atom_newcomer:missing"\nbare-number = "math:pi"',
    '"atom.learners"]': 'crooked = "atom_newcomer:Imitator"\nunfit = "types:SimpleNamespace"',
}
"""Entry points that cannot be used, added to those of the example."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The newcomer's package with a few broken things, built and installed into a directory of its own."""
    work = tmp_path_factory.mktemp("newcomer")
    source = shutil.copytree(ROOT / "examples" / "newcomer", work / "source")
    project = source / "pyproject.toml"
    text = project.read_text()
    for group, lines in BROKEN.items():
        assert group in text
        text = text.replace(group, f"{group}\n{lines}")
    project.write_text(text)
    target = work / "target"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", *install, "--target", str(target), str(source)],
        check=True,
        capture_output=True,
    )
    return target


def run(installed, *arguments):
    environment = {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, "-m", "eval", *arguments],
        capture_output=True, text=True, check=False, env=environment, timeout=120, cwd=installed,
    )  # fmt: skip


def test_all_four_are_listed_with_their_source(installed):
    done = run(installed, "list")
    assert done.returncode == 0
    for words in (
        "pick-a-door", "Three doors, differ to score", "imitator", "Does what another player did last",
        "last-seen", "trembling[:PARTNER]", "atom-newcomer 1.2.3",
    ):  # fmt: skip
        assert words in done.stdout, words
    assert "half-baked" not in done.stdout


def test_broken_ones_are_warnings_that_name_them(installed):
    done = run(installed, "list")
    lines = [line for line in done.stderr.splitlines() if line.startswith("warning: the entry point")]
    assert len(lines) == 5
    told = {line.split("'")[1]: line for line in lines}
    assert "atom-newcomer" in told["half-baked"]
    assert "AttributeError" in told["half-baked"]
    assert "float, not something to be called" in told["bare-number"]
    assert "TypeError" in told["crooked"]
    assert "AttributeError" in told["unfit"]
    assert "the name is taken" in told["memory-1"]


def test_they_meet_in_a_cross_play(installed, tmp_path):
    scores = tmp_path / "scores.json"
    agents = "adaptive:last-seen,trembling:bayes,imitator"
    asked = ["--task", "pick-a-door", "--agents", agents, "--partners", "imitator,tom-0,self"]
    done = run(installed, "crossplay", *asked, "--episodes", "4", "--workers", "2", "--json", str(scores))
    assert done.returncode == 0, done.stderr
    found = json.loads(scores.read_text())
    by_agent = dict(zip(found["agents"], found["mean"], strict=True))
    assert by_agent["imitator"][2] == 0.0, "two imitators begin alike and stay alike"
    assert by_agent["adaptive:last-seen"][1] > 10.0, "it soon sees what a ToM-0 partner is"
    assert 0.0 < by_agent["trembling:bayes"][1] < 15.0


def test_a_name_that_is_a_little_off_finds_the_newcomer(installed):
    done = run(installed, "crossplay", "--task", "pick-a-dor", "--episodes", "1")
    assert done.returncode == 2
    assert "did you mean pick-a-door" in done.stderr
