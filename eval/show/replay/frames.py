"""An episode as frames: what the board looked like, and what the players believed and did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atom import Decision
from eval.play import play, seat_players
from eval.tasks import GridTask, OvercookedTask, State

BoardTask = GridTask | OvercookedTask
"""A task with a board to look at."""


@dataclass(frozen=True, slots=True)
class Mind:
    """What one player believes and does at a step.

    Attributes:
        player: its name in the task.
        name: its name in the zoo.
        action: what it does; None when the episode is over.
        order: the order that it acts at, where it has one.
        posterior: order -> probability that the partner has it; empty for players that predict nobody.
        estimate: the partner's estimated order, where there is one.
    """

    player: str
    name: str
    action: str | None
    order: int | None
    posterior: dict[int, float]
    estimate: int | None


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of an episode, or its end.

    Attributes:
        step: steps taken before.
        state: the task's state.
        minds: one for each player, in the order of the seats.
        end: how the episode ended, empty before.
    """

    step: int
    state: State
    minds: tuple[Mind, ...]
    end: str = ""


def frames_of(
    task: BoardTask, names: Sequence[str], *, seed: int = 42, episode: int = 0, epsilon: float = 0.0
) -> list[Frame]:
    """The frames of one episode, its end included.

    Args:
        task: what is played.
        names: one name of the zoo for each seat.
        seed: seed of all random numbers.
        episode: its number, which keys the random numbers.
        epsilon: rate at which everybody lapses to a random action.
    """
    seats = seat_players(task, names, seed=seed, epsilon=epsilon)
    labels = dict(zip(task.players, names, strict=True))
    frames: list[Frame] = []
    state, minds = task.start(), tuple[Mind, ...]()
    for step in play(task, seats, episode):
        minds = tuple(_mind(step.decisions[player], labels[player]) for player in task.players)
        frames.append(Frame(len(frames), step.state, minds))
        state = task.step(step.state, step.actions).state
    finished = bool(task.model.terminal[state["index"]])
    end = f"finished after {len(frames)} steps" if finished else f"not finished after {len(frames)} steps"
    after = tuple(Mind(m.player, m.name, None, m.order, m.posterior, m.estimate) for m in minds)
    return [*frames, Frame(len(frames), state, after, end)]


def _mind(decision: Decision, name: str) -> Mind:
    posterior: dict[int, float] = next(iter(decision.posterior.values()), {})
    estimate = next(iter(decision.estimates.values()), None)
    return Mind(decision.player, name, decision.action, decision.order, posterior, estimate)
