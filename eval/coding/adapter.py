"""Our agent for CooperBench's runner: written against a copy of its protocol, without the package.

It writes no code itself. It stands in front of any coding agent of that protocol: reads what partners
promised, decides by its beliefs where to work, promises that, tells the coding agent, and verifies afterwards
whether its own patch and those of partners kept what was promised. In their package it is registered by
``cooperbench.agents.registry.register("atom")(CooperatingRunner)``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from atom import AdaptiveAgent, Contract, Memory, Situation
from atom.belief import order
from atom.coding import KEEPS, Promise, Scope, changes_in, judged, promising, scope_of, seen_in
from atom.errors import PromiseError, RepositoryError, ToMError
from eval.coding.agents import WORK

SUBMITTED, ERROR = "Submitted", "Error"


@dataclass
class AgentResult:
    """What a runner returns, by the names of CooperBench's own.

    Attributes:
        status: ``"Submitted"``, ``"Error"``, or another of the coding agent.
        patch: a unified diff of all that was changed.
        cost: of models, in US dollars.
        steps: calls of models.
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens: what they took.
        messages: the trajectory.
        sent_messages: those to partners.
        error: what went wrong, where the status says that.
    """

    status: str
    patch: str = ""
    cost: float = 0.0
    steps: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    sent_messages: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


class Runner(Protocol):
    """A coding agent of CooperBench's protocol."""

    def run(self, task: str, image: str, **settings: Any) -> Any:
        """Works at a task; an ``AgentResult`` or what has its attributes.

        Args:
            task: the feature's description.
            image: of the container with the repository.
            settings: agent_id, model_name, agents, comm_url, git_server_url, git_enabled, messaging_enabled,
                config, agent_config and log_dir.
        """
        ...


class FolderBoard:
    """Promises and patches as files in a folder that all agents reach, such as the run's logs.

    Args:
        folder: made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def post(self, kind: str, by: str, content: Mapping[str, Any]) -> None:
        """Leaves a note of a kind, which replaces an earlier one of the same author."""
        part = self._folder / f".{kind}.{by}.part"
        part.write_text(json.dumps({"by": by, **content}), encoding="utf-8")
        part.replace(self._folder / f"{kind}.{by}.json")

    def read(self, kind: str) -> dict[str, dict[str, Any]]:
        """Author -> its note of a kind; those that cannot be read are passed over."""
        found = {}
        for path in sorted(self._folder.glob(f"{kind}.*.json")):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                found[str(content["by"])] = content
            except (ValueError, KeyError, TypeError):
                continue
        return found


class CooperatingRunner:
    """A coding agent that promises, and takes others at their word as far as they keep it.

    What a run needs besides its protocol comes in ``config``: ``board``, a folder that all agents reach
    (``log_dir``'s parent where it is missing); ``parts``, name -> scopes of the repository where the feature
    can be built; and ``memory``, what this method left in ``messages`` of the run before, as ``tom``.

    Args:
        inner: who writes the code. None is an error of every run, since this package has no coding agent.
    """

    def __init__(self, inner: Runner | None = None, **_: Any) -> None:
        self._inner = inner

    def run(
        self,
        task: str,
        image: str,
        *,
        agent_id: str = "agent",
        agents: list[str] | None = None,
        config: dict[str, Any] | None = None,
        log_dir: str | None = None,
        **settings: Any,
    ) -> AgentResult:
        """Decides, promises, lets the inner agent work, and verifies.

        Args:
            task: the feature's description.
            image: the container's, for the inner agent.
            agent_id, agents, config, log_dir: by CooperBench's protocol.
            settings: the other arguments of the protocol, handed on.
        """
        if self._inner is None:
            return AgentResult(
                ERROR,
                error="no coding agent was given; CooperatingRunner(inner) needs one that writes the code",
            )
        given = dict(config or {})
        try:
            board, parts, memory = _read(given, log_dir)
            others = [other for other in agents or [] if other != agent_id]
            plan = _decided(agent_id, others, board, parts, memory)
        except ToMError as error:
            return AgentResult(ERROR, error=str(error))
        if plan.promise is not None and board is not None:
            board.post("promise", agent_id, {"promise": plan.promise.as_plain(), "part": plan.part})
        words = "\n\n".join([task, *plan.words])
        handed = {"agent_id": agent_id, "agents": agents, "config": config, "log_dir": log_dir, **settings}
        done = _result(self._inner.run(words, image, **handed))
        return _verified(agent_id, done, plan, board)


@dataclass(frozen=True)
class _Planned:
    part: str | None
    promise: Promise | None
    words: list[str]
    memory: Memory | None
    parts: Mapping[str, Sequence[Scope]]


def _read(
    config: Mapping[str, Any], log_dir: str | None
) -> tuple[FolderBoard | None, dict[str, list[Scope]], Memory | None]:
    """The board, the parts and the memory of a run.

    Raises:
        PromiseError: parts that are none, or lead outside the repository.
    """
    folder = config.get("board") or (str(Path(log_dir).parent / "board") if log_dir else None)
    parts = config.get("parts") or {}
    if not isinstance(parts, Mapping):
        raise PromiseError(f"config['parts'] is name -> list of paths or symbols, got {parts!r}")
    scopes = {str(name): [scope_of(scope) for scope in given] for name, given in parts.items()}
    return None if folder is None else FolderBoard(Path(folder)), scopes, config.get("memory")


def _decided(
    me: str,
    others: Sequence[str],
    board: FolderBoard | None,
    parts: Mapping[str, Sequence[Scope]],
    memory: Memory | None,
) -> _Planned:
    """Where to work, beside one partner or without; more partners are told of and not predicted."""
    promised = {} if board is None else board.read("promise")
    known = {other: note for other, note in promised.items() if other in others}
    words = [
        f"{other} promises to work at {note.get('part')} and nowhere else." for other, note in known.items()
    ]
    if not parts:
        return _Planned(None, None, words, memory, parts)
    if len(others) != 1 or len(parts) < 2:
        taken = {note.get("part") for note in known.values()}
        part = next((name for name in parts if name not in taken), next(iter(parts)))
        return _Planned(part, _promise(me, part, parts), [*words, _asked(part, parts)], memory, parts)
    (other,) = others
    agent = _agent(me, other)
    said = known.get(other, {}).get("part")
    announced = {other: str(said)} if said in parts else {}
    situation = Situation({me: tuple(parts), other: tuple(parts)}, announced=announced)
    decision, memory = agent.decide(situation, memory or agent.start([other]))
    words.append(decision.partners[other].in_words(other) + ".")
    part = decision.action
    return _Planned(part, _promise(me, part, parts), [*words, _asked(part, parts)], memory, parts)


def _agent(me: str, other: str) -> AdaptiveAgent:
    hypotheses = [order(0), order(1), order(2), *promising(prior=3.0)]
    return AdaptiveAgent(me, WORK, hypotheses=hypotheses, contract=Contract({other: KEEPS}))


def _promise(me: str, part: str, parts: Mapping[str, Sequence[Scope]]) -> Promise | None:
    """That the other parts are left alone; None where nothing else is there to be left."""
    others = [scope for name, scopes in parts.items() if name != part for scope in scopes]
    leaves = [scope for scope in others if scope not in parts[part]]
    return Promise(me, leaves=leaves) if leaves else None


def _asked(part: str, parts: Mapping[str, Sequence[Scope]]) -> str:
    where = ", ".join(scope.named for scope in parts[part])
    return f"Build the feature at {part} ({where}), and leave the other parts alone: this was promised."


def _result(done: Any) -> AgentResult:
    """A result of whatever class, as ours."""
    values = {item.name: getattr(done, item.name) for item in fields(AgentResult) if hasattr(done, item.name)}
    return AgentResult(**values)


def _verified(me: str, done: AgentResult, plan: _Planned, board: FolderBoard | None) -> AgentResult:
    """The result, with what was promised and whether it was kept, and the memory after partners' patches."""
    noted: dict[str, Any] = {"role": "tom", "part": plan.part}
    sent = list(done.sent_messages)
    if plan.promise is not None:
        noted["promise"] = plan.promise.as_plain()
        try:
            verdict = judged(plan.promise, changes_in(done.patch))
            noted |= {"kept": verdict.kept, "breaches": [breach.in_words() for breach in verdict.breaches]}
        except RepositoryError as error:  # a patch of somebody's agent ends nobody's run
            noted |= {"kept": None, "breaches": [], "unread": str(error)}
        sent.append({"from": me, "type": "promise", "content": plan.promise.as_plain()})
    if board is not None:
        board.post("patch", me, {"patch": done.patch})
        noted["tom"] = _observed(me, plan, board)
    return AgentResult(**{**vars(done), "messages": [*done.messages, noted], "sent_messages": sent})


def _observed(me: str, plan: _Planned, board: FolderBoard) -> Memory | None:
    """The memory after a partner's patch, where there is one by now."""
    if plan.memory is None:
        return None
    (other,) = plan.memory["partners"]
    patch = board.read("patch").get(other)
    if patch is None:
        return plan.memory
    try:
        changes = changes_in(str(patch.get("patch", "")))
    except RepositoryError:
        return plan.memory  # nothing was seen of what the partner did
    parts = {name: list(scopes) for name, scopes in plan.parts.items()}
    seen = seen_in(changes, parts)
    return plan.memory if seen is None else _agent(me, other).observe(plan.memory, None, {other: seen})
