"""One episode as a page to step through: the explorer of a run that has no other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from eval.play import EpisodeResult, Unit, play, record, seat_players, total_scores
from eval.results import open_run, stored_episodes
from eval.show.explorer import RunPacker, explored_runs, one_file
from eval.tasks import Task


def write_page(
    task: Task, names: Sequence[str], path: Path, *, seed: int = 42, episode: int = 0, epsilon: float = 0.0
) -> int:
    """Plays an episode and writes it as a page that needs nothing else.

    Args:
        task: what is played, of those that ``make_task`` makes.
        names: one name of the zoo for each seat; with more than two, all but the agent's are the same.
        path: the page.
        seed: seed of all random numbers.
        episode: its number, which keys the random numbers and seats the agent.
        epsilon: rate at which everybody lapses to a random action.

    Returns:
        how many steps it had.

    Raises:
        ValueError: no such player, not one for each seat, or partners of several kinds.
    """
    seats = seat_players(task, names, seed=seed, epsilon=epsilon)
    seat = episode % len(task.players)
    others = {name for i, name in enumerate(names) if i != seat}
    if len(others) != 1:
        raise ValueError(f"a page shows one agent with one kind of partner; got {', '.join(names)}")
    unit = Unit(task.name, names[seat], others.pop(), episode, seed, epsilon)
    began = time.perf_counter()
    steps = list(play(task, seats, episode))
    recorded, totals = record(steps)
    scores = total_scores(task, [step.scores for step in steps])
    me = task.players[seat]
    result = EpisodeResult(unit, scores[me], scores, recorded, totals, time.perf_counter() - began)
    with TemporaryDirectory() as folder:
        path.write_text(_page(Path(folder) / "replay", result), encoding="utf-8")
    return len(steps)


def _page(file: Path, result: EpisodeResult) -> str:
    """The page of the only episode in a results file that is made for it."""
    unit = result.unit
    asked = {
        "kind": "replay",
        "matrices": {unit.task: {"agents": [unit.agent], "partners": [unit.partner]}},
        "seed": unit.seed,
        "epsilon": unit.epsilon,
    }
    with open_run(file, asked, command=["replay"]) as run:
        run.add(result)
        run.finish()
    (explored,) = explored_runs([file])
    packer = RunPacker(explored)
    for episode in stored_episodes(file):
        packer.add(episode)
    where = {"run": explored.id, "task": unit.task, "agent": unit.agent, "partner": unit.partner}
    return one_file([packer], start=urlencode({**where, "episode": unit.episode}))
