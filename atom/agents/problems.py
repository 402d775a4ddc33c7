"""What went wrong in a decision: said in it, or raised."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from atom.agents.settings import OnError
from atom.errors import Failure, LLMError, warn_once
from atom.memories import PartnerMemory

_log = logging.getLogger(__name__)


class Problems:
    """What was degraded or left out, one sentence each.

    Args:
        on_error: whether a failure is said or raised.
    """

    __slots__ = ("_on_error", "said")

    def __init__(self, on_error: OnError) -> None:
        self.said: list[str] = []
        self._on_error = on_error

    def failed(self, what: str, error: Failure) -> None:
        """Says that a model failed, or that numbers are none; of these the log has a warning as well.

        Raises:
            LLMError, DistributionError, ExpectedPayoffError: the same, with ``on_error="raise"``.
        """
        if self._on_error == "raise":
            raise error
        self.said.append(f"{what}: {error}")
        if not isinstance(error, LLMError):
            warn_once(_log, (error.source,), "%s; it is set aside", error)

    def check(self, failed: Iterable[Failure]) -> None:
        """Raises the first of what failed, with ``on_error="raise"``.

        Raises:
            LLMError, DistributionError: what failed.
        """
        if self._on_error == "raise":
            for error in failed:
                raise error

    def recall(self, records: Mapping[str, PartnerMemory]) -> None:
        """Says what of the memories of partners was set aside since the last decision."""
        for partner, record in records.items():
            if "set_aside" in record:
                self.said.append(f"{partner}: {record['set_aside']}")

    def say(self, what: str) -> None:
        """Says what was left out."""
        self.said.append(what)
