"""Any agent as the one that acts: chat models, LangChain agents, compiled graphs, model names, callables.

Chat models and graphs are recognised by what they can do, so that nothing of theirs is imported.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from atom.coroutines import finish
from atom.decision import Prediction
from atom.errors import LLMError
from atom.models import prompts
from atom.models.prompts import Question
from atom.models.replies import ReplyError, read_label
from atom.models.secrets import redact
from atom.situation import Situation
from atom.usage import current_meter

Tell: TypeAlias = Literal["text", "data"]

_LONGEST_REASON = 200

_Send: TypeAlias = Callable[[Any], Awaitable[Any]]


@runtime_checkable
class Actor(Protocol):
    """A wrapped agent: given the situation and the prediction, it says its action."""

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action.

        Raises:
            LLMError: its model gave no usable answer.
            TypeError: it can only be awaited.
        """
        ...

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        ...


@runtime_checkable
class Invocable(Protocol):
    """A LangChain chat model or runnable, or a compiled graph."""

    def invoke(self, input: Any) -> Any:  # noqa: A002
        """The answer to messages, or to a state with messages."""
        ...

    async def ainvoke(self, input: Any) -> Any:  # noqa: A002
        """The same, awaited."""
        ...


@runtime_checkable
class _Graph(Protocol):
    """What compiled graphs have, and chat models have not."""

    def get_state(self, config: Any) -> Any: ...


Act: TypeAlias = Callable[[Situation, Prediction], "str | Awaitable[str]"]
"""A function that returns the action for a situation and a prediction, awaitable or not."""

Agent: TypeAlias = "Actor | Act | Invocable | str"
"""What can be wrapped, see ``as_actor``."""


def as_actor(me: str, agent: Agent, *, tell: Tell = "text") -> Actor:
    """``agent`` as a wrapped agent of ``AdaptiveAgent`` (which calls this itself).

    - A model name such as ``"openai/gpt-4o-mini"`` becomes an ``LLMActor``.
    - An ``Actor`` is taken as it is.
    - A chat model, or anything else with ``invoke`` and ``ainvoke``, is sent the situation as messages.
    - A compiled graph, such as LangChain's ``create_agent`` makes, is sent ``{"messages": [...]}`` and
      answers with its last message, or with its structured response.
    - Any other callable is called: ``(situation, prediction) -> action``, awaitable or not.

    Args:
        me: for whom it decides.
        agent: who acts.
        tell: whether chat models and graphs get the prediction as ``"text"`` in a system message, or
            as ``"data"``: JSON in the message for chat models, the key ``prediction`` for graphs.

    Raises:
        TypeError: something that is none of these.
    """
    if isinstance(agent, str):
        from atom.agents.prompted import LLMActor  # noqa: PLC0415  # most agents need no client of models

        return LLMActor(me, agent)
    if isinstance(agent, Actor):
        return agent
    if isinstance(agent, Invocable):
        return InvokedActor(me, agent, tell=tell)
    if callable(agent):
        return CalledActor(me, agent)
    raise TypeError(
        f"the agent of {me!r} must be a model name, a chat model, a graph or a callable, got "
        f"{type(agent).__name__}"
    )


class CalledActor:
    """A function as a wrapped agent; see ``as_actor``.

    Args:
        me: for whom it decides.
        act: returns the action, or an awaitable of it.
    """

    def __init__(self, me: str, act: Act) -> None:
        self.me = me
        self._act = act

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action.

        Raises:
            TypeError: the function is asynchronous.
        """
        action = self._act(situation, prediction)
        if inspect.isawaitable(action):
            if inspect.iscoroutine(action):
                action.close()
            raise TypeError(
                f"the agent of {self.me!r} is asynchronous; call adecide, or run the graph with ainvoke"
            )
        return action

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited where the function's answer can be."""
        action = self._act(situation, prediction)
        return await action if inspect.isawaitable(action) else action


class InvokedActor:
    """A chat model or a graph as a wrapped agent; see ``as_actor``."""

    def __init__(self, me: str, agent: Invocable, *, tell: Tell = "text") -> None:
        self.me = me
        self._agent = agent
        self._is_graph = isinstance(agent, _Graph)
        self._tell: Tell = tell

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action.

        Raises:
            LLMError: the agent raised an error, or named no legal action twice.
        """
        return finish(self._asked(self._at_once, situation, prediction))

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        return await self._asked(self._agent.ainvoke, situation, prediction)

    async def _at_once(self, request: Any) -> Any:
        return self._agent.invoke(request)

    async def _asked(self, send: _Send, situation: Situation, prediction: Prediction) -> str:
        """Asks once more where no option was named; suspends only where ``send`` does."""
        advice = prompts.advice(prediction) if self._tell == "text" else ""
        question = prompts.action(situation, self.me, advice)
        messages = question.messages("label")
        if self._tell == "data" and not self._is_graph:
            messages[1]["content"] = json.dumps(
                {"prediction": prediction.as_plain(), "question": messages[1]["content"]}
            )
        for repair in (True, False):
            text = _text_of(await self._booked(send, self._request(messages, prediction)))
            try:
                return question.actions[read_label(text, question.actions)]
            except ReplyError as error:
                problem = str(error)
            if repair:
                messages = [*messages, *_repair(question, text, problem)]
        raise LLMError(f"the agent of {self.me!r}: {problem} (after one repair)")

    def _request(self, messages: list[dict[str, str]], prediction: Prediction) -> Any:
        if not self._is_graph:
            return messages
        data = {"prediction": prediction.as_plain()} if self._tell == "data" else {}
        return {"messages": messages, **data}

    async def _booked(self, send: _Send, request: Any) -> Any:
        meter = current_meter()
        began = meter.begin_call() if meter else 0.0
        answer: Any = None
        try:
            answer = await send(request)
        except Exception as error:  # whatever the provider's package raises
            if _is_control_flow(error):
                raise
            reason = _reason(error)
        else:
            return answer
        finally:
            if meter:
                meter.end_call(began, **_bill(answer, request))
        raise LLMError(f"the agent of {self.me!r}: {reason}")


def _repair(question: Question, text: str, problem: str) -> list[dict[str, str]]:
    again = prompts.template("repair").substitute(problem=problem, reply=question.reply("label"))
    return [{"role": "assistant", "content": text or "(empty)"}, {"role": "user", "content": again.strip()}]


def _is_control_flow(error: Exception) -> bool:
    """Whether it is how a graph within pauses or hands over, and not a failure; LangGraph is not imported."""
    errors = sys.modules.get("langgraph.errors")
    return errors is not None and isinstance(error, errors.GraphBubbleUp)


def _reason(error: Exception) -> str:
    text = redact(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text[:_LONGEST_REASON]}"


def _messages_of(answer: Any) -> list[Any]:
    if isinstance(answer, Mapping):
        found = answer.get("messages")
        return list(found) if isinstance(found, list | tuple) else []
    return [answer]


def _text_of(answer: Any) -> str:
    """The words of an answer: a message's text, a structured response's JSON, or a plain string."""
    # answers are messages, models and dictionaries of other packages, which differ by version
    if isinstance(answer, Mapping) and answer.get("structured_response") is not None:
        found = answer["structured_response"]
        dump = getattr(found, "model_dump", None)
        return json.dumps(dump() if dump else found, default=str)
    messages = _messages_of(answer)
    if not messages:
        return ""
    content = getattr(messages[-1], "content", messages[-1])
    if isinstance(content, Mapping):
        content = content.get("content", "")
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else part.get("text", "") for part in content]
        return "".join(parts)
    return str(content)


def _bill(answer: Any, request: Any) -> dict[str, Any]:
    """Tokens of the messages that are new; the price is unknown."""
    sent = len(request["messages"]) if isinstance(request, Mapping) else 0
    prompt = completion = 0
    for message in _messages_of(answer)[sent:]:
        usage = getattr(message, "usage_metadata", None) or {}
        prompt += int(usage.get("input_tokens", 0))
        completion += int(usage.get("output_tokens", 0))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "cost": None}
