"""A server that is down is left alone for a while, and is not waited for by every decision."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from atom.errors import LLMError
from atom.models.settings import Patience

_log = logging.getLogger(__name__)

# Every reasoner has endpoints of its own, and one warning a server is enough.
_warned: set[tuple[str, str]] = set()


@dataclass(eq=False)
class CircuitBreaker:
    """Suspends a model that was given up, several times in a row or for good reason.

    Attributes:
        model: as LiteLLM names it.
        address: of its server; empty for the provider's.
        patience: after how many failures, and for how long.
    """

    model: str
    address: str
    patience: Patience
    _failures: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)
    _reason: str = field(default="", init=False)

    @property
    def is_open(self) -> bool:
        """Whether the model is suspended."""
        return time.monotonic() < self._until

    def check(self) -> None:
        """Lets nobody through while the model is suspended.

        Raises:
            LLMError: the model is suspended, and why.
        """
        if self.is_open:
            raise LLMError(f"{self.model} is suspended: {self._reason}")

    def failed(self, reason: str, *, at_once: bool = False) -> None:
        """Counts a failure, and suspends the model where that was one too many; said once for a server.

        Args:
            reason: in words.
            at_once: whether the first is one too many, since another attempt would end the same.
        """
        self._failures += 1
        if self._failures < self.patience.failures and not at_once:
            return
        self._reason = reason
        self._until = time.monotonic() + self.patience.cooldown
        if self._place not in _warned:
            _warned.add(self._place)
            _log.warning(
                "%s does not answer (%s); decisions degrade, and it is tried again every %g s",
                self.model,
                reason,
                self.patience.cooldown,
            )

    def answered(self) -> None:
        """Forgets the failures, and ends a suspension: what was under way may answer after it began."""
        self._failures, self._until = 0, 0.0
        if self._place in _warned:
            _warned.discard(self._place)
            _log.warning("%s answers again", self.model)

    @property
    def _place(self) -> tuple[str, str]:
        return self.model, self.address
