"""Errors of this package, and warnings: each names the thing that is wrong and what to do about it.

All but ``LLMError`` are ``ValueError``: LangGraph's default retry policy does not retry those, and
rightly so, since the same input would fail again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Self, TypeAlias

_said: set[tuple[str, ...]] = set()


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


class _SaidBySomebodyError(ToMError):
    """Numbers from somebody's own code that are none.

    Attributes:
        source: who gave them, for a warning that is said once.
    """

    def __init__(self, reason: str, source: str) -> None:
        super().__init__(reason)
        self.source = source

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (str(self), self.source)  # workers of a sweep hand it to another process


class DistributionError(_SaidBySomebodyError, ReasonerError):
    """Probabilities that are none: not finite, below 0, or not adding up to 1; ``source`` gave them."""


class ExpectedPayoffError(_SaidBySomebodyError, PayoffError):
    """What an action is worth is no finite number; ``source`` gave it."""


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


Failure: TypeAlias = LLMError | DistributionError | ExpectedPayoffError
"""What a decision can do without: ``on_error`` says whether it is said or raised."""

FAILURES = (LLMError, DistributionError, ExpectedPayoffError)
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


def shortly(value: object) -> str:
    """A value as code has it, cut after 80 characters; never fails, whatever the value is."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - an error must not fail on what it is about, such as a number of too many digits
        text = f"<{type(value).__name__} object at {id(value):#x}>"
    return text if len(text) <= 80 else text[:80] + "…"


def warn_once(log: logging.Logger, about: tuple[str, ...], words: str, *values: object) -> None:
    """Warns, once in a process for each thing that it is about.

    Args:
        log: takes the warning.
        about: what it is about; those of different logs are different.
        words: the warning, as ``logging`` formats it with ``values``.
        values: see there.
    """
    if (log.name, *about) not in _said:
        _said.add((log.name, *about))
        log.warning(words, *values)


def forget_said() -> None:
    """Forgets what was said, as if the process had just begun."""
    _said.clear()
