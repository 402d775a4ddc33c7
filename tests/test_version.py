"""One version: in the package, its metadata, pyproject.toml and the changelog."""

import re
import tomllib
from datetime import date
from importlib import metadata
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


def canonical(name):
    return name.lower().replace("_", "-").replace(".", "-")


def locked(name):
    """The requirements of a lock, each with its hashes."""
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    assert "://" not in text
    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.startswith("#")]
    parts = [line.partition("    --hash=") for line in lines]
    return {canonical(Requirement(head).name): (Requirement(head), hashes) for head, _, hashes in parts}


@pytest.mark.parametrize("name", ["atom", "eval"])
def test_locks_have_the_versions_tested_with_hashes_and_no_addresses(name):
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    tested = {canonical(package): version for package, version in pinned.items()}
    found = locked(name)
    assert len(found) > 70
    for package, (requirement, hashes) in found.items():
        assert str(requirement.specifier) == f"=={tested[package]}"
        assert re.fullmatch(r"sha256:[0-9a-f]{64}( +--hash=sha256:[0-9a-f]{64})*", hashes), package


@pytest.mark.parametrize(("name", "extras"), [("atom", ()), ("eval", ("eval", "report"))])
def test_locks_hold_all_that_is_needed(name, extras):
    """``pip install --require-hashes`` refuses what is not in there, and what needs another version."""
    found, seen = locked(name), set()
    wanted = [
        *PROJECT["dependencies"],
        *(need for e in extras for need in PROJECT["optional-dependencies"][e]),
    ]
    waiting = [Requirement(need) for need in wanted]
    while waiting:
        need = waiting.pop()
        package = canonical(need.name)
        requirement, _ = found[package]
        (pin,) = requirement.specifier
        assert need.specifier.contains(pin.version, prereleases=True), need
        assert requirement.marker is None or requirement.marker.evaluate(), requirement
        for extra in ("", *need.extras):
            if (package, extra) not in seen:
                seen.add((package, extra))
                needs = map(Requirement, metadata.requires(package) or [])
                waiting += [n for n in needs if n.marker is None or n.marker.evaluate({"extra": extra})]
    assert len(seen) > 60


def test_releases_known_to_be_bad_cannot_be_installed():
    (litellm,) = [d for d in PROJECT["dependencies"] if d.startswith("litellm")]
    allowed = Requirement(litellm).specifier
    assert not [bad for bad in ("1.82.7", "1.82.8", "1.83.6") if bad in allowed]
    (aiohttp,) = [d for d in PROJECT["dependencies"] if d.startswith("aiohttp")]
    assert not [bad for bad in ("3.13.2", "3.13.5", "3.14.0") if bad in Requirement(aiohttp).specifier]
    assert "litellm!=1.82.7,!=1.82.8" in (ROOT / "constraints.txt").read_text().splitlines()


def test_the_plugin_depends_on_no_library_of_the_evaluation():
    names = {re.match(r"[\w-]+", dependency)[0] for dependency in PROJECT["dependencies"]}
    assert "scipy" not in names  # tables are an extra
    assert any(extra.startswith("scipy") for extra in PROJECT["optional-dependencies"]["eval"])
