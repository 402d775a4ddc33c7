"""Sweeps that are killed, again and again, and finished all the same."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from eval.results import content_digest, open_run, stored_episodes, stored_run
from eval.sweeps import Execution, Sweep, run_sweep

EPISODES = 500
ASKED = Sweep((("memory-1", ("hedge", "tom-1"), ("tom-0", "random")),), EPISODES, seed=5)
COMMAND = [sys.executable, "-m", "eval", "crossplay", "--task", "memory-1", "--agents", "hedge,tom-1"]
COMMAND += ["--partners", "tom-0,random", "--episodes", str(EPISODES), "--seed", "5"]
KILLS = 20
TOTAL = 4 * EPISODES


def count(path):
    """How many episodes are in the file; none where it is not even begun."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM episodes").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same sweep, not interrupted."""
    path = tmp_path_factory.mktemp("whole") / "whole.sqlite"
    with open_run(path, ASKED.configuration()) as run:
        run_sweep(ASKED, Execution(run=run))
    return path


def start(*arguments):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def kill_somewhere(process, path, rng, *, at_once):
    """SIGKILL at a random moment: while it starts, or after it has added some episodes."""
    if at_once:
        time.sleep(rng.uniform(0.0, 1.5))
    else:
        before = count(path)
        while process.poll() is None and count(path) == before:
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.08))
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode in (-signal.SIGKILL, 0), errors


def test_twenty_kills_lose_and_double_nothing(tmp_path, whole):
    path = tmp_path / "r.sqlite"
    rng = np.random.default_rng(7)
    counts = []
    for i in range(KILLS):
        kill_somewhere(start("--results", path), path, rng, at_once=i % 4 == 0)
        counts.append(count(path))
    assert counts == sorted(counts)
    assert len({n for n in counts if 0 < n < TOTAL}) >= 8, counts
    finish = start("--results", path)
    _, errors = finish.communicate()
    assert finish.returncode == 0, errors
    assert "episodes are there already" in errors
    keys = [(e.agent, e.partner, e.episode) for e in stored_episodes(path)]
    assert len(keys) == len(set(keys)) == TOTAL
    assert stored_run(path).finished is not None
    assert content_digest(path) == content_digest(whole)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid):
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in done.stdout.split()]


def test_a_killed_sweep_with_workers_leaves_no_process_behind(tmp_path, whole):
    path = tmp_path / "r.sqlite"
    process = start("--results", path, "--workers", 2)
    while count(path) == 0:
        time.sleep(0.02)
        assert process.poll() is None
    workers = children(process.pid)
    assert len(workers) >= 2
    process.kill()
    process.communicate()
    assert 0 < count(path) < TOTAL
    deadline = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))
    finish = start("--results", path, "--workers", 2)
    _, errors = finish.communicate()
    assert finish.returncode == 0, errors
    assert content_digest(path) == content_digest(whole)
