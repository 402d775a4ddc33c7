"""Who may import whom, what an import costs, and how long files may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for package in ("atom", "partners", "eval") for path in (ROOT / package).rglob("*.py"))
FRAMEWORK_FILES = {f"atom/graph/{n}.py" for n in ("node", "middleware", "store", "team")}


def imported(path):
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def at_top(path):
    """Modules imported when the file is."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def package(module):
    return module.split(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_directions(path):
    name = str(path.relative_to(ROOT))
    packages = {package(module) for module in imported(path)}
    if name.startswith("atom/"):
        assert not packages & {"partners", "eval"}
        if name not in FRAMEWORK_FILES:
            assert not packages & {"langgraph", "langchain", "langchain_core"}
    if name.startswith("partners/"):
        assert "eval" not in packages
    assert "litellm" not in {package(module) for module in at_top(path)}
    if not name.startswith("atom/models"):
        assert "litellm" not in packages
    assert not [module for module in imported(path) if module.startswith("langgraph._")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= 360


def test_importing_the_core_imports_no_framework():
    heavy = ("litellm", "langgraph", "langchain", "langchain_core", "scipy", "openai", "pandas", "rich")
    code = f"import sys, atom; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
