"""What a decision looks like in a graph's stream, its log and its traces, as plain data."""

from __future__ import annotations

from typing import Any

from atom.decision import Decision


def decision_events(node: str, decision: Decision, step: int) -> list[dict[str, Any]]:
    """What a decision says of each partner, as plain data; all have the node, observer, partner and step.

    For every partner one event of type ``"tom.belief"``: ``posterior`` (over all hypotheses), the
    ``hypothesis`` that it is taken for and its order as ``estimate`` (None where it is none), the observer's
    own ``order`` and ``action``, how likely it is that anything explains the partner (``explained``), its
    expected ``lapse`` rate, how it is ``answered``, the same in ``words``, and for a partner under a contract
    ``contract``, ``{"order", "kept", "broken_at"}``. Before it, where that was found since the last decision,
    one of type ``"tom.contract"`` (``"status": "broken"``, the ``declared`` order, ``hypothesis`` and
    ``estimate``) and one of type ``"tom.change"`` (as ``Change.as_plain``).

    Args:
        node: the node's name; custom events of LangGraph do not carry it.
        decision: what was decided.
        step: the number of the decision, from 0.
    """
    events = []
    for partner, expected in decision.partners.items():
        who = {"node": node, "observer": decision.player, "partner": partner, "step": step}
        estimate = {"hypothesis": expected.hypothesis, "estimate": expected.order}
        belief: dict[str, Any] = {
            "type": "tom.belief",
            **who,
            "posterior": dict(expected.probabilities),
            **estimate,
            "order": decision.order,
            "action": decision.action,
            "explained": expected.explained,
            "lapse": expected.lapse,
            "answered": expected.answered,
            "words": expected.in_words(partner),
        }
        contract, change = expected.contract, expected.change
        if contract is not None:
            belief["contract"] = contract.as_plain()
            if contract.broken_at == step:
                broken = {"status": "broken", "declared": contract.order, **estimate}
                events.append({"type": "tom.contract", **who, **broken})
        if change is not None and change.step == step:
            events.append({"type": "tom.change", **who, **change.as_plain()})
        events.append(belief)
    return events
