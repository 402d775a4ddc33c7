"""Language models as players: ``llm:MODEL`` on its own, ``@tom-K`` at an order, ``@bayes`` adaptive.

Some take their hypotheses from the task's own reasoner and only the action from the model: ``@prompt-only``
is told the prediction and decides alone; ``@recommend-only`` is told which action fits, and why;
``@gate-only`` is told nothing, and overruled where it acts against the prediction; ``@prompt-and-gate`` and
``@recommend-and-gate`` are both. ``@vote-N`` has no belief and asks the model N times.
"""

from __future__ import annotations

from atom import AdaptiveAgent, BareAgent, Beliefs, FixedOrderAgent, Player, Reasoner
from atom.agents import Payoffs
from atom.belief import DEFAULT_HYPOTHESES, order
from partners.adaptive import PAPER_ORDERS, settings
from partners.base import PAPER, Traits
from partners.llm.actors import UntoldActor, VotingActor
from partners.llm.backend import LLMBackend, current_backend
from partners.llm.modes import AS_ADAPTIVE, FORM, PREFIX, TOLD, split_model
from partners.registry import SERVED, partner


def _traits(model: str, mode: str) -> Traits:
    """What a model answers may be chance, whatever it is asked."""
    what, _, number = mode.partition("-")
    order = int(number) if what == "tom" else None
    return Traits(stochastic=True, adaptive=mode in AS_ADAPTIVE or mode in TOLD, order=order)


@partner(PREFIX, source=PAPER, traits=_traits, argument=FORM, reads=split_model, served=True)
def language_model(me: str, reasoner: Reasoner, model: str, mode: str, *, seed: int = 0) -> Player:
    """A language model: on its own, at an order, or adaptive.

    Args:
        me: its name in situations.
        reasoner: the task's own, which predicts for the baselines.
        model: as LiteLLM names it.
        mode: how it plays; empty for a model on its own.
        seed: seed of its random numbers, >= 0.

    Raises:
        ValueError: no model, or a gate where payoffs are unknown.
    """
    if not model:
        raise ValueError("a model needs a name, such as openai/gpt-4o-mini or ollama_chat/llama3.1")
    backend = current_backend()
    if not mode:
        return BareAgent(me, backend.actor(me, model, seed), seed=seed)
    if mode in TOLD:
        return _baseline(me, reasoner, model, mode, backend, seed)
    if mode in AS_ADAPTIVE:
        learner, selection, response = settings(AS_ADAPTIVE[mode])
        paper = [order(k) for k in PAPER_ORDERS]
        return AdaptiveAgent(
            me,
            backend.reasoner(model),
            beliefs=Beliefs(learner, DEFAULT_HYPOTHESES if mode == "bayes" else paper),
            selection=selection,
            response=response,
            prune=backend.prune,
            budget=backend.budget,
            seed=seed,
        )
    what, _, number = mode.partition("-")
    if what == "vote":
        return BareAgent(me, VotingActor(backend.actor(me, model, seed), int(number)), seed=seed)
    return FixedOrderAgent(me, backend.reasoner(model), int(number), seed=seed)


LLM = SERVED[PREFIX]
"""Language models: apart from the others, since they need a server to play."""


def _baseline(
    me: str, reasoner: Reasoner, model: str, mode: str, backend: LLMBackend, seed: int
) -> AdaptiveAgent:
    """The task's own hypotheses, and the model's action."""
    told, gate = TOLD[mode]
    if gate != "off" and not isinstance(reasoner, Payoffs):
        raise ValueError(
            f"@{mode} overrules by expected payoffs, which {type(reasoner).__name__} does not know; it "
            "plays normal-form games"
        )
    actor = backend.actor(me, model, seed, recommended=mode.startswith("recommend"))
    agent = actor if told else UntoldActor(actor)
    return AdaptiveAgent(me, reasoner, agent=agent, gate=gate, budget=backend.budget, seed=seed)
