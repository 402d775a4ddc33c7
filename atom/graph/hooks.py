"""What a user's functions give to a node: each is called here, and what it returns is checked here.

A mistake in them is found when the node is made, where that is possible, else at the first step; the error
names the node, the function and what to write instead. What a graph raises to pause or to hand over passes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeAlias

from langgraph.errors import GraphBubbleUp
from langgraph.types import Command

from atom.agents.chat import id_of
from atom.decision import Decision
from atom.errors import ExtractionError, HookError, StateKeyError
from atom.graph.messages import ReadActions
from atom.graph.shown import asynchronous, at_once, shown
from atom.observation import Observed
from atom.situation import Situation

ReadSituation: TypeAlias = Callable[[Any], Situation]
ReadObserved: TypeAlias = Callable[[Any], "Observed | None"]
WriteDecision: TypeAlias = "Callable[[Decision], Mapping[str, Any] | Command[Any]]"
ReadMessages: TypeAlias = Callable[[Any], Sequence[Any]]

_EXAMPLE = 'Situation({"ann": ("A", "B"), "ben": ("A", "B")})'


@dataclass(frozen=True, slots=True)
class Hooks:
    """The functions of one node.

    Attributes:
        name: the node's name, in errors.
        situation, observed, write, brief, messages: see ``AdaptiveToMNode``.

    Raises:
        HookError: one that is no function, or an asynchronous one.
    """

    name: str
    situation: ReadSituation
    observed: ReadObserved
    write: WriteDecision
    brief: ReadMessages | None = None
    messages: ReadMessages | None = None

    def __post_init__(self) -> None:
        for hook in ("situation", "observed", "write", "brief", "messages"):
            given = getattr(self, hook)
            if given is not None or hook not in ("brief", "messages"):
                check_hook(given, hook, f"the node {self.name!r}")

    def read_situation(self, state: Any) -> Situation:
        """What all players see.

        Raises:
            HookError: the function returned something else.
        """
        return a_situation(self.situation(state), f"the node {self.name!r}")

    def read_observed(self, state: Any) -> Observed | None:
        """What the partners did, or None.

        Raises:
            HookError: the function returned something else.
        """
        return an_observation(self.observed(state), "observed", f"the node {self.name!r}")

    def read_brief(self, state: Any) -> Sequence[Any]:
        """The agent's own messages.

        Raises:
            HookError: the function returned something else.
        """
        return () if self.brief is None else self._messages(self.brief(state), "brief")

    def read_messages(self, state: Any) -> Sequence[Any] | None:
        """The messages that ``observed`` reads what is new of; None where it reads the state.

        Raises:
            HookError: the function returned something else.
        """
        if self.messages is None:
            return None
        found = self._messages(self.messages(state), "messages")
        if any(id_of(message) is None for message in found):
            raise HookError(
                f"the hook 'messages' of the node {self.name!r} returned messages without an id, by which "
                "each is read once; let the state's key be Annotated[list, add_messages], which gives one"
            )
        return found

    def read_episode(self, episode: Any, state: Any) -> int:
        """The number of the episode.

        Args:
            episode: the number, or how to read it from the state.
            state: of the graph.

        Raises:
            HookError: it is no integer.
        """
        found = episode
        if callable(episode):
            found = at_once(episode(state), "episode", f"the node {self.name!r}")
        if isinstance(found, Integral):
            return int(found)
        raise HookError(
            f"the hook 'episode' of the node {self.name!r} returned {shown(found)}; return the number of the "
            "episode, an integer from 0"
        )

    def _messages(self, found: Any, hook: str) -> Sequence[Any]:
        return a_list(found, hook, f"the node {self.name!r}", 'messages, such as state["messages"]')

    def read_write(self, decision: Decision) -> Mapping[str, Any] | Command[Any]:
        """The update of the graph's own keys.

        Raises:
            StateKeyError: neither a mapping nor a ``Command``.
        """
        update = at_once(self.write(decision), "write", f"the node {self.name!r}")
        if isinstance(update, Mapping | Command):
            return update
        raise StateKeyError(
            f"write must return a mapping from state keys to values, got {shown(update)}; correct the hook "
            f"'write' of the node {self.name!r}: lambda decision: {{KEY: decision.action}}, or a Command "
            "with such an update"
        )

    def updated_by(self, command: Command[Any]) -> Mapping[str, Any]:
        """The keys that a command of ``write`` updates.

        Raises:
            StateKeyError: its update is neither a mapping nor a list of pairs.
        """
        update = command.update
        if update is None:
            return {}
        if isinstance(update, Mapping):
            return update
        if isinstance(update, list | tuple) and all(isinstance(p, tuple) and len(p) == 2 for p in update):
            return dict(update)
        raise StateKeyError(
            f"the hook 'write' of the node {self.name!r} returned a Command with the update {shown(update)}; "
            "write Command(update={KEY: decision.action}, goto=...)"
        )


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Notes in errors where they came from; a pause or a handoff is nothing to be explained."""
    try:
        yield
    except GraphBubbleUp:
        raise
    except Exception as error:  # whatever it is, it goes on its way with the note
        error.add_note(where)
        raise


def check_hook(given: object, hook: str, where: str) -> None:
    """Refuses what is no plain function.

    Args:
        given: the function.
        hook: by what keyword it was given.
        where: to what, such as ``"the node 'ann'"``.

    Raises:
        HookError: it is none, or an asynchronous one.
    """
    if not callable(given):
        raise HookError(
            f"the hook {hook!r} of {where} must be a function, got {shown(given)}; write {hook}=lambda "
            f"{'decision' if hook == 'write' else 'state'}: ..."
        )
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__):
        raise HookError(asynchronous(hook, where))


def a_situation(found: Any, where: str) -> Situation:
    """``found`` itself.

    Raises:
        HookError: it is no situation.
    """
    found = at_once(found, "situation", where)
    if isinstance(found, Situation):
        return found
    raise HookError(
        f"the hook 'situation' of {where} returned {shown(found)}; return a Situation, whose first argument "
        f"is player -> legal actions: {_EXAMPLE}"
    )


def an_observation(found: Any, hook: str, where: str) -> Observed | None:
    """``found`` itself.

    Raises:
        HookError: it is neither a mapping, nor a list of mappings, nor None.
    """
    found = at_once(found, hook, where)
    if found is None or isinstance(found, Mapping):
        return found
    if isinstance(found, list | tuple) and all(one is None or isinstance(one, Mapping) for one in found):
        return found
    raise HookError(
        f"the hook {hook!r} of {where} returned {shown(found)}; return who did what, "
        '{"ben": "A"}, a list of these, or None where nothing was seen'
    )


def a_list(found: Any, hook: str, where: str, of_what: str) -> Sequence[Any]:
    """``found`` as a list.

    Args:
        found: what a hook returned.
        hook: by what keyword it was given.
        where: to what.
        of_what: what it should be a list of, with an example.

    Raises:
        HookError: it is none, or one that has yet to be awaited.
    """
    found = at_once(found, hook, where)
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
        raise HookError(f"the hook {hook!r} of {where} returned {shown(found)}; return a list of {of_what}")
    return found if isinstance(found, Sequence) else list(found)


def extracted(read: ReadActions, messages: Sequence[Any], hook: str, where: str, me: str) -> Observed | None:
    """What was done by messages, which others wrote: whatever a reader of them raises is one kind of error.

    Args:
        read: the reader.
        messages: those that it reads.
        hook: by what keyword it was given.
        where: to what.
        me: the player there.

    Raises:
        ExtractionError: it failed, or returned what is no joint action.
    """
    try:
        return an_observation(read(messages), hook, where)
    except GraphBubbleUp:  # a reader that asks a person
        raise
    except Exception as error:  # a reader is the user's, and messages are others'
        name = getattr(read, "__name__", type(read).__name__)
        raise ExtractionError(
            f"{where}: the extractor {name!r} of {me!r} failed ({type(error).__name__}: {error})"
        ) from error
