"""Partners in kitchens: the greedy planner of ``overcooked-ai`` (extra: ``overcooked``)."""

from __future__ import annotations

import contextlib
import importlib
import io
from types import SimpleNamespace
from typing import Any, Protocol, TypeGuard, runtime_checkable

from atom import Memory, Reasoner, Situation
from atom.randomness import RandomStream
from partners.base import SimplePartner, Traits
from partners.registry import partner

_SOURCE = "Carroll et al. 2019"
_NAMES = {(0, -1): "up", (0, 1): "down", (-1, 0): "left", (1, 0): "right", (0, 0): "stay"}


@runtime_checkable
class ShowsStates(Protocol):
    """A reasoner that can show a state as the package's own."""

    def real_state(self, index: int) -> Any:
        """The package's state of ``situation.state``."""
        ...


class Kitchen(ShowsStates, Protocol):
    """One of a kitchen."""

    @property
    def mdp(self) -> Any:
        """The package's ``OvercookedGridworld``."""
        ...


def is_kitchen(reasoner: object) -> TypeGuard[Kitchen]:
    """Whether it reasons about a kitchen; told by the method, since the property imports the package."""
    return isinstance(reasoner, ShowsStates)


class GreedyPartner(SimplePartner):
    """Does what seems most urgent by the shortest way (Carroll et al. 2019, ``GreedyHumanModel``).

    High-level choices and motion plans are the package's. Its ``auto_unstuck`` is played here, by the
    same rule with this partner's own random numbers, since the package draws from a global generator.

    Args:
        me: this player's name in situations.
        reasoner: of a kitchen.
        unstuck: whether it takes a random action that would move it, when neither player has moved
            or turned since the last step.
        seed: seed of the random numbers, >= 0.

    Raises:
        ValueError: a task that is no kitchen, or the package is not installed.
    """

    def __init__(self, me: str, reasoner: Reasoner, *, unstuck: bool = False, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not is_kitchen(reasoner):
            raise ValueError("the partner 'greedy' plays Overcooked only, such as the task overcooked")
        self._kitchen = reasoner
        self._unstuck = unstuck
        self._manager: Any = _manager(reasoner)
        self._known: dict[tuple[int, int], Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without the package's planners, which hold modules; they are made again where they are used."""
        return {**self.__dict__, "_manager": None, "_known": {}}

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The planner's action."""
        player = list(situation.actions).index(self.me)
        index = situation.state
        action = self._known.get((player, index))
        if action is None:
            action = self._known[player, index] = self._plan(index, player)
        if self._unstuck and memory.get("last") is not None:
            action = self._get_unstuck(index, memory["last"], player, action, rng)
        return _NAMES.get(action, action), {**memory, "last": index}

    def _plan(self, index: int, player: int) -> Any:
        if self._manager is None:
            self._manager = _manager(self._kitchen)
        agent = _module("agents.agent").GreedyHumanModel(self._manager, auto_unstuck=False)
        agent.set_agent_index(player)
        return agent.action(self._kitchen.real_state(index))[0]

    def _get_unstuck(self, index: int, last: int, player: int, action: Any, rng: RandomStream) -> Any:
        state, before = self._kitchen.real_state(index), self._kitchen.real_state(last)
        if state.players_pos_and_or != before.players_pos_and_or:
            return action
        actions = _module("mdp.actions").Action
        moving = []
        for own in actions.ALL_ACTIONS:
            joint = (own, actions.STAY) if player == 0 else (actions.STAY, own)
            after, _ = self._kitchen.mdp.get_state_transition(state, joint)
            if after.player_positions != before.player_positions:
                moving.append(own)
        return moving[rng.integers(len(moving))] if moving else actions.STAY


@partner(
    "greedy",
    source=_SOURCE,
    traits=Traits(stochastic=False, adaptive=False),
    needs="overcooked",
    plays="kitchens",
)
def greedy(me: str, reasoner: Reasoner, *, seed: int = 0) -> GreedyPartner:
    """The greedy planner of overcooked-ai."""
    return GreedyPartner(me, reasoner, seed=seed)


@partner(
    "greedy-unstuck",
    source=_SOURCE,
    traits=Traits(stochastic=True, adaptive=True),
    needs="overcooked",
    plays="kitchens",
)
def greedy_unstuck(me: str, reasoner: Reasoner, *, seed: int = 0) -> GreedyPartner:
    """The greedy planner of overcooked-ai, moves at random when stuck."""
    return GreedyPartner(me, reasoner, unstuck=True, seed=seed)


def _module(name: str) -> Any:
    return importlib.import_module(f"overcooked_ai_py.{name}")


def _manager(kitchen: Kitchen) -> Any:
    """The package's manager of medium-level actions, without its joint planner, which is not needed.

    The joint planner takes seconds and leaves pickles among the installed packages.
    """
    mdp = kitchen.mdp
    planners = _module("planning.planners")

    class Manager(planners.MediumLevelActionManager):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.mdp = mdp
            self.params = planners.NO_COUNTERS_PARAMS
            self.wait_allowed = False
            self.counter_drop: list[Any] = []
            self.counter_pickup: list[Any] = []
            with contextlib.redirect_stdout(io.StringIO()):
                self.motion_planner = planners.MotionPlanner(mdp)
            self.joint_motion_planner = SimpleNamespace(motion_planner=self.motion_planner)

    return Manager()
