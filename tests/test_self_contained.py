"""Results files hold all that their readers need: tasks, what players believed with, versions, options."""

import csv
import json
import re
import shutil
import sqlite3
import sys
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from atom import PayoffError
from eval.cli import main
from eval.cli.options import split_names
from eval.measure import belief_summaries, beliefs, comparable, compare, summarise
from eval.measure.beliefs import _regret
from eval.play import Cell
from eval.results import (
    ChangedFileWarning,
    ResultsError,
    content_digest,
    open_run,
    stored_cells,
    stored_episodes,
    stored_learners,
    stored_materials,
    stored_run,
    stored_tasks,
)
from eval.sweeps import Execution, Sweep, as_json, check_pairings, cross_play, run_sweep
from eval.tasks import MatrixTask, StoredTask, TeamTask, all_tasks, as_plain, differs, make_task


def stored(path, sweep, **kwargs):
    with open_run(path, sweep.configuration(), **kwargs) as run:
        run_sweep(sweep, Execution(run=run))
    return path


@pytest.fixture
def call(capsys, monkeypatch):
    """The command line in this process: its exit status, output and warnings."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["eval", *map(str, arguments)])
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            with pytest.raises(SystemExit) as ended:
                main()
        captured = capsys.readouterr()
        said = [line for line in captured.err.splitlines() if line.startswith("warning:")]
        assert ended.value.code == 0, captured.err
        return captured.out, said

    return called


def write_game(path, reward):
    content = {"payoffs": [[0, reward], [reward, 0]], "symmetric": True, "optimum": 15 * reward}
    path.write_text(json.dumps(content))


FIGURES = r'<svg.*?</svg>|<td[^>]*>.*?</td>|"(?:mean|score|scores|optimum|payoffs|low|high)":[^,}]*'
"""What a page shows of numbers: pictures, cells of tables, and fields of its data."""


@pytest.mark.parametrize("gone", [False, True])
def test_a_payoff_file_that_is_edited_changes_no_figure_and_is_told_once(gone, tmp_path, call):
    game, path, out = tmp_path / "game.json", tmp_path / "r.sqlite", tmp_path / "out"
    write_game(game, 2)
    task = f"matrix:{game}"
    stored(path, Sweep(((task, ("hedge",), ("tom-0", "self")),), 3, seed=3))
    commands = {
        "statistics": ("--json", out / "n.json"),
        "digest": (),
        "export": ("--csv", out),
        "report": ("--replays", "1", "--out", out / "r.html"),
    }

    def figures(told):
        found = []
        for command, options in commands.items():
            if gone and command == "report":
                continue
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            printed, said = call(command, path, *options)
            assert [f"'{task}': the file holds something else today" in line for line in said] == told
            texts = [file.read_text() for file in sorted(out.iterdir())]
            if command == "report":  # its verdict has the warning as well, beside figures that are the same
                texts = re.findall(FIGURES, texts[0], re.DOTALL)
                assert len(texts) > 20
            found.append((command, printed, texts))
        return found

    before = figures([])
    if gone:
        game.unlink()
    else:
        write_game(game, 3)
    assert figures([] if gone else [True]) == before
    if gone:
        found = stored_tasks(path)[task]
    else:
        with pytest.warns(ChangedFileWarning):
            found = stored_tasks(path)[task]
    assert (found.optimum, found.game.payoffs[0, 0, 1]) == (30.0, 2.0)


@pytest.mark.parametrize(
    "kind", [kind for kind in all_tasks() if kind.form != "overcooked-ring"], ids=lambda kind: kind.form
)
def test_every_task_is_the_same_after_it_was_stored(kind, tmp_path):
    name = kind.example or kind.form
    if kind.form.endswith("FILE"):
        file = tmp_path / "file"
        text = {
            "matrix:FILE": '{"payoffs": [[[1, 0], [0, 1]], [[2, 0], [0, 3]]], "actions": ["x", "y"]}',
            "grid:FILE": "1..2\n....",
            "overcooked:FILE": "XXPXX\nO1 2O\nX   X\nXDXSX",
        }[kind.form]
        file.write_text(text)
        name = kind.form.replace("FILE", str(file))
    task = make_task(name)
    plain = json.loads(json.dumps(as_plain(task)))
    again = StoredTask(plain, task)
    for attribute in ("name", "players", "better", "unit", "optimum", "max_steps"):
        assert getattr(again, attribute) == getattr(task, attribute)
    assert not differs(plain, task)
    assert again.describe(again.start()) == task.describe(task.start()) == plain["rules"]
    joint = {player: actions[-1] for player, actions in plain["actions"].items()}
    assert again.step(again.start(), joint) == task.step(task.start(), joint)
    # teams' payoffs are functions of this program; all else is made anew from what was stored
    assert (plain["game"] is None) == isinstance(task, TeamTask)


def test_what_is_stored_with_a_run(tmp_path):
    path = stored(tmp_path / "r.sqlite", Sweep((("memory-1", ("bayes", "tom-1"), ("tom-0",)),), 2, seed=3))
    assert set(stored_materials(path)) == {
        ("run", ""),
        ("task", "memory-1"),
        ("player", "bayes on memory-1"),
        ("player", "tom-1 on memory-1"),
    }
    learners = stored_learners(path)
    assert learners["memory-1", "tom-1"] is None
    assert type(learners["memory-1", "bayes"]).__name__ == "Bayes"
    before = list(belief_summaries(path))
    # what was stored counts, and not what the name stands for today
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM materials WHERE kind = 'player'")
    assert list(belief_summaries(path)) == before
    slow = make_learner(stored_materials_of_before=learners["memory-1", "bayes"])
    with open_run(path, stored_run(path).configuration) as run:
        run.keep({("player", "bayes on memory-1"): {"name": "bayes", "learner": slow}})
    assert list(belief_summaries(path)) != before


def make_learner(stored_materials_of_before):
    return {"class": "Bayes", "lapses": list(stored_materials_of_before.lapses), "hazard": 0.5, "prior": None}


def test_another_game_of_the_same_name_is_told(tmp_path, monkeypatch):
    path = stored(tmp_path / "r.sqlite", Sweep((("memory-1", ("tom-1",), ("tom-0",)),), 2, seed=3))
    other = MatrixTask("memory-1", 2 * make_task("memory-1").payoffs, ["A", "B"], optimum=150.0)
    monkeypatch.setattr("eval.tasks.registry._MADE", {("memory-1", "table"): other})
    with pytest.warns(ChangedFileWarning, match="'memory-1' is another game in this release"):
        assert stored_tasks(path)["memory-1"].optimum == 75.0


@pytest.mark.parametrize("version", [2, 3])
def test_files_of_releases_before_are_read_and_continued(version, tmp_path):
    sweep = Sweep((("memory-1", ("bayes", "tom-1"), ("tom-0",)),), 2, seed=3)
    path = stored(tmp_path / "r.sqlite", sweep)
    digest, cells = content_digest(path), stored_cells(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE materials")
        for table in ("runs", "sessions", "episodes"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
        for column in ("decisions", "repaired", "truncated") if version == 2 else ():
            connection.execute(f"ALTER TABLE episodes DROP COLUMN {column}")
        connection.execute(f"PRAGMA user_version={version}")
    assert content_digest(path) == digest
    assert stored_cells(path) == cells
    assert stored_tasks(path)["memory-1"].optimum == 75.0
    assert list(belief_summaries(path))
    stored(path, sweep)
    assert content_digest(path) == digest
    assert ("task", "memory-1") in stored_materials(path)


def test_a_file_of_before_whose_game_has_changed_says_what_to_do(tmp_path):
    game, path = tmp_path / "game.json", tmp_path / "r.sqlite"
    write_game(game, 2)
    stored(path, Sweep(((f"matrix:{game}", ("tom-1",), ("tom-0",)),), 2, seed=3))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM materials WHERE kind = 'task'")
    write_game(game, 3)
    with (
        pytest.warns(ChangedFileWarning),
        pytest.raises(ResultsError, match="its file has changed since; put the file of that time back"),
    ):
        stored_tasks(path)


# Runs that grow

ASKED = Sweep((("memory-1", ("bayes", "tom-1"), ("tom-0",)),), 2, seed=3)
LARGER = {
    "episodes": Sweep(ASKED.matrices, 4, seed=3),
    "agents": Sweep((("memory-1", ("bayes", "hedge", "tom-1"), ("tom-0",)),), 2, seed=3),
    "partners": Sweep((("memory-1", ("bayes", "tom-1"), ("tom-0", "self")),), 2, seed=3),
    "tasks": Sweep((*ASKED.matrices, ("stag-hunt", ("tom-1",), ("self",))), 2, seed=3),
}


@pytest.mark.parametrize("by", LARGER)
def test_a_finished_run_grows(by, tmp_path):
    path, whole = stored(tmp_path / "r.sqlite", ASKED), stored(tmp_path / "whole.sqlite", LARGER[by])
    with pytest.raises(
        ResultsError, match="add --extend to play what run 1 lacks of it and keep what it has"
    ):
        stored(path, LARGER[by])
    with closing(sqlite3.connect(path)) as connection:
        before = set(connection.execute("SELECT agent, partner, episode, seconds FROM episodes"))
    stored(path, LARGER[by], extend=True)
    assert content_digest(path) == content_digest(whole)
    assert len(list(stored_episodes(path))) == len(LARGER[by].units)
    with closing(sqlite3.connect(path)) as connection:
        after = set(connection.execute("SELECT agent, partner, episode, seconds FROM episodes"))
        assert before < after
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert stored_run(path).finished is not None


@pytest.mark.parametrize(
    "other",
    [
        Sweep(ASKED.matrices, 4, seed=4),
        Sweep(ASKED.matrices, 1, seed=3),
        Sweep(ASKED.matrices, 4, seed=3, epsilon=0.1),
        Sweep((("memory-1", ("bayes", "hedge"), ("tom-0", "self")),), 4, seed=3),
    ],
    ids=["seed", "fewer", "lapses", "other agents"],
)
def test_what_is_no_larger_run_of_the_same_is_no_extension(other, tmp_path):
    path = stored(tmp_path / "r.sqlite", ASKED)
    with pytest.raises(ResultsError, match="is of another configuration") as refused:
        stored(path, other, extend=True)
    assert "add --extend" not in str(refused.value)
    with pytest.raises(ResultsError, match="exclude each other"):
        stored(path, other, extend=True, force_new=True)


# Figures


def test_the_worst_regret_is_the_largest(tmp_path, monkeypatch):
    """Episodes of a grid last differently long, and the bound of a long one is farther away."""
    path = stored(tmp_path / "r.sqlite", Sweep((("game-1", ("hedge",), ("random",)),), 30, seed=42))
    found = []

    def seen(*arguments):
        found.append(_regret(*arguments))
        return found[-1]

    monkeypatch.setattr(beliefs, "_regret", seen)
    (summary,) = belief_summaries(path)
    assert summary.worst.measured == max(regret.measured for regret in found)
    nearest = max(found, key=lambda regret: regret.measured - regret.bound)
    assert summary.worst.measured > nearest.measured + 0.5


def test_one_episode_has_no_standard_error(tmp_path, call):
    rows = cross_play("memory-1", ["tom-1"], ["tom-0"], 1, seed=3)
    assert rows[0][0].se is None
    assert as_json("memory-1", ["tom-1"], ["tom-0"], 3, rows)["se"] == [[None]]
    (line,) = summarise(make_task("memory-1"), rows)
    assert line.overall.is_unknown
    assert line.worst.is_unknown
    out, _ = call(
        "crossplay", "--task", "memory-1", "--agents", "tom-1", "--partners", "tom-0", "--episodes", "1"
    )
    assert "75.00 ± –" in out


def test_compare_takes_stored_episodes(tmp_path, call):
    path = tmp_path / "r.sqlite"
    arguments = ("--agents", "bayes", "--against", "hedge", "--partners", "tom-0,self")
    played, said = tmp_path / "played.json", tmp_path / "said.json"
    call("compare", "--task", "memory-1", *arguments, "--episodes", "6", "--results", path, "--json", played)
    call("compare", path, "--json", said)
    assert json.loads(said.read_text()) == json.loads(played.read_text())
    call("compare", path, *arguments[:4], "--partners", "self", "--json", said)
    assert [c["partner"] for c in json.loads(said.read_text())["comparisons"]] == ["self"]


def test_episodes_that_one_agent_lacks_are_left_out_of_the_others():
    one = Cell("a", "p", (1.0, 2.0, 3.0, 4.0))
    other = Cell("b", "p", (1.5, 2.5, 4.5), episodes=(0, 1, 3))
    (found,) = compare(comparable([[one], [other]]))
    assert found.difference.estimate == -0.5
    (_, summary) = summarise(make_task("memory-1"), [[one], [other]])
    assert summary.overall.estimate == pytest.approx((1.5 + 2.5 + 4.5) / 3)


# What spreadsheets would run, and what cannot be played


def test_formulas_in_csv_are_texts(tmp_path, call):
    game, path = tmp_path / "game.json", tmp_path / "r.sqlite"
    names = ["=1+1", "+2", "-3", "@x", "\tx", "plain"]
    game.write_text(json.dumps({"payoffs": [[1.0] * 6] * 6, "symmetric": True, "actions": names}))
    stored(path, Sweep(((f"matrix:{game}", ("random",), ("random",)),), 4, seed=3))
    call("export", path, "--csv", tmp_path, "--parquet", tmp_path)
    with (tmp_path / "steps.csv").open(newline="") as file:
        found = {row["action"] for row in csv.DictReader(file)}
    assert found == {"'=1+1", "'+2", "'-3", "'@x", "'\tx", "plain"}
    import duckdb  # noqa: PLC0415

    steps = duckdb.connect().read_parquet(str(tmp_path / "steps.parquet"))
    rows = steps.project("action").distinct().fetchall()
    assert {name for (name,) in rows} == set(names)


def test_a_comma_in_a_path_is_told(tmp_path):
    file = tmp_path / "a,b, c.json"
    write_game(file, 2)
    with pytest.raises(ValueError, match=r"the path '.*a,b, c.json' has a comma, which separates names"):
        split_names(f"memory-1,matrix:{file},game-1")
    assert split_names(f"matrix:{tmp_path}/no,tom-1") == [f"matrix:{tmp_path}/no", "tom-1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"payoffs": [[0, 1e308], [1e308, 0]], "symmetric": True}, "scores of 15 rounds are beyond 1e\\+100"),
        ({"payoffs": [[0, 1e99], [1, 0]], "symmetric": True, "rounds": 100}, "divide all payoffs"),
        ({"payoffs": [[0, 1], [1, 0]], "symmetric": True, "optimum": float("nan")}, "optimum"),
        ({"payoffs": [[0, 1], [1, 0]], "symmetric": True, "optimum": float("inf")}, "optimum"),
    ],
)
def test_endless_numbers_are_refused_before_play(content, words, tmp_path):
    file = tmp_path / "game.json"
    file.write_text(json.dumps(content))
    with pytest.raises(PayoffError, match=words):
        check_pairings(Sweep(((f"matrix:{file}", ("tom-1",), ("tom-0",)),), 1, seed=1))


def test_seeds_beyond_64_bits_are_refused_before_play(tmp_path):
    with pytest.raises(ResultsError, match="choose a smaller one"):
        stored(tmp_path / "r.sqlite", Sweep(ASKED.matrices, 1, seed=2**63))
    assert not Path(tmp_path / "r.sqlite").exists()
