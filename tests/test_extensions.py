"""A newcomer's package is found without a change to this repository; broken ones do no harm."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOSTILE = {
    "exits": "import sys\nsys.exit(3)\n",
    "hangs": "import time\nprint('loud')\ntime.sleep(60)\n",
    "prints": "print('loud', '[red]')\n\ndef make(reasoner):\n    return reasoner\n",
    "marks": "raise ValueError('[/] \\x1b[31m [red]')\n",
}
"""Modules that mean harm when they are imported, one for each entry point."""
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


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Packages that exit, hang, print and raise when they are imported, as installers leave them."""
    target = tmp_path_factory.mktemp("hostile")
    for name, module in HOSTILE.items():
        (target / f"atom_{name}.py").write_text(module)
    info = target / "atom_hostile-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: atom-hostile\nVersion: 1.0\n")
    lines = "\n".join(f"{name} = atom_{name}:make" for name in HOSTILE)
    (info / "entry_points.txt").write_text(f"[atom.reasoners]\n{lines}\n")
    return target


def test_what_exits_hangs_prints_or_raises_is_named_and_takes_nothing_away(hostile):
    code = "import partners.extensions as e, runpy, sys; e.PATIENCE = 0.5; sys.argv = ['eval', 'list']; "
    environment = {**os.environ, "PYTHONPATH": f"{hostile}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code + "runpy.run_module('eval', run_name='__main__')"],
        capture_output=True, text=True, check=False, env=environment, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "memory-1" in done.stdout
    assert "prints:PARTNER" in done.stdout or "prints" in done.stdout
    assert "loud" not in done.stdout
    told = {
        line.split("'")[1]: line for line in done.stderr.splitlines() if line.startswith("warning: the entry")
    }
    assert set(told) == {"exits", "hangs", "marks"}
    assert "SystemExit: 3" in told["exits"]
    assert "does not end within 0.5 s" in told["hangs"]
    assert "[/]" in told["marks"]
    assert "\x1b[31m" not in done.stderr
