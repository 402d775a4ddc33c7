"""What a decision looks like in a graph's stream, its log and its traces, as plain data."""

from __future__ import annotations

from typing import Any

from atom.situation import Decision


def belief_events(node: str, decision: Decision, step: int) -> list[dict[str, Any]]:
    """One event of type ``"tom.belief"`` for each partner, with the node, observer, partner and step.

    Partners under a contract have the key ``"contract"``: ``{"order", "kept", "broken_at"}``.

    Args:
        node: the node's name; custom events of LangGraph do not carry it.
        decision: what was decided.
        step: the number of the decision, from 0.
    """
    events = []
    for partner, expected in decision.partners.items():
        event = {
            "type": "tom.belief",
            "node": node,
            "observer": decision.player,
            "partner": partner,
            "step": step,
            "posterior": {str(k): p for k, p in expected.posterior.items()},
            "estimate": expected.order,
            "order": decision.order,
            "action": decision.action,
        }
        if expected.contract is not None:
            event["contract"] = expected.contract.as_plain()
        events.append(event)
    return events


def breach_events(node: str, decision: Decision, step: int) -> list[dict[str, Any]]:
    """One event of type ``"tom.contract"`` for each partner found out since the last decision."""
    return [
        {
            "type": "tom.contract",
            "status": "broken",
            "node": node,
            "observer": decision.player,
            "partner": partner,
            "step": step,
            "declared": standing.order,
            "estimate": decision.partners[partner].order,
        }
        for partner, standing in decision.contracts.items()
        if standing.broken_at == step
    ]


def change_events(node: str, decision: Decision, step: int) -> list[dict[str, Any]]:
    """One event of type ``"tom.change"`` for each partner whose order was found changed just now."""
    return [
        {
            "type": "tom.change",
            "node": node,
            "observer": decision.player,
            "partner": partner,
            **expected.change.as_plain(),
        }
        for partner, expected in decision.partners.items()
        if expected.change is not None and expected.change.step == step
    ]
