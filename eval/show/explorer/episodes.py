"""Episodes as the explorer shows them: plain data in columns, which compress well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.play import SELF
from eval.results import StoredEpisode
from eval.show.explorer.truth import truth_of
from eval.tasks import Board, Task, frames_of

DIGITS = 3
Plain = dict[str, Any]


def episode_document(
    episode: StoredEpisode,
    task: Task | None,
    board: Board,
    entries: Sequence[Mapping[str, Any]] = (),
) -> Plain:
    """One episode with every step.

    Args:
        episode: as stored.
        task: what was played; None where it cannot be made any more.
        board: how its states are drawn.
        entries: of the episode's transcript; none where no language model played, or nothing was kept.

    Returns:
        columns by player and step: ``{"episode", "seat", "score", "steps", "players": [N], "who": [N] names,
        "actions": [N][T], "points": [N][T], "orders": [N][T], "minds": [N] of {partner: mind}, "truth": [N],
        "policies": [policy], "notes": {step: {player: note}}, "frames": [T + 1], "questions": [question],
        "texts": [text]}``. A mind has ``names`` of hypotheses, and by step their probabilities ``p``, the
        estimate ``taken``, indices of policies ``expects`` and ``by``, and ``explained``.
    """
    players = list(episode.scores)
    other = episode.agent if episode.partner == SELF else episode.partner
    who = [episode.agent if seat == episode.seat else other for seat in range(len(players))]
    steps = episode.steps
    orders = [[step["decisions"][me].get("order") for step in steps] for me in players]
    policies = _Numbered()
    minds = [_minds(steps, me, players, policies) for me in players]
    texts = _Numbered()
    questions = [_question(entry, texts) for entry in entries if entry["type"] == "exchange"]
    return {
        "episode": episode.episode,
        "seat": episode.seat,
        "score": round(episode.score, DIGITS),
        "steps": len(steps),
        "players": players,
        "who": who,
        "actions": [[step["actions"][me] for step in steps] for me in players],
        "points": [[round(step["scores"][me], DIGITS) for step in steps] for me in players],
        "orders": orders,
        "minds": minds,
        "truth": [truth_of(name, own) for name, own in zip(who, orders, strict=True)],
        "policies": policies.values,
        "notes": _notes(steps, players),
        "frames": [] if task is None else frames_of(task, board, (step["actions"] for step in steps)),
        "questions": questions,
        "texts": texts.values,
    }


class _Numbered:
    """Gives equal values one number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._known: dict[Any, int] = {}

    def number(self, key: Any, value: Any) -> int:
        found = self._known.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found

    def policy(self, policy: Mapping[str, float] | None) -> int:
        """Its number; -1 where there is none. What is impossible is left out."""
        if policy is None:
            return -1
        rounded = {action: round(p, DIGITS) for action, p in policy.items() if p >= 0.5 * 10**-DIGITS}
        return self.number(tuple(rounded.items()), rounded)


def _minds(steps: Sequence[Plain], me: str, players: Sequence[str], policies: _Numbered) -> Plain:
    """What a player believes of each of the others; nothing of those whom it does not predict."""
    minds = {}
    for other in players:
        seen = [step["decisions"][me].get("partners", {}).get(other) for step in steps]
        if any(seen):
            minds[other] = _mind(seen, policies)
    return minds


def _mind(seen: Sequence[Plain | None], policies: _Numbered) -> Plain:
    names = list(dict.fromkeys(name for one in seen if one for name in one["posterior"]))
    found: Plain = {"names": names, "p": [], "taken": [], "expects": [], "by": [], "explained": []}
    for one in seen:
        held = one or {"posterior": {}, "by_order": {}, "expects": None, "order": None, "explained": None}
        found["p"].append([_rounded(held["posterior"].get(name)) for name in names])
        found["taken"].append(held.get("hypothesis") or (None if one is None else str(held["order"])))
        found["expects"].append(policies.policy(held["expects"]))
        found["by"].append([policies.policy(held["by_order"].get(name)) for name in names])
        found["explained"].append(_rounded(held["explained"]))
    for name in ("contract", "change"):
        if any(one and name in one for one in seen):
            found[name] = [None if one is None else one.get(name) for one in seen]
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


_NOTED = ("degraded", "usage", "gap", "overruled")


def _notes(steps: Sequence[Plain], players: Sequence[str]) -> dict[str, dict[str, Plain]]:
    """Step -> player -> what went wrong, what it cost, whether a gate overruled it; where there is any."""
    notes: dict[str, dict[str, Plain]] = {}
    for number, step in enumerate(steps):
        for me in players:
            decision = step["decisions"][me]
            note = {name: decision[name] for name in _NOTED if decision.get(name) not in (None, [], {})}
            if note:
                notes.setdefault(str(number), {})[me] = note
    return notes


def _question(entry: Mapping[str, Any], texts: _Numbered) -> Plain:
    """An exchange with a model, its messages by number: they repeat from step to step."""
    kept = {name: value for name, value in entry.items() if name not in ("type", "messages")}
    messages = [
        [message["role"], texts.number(message["content"], message["content"])]
        for message in entry["messages"]
    ]
    return {**kept, "messages": messages}
