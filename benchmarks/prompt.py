"""What the middleware adds to prompts, in tokens, beside the same agent without it in the same run.

A small graph: an agent made by ``create_agent`` with a short system prompt and one tool, a partner, and a
game of two actions. The scripted model plays alike with and without the middleware: nothing else differs.
Tokens are counted by LiteLLM as OpenAI does, without a network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm
import numpy as np
from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    convert_to_openai_messages,
)
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    NormalFormReasoner,
    Situation,
    json_field,
    symmetric_payoffs,
)

ROUNDS = 15
TICKETS = ("login", "billing")
MODEL = "gpt-4o"
REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
DRAWN = np.random.default_rng(1).integers(2, size=ROUNDS)
PARTNERS: dict[str, Callable[[list[str], int], str]] = {
    "takes what ann left": lambda ann, step: TICKETS[1 - TICKETS.index(ann[-1])] if ann else TICKETS[0],
    "takes what ann took": lambda ann, step: ann[-1] if ann else TICKETS[0],
    "always the same": lambda ann, step: TICKETS[0],
    "by chance": lambda ann, step: TICKETS[DRAWN[step]],
}


class Scripted(BaseChatModel):
    """Takes the tickets in turn, whatever it is told, and remembers what that was."""

    sent: list[list[BaseMessage]] = Field(default_factory=list)
    tools: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.sent.append(messages)
        done = sum(isinstance(message, ToolMessage) for message in messages)
        call = {"name": "take", "args": {"ticket": TICKETS[done % 2]}, "id": f"call-{done}"}
        answer = AIMessage("Done.") if done == ROUNDS else AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def bind_tools(self, tools: Any, **_: Any) -> Scripted:
        self.tools = [convert_to_openai_tool(found) for found in tools]
        return self

    def tokens(self) -> list[int]:
        """Prompt tokens of every call."""
        return [
            litellm.token_counter(
                model=MODEL, messages=convert_to_openai_messages(messages), tools=self.tools
            )
            for messages in self.sent
        ]


def prompts(partner: Callable[[list[str], int], str], *, told: bool) -> list[int]:
    """Prompt tokens of every call of an agent's run, with or without the middleware."""
    played: list[dict[str, str]] = []

    @tool
    def take(ticket: str) -> str:
        """Take a ticket, while ben takes one."""
        ben = partner([joint["ann"] for joint in played], len(played))
        played.append({"ann": ticket, "ben": ben})
        return json.dumps({"ben_did": ben})

    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("ann", REASONER, seed=1),
        situation=lambda _: Situation(dict.fromkeys(("ann", "ben"), TICKETS), history=tuple(played)),
        observed=json_field("ben", "ben_did"),
    )
    model = Scripted()
    agent: Any = create_agent(
        model,
        tools=[take],
        middleware=[middleware] if told else [],
        system_prompt="You share a board of tickets with ben. Take one that ben does not take.",
    )
    agent.invoke({"messages": [HumanMessage("Go.")]}, {"recursion_limit": 10 * ROUNDS})
    return model.tokens()


def main() -> None:
    print(f"prompt tokens a call, {ROUNDS} rounds of two actions, one partner ({MODEL}'s tokens)")
    print(f"  {'partner':22}{'without':>9}{'with':>9}{'added':>9}{'most':>6}{'first call':>12}{'all':>7}")
    for name, partner in PARTNERS.items():
        bare, told = prompts(partner, told=False), prompts(partner, told=True)
        added = [b - a for a, b in zip(bare, told, strict=True)]
        mean = [sum(column) / len(column) for column in (bare, told, added)]
        shares = [f"+{100 * part:.0f} %" for part in (added[0] / bare[0], sum(added) / sum(bare))]
        counts = "".join(f"{count:9.1f}" for count in mean)
        print(f"  {name:22}{counts}{max(added):6}{shares[0]:>12}{shares[1]:>7}")
    print("  limit 40 tokens a decision")


if __name__ == "__main__":
    main()
