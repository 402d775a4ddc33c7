"""A lead that splits questions over workers of different depth, with outputs in the Store.

The lead has one posterior for each worker: takes it a brief literally (order 0), infers what its siblings do
(1), or second-guesses the lead (2)? It briefs by that, and a ``Send`` takes every brief to its worker. What a
worker finds goes to the Store; its key alone comes back, and says what was covered. A cap on tokens is never
exceeded: where it may not do for all briefs, fewer workers are sent. Workers that raise, time out or answer
nonsense cost a round, and nothing else. What they are modelled by is in ``eval/delegation/``; put agents of
your own in their place.

Run it: ``python examples/research_team.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import add
from typing import Annotated, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Send
from typing_extensions import TypedDict

from atom import AdaptiveToMNode, Seen, Situation, add_tom_node
from eval.delegation import (
    Assignment,
    Believing,
    Brief,
    Cap,
    Faulty,
    Ledger,
    Question,
    Returned,
    View,
    Worker,
    admitted,
    assignments,
    by_depth,
    carried_out,
    charged,
    make_lead,
    make_question,
    merged,
    planned,
    situation,
    still_open,
)
from eval.delegation.leads import believed, seen

NAMES = ("worker-1", "worker-2", "worker-3", "worker-4")
ORDERS = (0, 2, 1, 0)
ROUNDS = 2
QUESTIONS = 8
SEED = 0


class Desk(TypedDict):
    """The graph's own state.

    Attributes:
        question: number of the question; a run has several.
        round: of the question.
        beliefs: worker -> order -> probability, of the last decision.
        briefs: worker, section and form of each brief that was written.
        listed: the sections that were open then.
        keys: what came back of all rounds: key, worker, section, facets, tokens, problem.
        read: how many of the keys the round before had.
        tokens, calls: of this question.
        done: duplicates and share of facets of every question.
    """

    question: int
    round: int
    beliefs: dict[str, dict[int, float]]
    briefs: list[tuple[str, str, int]]
    listed: list[str]
    keys: Annotated[list[dict[str, Any]], add]
    read: int
    tokens: int
    calls: int
    done: Annotated[list[list[float]], add]


class Sent(TypedDict):
    """What a ``Send`` hands to a worker: what went out with its brief, and which of the briefs is its own."""

    question: int
    round: int
    listed: list[str]
    briefs: list[tuple[str, str, int]]
    number: int


def question_of(desk: Desk | Sent) -> Question:
    """The question that is on the desk."""
    return make_question(SEED, 0, desk["question"], ROUNDS * len(NAMES))


def view(desk: Desk | Sent, listed: Sequence[str]) -> View:
    """What the lead sees, with the open sections."""
    left = (QUESTIONS - desk["question"]) * ROUNDS - desk["round"]
    return View(question_of(desk), tuple(listed), NAMES, left, (SEED, 0, desk["round"]))


def written(desk: Desk | Sent) -> list[Assignment]:
    """The briefs of a round, in words."""
    return assignments(view(desk, desk["listed"]), [Brief(*brief) for brief in desk["briefs"]])


def covered_so_far(desk: Desk) -> frozenset[tuple[str, int]]:
    """The facets of this question that keys say are covered."""
    ours = (key for key in desk["keys"] if key["question"] == desk["question"])
    return frozenset((section, number) for key in ours for section, number in key["facets"])


def observed(desk: Desk) -> Mapping[str, Seen] | None:
    """What the keys of the last round say of each worker that returned one."""
    last = desk["keys"][desk["read"] :]
    did = {key["worker"]: key["section"] for key in last if key["section"] is not None}
    return seen(desk["listed"], [Brief(*brief) for brief in desk["briefs"]], did) or None


def at(desk: Desk) -> Situation:
    """What lead and workers may do."""
    return situation(NAMES)


def build(
    team: Mapping[str, Worker], cap: Cap, *, believes: bool, saver: InMemorySaver | None = None
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph.

    Args:
        team: name -> who researches.
        cap: of a question.
        believes: whether the lead has a belief; if not, it names a section to each.
        saver: of checkpoints; workers that interrupt need one.
    """
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(Desk)
    if believes:
        node = AdaptiveToMNode(
            "lead",
            Believing(SEED).agent,
            situation=at,
            observed=observed,
            write=lambda decision: {"beliefs": believed(decision)},
        )
        add_tom_node(builder, "lead", node)
    else:
        builder.add_node("lead", lambda desk: {"beliefs": {}})

    def brief(state: Desk) -> dict[str, Any]:
        now = view(state, still_open(question_of(state), covered_so_far(state)))
        briefs = planned(now, state["beliefs"]) if believes else make_lead("fixed", SEED).plan(now, {})[0]
        plain = [(one.worker, one.section, one.form) for one in briefs]
        return {"briefs": plain, "listed": list(now.listed), "read": len(state["keys"])}

    def send(desk: Desk) -> list[Send] | str:
        sent = admitted(written(desk), team, Ledger(desk["tokens"], desk["calls"]), cap)
        out = {name: desk[name] for name in ("question", "round", "listed", "briefs")}
        return [Send("worker", {**out, "number": number}) for number in range(len(sent))] or "collect"

    def worker(state: Sent, store: BaseStore) -> dict[str, Any]:
        given = written(state)[state["number"]]
        back = carried_out(
            given, team[given.brief.worker], lambda key, text: store.put(("findings",), key, {"text": text})
        )
        return {"keys": [{"question": state["question"], **as_plain(back)}]}

    builder.add_node("brief", brief)
    builder.add_node("worker", worker)
    builder.add_node("collect", collect)
    builder.add_edge(START, "lead")
    builder.add_edge("lead", "brief")
    builder.add_conditional_edges("brief", send, ["worker", "collect"])
    builder.add_edge("worker", "collect")
    builder.add_conditional_edges(
        "collect", lambda desk: END if desk["question"] >= QUESTIONS else "lead", ["lead", END]
    )
    return builder.compile(checkpointer=saver, store=InMemoryStore())


def collect(state: Desk) -> dict[str, Any]:
    """What a round cost; the next round, or the next question where all is covered or no round is left."""
    last = state["keys"][state["read"] :]
    ledger = charged(Ledger(state["tokens"], state["calls"]), [returned(key) for key in last])
    whole, known = question_of(state), covered_so_far(state)
    if state["round"] + 1 < ROUNDS and still_open(whole, known):
        return {"round": state["round"] + 1, "tokens": ledger.tokens, "calls": ledger.calls}
    ours = [returned(key) for key in state["keys"] if key["question"] == state["question"]]
    _, twice = merged(frozenset(), ours)
    end = {"done": [[twice, len(known) / whole.facets]], "question": state["question"] + 1}
    return {**end, "round": 0, "tokens": 0, "calls": 0}


def as_plain(back: Returned) -> dict[str, Any]:
    """What comes back, as plain data."""
    facets = [list(facet) for facet in back.facets]
    return {
        "worker": back.worker,
        "key": back.key,
        "section": back.section,
        "facets": facets,
        "tokens": back.tokens,
        "problem": back.problem,
    }


def returned(key: Mapping[str, Any]) -> Returned:
    """The same, from plain data."""
    facets = tuple((section, number) for section, number in key["facets"])
    return Returned(key["worker"], key["key"], key["section"], facets, key["tokens"], key["problem"])


def start() -> Desk:
    """An empty desk."""
    return {
        "question": 0, "round": 0, "beliefs": {}, "briefs": [], "listed": [], "keys": [], "read": 0,
        "tokens": 0, "calls": 0, "done": [],
    }  # fmt: skip


def run(*, believes: bool, faults: float = 0.0, tokens: int = 2000) -> Desk:
    """All questions, one after another."""
    team = {name: Faulty(by_depth(k), faults) for name, k in zip(NAMES, ORDERS, strict=True)}
    graph = build(team, Cap(tokens), believes=believes)
    end: Desk = graph.invoke(start(), {"recursion_limit": 200})  # type: ignore[assignment]
    return end


def line(title: str, desk: Desk) -> str:
    """What a run came to, on average of a question."""
    n = len(desk["done"])
    twice, share = sum(one for one, _ in desk["done"]) / n, sum(one for _, one in desk["done"]) / n
    spent = [sum(key["tokens"] for key in desk["keys"] if key["question"] == i) for i in range(n)]
    failed = sum(bool(key["problem"]) for key in desk["keys"])
    return (
        f"{title:>22}: {twice:.1f} duplicate findings, {share:.0%} covered, {sum(spent) / n:.0f} tokens a "
        f"question, {max(spent)} at most, {failed} of {len(desk['keys'])} calls degraded"
    )


if __name__ == "__main__":
    learned = run(believes=True)
    print(line("a belief of each", learned))
    print(line("the same brief form", run(believes=False)))
    print(line("30 % faults, cap 1000", run(believes=True, faults=0.3, tokens=1000)))
    likeliest = {name: max(orders, key=lambda k: orders[k]) for name, orders in learned["beliefs"].items()}
    told = ", ".join(f"{name} order {k}" for name, k in likeliest.items())
    print(f"{'believed in the end':>22}: {told}")
