"""Errors of this package: each names the thing that is wrong and what to do about it.

All but ``LLMError`` are ``ValueError``: LangGraph's default retry policy does not retry those, and
rightly so, since the same input would fail again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias


class ToMError(ValueError):
    """Base of the errors raised by ``atom``."""


class SituationError(ToMError):
    """A situation that cannot be decided on: no partner, no legal action, an unknown player."""


class IllegalActionError(ToMError):
    """An action, or a distribution over actions, outside the legal ones."""


class PayoffError(ToMError):
    """Payoffs of the wrong shape, or not finite, or that do not fit the situation."""


class ModelError(ToMError):
    """A tabular model whose arrays do not fit each other, or a question beyond its tables."""


class BeliefError(ToMError):
    """Learner settings out of range, or a belief made by another learner, order set or version."""


class ContractError(ToMError):
    """A declared order, a contract or its settings that cannot be kept or tested."""


class PromiseError(ToMError):
    """A promise about code that says nothing, contradicts itself or leads outside the repository."""


class RepositoryError(ToMError):
    """A repository that cannot be read: no git, no repository, no such commit, or no answer in time."""


class ExtractionError(ToMError):
    """What reads actions from messages failed, or found what is no action."""


class StateKeyError(ToMError):
    """A key that the graph's state does not have, so that LangGraph would drop it in silence."""


class HookError(ToMError):
    """A function, or a player, given to a node or middleware that is not of the kind that is asked for."""


class ReasonerError(ToMError):
    """What was given as a reasoner and is none, or a policy of one that is no distribution."""


class DistributionError(ReasonerError):
    """Probabilities that are none: not finite, below 0, or adding up to something else than 1.

    Attributes:
        source: who gave them, for a warning that is said once.
    """

    def __init__(self, reason: str, source: str) -> None:
        super().__init__(reason)
        self.source = source


class RewardError(ToMError):
    """A reward for training whose settings do not fit, or that was called in another way than it can be."""


class MissingExtraError(ToMError, ImportError):
    """Something that needs a package which comes with an extra of this one."""


class LLMError(Exception):
    """A language model, or an agent built on one, gave no usable answer after all retries.

    No ``ValueError``: the same request may succeed later, so a graph's retry policy may retry it.
    """


class BudgetError(LLMError):
    """The next call to a model would go over the budget."""


Failure: TypeAlias = LLMError | DistributionError
"""What a decision can do without: ``on_error`` says whether it is said or raised."""

FAILURES = (LLMError, DistributionError)
"""The same, to be caught."""


def check_choice(setting: str, given: object, choices: Sequence[str]) -> None:
    """Refuses what is none of the choices of a setting.

    Args:
        setting: its name.
        given: what it was set to.
        choices: what it may be, two or more.

    Raises:
        ValueError: it is none of them.
    """
    if given not in choices:
        *others, last = map(repr, choices)
        raise ValueError(f"{setting} must be {', '.join(others)} or {last}, got {given!r}")
