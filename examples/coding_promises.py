"""Two coding agents in parallel branches of one repository, and a board of what they promise.

Every round both build a feature at one of four modules. Before, ben says on the board which one he will take;
ann's node decides by what that was worth so far, and her coder writes the file. Both commit in worktrees of
their own, in a temporary repository. What ben really did is read from his branch with git, late by nature,
judged against his promise, and observed. A breach is in the state, in the stream and in the decision.

Beside ben as he is (honest, or one who takes the module after the one that he promised) ann is alone with the
board (*trusts*) or has the node in front of her; *its like* is a second node, which promises what it decides.

Run it: ``python examples/coding_promises.py``, with ``--local`` for the small model as ann's coder (extra
``local``).
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator, Mapping
from operator import add, or_
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, cast

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Contract,
    Decision,
    RecursiveReasoner,
    Situation,
    add_tom_node,
)
from atom.belief import order
from atom.coding import (
    KEEPS,
    Promise,
    Repository,
    environment,
    judged,
    promise_event,
    promising,
    seen_in,
    verified,
)
from atom.memories import Term
from atom.policies import Policy

ROUNDS = 10
MODULES = {name: [f"shop/{name}.py"] for name in ("cart", "price", "stock", "tax")}
CODERS = ("ann", "ben")
CONTRACT = Contract({"ben": KEEPS})


class Workshop(TypedDict):
    """The graph's own state: the board, what both built, what was read of it, and what that says of ben."""

    number: int
    board: Annotated[dict[str, Any], or_]
    ann: str
    ben: str
    read: dict[str, str]
    since: dict[str, str]
    term: Term | None
    clashes: Annotated[list[bool], add]
    broken: Annotated[list[str], add]


def listed(state: Mapping[str, Any]) -> list[str]:
    """The modules, from the one that this round's ticket names on."""
    names = list(MODULES)
    first = state["number"] * 3 % len(names)
    return names[first:] + names[:first]


def situation(state: Workshop) -> Situation:
    """What both see: the modules, and what ben promises to touch."""
    modules = listed(state)
    promise = state["board"].get("ben")
    said = {} if promise is None else {"ben": Path(promise["touches"][0]["path"]).stem}
    return Situation({"ann": modules, "ben": modules}, announced=said)


def first(situation: Situation, player: str) -> Policy:
    """ToM-0: the module that the ticket names."""
    return {situation.legal(player)[0]: 1.0}


def elsewhere(situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
    """The first module after the likeliest where the other is least likely to be."""
    (theirs,) = predicted.values()
    legal = list(situation.legal(player))
    at = legal.index(max(legal, key=lambda name: theirs.get(name, 0.0)))
    return {min([*legal[at + 1 :], *legal[: at + 1]], key=lambda name: theirs.get(name, 0.0)): 1.0}


WORK = RecursiveReasoner(first, elsewhere)


def node(me: str, other: str, coder: Any = None) -> AdaptiveToMNode:
    """The node in front of a coder; what it decides is promised."""
    hypotheses = [order(0), order(1), order(2), *promising(prior=3.0)]
    contract = CONTRACT if other == "ben" else None
    agent = AdaptiveAgent(
        me, WORK, agent=coder, hypotheses=hypotheses, contract=contract, seed=CODERS.index(me)
    )

    def write(decision: Decision) -> dict[str, Any]:
        promise = Promise(me, touches=MODULES[decision.action])
        return {me: decision.action, "board": {me: promise.as_plain()} if me == "ann" else {}}

    return AdaptiveToMNode(
        me,
        agent,
        situation=situation,
        observed=lambda state: {other: state["read"][other]} if other in state["read"] else None,
        write=write,
    )


def promise(state: Workshop, *, ben: str) -> dict[str, Any]:
    """What ben says before the round; one who is like ann says nothing, since both decide at once."""
    if ben == "its like":
        return {"board": {}}
    named = listed(state)[state["number"] % 3]
    return {"board": {"ben": Promise("ben", touches=MODULES[named], step=state["number"]).as_plain()}}


def act(state: Workshop, *, ben: str) -> dict[str, Any]:
    """What ben builds: the module that he promised, or the one after it."""
    modules = listed(state)
    named = situation(state).announced["ben"]
    return {"ben": named if ben == "keeps" else modules[(modules.index(named) + 1) % len(modules)]}


def trust(state: Workshop) -> dict[str, Any]:
    """Ann without the node: the first module that ben does not claim."""
    said = situation(state).announced.get("ben")
    return {"ann": next(name for name in listed(state) if name != said)}


def git(folder: Path, *arguments: str) -> str:
    """Git in a repository of our own, without the user's settings, hooks, signatures or ``GIT_DIR``."""
    line = ["git", "-c", "user.name=atom", "-c", "user.email=atom@example.org", *arguments]
    done = subprocess.run(  # noqa: S603
        line, cwd=folder, env=environment(), check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def opened(folder: Path) -> str:
    """A repository with four modules and a worktree for each coder; its first commit."""
    (folder / "main" / "shop").mkdir(parents=True)
    for name in MODULES:
        (folder / "main" / "shop" / f"{name}.py").write_text(f"{name.upper()} = 1\n")
    git(folder / "main", "init", "-q", "-b", "main")
    git(folder / "main", "add", ".")
    git(folder / "main", "commit", "-q", "-m", "base")
    for name in CODERS:
        git(folder / "main", "worktree", "add", "-q", "-b", name, str(folder / name))
    return git(folder / "main", "rev-parse", "HEAD")


def review(state: Workshop, *, folder: Path) -> dict[str, Any]:
    """Both commit; then what they did is read from their branches, and ben's promise is judged by it."""
    for name in CODERS:
        path = folder / name / "shop" / f"{state[name]}.py"  # type: ignore[literal-required]
        path.write_text(f"{path.read_text()}ROUND_{state['number']} = {name!r}\n")
        git(folder / name, "commit", "-q", "-a", "-m", f"round {state['number']}")
    repository = Repository(folder / "main")
    found = {name: repository.branch(name, against="main", since=state["since"][name]) for name in CODERS}
    read = {name: str(seen.action) for name in CODERS if (seen := seen_in(found[name].changes, MODULES))}
    update = {
        "number": state["number"] + 1,
        "read": read,
        "since": {name: found[name].until for name in CODERS},
        "clashes": [read["ann"] == read["ben"]],
    }
    promised = state["board"].get("ben")
    if promised is None:
        return update
    verdict = judged(Promise.of_plain(promised), found["ben"].changes)
    term = verified(CONTRACT, state["term"], verdict, state["number"])
    event = promise_event("ann", verdict, CONTRACT, term)
    get_stream_writer()(event)
    return {**update, "term": term, "broken": event["words"]}


def play(way: str, ben: str, coder: Any = None) -> tuple[list[bool], list[dict[str, Any]], dict[str, Any]]:
    """One run of the graph: which rounds clashed, the events, and the state at the end.

    Args:
        way: ``"trusts"`` or ``"node"``, ann's.
        ben: ``"keeps"``, ``"breaks"`` or ``"its like"``.
        coder: who takes the last step for ann: a callable, a chat model or the name of one.
    """
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        base = opened(folder)
        builder = StateGraph(Workshop)
        builder.add_node("promise", lambda state: promise(state, ben=ben))
        builder.add_node("review", lambda state: review(state, folder=folder))
        if way == "node":
            add_tom_node(builder, "ann", node("ann", "ben", coder))
        else:
            builder.add_node("ann", trust)
        if ben == "its like":
            add_tom_node(builder, "ben", node("ben", "ann"))
        else:
            builder.add_node("ben", lambda state: act(state, ben=ben))
        builder.add_edge(START, "promise")
        for name in CODERS:
            builder.add_edge("promise", name)
            builder.add_edge(name, "review")
        builder.add_conditional_edges("review", lambda s: END if s["number"] >= ROUNDS else "promise")
        start: Workshop = {
            "number": 0, "board": {}, "ann": "", "ben": "", "read": {}, "since": dict.fromkeys(CODERS, base),
            "term": None, "clashes": [], "broken": [],
        }  # fmt: skip
        events: list[dict[str, Any]] = []
        last: dict[str, Any] = {}
        stream = builder.compile().stream(
            start, {"recursion_limit": 9 * ROUNDS}, stream_mode=["custom", "values"]
        )
        for mode, content in cast("Iterator[tuple[str, dict[str, Any]]]", stream):
            if mode == "custom":
                events.append(content)
            else:
                last = content
        return last["clashes"], events, last


def shown(title: str, clashes: list[bool], events: list[dict[str, Any]]) -> None:
    """A line of a run."""
    rounds = "".join("x" if clash else "." for clash in clashes)
    broken = [event["step"] for event in events if event.get("type") == "tom.contract"]
    found = f", the breach found before round {broken[0]}" if broken else ""
    print(f"{title:<24}: {rounds} {sum(clashes)} of {len(clashes)} clash{found}")


def main() -> None:
    """All runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--local", action="store_true", help="the small model as ann's coder")
    asked = parser.parse_args()
    for ben in ("keeps", "breaks"):
        for way in ("trusts", "node"):
            shown(f"{way}, ben {ben}", *play(way, ben)[:2])
    shown("node, ben its like", *play("node", "its like")[:2])
    if asked.local:
        from atom.llm import LLMActor, Sampling  # noqa: PLC0415 - only where a model is asked
        from eval.localmodel import LocalModel  # noqa: PLC0415 - the extra

        with LocalModel() as served:
            actor = LLMActor(
                "ann",
                served.model,
                tell="recommendation",
                sampling=Sampling(structured=True),
                **served.options,
            )
            for ben in ("keeps", "breaks"):
                shown(f"local model, ben {ben}", *play("node", ben, actor)[:2])


if __name__ == "__main__":
    main()
