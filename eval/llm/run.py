"""Playing episodes with language models: recorded, resumed, several at once."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from atom.usage import Usage
from eval.episodes import play, seat_players, total_scores
from eval.llm.transcripts import Transcripts, exchange_record, exchanges_of_episode
from eval.tasks.base import Task
from eval.tasks.described import DescribedTask


@dataclass
class LLMRun:
    """How episodes with language models are played, and what they have cost so far.

    Attributes:
        transcripts: where episodes are kept and looked up; None keeps none.
        workers: episodes at once, >= 1; most of an episode is spent waiting.
        spent: calls, tokens and money of the episodes played so far, not of those looked up.
        degraded: decisions so far that degraded.
        on_episode: called after every episode with the run.
    """

    transcripts: Transcripts | None = None
    workers: int = 1
    spent: Usage = field(default_factory=Usage)
    degraded: int = 0
    on_episode: Callable[[LLMRun], None] = lambda _: None


_RUN: ContextVar[LLMRun | None] = ContextVar("eval_llm_run", default=None)


@contextmanager
def current_run(run: LLMRun) -> Iterator[LLMRun]:
    """Episodes with language models within the block belong to ``run``."""
    token = _RUN.set(run)
    try:
        yield run
    finally:
        _RUN.reset(token)


@dataclass(frozen=True, slots=True)
class _Played:
    score: float
    usage: Usage
    degraded: int


def llm_scores(
    task: Task, agent: str, partner: str, episodes: int, *, seed: int, epsilon: float = 0.0
) -> Iterator[float]:
    """The agent's score in one episode after the other; arguments as in ``pairing_scores``.

    An episode that the run's transcripts hold already is not played again.
    """
    run = _RUN.get() or LLMRun()
    task = DescribedTask(task)
    seatings = []
    for seat in range(2):
        names = [partner] * len(task.players)
        names[seat] = agent
        seatings.append((task.players[seat], seat_players(task, names, seed=seed, epsilon=epsilon)))

    def one(episode: int) -> _Played:
        path = run.transcripts.path(task.name, agent, partner, episode) if run.transcripts else None
        if run.transcripts and path:
            known = run.transcripts.finished(path)
            if known:
                return _Played(known[0], Usage(), 0)
        me, seats = seatings[episode % 2]
        records: list[dict[str, Any]] = []
        usage, degraded, scores, taken = Usage(), 0, [], 0
        with exchanges_of_episode() as exchanges:
            for number, step in enumerate(play(task, seats, episode)):
                records += [exchange_record(number, exchange) for exchange in exchanges[taken:]]
                taken = len(exchanges)
                for player, decision in step.decisions.items():
                    usage += decision.usage or Usage()
                    degraded += bool(decision.degraded)
                    records.append(
                        {"type": "decision", "step": number, "seat": player, **decision.as_plain()}
                    )
                scores.append(step.scores)
        score = total_scores(task, scores)[me]
        if run.transcripts and path:
            final = {"type": "episode", "episode": episode, "agent_seat": me, "score": score}
            run.transcripts.write(path, [*records, {**final, "usage": usage.as_plain()}])
        return _Played(score, usage, degraded)

    with ThreadPoolExecutor(run.workers) as pool:
        contexts = [contextvars.copy_context() for _ in range(episodes)]
        under_way = [pool.submit(contexts[episode].run, one, episode) for episode in range(episodes)]
        try:
            for future in under_way:
                played = future.result()
                run.spent += played.usage
                run.degraded += played.degraded
                run.on_episode(run)
                yield played.score
        finally:
            for future in under_way:
                future.cancel()
