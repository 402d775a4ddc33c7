"""One task after another: a board of parts, what was claimed on it, what was done and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from atom.coding import Change, judged, seen_in
from atom.randomness import RandomStream
from atom.situation import Situation
from eval.coding.pairs import ANN, BEN, SPILL, Pair
from eval.coding.workshop import Workshop

Look = Callable[[], tuple[str, ...]]
"""The parts that the partner is at, read from its branch; whoever calls it waited for that."""


@dataclass(frozen=True, slots=True)
class Board:
    """What both sides see before a task.

    Attributes:
        parts: where a feature can be built, from the one that the ticket names on, round and round.
        claim: what ben said that it will take; None where it said nothing.
        run, task: numbers from 0, of the sequence of tasks and within it.
        history: the parts that were taken before, as they were read.
    """

    parts: tuple[str, ...]
    claim: str | None
    run: int
    task: int
    history: tuple[dict[str, str], ...] = ()

    @property
    def situation(self) -> Situation:
        """The same as players see it."""
        said = "ben says nothing."
        if self.claim is not None:
            said = f"ben says that it will build at {self.claim}."
        description = (
            "ann and ben each build a feature of their own in one repository, at the same time and in "
            "branches of their own. A feature can be built at any of its parts. Where both take the same "
            "part, the branches conflict, or the merge breaks a feature; different parts work.\n\n"
            f"The ticket names the parts in this order: {', '.join(self.parts)}. {said}"
        )
        actions = {ANN: self.parts, BEN: self.parts}
        announced = {} if self.claim is None else {BEN: self.claim}
        return Situation(actions, history=self.history, description=description, announced=announced)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a coder does.

    Attributes:
        part: where it builds.
        looked: whether it waited and looked at the partner's branch first.
        expected: the part that it expected the partner at; None for one that expects nothing.
        reported: whether it no longer believes the partner's promises.
        degraded: whether a language model gave no usable answer, and chance decided.
    """

    part: str
    looked: bool = False
    expected: str | None = None
    reported: bool = False
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What came of a task.

    Attributes:
        passed: whether both features work in the merge as git makes it.
        union: the same where both sides of a conflict are kept.
        conflict: whether git found one.
        choice: what the agent did.
        claim: what the partner claimed; None for nothing.
        theirs: the parts that the partner touched, as they were read from its branch.
        kept: whether it kept its promise, by what was read; None without one.
        failure: why the task failed, see ``failure_of``; None where it passed.
    """

    passed: bool
    union: bool
    conflict: bool
    choice: Choice
    claim: str | None
    theirs: tuple[str, ...]
    kept: bool | None
    failure: str | None


def listed(pair: Pair, seed: int, run: int, task: int) -> tuple[str, ...]:
    """The parts of a pair, from the one that the ticket of a task names."""
    parts = tuple(pair.parts)
    first = int(RandomStream(seed, run, task, pair.name, "ticket").random() * len(parts))
    return parts[first:] + parts[:first]


def touched_parts(pair: Pair, changes: Sequence[Change]) -> tuple[str, ...]:
    """The parts that changes touch, in the pair's order."""
    seen = seen_in(changes, pair.parts)
    did = {} if seen is None else seen.did
    found = {did} if isinstance(did, str) else set(did)
    return tuple(part for part in pair.parts if part in found)


def finished(workshop: Workshop, board: Board, choice: Choice, label: str) -> Task:
    """What comes of a task, once both have built: read from git, merged and tested."""
    pair = workshop.pair
    changes = workshop.changes(BEN, label)
    theirs = touched_parts(pair, changes)
    kept = None if board.claim is None else judged(pair.promise(BEN, board.claim, board.task), changes).kept
    merged = workshop.merged(choice.part, label)
    naive, union = merged.naive, merged.union
    failure = None if naive.passed else failure_of(choice, board.claim, theirs, kept=kept)
    return Task(naive.passed, union.passed, bool(naive.conflicts), choice, board.claim, theirs, kept, failure)


COMMITMENT, COMMUNICATION, EXPECTATION, INTEGRATION = (
    "commitment",
    "communication",
    "expectation",
    "integration",
)
FAILURES = (EXPECTATION, COMMITMENT, COMMUNICATION, INTEGRATION)


def failure_of(choice: Choice, claim: str | None, theirs: Sequence[str], *, kept: bool | None) -> str:
    """Why a task failed, by rule, after the three kinds of Khatua et al. (2026).

    - ``integration``: the two took different parts, and what was merged does not work nevertheless;
    - ``commitment``: the partner promised, and was elsewhere than it promised: what the agent ran into is
      what the promise excluded;
    - ``communication``: the partner promised and kept it, and the agent took that part nevertheless, so that
      the talk changed nothing; or nothing was said, and the agent expected nothing;
    - ``expectation``: the agent expected the partner elsewhere.

    Args:
        choice: what the agent did and expected.
        claim: what the partner claimed.
        theirs: the parts that it touched.
        kept: whether it kept its promise.
    """
    if choice.part not in theirs:
        return INTEGRATION
    if claim is not None and kept is False and choice.part != claim:
        return COMMITMENT
    if claim is not None and choice.part == claim and choice.expected in (None, claim):
        return COMMUNICATION
    return COMMUNICATION if choice.expected is None else EXPECTATION


def part_of(label: str) -> str:
    """The part that an edit is about, whether it spills over or not."""
    return label.removesuffix(SPILL)
