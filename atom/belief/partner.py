"""One partner: the whole way from an action that was observed to a new belief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import mul

from atom.belief import evidence
from atom.belief.beliefs import Beliefs
from atom.belief.explained import PRIOR, explained
from atom.belief.habits import looked_back
from atom.belief.impute import impute
from atom.belief.learners import Bayes
from atom.belief.sound import learned
from atom.errors import BeliefError, SituationError
from atom.memories import Expected, LookBack, PartnerMemory, Weights
from atom.observation import Did, chance
from atom.policies import Policy, added, mixture
from atom.situation import check_legal

_TOLERANCE = 1e-12


def expecting(
    record: PartnerMemory,
    estimate: str | None,
    actions: Sequence[str],
    policies: Mapping[str, Policy],
    seen: LookBack | None = None,
) -> PartnerMemory:
    """What is remembered of a partner after a decision, to judge its action by.

    Args:
        record: what was remembered.
        estimate: the hypothesis that it is taken for.
        actions: its legal actions.
        policies: hypothesis -> what such a partner would do.
        seen: what it looks back at, where its habits are followed.
    """
    plain = {name: dict(policy) for name, policy in policies.items()}
    expected: Expected = {"actions": list(actions), "policies": plain}
    if seen is not None:
        expected["seen"] = seen
    found: PartnerMemory = {**record, "estimate": estimate, "expected": expected}
    if "set_aside" in found:  # the decision said so
        del found["set_aside"]
    return found


def surprise(beliefs: Beliefs, record: PartnerMemory, did: Did) -> bool:
    """Whether the evaluated hypotheses together gave an action less probability than chance."""
    expected = record["expected"]
    if expected is None or not expected["policies"]:
        return False
    _, mean = impute(expected["policies"], beliefs.probabilities(record), did)
    return mean < 1.0 / len(expected["actions"])


def observed(
    beliefs: Beliefs,
    record: PartnerMemory,
    partner: str,
    did: Did,
    *,
    own: int | None,
    step: int,
    at: int,
    other: str | None = None,
) -> PartnerMemory:
    """What is remembered of a partner after it acted: the way from an action to a posterior.

    Args:
        beliefs: what the observer believes by.
        record: what was remembered, with what the last decision expected.
        partner: its name.
        did: what it did, or what it may have done, see ``atom.observation``.
        own: the ToM order that the observer acted at.
        step: number of the observer's next decision.
        at: number of the decision at which the partner acted.
        other: what the observer did meanwhile; None where that is not known.

    Raises:
        IllegalActionError: an action that the partner did not have.
    """
    expected = record["expected"]
    if expected is None:
        return record
    n_actions = len(expected["actions"])
    policies, looked = _then(beliefs, record, expected, at)
    for action in did if isinstance(did, Mapping) else (did,):
        check_legal(partner, action, expected["actions"])
    counted = max(at, record.get("counted", at))
    if not policies:
        return {**record, "expected": None, "counted": counted}
    likelihoods = _likelihoods(beliefs, record, policies, did)
    before, believed = record["weights"], beliefs.probabilities(record)
    after = beliefs.learner.update(before, likelihoods, n_actions)
    record, after = learned(beliefs, partner, record, after)
    estimate = record["estimate"]
    if estimate is not None and not _supported(beliefs, estimate, before, likelihoods, n_actions):
        estimate = None
    term = record["contract"]
    if beliefs.contract is not None and term is not None:
        permits = str(term["order"]) in beliefs.permitting
        term = beliefs.contract.verify(term, policies, did, n_actions, step, permits=permits)
        if term["broken"] == step:
            estimate = _best_explanation(beliefs, after, str(term["order"]))
    track, kept = record["change"], record["evidence"]
    if beliefs.changes is not None and isinstance(beliefs.learner, Bayes):
        then = (own, n_actions, likelihoods)
        track = beliefs.changes.follow(beliefs.learner, beliefs.names, track, (before, after), then, step)
    if kept is not None:
        kept = evidence.observed(kept, beliefs.names, likelihoods, n_actions)
    found: PartnerMemory = {
        **record,
        "weights": after,
        "estimate": estimate,
        "expected": None,
        "contract": term,
        "change": track,
        "evidence": kept,
        "explained": explained(record.get("explained", PRIOR), policies, believed, did, n_actions),
        "counted": counted,
    }
    if beliefs.habits is not None and looked is not None:
        known = record.get("habits") or beliefs.habits.new()
        late = at < counted
        found["habits"] = beliefs.habits.observed(known, expected["actions"], looked, did, other, late=late)
    return found


def corrected(
    beliefs: Beliefs, record: PartnerMemory, partner: str, expected: Expected, did: Did, view: str
) -> PartnerMemory:
    """What is remembered of a partner once the view is known in which it took an action that was counted.

    The belief (with hazard 0; else nearly) and the evidence for a Store are what they would be; what is
    noticed of changes, of a contract and of whether anything explains the partner stays as it was counted.

    Args:
        beliefs: what the observer believes by.
        record: what was remembered.
        partner: its name.
        expected: of the decision at which it acted.
        did: what it did, as it was counted.
        view: what it saw.

    Raises:
        BeliefError: a learner other than ``Bayes``.
        SituationError: a view that was not possible.
    """
    right = in_view(partner, expected, view)["policies"]
    if not right:
        return record
    if not isinstance(beliefs.learner, Bayes):
        raise BeliefError(
            f"an action of {partner!r} was counted before it was known that it saw {view!r}; only Bayes "
            f"corrects that, not {type(beliefs.learner).__name__}: say the view with the action"
        )
    views, n_actions = expected["views"], len(expected["actions"])
    wrong = {name: mixture({v: views[v][name] for v in views}, expected["chances"], {}) for name in right}
    before = _likelihoods(beliefs, record, wrong, did)
    after = _likelihoods(beliefs, record, right, did)
    weights, estimate, kept = record["weights"], record["estimate"], record["evidence"]
    if estimate is not None and not _supported(beliefs, estimate, weights, after, n_actions):
        estimate = None
    if kept is not None:
        kept = evidence.corrected(kept, beliefs.names, before, after, n_actions)
    weights = beliefs.learner.corrected(weights, before, after, n_actions)
    return {**record, "weights": weights, "estimate": estimate, "evidence": kept}


def in_view(partner: str, expected: Expected, view: str | None) -> Expected:
    """What was expected of a partner with a view; the mean over its views where that is not known.

    Raises:
        SituationError: a view that was not possible.
    """
    views = expected.get("views")
    if view is None or views is None:
        return expected
    if view not in views:
        raise SituationError(
            f"{partner!r} was observed to see {view!r}; possible in the situation were {list(views)}"
        )
    return {**expected, "policies": views[view]}


def _then(
    beliefs: Beliefs, record: PartnerMemory, expected: Expected, at: int
) -> tuple[Mapping[str, Policy], LookBack | None]:
    """What was expected of a partner, and what it looked back at, with what else was seen before it acted."""
    policies, seen, known = expected["policies"], expected.get("seen"), record.get("habits")
    if beliefs.habits is None or beliefs.habitual is None or seen is None or known is None:
        return policies, seen
    looked = looked_back(known, seen, at, record.get("counted"))
    if looked is seen or beliefs.habitual not in policies:
        return policies, looked
    return {**policies, beliefs.habitual: beliefs.habits.predict(known, expected["actions"], looked)}, looked


def _likelihoods(
    beliefs: Beliefs, record: PartnerMemory, policies: Mapping[str, Policy], did: Did
) -> list[float]:
    """``[K]``: the probability that each hypothesis gave to an action."""
    if len(policies) == len(beliefs.names):
        return [chance(policies[name], did) for name in beliefs.names]
    return impute(policies, beliefs.probabilities(record), did)[0]


def _supported(
    beliefs: Beliefs, estimate: str, weights: Weights, likelihoods: Sequence[float], n_actions: int
) -> bool:
    """Whether an action was as likely under the estimate as under the belief as a whole, or more.

    It must also be as likely as by chance: of a partner that nothing explains, every hypothesis is
    equally wrong, and an estimate that is kept for that would be kept for ever.

    Args:
        estimate: one of the hypotheses.
        weights: the learner's weights before the action.
        likelihoods: ``[K]``, the probability that each hypothesis gave to the action.
        n_actions: how many legal actions the partner had.
    """
    predictive: float = added(map(mul, beliefs.learner.probabilities(weights), likelihoods))
    return likelihoods[beliefs.names.index(estimate)] >= max(predictive, 1.0 / n_actions) - _TOLERANCE


def _best_explanation(beliefs: Beliefs, weights: Weights, refuted: str) -> str:
    """The likeliest hypothesis other than the order that a broken contract declared."""
    belief = dict(zip(beliefs.names, beliefs.learner.probabilities(weights), strict=True))
    return max((name for name in beliefs.names if name != refuted), key=belief.__getitem__, default=refuted)
