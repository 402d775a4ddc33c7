"""Who may import whom, what an import costs, and how long files may be."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from eval._moved import MOVED

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for package in ("atom", "partners", "eval") for path in (ROOT / package).rglob("*.py"))


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
        if not name.startswith("atom/graph/"):
            assert not packages & {"langgraph", "langchain", "langchain_core"}
    if name.startswith("partners/"):
        assert "eval" not in packages
    assert not {"litellm", "aiohttp"} & {package(module) for module in at_top(path)}
    if not name.startswith("atom/models/"):
        assert not {"litellm", "aiohttp"} & packages
    assert not [module for module in imported(path) if module.startswith("langgraph._")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= 360


def test_importing_the_core_imports_no_framework():
    heavy = (
        "litellm", "langgraph", "langchain", "langchain_core", "scipy", "openai", "pandas", "rich", "anyio",
        "tenacity", "pydantic", "platformdirs", "aiohttp",
    )  # fmt: skip
    code = f"import sys, atom; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


VALUES = (
    "errors", "policies", "lazy", "coroutines", "handed_out", "_moved", "randomness", "usage", "situation",
    "sharing", "names", "observation", "decision", "memories",
)  # fmt: skip
"""Modules of values; each may import those before it."""

FOLDERS = {
    "belief": (),
    "models": (),
    "reasoning": ("belief", "models"),
    "rewards": ("reasoning",),
    "coding": ("belief",),
    "agents": ("belief", "models", "reasoning"),
    "graph": ("belief", "models", "reasoning", "agents"),
}
"""Folder of the plugin -> the folders that it may import from, besides values; none imports a later one."""

DOORS = {"__init__": tuple(FOLDERS), "llm": ("models", "reasoning", "agents")}
"""Modules that offer what others define; nothing but programs imports from them."""

ATOM = sorted((ROOT / "atom").rglob("*.py"))


def place(path):
    """The folder that a file of the plugin is in, or the module that it is."""
    parts = path.relative_to(ROOT / "atom").parts
    return parts[0] if len(parts) > 1 else path.stem


def places_imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "atom":
            yield from (alias.name for alias in node.names)
    for module in imported(path):
        if module.startswith("atom."):
            yield module.split(".")[1]


def allowed(place):
    if place in VALUES:
        return set(VALUES[: VALUES.index(place)])
    return {*VALUES, *(DOORS[place] if place in DOORS else FOLDERS[place])}


def test_everything_in_the_plugin_has_its_place():
    assert {place(path) for path in ATOM} == {*VALUES, *FOLDERS, *DOORS}
    names = list(FOLDERS)
    for name, below in FOLDERS.items():
        assert all(names.index(other) < names.index(name) for other in below)


@pytest.mark.parametrize("path", ATOM, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_plugin_imports_in_one_direction(path):
    here = place(path)
    assert set(places_imported(path)) - {here} <= allowed(here)
    assert not [node for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.ImportFrom) and node.level], "imports are absolute"  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_of_a_folder_import_in_one_direction(folder):
    """No circle within a folder either, whatever is imported under TYPE_CHECKING or in functions."""
    graph = {}
    for path in (ROOT / "atom" / folder).rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        within = {name for name in imported(path) if name.startswith(f"atom.{folder}.")}
        graph[module] = within if path.name != "__init__.py" else set()
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


FACES = {
    "atom", "atom.belief", "atom.agents", "atom.reasoning", "atom.reasoning.tables", "atom.graph", "atom.llm",
    "atom.errors", "atom.usage", "atom.decision", "atom.situation", "atom.observation", "atom.policies",
    "atom.memories", "atom.randomness", "atom.models", "atom.coding", "atom.rewards",
}  # fmt: skip
"""What programs may import from; the rest of the plugin may change between releases."""

PROGRAMS = sorted(
    path
    for pattern in ("partners/**/*.py", "examples/**/*.py", "docs/**/*.md", "notebooks/*.ipynb", "README.md")
    for path in ROOT.glob(pattern)
)
IMPORTS = re.compile(r"^[\s>.\"]*(?:from\s+(atom[\w.]*)\s+import|import\s+(atom[\w.]*))", re.MULTILINE)


def test_programs_and_pages_are_found():
    assert {path.suffix for path in PROGRAMS} == {".py", ".md", ".ipynb"}
    assert sum(len(IMPORTS.findall(path.read_text())) for path in PROGRAMS) > 60


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: str(p.relative_to(ROOT)))
def test_programs_and_pages_import_from_faces(path):
    found = {one or other for one, other in IMPORTS.findall(path.read_text())}
    if path == ROOT / "partners" / "__init__.py":
        found.discard("atom._moved")  # it announces old paths of its own
    assert found <= {*FACES, "atom_newcomer"}


@pytest.mark.parametrize("face", sorted(FACES))
def test_faces_offer_what_they_name(face):
    module = importlib.import_module(face)
    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []


EVAL_FOLDERS = {
    "web": (),
    "tasks": (),
    "play": ("tasks",),
    "results": ("tasks", "play"),
    "sweeps": ("tasks", "play", "results"),
    "measure": ("tasks", "play", "results"),
    "training": ("tasks", "sweeps"),
    "studies": ("tasks", "play", "results", "sweeps", "measure", "training"),
    "show": ("web", "tasks", "play", "results", "sweeps", "measure", "training", "studies"),
    "people": ("tasks", "play", "measure", "show"),
    "coding": ("measure", "show"),
    "delegation": ("measure", "show"),
    "published": (
        "tasks", "play", "sweeps", "measure", "people", "delegation", "training", "studies", "show",
    ),
    "human": ("web", "tasks", "play", "results", "show"),
    "modelserver": ("tasks",),
    "localmodel": (),
    "cli": (
        "tasks", "results", "sweeps", "measure", "people", "coding", "delegation", "training", "studies",
        "show", "published", "human", "localmodel",
    ),
}  # fmt: skip
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


def code_lines(function):
    """How many lines a function has without its docstring, which may be as long as it must."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.end_lineno - function.lineno + 1 - is_docstring * (first.end_lineno - first.lineno + 1)


DECLARING = {("partners/registry.py", "partner")}
"""Decorators whose parameters are the fields of the value that they make."""


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path not in EVAL], ids=lambda p: str(p.relative_to(ROOT))
)
def test_functions_of_the_plugin_and_of_partners_are_short_and_take_little(path):
    """Fields of dataclasses and typed dictionaries are no parameters; ``**settings`` count as none."""
    for function in functions(path):
        assert code_lines(function) <= 60, function.name
        if (str(path.relative_to(ROOT)), function.name) not in DECLARING:
            assert len(parameters(function)) <= 8, function.name


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


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], "scipy langgraph langchain_core pydantic eval.sweeps eval.play partners"),
        (["--version"], "scipy langgraph langchain_core eval.sweeps partners"),
        (["list"], "scipy langgraph langchain_core eval.sweeps"),
        (["crossplay", "--help"], ""),
    ],
    ids=" ".join,
)
def test_the_command_line_imports_nothing_heavy_before_it_must(arguments, heavy):
    never = "matplotlib duckdb jinja2 litellm PIL distributed pandas river"
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from eval.cli import app\n"
        f"assert CliRunner().invoke(app, {arguments}).exit_code == 0\n"
        f"print([module for module in {(never + ' ' + heavy).split()} if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_modules_that_moved_are_found_where_the_table_says():
    for old, new in MOVED.items():
        assert importlib.util.find_spec(new), (old, new)
        assert not (ROOT / f"{old.replace('.', '/')}.py").exists()
        assert not (ROOT / old.replace(".", "/") / "__init__.py").exists()
