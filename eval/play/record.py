"""Episodes as compact bytes: every step's situation, actions, scores, and why each player acted so.

A record is JSON, zlib-compressed where it is long, by columns, which takes half the time that rows would:

``{"situations": hashes, "players": {player: {"actions": [T], "scores": [T], "orders": [T], "why": {t: …}}},
"policies": [policy]}``

with all hashes in one string, and in ``why`` what else ``Decision.as_plain`` gives and is not empty; there
a number stands for a policy, since the same few come back at every step.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from atom import Decision, PartnerPrediction, Policy, Situation, Usage
from atom.policies import added
from eval.play.episode import Step
from eval.play.tally import DecisionCounts

# Episodes are small and many: a higher level costs more time than the few bytes are worth.
_COMPRESSION = 1
_SMALL = 1024
_DIGEST_BYTES = 8
_SEPARATOR = "\x1f"
_SELDOM = ("repairs", "truncated")
MOST_BYTES = 64 * 1024 * 1024
"""A record's JSON at most. As Python's objects it takes up to twenty times as much memory."""
TIMINGS = ("seconds", "rounds")
"""Parts of a decision's usage that differ from run to run though the content is the same."""


_NOTHING = Usage()


class RecordError(ValueError):
    """Bytes that are no record, or one beyond ``MOST_BYTES``."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the steps of an episode come to.

    Attributes:
        steps: how many.
        degraded: how many decisions were degraded.
        usage: what all players' decisions cost together.
        scores: player -> sum of its scores.
        degraded_of: player -> how many of its decisions were degraded, where any were.
        repaired: in how many decisions a model was asked again.
        truncated: in how many decisions a reply ended by its limit of tokens.
    """

    steps: int = 0
    degraded: int = 0
    usage: Usage = _NOTHING
    scores: Mapping[str, float] = field(default_factory=dict)
    degraded_of: Mapping[str, int] = field(default_factory=dict)
    repaired: int = 0
    truncated: int = 0


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
            self._history.update(_SEPARATOR.join((*joint, *joint.values(), "")).encode())
        self._hashed = len(situation.history)
        if situation.actions is not self._actions:
            self._actions = situation.actions
            self._encoded = _json({player: list(own) for player, own in situation.actions.items()})
        whole = self._history.copy()
        whole.update(self._encoded)
        if situation.state is not None or situation.description:
            whole.update(_json([situation.state, situation.description]))
        return whole.hexdigest()


def situation_hash(situation: Situation) -> str:
    """The hash of one situation, see ``SituationHash``."""
    return SituationHash()(situation)


def record(steps: Iterable[Step]) -> tuple[bytes, Totals]:
    """The bytes that ``read_record`` reads, and what the steps come to.

    Raises:
        RecordError: the steps take more than ``MOST_BYTES``, so that nobody would read them.
    """
    digest = SituationHash()
    situations: list[str] = []
    columns: dict[str, _Column] = {}
    policies = _Policies()
    usage, counts = Usage(), DecisionCounts()
    for t, step in enumerate(steps):
        situations.append(digest(step.situation))
        scores = step.scores
        for me, decision in step.decisions.items():
            column = columns.get(me)
            if column is None:
                column = columns[me] = _Column([], [], [], {})
            column.actions.append(decision.action)
            column.scores.append(scores[me])
            column.orders.append(decision.order)
            if why := _why(decision, policies):
                column.why[t] = why
                spent = decision.usage
                if spent is not None:
                    usage += spent
                counts.add(
                    me,
                    degraded=bool(decision.degraded),
                    repaired=spent is not None and spent.repairs > 0,
                    truncated=spent is not None and spent.truncated > 0,
                )
    players = {me: column._asdict() for me, column in columns.items()}
    whole = {"situations": "".join(situations), "players": players, "policies": policies.distinct}
    # steps and orders are keys and become text
    data = orjson.dumps(whole, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    if len(data) > MOST_BYTES:
        raise RecordError(
            f"the {len(situations)} steps of an episode take {len(data):,} bytes, and at most {MOST_BYTES:,} "
            "are stored; play fewer rounds, or without --results"
        )
    totals = Totals(
        len(situations),
        counts.degraded.total(),
        usage,
        {me: added(column.scores) for me, column in columns.items()},
        dict(counts.degraded),
        counts.repaired,
        counts.truncated,
    )
    return (zlib.compress(data, _COMPRESSION) if len(data) > _SMALL else data), totals


def read_record(data: bytes) -> list[dict[str, Any]]:
    """The steps of a record, one after the other; no steps for empty bytes.

    Returns:
        for each step ``{"situation": hash, "actions": {player: action}, "scores": {player: score},
        "decisions": {player: {"order": …, "partners": …}}}``; decisions as in ``Decision.as_plain``, less
        what is empty; what a partner is taken for is named where it is no order.

    Raises:
        RecordError: the bytes are damaged, or hold more than ``MOST_BYTES``; no more than that is unpacked.
    """
    if not data:
        return []
    try:
        return _steps(orjson.loads(data if data.startswith(b"{") else inflated(data, MOST_BYTES)))
    except RecordError:
        raise
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise RecordError(f"it is no record of an episode: {error!r}") from None


def inflated(data: bytes, most: int) -> bytes:
    """What zlib packed, of which at most so many bytes are unpacked.

    Raises:
        RecordError: the bytes are damaged, end early, or hold more.
    """
    unpacker = zlib.decompressobj()
    try:
        whole = unpacker.decompress(data, most)
    except zlib.error as error:
        raise RecordError(f"its bytes cannot be unpacked ({error})") from None
    if unpacker.unconsumed_tail:
        raise RecordError(f"it unpacks to more than {most:,} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise RecordError("its bytes are not whole")
    return whole


def _steps(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    hashes, players, policies = columns["situations"], columns["players"], columns["policies"]
    width = 2 * _DIGEST_BYTES
    return [
        {
            "situation": hashes[width * t : width * (t + 1)],
            "actions": {me: column["actions"][t] for me, column in players.items()},
            "scores": {me: column["scores"][t] for me, column in players.items()},
            "decisions": {me: _read_decision(column, t, policies) for me, column in players.items()},
        }
        for t in range(len(hashes) // width)
    ]


def without_timings(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps without what differs between two runs of the same episode."""
    for step in steps:
        for decision in step["decisions"].values():
            for name in TIMINGS:
                decision.get("usage", {}).pop(name, None)
    return steps


class _Column(NamedTuple):
    """One player's part of a record; lists have an entry for every step."""

    actions: list[str]
    scores: list[float]
    orders: list[int | None]
    why: dict[int, dict[str, Any]]


class _Policies:
    """Numbers policies, equal ones alike."""

    def __init__(self) -> None:
        self.distinct: list[Policy] = []
        self._by_content: dict[tuple[tuple[str, float], ...], int] = {}
        self._by_identity: dict[int, int] = {}
        self._alive: list[Policy] = []  # or an identity could be given anew

    def number(self, policy: Policy) -> int:
        found = self._by_identity.get(id(policy))
        if found is None:
            found = self._by_content.setdefault(tuple(policy.items()), len(self.distinct))
            if found == len(self.distinct):
                self.distinct.append(policy)
            self._by_identity[id(policy)] = found
            self._alive.append(policy)
        return found


def _read_decision(column: Mapping[str, Any], t: int, policies: Sequence[Policy]) -> dict[str, Any]:
    order = column["orders"][t]
    decision = {**({} if order is None else {"order": order}), **column["why"].get(str(t), {})}
    for partner in decision.get("partners", {}).values():
        partner["by_order"] = {k: policies[number] for k, number in partner["by_order"].items()}
        if partner["expects"] is not None:
            partner["expects"] = policies[partner["expects"]]
    return decision


def _why(decision: Decision, policies: _Policies) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if decision.partners:
        number = policies.number
        plain["partners"] = {name: _partner(partner, number) for name, partner in decision.partners.items()}
    if decision.usage is not None:
        plain["usage"] = _usage(decision.usage)
    if decision.degraded:
        plain["degraded"] = decision.degraded
    if decision.gap is not None:
        plain["gap"] = decision.gap
    if decision.overruled is not None:
        plain["overruled"] = decision.overruled
    return plain


def _usage(usage: Usage) -> dict[str, Any]:
    """Without what is seldom there, as files were written before it was counted."""
    plain = usage.as_plain()
    return {name: value for name, value in plain.items() if value or name not in _SELDOM}


def _partner(partner: PartnerPrediction, number: Callable[[Policy], int]) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "order": partner.order,
        "posterior": partner.probabilities,
        "by_order": {name: number(policy) for name, policy in partner.policies.items()},
        "expects": None if partner.expects is None else number(partner.expects),
        "explained": partner.explained,
        "answered": partner.answered,
    }
    if partner.order is None:
        plain["hypothesis"] = partner.hypothesis
    # None in most predictions
    for name, found in (("contract", partner.contract), ("change", partner.change)):
        if found is not None:
            plain[name] = found.as_plain()
    return plain


def _plain(value: Any) -> Any:
    """What JSON has no word for: other mappings than dicts, and NumPy's numbers."""
    return dict(value) if isinstance(value, Mapping) else value.item()


# The standard library's text, which later releases of others might write differently: it is hashed.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _json(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()
