"""What episodes are played with, as plain data: tasks, and what players believe with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from atom import Bayes, FixedShare, FollowTheLeader, Hedge, Learner
from atom.belief import AdaHedge, RescorlaWagner, Uniform
from eval.play.unit import Pairing, Unit
from eval.tasks import StoredTask, Task, as_plain, make_task
from partners import NoisyPartner

Materials: TypeAlias = dict[tuple[str, str], Any]
"""(kind, name) -> content; kinds are ``"task"`` and ``"player"``, see ``eval.results.materials``."""

_LEARNERS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (AdaHedge, Bayes, FixedShare, FollowTheLeader, Hedge, RescorlaWagner, Uniform)
}


def materials_of(units: Iterable[Unit]) -> Materials:
    """What is to be stored with the episodes: every task, and every agent on every task.

    Raises:
        ValueError: a player that cannot play its task, or a task whose optimum is no finite number.
    """
    found: Materials = {}
    tasks: dict[str, Task] = {}
    for task, env, agent, partner in dict.fromkeys((u.task, u.env, u.agent, u.partner) for u in units):
        if task not in tasks:
            tasks[task] = make_task(task, env)
            found["task", task] = as_plain(tasks[task])
        if ("player", player_name(task, agent)) not in found:
            found["player", player_name(task, agent)] = _player(tasks[task], agent, partner)
    return found


def player_name(task: str, agent: str) -> str:
    """The name of a player's material: what it believes with may depend on the task."""
    return f"{agent} on {task}"


def stored_task(plain: Mapping[str, Any]) -> StoredTask:
    """A task as it was played.

    Raises:
        ValueError: plain data of something else.
    """
    by_name: Task | None = None
    if plain.get("game") is None:
        try:
            by_name = make_task(str(plain.get("name")))
        except (ValueError, OSError, ModuleNotFoundError):
            by_name = None  # of a package that is not installed here
    return StoredTask(plain, by_name)


def learner_of(task: Task, agent: str, partner: str) -> Learner | None:
    """What an agent learns by on a task, as both are today; None where it holds no belief."""
    try:
        pairing = Pairing(task, agent, partner, 0, seed=0)
    except (ValueError, ModuleNotFoundError):
        return None  # it was played elsewhere, with something that is not installed here
    player = pairing.player.inner if isinstance(pairing.player, NoisyPartner) else pairing.player
    return None if player.beliefs is None else player.beliefs.learner


def stored_learner(plain: Mapping[str, Any]) -> Learner | None:
    """What a player learned by, from its material; None where it held no belief.

    Raises:
        LookupError: its learner is of another package, or of another release.
    """
    settings = plain["learner"]
    if settings is None:
        return None
    try:
        kind = _LEARNERS[settings["class"]]
        return kind(**{name: value for name, value in settings.items() if name != "class"})  # type: ignore[no-any-return]
    except (KeyError, TypeError, ValueError) as error:
        raise LookupError(f"there is no learner like {settings}") from error


def _player(task: Task, agent: str, partner: str) -> dict[str, Any]:
    learner = learner_of(task, agent, partner)
    kind = type(learner).__name__
    settings = asdict(learner) if _LEARNERS.get(kind) is type(learner) else {}  # type: ignore[call-overload]
    return {"name": agent, "learner": None if learner is None else {"class": kind, **settings}}
