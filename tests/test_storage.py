"""Results files: what is in them, how they are continued, and what happens when they cannot be used."""

import ctypes
import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from atom import Situation, Standing
from eval.cli import main
from eval.play import SituationHash, Unit, play, play_unit, read_record, record, seat_players, situation_hash
from eval.results import (
    DamageWarning,
    ResultsError,
    configuration_diff,
    content_digest,
    open_run,
    package_versions,
    read_results,
    stored_episodes,
    stored_runs,
)
from eval.results.database import APPLICATION_ID, SCHEMA_VERSION
from eval.sweeps import Execution, Sweep, run_sweep, run_units
from eval.tasks import make_task

ASKED = Sweep((("one-ahead-5", ("bayes", "tom-1"), ("hedge", "self")),), 3, seed=3, epsilon=0.05)
ARGUMENTS = [
    "crossplay",
    "--task",
    "one-ahead-5",
    "--agents",
    "bayes,tom-1",
    "--partners",
    "tom-0,self",
    "--episodes",
    "3",
]


def asked(episodes=3, **changes):
    return replace(ASKED, episodes=episodes, **changes).configuration()


def stored(path, **kwargs):
    with open_run(path, ASKED.configuration(), **kwargs) as run:
        return run_sweep(ASKED, Execution(run=run))


@contextmanager
def opened(path):
    """The bare database; changes are kept, and nothing of it stays behind."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def cli(*arguments, **kwargs):
    command = [sys.executable, "-m", "eval", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)


@pytest.fixture
def call(capsys, monkeypatch):
    """The command line without a process of its own, where none is needed: a second saved."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return SimpleNamespace(returncode=ended.value.code, stdout=captured.out, stderr=captured.err)

    return called


def clean(text):
    return " ".join(text.split())


def test_a_record_holds_every_decision():
    task = make_task("one-ahead-5")
    steps = list(play(task, seat_players(task, ["adaptive", "random"], seed=1), 4))
    data, totals = record(steps)
    rows = read_record(data)
    assert totals.steps == len(steps) == len(rows) == 15
    for step, row in zip(steps, rows, strict=True):
        assert row["actions"] == step.actions
        assert row["scores"] == step.scores
        assert row["situation"] == situation_hash(step.situation)
        plain = step.decisions["player-1"].as_plain()
        expected = plain["partners"]["player-2"]
        assert expected.pop("contract") is None
        assert expected.pop("change") is None
        assert expected.pop("hypothesis") == str(expected["order"])  # an order's name is its number
        for computed in ("lapse", "predictive", "counts", "follows", "moved", "drawn"):
            expected.pop(computed)
        assert row["decisions"]["player-1"] == {"order": plain["order"], "partners": plain["partners"]}
        assert row["decisions"]["player-2"] == {}


def test_a_record_names_a_hypothesis_that_is_no_order():
    task = make_task("one-ahead-5")
    (step, *_) = play(task, seat_players(task, ["bayes", "tom-0"], seed=1), 0)
    decision = step.decisions["player-1"]
    told = replace(decision.partners["player-2"], hypothesis="stays", policies={"stays": {"A": 1.0}})
    decisions = {**step.decisions, "player-1": replace(decision, partners={"player-2": told})}
    (row,) = read_record(record([replace(step, decisions=decisions)])[0])
    kept = row["decisions"]["player-1"]["partners"]["player-2"]
    assert (kept["hypothesis"], kept["order"], kept["by_order"]) == ("stays", None, {"stays": {"A": 1.0}})


def test_a_record_keeps_contracts():
    task = make_task("one-ahead-5")
    (step, *_) = play(task, seat_players(task, ["bayes", "tom-0"], seed=1), 0)
    decision = step.decisions["player-1"]
    told = replace(decision.partners["player-2"], contract=Standing(1, 0.25, broken_at=3))
    decisions = {**step.decisions, "player-1": replace(decision, partners={"player-2": told})}
    (row,) = read_record(record([replace(step, decisions=decisions)])[0])
    kept = row["decisions"]["player-1"]["partners"]["player-2"]["contract"]
    assert kept == {"order": 1, "kept": 0.25, "broken_at": 3}


def test_a_situation_is_hashed_by_all_that_it_shows():
    actions = {"ann": ("A", "B"), "ben": ("A", "B")}
    history = [{"ann": "A", "ben": "B"}, {"ann": "B", "ben": "B"}]
    different = [
        Situation(actions),
        Situation({"ann": ("A", "B"), "ben": ("A",)}),
        Situation(actions, state=1),
        Situation(actions, description="rules"),
        Situation(actions, history=history[:1]),
        Situation(actions, history=history),
        Situation(actions, history=history[::-1]),
    ]
    assert len({situation_hash(situation) for situation in different}) == len(different)
    assert situation_hash(different[0]) == situation_hash(Situation({p: list(a) for p, a in actions.items()}))
    growing = SituationHash()
    hashes = [growing(Situation(actions, history=history[:n])) for n in range(3)]
    assert hashes == [situation_hash(Situation(actions, history=history[:n])) for n in range(3)]


@pytest.mark.parametrize("agent", ["bayes", "switching", "permuted", "tom-1"])
def test_both_runtimes_record_the_same(agent):
    plain, graph = (
        play_unit(Unit("one-ahead-5", agent, "hedge", 5, 3, 0.05, runtime))
        for runtime in ("plain", "langgraph")
    )
    assert read_record(plain.steps) == read_record(graph.steps)
    assert (plain.score, plain.scores, plain.totals) == (graph.score, graph.scores, graph.totals)


def test_scores_are_the_same_with_and_without_storage(tmp_path):
    assert stored(tmp_path / "r.sqlite") == run_sweep(ASKED)


def test_a_second_run_of_the_same_plays_nothing(tmp_path):
    path = tmp_path / "r.sqlite"
    first = stored(path)
    with opened(path) as connection:
        before = connection.execute("SELECT rowid, seconds FROM episodes").fetchall()
    assert stored(path) == first
    with opened(path) as connection:
        assert connection.execute("SELECT rowid, seconds FROM episodes").fetchall() == before
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    (run,) = stored_runs(path)
    assert run.episodes == 12
    assert run.finished is not None
    assert run.versions == package_versions()


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path):
    path, whole = tmp_path / "r.sqlite", tmp_path / "whole.sqlite"
    units = ASKED.units
    with open_run(path, asked()) as run:
        run_units(units[:5], Execution(run=run))
    with opened(path) as connection:
        connection.execute("UPDATE runs SET finished = NULL")
        kept = connection.execute("SELECT task, agent, partner, episode, seconds FROM episodes").fetchall()
    stored(path)
    stored(whole)
    with opened(path) as connection:
        after = connection.execute("SELECT task, agent, partner, episode, seconds FROM episodes").fetchall()
    assert set(kept) < set(after)
    assert len(after) == len(units)
    assert content_digest(path) == content_digest(whole)


def test_another_configuration_is_refused_with_a_diff(tmp_path):
    path = tmp_path / "r.sqlite"
    stored(path)
    digest = content_digest(path)
    with (
        pytest.raises(ResultsError, match=r"episodes: 3 -> 4; seed: 3 -> 9.*--force-new"),
        open_run(path, asked(4, seed=9)),
    ):
        pass
    assert content_digest(path) == digest
    with open_run(path, asked(4), force_new=True) as run:
        assert run.number == 2
        assert run.scores() == {}
        run_sweep(replace(ASKED, episodes=4), Execution(run=run))
    assert content_digest(path, 1) == digest != content_digest(path)
    with open_run(path, asked()) as run:
        assert run.number == 1  # the first command still finds its own run
    assert configuration_diff({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "c": 2}) == ["a.b: 1 -> 3"]


def test_a_changed_game_file_is_another_configuration(tmp_path, call):
    game, path = tmp_path / "game.json", tmp_path / "r.sqlite"
    arguments = ["crossplay", "--task", f"matrix:{game}", "--agents", "tom-1", "--partners", "tom-0"]
    arguments += ["--episodes", "2", "--results", str(path)]
    for reward, exit_code in ((2, 0), (2, 0), (3, 2)):
        game.write_text(json.dumps({"payoffs": [[0, reward], [reward, 0]], "symmetric": True}))
        done = call(*arguments)
        assert done.returncode == exit_code, done.stderr
    assert "files.matrix:" in clean(done.stderr)


def test_other_package_versions_are_told(tmp_path):
    path = tmp_path / "r.sqlite"
    stored(path)
    with opened(path) as connection:
        connection.execute(
            """UPDATE sessions SET checksum = NULL, versions = json_set(versions, '$.numpy', '1.0')"""
        )
    with open_run(path, asked()) as run:
        assert len(run.notes) == 1
        assert 'numpy: "1.0" -> ' in run.notes[0]


def test_the_digest_sees_content_and_not_times(tmp_path):
    one, two = tmp_path / "1.sqlite", tmp_path / "2.sqlite"
    stored(one)
    stored(two)
    assert content_digest(one) == content_digest(two)
    shutil.copy(two, one)
    with opened(one) as connection:
        # later, on a slower machine
        connection.execute("UPDATE episodes SET seconds = 9, checksum = NULL")
        connection.execute("UPDATE runs SET begun = 'once', finished = 'later', checksum = NULL")
    assert content_digest(one) == content_digest(two)
    for change in (
        "UPDATE episodes SET score = score + 1 WHERE rowid = 3",
        "UPDATE episodes SET steps = (SELECT steps FROM episodes WHERE rowid = 1) WHERE rowid = 2",
        "DELETE FROM episodes WHERE rowid = 4",
    ):
        shutil.copy(two, one)
        with opened(one) as connection:
            connection.execute(change)
        with pytest.warns(DamageWarning, match="of the 12 episodes in run 1 .* 1 is (damaged|missing)"):
            assert content_digest(one) != content_digest(two), change
    shutil.copy(two, one)
    with opened(one) as connection:
        connection.execute(
            "UPDATE runs SET checksum = NULL, configuration = json_set(configuration, '$.seed', 4)"
        )
    assert content_digest(one) != content_digest(two)


def test_two_sweeps_at_once_double_nothing(tmp_path):
    path = tmp_path / "r.sqlite"
    units = ASKED.units
    with open_run(path, asked()) as first, open_run(path, asked()) as second:
        assert first.number == second.number
        results = [play_unit(unit) for unit in units]
        for result in results:
            first.add(result)
            second.add(result)
    assert len(list(stored_episodes(path))) == len(units)


def test_a_run_can_be_read_while_it_is_written(tmp_path):
    path = tmp_path / "r.sqlite"
    with open_run(path, asked()) as run:
        run.add(play_unit(ASKED.units[0]))
        assert len(list(stored_episodes(path))) == 1
        assert stored_runs(path)[0].finished is None


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_exports_hold_every_episode_and_step(tmp_path, form, call):
    import duckdb  # noqa: PLC0415

    path = tmp_path / "r.sqlite"
    stored(path)
    target = tmp_path / "it's here"
    assert call("export", path, f"--{form}", target).returncode == 0

    def ask(table, sql):
        file = str(target / f"{table}.{form}").replace("'", "''")
        return duckdb.connect().execute("SELECT " + sql.format(f"'{file}'")).fetchall()

    episodes = list(stored_episodes(path))
    rows = ask("episodes", "task, agent, partner, episode, score FROM {} ORDER BY agent, partner, episode")
    assert rows == [(e.task, e.agent, e.partner, e.episode, e.score) for e in episodes]
    assert ask("steps", "count(*) FROM {}") == [(sum(len(e.steps) for e in episodes) * 2,)]
    assert ask("steps", "sum(score) FROM {} WHERE is_agent") == [(sum(e.score for e in episodes),)]
    last = episodes[-1]
    where = f"WHERE agent = '{last.agent}' AND partner = '{last.partner}' AND episode = 2 AND step = 14"
    actions = ask("steps", f"player, action FROM {{}} {where} ORDER BY player")
    assert dict(actions) == last.steps[-1]["actions"]
    (posterior,) = ask("steps", f"posterior FROM {{}} {where.replace('tom-1', 'bayes')} AND is_agent")[0]
    expected = next(
        e for e in episodes if e.agent == "bayes" and e.partner == last.partner and e.episode == 2
    )
    me = make_task("one-ahead-5").players[expected.seat]
    beliefs = expected.steps[-1]["decisions"][me]["partners"]
    assert json.loads(posterior) == {name: belief["posterior"] for name, belief in beliefs.items()}


# Files that cannot be used


def other_version(path):
    with opened(path) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")


def other_database(path):
    path.unlink()
    with opened(path) as connection:
        connection.execute("CREATE TABLE t(x)")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID + 1}")


def no_database(path):
    path.write_text("not a database at all, but longer than one hundred bytes, " * 4)


def damaged(path):
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * 4000)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (other_version, f"version {SCHEMA_VERSION + 1} and this program reads version {SCHEMA_VERSION}"),
        (other_database, "a database of something else"),
        (no_database, "no results file"),
        (damaged, "damaged"),
    ],
)
def test_foreign_files_are_refused_and_left_alone(tmp_path, spoil, words, call):
    path = tmp_path / "r.sqlite"
    stored(path)
    spoil(path)
    before = path.read_bytes()
    for arguments in ([*ARGUMENTS, "--results", path], ["export", path, "--csv", tmp_path / "out"]):
        done = call(*arguments)
        assert done.returncode == 2
        assert words in clean(done.stderr)
        assert str(path) in clean(done.stderr).replace(" ", "")
        assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


def test_an_empty_file(tmp_path, call):
    """It holds nothing to export; for a sweep it is as good as new."""
    path = tmp_path / "r.sqlite"
    path.touch()
    for command in ("export", "digest", "statistics"):
        done = call(command, path, *(["--csv", tmp_path] if command == "export" else []))
        assert done.returncode == 2
        assert "is empty; python -m eval crossplay --results FILE fills it" in clean(done.stderr)
    assert path.read_bytes() == b""
    assert call(*ARGUMENTS, "--results", path).returncode == 0
    assert len(list(stored_episodes(path))) == 12


def test_missing_files_and_directories(tmp_path, call):
    done = call("digest", tmp_path / "nowhere.sqlite")
    assert done.returncode == 2
    assert "there is no results file" in clean(done.stderr)
    done = call(*ARGUMENTS, "--results", tmp_path / "no" / "r.sqlite")
    assert done.returncode == 2
    assert "there is no directory" in clean(done.stderr)
    done = call(*ARGUMENTS, "--force-new")
    assert done.returncode == 2
    assert "--results FILE" in clean(done.stderr)
    stored(tmp_path / "r.sqlite")
    done = call("digest", tmp_path / "r.sqlite", "--run", 7)
    assert done.returncode == 2
    assert "has no run 7; its runs are 1" in clean(done.stderr)


def test_a_locked_file(tmp_path):
    path = tmp_path / "r.sqlite"
    stored(path)
    digest = content_digest(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        done = cli(*ARGUMENTS, "--results", path)
        assert content_digest(path) == digest  # readers are not kept waiting
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert done.returncode == 2
    assert "another process has locked it; wait for that or end it" in clean(done.stderr)
    assert content_digest(path) == digest


def _bound_by_permissions():
    """What keeps permissions from binding root is taken away; others may not do that and need not."""
    drop_from_bounding_set, override, read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (override, read_search):
        libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)


def test_a_read_only_file_can_be_read_and_not_written(tmp_path):
    path = tmp_path / "r.sqlite"
    stored(path)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    before = path.read_bytes()
    try:
        written = cli(*ARGUMENTS, "--results", path, preexec_fn=_bound_by_permissions)
        read = cli("digest", path, preexec_fn=_bound_by_permissions)
        made = cli(*ARGUMENTS, "--results", tmp_path / "new.sqlite", preexec_fn=_bound_by_permissions)
    finally:
        tmp_path.chmod(0o755)
    assert written.returncode == 2
    assert "may not be written" in clean(written.stderr)  # the directory: SQLite needs files of its own there
    assert path.read_bytes() == before
    assert read.returncode == 0, read.stderr
    assert read.stdout.strip() == content_digest(path)
    assert made.returncode == 2
    assert "may not be written" in clean(made.stderr)
    assert [file.name for file in tmp_path.iterdir()] == ["r.sqlite"]


def _small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))


@contextmanager
def _small_disk():
    """A disk of one megabyte."""
    directory = Path(tempfile.mkdtemp())
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)
        directory.rmdir()


def _can_mount():
    try:
        with _small_disk():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


BIG = [
    "crossplay",
    "--task",
    "one-ahead-5",
    "--agents",
    "bayes,hedge",
    "--partners",
    "self",
    "--episodes",
    "120",
]


def test_a_limit_on_files_stops_the_sweep_and_spoils_nothing(tmp_path, call):
    path, whole = tmp_path / "r.sqlite", tmp_path / "whole.sqlite"
    done = cli(*BIG, "--results", path, preexec_fn=_small_files)
    assert done.returncode == 2, done.stderr
    assert "make room and run the same command again to continue" in clean(done.stderr)
    _check_continuation(call, path, whole)


# Mounting takes rights that not everybody has who runs these tests; the limit above needs none.
if _can_mount():

    def test_a_full_disk_stops_the_sweep_and_spoils_nothing(tmp_path, call):
        with _small_disk() as disk:
            path = disk / "r.sqlite"
            done = cli(*BIG, "--results", path)
            assert done.returncode == 2, done.stderr
            assert "and run the same command again to continue" in clean(done.stderr)
            for file in disk.iterdir():
                shutil.copy(file, tmp_path)
        _check_continuation(call, tmp_path / "r.sqlite", tmp_path / "whole.sqlite")


def _check_continuation(call, path, whole):
    stored = len(list(stored_episodes(path)))
    assert 5 < stored < 240
    with read_results(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert call(*BIG, "--results", path).returncode == 0
    assert call(*BIG, "--results", whole).returncode == 0
    assert len(list(stored_episodes(path))) == 240
    assert content_digest(path) == content_digest(whole)


def test_a_run_without_an_episode_is_in_nobodys_way(tmp_path):
    """Such as one whose user was asked whether to pay, and did not want to."""
    file = tmp_path / "r.sqlite"
    with open_run(file, {"temperature": 0.1}):
        pass
    with open_run(file, {"temperature": 0.5}) as run:
        assert run.number == 2
    with open_run(file, {"temperature": 0.1}) as run:
        assert run.number == 1
    stored(file)
    with pytest.raises(ResultsError, match="of another configuration"), open_run(file, {"temperature": 0.7}):
        pass


def test_scores_alone_are_the_same_scores_and_every_reader_does_what_it_can(tmp_path, call):
    """Episodes that are played at once and stored without steps; statistics and the report need none."""
    told = ["--task", "memory-1", "--agents", "bayes,hedge", "--partners", "tom-0,self", "--episodes", "30"]
    whole, scores = tmp_path / "whole.sqlite", tmp_path / "scores.sqlite"
    assert call("crossplay", *told, "--results", whole).returncode == 0
    assert call("crossplay", *told, "--results", scores, "--scores-only").returncode == 0
    of_whole, of_scores = list(stored_episodes(whole)), list(stored_episodes(scores))
    assert [(e.agent, e.partner, e.episode, e.score) for e in of_scores] == [
        (e.agent, e.partner, e.episode, e.score) for e in of_whole
    ]
    assert all(episode.steps for episode in of_whole)
    assert not any(episode.steps for episode in of_scores)
    for command in (["statistics"], ["check"], ["report", "--out", tmp_path / "r.html"]):
        assert call(command[0], scores, *command[1:]).returncode == 0
    page = (tmp_path / "r.html").read_text()
    assert "No steps were stored (" in page
    assert "--results with-steps.sqlite" in page
    refused = call("crossplay", *told, "--scores-only")
    assert refused.returncode == 2
    assert "--results FILE" in refused.stderr
