"""Reasoning on a kitchen's table, with the real kitchen at hand for partners that need it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from atom import TabularReasoner
from eval.tasks.overcooked.dynamics import Kitchen
from eval.tasks.overcooked.real import RealKitchen
from eval.tasks.overcooked.table import Table


class KitchenReasoner(TabularReasoner):
    """A ``TabularReasoner`` that can show its states as those of ``overcooked-ai``.

    Args:
        kitchen: the kitchen that the table was made of.
        table: its states.
        epsilon: see ``TabularReasoner``.
    """

    def __init__(self, kitchen: Kitchen, table: Table, *, epsilon: float = 0.0) -> None:
        super().__init__(table.model, epsilon=epsilon)
        self._kitchen = kitchen
        self._codes = table.codes

    def __getstate__(self) -> dict[str, Any]:
        """Without the real kitchen, which holds modules; it is made again where it is used."""
        return {name: value for name, value in self.__dict__.items() if name != "real"}

    @cached_property
    def real(self) -> RealKitchen:
        """The real kitchen, made when first used.

        Raises:
            MissingExtraError: the package is not installed.
        """
        return RealKitchen(self._kitchen)

    @property
    def mdp(self) -> Any:
        """The package's ``OvercookedGridworld``."""
        return self.real.mdp

    def real_state(self, index: int) -> Any:
        """The package's state of a state of the model that is not its end."""
        return self.real.state(int(self._codes[index]))
