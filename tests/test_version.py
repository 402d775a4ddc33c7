"""One version: in the package, its metadata, pyproject.toml and the changelog."""

import re
import tomllib
from datetime import date
from pathlib import Path

import atom

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_version_is_the_same_everywhere():
    """After a change of the version, ``make setup`` brings the metadata up to date."""
    top = re.search(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert atom.__version__ == PROJECT["version"] == top[1]
    assert date.fromisoformat(top[2])


def test_the_plugin_depends_on_no_library_of_the_evaluation():
    names = {re.match(r"[\w-]+", dependency)[0] for dependency in PROJECT["dependencies"]}
    assert "scipy" not in names  # tables are an extra
    assert any(extra.startswith("scipy") for extra in PROJECT["optional-dependencies"]["eval"])
