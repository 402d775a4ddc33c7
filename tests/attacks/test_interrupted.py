"""Ctrl-C while processes start and play: one line, nobody left behind, and what was finished is there."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eval.results import stored_episodes

ROOT = Path(__file__).parents[2]
LINE = "interrupted; what --results has stored stays, and the same command continues it"
# as from a terminal, also where these tests run in the background, whose processes are deaf to Ctrl-C
HEARING = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
COMMAND = [
    sys.executable, "-c", HEARING, "-m", "eval", "crossplay", "--task", "one-ahead-5",
    "--agents", "bayes,ftl", "--partners", "bayes,tom-1", "--episodes", "2000", "--workers", "2",
]  # fmt: skip


def members(group):
    """The processes of a group that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, own = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(own) == group and state != "Z":
                found.append(int(entry.name))
    return found


def begun(results):
    return subprocess.Popen(
        [*COMMAND, "--results", str(results)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def waited(condition, seconds=600.0):
    """Whether it came true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def stored(results):
    try:
        with sqlite3.connect(f"file:{results}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM episodes").fetchone()[0]
    except sqlite3.Error:
        return 0


MOMENTS = {
    "a worker is begun": lambda group, results: len(members(group)) >= 3,
    "both are begun": lambda group, results: len(members(group)) >= 4,
    "they import": lambda group, results: len(members(group)) >= 4 and not time.sleep(0.5),
    "something is stored": lambda group, results: stored(results) > 0,
}


@pytest.mark.parametrize(
    ("moment", "times"),
    [("a worker is begun", 2), ("both are begun", 1), ("they import", 1), ("something is stored", 2)],
)
def test_ctrl_c_ends_a_sweep_with_one_line(moment, times, tmp_path):
    results = tmp_path / "results.sqlite"
    with begun(results) as process:
        group = process.pid
        try:
            assert waited(lambda: MOMENTS[moment](group, results)), moment
            before = stored(results)
            for _ in range(times):
                os.killpg(group, signal.SIGINT)  # as a terminal does: every process of the group
                time.sleep(0.005)
            _, said = process.communicate(timeout=600)
            assert waited(lambda: not members(group)), "somebody is left behind"
        finally:
            for left in members(group):
                os.kill(left, signal.SIGKILL)
    lines = [line for line in said.splitlines() if line.strip() and "\x1b" not in line]
    assert {*lines} == {LINE}, said
    assert len(lines) <= times
    assert process.returncode == 130
    if results.exists():
        assert len(list(stored_episodes(results))) >= before
