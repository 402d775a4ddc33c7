"""Adaptive theory of mind for agents made by langchain's ``create_agent`` (extra: agents)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypeAlias, Unpack

from langchain.agents.middleware.types import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, SystemMessage
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from atom.agents.chat import calls_of
from atom.agents.player import Player
from atom.agents.settings import OnError, check_on_error
from atom.coroutines import finish
from atom.decision import Decision
from atom.errors import ExtractionError, ToMError, shortly
from atom.graph.hooks import a_situation, check_hook, explained, extracted
from atom.graph.messages import ReadActions, is_own, json_field, tool_calls
from atom.graph.observing import Unlisted, as_listed, left_out, observations
from atom.graph.seats import Seat, Seats
from atom.graph.shown import check_settings
from atom.graph.state import STATE_KEY, keyed, memories_of, merge_memories
from atom.graph.store import BeliefMemory
from atom.graph.told import NOTHING_TOLD, in_words, new_since, read_by_now, really_done, written_since
from atom.graph.turn import OnMismatch, Turn
from atom.memories import Memory, Told
from atom.observation import Observation, Observed
from atom.situation import Situation

__all__ = ["AdaptiveToMAgentState", "AdaptiveToMMiddleware", "json_field", "tool_calls"]

Begun: TypeAlias = "tuple[Situation | None, Memory | None, list[str]]"


class AdaptiveToMAgentState(AgentState[Any]):
    """What the middleware adds to an agent's state.

    Attributes:
        tom: observer -> its memory, plain data only; as of nodes, so that they can share it.
    """

    tom: NotRequired[Annotated[dict[str, Memory], merge_memories]]


class MiddlewareSettings(TypedDict, total=False):
    """Further settings of ``AdaptiveToMMiddleware``, as keywords.

    Attributes:
        key: the key of the agent's state that has the beliefs, in place of ``"tom"``.
        on_mismatch: what to do with a memory that was made with other settings: ``"raise"`` a
            ``BeliefError``, or ``"restart"`` the belief with one warning.
        own: whether ``observed`` is handed the agent's own messages as well: those of a model that have
            no name, or the agent's.
    """

    key: str
    on_mismatch: OnMismatch
    own: bool


class AdaptiveToMMiddleware(AgentMiddleware[AdaptiveToMAgentState, Any], Seats):
    """Tells an agent's model what its partners will do, and learns from what they did.

    Before a model call it reads from the messages since its last prediction what the partners did. When
    they acted, or at first, it updates the belief and predicts anew; else the prediction stands. The
    prediction goes into the system message of the call, after what is there. After the call, what the
    agent did is recorded, if ``acted`` can read it. ``state["tom"][me]`` holds the belief and, under
    ``"told"``, what the model was told and what came of it (``atom.memories.Told``): the words (``"text"``)
    and the ``"decision"`` that they say; ``"taken"``, the action that its latest answer names; ``"done"``,
    what it really did on the prediction before, once a person has edited or rejected its calls; the
    ``"problems"``, and which messages were ``"read"``.

    A message is read once, by its id. What stands before one that was read is not new, and summaries and
    the agent's own messages are left out, so that deleting, summarising, editing or quoting messages
    changes no belief.

    Events, spans, contracts and beliefs in a Store are as for ``AdaptiveToMNode``. It works beside
    other middlewares; one that shortens the messages may do so, since they are read only once.

    Args:
        agent: the settings: the agent's name, its reasoner, learner, orders, contract. The model acts,
            so it wraps no agent itself.
        situation: reads from the agent's state what all players see.
        observed: reads from new messages what the partners did, such as ``tool_calls`` and
            ``json_field`` return; None until they act. It is not handed the agent's own messages.
        acted: the same for the agent's own action, from one message of its own. Partners of habits are
            judged by it; without, by the action that was advised.
        beliefs: keeps what is learned about partners in the agent's Store.
        on_error: what to do when ``observed`` or ``acted`` raises or returns what is no action, or an
            action of somebody unknown: ``"degrade"`` leaves that out, logs a warning and notes it under
            ``"problems"``, and counts what other partners did; ``"raise"`` raises.
        settings: further ones, see ``MiddlewareSettings``.

    Raises:
        HookError: a hook that is no plain function, a ``situation`` that returned something else, or an
            agent that is no player.
        TypeError: an unknown setting.
        BeliefError: ``beliefs`` for an agent that has none, or without a Store; a memory made with other
            settings, see ``on_mismatch``.
        ValueError: an unknown ``on_error`` or ``on_mismatch``.
        ExtractionError: see ``on_error``.
        SituationError: a situation without the agent or without a partner.

    Example:
        >>> from langchain.agents import create_agent
        >>> from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
        >>> from langchain_core.messages import AIMessage
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> ann = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
        >>> middleware = AdaptiveToMMiddleware(
        ...     ann,
        ...     situation=lambda state: Situation({"ann": ["A", "B"], "ben": ["A", "B"]}),
        ...     observed=json_field("ben", "ben_did"),
        ... )
        >>> model = GenericFakeChatModel(messages=iter([AIMessage("B")]))
        >>> agent = create_agent(model, middleware=[middleware])
        >>> state = agent.invoke({"messages": [("user", "Choose.")]})
        >>> print(state["tom"]["ann"]["told"]["text"].splitlines()[0])
        Expected from what was observed:
    """

    state_schema = AdaptiveToMAgentState

    def __init__(
        self,
        agent: Player,
        *,
        situation: Callable[[Any], Situation],
        observed: ReadActions,
        acted: ReadActions | None = None,
        beliefs: BeliefMemory | None = None,
        on_error: OnError = "degrade",
        **settings: Unpack[MiddlewareSettings],
    ) -> None:
        super().__init__()
        check_settings(settings, MiddlewareSettings, "AdaptiveToMMiddleware")
        self.agent = agent
        self._where = f"the middleware {self.name!r}"
        strict = check_on_error(on_error) == "raise"
        for hook, given in (("situation", situation), ("observed", observed), ("acted", acted)):
            if given is not None or hook != "acted":
                check_hook(given, hook, self._where)
        key = settings.get("key", STATE_KEY)
        unlisted = Unlisted(on_unseen="raise" if strict else "ignore")
        on_mismatch = settings.get("on_mismatch", "raise")
        self._turn = Turn(self.name, agent, beliefs, on_mismatch, key, unlisted, kind="middleware")
        self._with_own = settings.get("own", False)
        self.key = key
        if key != STATE_KEY:
            # an agent's state is put together of the schemas of its middlewares
            self.state_schema = keyed(key)
        self._situation = situation
        self._observed = observed
        self._acted = acted
        self._strict = strict

    def before_model(self, state: AdaptiveToMAgentState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Learns from what the partners did, and predicts what they do next."""
        return finish(self._before(state, runtime, wait=False))

    async def abefore_model(
        self, state: AdaptiveToMAgentState, runtime: Runtime[Any]
    ) -> dict[str, Any] | None:
        """The same as ``before_model``, awaited."""
        return await self._before(state, runtime, wait=True)

    async def _before(
        self, state: AdaptiveToMAgentState, runtime: Runtime[Any], *, wait: bool
    ) -> dict[str, Any] | None:
        with explained(self._note):
            situation, memory, problems = self._begin(state)
            if situation is None or memory is None:
                return None if memory is None else self._update(state, memory)
            decided = await self._turn.decided(situation, memory, runtime.store, wait=wait)
            return self._tell(state, *decided, problems, runtime)

    @property
    def seats(self) -> Mapping[Seat, Player]:
        """Where the agent's memory is kept."""
        return {(self.key, self.agent.me): self.agent}

    def _memories(self, state: Any) -> Mapping[str, Memory]:
        return memories_of(state.get(self.key), self.key, self._where)

    def _update(self, state: Any, memory: Memory) -> dict[str, Any]:
        return self._turn.update(self._memories(state), memory)

    @property
    def _note(self) -> str:
        return f"In {self._where} of player {self.agent.me!r}."

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Adds the prediction to the system message."""
        return handler(self._informed(request))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """The same as ``wrap_model_call``, awaited."""
        return await handler(self._informed(request))

    def after_model(self, state: AdaptiveToMAgentState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Records what the agent did."""
        memory = self._memories(state).get(self.agent.me)
        answer = next((m for m in reversed(state["messages"]) if isinstance(m, AIMessage)), None)
        if memory is None or "told" not in memory or answer is None:
            return None
        told: Told = memory["told"]
        own = told.get("own", [])
        if answer.id is not None and not is_own(answer, self.agent.me, own):
            own = [*own, answer.id]
        problems: list[str] = []
        taken = self._taken(state, answer, {**told, "own": own}, problems)
        new: Told = {**told, "taken": taken, "problems": [*told["problems"], *problems]}
        if own:
            new["own"] = own
        return None if new == told else self._update(state, {**memory, "told": new})

    async def aafter_model(
        self, state: AdaptiveToMAgentState, runtime: Runtime[Any]
    ) -> dict[str, Any] | None:
        """The same as ``after_model``."""
        return self.after_model(state, runtime)

    def _begin(self, state: AdaptiveToMAgentState) -> Begun:
        """Situation, memory and what could not be read; no situation where the last prediction stands."""
        memories = self._memories(state)
        problems: list[str] = []
        seen: list[Observation] = []
        if self._turn.goes_on(memories):
            memory = memories[self.agent.me]
            told = memory.get("told") or NOTHING_TOLD
            new = [m for m in new_since(state, told) if self._with_own or not self._is_mine(m, told)]
            found = observations(self._extract("observed", self._observed, new, problems))
            others = ({name: did for name, did in one.items() if name != self.agent.me} for one in found)
            seen = [one for one in others if one]
            if not seen:
                return None, self._noted(state, memory, problems) if problems else None, []
            if (mine := self._did(state, told)) is not None:
                # it need not be what was advised, and partners of habits answer what was done
                seen[-1] = {**seen[-1], self.agent.me: mine}
        situation = a_situation(self._situation(state), self._where)
        memory, first = self._turn.begin(memories, situation)
        if first:
            return situation, memory, []
        legal = situation.actions.get(self.agent.me, ())
        try:
            counted = self._turn.count(memory, seen, legal, lenient=not self._strict)
        except ToMError as error:
            self._problem(str(error), problems, error)
            return None, self._noted(state, memory, problems), []
        problems = counted.problems
        if not counted.anything:
            return None, self._noted(state, memory, problems) if problems else None, []
        return situation, counted.memory, problems

    def _did(self, state: AdaptiveToMAgentState, told: Told) -> str | None:
        """What the agent really did on the last prediction; None for nothing, or where that is not known."""
        answers = [message for message in written_since(state, told) if self._is_mine(message, told)]
        if answers and calls_of(answers[-1]):
            # a person may have edited or rejected them since
            return self._done(state, told)
        # read when its messages, and what a person edited in them, were still there
        return told["taken"]

    def _noted(self, state: AdaptiveToMAgentState, memory: Memory, problems: list[str]) -> Memory:
        """The memory, in which the messages so far are read and what could not be read is noted."""
        told: Told = memory.get("told") or NOTHING_TOLD
        noted: Told = {**told, "problems": [*told["problems"], *problems], **read_by_now(state)}
        return {**memory, "told": noted}

    def _is_mine(self, message: AnyMessage, told: Told) -> bool:
        return is_own(message, self.agent.me, told.get("own", ()))

    def _taken(
        self, state: AdaptiveToMAgentState, answer: AIMessage, told: Told, problems: list[str]
    ) -> str | None:
        """The agent's legal action since its last prediction, as far as is known; None for none."""
        if self._acted is None:
            return None
        (made,) = really_done(state, [answer])
        actions = self._extract("acted", self._acted, [made], problems)
        found = next((one[self.agent.me] for one in observations(actions) if self.agent.me in one), None)
        if problems:
            return None
        if found is None:
            return self._done(state, told)
        legal = a_situation(self._situation(state), self._where).legal(self.agent.me)
        taken = as_listed(found, legal)
        if taken is None:
            what = f"{shortly(found)} is not a legal action of {self.agent.me!r}; legal are {list(legal)}"
            self._problem(f"{self._where}: {what}", problems)
        return taken

    def _done(self, state: AdaptiveToMAgentState, told: Told) -> str | None:
        """The same of what was done earlier; what cannot be read was said when it was new."""
        if self._acted is None:
            return None
        mine = [message for message in new_since(state, told) if self._is_mine(message, told)]
        for message in reversed(mine):
            try:
                actions = extracted(self._acted, [message], "acted", self._where, self.agent.me)
            except ExtractionError:
                continue
            for one in observations(actions):
                if isinstance(one.get(self.agent.me), str):
                    return str(one[self.agent.me])
        return None

    def _extract(
        self, hook: str, read: ReadActions, messages: Sequence[AnyMessage], problems: list[str]
    ) -> Observed | None:
        try:
            return extracted(read, messages, hook, self._where, self.agent.me)
        except ExtractionError as error:
            self._problem(str(error), problems, error.__cause__)
            return None

    def _problem(self, what: str, problems: list[str], cause: BaseException | None = None) -> None:
        if self._strict:
            raise ExtractionError(
                f"{what}; correct what reads actions from messages, or pass on_error='degrade'"
            ) from cause
        problems.append(left_out(what))

    def _tell(
        self,
        state: AdaptiveToMAgentState,
        decision: Decision,
        memory: Memory,
        problems: list[str],
        runtime: Runtime[Any],
    ) -> dict[str, Any]:
        self._turn.say(decision, memory, runtime.stream_writer)
        before: Told | None = memory.get("told")
        told: Told = {
            "text": in_words(decision),
            "decision": decision.as_plain(),
            "taken": None,
            "problems": problems,
            "done": None if before is None else self._did(state, before),
            **read_by_now(state),
        }
        return self._update(state, {**memory, "told": told})

    def _informed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        memories = self._memories(request.state)
        text = ((memories.get(self.agent.me) or {}).get("told") or NOTHING_TOLD)["text"]
        if not text:
            return request
        before = request.system_message.content_blocks if request.system_message is not None else []
        lead = "\n\n" if before else ""
        content: Any = [*before, {"type": "text", "text": f"{lead}{text}"}]
        return request.override(system_message=SystemMessage(content=content))
