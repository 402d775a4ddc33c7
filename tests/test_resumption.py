"""Sweeps that are killed, again and again, and finished all the same."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks.kills import count, killed_while_storing, stored_keys
from eval.results import check, content_digest, open_run, stored_episodes, stored_run
from eval.sweeps import Execution, Sweep, run_sweep

EPISODES = 500
ASKED = Sweep((("memory-1", ("hedge", "tom-1"), ("tom-0", "random")),), EPISODES, seed=5)
COMMAND = [sys.executable, "-m", "eval", "crossplay", "--task", "memory-1", "--agents", "hedge,tom-1"]
COMMAND += ["--partners", "tom-0,random", "--episodes", str(EPISODES), "--seed", "5"]
KILLS = 5
TOTAL = 4 * EPISODES


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same sweep, not interrupted."""
    path = tmp_path_factory.mktemp("whole") / "whole.sqlite"
    with open_run(path, ASKED.configuration()) as run:
        run_sweep(ASKED, Execution(run=run))
    return path


def keys(path):
    """Which episodes are in the file, each as often as it is."""
    return set(stored_keys(path)) if path.exists() and count(path) else set()


def start(*arguments):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def test_kills_while_episodes_are_stored_lose_and_double_nothing(tmp_path, whole):
    """Each kill waits until episodes are being stored; ``benchmarks/kills.py`` has more, and models."""
    path = tmp_path / "r.sqlite"
    rng = np.random.default_rng(7)
    counts = []
    for _ in range(KILLS):
        before = keys(path)
        counts.append(killed_while_storing(start("--results", path), path, rng))
        assert before <= keys(path)
        assert len(keys(path)) >= counts[-1]
        assert check(path).is_sound
    assert len({n for n in counts if 0 < n < TOTAL}) >= KILLS - 1, counts
    finish = start("--results", path)
    _, errors = finish.communicate()
    assert finish.returncode == 0, errors
    assert "episodes are there already" in errors
    found = [(e.agent, e.partner, e.episode) for e in stored_episodes(path)]
    assert len(found) == len(set(found)) == TOTAL
    assert stored_run(path).finished is not None
    assert content_digest(path) == content_digest(whole)


def test_a_kill_at_start_up_leaves_a_file_that_is_continued(tmp_path):
    path = tmp_path / "r.sqlite"
    process = start("--results", path)
    while process.poll() is None and not path.exists():
        time.sleep(0.001)
    process.kill()
    process.communicate()
    with open_run(path, ASKED.configuration()) as run:
        assert run.damaged == 0


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
