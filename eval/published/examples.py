"""What programs in ``examples/`` print; they are in no package, so each runs in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from eval.published.markdown import prose
from eval.published.study import Block, How, Result, Setting, Study

_ROOT = Path(__file__).parents[2]


def printed(name: str, *arguments: str) -> list[str]:
    """The lines that an example of this checkout prints.

    Raises:
        ValueError: there is no such file, or it failed; with what it said.
    """
    path = _ROOT / "examples" / name
    if not path.is_file():
        raise ValueError(
            f"there is no example {str(path)!r}: examples are in a checkout; run 'results' in one"
        )
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(  # noqa: S603 - a file of this checkout
        [sys.executable, str(path), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=environment,
    )
    if done.returncode:
        raise ValueError(f"examples/{name} failed: {done.stderr.strip()[-500:]}")
    return done.stdout.splitlines()


def _nine(setting: Setting, how: How) -> list[str]:
    with how.bar("nine graphs", 1) as progress:
        lines = printed("nine_graphs.py", "--markdown", "--seeds", str(setting.episodes))
        progress()
    return lines


def _boards(setting: Setting, how: How) -> list[str]:
    with how.bar("two agents", 1) as progress:
        lines = printed("two_agents.py")
        progress()
    return lines


NINE = Study("nine graphs", _nine, Setting(20), Setting(1), 146)
BOARDS = Study("two agents", _boards, Setting(20), Setting(20), 3)


def nine(result: Result[list[str]]) -> list[str]:
    """The table that the example prints."""
    return [
        *prose(
            "Rounds of 20 that went wrong, mean over partners ± standard error over",
            f"{result.setting.episodes} seeds (no error where all are alike), the worst",
            "partner in brackets:",
        ),
        "",
        *result.value,
    ]


def boards(result: Result[list[str]]) -> list[str]:
    """Two agents, before and after."""
    return ["```", *result.value, "```"]


BLOCKS = (
    Block("two-agents", "README.md", (BOARDS,), boards),
    Block("nine-graphs", "docs/fits.md", (NINE,), nine),
)
