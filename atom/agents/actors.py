"""Any agent as the one that acts: chat models, LangChain agents, compiled graphs, model names, callables.

Chat models and graphs are recognised by what they can do, so that nothing of theirs is imported.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeAlias, get_args, runtime_checkable

from atom.agents.answers import bill, label_of, new_messages, said_by
from atom.agents.briefing import deciding, own_messages, replied, take_reply
from atom.agents.chat import kind_of
from atom.coroutines import finish
from atom.decision import Prediction
from atom.errors import BudgetError, IllegalActionError, LLMError, check_choice, shortly
from atom.models import prompts
from atom.models.chat_model import unwrapped
from atom.models.entering import in_short
from atom.models.prompts import Question, Tell
from atom.models.replies import ReplyError
from atom.models.secrets import cleaned, held_by, redact
from atom.models.threads import in_time
from atom.situation import Situation
from atom.usage import current_meter

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

    def invoke(self, input: Any) -> Any:  # noqa: A002 - LangChain's name
        """The answer to messages, or to a state with messages."""
        ...

    async def ainvoke(self, input: Any) -> Any:  # noqa: A002 - LangChain's name
        """The same, awaited."""
        ...


@runtime_checkable
class _Graph(Protocol):
    """What compiled graphs have, and chat models have not."""

    def get_state(self, config: Any) -> Any: ...


@runtime_checkable
class _ChatModel(Protocol):
    """What chat models have, and chains have not."""

    def generate_prompt(self, prompts: Any) -> Any: ...


Act: TypeAlias = Callable[[Situation, Prediction], "str | Awaitable[str]"]
"""A function that returns the action for a situation and a prediction, awaitable or not."""

Agent: TypeAlias = "Actor | Act | Invocable | str"
"""What can be wrapped, see ``as_actor``."""


def as_actor(me: str, agent: Agent, *, tell: Tell | None = None, repair: bool | None = None) -> Actor:
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
        tell: whether models, chat models and graphs get the prediction as ``"text"`` in a system message; as
            a ``"recommendation"``, the action that fits and why, at the end of the question; or, chat models
            and graphs, as ``"data"``: JSON in the message, or the key ``prediction`` for graphs. None is
            text for chat models and graphs; for a model's name see ``LLMActor``.
        repair: whether an answer that names no option is asked for once more. None asks chat models
            alone: a graph, a chain or a function may have done something that is not to be done twice.
            Functions are never asked again. ``gate="ask"`` of an agent is a question of its own.

    Raises:
        TypeError: something that is none of these.
        ValueError: an unknown ``tell``, or ``"data"`` for a model's name.
    """
    if tell is not None:
        check_choice("tell", tell, get_args(Tell))
    if isinstance(agent, str):
        from atom.agents.prompted import LLMActor  # noqa: PLC0415  # most agents need no client of models

        return LLMActor(me, agent, tell=tell)
    if isinstance(agent, Actor):
        return agent
    if isinstance(agent, Invocable):
        return InvokedActor(me, agent, tell=tell or "text", repair=repair)
    if callable(agent):
        return CalledActor(me, agent)
    raise TypeError(
        f"the agent of {me!r} must be a model name, a chat model, a graph or a callable, got "
        f"{type(agent).__name__}"
    )


class CalledActor:
    """A function as a wrapped agent; see ``as_actor``.

    What it returns is its action, or a message or a graph's state that names it.

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
            IllegalActionError: the function returned None, or what is no legal action.
            LLMError: it returned a message that names no legal action.
            TypeError: the function is asynchronous.
        """
        action = self._act(situation, prediction)
        if inspect.isawaitable(action):
            if inspect.iscoroutine(action):
                action.close()
            raise TypeError(
                f"the agent of {self.me!r} is asynchronous; call adecide, or run the graph with ainvoke"
            )
        return self._read(action, situation)

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited where the function's answer can be."""
        action = self._act(situation, prediction)
        return self._read(await action if inspect.isawaitable(action) else action, situation)

    def _read(self, action: Any, situation: Situation) -> str:
        if action is None:
            raise IllegalActionError(
                f"the agent of {self.me!r} returned None, which is no action; legal are "
                f"{list(situation.legal(self.me))}"
            )
        if not _is_message(action) and not _is_state(action):
            take_reply()  # of an agent that the function asked
            if isinstance(action, str) and action in situation.legal(self.me):
                return action
            said = shortly(redact(action)) if isinstance(action, str) else redact(shortly(action))
            raise IllegalActionError(
                f"{said} is not a legal action of {self.me!r}; legal are {list(situation.legal(self.me))}"
            )
        question = prompts.action(situation, self.me)
        new = cleaned(new_messages(action, ""), ())
        replied(new, self.me)
        try:
            return question.actions[label_of(action, new, question.actions, asked=False)]
        except ReplyError as error:
            raise LLMError(f"the agent of {self.me!r}: {redact(str(error))}") from None


class InvokedActor:
    """A chat model or a graph as a wrapped agent; see ``as_actor``."""

    def __init__(self, me: str, agent: Invocable, *, tell: Tell = "text", repair: bool | None = None) -> None:
        self.me = me
        self._agent = agent
        inner = unwrapped(agent)
        self._is_graph = isinstance(inner, _Graph)
        self._repairs = isinstance(inner, _ChatModel) if repair is None else repair
        self._secrets = held_by(agent)
        self.tell: Tell = tell

    def __call__(self, situation: Situation, prediction: Prediction) -> str:
        """The action.

        Raises:
            LLMError: the agent raised an error, or named no legal action, twice where it is asked twice.
        """
        return finish(self._asked(self._at_once, situation, prediction))

    async def aact(self, situation: Situation, prediction: Prediction) -> str:
        """The same, awaited."""
        return await self._asked(self._awaited, situation, prediction)

    async def _at_once(self, request: Any) -> Any:
        left = _seconds_left()
        if left is None:
            return self._agent.invoke(request)
        try:
            return in_time(lambda: self._agent.invoke(request), left)
        except TimeoutError as error:
            if _seconds_left():  # the agent's own
                raise
            raise self._out_of_time(error) from None

    async def _awaited(self, request: Any) -> Any:
        try:
            async with asyncio.timeout(_seconds_left()) as budget:
                return await self._agent.ainvoke(request)
        except TimeoutError as error:
            if not budget.expired():  # the agent's own
                raise
            raise self._out_of_time(error) from None

    def _out_of_time(self, error: TimeoutError) -> BudgetError:
        said = redact(in_short(error), self._secrets)[:_LONGEST_REASON]
        words = f" ({said})" if said else ""
        return BudgetError(f"the agent of {self.me!r}: the budget's time ended before it answered{words}")

    async def _asked(self, send: _Send, situation: Situation, prediction: Prediction) -> str:
        """Asks once more where no option was named and that is allowed; suspends only where ``send`` does."""
        question = prompts.told_action(situation, self.me, prediction, self.tell)
        messages = question.messages("label")
        if self.tell == "data" and not self._is_graph:
            messages[1]["content"] = json.dumps(
                {"prediction": prediction.as_plain(), "question": messages[1]["content"]}
            )
        messages = _after(own_messages(self.me), messages)
        tries = 2 if self._repairs else 1
        for left in reversed(range(tries)):
            answer, new = await self._booked(send, messages, prediction)
            replied(new, self.me)
            try:
                return question.actions[label_of(answer, new, question.actions)]
            except ReplyError as error:
                problem = redact(str(error), self._secrets)
            if left:
                meter = current_meter()
                if meter is not None:
                    meter.repair()
                messages = [*messages, *_repair(question, said_by(new), problem)]
        tried = (
            "after one repair"
            if self._repairs
            else "not asked again, since it may have done something; as_actor(..., repair=True) allows it"
        )
        raise LLMError(f"the agent of {self.me!r}: {problem} ({tried})")

    def _request(self, messages: list[Any], prediction: Prediction) -> Any:
        if not self._is_graph:
            return messages
        data = {"prediction": prediction.as_plain()} if self.tell == "data" else {}
        return {"messages": messages, **data}

    async def _booked(
        self, send: _Send, messages: list[Any], prediction: Prediction
    ) -> tuple[Any, list[Any]]:
        """The answer, and its messages that are new."""
        meter = current_meter()
        began = meter.begin_call() if meter else 0.0
        new: list[Any] = []
        try:
            with deciding(self.me):  # the agent's own messages are sent, and lent to nobody within
                answer = await send(self._request(messages, prediction))
            new = cleaned(new_messages(answer, messages[-1]["content"]), self._secrets)
        except BudgetError:
            raise
        except Exception as error:  # whatever the provider's package raises
            if _is_control_flow(error):
                raise
            reason = self._reason(error)
        else:
            return answer, new
        finally:
            if meter:
                meter.end_call(began, **bill(new, f"the agent of {self.me!r}"))
        raise LLMError(f"the agent of {self.me!r}: {reason}")

    def _reason(self, error: Exception) -> str:
        text = redact(" ".join(in_short(error).split()), self._secrets)
        return f"{type(error).__name__}: {text[:_LONGEST_REASON]}"


def _after(own: Sequence[Any], asked: list[dict[str, str]]) -> list[Any]:
    """What is asked after the agent's own messages; providers want what the system says to come first."""
    lead = 0
    while lead < len(own) and kind_of(own[lead]) == "system":
        lead += 1
    return [*own[:lead], asked[0], *own[lead:], *asked[1:]]


def _seconds_left() -> float | None:
    """Seconds until the budget of the decision under way ends; None for no end."""
    meter = current_meter()
    deadline = None if meter is None else meter.deadline
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _is_message(answer: Any) -> bool:
    try:
        return hasattr(answer, "content")
    except Exception:  # noqa: BLE001 - one of another package, which cannot be read
        return True


def _is_state(answer: Any) -> bool:
    return isinstance(answer, dict) and ("messages" in answer or "structured_response" in answer)


def _repair(question: Question, text: str, problem: str) -> list[dict[str, str]]:
    again = prompts.template("repair").substitute(problem=problem, reply=question.reply("label"))
    return [{"role": "assistant", "content": text or "(empty)"}, {"role": "user", "content": again.strip()}]


def _is_control_flow(error: Exception) -> bool:
    """Whether it is how a graph within pauses or hands over, and not a failure; LangGraph is not imported."""
    errors = sys.modules.get("langgraph.errors")
    return errors is not None and isinstance(error, errors.GraphBubbleUp)
