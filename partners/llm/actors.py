"""Language models with one thing less than the adaptive agent: as actors that wrap another.

- told nothing, so that a belief can act through the gate alone;
- asked several times, so that an agent without a belief spends as many tokens as one with.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from atom import LLMError, Prediction, Situation
from atom.llm import LLMActor
from atom.models import run_blocking


class UntoldActor:
    """Asks a model as if nothing had been predicted.

    Args:
        actor: who is asked.
    """

    def __init__(self, actor: LLMActor) -> None:
        self._actor = actor

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action; raises ``LLMError`` as the model does."""
        return self._actor(situation, Prediction(0, {}))

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        return await self._actor.aact(situation, Prediction(0, {}))


class VotingActor:
    """Asks a model several times and does what most answers say, the first legal action on ties.

    Self-consistency (Wang et al. 2023, arXiv 2203.11171): what can be bought with more calls and no
    belief. All calls are sent at once; those that fail have no vote.

    Args:
        actor: who is asked.
        votes: how often, >= 1.

    Raises:
        ValueError: no votes.
    """

    def __init__(self, actor: LLMActor, votes: int) -> None:
        if votes < 1:
            raise ValueError(f"a vote needs at least one answer, got {votes}")
        self._actor = actor
        self.votes = votes

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action.

        Raises:
            LLMError: no call gave a usable answer.
        """
        return run_blocking(self.aact(situation, prediction))

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        asked = (self._actor.aact(situation, prediction) for _ in range(self.votes))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        votes = Counter(answer for answer in answers if isinstance(answer, str))
        for failure in (answer for answer in answers if isinstance(answer, BaseException)):
            if not votes or not isinstance(failure, LLMError):
                raise failure
        return max(situation.legal(self._actor.me), key=lambda action: votes[action])
