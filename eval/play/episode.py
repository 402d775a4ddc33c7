"""Episodes as pure functions of a task, a player for every seat, a seed and a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from atom import Decision, JointAction, Player, Situation
from atom.agents.player import Believer
from atom.policies import added
from eval.play.seats import told_names
from eval.tasks import State, Task
from eval.tasks.base import shown_after
from partners import NoisyPartner, make_partner


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an episode.

    Attributes:
        state: the state before the step.
        situation: what all players saw.
        decisions: player -> what it decided and why.
        scores: player -> what the step added to its score.
    """

    state: State
    situation: Situation
    decisions: Mapping[str, Decision]
    scores: Mapping[str, float]

    @property
    def actions(self) -> dict[str, str]:
        """The joint action."""
        return {player: decision.action for player, decision in self.decisions.items()}


def seat_players(task: Task, names: Sequence[str], *, seed: int, epsilon: float = 0.0) -> dict[str, Player]:
    """A player for every seat of a task.

    Args:
        task: the task to be played.
        names: one name of the zoo for each seat, in the order of ``task.players``.
        seed: seed of all random numbers, >= 0.
        epsilon: the rate, in [0, 1], at which every player lapses to a random action.

    Returns:
        player -> who sits there.

    Raises:
        UnknownNameError: a name that is not in the zoo.
        ValueError: another number of names than of seats.
    """
    if len(names) != len(task.players):
        raise ValueError(f"{task.name} has {len(task.players)} seats, got the players {list(names)}")
    seats: dict[str, Player] = {}
    for me, name in zip(task.players, told_names(names), strict=True):
        player = make_partner(name, me, task.reasoner(), seed=seed)
        seats[me] = NoisyPartner(player, epsilon, seed=seed) if epsilon > 0.0 else player
    return seats


def play(task: Task, seats: Mapping[str, Player], episode: int) -> Iterator[Step]:
    """The steps of one episode, as they happen.

    Args:
        task: the task to be played.
        seats: player -> who sits there, as made by ``seat_players``.
        episode: the number of the episode; it keys the random numbers.
    """
    memories = {
        me: player.start([other for other in seats if other != me], episode=episode)
        for me, player in seats.items()
    }
    state = task.start()
    done = False
    while not done:
        situation = task.situation(state)
        decisions: dict[str, Decision] = {}
        for group in situation.groups:
            seen = acted(situation, decisions)
            for me in group:
                decisions[me], memories[me] = seats[me].decide(seen.known_to(me), memories[me])
        actions: JointAction = {me: decision.action for me, decision in decisions.items()}
        seen_after = shown_after(task, situation, actions)
        for me, player in seats.items():
            if player.beliefs is None:
                memories[me] = player.observe(memories[me], situation.known_to(me), actions)
            else:
                believer = cast("Believer", player)
                memories[me] = believer.observe(memories[me], situation.known_to(me), seen_after)
        transition = task.step(state, actions)
        yield Step(state, situation, decisions, transition.scores)
        state, done = transition.state, transition.done


def acted(situation: Situation, decisions: Mapping[str, Decision]) -> Situation:
    """The situation of a step once some have decided, for those whose turn it is then."""
    if situation.at_once or not decisions:
        return situation
    return situation.after({me: decision.action for me, decision in decisions.items()})


def total_scores(task: Task, scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Player -> sum of its scores over the steps of an episode."""
    return {player: added(step[player] for step in scores) for player in task.players}
