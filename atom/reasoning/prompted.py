"""Hypotheses from a language model: how would a player of some order act?"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Literal, TypeAlias, TypeVar, Unpack, get_args

from atom.errors import check_choice
from atom.models import prompts
from atom.models.chat_model import ChatModel
from atom.models.client import Client
from atom.models.portal import run_blocking
from atom.models.settings import Model, ModelSettings, ReasonerKeywords
from atom.policies import Policy
from atom.reasoning.recursive import Latest, Recursion
from atom.reasoning.turns import is_last
from atom.situation import Situation

T = TypeVar("T")

Told: TypeAlias = Literal["action", "distribution"]


class LLMHypotheses:
    """What a model says of how players would act; it is asked each question about a situation once.

    Every decision has one of these, see ``LLMReasoner.for_decision``.

    Args:
        client: asks the model.
        told: see ``LLMReasoner``.
    """

    def __init__(self, client: Client, told: Told) -> None:
        self._client = client
        self._told = told
        self._recursion = Recursion(self._answer)
        self._latest = Latest()

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order``; raises as ``LLMReasoner.policy``."""
        return run_blocking(self.apolicy(situation, player, order))

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same, awaited; concurrent callers share every question that is under way."""
        self._client.begin()
        return await self._recursion.policy(situation, player, order, self._latest.of(situation))

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The answer of ``player`` to what every other player is expected to do."""
        return run_blocking(self.arespond(situation, player, predicted))

    async def arespond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``, awaited."""
        self._client.begin()
        question = prompts.response(situation, player, self._tell(predicted))
        return await self._client.policy(question, player, "response")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, which runs in the event loop that all requests go through."""
        return run_blocking(work)

    async def _answer(
        self, situation: Situation, player: str, order: int, predicted: Mapping[str, Policy]
    ) -> Policy:
        if is_last(situation, player):
            question = prompts.action(situation, player)  # what the others did stands in the question
        elif order == 0:
            question = prompts.level_zero(situation, player)
        else:
            question = prompts.level_k(situation, player, order, self._tell(predicted))
        return await self._client.policy(question, player, f"order {order}")

    def _tell(self, predicted: Mapping[str, Policy]) -> Mapping[str, Policy]:
        return prompts.likeliest(predicted) if self._told == "action" else predicted


class LLMReasoner:
    """Level-k reasoning by prompts: ToM-0 acts on the game as it stands, ToM-k answers ToM-(k-1).

    The prompt says everything that ``situation.description`` says (rules, payoffs, history), whom the
    model decides for, the legal actions as labelled options, and from order 1 on what the others are
    expected to do, which are the answers to the questions one order below (paper, "ToM module").
    Orders 0..K of one partner and the own action at K+1 are at most 2K+2 questions in K+2 rounds;
    equal questions are answered from the memo.

    Decisions that share the reasoner share the memo and nothing else: each asks ``for_decision()``.
    Without a decision, what was asked of the latest situation is remembered.

    Nothing in a description, a name or a reply can add an action or change what is asked: text of
    others is marked as data, and every reply is checked against the options.

    Args:
        model: as LiteLLM names it, such as ``openai/gpt-4o-mini`` or ``ollama_chat/llama3.1``; a LangChain
            chat model, which is asked by its own ``invoke``, with its own key and options; or a ``Model``,
            which has its key and options itself: none may be given beside it.
        told: what a question says of the other players: the ``"action"`` that is likeliest (paper,
            ``a_j_pred``; fewer different questions, so more of them from the memo) or the whole
            ``"distribution"`` in percent.
        fallbacks: further models, tried in order where the one before gave no usable answer: names,
            or ``Model`` for those that need a key or options of their own.
        sampling: how an answer becomes a distribution over actions.
        patience: timeouts, retries and the deadline.
        api_key: None leaves finding keys to LiteLLM (environment variables). It is kept out of
            errors, logs, memos and transcripts.
        memo: where answers are kept: by default in this process, ``SqliteMemo(path)`` on disk, None
            nowhere.
        observer: told of every exchange, for transcripts.
        seed: of the pauses between retries, >= 0.
        limiter: entered for every request, see ``atom.models.settings.Limiter``; None lets all go at once.
        options: further arguments of ``litellm.acompletion``; they may be given as keywords of their own,
            such as ``api_base`` or ``max_tokens``; and ``transport``, how it is reached, see ``Model``.

    Raises:
        ValueError: settings out of range, or that clash, at once; ``LLMError`` from the policies when no
            model gave a usable answer within the deadline.

    Example:
        >>> from atom import AdaptiveAgent, Pruning
        >>> from atom.llm import LLMReasoner
        >>> reasoner = LLMReasoner("openai/gpt-4o-mini")
        >>> ann = AdaptiveAgent("ann", reasoner, prune=Pruning())
    """

    def __init__(
        self, model: str | ChatModel | Model, *, told: Told = "action", **settings: Unpack[ReasonerKeywords]
    ) -> None:
        check_choice("told", told, get_args(Told))
        self._told = told
        self.client = Client(ModelSettings.of(model, settings))
        self.model = self.client.endpoints[0].model
        self._direct = self.for_decision()

    def __repr__(self) -> str:
        return f"LLMReasoner({self.model!r})"

    def for_decision(self) -> LLMHypotheses:
        """The hypotheses of one decision: what it asked is remembered, and shared with no other decision."""
        return LLMHypotheses(self.client, self._told)

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order``.

        Raises:
            LLMError: no model gave a usable answer.
            ValueError: a negative order.
            SituationError: the player is not in the situation.
        """
        return self._direct.policy(situation, player, order)

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same as ``policy``, awaited."""
        return await self._direct.apolicy(situation, player, order)

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The answer of ``player`` to what every other player is expected to do."""
        return self._direct.respond(situation, player, predicted)

    async def arespond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``, awaited."""
        return await self._direct.arespond(situation, player, predicted)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, which runs in the event loop that all requests go through."""
        return self._direct.run(work)
