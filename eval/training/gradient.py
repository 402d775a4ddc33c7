"""Policy gradient on one shared reward, for many pairs at once.

Both players of a pair are tables of logits. A group of episodes is played with the policies as they are, and
every step's log-probability is raised by its advantage: what the episode got from there on, less the mean of
the group (group-relative policy optimisation for several agents with a joint reward: Liu et al. 2025,
"LLM Collaboration With Multi-Agent Reinforcement Learning", MAGRPO).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.training.stage import Array, Stage

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Settings:
    """How pairs are trained.

    Attributes:
        steps: updates, >= 1.
        group: episodes an update, >= 2.
        rate: step size of the ascent, > 0.
        spread: standard deviation of the logits at the beginning, >= 0.
        order_weight: λ of the order reward, >= 0.
        orders: the theory-of-mind orders that it looks for.
        entropy: α, the weight of the policies' mean entropy, >= 0.
        relabel: whether the second player of every episode lives in a relabelled game (other-play).

    Raises:
        ValueError: a setting out of its range.
    """

    steps: int = 3000
    group: int = 64
    rate: float = 1.5
    spread: float = 0.1
    order_weight: float = 0.0
    orders: tuple[int, ...] = (0, 1, 2)
    entropy: float = 0.0
    relabel: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or self.group < 2:
            raise ValueError(f"training needs steps >= 1 and a group >= 2, got {self.steps} and {self.group}")
        if not (0.0 < self.rate < np.inf and 0.0 <= self.spread < np.inf):
            raise ValueError(f"rate > 0 and spread >= 0 are finite, got {self.rate} and {self.spread}")
        if not (0.0 <= self.order_weight < np.inf and 0.0 <= self.entropy < np.inf):
            raise ValueError(
                f"order_weight and entropy are finite and >= 0, got {self.order_weight} and {self.entropy}"
            )


@dataclass(frozen=True, slots=True)
class Episodes:
    """Groups of episodes that were played.

    Attributes:
        states: ``[T, 2, N, G]``, what each player remembered.
        actions: ``[T, 2, N, G]``, what each took, in its own words where the game is relabelled for it.
        payoffs: ``[T, N, G]``.
        by_order: ``[N, G]`` in [0, 1]: the best share of rounds at which each player acted by one order, mean
            of both; 0 where no orders are looked for.
    """

    states: Indices
    actions: Indices
    payoffs: Array
    by_order: Array


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def play(
    stage: Stage,
    policies: Array,
    seats: Indices,
    uniform: Array,
    *,
    orders: Array | None = None,
    relabelled: Indices | None = None,
) -> Episodes:
    """Plays groups of episodes.

    Args:
        stage: the game.
        policies: ``[M, 2, S, A]``.
        seats: ``[2, N, G]``, which of the M sits where.
        uniform: ``[T, 2, N, G]`` in [0, 1), one number for every action.
        orders: ``[K, 2, S, A]`` from ``Stage.order_policies``; None where no orders are looked for.
        relabelled: ``[2, N, G, A]``: what each player calls the actions of the first and the second player,
            as they are in truth, in every episode; None where all call them by one name.
    """
    cumulated = np.cumsum(policies, axis=-1)
    rounds, _, n, g = uniform.shape
    states = np.zeros((rounds, 2, n, g), dtype=np.int64)
    actions = np.zeros((rounds, 2, n, g), dtype=np.int64)
    payoffs = np.zeros((rounds, n, g))
    hits = np.zeros((0 if orders is None else len(orders), 2, n, g))
    seen = np.zeros((2, n, g), dtype=np.int64)
    seat = np.arange(2)[:, None, None]
    truth = None if relabelled is None else np.argsort(relabelled, axis=-1)
    for t in range(rounds):
        states[t] = seen
        below = cumulated[seats, seat, seen, :-1]
        actions[t] = (uniform[t][..., None] >= below).sum(axis=-1)
        first, second = actions[t]
        if orders is not None:
            hits += orders[:, seat, seen, actions[t]] > 0.0
        if relabelled is None or truth is None:
            payoffs[t] = stage.payoff[first, second]
            seen[:] = stage.after(first, second)
        else:
            second = np.take_along_axis(truth[1], second[..., None], axis=-1)[..., 0]
            payoffs[t] = stage.payoff[first, second]
            names = np.take_along_axis(relabelled, np.stack([first, second])[..., None], axis=-1)[..., 0]
            seen = np.stack([stage.after(first, second), stage.after(names[0], names[1])])
    by_order = hits.max(axis=0).mean(axis=0) / rounds if len(hits) else np.zeros((n, g))
    return Episodes(states, actions, payoffs, by_order)


def advantages(episodes: Episodes, order_weight: float) -> Array:
    """``[T, N, G]``: what is yet to come of the reward, less the mean of the group.

    The reward of an episode is its mean payoff and ``order_weight`` times ``by_order``.
    """
    rounds = len(episodes.payoffs)
    ahead = np.cumsum(episodes.payoffs[::-1], axis=0)[::-1] / rounds + order_weight * episodes.by_order
    return np.asarray(ahead - ahead.mean(axis=2, keepdims=True))


def gradient(
    policies: Array,
    episodes: Episodes,
    seats: Indices,
    learns: NDArray[np.bool_],
    gain: Array,
    entropy: float,
) -> Array:
    """The estimated gradient of the mean reward in the logits of the policies, ``[M, 2, S, A]``.

    Its expectation is ``1 - 1/G`` times the gradient of the mean reward, since an episode is part of its own
    baseline, and the gradient of the mean entropy of the states that were visited.

    Args:
        policies: ``[M, 2, S, A]``.
        episodes: played with them.
        seats: ``[2, N, G]``, which of the M sat where.
        learns: ``[2, N, G]``, whose actions count.
        gain: ``[T, N, G]`` from ``advantages``.
        entropy: α.
    """
    m, _, s, a = policies.shape
    rounds, _, _, g = episodes.actions.shape
    seat = np.arange(2)[:, None, None]
    rows = ((seats * 2 + seat) * s + episodes.states)[:, learns]
    weights = np.broadcast_to(gain[:, None], episodes.actions.shape)[:, learns]
    cells = rows * a + episodes.actions[:, learns]
    # bincount adds in the order of the episodes, whoever else is trained beside them
    raised = np.bincount(cells.ravel(), weights.ravel(), minlength=m * 2 * s * a).reshape(m, 2, s, a)
    found = (raised - policies * raised.sum(axis=-1, keepdims=True)) / g
    if entropy > 0.0:
        visits = np.bincount(rows.ravel(), minlength=m * 2 * s).reshape(m, 2, s, 1)
        found += entropy / rounds * visits / g * entropy_gradient(policies)
    return np.asarray(found)


def entropy_gradient(policies: Array) -> Array:
    """The gradient of the entropy of policies ``[..., A]`` in their logits."""
    logs = np.log(np.maximum(policies, 1e-300))
    return np.asarray(-policies * (logs - (policies * logs).sum(axis=-1, keepdims=True)))


def train_pairs(
    stage: Stage,
    seeds: Sequence[Sequence[int]],
    settings: Settings,
    *,
    symmetries: Sequence[tuple[tuple[int, ...], tuple[int, ...]]] = (),
    partners: Array | None = None,
    progress: Callable[[], None] = lambda: None,
    keep: Sequence[int] = (),
) -> Array:
    """Trains one pair a seed; each comes out the same, whoever is trained beside it.

    Args:
        stage: the game.
        seeds: N keys of random numbers.
        settings: how.
        symmetries: permutations of both players' actions that leave the payoff as it is, for
            ``settings.relabel``.
        partners: ``[N, P, 2, S, A]``: where it is given, players learn beside these, drawn for every episode,
            in either seat, and not beside each other (fictitious co-play).
        progress: called after every update.
        keep: numbers of updates, in [0, steps], after which the policies are kept.

    Returns:
        ``[len(keep) + 1, N, 2, S, A]``: the kept policies, then the last ones.

    Raises:
        ValueError: relabelling without symmetries.
    """
    if settings.relabel and not symmetries:
        raise ValueError(f"{stage.name!r} has no symmetries to relabel by; train without other-play")
    n, g, a = len(seeds), settings.group, len(stage.actions)
    generators = [np.random.default_rng(list(seed)) for seed in seeds]
    shape = (2, stage.n_states, a)
    logits = np.stack([rng.normal(0.0, settings.spread, shape) for rng in generators])
    orders = stage.order_policies(settings.orders) if settings.order_weight > 0.0 else None
    relabellings = np.array(symmetries, dtype=np.int64) if settings.relabel else None
    fixed = np.zeros((0, *shape)) if partners is None else partners.reshape(-1, *shape)
    kept = []
    for step in range(settings.steps):
        if step in keep:
            kept.append(softmax(logits))
        seats, learns = _seating(n, g, generators, None if partners is None else partners.shape[1])
        uniform = np.stack([rng.random((stage.rounds, 2, g)) for rng in generators], axis=2)
        drawn = None
        if relabellings is not None:
            which = np.stack([rng.integers(len(relabellings), size=g) for rng in generators])
            drawn = np.moveaxis(relabellings[which], 2, 0)
        policies = softmax(logits)
        everybody = np.concatenate([policies, fixed])
        episodes = play(stage, everybody, seats, uniform, orders=orders, relabelled=drawn)
        gain = advantages(episodes, settings.order_weight)
        ascent = gradient(everybody, episodes, seats, learns, gain, settings.entropy)
        logits += settings.rate * ascent[:n]
        progress()
    return np.stack([*kept, softmax(logits)])


def _seating(
    n: int, g: int, generators: Sequence[np.random.Generator], partners: int | None
) -> tuple[Indices, NDArray[np.bool_]]:
    """``[2, N, G]`` twice: who sits where, and who of them learns."""
    own = np.broadcast_to(np.arange(n)[:, None], (n, g))
    if partners is None:
        return np.stack([own, own]), np.ones((2, n, g), dtype=bool)
    drawn = np.stack([rng.integers(partners, size=g) for rng in generators])
    others = n + np.arange(n)[:, None] * partners + drawn
    first = np.broadcast_to(np.arange(g) % 2 == 0, (n, g))
    seats = np.stack([np.where(first, own, others), np.where(first, others, own)])
    return seats, np.stack([first, ~first])
