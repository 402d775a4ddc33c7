"""What was observed of players: in time or late, for certain or not, once or several times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TypeAlias

from atom.errors import SituationError
from atom.policies import Policy, added

Did: TypeAlias = str | Mapping[str, float]
"""An action; or, where it was seen unclearly, action -> how likely it is that this was what was seen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one player's action, where an action alone does not say it all.

    Args:
        action: the action; or, where it was seen unclearly, action -> weight, >= 0 and not all 0: how well
            each fits what was seen. A partner's hypotheses are then weighed by ``Σ_a w(a) · P(a | k)``, the
            rule for virtual evidence (Pearl 1988, section 2.2.2): uniform weights say nothing.
        step: number of the observer's decision, from 0, at which it was taken; None for the last one. How
            many are kept for actions that are seen later is ``late=`` of an ``AdaptiveAgent``.
        view: what the player saw when it acted, one of the views that were ``possible`` in the situation;
            None where that is not known. An action that was counted without is so counted rightly.

    Attributes:
        did: the same, with weights that sum to 1.

    Raises:
        SituationError: weights that are no weights, or a step that is no integer >= 0.

    Example:
        >>> Seen({"A": 3, "B": 1}).did
        {'A': 0.75, 'B': 0.25}
        >>> Seen("A", step=7)
        Seen(action='A', step=7, view=None)
    """

    action: Did
    step: int | None = None
    view: str | None = None

    def __post_init__(self) -> None:
        if self.view is not None and not (isinstance(self.view, str) and self.view):
            raise SituationError(f"a view is a text, as in possible= of the situation; got {self.view!r}")
        if self.step is not None and (
            isinstance(self.step, bool) or not isinstance(self.step, int) or self.step < 0
        ):
            raise SituationError(
                f"step is the number of the observer's decision, an integer >= 0; got {self.step!r}"
            )
        if isinstance(self.action, Mapping) and not _are_weights(self.action):
            raise SituationError(
                f"an action that was seen unclearly is action -> weight, finite, >= 0 and not all 0; got "
                f"{dict(self.action)!r}"
            )

    @property
    def did(self) -> Did:
        """The action, or action -> probability."""
        if not isinstance(self.action, Mapping):
            return self.action
        most = max(self.action.values())  # sums of huge weights would overflow
        shares = {action: weight / most for action, weight in self.action.items() if weight > 0}
        total = math.fsum(shares.values())
        return next(iter(shares)) if len(shares) == 1 else {a: share / total for a, share in shares.items()}


Observation: TypeAlias = Mapping[str, "str | Seen"]
"""Player -> what was seen of its action; players of whom nothing was seen are absent."""

Observed: TypeAlias = "Observation | Sequence[Observation]"
"""One observation, or several, the oldest first: a player that acted several times is in several."""


def each(observed: Observed) -> Iterator[tuple[str, Seen]]:
    """Every action that was seen, in order, of one observation or of several."""
    for observation in (observed,) if isinstance(observed, Mapping) else observed:
        for player, seen in observation.items():
            yield player, seen if isinstance(seen, Seen) else Seen(seen)


def chance(policy: Policy, did: Did) -> float:
    """How probable a policy made what was seen: ``P(a)``, or ``Σ_a w(a) · P(a)``."""
    if isinstance(did, str):
        return policy.get(did, 0.0)
    return added(weight * policy.get(action, 0.0) for action, weight in did.items())


def likeliest(did: Did) -> str:
    """The action, or the likeliest one, the first on ties."""
    return did if isinstance(did, str) else max(did, key=did.__getitem__)


def _are_weights(given: Mapping[str, float]) -> bool:
    weights = list(given.values())
    return all(isinstance(w, Real) and math.isfinite(w) and w >= 0 for w in weights) and any(weights)
