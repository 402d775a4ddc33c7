"""Episodes of one cell, one at a time and many at once: processor time, interleaved, in one run."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from eval.play import FEWEST_AT_ONCE, Pairing, Unit, play_unit
from eval.sweeps import Sweep, run_sweep
from eval.tasks import make_task

CELLS = (
    ("memory-1", "bayes", "self"),
    ("memory-1", "bayes", "random"),
    ("memory-1", "adaptive:bayes", "self"),
    ("memory-1", "hedge", "self"),
    ("memory-1", "tom-1", "tom-0"),
    ("one-ahead-5", "bayes", "self"),
    ("game-1", "bayes", "self"),
    ("overcooked", "bayes", "self"),
)
SIZES = (100, 1_000, 10_000)
ALONE = 30
"""Episodes that are played one at a time between two batches."""
PAIRS = 5


def spent(work: Callable[..., object], *given: object) -> float:
    began = time.process_time()
    work(*given)
    return time.process_time() - began


def one_by_one(pairing: Pairing, numbers: Iterable[int]) -> None:
    for number in numbers:
        pairing.outcome(number)


def units_one_by_one(cell: tuple[str, str, str], numbers: Iterable[int]) -> None:
    for number in numbers:
        play_unit(Unit(*cell, number, 1), detailed=False)


def measured(task: str, agent: str, partner: str) -> None:
    pairing = Pairing(make_task(task), agent, partner, 0, seed=1)
    at_once = pairing.at_once
    if at_once is None:
        raise ValueError(f"{agent} with {partner} on {task} is played one at a time")
    at_once.play(range(SIZES[1]))  # whatever is asked once is asked now
    for size in SIZES:
        pairs: list[tuple[float, float]] = []
        for pair in range(PAIRS):
            numbers = range(pair * ALONE, (pair + 1) * ALONE)
            alone = spent(one_by_one, pairing, numbers) / ALONE
            pairs.append((alone, spent(at_once.play, range(size)) / size))
        alone, each = (median(times) for times in zip(*pairs, strict=True))
        ratio = median(one / other for one, other in pairs)
        decisions = 2 * at_once.play(range(size)).steps.mean() / each
        print(
            f"  {task:12} {agent:14} {partner:7} {size:6} {1e6 * alone:8.0f} {1e6 * each:7.2f} µs an episode,"
            f" {ratio:6.0f} ×, {decisions / 1e6:6.2f} million decisions a second"
        )


def whole_sweeps(cells: Sequence[tuple[str, str, str]], episodes: int) -> None:
    print(f"a sweep of {episodes} episodes, units, results and tallies included")
    for task, agent, partner in cells:
        asked = Sweep(((task, (agent,), (partner,)),), episodes, seed=1)
        run_sweep(Sweep(((task, (agent,), (partner,)),), FEWEST_AT_ONCE, seed=1))
        pairs: list[tuple[float, float]] = []
        for pair in range(PAIRS):
            numbers = range(pair * ALONE, (pair + 1) * ALONE)
            alone = spent(units_one_by_one, (task, agent, partner), numbers) / ALONE
            pairs.append((alone, spent(run_sweep, asked) / episodes))
        alone, each = (median(times) for times in zip(*pairs, strict=True))
        ratio = median(one / other for one, other in pairs)
        print(f"  {task:12} {agent:14} {partner:7}  {1e6 * alone:8.0f} {1e6 * each:8.2f} µs, {ratio:6.0f} ×")


def main() -> None:
    print(f"one at a time beside many at once, one core ({platform.processor() or platform.machine()})")
    for cell in CELLS:
        measured(*cell)
    whole_sweeps(CELLS[:5], SIZES[1])


if __name__ == "__main__":
    main()
