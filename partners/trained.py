"""Trained populations as partners: a file of policies, each half of a pair that learned together.

``python -m eval train --out DIRECTORY`` trains them and writes the files.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from atom import Memory, NormalFormReasoner, Reasoner, Situation
from atom.randomness import RandomStream
from partners.base import SimplePartner, Traits
from partners.program import program
from partners.registry import partner

if TYPE_CHECKING:
    from partners.trained_file import Content

FORMAT = "langgraph-atom trained population 1"
MOST_BYTES = 16 * 2**20
"""A larger file is refused before it is read."""


def _remedy() -> str:
    return f"train one with: {program()} train --out DIRECTORY"


class PopulationError(ValueError):
    """A trained population that is missing, damaged, too large or of another game; the message says why."""


@dataclass(frozen=True)
class Population:
    """Pairs of policies, one for each seed that they were trained with.

    A policy says how likely each of A actions is in each of S remembered states: state 0 before the first
    round, then ``1 + a · A + b`` after the joint action (a, b). Without memory S is 1.

    Attributes:
        task: in which they were trained.
        method: how.
        actions: of both players.
        settings: of the training, as plain data.
        seeds: one for each pair.
        policies: ``[N, 2, S, A]``.
    """

    task: str
    method: str
    actions: tuple[str, ...]
    settings: dict[str, Any]
    seeds: tuple[int, ...]
    policies: NDArray[np.float64]

    @property
    def memory(self) -> int:
        """Rounds that the policies remember, 0 or 1."""
        return int(self.policies.shape[2] > 1)


def save_population(path: Path, population: Population) -> None:
    """Writes a file, whole or not at all; see ``load_population``."""
    content = {
        "format": FORMAT,
        "task": population.task,
        "method": population.method,
        "actions": list(population.actions),
        "settings": population.settings,
        "seeds": list(population.seeds),
        "policies": population.policies.tolist(),
    }
    text = json.dumps({**content, "checksum": checksum(content)}, allow_nan=False)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 of the content as canonical JSON, without the checksum itself."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def load_population(path: Path) -> Population:
    """A population from its file.

    Raises:
        PopulationError: no such file, one that is too large or damaged, or policies that are none.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise PopulationError(
            f"the trained population {str(path)!r} cannot be read ({error}); {_remedy()}"
        ) from None
    if len(data) > MOST_BYTES:
        raise PopulationError(
            f"the trained population {str(path)!r} has more than {MOST_BYTES:,} bytes, so it is none; "
            f"{_remedy()}"
        )
    # takes pydantic, which is slow to import and which no other partner needs
    from partners.trained_file import FileError, parsed  # noqa: PLC0415

    try:
        return _checked(parsed(data))
    except FileError as error:
        raise PopulationError(
            f"the trained population {str(path)!r} is damaged: {error}; {_remedy()}"
        ) from None


def _checked(content: Content) -> Population:
    """The population in a file whose parts have the right types.

    Raises:
        FileError: a wrong checksum, or arrays that do not fit.
    """
    from partners.trained_file import FileError  # noqa: PLC0415

    plain = content.model_dump(exclude={"checksum"})
    if checksum(plain) != content.checksum:
        raise FileError("its checksum is another one, so something in it was changed")
    n, a = len(content.seeds), len(content.actions)
    try:
        policies = np.array(content.policies, dtype=np.float64)
    except ValueError:
        raise FileError("its policies are not of one shape") from None
    shapes = [(n, 2, states, a) for states in (1, 1 + a * a)]
    if policies.shape not in shapes:
        raise FileError(f"its policies have the shape {list(policies.shape)}, not one of {shapes}")
    if not (np.isfinite(policies).all() and (policies >= 0.0).all()):
        raise FileError("its policies have entries that are no probabilities")
    if np.abs(policies.sum(axis=-1) - 1.0).max() > 1e-6:
        raise FileError("its policies do not sum to one")
    if len(set(content.actions)) != a:
        raise FileError("it names an action twice")
    return Population(
        content.task, content.method, tuple(content.actions), content.settings, tuple(content.seeds), policies
    )


def _file_and_member(text: str) -> tuple[str, int | None]:
    """``"file.json#3"`` as ``("file.json", 3)``; None where no member is named."""
    file, sharp, member = text.rpartition("#")
    if sharp and member.isdecimal():
        return file, int(member)
    return text, None


@partner(
    "trained",
    source="Liu et al. 2025; Hu et al. 2020; Strouse et al. 2021",
    argument="FILE or FILE#MEMBER",
    default="population.json",
    reads=_file_and_member,
    plays="pairs",
)
class TrainedPartner(SimplePartner):
    """A member of a population that was trained to play together.

    One pair's half for its seat, as it was trained: it draws from its policy. Without a member, pair after
    pair plays, each in every seat before the next: episode e of n players is of pair ``e // n``, in a circle.

    Args:
        me: this player's name in situations.
        reasoner: of a normal-form game.
        file: see ``load_population``.
        member: which pair, from 0; None for one after the other.
        seed: seed of the random numbers, >= 0.

    Raises:
        PopulationError: as ``load_population``, no such member, or a game of another number of actions.
    """

    traits = Traits(stochastic=True, adaptive=False)

    def __init__(
        self, me: str, reasoner: Reasoner, file: str, member: int | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(me, seed=seed)
        self.population = load_population(Path(file))
        n, a = len(self.population.seeds), len(self.population.actions)
        if not isinstance(reasoner, NormalFormReasoner) or reasoner.payoffs.shape != (2, a, a):
            raise PopulationError(
                f"the population {file!r} was trained in {self.population.task!r}, a normal-form game of two "
                f"players with {a} actions, and this is another game; {_remedy()}"
            )
        if member is not None and member >= n:
            raise PopulationError(
                f"the trained population {file!r} has the members 0 to {n - 1}, got {member}; "
                "name one of them"
            )
        self.member = member
        self._cumulated = np.cumsum(self.population.policies, axis=-1)
        self._indices = {action: i for i, action in enumerate(self.population.actions)}

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """An action drawn from its policy.

        Raises:
            PopulationError: a game of other players or actions than it was trained in.
        """
        players = list(situation.actions)
        actions = self.population.actions
        if len(players) != 2 or any(tuple(own) != actions for own in situation.actions.values()):
            raise PopulationError(
                f"a population of {self.population.task!r} was trained for two players with the actions "
                f"{list(actions)}, the situation has {dict(situation.actions)}; {_remedy()}"
            )
        state = 0
        if situation.history and self.population.memory:
            first, second = (self._indices[situation.history[-1][player]] for player in players)
            state = 1 + first * len(actions) + second
        member = self.member
        if member is None:
            member = memory["episode"] // len(players) % len(self.population.seeds)
        below = self._cumulated[member, players.index(self.me), state, :-1]
        return actions[int((rng.random() >= below).sum())], memory
