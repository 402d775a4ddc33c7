"""Whether somebody keeps its promises: as hypotheses about a partner, and as a test of one's own.

In an agent, promises are hypotheses beside orders and habits, so that what a promise is worth is learned with
all else, is tested by the agent's ``Contract`` and persists in a Store. Without an agent, the same contract
tests verdicts one by one. Either way only whether a promise was kept counts, not by which action: a partner
that always takes the same of the actions that it may take keeps its word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from atom.belief.contract import BROKEN, KEPT, Contract
from atom.belief.hypotheses import Hypothesis
from atom.coding.changes import Change
from atom.coding.promise import Promise, Verdict, reaches
from atom.coding.scopes import Scope, scope_of
from atom.memories import Term
from atom.observation import Seen
from atom.policies import Policy
from atom.situation import Situation

KEEPS = "keeps"
BREAKS = "breaks"
NEXT = "takes-next"
SPILLS = "spills-over"
UNRELATED = "words-mean-nothing"

Allowed: TypeAlias = Callable[[Situation, str], "Collection[str] | None"]
"""``allowed(situation, player)``: the actions by which a player keeps its promise; None for none."""


def announced(situation: Situation, player: str) -> Collection[str] | None:
    """The action that a player announced, as all that it may do; None for none that is legal."""
    said = situation.announced.get(player)
    return (said,) if isinstance(said, str) and said in situation.legal(player) else None


def promising(allowed: Allowed = announced, *, prior: float = 0.5) -> list[Hypothesis]:
    """The hypotheses about promises, to be added to others.

    - ``keeps``: the partner takes one of the actions by which it keeps its promise;
    - ``takes-next``: it takes the first legal action after these, as one who edits beside what it claimed;
    - ``spills-over``: it does one or the other, as one who does what it promised and some of what is beside;
    - ``breaks``: it takes any other, each alike;
    - ``words-mean-nothing``: it acts at random, whatever it promised.

    Where nothing was promised they say nothing and learn nothing. A ``Contract({"ben": "keeps"})`` takes
    a partner at its word from the first step, and tests it.

    Args:
        allowed: reads from a situation what a player promised.
        prior: of the five together, > 0, beside the others' priors; ``keeps`` has half of it.

    Raises:
        BeliefError: a prior that is not positive and finite.
    """

    def within(situation: Situation, player: str) -> tuple[list[str], list[str]] | None:
        legal, may = situation.legal(player), allowed(situation, player)
        kept = [] if may is None else [action for action in legal if action in may]
        return (kept, [action for action in legal if action not in kept]) if kept else None

    def keeps(situation: Situation, player: str) -> Policy | None:
        found = within(situation, player)
        return None if found is None else _evenly(found[0])

    def breaks(situation: Situation, player: str) -> Policy | None:
        found = within(situation, player)
        return None if found is None or not found[1] else _evenly(found[1])

    def takes_next(situation: Situation, player: str) -> Policy | None:
        found = within(situation, player)
        if found is None or not found[1]:
            return None
        legal = list(situation.legal(player))
        last = max(map(legal.index, found[0]))
        return {next(a for a in [*legal[last + 1 :], *legal] if a in found[1]): 1.0}

    def spills(situation: Situation, player: str) -> Policy | None:
        kept, other = keeps(situation, player), takes_next(situation, player)
        if kept is None or other is None:
            return None
        return {**{action: p / 2.0 for action, p in kept.items()}, **dict.fromkeys(other, 0.5)}

    def unrelated(situation: Situation, player: str) -> Policy | None:
        return None if within(situation, player) is None else _evenly(situation.legal(player))

    return [
        Hypothesis(KEEPS, behaviour=keeps, prior=prior / 2.0, permits=True),
        Hypothesis(NEXT, behaviour=takes_next, prior=prior / 8.0),
        Hypothesis(SPILLS, behaviour=spills, prior=prior / 8.0),
        Hypothesis(BREAKS, behaviour=breaks, prior=prior / 8.0),
        Hypothesis(UNRELATED, behaviour=unrelated, prior=prior / 8.0),
    ]


def verified(contract: Contract, term: Term | None, verdict: Verdict, step: int) -> Term | None:
    """A partner's term after one more of its promises was judged; the test of ``Contract``, without an agent.

    Args:
        contract: how far a partner is trusted, and what it takes to stop.
        term: the term before; None before its first promise.
        verdict: whether the promise was kept. One that does not say leaves the term as it is.
        step: number of the observer's decision; the term notes it if trust ends.
    """
    known = contract.adopt(term, KEEPS, (KEEPS, BREAKS))
    if known is None or verdict.kept is None:
        return known
    policies = {KEEPS: {KEPT: 1.0}, BREAKS: {BROKEN: 1.0}}
    return contract.verify(known, policies, KEPT if verdict.kept else BROKEN, 2, step)


def promise_event(observer: str, verdict: Verdict, contract: Contract, term: Term | None) -> dict[str, Any]:
    """A judged promise as plain data, for a graph's stream or its state.

    Its type is ``"tom.promise"``; ``status`` is ``"kept"``, ``"broken"`` or ``"open"``, ``words`` says how it
    was broken, and ``contract`` how its author stands, ``{"order", "kept", "broken_at"}``.
    """
    standing = contract.standing(term)
    promise: Promise = verdict.promise
    return {
        "type": "tom.promise",
        "observer": observer,
        "partner": promise.by,
        "step": promise.step,
        "status": {True: "kept", False: "broken", None: "open"}[verdict.kept],
        "words": [breach.in_words() for breach in verdict.breaches],
        "contract": None if standing is None else standing.as_plain(),
    }


def seen_in(
    changes: Sequence[Change],
    parts: Mapping[str, Sequence[Scope | str | Mapping[str, Any]]],
    *,
    step: int | None = None,
) -> Seen | None:
    """A partner's action as it is read from what it changed, for ``observed=`` of a node or agent.

    Args:
        changes: what the partner did.
        parts: action -> the parts of the repository that it is about.
        step: number of the observer's decision that it belongs to, where it is seen late; None for the last.

    Returns:
        The action whose parts were touched; several, by how many changes touch them, where it is not one
        alone; None where no part was touched, such as for an empty diff.
    """
    weights: dict[str, float] = {}
    for action, given in parts.items():
        scopes = [scope_of(one) for one in given]
        hits = sum(any(reaches(change, scope) for scope in scopes) for change in changes)
        if hits:
            weights[action] = float(hits)
    if not weights:
        return None
    return Seen(next(iter(weights)) if len(weights) == 1 else weights, step)


def _evenly(actions: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(actions, 1.0 / len(actions))
