"""A merge of two features with its tests, beside the same git and pytest commands run by hand."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.coding import Verdicts, Workshop, make_pairs
from eval.coding.pairs import ANN, BEN

PAIRS = 30
LIMIT = 1.2
TESTS = ("tests/test_ann.py", "tests/test_ben.py")


def by_hand(repository: Path, commits: Sequence[str]) -> None:
    """What somebody types: merge, unpack, test."""
    merged = subprocess.run(  # noqa: S603 - our own repository
        ["git", "merge-tree", "--write-tree", *commits],  # noqa: S607 - as it is typed
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    tree = merged.stdout.split()[0]
    with TemporaryDirectory() as folder:
        archive = subprocess.run(  # noqa: S603
            ["git", "archive", tree],  # noqa: S607
            cwd=repository,
            check=True,
            capture_output=True,
        )
        subprocess.run(["tar", "x"], cwd=folder, input=archive.stdout, check=True)  # noqa: S607
        environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, *TESTS]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environ)  # noqa: S603


def seconds(work: Callable[[], object]) -> float:
    """Of the clock, since most of it is spent in other processes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    pair = next(pair for pair in make_pairs(24, 0) if pair.kind == "same function")
    with TemporaryDirectory() as scratch:
        workshop = Workshop(pair, Path(scratch), Verdicts())
        first, second, *_ = pair.parts
        commits = workshop.commit(ANN, first), workshop.commit(BEN, second)
        both = [
            (
                seconds(lambda: workshop.outcome(*commits, union=False)),
                seconds(lambda: by_hand(workshop.repository, commits)),
            )
            for _ in range(PAIRS)
        ]
    ours, hand = (statistics.median(times) for times in zip(*both, strict=True))
    ratio = statistics.median(one / other for one, other in both)
    print(
        f"a merge with its tests: {1e3 * ours:.0f} ms, by hand {1e3 * hand:.0f} ms, {ratio:.2f} times "
        f"(limit {LIMIT})"
    )


if __name__ == "__main__":
    main()
