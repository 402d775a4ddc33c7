"""The unit of work of a sweep: one episode, named by plain data, so that any process can play it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from langgraph.graph.state import CompiledStateGraph

from atom import Beliefs, Decision, JointAction, Memory, Player, Situation, StaticPlayer
from atom.belief import Declared
from eval.play.batched import FEWEST_AT_ONCE, Batched, batched
from eval.play.episode import Step, play, seat_players, total_scores
from eval.play.graph import episode_graph, play_in_graph, stream_rounds
from eval.play.record import Totals, record
from eval.play.tally import Tally, seats_asking, tallied
from eval.play.transcripts import transcribe
from eval.tasks import DescribedTask, Environment, Task, make_task
from partners import LLMBackend, asks_models, current_backend

Runtime: TypeAlias = Literal["plain", "langgraph"]

SELF = "self"


def seats_of(task: str, env: Environment = "table") -> int:
    """How many seats an agent takes in turn: all of them.

    Raises:
        ValueError: no such task, or a file that holds none.
    """
    return _seats_of(task, env, _stamp(task))


@lru_cache(maxsize=256)
def _seats_of(task: str, env: Environment, stamp: int) -> int:
    """The same, kept until the file that the task is made from changes."""
    return len(make_task(task, env).players)


@dataclass(frozen=True, slots=True)
class Unit:
    """One episode of one pairing.

    Attributes:
        task: name of the task.
        agent, partner: names of the zoo; a partner ``"self"`` is the agent's own kind.
        episode: number of the episode, >= 0; keys the random numbers and seats the agent.
        seed: seed of all random numbers, >= 0.
        epsilon: the rate, in [0, 1], at which every player lapses to a random action.
        runtime: ``"plain"`` or ``"langgraph"``; the episodes are the same.
        env: see ``make_task``.
    """

    task: str
    agent: str
    partner: str
    episode: int
    seed: int
    epsilon: float = 0.0
    runtime: Runtime = "plain"
    env: Environment = "table"

    @property
    def seat(self) -> int:
        """The agent takes the first seat in the first episode, the next one in the next, in a circle."""
        return self.episode % seats_of(self.task, self.env)

    @property
    def cell(self) -> tuple[Any, ...]:
        """What it has in common with the other episodes of its pairing."""
        return (self.task, self.agent, self.partner, self.seed, self.epsilon, self.runtime, self.env)

    @property
    def key(self) -> Key:
        """What tells it from the other units of one run."""
        return (self.task, self.agent, self.partner, self.episode)


Key: TypeAlias = tuple[str, str, str, int]
"""(task, agent, partner, episode)."""


@dataclass(frozen=True, slots=True)
class EpisodeResult:
    """What came of a unit.

    Attributes:
        unit: the unit.
        score: the agent's score.
        scores: player -> score.
        steps: the record of every step, see ``eval.play.record``; empty where none was asked for.
        totals: what the steps come to.
        seconds: wall time.
        player: the name of the agent's seat.
        transcript: what language models were asked and answered, see ``eval.play.transcripts``; empty
            where none plays.
    """

    unit: Unit
    score: float
    scores: dict[str, float]
    steps: bytes
    totals: Totals
    seconds: float
    player: str = ""
    transcript: tuple[dict[str, Any], ...] = ()

    @property
    def tally(self) -> Tally:
        """What its decisions were like."""
        unit, totals, players = self.unit, self.totals, list(self.scores)
        return tallied(
            totals.steps,
            players,
            seats_asking(unit.agent, unit.partner, players, unit.episode % len(players)),
            totals.degraded_of,
            repaired=totals.repaired,
            truncated=totals.truncated,
        )


def play_unit(unit: Unit, *, detailed: bool = True) -> EpisodeResult:
    """Plays one episode.

    Args:
        unit: what to play.
        detailed: whether to record every step; episodes with language models are recorded in any case.

    Raises:
        ValueError: an unknown name, or a player that cannot play the task.
    """
    began = time.perf_counter()
    pairing = pairing_of(unit)
    transcript: tuple[dict[str, Any], ...] = ()
    if pairing.asks:
        steps, transcript = transcribe(pairing.steps(unit.episode))
        recorded, totals = record(steps)
        scores = dict(totals.scores)
    elif detailed:
        # played first and recorded then: taking turns costs a quarter more than either
        recorded, totals = record(list(pairing.steps(unit.episode)))
        scores = dict(totals.scores)
    else:
        scores, n_steps, degraded = pairing.outcome(unit.episode)
        recorded, totals = b"", Totals(n_steps, degraded.total(), scores=scores, degraded_of=degraded)
    seconds = time.perf_counter() - began
    me = pairing.me
    return EpisodeResult(unit, scores[me], scores, recorded, totals, seconds, me, transcript)


def pairing_of(unit: Unit) -> Pairing:
    """Who plays a unit, ready; kept for the next one of the same cell and seat.

    Raises:
        ValueError: an unknown name, or a player that cannot play the task.
    """
    stamps = tuple(map(_stamp, (unit.task, unit.agent, unit.partner)))
    # models are asked by whatever backend is current, and a graph's listeners belong to one thread
    return _pairing(replace(unit, episode=unit.seat), stamps, current_backend(), threading.get_ident())


Outcome: TypeAlias = tuple[dict[str, float], int, Counter[str]]
"""Player -> its score in an episode; its steps; player -> degraded decisions, not to be modified."""

_NOBODY: Counter[str] = Counter()


class Pairing:
    """An agent and its partner at their seats, ready for any number of episodes.

    Args:
        task: the task to be played.
        agent, partner, seed, epsilon, runtime: see ``Unit``.
        seat: where the agent sits, counted from 0; the other seats are the partner's.

    Raises:
        ValueError: an unknown name, or a player that cannot play the task.
    """

    def __init__(
        self,
        task: Task,
        agent: str,
        partner: str,
        seat: int,
        *,
        seed: int,
        epsilon: float = 0.0,
        runtime: Runtime = "plain",
    ) -> None:
        names = [agent if partner == SELF else partner] * len(task.players)
        names[seat] = agent
        self.asks = any(map(asks_models, names))
        """Whether a language model plays; situations are then told in words."""
        self.task: Task = DescribedTask(task) if self.asks else task
        self.me = task.players[seat]
        self.alike = len(set(names)) == 1
        """Whether all players are of one name, so that it does not matter which seat is the agent's."""
        self._seed = seed
        self._runtime = runtime
        self._seats = seat_players(task, names, seed=seed, epsilon=epsilon)
        self._listeners = {me: _Listener(player) for me, player in self._seats.items()}

    def batched(self) -> Batched | None:
        """``at_once``, made anew."""
        if self._runtime != "plain" or self._seed < 0:
            return None
        return batched(self.task, self._seats)

    @property
    def player(self) -> Player:
        """The agent."""
        return self._seats[self.me]

    def scores(self, episode: int) -> dict[str, float]:
        """Player -> its score in an episode."""
        return self.outcome(episode)[0]

    def outcomes(self, episodes: Sequence[int]) -> list[Outcome]:
        """``outcome`` of several episodes: at once where that is possible and pays, else one by one."""
        at_once = self.at_once if len(episodes) >= FEWEST_AT_ONCE else None
        if at_once is None:
            return [self.outcome(episode) for episode in episodes]
        played = at_once.play(episodes)
        players = self.task.players
        return [
            (dict(zip(players, scores, strict=True)), steps, _NOBODY)
            for scores, steps in zip(played.scores.T.tolist(), played.steps.tolist(), strict=True)
        ]

    @property
    def at_once(self) -> Batched | None:
        """What plays many episodes at once; None where each is played for itself."""
        return _at_once(self)

    def outcome(self, episode: int) -> Outcome:
        """What came of an episode."""
        degraded: Counter[str] = Counter()
        if self._runtime == "langgraph":
            for listener in self._listeners.values():
                listener.degraded = 0
            steps = list(play_in_graph(self._listening_graph, self.task, episode)["scores"])
            degraded.update({me: heard.degraded for me, heard in self._listeners.items() if heard.degraded})
        else:
            steps = []
            for step in play(self.task, self._seats, episode):
                steps.append(dict(step.scores))
                for me, decision in step.decisions.items():
                    if decision.degraded:
                        degraded[me] += 1
        return total_scores(self.task, steps), len(steps), degraded

    def steps(self, episode: int) -> Iterator[Step]:
        """The steps of an episode."""
        if self._runtime == "langgraph":
            return self._steps_in_graph(episode)
        return play(self.task, self._seats, episode)

    def _steps_in_graph(self, episode: int) -> Iterator[Step]:
        for state, scores in stream_rounds(self._listening_graph, self.task, episode):
            decisions = {me: listener.last for me, listener in self._listeners.items()}
            yield Step(state, self.task.situation(state), decisions, scores)

    @cached_property
    def _listening_graph(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        return episode_graph(self.task, self._listeners).compile()


@lru_cache(maxsize=16)
def _at_once(pairing: Pairing) -> Batched | None:
    """The same, kept for few pairings: what is known of many states of a table takes memory."""
    return pairing.batched()


class _Listener(StaticPlayer):
    """A player whose last decision can be looked at, and who counts those that were degraded."""

    last: Decision

    def __init__(self, player: Player) -> None:
        self.me = player.me
        self._player = player
        self.degraded = 0

    @property
    def beliefs(self) -> Beliefs | None:
        return self._player.beliefs

    def hear(self, memory: Memory, declared: Mapping[str, Declared]) -> Memory:
        return self._player.hear(memory, declared)

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        return self._player.start(partners, episode=episode)

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        decided = self._player.decide(situation, memory)
        return self._heard(*decided)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        decided = await self._player.adecide(situation, memory)
        return self._heard(*decided)

    def _heard(self, decision: Decision, memory: Memory) -> tuple[Decision, Memory]:
        self.last = decision
        self.degraded += bool(decision.degraded)
        return decision, memory

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        return self._player.observe(memory, situation, actions)


@lru_cache(maxsize=256)
def _pairing(unit: Unit, stamps: tuple[int, ...], models: LLMBackend, thread: int) -> Pairing:
    """The pairing of a unit, kept from episode to episode until a file that it is made from changes."""
    return Pairing(
        make_task(unit.task, unit.env),
        unit.agent,
        unit.partner,
        unit.seat,
        seed=unit.seed,
        epsilon=unit.epsilon,
        runtime=unit.runtime,
    )


def file_of(name: str) -> Path | None:
    """The file that a task or player is made from, ``game.json`` for ``matrix:game.json``.

    What follows a ``#`` names a part of the file, as in ``trained:population.json#3``.
    """
    argument = name.partition(":")[2]
    paths = [Path(text) for text in (argument, argument.rpartition("#")[0]) if text]
    return next((path for path in paths if path.is_file()), None)


def _stamp(name: str) -> int:
    file = file_of(name) if ":" in name else None
    return 0 if file is None else file.stat().st_mtime_ns
