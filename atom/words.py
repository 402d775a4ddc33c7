"""A decision in words, for the system message of a language model."""

from __future__ import annotations

import json

from atom.situation import Decision, Policy

_CERTAIN = 0.995


def advice(decision: Decision) -> str:
    """What is expected of the partners, and what fits it; empty where nothing was predicted.

    Names of players and actions are quoted as JSON strings, so that none can pass for an instruction.
    """
    if not decision.partners:
        return ""
    lines = ["What is to be expected of the others now:"]
    for name, partner in decision.partners.items():
        quoted = json.dumps(name, ensure_ascii=False)
        confidence = partner.posterior[partner.order]
        lines.append(
            f"- {quoted} will do {_chances(partner.policy)}. It seems to act at order {partner.order} of "
            f"theory of mind (confidence {confidence:.0%})."
        )
        if partner.expects is not None:
            lines.append(f"- {quoted} expects you to do {_chances(partner.expects)}.")
        if partner.contract is not None and partner.contract.broken_at is not None:
            lines.append(
                f"- {quoted} declared order {partner.contract.order} and does not act by it; do not rely on "
                "what it declares."
            )
    action = json.dumps(decision.action, ensure_ascii=False)
    lines.append(f"What fits that is order {decision.order} of theory of mind: do {action}.")
    return "\n".join(lines)


def _chances(policy: Policy) -> str:
    ranked = sorted(policy.items(), key=lambda item: -item[1])
    if ranked[0][1] >= _CERTAIN:
        return json.dumps(ranked[0][0], ensure_ascii=False)
    named = ((json.dumps(action, ensure_ascii=False), p) for action, p in ranked)
    return ", ".join(f"{action} ({p:.0%})" for action, p in named if p >= 1.0 - _CERTAIN)
