"""Tables of commands on a terminal of 60 columns: whole words and figures, and nothing cut off."""

import io
import re

import pytest
from rich.console import Console
from typer.testing import CliRunner

from eval.cli import app
from eval.show import console
from eval.show.console import Table
from eval.studies.changing import compare_detectors, parts_of_detectors
from eval.studies.competence import competence_rows, parts_of_competence

PARTNERS = "tom-0,win-stay-lose-shift,markov-predictor,noisy:0.05:tom-1,self"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    file = tmp_path_factory.mktemp("narrow") / "results.sqlite"
    asked = [
        "crossplay",
        "--task",
        "memory-1",
        "--agents",
        "ftl,bayes",
        "--partners",
        PARTNERS,
        "--episodes",
        "2",
    ]
    assert CliRunner().invoke(app, [*asked, "--results", str(file)]).exit_code == 0
    return file


def said(monkeypatch, width, *arguments):
    monkeypatch.setattr(console.out, "width", width)
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def words(text):
    return set(re.sub("[━─│┃┏┓┗┛┡┩╇┳┴┼└┘├┤┬┌┐╭╮╰╯]", " ", text).split())


@pytest.mark.parametrize(
    "arguments",
    [
        [
            "crossplay",
            "--task",
            "memory-1",
            "--agents",
            "ftl,tom-1",
            "--partners",
            PARTNERS,
            "--episodes",
            "2",
        ],
        ["statistics"],
        ["compare"],
        ["check"],
        ["list", "tasks"],
        ["list", "learners"],
        ["list", "bayes"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_nothing_is_broken_or_cut_off(results, monkeypatch, arguments):
    if arguments[0] in ("statistics", "compare", "check"):
        arguments = [*arguments, results]
    narrow = said(monkeypatch, 60, *arguments)
    lines = narrow.splitlines()
    assert max(map(len, lines)) <= 60
    assert "…" not in narrow
    lost = words(said(monkeypatch, 400, *arguments)) - words(narrow)
    assert lost <= {"acts", "η"}, "headings of columns in which nothing stands"


def test_a_row_that_does_not_fit_becomes_lines():
    table = Table("agent", "with", title="a title")
    for heading in ("a first figure", "a second figure", "a third figure"):
        table.add_column(heading, justify="right")
    table.add_row("[b]ftl", "self", "1.00 [0.50, 1.50]", "", "3.00")
    table.add_row("bayes", "tom-1", "", "", "")
    shown = []
    for width in (40, 100):
        where = Console(width=width, file=io.StringIO())
        where.print(table)
        shown.append(where.file.getvalue().splitlines())
    assert shown[0] == [
        "a title",
        "agent · with",
        "[b]ftl · self",
        "  a first figure  1.00 [0.50, 1.50]",
        "  a third figure  3.00",
        "bayes · tom-1",
        "  –",
    ]
    assert "┃" in shown[1][2], "and is a table where there is room"


@pytest.mark.parametrize("episodes", [1, 12])
def test_progress_is_counted_to_its_end(episodes, monkeypatch):
    monkeypatch.setattr("eval.studies.changing.play", lambda *_: [])
    monkeypatch.setattr("eval.studies.changing.SETTINGS", {})
    monkeypatch.setattr("eval.studies.competence.BELIEFS", {})
    calls = []
    compare_detectors(episodes, seed=1, progress=lambda: calls.append("changing"))
    competence_rows(episodes, seed=1, progress=lambda: calls.append("competence"))
    assert calls.count("changing") == parts_of_detectors(episodes)
    assert calls.count("competence") == parts_of_competence(episodes)
