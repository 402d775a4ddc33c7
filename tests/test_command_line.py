"""The command line before any command: help, version, names, and what is imported for it."""

import inspect

import pytest
from typer.testing import CliRunner

import atom
from eval.cli import app
from eval.cli.entry import COMMANDS, PANELS, command_of, summary


def run(*arguments):
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "120"})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_found_and_said_in_its_own_words(name):
    function = command_of(name)
    assert summary(name) == inspect.getdoc(function).split("\n\n")[0].replace("\n", " ")
    helped = run(name, "-h")
    assert helped.exit_code == 0
    assert summary(name).split()[0] in helped.output


def test_the_help_has_all_commands_under_headings():
    helped = run("--help").output
    assert run("-h").output.strip() == helped.strip() == run().output.strip()
    for title, commands in PANELS.items():
        assert f"─ {title} ─" in helped
        assert all(f"│ {name} " in helped for name in commands)


def test_the_version_is_said():
    assert run("--version").output == f"langgraph-atom {atom.__version__}\n"


def test_a_mistyped_command_is_answered_with_those_that_are_near():
    done = run("crosplay")
    assert done.exit_code == 2
    assert "Did you mean crossplay" in done.output
    assert run("nothing-like-it").exit_code == 2
