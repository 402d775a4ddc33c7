"""Messages name the program by which they came: ``atom-eval`` where that was started."""

import ast
import inspect
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import partners
from eval.cli import app
from eval.cli.entry import COMMANDS, command_of
from eval.results import ResultsError, stored_run
from eval.results.database import check_command
from eval.tasks import all_tasks
from eval.web import shell
from partners.names import UnknownNameError
from partners.program import command_line, program

ROOT = Path(__file__).parents[1]
NAMES = ("python -m eval", "atom-eval")
HERE = ROOT / "partners" / "program.py"
SOURCES = [path for folder in ("eval", "partners") for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [
    path for path in sorted((ROOT / "eval").rglob("*")) if path.suffix in {".html", ".js", ".css", ".jinja"}
]


def said(path):
    """The texts of a file that may be shown, as written: docstrings and comments are for readers of code."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    silent = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and isinstance(node.body[0], ast.Expr):
            silent.add(node.body[0].value)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent:
            yield node.value
        # ["python", "-m", "eval"] is the same in pieces
        if isinstance(node, ast.Tuple | ast.List):
            yield " ".join(str(getattr(part, "value", "")) for part in node.elts)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_one_file_alone_names_the_program(path):
    found = [text for text in said(path) if any(name in text for name in (*NAMES, "-m eval"))]
    assert found == (list(reversed(NAMES)) if path == HERE else [])


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_pages_and_scripts_are_told_the_name(path):
    assert not [name for name in NAMES if name in path.read_text()]


def test_what_lists_and_helps_take_from_docstrings_has_no_name_either():
    shown = [inspect.getdoc(command_of(name)) for name in COMMANDS]
    shown += [kind.summary for kind in partners.all_kinds().values()] + [kind.summary for kind in all_tasks()]
    assert not [text for text in shown if any(name in text for name in NAMES)]


@pytest.mark.parametrize(
    ("started", "name"),
    [
        ("/usr/local/bin/atom-eval", "atom-eval"),
        ("atom-eval.exe", "atom-eval"),
        ("eval/__main__.py", "python -m eval"),
        ("ipykernel_launcher.py", "python -m eval"),
        ("", "python -m eval"),
    ],
)
def test_the_name_is_that_by_which_it_was_started(monkeypatch, tmp_path, started, name):
    monkeypatch.setattr(sys, "argv", [started, "crossplay"])
    assert program() == name
    assert command_line("check", "my file") == f"{name} check 'my file'"
    assert check_command(tmp_path / "r.sqlite").startswith(f"{name} check /")
    assert str(UnknownNameError("task", "memory-2", ["memory-1"])).endswith(f"All: {name} list")
    with pytest.raises(ResultsError, match=f"; {name} crossplay --results FILE makes one"):
        stored_run(tmp_path / "none.sqlite")
    page = shell()
    assert f'<meta name="program" content="{name}">' in page
    assert f"In a terminal: {name} statistics FILE" in page
    done = CliRunner().invoke(app, ["train-partner", "--task", "memory-1"])
    assert NAMES[name == NAMES[0]] not in done.output + str(done.exception)


def test_a_process_without_arguments_has_a_name(monkeypatch):
    monkeypatch.setattr(sys, "argv", [])
    assert program() == "python -m eval"
