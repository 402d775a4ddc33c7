"""What went wrong in a decision: said in it, or raised."""

from __future__ import annotations

from collections.abc import Iterable

from atom.agents.settings import OnError
from atom.errors import LLMError


class Problems:
    """What was degraded or left out, one sentence each.

    Args:
        on_error: whether a model's failure is said or raised.
    """

    __slots__ = ("_on_error", "said")

    def __init__(self, on_error: OnError) -> None:
        self.said: list[str] = []
        self._on_error = on_error

    def failed(self, what: str, error: LLMError) -> None:
        """Says that a model failed.

        Raises:
            LLMError: the same, with ``on_error="raise"``.
        """
        if self._on_error == "raise":
            raise error
        self.said.append(f"{what}: {error}")

    def check(self, failed: Iterable[LLMError]) -> None:
        """Raises the first of what failed, with ``on_error="raise"``.

        Raises:
            LLMError: a model failed.
        """
        if self._on_error == "raise":
            for error in failed:
                raise error

    def say(self, what: str) -> None:
        """Says what was left out."""
        self.said.append(what)
