"""Settings of nodes that most graphs leave as they are."""

from __future__ import annotations

from typing_extensions import TypedDict

from atom.graph.hooks import ReadMessages
from atom.graph.observing import Classify, OnUnseen
from atom.graph.turn import OnMismatch


class NodeSettings(TypedDict, total=False):
    """Further settings of ``AdaptiveToMNode``, as keywords.

    Attributes:
        key: the key of the graph's state that has the beliefs, in place of ``"tom"``.
        messages: reads from the state its messages. ``observed`` is then handed those that are new since
            the node's last decision, in place of the state, as a middleware's is: each once, by its id,
            and without summaries and what a model of no name, or of the player's, said.
        brief: reads from the state the messages that the wrapped agent is handed as its own, before what
            it is asked; those of its answer are ``Decision.reply``, for ``write`` to put back.
        on_mismatch: what to do with a memory that was made with other settings: ``"raise"`` a
            ``BeliefError``, or ``"restart"`` the belief with one warning.
        classify: says which legal action something stands for that a partner did and nobody listed:
            ``classify(player, happened, legal)``, None for none. Case and type are seen through without.
        on_unseen: what to do with what is none of the legal actions: ``"ignore"`` leaves it out with a
            warning and a sentence in ``Decision.degraded``; ``"other"`` takes it for the legal action
            ``"other"``, where there is one; ``"raise"`` raises an ``IllegalActionError``. With
            ``messages=``, an ``observed`` that fails and an action of somebody unknown are left out alike,
            or raise an ``ExtractionError`` or a ``SituationError``.
    """

    key: str
    messages: ReadMessages | None
    brief: ReadMessages | None
    on_mismatch: OnMismatch
    classify: Classify | None
    on_unseen: OnUnseen
