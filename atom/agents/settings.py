"""Settings of an adaptive agent, in three groups: what it believes by, how it acts, what it may spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from typing_extensions import TypedDict

from atom.agents.gate import Gate
from atom.agents.payoffs import Payoffs
from atom.agents.pruning import Pruning
from atom.belief.beliefs import DEFAULT_HYPOTHESES, Beliefs
from atom.belief.changes import ChangePoints
from atom.belief.contract import Contract
from atom.belief.hypotheses import Hypothesis, order
from atom.belief.learners import Learner
from atom.errors import BeliefError, check_choice
from atom.memories import PlayerMemory
from atom.reasoning.reasoner import ImmediateReasoner, Reasoner, Responder
from atom.usage import Budget, Meter, Usage

Selection: TypeAlias = Literal["win-stay", "sample", "leader"]
Response: TypeAlias = Literal["nearest", "above"]
OnError: TypeAlias = Literal["degrade", "raise"]


@dataclass(frozen=True, slots=True)
class Acting:
    """How an agent acts on what it believes.

    Args:
        selection: how an estimate is taken from the belief. ``"sample"`` draws one at every step:
            randomising is what lets two adaptive agents break their symmetry. ``"win-stay"`` draws
            anew only when the partner's action was less likely under the estimate than under the
            belief as a whole, or than by chance (win-stay, lose-sample: Bonawitz et al. 2014), so
            that what works is kept, and takes the likeliest where that is beyond doubt. ``"leader"`` takes
            the likeliest, the first on ties.
        response: the order to act at against an estimate k̂. ``"above"`` is k̂ + 1 (paper).
            ``"nearest"`` keeps the agent's own order while it is one apart from k̂, and else moves to
            k̂ - 1 or k̂ + 1 at random: two agents that both act above chase each other up the ladder,
            two that stay where they are aligned settle. Where payoffs or costs are known it acts at k̂ - 1
            only if that is a best response to what is predicted: to do what a partner expects may cost.
        gate: what to do when the wrapped agent acts against the best response to the prediction:
            nothing but measure (``"off"``), ``"ask"`` it once more, or ``"override"`` it.
        payoffs: who knows the payoffs for the gate; None for the reasoner, if it does.
        on_error: whether a model that fails degrades the decision or raises its ``LLMError``, and
            probabilities that are none (of a reasoner, a hypothesis, a learner, a memory) are set aside
            with one warning or raised as ``DistributionError`` and ``BeliefError``. A hypothesis without
            an answer carries no information at that step; a wrapped agent without one is replaced by the
            reasoner; a reasoner without one by ToM-0, and that by a uniformly random action.

    Raises:
        ValueError: an unknown selection, response, gate or on_error.
    """

    selection: Selection = "win-stay"
    response: Response = "nearest"
    gate: Gate = "off"
    payoffs: Payoffs | None = None
    on_error: OnError = "degrade"

    def __post_init__(self) -> None:
        check_choice("selection", self.selection, get_args(Selection))
        check_choice("response", self.response, get_args(Response))
        check_choice("gate", self.gate, get_args(Gate))
        check_on_error(self.on_error)


@dataclass(frozen=True, slots=True)
class Spending:
    """What an agent may spend on models.

    Args:
        prune: leaves unlikely hypotheses out, for reasoners that cost; None evaluates all.
        budget: limits what calls to models may cost; None sets no limit.
    """

    prune: Pruning | None = None
    budget: Budget | None = None

    def meter(self, memory: PlayerMemory) -> Meter:
        """Counts what a decision costs, beside what the episode cost so far where the budget counts that."""
        if self.budget is None or self.budget.per != "episode":
            return Meter(self.budget)
        return Meter(self.budget, Usage.from_plain(memory.get("spent")))


class Settings(TypedDict, total=False):
    """The settings one by one, as keywords: see ``Beliefs``, ``Acting`` and ``Spending``.

    Attributes:
        orders: hypotheses about a partner's ToM order, ascending, each >= 0 (paper: K = {0, 1, 2}).
    """

    orders: Sequence[int]
    hypotheses: Sequence[Hypothesis]
    contract: Contract | None
    changes: ChangePoints | None
    late: int
    selection: Selection
    response: Response
    gate: Gate
    payoffs: Payoffs | None
    on_error: OnError
    prune: Pruning | None
    budget: Budget | None


Group = TypeVar("Group", Acting, Spending, Beliefs)


def grouped(
    beliefs: Beliefs | None,
    acting: Acting | None,
    spending: Spending | None,
    learner: Learner | None,
    settings: Settings,
) -> tuple[Beliefs, Acting, Spending]:
    """The three groups, each as it was given or made of single settings.

    Raises:
        TypeError: an unknown setting, or one given beside the group that holds it.
        BeliefError: orders beside hypotheses, or orders that are not ascending integers >= 0.
    """
    single: dict[str, Any] = dict(settings)
    if learner is not None:
        single["learner"] = learner
    if "orders" in single:
        if "hypotheses" in single:
            raise BeliefError("orders= are hypotheses as well; name them all in hypotheses=, with order(k)")
        orders = list(single.pop("orders"))
        if not orders or orders != sorted(set(orders)) or orders[0] < 0:
            raise BeliefError(f"orders must be ascending integers >= 0, got {orders}")
        single["hypotheses"] = tuple(order(k) for k in orders)
    groups = (
        _group(Beliefs, beliefs, single),
        _group(Acting, acting, single),
        _group(Spending, spending, single),
    )
    if single:
        raise TypeError(
            f"AdaptiveAgent has no setting {sorted(single)}; it has {sorted(Settings.__annotations__)}"
        )
    found, acting, spending = groups
    return (found.strictly() if acting.on_error == "raise" else found), acting, spending


def answerable(beliefs: Beliefs, reasoner: Reasoner, *, wrapped: bool) -> Beliefs:
    """The beliefs themselves, or with those of the default hypotheses that an agent can answer.

    Habits are left out where nobody can answer what they predict; order 3 where every order costs calls, or
    where the reasoner does not know order 4, the answer to it.

    Args:
        beliefs: as they were given.
        reasoner: says how a player of any order acts.
        wrapped: whether a wrapped agent takes the last step, and answers.
    """
    if beliefs.hypotheses != DEFAULT_HYPOTHESES:
        return beliefs
    immediate = isinstance(reasoner, ImmediateReasoner)
    highest = getattr(reasoner, "max_order", 4) - 1 if immediate else 2
    answers = wrapped or isinstance(reasoner, Responder)
    kept = [
        hypothesis
        for hypothesis in DEFAULT_HYPOTHESES
        if (answers if hypothesis.order is None else hypothesis.order <= highest)
    ]
    return beliefs if len(kept) == len(DEFAULT_HYPOTHESES) else beliefs.among(kept)


def _group(kind: type[Group], given: Group | None, single: dict[str, Any]) -> Group:
    """The group that was given, or one of the single settings that belong to it, which it takes out."""
    names = [item.name for item in fields(kind) if item.init and item.name in single]
    if given is not None and names:
        raise TypeError(f"{names} belong to the {kind.__name__} that is given as well; say it once")
    return given if given is not None else kind(**{name: single.pop(name) for name in names})


def check_on_error(on_error: OnError) -> OnError:
    """``on_error`` itself.

    Raises:
        ValueError: it is neither ``"degrade"`` nor ``"raise"``.
    """
    check_choice("on_error", on_error, get_args(OnError))
    return on_error
