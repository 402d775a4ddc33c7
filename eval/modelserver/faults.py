"""What can go wrong between a server and its client, at seeded rates, and what its model always does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from eval.modelserver.modes import MODES

KINDS = (
    "timeout",
    "rate-limit",
    "server-error",
    "reset",
    "garbage",
    "empty",
    "over-long",
    "illegal",
    "wrong-schema",
    "leak",
    "unauthorized",
)
"""``timeout`` hangs; ``rate-limit`` is 429, ``server-error`` 500; ``reset`` drops the connection;
``garbage`` is no JSON; then replies that are empty, over-long, name no option, or have another schema;
``leak`` is 500 and quotes the caller's key; ``unauthorized`` is 401.
A server that refuses connections is one that does not run."""


PASSING = KINDS[:-1]
"""The faults that another try may not meet."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often a request fails, and how.

    Attributes:
        rates: kind of fault -> probability; together at most 1.
        hang: seconds that ``timeout`` lasts.
        retry_after: seconds that ``rate-limit`` asks to wait; None says nothing.
        modes: what the model does to every request, some of ``MODES``.
        thoughts: how many tokens are spent before the answer, >= 0, see ``MODES``.

    Raises:
        ValueError: an unknown kind or mode, or rates that are no probabilities.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    hang: float = 5.0
    retry_after: float | None = None
    modes: tuple[str, ...] = ()
    thoughts: int = 200

    def __post_init__(self) -> None:
        strange = [mode for mode in self.modes if mode not in MODES]
        if strange:
            raise ValueError(f"there is no mode {strange}; modes are {', '.join(MODES)}")
        if self.thoughts < 0:
            raise ValueError(f"thoughts take at least 0 tokens, got {self.thoughts}")
        unknown = [kind for kind in self.rates if kind not in KINDS]
        if unknown:
            raise ValueError(f"there is no fault {unknown}; faults are {', '.join(KINDS)}")
        if any(rate < 0 for rate in self.rates.values()) or sum(self.rates.values()) > 1:
            raise ValueError(f"the rates of faults are probabilities, together at most 1; got {self.rates}")

    @classmethod
    def all_together(cls, rate: float, hang: float = 5.0) -> Faults:
        """Every kind of fault that may pass, equally often, together at ``rate``."""
        return cls(dict.fromkeys(PASSING, rate / len(PASSING)), hang)

    def draw(self, rng: np.random.Generator) -> str:
        """The fault of one request; empty where nothing goes wrong."""
        threshold = float(rng.random())
        for kind, rate in self.rates.items():
            threshold -= rate
            if threshold < 0:
                return kind
        return ""
