"""Habits: what a partner does after what, counted, whatever its reasons.

A habit is a context and what the partner does there: nothing but how often it took each action, what it
does after its own last action, after the observer's, after both, or which step it takes from one of them,
and which after a good or a bad outcome. Each is predicted from counts before the action is seen, and the
habits are weighed against each other by what they predicted. Together they are *one* hypothesis beside
the theory-of-mind orders: that the partner follows habits and models nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Literal, TypeAlias

from atom.errors import BeliefError
from atom.memories import HabitMemory, LookBack
from atom.observation import Did, chance, likeliest
from atom.policies import Policy, added

Given: TypeAlias = Literal["nothing", "own", "other", "both", "outcome"]
Anchor: TypeAlias = Literal["own", "other"]

MOST_CONTEXTS = 256
"""Contexts that are counted for one habit; the one that was new longest ago is forgotten first."""


_NOTHING: Mapping[str, dict[str, float]] = {}
_NEVER: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Habit:
    """What a partner does in a context: a Dirichlet-multinomial for each.

    ``P(a | c) = (n(a, c) + 1/A) / (n(c) + 1)``, the posterior predictive of the symmetric Dirichlet prior
    whose counts sum to one (Gelman et al. 2013, "Bayesian Data Analysis", section 3.4, with Perks' prior).

    Args:
        name: what it is called.
        words: what a partner's next action then follows from, in words.
        given: the context: ``"nothing"``; the partner's ``"own"`` last action; the ``"other"``'s, which is
            the observer's; ``"both"``; or the ``"outcome"``, which is what the partner got.
        step_from: whose last action the counted steps are taken from, along the order of the legal actions;
            None where actions are counted and not steps.
    """

    name: str
    words: str
    given: Given
    step_from: Anchor | None = None


FREQUENCY = Habit("frequency", "how often it took each action", "nothing")

HABITS = (
    FREQUENCY,
    Habit("step from its own action", "a step from its own last action", "nothing", "own"),
    Habit("step from the other's action", "a step from your last action", "nothing", "other"),
    Habit("after its own action", "its own last action", "own"),
    Habit("after the other's action", "your last action", "other"),
    Habit("after both actions", "both your last actions", "both"),
    Habit("step after the outcome", "what it got last", "outcome", "own"),
)
"""The habits that are looked for. Steps generalise: who goes through its actions in turn, or imitates, is
known after two rounds, and not after one for every action."""


@dataclass(frozen=True, slots=True)
class Habits:
    """The hypothesis that a partner follows one of some habits.

    Args:
        habits: those that are looked for, of different names.
        share: probability in [0, 1) that another habit takes over between two steps: after every action
            the weights are mixed with uniform ones (Herbster and Warmuth 1998).

    Raises:
        BeliefError: no habits, two of one name, or a share out of its range.
    """

    habits: tuple[Habit, ...] = HABITS
    share: float = 0.02

    def __post_init__(self) -> None:
        names = [habit.name for habit in self.habits]
        if not names or len(set(names)) != len(names):
            raise BeliefError(f"habits need names of their own, one at least; got {names}")
        if not 0.0 <= self.share < 1.0:
            raise BeliefError(f"the share lies in [0, 1), got {self.share}")

    def new(self) -> HabitMemory:
        """What is remembered of a partner's habits before anything was observed."""
        return {"weights": [], "counts": {}, "last": [None, None]}

    def predict(self, memory: HabitMemory, actions: Sequence[str], seen: LookBack) -> Policy:
        """What a partner of such habits does next: the mixture of them.

        Args:
            memory: what is remembered.
            actions: the partner's legal actions.
            seen: what it looks back at.
        """
        said = self.each(memory, actions, seen)
        weights = _weights(memory, len(said))
        return {
            action: added(map(mul, weights, column))
            for action, column in zip(actions, zip(*said, strict=True), strict=True)
        }

    def each(self, memory: HabitMemory, actions: Sequence[str], seen: LookBack) -> list[list[float]]:
        """``[H][A]``: what each habit predicts, and then what ``seen`` names besides.

        Uniform where a context was never seen.
        """
        counts, n = memory["counts"], len(actions)
        uniform = [1.0 / n] * n
        said = []
        for habit, context, keys in self._looks(actions, seen):
            known = None if context is None else counts.get(habit.name, _NOTHING).get(context)
            said.append(uniform if known is None or keys is None else _predictive(known, keys))
        further = seen.get("further", [])
        return said + [[policy.get(action, 0.0) for action in actions] for policy in further]

    def _looks(
        self, actions: Sequence[str], seen: LookBack
    ) -> Iterator[tuple[Habit, str | None, Sequence[str] | None]]:
        """Every habit, its context, and under what each action is counted; None where that is not known."""
        own, other, n = seen["own"], seen["other"], len(actions)
        contexts: dict[Given, str | None] = {
            "nothing": "",
            "own": own,
            "other": other,
            "both": None if own is None or other is None else f"{own}\0{other}",
            "outcome": seen.get("outcome"),
        }
        from_own = actions.index(own) if own in actions else None
        keys: dict[Anchor | None, Sequence[str] | None] = {
            None: actions,
            "own": _steps(n, from_own),
            "other": _steps(n, seen["other_index"]),
        }
        for habit in self.habits:
            yield habit, contexts[habit.given], keys[habit.step_from]

    def likeliest(self, memory: HabitMemory) -> Habit | None:
        """The habit that predicted best so far; None before the first action, or where it is none of them."""
        weights = memory["weights"]
        at = weights.index(max(weights)) if weights else len(self.habits)
        return self.habits[at] if at < len(self.habits) else None

    def observed(
        self,
        memory: HabitMemory,
        actions: Sequence[str],
        seen: LookBack,
        did: Did,
        other: str | None,
        *,
        late: bool = False,
    ) -> HabitMemory:
        """What is remembered after the partner acted.

        Args:
            memory: what was remembered.
            actions: its legal actions.
            seen: what it looked back at.
            did: what it did, one of ``actions``, or what it may have done: it then counts by parts.
            other: what the observer did meanwhile; None where that is not known.
            late: whether what it did after that is known already.
        """
        parts = [(did, 1.0)] if isinstance(did, str) else list(did.items())
        places, n = [(actions.index(action), p) for action, p in parts], len(actions)
        before, counts, likely = memory["counts"], dict(memory["counts"]), []
        for habit, context, keys in self._looks(actions, seen):
            if context is None or keys is None:
                likely.append(1.0 / n)
                continue
            known = before.get(habit.name, _NOTHING)
            here = known.get(context, _NEVER)
            said = _predictive(here, keys) if here else None
            likely.append(1.0 / n if said is None else added([p * said[place] for place, p in places]))
            counts[habit.name] = _counted(known, context, here, [(keys[place], p) for place, p in places])
        likely += [chance(policy, did) for policy in seen.get("further", ())]
        weights = list(map(mul, _weights(memory, len(likely)), likely))
        scale, back = (1.0 - self.share) / added(weights), self.share / len(weights)
        last = memory["last"] if late else [likeliest(did), other]
        return {"weights": [scale * w + back for w in weights], "counts": counts, "last": last}


def looked_back(memory: HabitMemory, seen: LookBack, at: int, counted: int | None) -> LookBack:
    """What a partner looked back at when it acted, as far as it is known once that is seen.

    It is ``seen`` itself where that was known before. Several actions at one decision follow each other;
    before one that is seen late others may have come.

    Args:
        memory: what is remembered of its habits.
        seen: what it looked back at, as the decision knew it.
        at: number of the decision at which it acted.
        counted: number of the last decision whose action was counted; None where that is not known.
    """
    if counted is None or (counted == at - 1 and seen["own"] == memory["last"][0]):
        return seen
    found: LookBack = {"own": None, "other": None, "other_index": None}
    if counted in (at - 1, at):
        found["own"] = memory["last"][0]
    if "further" in seen:
        found["further"] = seen["further"]
    return found


def frequencies(memory: HabitMemory | None) -> Mapping[str, float]:
    """Action -> how often the partner took it; empty where nothing was counted."""
    counts = {} if memory is None else memory["counts"].get(FREQUENCY.name, {}).get("", {})
    return {action: float(count) for action, count in counts.items()}


def _weights(memory: HabitMemory, n: int) -> list[float]:
    """``[n]``: the weights, or uniform ones where other things were weighed before."""
    weights = memory["weights"]
    return weights if len(weights) == n else [1.0 / n] * n


def _steps(n: int, base: int | None) -> Sequence[str] | None:
    """``[A]``: how many steps each action is from the one at ``base``, in a circle."""
    return None if base is None else [str((i - base) % n) for i in range(n)]


def _predictive(counts: Mapping[str, float], keys: Sequence[str]) -> list[float]:
    """``[A]``: the posterior predictive; actions that are not legal now have no part in it."""
    found = [counts.get(key, 0.0) for key in keys]
    share, total = 1.0 / len(found), 1.0 + added(found)
    return [(count + share) / total for count in found]


def _counted(
    known: Mapping[str, dict[str, float]],
    context: str,
    here: Mapping[str, float],
    parts: Sequence[tuple[str, float]],
) -> dict[str, dict[str, float]]:
    found = {**known, context: {**here, **{key: _short(here.get(key, 0) + p) for key, p in parts}}}
    if len(found) > MOST_CONTEXTS:
        del found[next(iter(found))]
    return found


def _short(count: float) -> float:
    """The same number, as a whole one where it is: a byte or two in a checkpoint instead of nine."""
    whole = int(count)
    return whole if whole == count else count
