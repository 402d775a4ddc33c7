"""Who may import whom, what an import costs, and how long files may be."""

import ast
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from eval._moved import MOVED

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


EVAL_FOLDERS = {
    "tasks": (),
    "play": ("tasks",),
    "results": ("play",),
    "sweeps": ("tasks", "play", "results"),
    "measure": ("tasks", "play", "results"),
    "people": ("tasks", "play", "measure"),
    "studies": ("tasks", "play", "results", "sweeps", "measure"),
    "show": ("tasks", "play", "results", "sweeps", "measure", "studies"),
    "human": ("tasks", "play", "results"),
    "modelserver": ("tasks",),
    "cli": ("tasks", "results", "sweeps", "measure", "people", "studies", "show", "human"),
}
"""Stage of eval -> the stages that it may import from; nothing imports from a later one."""

EVAL = sorted((ROOT / "eval").rglob("*.py"))
STAGED = [path for path in EVAL if len(path.relative_to(ROOT / "eval").parts) > 1]


def stages_imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "eval":
            yield from (alias.name for alias in node.names)
    yield from (module.split(".")[1] for module in imported(path) if module.startswith("eval."))


def test_every_folder_of_eval_has_its_place():
    folders = {path.relative_to(ROOT / "eval").parts[0] for path in STAGED}
    assert folders == set(EVAL_FOLDERS)
    names = list(EVAL_FOLDERS)
    for name, below in EVAL_FOLDERS.items():
        assert all(names.index(other) < names.index(name) for other in below)


@pytest.mark.parametrize("path", STAGED, ids=lambda p: str(p.relative_to(ROOT)))
def test_stages_of_eval_import_earlier_ones_only(path):
    stage = path.relative_to(ROOT / "eval").parts[0]
    assert set(stages_imported(path)) - {stage} <= set(EVAL_FOLDERS[stage])


def functions(path):
    """Every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(function):
    taken = function.args
    names = [argument.arg for argument in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


@pytest.mark.parametrize("path", EVAL, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_of_eval_are_short_and_take_little(path):
    """Commands are left out of the second: their parameters are the command line's options."""
    for function in functions(path):
        assert function.end_lineno - function.lineno < 60, function.name
        if path.parent.name != "cli":
            assert len(parameters(function)) <= 8, function.name


@pytest.mark.parametrize("stage", EVAL_FOLDERS)
def test_faces_of_eval_offer_what_they_name(stage):
    face = importlib.import_module(f"eval.{stage}")
    assert face.__all__
    assert [name for name in face.__all__ if not hasattr(face, name)] == []


def test_the_command_line_imports_nothing_heavy_before_it_must():
    heavy = ("matplotlib", "duckdb", "jinja2", "litellm", "PIL", "distributed", "pandas", "river")
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from eval.cli import app\n"
        "for arguments in (['--help'], ['list']):\n"
        "    assert CliRunner().invoke(app, arguments).exit_code == 0\n"
        f"print([module for module in {heavy} if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_modules_that_moved_are_found_where_the_table_says():
    for old, new in MOVED.items():
        assert importlib.util.find_spec(new), (old, new)
        assert not (ROOT / f"{old.replace('.', '/')}.py").exists()
        assert not (ROOT / old.replace(".", "/") / "__init__.py").exists()
