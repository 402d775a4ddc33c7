"""k-ToM agents of the package tomsup as partners (extra ``tomsup``), in games of two actions each.

They are another theory of theory of mind: k-ToM agents hold a belief over *all* lower levels and
learn its parameters (Devaine, Hollard and Daunizeau 2014), where a ToM-k agent of this package takes
its partner to be ToM-(k-1). So their level is declared in the name, and not as an order.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atom import JointAction, Memory, NormalFormReasoner, Reasoner, Situation, SituationError
from atom.randomness import RandomStream
from partners.base import SimplePartner, Traits
from partners.registry import partner

_PARAMETERS = {"volatility": -2.0, "b_temp": -1.0, "bias": 0.0}


@partner(
    "tomsup",
    source="Devaine et al. 2014; tomsup",
    argument="LEVEL",
    default="1",
    reads=lambda text: (int(text),),
    needs="tomsup",
    plays="2x2",
)
class TomsupPartner(SimplePartner):
    """k-ToM agent of the package tomsup (games of 2 x 2).

    With the package's default parameters; its choices are drawn from our generators.

    Args:
        me: this player's name in situations.
        reasoner: exact reasoner of a game of two players with two actions each.
        level: the agent's level of sophistication, 0 to 5.
        seed: seed of the random numbers, >= 0.

    Raises:
        ModuleNotFoundError: tomsup is not installed; the message says how to.
        SituationError: another kind of reasoner, or a larger game.
        ValueError: a level out of range.
    """

    traits = Traits(stochastic=True, adaptive=True)

    def __init__(self, me: str, reasoner: Reasoner, level: int, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not 0 <= level <= 5:
            raise ValueError(f"a tomsup agent's level lies between 0 and 5, got {level}")
        if not isinstance(reasoner, NormalFormReasoner) or reasoner.payoffs.shape != (2, 2, 2):
            raise SituationError(
                "tomsup agents play normal-form games of two players with two actions each, such as memory-1"
            )
        self.level = level
        _ktom_functions()  # say so now if the package is missing
        self._payoffs = reasoner.payoffs

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """A draw from the probability that the k-ToM agent gives to its second action."""
        states = self._states(memory)
        seat = list(situation.actions).index(self.me)
        log_odds, _ = _ktom_functions().decision_function(
            states, _PARAMETERS, seat, self.level, self._matrix()
        )
        second = rng.random() < 1.0 / (1.0 + np.exp(-log_odds))
        legal = situation.legal(self.me)
        actions = [list(own) for own in situation.actions.values()]
        return legal[int(second)], {**memory, "own": legal[int(second)], "seat": seat, "actions": actions}

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The k-ToM agent learns from the joint action."""
        seat, legal = memory.get("seat"), memory.get("actions")
        partner = next((action for player, action in actions.items() if player != self.me), None)
        if seat is None or legal is None or partner is None:
            return memory
        states = _ktom_functions().learning_function(
            self._states(memory),
            _PARAMETERS,
            legal[seat].index(memory["own"]),
            legal[1 - seat].index(partner),
            self.level,
            seat,
            self._matrix(),
        )
        return {**memory, "states": _plain(states)}

    def _states(self, memory: Memory) -> Any:
        if "states" in memory:
            return _arrays(memory["states"])
        return _ktom_functions().init_k_tom(_PARAMETERS, self.level, priors="default")

    def _matrix(self) -> Any:
        package = importlib.import_module("tomsup")
        return package.PayoffMatrix(name="custom", predefined=own_action_first(self._payoffs))


def own_action_first(payoffs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The payoffs as tomsup's k-ToM agents read them.

    A ``PayoffMatrix`` names its axes agent, choice of agent 0, choice of agent 1. But ``expected_payoff_fun``
    of tomsup 1.4.1, through which every k-ToM agent decides and simulates its opponent, passes the
    agent's *own* choice first whichever agent it is. So the second agent's payoffs have to stand with its
    own choice first.

    Args:
        payoffs: ``[2, 2, 2]``: seat, action of the first seat, action of the second.

    Returns:
        ``[2, 2, 2]``: seat, its own action, the other's.
    """
    return np.stack([payoffs[0], payoffs[1].T])


def _ktom_functions() -> ModuleType:
    try:
        return importlib.import_module("tomsup.ktom_functions")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the partners tomsup:K need the package tomsup: pip install 'langgraph-atom[tomsup]'"
        ) from error


def _plain(states: Any) -> Any:
    """Nested states as JSON-serialisable data."""
    if isinstance(states, dict):
        return {str(key): _plain(value) for key, value in states.items()}
    if isinstance(states, np.ndarray | np.generic):
        return states.tolist()
    return states


def _arrays(states: Any) -> Any:
    """What tomsup expects: arrays for lists, and integer keys for the simulated levels."""
    if isinstance(states, dict):
        return {int(key) if key.isdigit() else key: _arrays(value) for key, value in states.items()}
    return np.asarray(states) if isinstance(states, list) else states
