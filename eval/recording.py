"""Episodes as compact bytes: every step's situation, actions, scores, and why each player acted so.

A record is zlib-compressed JSON: a list of steps, each

``{"situation": hash, "actions": {player: action}, "scores": {player: score}, "decisions": {player: {...}}}``

with decisions as ``Decision.as_plain`` gives them, less what is empty and what the step says already.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from atom.situation import Decision, Situation
from atom.usage import Usage
from eval.episodes import Step

# Episodes are small and many: a higher level costs more time than the few bytes are worth.
_COMPRESSION = 1
_DIGEST_BYTES = 8
TIMINGS = ("seconds", "rounds")
"""Parts of a decision's usage that differ from run to run though the content is the same."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the steps of an episode come to.

    Attributes:
        steps: how many.
        degraded: how many decisions were degraded.
        usage: what all players' decisions cost together.
    """

    steps: int = 0
    degraded: int = 0
    usage: Usage = field(default_factory=Usage)


class SituationHash:
    """Hashes the situations of one episode, each history prefix once.

    Two situations have the same hash where players, legal actions, state, history and description
    are the same, in any process and on any machine.
    """

    def __init__(self) -> None:
        self._history = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        self._hashed = 0
        self._actions: Mapping[str, Sequence[str]] | None = None
        self._encoded = b""

    def __call__(self, situation: Situation) -> str:
        """16 hexadecimal digits. The history must extend that of the call before."""
        for joint in situation.history[self._hashed :]:
            self._history.update(_json(joint))
        self._hashed = len(situation.history)
        if situation.actions is not self._actions:
            self._actions = situation.actions
            self._encoded = _json({player: list(own) for player, own in situation.actions.items()})
        whole = self._history.copy()
        whole.update(self._encoded)
        whole.update(_json([situation.state, situation.description]))
        return whole.hexdigest()


def situation_hash(situation: Situation) -> str:
    """The hash of one situation, see ``SituationHash``."""
    return SituationHash()(situation)


def record(steps: Iterable[Step]) -> tuple[bytes, Totals]:
    """The bytes that ``read_record`` reads, and what the steps come to."""
    digest = SituationHash()
    rows = []
    degraded, usage = 0, Usage()
    for step in steps:
        decisions = {}
        for me, decision in step.decisions.items():
            decisions[me] = _decision(decision)
            if decision.degraded:
                degraded += 1
            if decision.usage is not None:
                usage += decision.usage
        rows.append(
            {
                "situation": digest(step.situation),
                "actions": step.actions,
                "scores": step.scores,
                "decisions": decisions,
            }
        )
    return zlib.compress(_json(rows), _COMPRESSION), Totals(len(rows), degraded, usage)


def read_record(data: bytes) -> list[dict[str, Any]]:
    """The steps of a record; no steps for empty bytes."""
    return cast("list[dict[str, Any]]", json.loads(zlib.decompress(data))) if data else []


def without_timings(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps without what differs between two runs of the same episode."""
    for step in steps:
        for decision in step["decisions"].values():
            for name in TIMINGS:
                decision.get("usage", {}).pop(name, None)
    return steps


def _decision(decision: Decision) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if decision.order is not None:
        plain["order"] = decision.order
    if decision.partners:
        plain["partners"] = {
            name: {
                "order": partner.order,
                "posterior": partner.posterior,
                "by_order": partner.by_order,
                "expects": partner.expects,
            }
            for name, partner in decision.partners.items()
        }
    if decision.usage is not None:
        plain["usage"] = decision.usage.as_plain()
    if decision.degraded:
        plain["degraded"] = decision.degraded
    if decision.gap is not None:
        plain["gap"] = decision.gap
    if decision.overruled is not None:
        plain["overruled"] = decision.overruled
    return plain


_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    default=lambda value: dict(value) if isinstance(value, Mapping) else value.item(),
)


def _json(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()
