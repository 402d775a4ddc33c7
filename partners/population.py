"""A small population that learns to play with itself (population-based training, on a table).

After Jaderberg et al. 2017, "Population based training of neural networks", as used for Overcooked by
Carroll et al. 2019: members learn in pairs drawn from the population; after each generation the worst copy
the best and change their hyperparameters. Here a member is a table of Q values for each seat, learned by
Q-learning from many games at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from atom import Reasoner, TabularModel
from atom.reasoning.tables.cache import unpacked
from partners.base import Traits
from partners.program import program
from partners.registry import partner
from partners.tables import PolicyPartner, on_table

VERSION = 1
_DISCOUNT = 0.98
_LOSERS = 4
"""One member in as many copies the best after a generation."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What a generation of training came to.

    Attributes:
        number: from 1.
        scores: ``[N]``, mean steps of each member's greedy policy with all members, both seats.
        best: the least of them so far, over all generations.
        policies: ``[2, S]``, the greedy policy that scored it.
    """

    number: int
    scores: NDArray[np.float64]
    best: float
    policies: NDArray[np.int8]


def train(
    model: TabularModel,
    *,
    generations: int,
    members: int = 6,
    games: int = 1024,
    steps: int = 4000,
    horizon: int = 100,
    seed: int = 0,
) -> Iterator[Generation]:
    """Train a population, one generation after the other.

    Half of the games begin at the model's start, half anywhere, since from the start alone a soup is hardly
    ever found by chance.

    Args:
        model: the game.
        generations: how many, >= 1.
        members: size of the population, >= 2.
        games: games played at once.
        steps: steps of each game in a generation.
        horizon: a game is given up after as many steps.
        seed: seed of all random numbers.
    """
    rng = np.random.default_rng([seed])
    n_actions = len(model.actions)
    q = np.zeros((members, 2, model.n_states, n_actions), dtype=np.float32)
    q += rng.random(q.shape, dtype=np.float32) * 1e-3
    rates = rng.uniform(0.1, 0.5, size=members)
    explore = rng.uniform(0.05, 0.3, size=members)
    best, kept = np.inf, np.zeros((2, model.n_states), dtype=np.int8)
    for number in range(1, generations + 1):
        _learn(model, q, rates, explore, games, steps, horizon, rng)
        policies = q.argmin(axis=3).astype(np.int8)
        scores = evaluate(model, policies, horizon)
        leader = int(scores.argmin())
        if scores[leader] < best:
            best, kept = float(scores[leader]), policies[leader].copy()
        yield Generation(number, scores, best, kept)
        for loser in np.argsort(scores)[-max(1, members // _LOSERS) :]:
            if loser != leader:
                q[loser] = q[leader]
                rates[loser] = np.clip(rates[leader] * rng.choice([0.8, 1.25]), 0.01, 1.0)
                explore[loser] = np.clip(explore[leader] * rng.choice([0.8, 1.25]), 0.01, 0.5)


def _learn(
    model: TabularModel,
    q: NDArray[np.float32],
    rates: NDArray[np.float64],
    explore: NDArray[np.float64],
    games: int,
    steps: int,
    horizon: int,
    rng: np.random.Generator,
) -> None:
    """Q-learning of expected costs, in place; each game is between two members drawn anew."""
    n_actions = q.shape[3]
    seats = np.arange(2)
    states = _begin(model, games, rng)
    age = np.zeros(games, dtype=np.int32)
    pairs = rng.integers(len(q), size=(2, games))
    for _ in range(steps):
        values = q[pairs, seats[:, None], states]
        actions = values.argmin(axis=2)
        lapses = rng.random((2, games)) < explore[pairs]
        actions = np.where(lapses, rng.integers(n_actions, size=(2, games)), actions)
        following = model.next[states, actions[0], actions[1]]
        later = q[pairs, seats[:, None], following].min(axis=2)
        target = model.cost[states] + _DISCOUNT * np.where(model.terminal[following], 0.0, later)
        old = np.take_along_axis(values, actions[..., None], axis=2)[..., 0]
        q[pairs, seats[:, None], states, actions] = old + rates[pairs] * (target - old)
        age += 1
        over = model.terminal[following] | (age >= horizon)
        states = np.where(over, _begin(model, games, rng), following)
        age = np.where(over, 0, age)
        pairs = np.where(over, rng.integers(len(q), size=(2, games)), pairs)


def _begin(model: TabularModel, games: int, rng: np.random.Generator) -> NDArray[np.int64]:
    anywhere = rng.integers(model.n_states, size=games)
    anywhere = np.where(model.terminal[anywhere], model.starts[0], anywhere)
    return np.where(rng.random(games) < 0.5, model.starts[0], anywhere)


def evaluate(model: TabularModel, policies: NDArray[np.int8], horizon: int) -> NDArray[np.float64]:
    """Mean steps of each of N members with every member, itself included, in both seats.

    Args:
        model: the game.
        policies: ``[N, 2, S]``.
        horizon: a game is given up, and counted, after as many steps.

    Returns:
        ``[N]``.
    """
    n = len(policies)
    first, second = (index.ravel() for index in np.indices((n, n)))
    states = np.full(n * n, model.starts[0])
    steps = np.zeros(n * n)
    for _ in range(horizon):
        steps += ~model.terminal[states]
        following = model.next[states, policies[first, 0, states], policies[second, 1, states]]
        states = np.where(model.terminal[states], states, following)
    matrix = steps.reshape(n, n)
    return np.asarray((matrix.mean(axis=0) + matrix.mean(axis=1)) / 2.0)


def save_policies(path: Path, model: TabularModel, policies: NDArray[np.int8]) -> None:
    """Write a checkpoint, without pickle."""
    with path.open("wb") as stream:
        np.savez_compressed(
            stream, version=np.int64(VERSION), model=np.str_(model.digest()), policies=policies
        )


def load_policies(path: Path, model: TabularModel) -> NDArray[np.int8]:
    """A checkpoint's policies, ``[2, S]``.

    Raises:
        ValueError: no such file, a damaged one or one that unpacks to too much, or one of another task or
            version.
    """
    remedy = f"train one with: {program()} train-partner --task TASK --out FILE"
    try:
        arrays = unpacked(path, ("version", "model", "policies"), 2 * model.n_states)
        version, digest, policies = int(arrays["version"]), str(arrays["model"]), arrays["policies"]
    except FileNotFoundError:
        raise ValueError(f"there is no trained partner {str(path)!r}; {remedy}") from None
    except Exception as error:
        # whatever its bytes lead zipfile and NumPy to, which is not ValueError alone
        why = str(error) or type(error).__name__
        raise ValueError(f"the trained partner {str(path)!r} cannot be read ({why}); {remedy}") from error
    fits = policies.dtype == np.int8 and policies.shape == (2, model.n_states)
    if version != VERSION or digest != model.digest() or not fits:
        raise ValueError(f"the trained partner {str(path)!r} is of another task or version; {remedy}")
    if policies.min() < 0 or policies.max() >= len(model.actions):
        raise ValueError(f"the trained partner {str(path)!r} names actions that there are not; {remedy}")
    return policies


@partner(
    "population",
    source="Jaderberg et al. 2017; Carroll et al. 2019",
    traits=Traits(stochastic=False, adaptive=False),
    argument="FILE",
    default="population.npz",
    reads=lambda text: (text,),
    plays="tables",
)
def best_member(me: str, reasoner: Reasoner, file: str, *, seed: int = 0) -> PolicyPartner:
    """The best of a trained population (``train-partner``).

    Args:
        me: this player's name in situations.
        reasoner: of the task that it was trained in.
        file: the checkpoint.
        seed: it leaves nothing to chance.

    Raises:
        ValueError: a task without a table, a missing or damaged file, or one of another task.
    """
    table = on_table("population", reasoner)
    return PolicyPartner(me, table.model, load_policies(Path(file), table.model))
