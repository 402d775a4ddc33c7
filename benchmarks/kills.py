"""Sweeps that are killed while they store episodes: twenty times with SIGKILL, with models and without.

Each time the process is let go on until episodes come in, and killed some milliseconds later. Nothing that
was stored before may be missing, nothing may be there twice, and every row must be whole; at the end the file
must say the same as that of a sweep that nobody killed. With models, a scripted server on loopback answers.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from eval.modelserver import ScriptedServer
from eval.play import Key
from eval.results import check, content_digest

KILLS = 20
AGENTS = {"without models": "hedge,tom-1", "with models": "llm:openai/scripted@tom-0,tom-1"}
EPISODES = {"without models": 2000, "with models": 1500}
_PAUSE = 0.08


def count(path: Path) -> int:
    """How many episodes are in the file; none where it is not even begun."""
    return len(stored_keys(path))


def stored_keys(path: Path) -> list[Key]:
    """The keys of all rows of episodes, straight from the table."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT task, agent, partner, episode FROM episodes").fetchall()
        except sqlite3.OperationalError:
            return []


def killed_while_storing(process: subprocess.Popen[str], path: Path, rng: np.random.Generator) -> int:
    """Kills a sweep at a random moment after it has stored something more; how many there were before.

    Raises:
        ChildProcessError: it ended by itself, with an error.
    """
    before = count(path)
    while process.poll() is None and count(path) == before:
        time.sleep(0.005)
    time.sleep(rng.uniform(0.0, _PAUSE))
    there = count(path)
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    if process.returncode not in (-signal.SIGKILL, 0):
        raise ChildProcessError(errors)
    return there


def main() -> None:
    """Kills, and says what was lost and doubled."""
    with tempfile.TemporaryDirectory() as scratch, ScriptedServer() as server:
        environment = {**os.environ, "OPENAI_API_BASE": server.url, "OPENAI_API_KEY": "none"}
        for what, agents in AGENTS.items():
            path, whole = Path(scratch) / f"{what}.sqlite", Path(scratch) / f"{what}, whole.sqlite"
            command = [sys.executable, "-m", "eval", "crossplay", "--task", "memory-1", "--agents", agents]
            command += ["--partners", "tom-0", "--episodes", str(EPISODES[what]), "--yes", "--results"]
            lost = doubled = damaged = 0
            counts, rng = [], np.random.default_rng(7)
            for _ in range(KILLS):
                before = set(stored_keys(path))
                there = killed_while_storing(_begin([*command, str(path)], environment), path, rng)
                found = stored_keys(path)
                lost += len(before - set(found)) + max(0, there - len(found))
                doubled += len(found) - len(set(found))
                damaged += not check(path).is_sound
                counts.append(len(found))
            for file in (path, whole):
                process = _begin([*command, str(file)], environment)
                _, errors = process.communicate()
                if process.returncode:
                    raise ChildProcessError(errors)
            total = len(stored_keys(whole))
            during = len({n for n in counts if 0 < n < total})
            # what models answer with a memo that episodes share is theirs
            same = what == "with models" or content_digest(path) == content_digest(whole)
            print(
                f"{what}: {KILLS} kills, {during} at different counts of {total} episodes; lost {lost}, "
                f"doubled {doubled}, damaged files {damaged}; at the end {len(stored_keys(path))} episodes"
                + ("" if same else ", and not those of a sweep that nobody killed")
            )


def _begin(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command
        list(command), env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


if __name__ == "__main__":
    main()
