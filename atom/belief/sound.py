"""Whether what is remembered of a partner can be gone on with: numbers that are numbers, in their ranges.

Memories come from checkpoints, Stores, files and other people's code. One weight that is NaN would poison
a belief for ever, so each record is looked at where it enters.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from atom.belief.contract import Contract
from atom.belief.evidence import LAPSES
from atom.belief.learners import Bayes, Learner
from atom.errors import BeliefError, warn_once
from atom.handed_out import is_own
from atom.memories import Expected, PartnerMemory, PlayerMemory, Term, Weights
from atom.policies import is_distribution

_log = logging.getLogger(__name__)

_ROUNDING = 1e-6
_MOST_STEPS = 2**53
_SHAPE = "its weights are not of the learner's shape"
_ODD = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError)


class _Believes(Protocol):
    """What is needed of ``Beliefs``."""

    @property
    def learner(self) -> Learner: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def strict(self) -> bool: ...
    @property
    def exact(self) -> bool: ...
    @property
    def contract(self) -> Contract | None: ...
    def new(self, contract: Term | None = None, *, kept: bool = False) -> PartnerMemory: ...


def sound(beliefs: _Believes, memory: PlayerMemory, me: str) -> PlayerMemory:
    """The memory; records that nobody can go on with begin anew, which is said once.

    Args:
        beliefs: by which it was made.
        memory: of today's form.
        me: whose it is.

    Raises:
        BeliefError: there is such a record, and ``beliefs.strict``; or the memory as a whole is damaged.
    """
    if is_own(memory):
        return memory
    if flaw := _flaw_of_memory(memory):
        raise BeliefError(f"the memory of {me!r} is damaged: {flaw}; begin a new one with start(partners)")
    learner, names = beliefs.learner, beliefs.names
    flaws = {}
    for partner, record in memory["partners"].items():
        flaw = flaw_of(record, learner, names)
        if flaw is not None:
            flaws[partner] = flaw
    if not flaws:
        return memory
    partners, terms = dict(memory["partners"]), {}
    if beliefs.contract is not None:
        terms = beliefs.contract.opening(me, names)
    for partner, flaw in flaws.items():
        if beliefs.strict:
            raise BeliefError(f"what {me!r} remembers of {partner!r} is damaged: {flaw}")
        _say(me, partner, flaw)
        anew = beliefs.new(terms.get(partner), kept="writer" in memory)
        expected = _sound_expected(memory["partners"][partner], names)
        partners[partner] = {**anew, "expected": expected, "set_aside": f"what was remembered: {flaw}"}
    return {**memory, "partners": partners}


def learned(
    beliefs: _Believes, partner: str, before: PartnerMemory, weights: Weights
) -> tuple[PartnerMemory, Weights]:
    """A learner's new weights; those of before, and what is wrong, where the new ones are no belief.

    Those of this package's own learners are one, and not looked at.

    Args:
        beliefs: by which they were made.
        partner: of whom.
        before: what was remembered of it.
        weights: as the learner returned them.

    Returns:
        What is remembered of the partner, with its old weights, and the weights to go on with.

    Raises:
        BeliefError: the weights are no belief, and ``beliefs.strict``.
    """
    flaw = None if beliefs.exact else flaw_of_weights(weights, beliefs.learner, len(beliefs.names))
    if flaw is None:
        return before, weights
    flaw = f"what {type(beliefs.learner).__name__} made of an observation: {flaw}"
    if beliefs.strict:
        raise BeliefError(f"{flaw} (of {partner!r})")
    warn_once(_log, (flaw, ""), "%s; it is set aside, and the belief about %r stays", flaw, partner)
    return {**before, "set_aside": flaw}, before["weights"]


def flaw_of_weights(weights: Any, learner: Learner, k: int) -> str | None:
    """What is wrong with the weights of a learner over ``k`` hypotheses, in a few words; None for nothing."""
    try:
        return _flaw_of_weights(weights, learner, k)
    except _ODD:
        return "its weights are not whole"


def _sound_expected(record: Any, names: tuple[str, ...]) -> Expected | None:
    """What a damaged record expected, if that is whole: what the partner did then is learned from."""
    try:
        expected: Expected | None = record["expected"]
        return None if _flaw_of_expected(expected, names) else expected
    except _ODD:
        return None


def flaw_of(record: Any, learner: Learner, names: tuple[str, ...]) -> str | None:
    """What is wrong with a record, in a few words; None for nothing.

    Args:
        record: of one partner, as it is in a memory.
        learner: whose weights it has.
        names: of the hypotheses.
    """
    try:
        return (
            _flaw_of_weights(record["weights"], learner, len(names))
            or _flaw_of_numbers(record, names)
            or _flaw_of_expected(record["expected"], names)
            or _flaw_of_late(record, names)
            or _flaw_of_habits(record.get("habits"))
            or _flaw_of_term(record["contract"])
            or _flaw_of_track(record["change"], len(names))
        )
    except _ODD:
        return "it is not whole"


def _flaw_of_memory(memory: Mapping[str, Any]) -> str | None:
    """What is wrong with a memory beside its records, so that nobody can go on with it; None for nothing."""
    for name, least in (("episode", None), ("step", 0)):
        value = memory.get(name)
        if type(value) is not int or not (-_MOST_STEPS if least is None else least) <= value < _MOST_STEPS:
            return f"its {name} is no number of one"
    for name in ("order", "declares", "checked"):
        value = memory.get(name)
        if value is not None and not (type(value) is int and -1 <= value < _MOST_STEPS):
            return f"its {name} is no number of one"
    partners = memory.get("partners")
    if "order" not in memory:
        return "its order is missing"
    if not isinstance(partners, Mapping) or not all(type(name) is str for name in partners):
        return "its partners are none"
    if not isinstance(memory.get("acted", ""), str) or not isinstance(memory.get("spent", {}), Mapping):
        return "what it did or spent is none"
    return None


def _say(me: str, partner: str, flaw: str) -> None:
    """Warns, once for each pair, that a belief begins anew."""
    words = "what %r remembers of %r is set aside, and begins anew: %s"
    warn_once(_log, (me, partner), words, me, partner, flaw)


def say_damaged(partner: str, key: str) -> None:
    """Warns, once for each partner, that an item of a Store is set aside."""
    words = "an item of the Store about %r is damaged (%s) and is set aside"
    warn_once(_log, ("", partner), words, partner, key)


def _flaw_of_weights(weights: Any, learner: Learner, k: int) -> str | None:
    if not isinstance(learner, Bayes):
        if not all(map(math.isfinite, _flat(weights))):
            return "a weight is no finite number"
        believed = learner.probabilities(weights)
        if len(believed) != k:
            return _SHAPE
        is_belief = min(believed) >= 0.0 and abs(sum(believed) - 1.0) < _ROUNDING
        return None if is_belief else "its weights are no belief"
    # another number of lapse rates in every row is another learner's belief, refused where it is used
    width = len(weights[0])
    if len(weights) != k or any(len(row) != width for row in weights):
        return _SHAPE
    sums = list(map(sum, weights))
    # a comparison with NaN is false, whichever it is
    if not all(min(row) >= 0.0 < of_row for row, of_row in zip(weights, sums, strict=True)):
        return "a weight is no probability"
    return None if -_ROUNDING < sum(sums) - 1.0 < _ROUNDING else "its weights do not sum to 1"


def _flaw_of_numbers(record: Any, names: tuple[str, ...]) -> str | None:
    estimate, recalled = record["estimate"], record["recalled"]
    if estimate is not None and estimate not in names:
        return "its estimate is none of the hypotheses"
    if not 0.0 <= record.get("explained", 0.5) <= 1.0:
        return "how far it is explained is no probability"
    if recalled is not None and not math.isfinite(recalled):
        return "how much was recalled is no number"
    numbers = record.get("counted", 0), record.get("place", 0)
    if not (all(type(number) is int for number in numbers) and _are_names(record.get("set_aside"))):
        return "the number of a decision or a place is none, or what was set aside is no text"
    for sums in (record["evidence"], record.get("written")):
        if sums is not None and not is_evidence(sums):
            return "its evidence is none"
    return None


def _flaw_of_late(record: Any, names: tuple[str, ...]) -> str | None:
    for at, late in record.get("late", {}).items():
        int(at)
        if late["order"] is not None and type(late["order"]) is not int:
            return "what was expected of it before is none"
        if flaw := _flaw_of_expected(late["expected"], names):
            return flaw
    return None


def _flaw_of_expected(expected: Any, names: tuple[str, ...]) -> str | None:
    if expected is None:
        return None
    actions = expected["actions"]
    if type(actions) is not list or not actions or not all(type(action) is str for action in actions):
        return "the actions that it waits for are none"
    return (
        _flaw_of_policies(expected["policies"], names)
        or _flaw_of_views(expected, names)
        or _flaw_of_look(expected.get("seen"))
    )


def _flaw_of_policies(policies: Any, names: tuple[str, ...]) -> str | None:
    for name, policy in policies.items():
        values = policy.values()
        if name not in names or (values and not (min(values) >= 0.0 and sum(values) < 1.0 + _ROUNDING)):
            return f"what it expects of {name!r} is no distribution"
    return None


def _flaw_of_views(expected: Any, names: tuple[str, ...]) -> str | None:
    if "views" not in expected and "chances" not in expected:
        return None
    views, chances = expected["views"], expected["chances"]
    kinds = {frozenset(policies) for policies in views.values()}
    if views.keys() != chances.keys() or len(kinds) != 1 or not is_distribution(chances):
        return "what it may have seen is none"
    return next((flaw for p in views.values() if (flaw := _flaw_of_policies(p, names))), None)


def _flaw_of_look(seen: Any) -> str | None:
    if seen is None:
        return None
    index = seen["other_index"]
    are_names = _are_names(seen["own"], seen["other"], seen.get("outcome"))
    if not (are_names and (index is None or type(index) is int)):
        return "what it looked back at is none"
    are_policies = all(is_distribution(policy) for policy in seen.get("further", ()))
    return None if are_policies else "what it looked back at is no distribution"


def _flaw_of_habits(habits: Any) -> str | None:
    if habits is None:
        return None
    weights = habits["weights"]
    if type(weights) is not list or type(habits["last"]) is not list:
        return "what is known of habits is none"
    if weights and not (min(weights) >= 0.0 and abs(sum(weights) - 1.0) < _ROUNDING):
        return "the weights of habits do not sum to 1"
    for contexts in habits["counts"].values():
        for counts in contexts.values():
            values = counts.values()
            if values and not (min(values) >= 0.0 and sum(values) < math.inf):
                return "a count of habits is none"
    last = habits["last"]
    if len(last) != 2 or not _are_names(*last):
        return "the last actions of habits are none"
    return None


def _flaw_of_term(term: Any) -> str | None:
    if term is None:
        return None
    pairs = list(term["evidence"].values())
    if not pairs or not all(len(p) == 2 and 0.0 <= p[0] < math.inf and 0 <= p[1] < math.inf for p in pairs):
        return "the evidence about its declaration is none"
    is_step = term["broken"] is None or type(term["broken"]) is int
    if type(term["order"]) not in (int, str) or not 0.0 < term["trust"] < 1.0 or not is_step:
        return "its declaration is none"
    return None


def _flaw_of_track(track: Any, k: int) -> str | None:
    if track is None:
        return None
    then = list(_flat(track["then"]))
    if (
        len(then) != k * len(track["then"][0])
        or len({len(row) for row in track["then"]}) != 1
        or not all(0.0 <= weight < math.inf for weight in then)
        or not sum(then) > 0.0
    ):
        return "what changes are noticed by has weights that are none"
    for own, n_actions, likelihoods in track["seen"]:
        is_known = own is None or type(own) is int
        is_likely = len(likelihoods) == k and all(0.0 <= p <= 1.0 + _ROUNDING for p in likelihoods)
        if not (is_known and is_likely and type(n_actions) is int and n_actions >= 1):
            return "what changes are noticed by has likelihoods that are none"
    last = track["last"]
    is_change = last is None or (last.keys() == _TURNED and 0.0 <= last["probability"] <= 1.0)
    return None if is_change and 0.0 <= track["probability"] <= 1.0 else "the last change is none"


_TURNED = {"step", "before", "after", "probability", "followed"}


def is_evidence(sums: Any) -> bool:
    """Whether something is evidence as ``atom.belief.evidence`` has it: finite numbers of the right shape."""
    try:
        if not 0.0 <= sums["observations"] < _MOST_STEPS:
            return False
        return all(
            type(name) is str
            and len(column) == len(LAPSES)
            and all(-math.inf < log <= _ROUNDING for log in column)
            for name, column in sums["log"].items()
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _are_names(*names: Any) -> bool:
    return all(name is None or type(name) is str for name in names)


def _flat(weights: Iterable[Any]) -> Iterable[float]:
    for weight in weights:
        if isinstance(weight, list):
            yield from weight
        else:
            yield weight
