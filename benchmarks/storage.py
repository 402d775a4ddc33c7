"""What storage costs: a thousand small episodes with a results file beside the same without."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from eval.play import play_unit
from eval.results import content_digest, open_run
from eval.sweeps import Execution, Matrix, Sweep, run_sweep

EPISODES = 1000
REPEATS = 5
LIMIT = 1.30
PAIRINGS = [("memory-1", "tom-0", "tom-1"), ("memory-1", "bayes", "tom-1"), ("one-ahead-5", "bayes", "self")]


def seconds(matrix: Matrix, path: Path | None) -> float:
    asked = Sweep((matrix,), EPISODES, seed=1, kind="bench")
    # processor time, which other processes on the machine change least
    began = time.process_time()
    if path is None:
        for unit in asked.units:  # one at a time, as those that are stored are played
            play_unit(unit, detailed=False)
    else:
        with open_run(path, asked.configuration()) as run:
            run_sweep(asked, Execution(run=run))
    return time.process_time() - began


def main() -> None:
    print(
        f"{EPISODES} episodes of 15 rounds, all steps stored and without: processor time, least of {REPEATS}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for task, agent, partner in PAIRINGS:
            matrix = (task, (agent,), (partner,))
            seconds(matrix, None)
            bare, stored = [], []
            for repeat in range(REPEATS):  # in turn, so that both meet the same machine
                bare.append(seconds(matrix, None))
                path = Path(scratch) / f"{task}-{agent}-{partner}-{repeat}.sqlite"
                stored.append(seconds(matrix, path))
            ratio = min(stored) / min(bare)
            spread = statistics.median(s / b for s, b in zip(stored, bare, strict=True))
            began = time.perf_counter()
            content_digest(path)
            print(
                f"  {task:12} {agent:6} with {partner:6} {min(bare):6.2f} s, stored {min(stored):6.2f} s: "
                f"{ratio:.2f} times (median of pairs {spread:.2f}, limit {LIMIT:.2f}); "
                f"{path.stat().st_size / EPISODES / 1024:.1f} KiB an episode; digest "
                f"{time.perf_counter() - began:.2f} s"
            )


if __name__ == "__main__":
    main()
