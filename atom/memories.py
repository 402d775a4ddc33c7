"""What players remember, as plain data in other people's state: every key is declared here, once.

A memory is JSON-serialisable and never modified in place. ``of_plain`` is the only way from a graph's
state, a checkpoint or a file to the typed record, ``as_plain`` the way back; neither copies anything.
Hypotheses are keyed by their names (see ``atom.belief.hypotheses``), which are texts on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypeAlias, cast

from typing_extensions import TypedDict

from atom.errors import BeliefError
from atom.handed_out import hand_out
from atom.names import Declared

VERSION = 2

Memory: TypeAlias = dict[str, Any]
"""Any player's memory as others see it: plain data to be handed back."""

Weights: TypeAlias = list[Any]
"""A learner's weights as nested lists of floats, such as ``[K]`` or ``[K][L]``."""

Settings: TypeAlias = tuple[int, str, list[str]]
"""What a memory is made by: version, name of the learner's class, names of the hypotheses."""


class LookBack(TypedDict):
    """What a partner of habits looks back at; None or absent where it is not known.

    Attributes:
        own: its last action.
        other: the observer's last action.
        other_index: the place of that among the observer's present legal actions.
        outcome: what the partner got by them, as text.
        further: what it would do at each order if ties were broken in another way.
    """

    own: str | None
    other: str | None
    other_index: int | None
    outcome: NotRequired[str | None]
    further: NotRequired[list[dict[str, float]]]


class HabitMemory(TypedDict):
    """What is remembered of one partner's habits.

    Attributes:
        weights: ``[H]``, the probability of each habit and of what is weighed beside them, summing to 1;
            empty before the first action.
        counts: habit -> context -> action or step -> how often.
        last: the last action of the partner and of the observer; None where it is not known.
    """

    weights: list[float]
    counts: dict[str, dict[str, dict[str, float]]]
    last: list[str | None]


class Expected(TypedDict):
    """What the last decision expected of one partner, to judge its action by.

    Attributes:
        actions: its legal actions.
        policies: hypothesis -> what the partner would do; hypotheses not evaluated are absent.
        seen: what it looked back at; absent where nobody looks for habits.
        counted: whether its action was seen already, and is counted; absent where not.
        views, chances: its view -> policies, or probability; absent where nothing is hidden.
    """

    actions: list[str]
    policies: dict[str, dict[str, float]]
    seen: NotRequired[LookBack]
    counted: NotRequired[bool]
    views: NotRequired[dict[str, dict[str, dict[str, float]]]]
    chances: NotRequired[dict[str, float]]


class Late(TypedDict):
    """What a decision before the last one expected of one partner, for an action that is seen late.

    Attributes:
        expected: as the decision left it.
        order: the ToM order that the observer acted at; None before it had one.
        acted: what the observer did; None where that is not known.
    """

    expected: Expected
    order: int | None
    acted: str | None


class Term(TypedDict):
    """One partner's declaration and the evidence against it.

    Attributes:
        order: the ToM order that it declared, or the name of another hypothesis.
        trust: probability in (0, 1), beforehand, that it keeps its word.
        evidence: alternative -> ``[g, n]``, see ``Contract``.
        broken: number of the observer's decision that first knew of the breach; None while it holds.
    """

    order: Declared
    trust: float
    evidence: dict[str, list[float]]
    broken: int | None


class Turned(TypedDict):
    """A change of a partner that was noticed, see ``atom.decision.Change``."""

    step: int
    before: str
    after: str
    probability: float
    followed: bool


class Track(TypedDict):
    """What is remembered of one partner to notice changes by.

    Attributes:
        then: the learner's weights at the beginning of the window, ``[K][L]``.
        seen: ``[own order, n_actions, [K] likelihoods]`` for every action since.
        probability: that the partner changed within the window, in [0, 1].
        last: the last change that was noticed.
    """

    then: Weights
    seen: list[list[Any]]
    probability: float
    last: Turned | None


class Evidence(TypedDict):
    """What was observed of one partner, as sums that add up over threads (see ``atom.belief.evidence``).

    Attributes:
        observations: how many actions; fractions where old ones count for less.
        log: hypothesis -> log-likelihood of them all, one number for each lapse rate of the grid.
    """

    observations: float
    log: dict[str, list[float]]


class PartnerMemory(TypedDict):
    """What an adaptive agent remembers of one partner.

    Attributes:
        weights: the learner's.
        estimate: the hypothesis that is kept while actions support it; None to take a new one.
        expected: what the last decision expected; None once the action was seen.
        contract: its declaration; None where it declared nothing.
        change: to notice changes by; None where nobody looks.
        evidence: sums for a Store, since it was last asked; None where nobody keeps them.
        recalled: how many observations a Store knew of when the partner was met; None before it was asked.
        habits: counts of what it did after what; absent where nobody looks, and before the first action.
        explained: probability, in [0, 1], that what is believed explains it; absent before the first action.
        late: number of a decision, as text -> what it expected, of those whose action may yet be seen.
        counted: number of the last decision whose action was counted; absent before the first.
        place: number of the leaf of a Store that its evidence is in (``atom.graph.sums``); absent before.
        written: the sums that are there; absent before.
        set_aside: what was damaged or could not be learned, until a decision says so; absent for nothing.
    """

    weights: Weights
    estimate: str | None
    expected: Expected | None
    contract: Term | None
    change: Track | None
    evidence: Evidence | None
    recalled: float | None
    habits: NotRequired[HabitMemory]
    explained: NotRequired[float]
    late: NotRequired[dict[str, Late]]
    counted: NotRequired[int]
    place: NotRequired[int]
    written: NotRequired[Evidence]
    set_aside: NotRequired[str]


class Told(TypedDict):
    """What a middleware told a model and what came of it, and which messages it or a node has read.

    Of a node that reads messages it has ``read`` and ``seen``; the rest is empty.

    Attributes:
        text: the words that the system message had.
        decision: the decision that they say, as ``Decision.as_plain`` gives it.
        taken: the legal action that the model's latest answer names, before anybody edits or rejects it;
            None while it names none.
        problems: what could not be read or counted, one sentence each.
        read: id of the last message that was read.
        seen: ids of all messages that were there then.
        own: ids of the model's own messages since, where their name does not say so.
        done: what it did on the prediction before this one, as people edited it; None where not known.
    """

    text: str
    decision: dict[str, Any]
    taken: str | None
    problems: list[str]
    read: str | None
    seen: NotRequired[list[str]]
    own: NotRequired[list[str]]
    done: NotRequired[str | None]


class PlayerMemory(TypedDict):
    """What an adaptive agent remembers.

    Attributes:
        version: of this form.
        learner: name of the learner's class.
        hypotheses: names of the hypotheses about a partner, in the learner's order.
        episode: number of the episode; keys the random numbers.
        step: number of the next decision.
        order: the ToM order of the last decision that had one; None before the first.
        acted: the action of the last decision; absent where nobody looks for habits.
        partners: partner -> what is remembered of it.
        declares: the order that this player declared, absent or None where it declared none.
        checked: the last decision that evaluated all hypotheses; None after a surprise.
        spent: what the episode cost so far, where a budget counts that.
        writer: this thread's name in the Store, and since when, ``"KEY@SECONDS"``, for a day; or absent.
        published: whether the Store has the player's declaration.
        told: what a middleware told the model, and which messages it or a node has read.
        revised: partner -> how often a graph changed its record since the decision; own name -> the rest.
    """

    version: int
    learner: str
    hypotheses: list[str]
    episode: int
    step: int
    order: int | None
    partners: dict[str, PartnerMemory]
    acted: NotRequired[str]
    declares: NotRequired[int | None]
    checked: NotRequired[int | None]
    spent: NotRequired[dict[str, Any]]
    writer: NotRequired[str]
    published: NotRequired[bool]
    told: NotRequired[Told]
    revised: NotRequired[dict[str, int]]


def opening(episode: int) -> Memory:
    """The memory of a player that keeps nothing else, at the beginning of an episode."""
    return {"version": VERSION, "episode": episode, "step": 0}


def new_partner(
    weights: Weights, contract: Term | None = None, evidence: Evidence | None = None
) -> PartnerMemory:
    """What is remembered of a partner of whom nothing was seen."""
    return {
        "weights": weights,
        "estimate": None,
        "expected": None,
        "contract": contract,
        "change": None,
        "evidence": evidence,
        "recalled": None,
    }


def expected_of(partners: Mapping[str, PartnerMemory]) -> list[str]:
    """The partners whose action is waited for."""
    return [name for name, record in partners.items() if record["expected"] is not None]


def is_new(memory: Mapping[str, Any]) -> bool:
    """Whether nothing but a declaration is known of a player, so that it has yet to begin."""
    return memory.keys() <= {"declares"}


def up_to_date(memory: Mapping[str, Any], me: str) -> Mapping[str, Any]:
    """A memory in today's form: one of version 1 is brought to it, with empty weights where it had none.

    Args:
        memory: plain data, as ``as_plain`` gave it.
        me: whose it is, for the error.

    Raises:
        BeliefError: it is of version 1 and not whole.
    """
    return _from_version_1(memory, me) if memory.get("version") == 1 else memory


def of_plain(memory: Mapping[str, Any], me: str, settings: Settings) -> PlayerMemory:
    """An adaptive agent's memory, typed.

    Args:
        memory: plain data of today's form.
        me: whose it is, for the error.
        settings: what it must have been made by.

    Raises:
        BeliefError: it was made with other hypotheses, another learner, or another version that cannot
            be brought up to date.
    """
    if (found := tuple(map(memory.get, ("version", "learner", "hypotheses")))) != settings:
        raise BeliefError(
            f"the memory of {me!r} has (version, learner, hypotheses) = {found}, this agent has {settings}; "
            "begin a new one with start(partners), or use the settings that made it"
        )
    return cast("PlayerMemory", memory)


def as_plain(memory: PlayerMemory) -> Memory:
    """The memory as others see it: the same object."""
    return cast("Memory", hand_out(memory))


_VERSION_1 = {"version", "learner", "orders", "episode", "step", "order", "estimates", "belief", "pending"}


def _from_version_1(memory: Mapping[str, Any], me: str) -> Memory:
    """Version 1 kept what it knew of partners under one key for each thing, and named orders by numbers."""
    if missing := sorted(_VERSION_1 - memory.keys()):
        raise BeliefError(
            f"the memory of {me!r} is of version 1 and lacks {missing}, so that it cannot be brought to "
            f"version {VERSION}; begin a new one with start(partners)"
        )
    carried = ("learner", "episode", "step", "order", "declares", "checked", "spent", "writer", "told")
    kept = {key: memory[key] for key in carried if key in memory}
    if "declared" in memory:
        kept["published"] = memory["declared"]
    names = {*memory["belief"], *(memory["pending"] or {}), *memory.get("contracts", {})}
    return {
        "version": VERSION,
        **kept,
        "hypotheses": [str(order) for order in memory["orders"]],
        "partners": {name: _partner_from_version_1(memory, name) for name in sorted(names)},
    }


def _partner_from_version_1(memory: Mapping[str, Any], partner: str) -> PartnerMemory:
    estimate = memory["estimates"].get(partner)
    evidence = memory.get("evidence", {}).get(partner)
    if evidence is None and "writer" in memory:  # nothing was observed yet, and what will be is to be kept
        evidence = {"observations": 0, "log": {}}
    track = memory.get("changes", {}).get(partner)
    if track is not None and track["last"] is not None:
        last = track["last"]
        track = {**track, "last": {**last, "before": str(last["before"]), "after": str(last["after"])}}
    return {
        "weights": memory["belief"].get(partner) or [],
        "estimate": None if estimate is None else str(estimate),
        "expected": (memory["pending"] or {}).get(partner),
        "contract": memory.get("contracts", {}).get(partner),
        "change": track,
        "evidence": evidence,
        "recalled": memory.get("recalled", {}).get(partner),
    }
