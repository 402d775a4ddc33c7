"""What a sweep asks for, as one value: who plays what with whom, and all that the episodes depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from atom import randomness
from eval.play import Runtime, Unit, file_of
from eval.tasks import Environment
from partners import asks_models

Matrix: TypeAlias = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A task, the agents and the partners to be paired on it, all by name."""

PAPER_TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How language models are asked, as far as episodes depend on it.

    Attributes:
        temperature: of every model, >= 0 (paper: 0.1).
        memo: whether answers are kept and found again; without, every decision pays for its own.
        structured: whether answers are asked for by schema; None asks LiteLLM whether a model follows one.
        options: further arguments of ``litellm.acompletion``, plain data without secrets.
        weights: model -> hash of the file that it is served from, where that is done for the sweep.
    """

    temperature: float = PAPER_TEMPERATURE
    memo: bool = True
    structured: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """For results files and transcripts."""
        return {
            "temperature": self.temperature,
            **({} if self.memo else {"memo": "none"}),
            **({} if self.structured is None else {"structured": self.structured}),
            **({"options": dict(self.options)} if self.options else {}),
            **({"weights": dict(self.weights)} if self.weights else {}),
        }


@dataclass(frozen=True)
class Sweep:
    """All episodes of one or several cross-play matrices.

    Equal values ask for the same episodes, whatever plays them.

    Attributes:
        matrices: who is paired with whom.
        episodes: episodes a pairing, >= 1.
        seed: seed of all random numbers, >= 0.
        epsilon: the rate, in [0, 1], at which every player lapses to a random action; or task -> rate.
        runtime: ``"plain"`` or ``"langgraph"``; the episodes are the same.
        env: see ``make_task``.
        on_tables: tasks that are played on their tables whatever ``env`` says.
        pairings: (agent, partner) of the cells that are played, of every matrix the same; None for all.
        models: how language models are asked, where any play.
        kind: what asks, by the name of the command; it is stored.

    Raises:
        ValueError: no episodes.

    Example:
        >>> asked = Sweep((("memory-1", ("bayes", "ftl"), ("tom-0", "self")),), episodes=2, seed=42)
        >>> len(asked.units), asked.units[1].key
        (8, ('memory-1', 'bayes', 'tom-0', 1))
    """

    matrices: tuple[Matrix, ...]
    episodes: int
    seed: int
    epsilon: float | Mapping[str, float] = 0.0
    runtime: Runtime = "plain"
    env: Environment = "table"
    on_tables: frozenset[str] = frozenset()
    pairings: tuple[tuple[str, str], ...] | None = None
    models: ModelSettings = ModelSettings()
    kind: str = "crossplay"

    def __post_init__(self) -> None:
        if self.episodes < 1:
            raise ValueError(f"cross-play needs at least one episode a cell, got {self.episodes}")

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks."""
        return tuple(task for task, _, _ in self.matrices)

    def epsilon_on(self, task: str) -> float:
        """The lapse rate on a task."""
        return self.epsilon[task] if isinstance(self.epsilon, Mapping) else self.epsilon

    def env_of(self, task: str) -> Environment:
        """What takes the steps of a task."""
        return "table" if task in self.on_tables else self.env

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """(task, agent, partner) of every pairing that is played, in the order of play."""
        for task, agents, partners in self.matrices:
            pairs = self.pairings
            if pairs is None:
                pairs = tuple((agent, partner) for agent in agents for partner in partners)
            for agent, partner in pairs:
                yield task, agent, partner

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The episodes, in the order of tasks, agents, partners and numbers."""
        return tuple(
            Unit(
                task,
                agent,
                partner,
                episode,
                self.seed,
                self.epsilon_on(task),
                self.runtime,
                self.env_of(task),
            )
            for task, agent, partner in self.cells()
            for episode in range(self.episodes)
        )

    @cached_property
    def asks_models(self) -> bool:
        """Whether a language model plays."""
        return any(asks_models(agent) or asks_models(partner) for _, agent, partner in self.cells())

    def configuration(self) -> dict[str, Any]:
        """Everything that the episodes depend on, as plain data for ``open_run``.

        Tasks and players that are made from files count with the files' content.
        """
        names = dict.fromkeys(
            name for task, agents, partners in self.matrices for name in (task, *agents, *partners)
        )
        files = {name: file for name in names if (file := file_of(name)) is not None}
        return {
            "kind": self.kind,
            "matrices": {
                task: {"agents": list(agents), "partners": list(partners)}
                for task, agents, partners in self.matrices
            },
            "episodes": self.episodes,
            "seed": self.seed,
            "random_numbers": randomness.VERSION,
            "epsilon": dict(self.epsilon) if isinstance(self.epsilon, Mapping) else self.epsilon,
            "runtime": self.runtime,
            "env": self.env,
            "files": {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()},
            **({} if self.pairings is None else {"pairings": [list(pair) for pair in self.pairings]}),
            **({"models": self.models.as_plain()} if self.asks_models else {}),
        }
