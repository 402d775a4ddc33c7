"""What partners announce, and whether it is true: hypotheses about talk.

An announcement costs nothing and binds nobody (cheap talk: Crawford and Sobel 1982; Farrell and Rabin
1996), so it is evidence like any other action, and may be a lie. ``Situation.announced`` says what a player
announced to do in this step. Beside orders and habits, three hypotheses say what that is worth: a partner is

- ``honest``: it does what it announced;
- ``liar``: it does anything else, each alike;
- ``silent``: what it announces has no bearing on what it does, nor has anything else.

A partner whose words mean nothing but whose actions do is best explained by an order or by habits. Where
nothing was announced, or something that is no legal action, these three say nothing and learn nothing.
"""

from __future__ import annotations

from atom.belief.hypotheses import Hypothesis
from atom.policies import Policy
from atom.situation import Situation

HONEST = "honest"
LIAR = "liar"
SILENT = "silent"


def announcing(prior: float = 0.3) -> list[Hypothesis]:
    """The hypotheses ``honest``, ``liar`` and ``silent``.

    Args:
        prior: of the three together, > 0, beside the others' priors; honesty has half of it.

    Returns:
        hypotheses, to be added to others.

    Raises:
        BeliefError: a prior that is not positive and finite.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> from atom.belief import DEFAULT_HYPOTHESES, announcing
        >>> game = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
        >>> ann = AdaptiveAgent("ann", game, hypotheses=[*DEFAULT_HYPOTHESES, *announcing()])
        >>> memory, two = ann.start(["ben"]), {"ann": ("A", "B"), "ben": ("A", "B")}
        >>> for said, did in (("A", "B"), ("B", "A"), ("B", "A"), ("A", "B"), ("B", "A"), ("A", "B")):
        ...     decision, memory = ann.decide(Situation(two, announced={"ben": said}), memory)
        ...     memory = ann.observe(memory, None, {"ben": did})
        >>> decision, memory = ann.decide(Situation(two, announced={"ben": "A"}), memory)
        >>> decision.partners["ben"].hypothesis, decision.action
        ('liar', 'A')
    """
    return [
        Hypothesis(HONEST, behaviour=honest, prior=prior / 2.0),
        Hypothesis(LIAR, behaviour=liar, prior=prior / 4.0),
        Hypothesis(SILENT, behaviour=silent, prior=prior / 4.0),
    ]


def honest(situation: Situation, player: str) -> Policy | None:
    """What a player does that does what it announced; None where it announced nothing that it can do."""
    said = _announced(situation, player)
    return None if said is None else {said: 1.0}


def liar(situation: Situation, player: str) -> Policy | None:
    """What a player does that never does what it announced; None as in ``honest``, or without a choice."""
    said = _announced(situation, player)
    others = [action for action in situation.legal(player) if action != said]
    return dict.fromkeys(others, 1.0 / len(others)) if said is not None and others else None


def silent(situation: Situation, player: str) -> Policy | None:
    """What a player does that announces at random and acts at random; None as in ``honest``."""
    legal = situation.legal(player)
    return None if _announced(situation, player) is None else dict.fromkeys(legal, 1.0 / len(legal))


def _announced(situation: Situation, player: str) -> str | None:
    said = situation.announced.get(player) if situation.announced else None
    return said if isinstance(said, str) and said in situation.legal(player) else None
