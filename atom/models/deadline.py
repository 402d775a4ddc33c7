"""When to give up asking."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from tenacity import RetryCallState
from tenacity.stop import stop_base

from atom.usage import current_meter


@dataclass(slots=True)
class Deadline:
    """When to give up.

    Attributes:
        at: on ``time.monotonic``'s clock; put off by the time that requests wait for their turn, or for what
            they are sent by to be loaded.
        never_after: the end of a budget, which nothing puts off; None for no end.
        share: seconds that a model has at least, where several are asked in turn and a budget does not end
            before.
        kept: seconds at the end that are kept for the models that come after the one that is asked.
    """

    at: float
    never_after: float | None = None
    share: float = math.inf
    kept: float = 0.0

    @classmethod
    def after(cls, seconds: float, share: float | None = None) -> Deadline:
        """So many seconds from now, and not after the budget of the decision under way has ended.

        Args:
            seconds: for all models together.
            share: see above; None for one model, which has all of them.
        """
        meter = current_meter()
        ends = None if meter is None else meter.deadline
        return cls(time.monotonic() + seconds, ends, seconds if share is None else share)

    def keep_for(self, models: int) -> None:
        """Keeps time for the models that come after the one that is asked next.

        Args:
            models: how many, >= 0. Each is kept a share, or, where less is left, as much as that one has.
        """
        self.kept = 0.0
        self.kept = models * max(0.0, min(self.share, self.left() / (models + 1)))

    def left(self) -> float:
        """Seconds until then, without those that are kept for others."""
        left = self.at - time.monotonic()
        budget = self.budget_left()
        return (left if budget is None else min(left, budget)) - self.kept

    def budget_is_up(self) -> bool:
        """Whether the budget's time has ended."""
        left = self.budget_left()
        return left is not None and left <= 0.0

    def budget_left(self) -> float | None:
        """Seconds until the budget's end; None for no end."""
        return None if self.never_after is None else self.never_after - time.monotonic()


class StopAt(stop_base):
    """After some attempts, or when the next pause would go beyond the deadline."""

    def __init__(self, attempts: int, deadline: Deadline) -> None:
        self._attempts = attempts
        self._deadline = deadline
        self.by_budget = False
        """Whether it stopped because of a budget alone: without it, another attempt would have been made."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        if retry_state.attempt_number >= self._attempts:
            return True
        pause, without_budget = retry_state.upcoming_sleep, replace(self._deadline, never_after=None)
        stops = pause >= self._deadline.left()
        self.by_budget = stops and pause < without_budget.left()
        return stops
