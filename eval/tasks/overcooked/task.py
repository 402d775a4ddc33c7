"""Two cooks who owe one onion soup (paper, Overcooked): the score is the steps until it is served."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from atom import JointAction, TabularModel
from eval.tasks.base import State, Transition
from eval.tasks.maps import MEMORY_BUDGET, STARTS, MapError, check_budget, named, read
from eval.tasks.overcooked.dynamics import ACTIONS, FULL, Kitchen, kitchen
from eval.tasks.overcooked.layout import (
    COUNTER,
    DISHES,
    FLOOR,
    ONIONS,
    POT,
    RING,
    SERVING,
    SMALL,
    Layout,
    parse_layout,
)
from eval.tasks.overcooked.real import package
from eval.tasks.overcooked.reasoner import KitchenReasoner
from eval.tasks.overcooked.table import Table, build_table, needed_bytes
from eval.tasks.tabular import TabularTask

MAX_STEPS = 100
_HELD = ("nothing", "an onion", "a dish", "a soup")
_LARGEST_CODE = (1 << 31) - 1


class OvercookedTask(TabularTask):
    """One soup of three onions in a kitchen; each step until it is served costs 1.

    Args:
        name: as given on the command line.
        text: the layout, one line per row, see ``Layout``, or the text of a ``.layout`` file.
        max_steps: the cap on an episode's length.
        epsilon: lapse rate of the reasoner's policies.
        budget: bytes that the table may take.

    Raises:
        MapError: a layout that cannot be played on, or whose table would exceed the budget.
    """

    def __init__(
        self,
        name: str,
        text: str,
        *,
        max_steps: int = MAX_STEPS,
        epsilon: float = 0.0,
        budget: int = MEMORY_BUDGET,
    ) -> None:
        super().__init__(name, text, max_steps=max_steps, epsilon=epsilon)
        self.layout: Layout = parse_layout(text, f"the layout of {name!r}")
        self.kitchen: Kitchen = kitchen(self.layout)
        check_budget(repr(name), needed_bytes(self.kitchen), budget)
        if self.kitchen.size > _LARGEST_CODE:
            raise MapError(f"the layout of {name!r} has too many states to be numbered; use a smaller one")

    @cached_property
    def table(self) -> Table:
        """All reachable states, built when first used.

        Raises:
            MapError: nothing that the cooks do ever serves a soup.
        """
        return build_table(self.kitchen, f"the layout of {self.name!r}")

    def build(self) -> TabularModel:
        """The table's model."""
        return self.table.model

    @cached_property
    def _reasoner(self) -> KitchenReasoner:
        return KitchenReasoner(self.kitchen, self.table, epsilon=self._epsilon)

    @cached_property
    def optimum(self) -> float | None:
        """The least number of steps in which two cooks who follow one plan can serve."""
        return float(self.reasoner().values[self.model.starts[0]])

    def in_real_environment(self) -> RealOvercookedTask:
        """The same task with its steps taken by ``overcooked-ai``.

        Raises:
            MissingExtraError: the package is not installed.
        """
        task = RealOvercookedTask(self.name, self.text, max_steps=self.max_steps, epsilon=self._epsilon)
        package("mdp.overcooked_mdp")
        return task

    def rules(self) -> str:
        """The rules and the layout in words."""
        first, second = self.players
        floor = str.maketrans(dict.fromkeys(STARTS + FLOOR, "."))
        rows = "\n".join(row.translate(floor) for row in self.layout.map.rows)
        pot = "the pot" if len(self.layout.pots) == 1 else "one of the pots"
        return (
            f"{first} and {second} are cooks in one kitchen and act at the same time. Together they owe one "
            f"soup: {FULL} onions into {pot}, one at a time; start the cooking by interacting with the "
            f"full pot with empty hands; after {self.layout.cook_time} steps take the soup with a dish; "
            "bring it to the serving place. The game ends when it is served, and every step until then costs "
            "both. A cook moves one cell in the direction of its action and faces that way; where the way is "
            "blocked it only turns. 'interact' works on the tile that the cook faces. A cook holds one "
            "thing at a time and cannot put it on a counter. If both would enter the same cell, or would "
            "swap cells, both stay where they are.\n"
            f"Kitchen (. floor, {COUNTER} counter, {ONIONS} onions, {DISHES} dishes, {POT} pot, {SERVING} "
            f"serving place):\n{rows}"
        )

    def positions(self, state: State) -> str:
        """Where the cooks are, what they hold, and how far the soups are, in words."""
        return self.in_words(int(self.table.codes[state["index"]]))

    def in_words(self, code: int) -> str:
        """A state of the kitchen in words."""
        if code == self.kitchen.size:
            return "The soup is served."
        first, second, pots = self.kitchen.unpack(code)
        words = []
        for player, cook in zip(self.players, (first, second), strict=True):
            cell = named(self.layout.map.cells[cook >> 4])
            facing = ("up", "down", "left", "right")[cook >> 2 & 3]
            words.append(f"{player} is at {cell}, faces {facing} and holds {_HELD[cook & 3]}.")
        for place, pot in zip(self.layout.pots, pots, strict=True):
            where = f" at {named(place)}" if len(pots) > 1 else ""
            if pot <= FULL:
                words.append(f"The pot{where} holds {pot} of {FULL} onions and is not cooking.")
            elif pot < self.kitchen.ready:
                words.append(f"The soup{where} is ready in {self.kitchen.ready - pot} steps.")
            else:
                words.append(f"The soup{where} is ready.")
        return " ".join(words)


class RealOvercookedTask(OvercookedTask):
    """``OvercookedTask`` with every step taken by the real package; reasoning stays on the table."""

    def step(self, state: State, actions: JointAction) -> Transition:
        """One step of the real environment; each step costs both players 1."""
        first, second = (ACTIONS.index(actions[player]) for player in self.players)
        code, _ = self._reasoner.real.step(int(self.table.codes[state["index"]]), first, second)
        step = state["step"] + 1
        done = step >= self.max_steps or code == self.kitchen.size
        after = {"index": int(self.table.index[code]), "step": step}
        return Transition(after, dict.fromkeys(self.players, 1.0), done)


def overcooked() -> OvercookedTask:
    """The small symmetric kitchen."""
    return OvercookedTask("overcooked", SMALL)


def overcooked_ring() -> OvercookedTask:
    """The symmetric kitchen with a counter in its middle."""
    return OvercookedTask("overcooked-ring", RING)


def overcooked_from_file(path: Path, name: str) -> OvercookedTask:
    """A kitchen from a text file.

    Raises:
        MapError: the file cannot be read, or the layout cannot be played on.
    """
    return OvercookedTask(name, read(path, "the layout file"))
