"""A language model as the agent that acts."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from atom.agents.answers import as_said
from atom.agents.briefing import own_messages
from atom.decision import Prediction
from atom.errors import check_choice
from atom.models import prompts
from atom.models.chat_model import ChatModel
from atom.models.client import Client
from atom.models.portal import run_blocking
from atom.models.prompts import Tell
from atom.models.settings import ActorKeywords, Model, ModelSettings
from atom.situation import Situation


class LLMActor:
    """A language model as the wrapped agent: it is told the prediction and chooses an action.

    Its own messages, which a node's ``brief=`` hands it, are sent as texts before the question. It leaves no
    messages of its own.

    Args:
        me: for whom it decides.
        tell: whether it is told the prediction as ``"text"``, which it is to answer itself, or as a
            ``"recommendation"``, the action that fits and why. None is a recommendation where nobody but
            an exact reasoner has to be asked for it, else text.
        model, fallbacks, sampling, patience, api_key, observer, seed, limiter, options: see ``LLMReasoner``;
            only the temperature and the limit of ``sampling`` matter, the model answers once.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, symmetric_payoffs
        >>> from atom.llm import LLMActor
        >>> reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
        >>> ann = AdaptiveAgent("ann", reasoner, agent=LLMActor("ann", "ollama_chat/llama3.1"), gate="ask")
    """

    def __init__(
        self,
        me: str,
        model: str | ChatModel | Model,
        *,
        tell: Tell | None = None,
        **settings: Unpack[ActorKeywords],
    ) -> None:
        if tell is not None:
            check_choice("tell", tell, ("text", "recommendation"))
        self.me = me
        self.tell: Tell | None = tell
        self.client = Client(ModelSettings.of(model, {**settings, "memo": None}))
        self.model = self.client.endpoints[0].model

    def __repr__(self) -> str:
        return f"LLMActor({self.me!r}, {self.model!r})"

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action.

        Raises:
            LLMError: no model gave a usable answer.
        """
        return run_blocking(self.aact(situation, prediction))

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        self.client.begin()
        unsaid: Tell = "text" if prediction.recommended is None else "recommendation"
        question = prompts.told_last(situation, self.me, prediction, self.tell or unsaid)
        question = replace(question, said=as_said(own_messages(self.me)))
        return await self.client.action(question, self.me)
