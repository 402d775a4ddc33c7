"""Tasks, episodes, cross-play and the paper's tables."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from copy import copy

import numpy as np
import pytest
from scipy import stats

from eval.play import episode_graph, play, play_in_graph, seat_players
from eval.results import content_digest, stored_run
from eval.studies import paper_cells, paper_sweep, published
from eval.sweeps import Execution, Sweep, cross_play, cross_plays, pairing_scores
from eval.tasks import TASKS, MatrixTask, make_task
from partners import ZOO

EXAMPLES = [kind.example or kind.form for kind in TASKS if "FILE" not in kind.form]


def scores(task, agent, partner, episodes, seed=42, **kwargs):
    return np.array(list(pairing_scores(make_task(task), agent, partner, episodes, seed=seed, **kwargs)))


@pytest.mark.parametrize("column", ["memory-1", "memory-n"])
def test_fixed_orders_score_nothing_or_everything(column):
    for i in range(3):
        for j in range(3):
            expected = 75.0 if abs(i - j) == 1 else 0.0
            assert set(scores(column, f"tom-{i}", f"tom-{j}", 2)) == {expected}


@pytest.mark.parametrize("column", ["memory-1", "memory-n"])
def test_follow_the_leader_scores_exactly_as_published(column):
    for partner in ("tom-0", "tom-1", "tom-2", "self"):
        assert set(scores(column, "ftl", partner, 2)) == {published("ftl", partner, column)}


def at_least(values, limit, *, sigmas=3.0):
    """Not significantly below the limit."""
    assert values.mean() + sigmas * values.std(ddof=1) / np.sqrt(len(values)) >= limit, values.mean()


def test_hedge_scores_as_published():
    """η = 1: 73 / 70 / 73 and 68 (paper: 72.83 / 70.00 / 73.00 and 68.17)."""
    for partner, expected in (("tom-0", 73.0), ("tom-1", 70.0), ("tom-2", 73.0), ("self", 68.0)):
        values = scores("memory-1", "hedge", partner, 400)
        assert abs(values.mean() - expected) <= 3.5 * values.std(ddof=1) / np.sqrt(400) + 0.2


@pytest.mark.parametrize(
    ("task", "limits"),
    [
        ("memory-1", {"tom-0": 72.8, "tom-1": 70.0, "tom-2": 72.8, "self": 67.5}),
        ("memory-n", {"tom-0": 72.5, "tom-1": 70.0, "tom-2": 72.5, "self": 67.0}),
        ("one-ahead-5", {"tom-0": 71.5, "tom-1": 70.5, "tom-2": 72.5, "self": 62.5, "switching": 69.0}),
    ],
)
def test_bayes_reaches_its_limits(task, limits):
    for partner, limit in limits.items():
        at_least(scores(task, "bayes", partner, 400), limit, sigmas=1.5)


@pytest.mark.parametrize("rival", ["ftl", "hedge"])
def test_bayes_follows_a_partner_that_switches(rival):
    """Paired by episode: the 95 % interval of the difference excludes 0 by far."""
    ours, theirs = (scores("one-ahead-5", agent, "switching", 100) for agent in ("bayes", rival))
    difference = ours - theirs
    interval = stats.ttest_1samp(difference, 0.0).confidence_interval(0.95)
    assert interval.low > 20


@pytest.mark.parametrize("task", EXAMPLES)
def test_the_graph_plays_the_same_episodes(task):
    """Action for action, every player of the zoo that can play the task; 15 rounds of long games."""
    task = copy(make_task(task))
    if isinstance(task, MatrixTask):
        task.max_steps = min(task.max_steps, 15)
    for name in ZOO:
        try:
            others = ["switching:2-0@5"] * (len(task.players) - 1)
            seats = seat_players(task, [name, *others], seed=3, epsilon=0.02)
        except ValueError:  # it plays other tasks
            assert ZOO[name].plays != "all"
            continue
        graph = episode_graph(task, seats).compile()
        for episode in (0, 5):
            plain = list(play(task, seats, episode))
            end = play_in_graph(graph, task, episode)
            assert [step.actions for step in plain] == end["history"], name
            assert [step.scores for step in plain] == end["scores"], name


def test_seats_alternate_and_both_score():
    """In one-ahead-5 the agent sits on either side, and its score is its own."""
    task = make_task("stag-hunt")
    seats = seat_players(task, ["alternate", "tom-0"], seed=0)
    steps = list(play(task, seats, 0))
    assert steps[1].actions == {"player-1": "hare", "player-2": "stag"}
    assert steps[1].scores == {"player-1": 3.0, "player-2": 0.0}
    first, second = scores("stag-hunt", "alternate", "tom-0", 2)
    assert first == sum(step.scores["player-1"] for step in steps)
    assert second == first


def test_noise_reaches_every_player():
    assert set(scores("memory-1", "tom-0", "tom-1", 3)) == {75.0}
    assert scores("memory-1", "tom-0", "tom-1", 30, epsilon=0.2).mean() < 75.0


@pytest.mark.parametrize("task", [name for name in EXAMPLES if isinstance(make_task(name), MatrixTask)])
def test_descriptions_name_the_players_actions_and_history(task):
    task = make_task(task)
    state = task.start()
    first = next(iter(task.situation(state).actions.values()))[0]
    state = task.step(state, dict.fromkeys(task.players, first)).state
    text = task.describe(state)
    assert all(player in text for player in task.players)
    assert all(action in text for action in task.situation(state).actions[task.players[0]])
    remembered = f"player-1 chose {first}" if task.memory == 1 else f"counts of player-1: {first} 2"
    assert f"Remembered: {remembered}" in text or f"Remembered {remembered}" in text
    assert "you" not in text.lower().split()


def test_a_matrix_file(tmp_path):
    file = tmp_path / "game.json"
    file.write_text(json.dumps({"payoffs": [[0, 2], [2, 0]], "symmetric": True, "rounds": 4}))
    assert set(scores(f"matrix:{file}", "tom-0", "tom-1", 2)) == {8.0}
    three = {"payoffs": np.ones((3, 2, 2, 2)).tolist(), "actions": ["x", "y"]}
    file.write_text(json.dumps(three))
    assert set(scores(f"matrix:{file}", "bayes", "tom-0", 2, seed=1)) == {15.0}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "file: Invalid JSON"),
        ('{"payoffs": [[0, 1], [1, 0]]}', r"shape \[N, A_1"),
        ('{"payoffs": [[0, 1], [1, null]], "symmetric": true}', "must be finite"),
        ('{"payoffs": [[0, 1], [1, 0]], "symmetric": true, "actions": ["x"]}', "names \\[1, 1\\] actions"),
        ('{"payoffs": [[0, 1], [1, 0]], "round": 3}', "round: Extra inputs"),
        ('{"payoffs": [[0, 1], [1, 0]], "symmetric": true, "rounds": 0}', "rounds: Input should be greater"),
    ],
)
def test_bad_matrix_files(tmp_path, content, words):
    file = tmp_path / "bad-game.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=words):
        make_task(f"matrix:{file}")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("memry-1", "did you mean memory-1"),
        ("one-ahead-1", "between 2 and 1000, got 1"),
        ("one-ahead-x", "did you mean one-ahead-5"),
        ("matrix:missing.json", "cannot read the payoff file 'missing.json'"),
    ],
)
def test_bad_task_names(name, words):
    with pytest.raises(ValueError, match=words):
        make_task(name)


def test_names_are_checked_before_anything_is_played():
    played = []
    how = Execution(progress=lambda: played.append(1))
    for agents, partners in ((("bayes",), ("tom-0", "nobody")), (("bayes",), ("tomsup",))):
        with pytest.raises(ValueError, match=r"nobody|two actions each"):
            cross_plays(Sweep((("one-ahead-5", agents, partners),), 1, seed=0), how)
    with pytest.raises(ValueError, match="at least one episode"):
        cross_play("memory-1", ["bayes"], ["tom-0"], 0, seed=0)
    with pytest.raises(ValueError, match="no column 'memory-2'"):
        paper_sweep(["memory-2"])
    assert not played


def run(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "eval", *arguments], capture_output=True, text=True, check=False, **kwargs
    )


def test_command_paper(tmp_path):
    file = tmp_path / "paper.json"
    done = run("paper", "--episodes", "2", "--seed", "1", "--columns", "memory-1", "--json", str(file))
    assert done.returncode == 0, done.stderr
    assert "Table 1: fixed orders" in done.stdout
    assert "no language model" in done.stdout
    content = json.loads(file.read_text())
    assert (content["episodes"], content["seed"]) == (2, 1)
    cells = {(c["table"], c["column"], c["agent"], c["partner"]): c for c in content["cells"]}
    assert cells["fixed", "memory-1", "tom-0", "tom-1"] == {
        "table": "fixed", "column": "memory-1", "agent": "tom-0", "partner": "tom-1", "epsilon": 0.0,
        "mean": 75.0, "se": 0.0, "n": 2, "paper": 75.0,
        "tally": {"decisions": 60, "degraded": 0.0, "repaired": 0.0, "truncated": 0.0, "marked": False},
    }  # fmt: skip
    assert cells["adaptive", "memory-1", "hedge", "self"]["paper"] == 68.17
    assert cells["adaptive", "memory-1", "bayes", "self"]["paper"] is None
    assert len(cells) == 5 + 3 * 4


def test_the_papers_tables_are_stored_and_continued(tmp_path):
    played = []
    file, numbers = tmp_path / "paper.sqlite", [tmp_path / "a.json", tmp_path / "b.json"]
    command = ["paper", "--episodes", "2", "--columns", "memory-1,game-1", "--results", str(file)]
    done = run(*command, "--json", str(numbers[0]))
    assert done.returncode == 0, done.stderr
    digest = content_digest(file)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM episodes WHERE episode = 1 AND agent = 'bayes'")
    again = run(*command, "--workers", "2", "--json", str(numbers[1]))
    assert again.returncode == 0, again.stderr
    assert "60 episodes are there already" in again.stderr
    assert content_digest(file) == digest
    assert json.loads(numbers[0].read_text()) == json.loads(numbers[1].read_text())
    twice = paper_cells(
        paper_sweep(["memory-1", "memory-1"], 1), Execution(progress=lambda: played.append(1))
    )
    assert (len(twice), len(played)) == (17, 17)
    lapses = stored_run(file).configuration["epsilon"]
    assert lapses == {"memory-1": 0.0, "game-1": 0.02}
    refused = run(*command, "--epsilon", "0.1")
    assert refused.returncode == 2
    assert "epsilon.memory-1: 0.0 -> 0.1" in refused.stderr
    for reader in ("statistics", "report"):
        shown = run(reader, str(file), *(["-o", str(tmp_path / "report.html")] if reader == "report" else []))
        assert shown.returncode == 0, shown.stderr
    page = (tmp_path / "report.html").read_text()
    assert "at a rate of 0.02 on game-1." in page
    assert "68 episodes on game-1, memory-1" in page
    assert "2 episodes of each of 34 pairings on game-1, memory-1" in page


def test_command_crossplay_in_both_runtimes(tmp_path):
    contents = []
    for runtime in ("plain", "langgraph"):
        file = tmp_path / f"{runtime}.json"
        names = ["--agents", "hedge,bayes", "--partners", "tom-1,self", "--episodes", "3"]
        done = run("crossplay", "--task", "one-ahead-5", *names, "--runtime", runtime, "--json", str(file))
        assert done.returncode == 0, done.stderr
        contents.append(json.loads(file.read_text()))
    assert contents[0] == contents[1]
    shares = ["degraded", "repaired", "truncated", "marked"]
    assert list(contents[0]) == ["task", "agents", "partners", "n", "seed", "mean", "se", *shares]
    assert contents[0]["degraded"] == [[0.0, 0.0], [0.0, 0.0]]
    assert np.shape(contents[0]["mean"]) == np.shape(contents[0]["se"]) == (2, 2)


def test_command_list():
    done = run("list")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ZOO)
    assert all(kind.form in done.stdout for kind in TASKS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("crossplay --task memry-1", "did you mean memory-1"),
        ("crossplay --task memory-1 --agents ftll", "did you mean ftl"),
        ("crossplay --task memory-1 --agents ,", "names separated by commas"),
        ("crossplay --task memory-1 --episodes 0", "Invalid value for '--episodes'"),
        ("crossplay --task memory-1 --json no/such/place.json", "there is no directory"),
        ("paper --columns game-9", "no column 'game-9'; columns are memory-1"),
        ("crosplay", "No such command"),
    ],
)
def test_command_errors_are_one_line_and_status_2(arguments, words):
    done = run(*arguments.split())
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
