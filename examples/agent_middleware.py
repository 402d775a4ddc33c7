"""An agent made by langchain's ``create_agent``, told by a middleware what its partner will do.

The agent and a colleague book rooms around a courtyard at the same time, and work well if their rooms
are next to each other. Its tool books a room and reports what the colleague took. A scripted chat
model stands in for a real one, so that this runs offline: it reads the system message and does what it
finds there, or books the first room. Put a model's name such as "openai:gpt-4o-mini" in its place.

Run it: ``python examples/agent_middleware.py`` (needs the extra ``agents``).
"""

from __future__ import annotations

import json
import re
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    FixedOrderAgent,
    NormalFormReasoner,
    Situation,
    json_field,
    symmetric_payoffs,
    tool_calls,
)

ROOMS = ("red", "orange", "yellow", "green", "blue")
PLAYERS = ("agent", "colleague")
ROUNDS = 10
NEXT_DOOR = [[float((a - b) % 5 in (1, 4)) for b in range(5)] for a in range(5)]
REASONER = NormalFormReasoner(symmetric_payoffs(NEXT_DOOR), ties="next")


class ScriptedModel(BaseChatModel):
    """Books the room that the system message advises."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        booked = sum(isinstance(message, ToolMessage) for message in messages)
        if booked >= ROUNDS:
            answer = AIMessage("All meetings are booked.")
        else:
            advised = re.search(r'fits is "(\w+)"', str(messages[0].text))
            room = advised.group(1) if advised else ROOMS[0]
            answer = AIMessage(
                "", tool_calls=[{"name": "book", "args": {"room": room}, "id": f"booking-{booked}"}]
            )
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def bind_tools(self, tools: Any, **_: Any) -> ScriptedModel:
        """The script knows its tools."""
        return self


class Calendar:
    """The rooms, and a colleague who thinks at a fixed order."""

    def __init__(self, order: int) -> None:
        self.colleague = FixedOrderAgent("colleague", REASONER, order)
        self.memory = self.colleague.start(["agent"])
        self.rounds: list[dict[str, str]] = []

    def situation(self, _: Any = None) -> Situation:
        """What both see."""
        return Situation(dict.fromkeys(PLAYERS, ROOMS), history=tuple(self.rounds))

    def book(self, room: str) -> str:
        """The agent books, and the colleague does at the same time."""
        decision, self.memory = self.colleague.decide(self.situation(), self.memory)
        self.rounds.append({"agent": room, "colleague": decision.action})
        return json.dumps({"you_took": room, "colleague_took": decision.action})

    @property
    def good(self) -> int:
        """How many bookings were next door to each other."""
        pairs = ((ROOMS.index(r["agent"]), ROOMS.index(r["colleague"])) for r in self.rounds)
        return sum(int(NEXT_DOOR[mine][theirs]) for mine, theirs in pairs)


def run(order: int, *, adaptive: bool) -> int:
    """Good bookings of an agent, with or without the middleware."""
    calendar = Calendar(order)

    @tool
    def book(room: str) -> str:
        """Book the red, orange, yellow, green or blue room."""
        return calendar.book(room)

    middleware = AdaptiveToMMiddleware(
        AdaptiveAgent("agent", REASONER),
        situation=calendar.situation,
        observed=json_field("colleague", "colleague_took"),
        acted=tool_calls("agent", "book", argument="room"),
    )
    agent = create_agent(
        ScriptedModel(),
        tools=[book],
        middleware=[middleware] if adaptive else [],
        system_prompt="Book a room for every meeting.",
    )
    agent.invoke({"messages": [HumanMessage("Book all meetings.")]}, {"recursion_limit": 100})
    return calendar.good


def main() -> None:
    """Print good bookings with colleagues of every order."""
    for title, adaptive in (("bare agent", False), ("with middleware", True)):
        good = ", ".join(f"order {k}: {run(k, adaptive=adaptive):2} of {ROUNDS}" for k in (0, 1, 2))
        print(f"{title:>15}: colleague of {good}")


if __name__ == "__main__":
    main()
