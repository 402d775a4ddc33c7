"""One version: in the package, its metadata, pyproject.toml and the changelog."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import atom

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_version_is_the_same_everywhere():
    """After a change of the version, ``make setup`` brings the metadata up to date."""
    top = re.search(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert atom.__version__ == PROJECT["version"] == top[1]
    assert date.fromisoformat(top[2])


def test_the_evaluation_is_of_the_same_version_and_has_the_same_extras():
    evaluation = tomllib.loads((ROOT / "distributions" / "eval" / "pyproject.toml").read_text())["project"]
    assert evaluation["version"] == PROJECT["version"]
    assert evaluation["dependencies"] == [f"langgraph-atom[eval,report]=={PROJECT['version']}"]
    for extra, needs in evaluation["optional-dependencies"].items():
        assert needs == [f"langgraph-atom[{extra}]"]
        assert extra in PROJECT["optional-dependencies"]


@pytest.mark.parametrize("name", ["atom", "eval"])
def test_locks_have_the_versions_tested_with_hashes_and_no_addresses(name):
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    tested = {package.lower().replace("_", "-"): version for package, version in pinned.items()}
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) .*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE))
    assert len(locked) == len(re.findall(r"^\w", text, re.MULTILINE)) > 70
    assert {package: tested[package] for package in locked} == locked
    assert "://" not in text


def test_releases_known_to_be_bad_cannot_be_installed():
    (litellm,) = [d for d in PROJECT["dependencies"] if d.startswith("litellm")]
    allowed = Requirement(litellm).specifier
    assert not [bad for bad in ("1.82.7", "1.82.8", "1.83.6") if bad in allowed]
    assert "litellm!=1.82.7,!=1.82.8" in (ROOT / "constraints.txt").read_text().splitlines()


def test_the_plugin_depends_on_no_library_of_the_evaluation():
    names = {re.match(r"[\w-]+", dependency)[0] for dependency in PROJECT["dependencies"]}
    assert "scipy" not in names  # tables are an extra
    assert any(extra.startswith("scipy") for extra in PROJECT["optional-dependencies"]["eval"])
