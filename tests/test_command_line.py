"""The command line before any command: help, version, names, and what is imported for it."""

import inspect
import io
import json
from pathlib import Path
from typing import Annotated, get_args, get_origin

import pytest
from rich.console import Console
from typer.testing import CliRunner

import atom
from eval.cli import app
from eval.cli.entry import COMMANDS, PANELS, command_of, summary
from eval.cli.groups import spelled_out
from eval.show.tables import player_list


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


def test_a_name_is_listed_and_all_is_plain_data_as_well():
    assert "posterior over orders" in run("list", "bayes").output
    assert "Tasks" in run("list", "tasks").output
    found = json.loads(run("list", "--json").output)
    assert set(found) == {"tasks", "players", "learners"}
    assert {"memory-1", "game-2"} <= {task["name"] for task in found["tasks"]}
    assert "did you mean bayes" in str(run("list", "baye").exception)


def test_players_are_listed_in_sixty_columns():
    console = Console(width=60, file=io.StringIO())
    console.print(player_list(60))
    assert max(map(len, console.file.getvalue().splitlines())) <= 60
    assert "deterministic" in console.file.getvalue()


READ = {"file", "files", "data", "population", "dataset", "repositories", "root"}
"""Paths that are read."""


@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_is_written_is_checked_when_options_are_read(name, tmp_path):
    for parameter in inspect.signature(spelled_out(command_of(name))).parameters.values():
        kind, *infos = (
            get_args(parameter.annotation) if get_origin(parameter.annotation) is Annotated else [str]
        )
        if parameter.name not in READ and Path in (kind, *get_args(kind)):
            with pytest.raises(ValueError, match="cannot write"):
                infos[0].callback(tmp_path / "no-such-folder" / "file")


def test_ctrl_c_is_one_line_and_its_exit_status(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("eval.cli.lists.listed", interrupted)
    done = run("list", "bayes")
    assert done.exit_code == 130
