"""Digests of what is played: every task, every player, both runtimes, and graphs of other shapes.

A digest says what happened and not how it is stored: the situation, actions, scores, and of every
decision its orders, beliefs and predictions, as the public objects show them. Floats count to nine
significant digits (below 1e-12 they count as 0), and actions of probability 0 count as left out.

``python -m tests.digests --write`` records the digests anew in ``tests/digests.json``; what differs is
then in the diff of that file. Everything that is imported from the project is imported here.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import add
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    AdaptiveToMNode,
    BareAgent,
    Bayes,
    BeliefMemory,
    Budget,
    ChangePoints,
    CongestionReasoner,
    Contract,
    DeclaredReasoner,
    FixedOrderAgent,
    FixedShare,
    FollowTheLeader,
    Hedge,
    LLMError,
    NormalFormReasoner,
    Pruning,
    RecursiveReasoner,
    Situation,
    StaticPlayer,
    ToMState,
    add_tom_node,
    add_tom_team,
    declare,
    json_field,
    symmetric_payoffs,
    team_orders,
    tool_calls,
)
from atom.belief import AdaHedge, RescorlaWagner, Uniform
from atom.usage import current_meter
from eval.play import episode_graph, play, play_in_graph, seat_players
from eval.play.seats import NEED_A_MODEL
from eval.studies import seat_team
from eval.tasks import TASKS, make_task
from partners import Population, all_kinds, make_partner, save_population
from partners.names import split_name
from partners.population import save_policies, train
from tests.graphs.scripted import ScriptedModel

RECORDED = Path(__file__).with_name("digests.json")
SEED = 7

Lines = list[Any]
"""What happened, one entry a step, of plain data."""
Seats = Mapping[str, Any]
"""Player -> who sits there."""

# ---- from what happened to a digest ----


def plain(value: Any) -> Any:
    """Data that reads the same whatever its types: floats rounded, whole ones as integers, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # of numpy
        return plain(value.tolist())
    if isinstance(value, float):
        rounded = 0.0 if abs(value) < 1e-12 else float(f"{value:.9g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value


def text(value: Any) -> str:
    """Plain data as canonical text."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"))


def digest(lines: Lines) -> str:
    """16 hexadecimal digits for the whole, then two for every step and all before it."""
    running = hashlib.blake2b(digest_size=8)
    steps = []
    for line in lines:
        running.update(text(line).encode() + b"\n")
        steps.append(running.hexdigest()[:2])
    return f"{running.hexdigest()} {''.join(steps)}"


def difference(recorded: str | None, found: str) -> str:
    """Empty for equal digests; else where they begin to differ, in words."""
    if recorded == found:
        return ""
    if recorded is None:
        return "is not recorded"
    (_, before), (_, after) = recorded.split(" "), found.split(" ")
    pairs = itertools.zip_longest(
        *([steps[i : i + 2] for i in range(0, len(steps), 2)] for steps in (before, after))
    )
    first = next((i for i, (one, other) in enumerate(pairs, 1) if one != other), len(after) // 2)
    return f"differs from step {first} on ({len(before) // 2} steps were recorded, {len(after) // 2} played)"


def situation_line(situation: Any) -> str:
    """A hash of what everybody saw."""
    seen = [
        [[player, list(own)] for player, own in situation.actions.items()],
        situation.state,
        list(situation.history),
        situation.description,
    ]
    return hashlib.blake2b(text(seen).encode(), digest_size=8).hexdigest()


def decision_line(decision: Any) -> dict[str, Any]:
    """A decision and why, without names and words of the implementation."""
    return {
        "player": decision.player,
        "action": decision.action,
        "order": decision.order,
        "estimates": decision.estimates,
        "posterior": decision.posterior,
        "predictions": {
            name: {order: policy_line(policy) for order, policy in by_order.items()}
            for name, by_order in decision.predictions.items()
        },
        "expects": {name: policy_line(partner.expects) for name, partner in decision.partners.items()},
        "contracts": {
            name: [standing.order, standing.kept, standing.broken_at]
            for name, standing in decision.contracts.items()
        },
        "changes": {
            name: [change.step, int(change.before), int(change.after), change.probability, change.followed]
            for name, partner in decision.partners.items()
            if (change := partner.change) is not None
        },
        "gap": decision.gap,
        "overruled": decision.overruled,
        "calls": None if decision.usage is None else decision.usage.calls,
        "degraded": len(decision.degraded),
    }


def policy_line(policy: Mapping[str, float] | None) -> dict[str, float] | None:
    """The actions that a policy may take."""
    return None if policy is None else {action: p for action, p in policy.items() if abs(p) >= 1e-12}


def event_line(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without the names of the node that sent it and of the hypothesis, which is an order here."""
    return {key: value for key, value in event.items() if key not in ("node", "hypothesis")}


def step_line(situation: Any, decisions: Mapping[str, Any], scores: Mapping[str, float]) -> dict[str, Any]:
    """One step of an episode."""
    return {
        "situation": situation_line(situation),
        "decisions": [decision_line(decision) for _, decision in sorted(decisions.items())],
        "scores": scores,
    }


# ---- episodes in each runtime ----


class Watched(StaticPlayer):
    """A player whose decisions are kept."""

    def __init__(self, player: Any) -> None:
        self.player = player
        self.me: str = player.me
        self.kept: list[tuple[Any, Any]] = []

    @property
    def beliefs(self) -> Any:
        return self.player.beliefs

    def hear(self, memory: Any, declared: Mapping[str, int]) -> Any:
        return self.player.hear(memory, declared)

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Any:
        return self.player.start(partners, episode=episode)

    def decide(self, situation: Any, memory: Any) -> tuple[Any, Any]:
        decision, memory = self.player.decide(situation, memory)
        self.kept.append((situation, decision))
        return decision, memory

    async def adecide(self, situation: Any, memory: Any) -> tuple[Any, Any]:
        decision, memory = await self.player.adecide(situation, memory)
        self.kept.append((situation, decision))
        return decision, memory

    def observe(self, memory: Any, situation: Any, actions: Mapping[str, str]) -> Any:
        return self.player.observe(memory, situation, actions)


def in_python(task: Any, seats: Seats, episode: int) -> Lines:
    """One episode without a framework."""
    return [step_line(step.situation, step.decisions, step.scores) for step in play(task, seats, episode)]


def in_langgraph(task: Any, seats: Seats, episode: int) -> Lines:
    """One episode in a graph whose players are nodes."""
    watched = {me: Watched(player) for me, player in seats.items()}
    end = play_in_graph(episode_graph(task, watched).compile(), task, episode)
    rounds = zip(*(player.kept for player in watched.values()), strict=True)
    return [
        step_line(kept[0][0], {d.player: d for _, d in kept}, scores)
        for kept, scores in zip(rounds, end["scores"], strict=True)
    ]


def awaited(task: Any, seats: Seats, episode: int) -> Lines:
    """One episode whose players decide at once, awaited."""

    async def steps() -> Lines:
        memories = {me: player.start(list(seats), episode=episode) for me, player in seats.items()}
        state, done, lines = task.start(), False, []
        while not done:
            situation = task.situation(state)
            decided = await asyncio.gather(*(seats[me].adecide(situation, memories[me]) for me in seats))
            decisions = {me: decision for me, (decision, _) in zip(seats, decided, strict=True)}
            actions = {me: decision.action for me, decision in decisions.items()}
            for me, (_, memory) in zip(seats, decided, strict=True):
                memories[me] = seats[me].observe(memory, situation, actions)
            transition = task.step(state, actions)
            lines.append(step_line(situation, decisions, transition.scores))
            state, done = transition.state, transition.done
        return lines

    return asyncio.run(steps())


RUNTIMES = {"plain": in_python, "langgraph": in_langgraph}

# ---- every task with every player ----

FIXED = ["tom-0", "tom-1", "tom-2", "tom-3", "oracle:1", "oracle:2-0@4", "switching", "switching:0-2-1@3-6"]
SIMPLE = ["random", "repeat", "alternate", "imitate", "noisy", "noisy:0.3:bayes"]
BOUNDED = ["competence", "competence:0.8@2", "deceptive", "deceptive:0-1@2"]
LEARNING = [
    *("bayes", "ftl", "hedge", "hedge:0.5", "fixed-share", "fixed-share:0.2", "adahedge", "rescorla-wagner"),
    *("learning", "learning:fixed-share@2", "adaptive", "no-belief", "permuted"),
]
ON_ALL = [*FIXED, *SIMPLE, *BOUNDED, *LEARNING]
ON_MATRICES = [
    *("frequency", "quantal", "quantal:0.5@2", "cognitive-hierarchy", "cognitive-hierarchy:0.8@3", "by-seat"),
]
ON_2X2 = ["tomsup", "tomsup:0", "tomsup:2"]
ON_TABLES = ["convention", "convention:1", "independent-ties", "independent-ties:2@3", "population:FILE"]
ON_A_CIRCLE = ["rps-bot", "rps-bot:opponent_prev_move_nil", "rps-bot:outcome_transition_dual_dependency"]
IN_KITCHENS = ["greedy", "greedy-unstuck"]
LEARNERS = ["bayes", "hedge", "fixed-share", "ftl", "adahedge", "rescorla-wagner", "uniform"]
ADAPTIVE = [
    f"adaptive:{learner}/{selection}/{response}"
    for learner in LEARNERS
    for selection in ("win-stay", "sample", "leader")
    for response in ("nearest", "above")
]
FEW = ["tom-0", "tom-1", "tom-2", "tom-3", "bayes", "hedge", "ftl", "random"]

TASKS_PLAYED: dict[str, list[str]] = {
    "memory-1": [*ON_ALL, *ON_MATRICES, *ON_2X2],
    "memory-n": [*ON_ALL, *ON_MATRICES, *ON_2X2],
    "one-ahead-5": [*ON_ALL, *ON_MATRICES, *ADAPTIVE],
    "anti-coordination-3": [*ON_ALL, *ON_MATRICES],
    "coordination-3": [*ON_ALL, *ON_MATRICES],
    "lever-5": FEW,
    "stag-hunt": [*ON_ALL, *ON_MATRICES, *ON_2X2],
    "rock-paper-scissors": [*FEW, *ON_A_CIRCLE],
    "tickets-3-3": [*ON_ALL, *ADAPTIVE],
    "tickets-5-5": ON_ALL,
    "specialists-3-4": ON_ALL,
    "volunteer-4": ON_ALL,
    "minority-3": ON_ALL,
    "matrix:uneven.json": [*ON_ALL, *ON_MATRICES],
    "matrix:three.json": [*ON_ALL, *ON_MATRICES],
    "game-1": [*ON_ALL, *ON_TABLES],
    "game-2": [*ON_ALL, *ON_TABLES, *ADAPTIVE],
    "grid:detour.txt": [*ON_ALL, *ON_TABLES],
    "overcooked": [*ON_ALL, *ON_TABLES, *IN_KITCHENS],
    "overcooked-ring": [*FEW, *IN_KITCHENS],
    "overcooked:crossed.txt": FEW,
    "in-turn:one-ahead-5": FEW,
    "in-turn:tickets-3-3": FEW,
    "in-turn:game-2": FEW,
}
"""Task -> its players."""
_LATE_IN_GAMES = [
    "constant beside markov-predictor",
    "constant:1 beside tom-1",
    "win-stay-lose-shift beside tom-2",
    "markov-predictor beside markov",
    "mostly beside win-stay-lose-shift",
    "markov:3 beside mostly:0.5",
    "frequency beside mostly",
]
_LATE_ON_TABLES = [
    "constant beside tom-1",
    "tom-2 beside constant:1",
    "mostly beside tom-0",
    "tom-1 beside markov",
]
_CONVENTIONS = [
    "conventions beside trained:PAIRS",
    "trained:PAIRS#1 beside conventions:0",
    "conventions beside constant:2",
    "bayes beside conventions",
]
LATER: dict[str, list[str]] = {
    "memory-1": _LATE_IN_GAMES,
    "one-ahead-5": [*_LATE_IN_GAMES, *_CONVENTIONS],
    "lever-5": _CONVENTIONS,
    "matrix:uneven.json": _LATE_IN_GAMES,
    "matrix:three.json": [
        "markov-predictor beside win-stay-lose-shift beside markov",
        "mostly beside constant:1 beside markov-predictor",
    ],
    "tickets-3-3": ["constant:2 beside mostly beside markov"],
    "game-2": _LATE_ON_TABLES,
    "overcooked": _LATE_ON_TABLES,
}
"""Task -> pairings of players that came later. They sit beside players that do not learn, and apart from the
table above, where one name more would part all pairs."""
TOLD = {"tom-1": "oracle", "oracle": "switching"}
"""Pairs of players beside those: the oracle is told whom it meets."""
LAPSES = 0.05
"""How often players of tasks that count steps lapse; equal orders never finish otherwise."""

FILES = {
    "uneven.json": json.dumps(
        {
            "payoffs": [[[3, 0, 1], [1, 2, 2]], [[2, 4, 0], [1, 1, 3]]],
            "actions": [["up", "down"], ["left", "middle", "right"]],
            "memory": 2,
            "ties": "uniform",
            "rounds": 12,
        }
    ),
    "three.json": json.dumps(
        {
            "payoffs": [
                [[[0, 2], [2, 1]], [[2, 1], [1, 0]]],
                [[[1, 2], [0, 2]], [[2, 0], [2, 1]]],
                [[[0, 1], [1, 3]], [[1, 1], [2, 0]]],
            ],
            "memory": None,
            "ties": "next",
            "rounds": 12,
        }
    ),
    "detour.txt": "1....2\n..##..\n......",
    "crossed.txt": "XXDXX\nO 1 S\nX   X\nP 2 X\nXOXXX",
}


def write_files(folder: Path) -> None:
    """The files that tasks and players are made from."""
    for name, content in FILES.items():
        (folder / name).write_text(content)
    policies = np.random.default_rng(SEED).dirichlet(np.full(5, 0.2), size=(3, 2, 26))
    pairs = Population("lever-5", "plain", ("A", "B", "C", "D", "E"), {}, (0, 1, 2), policies)
    save_population(folder / "pairs.json", pairs)


@cache
def task_of(label: str, folder: Path) -> Any:
    """The task of a label, made once: solving it takes longest."""
    kind, _, file = label.partition(":")
    return make_task(f"{kind}:{folder / file}" if "." in file else label)


def trained(task: Any, label: str, folder: Path) -> Path:
    """A population of the task, trained for a moment."""
    path = folder / f"{label.partition(':')[0]}.npz"
    if not path.exists():
        generations = list(
            train(task.model, generations=2, members=2, games=16, steps=20, horizon=20, seed=1)
        )
        save_policies(path, task.model, generations[-1].policies)
    return path


def pairings(label: str, seats: int) -> list[str]:
    """Who sits beside whom, as ``"NAME beside NAME"``: each player once, beside any other; then the late."""
    names = sorted(TASKS_PLAYED[label], key=lambda name: zlib.crc32(name.encode()))  # mixed, always alike
    rows = [[names[(i + seat) % len(names)] for seat in range(seats)] for i in range(0, len(names), seats)]
    if set(TOLD) & set(names) and seats == 2:
        rows += [list(pair) for pair in TOLD.items()]
    return list(dict.fromkeys([*(" beside ".join(row) for row in rows), *LATER.get(label, [])]))


def episode_lines(runtime: str, label: str, pairing: str, folder: Path) -> Lines:
    """One episode of a pairing; its number follows from the names."""
    return _episode(RUNTIMES[runtime], task_of(label, folder), label, pairing, folder)


def real_lines(label: str, pairing: str, folder: Path) -> Lines:
    """The same in the real environment."""
    return _episode(in_python, make_task(label, "real"), label, pairing, folder)


def _episode(
    runtime: Callable[[Any, Seats, int], Lines], task: Any, label: str, pairing: str, folder: Path
) -> Lines:
    names = pairing.split(" beside ")
    if "population:FILE" in names:
        path = trained(task, label, folder)
        names = [name.replace("FILE", str(path)) for name in names]
    names = [name.replace("PAIRS", str(folder / "pairs.json")) for name in names]
    lapses = LAPSES if task.better == "lower" else 0.0
    seats = seat_players(task, names, seed=SEED, epsilon=lapses)
    return runtime(task, seats, zlib.crc32(pairing.encode()) % 100)


def kinds_played() -> set[str]:
    """The kinds of player in the tables above."""
    later = [
        name for pairings in LATER.values() for pairing in pairings for name in pairing.split(" beside ")
    ]
    return {split_name(name)[0] for names in [*TASKS_PLAYED.values(), TOLD, later] for name in names}


def kinds_known() -> set[str]:
    """The kinds of player that this project has and that need no language model."""
    return {name for name, kind in all_kinds().items() if name not in NEED_A_MODEL}


def tasks_not_played() -> list[str]:
    """The kinds of task that no name above is of."""
    return [kind.form for kind in TASKS if all(kind.match(label) is None for label in TASKS_PLAYED)]


# ---- agents of every setting, in each runtime and awaited ----


def scripted(situation: Situation, prediction: Any) -> str:
    """An agent without a plan of its own; it gives way when it is asked again at an even round."""
    me = next(player for player in situation.actions if player not in prediction.partners)
    legal, rounds = situation.actions[me], len(situation.history)
    heeds = prediction.note and rounds % 2 == 0
    return legal[(rounds * 3 + (prediction.order or 0) + (1 if heeds else 0)) % len(legal)]


def out_of_order(situation: Situation, prediction: Any) -> str:
    """The same, whose model fails every third round."""
    if len(situation.history) % 3 == 1:
        raise LLMError("no answer")
    return scripted(situation, prediction)


class Failing:
    """A reasoner whose model fails now and then, the same ones every time.

    Args:
        reasoner: the task's.
        every: how many policies there are to one failure.
    """

    def __init__(self, reasoner: Any, every: int) -> None:
        self._reasoner = reasoner
        self._every = every

    def policy(self, situation: Situation, player: str, order: int) -> Mapping[str, float]:
        if (len(situation.history) * 2 + order * 3 + int(player[-1])) % self._every == 0:
            raise LLMError("no answer")
        return self._reasoner.policy(situation, player, order)


def own(task: Any) -> Any:
    """The task's reasoner."""
    return task.reasoner()


def failing(every: int) -> Callable[[Any], Failing]:
    """The same, failing now and then."""
    return lambda task: Failing(task.reasoner(), every)


def crowd(ties: str) -> Callable[[Any], CongestionReasoner]:
    """A reasoner of crowds who share what they take."""
    return lambda _: CongestionReasoner(lambda player, action, same, others: 1.0 / (1 + same), ties=ties)


def billed(task: Any) -> RecursiveReasoner:
    """A reasoner whose every policy is booked as a call to a model."""
    reasoner = task.reasoner()

    def level0(situation: Situation, player: str) -> Mapping[str, float]:
        _book()
        return reasoner.policy(situation, player, 0)

    def respond(situation: Situation, player: str, predicted: Any) -> Mapping[str, float]:
        _book()
        return reasoner.respond(situation, player, predicted)

    return RecursiveReasoner(level0, respond)


def _book() -> None:
    meter = current_meter()
    if meter is not None:
        meter.end_call(meter.begin_call(), prompt_tokens=100, completion_tokens=10, cost=0.01)


def everybody(make: Callable[[Any], Any] = own, **settings: Any) -> Callable[[Any], Seats]:
    """An adaptive agent in every seat; ``make`` makes the reasoner of each."""
    return lambda task: {me: AdaptiveAgent(me, make(task), seed=SEED, **settings) for me in task.players}


def beside(partner: str, make: Callable[[Any], Any] = own, **settings: Any) -> Callable[[Any], Seats]:
    """An adaptive agent in the first seat, a partner of the zoo in the others."""

    def seats(task: Any) -> Seats:
        me, *others = task.players
        agent = AdaptiveAgent(me, make(task), seed=SEED, **settings)
        partners = {other: make_partner(partner, other, task.reasoner(), seed=SEED) for other in others}
        return {me: agent, **partners}

    return seats


def alone(*, reasons: bool) -> Callable[[Any], Seats]:
    """An agent that predicts nobody, whose model fails, beside an adaptive one."""

    def seats(task: Any) -> Seats:
        me, other = task.players
        lonely = (
            FixedOrderAgent(me, Failing(task.reasoner(), 3), 2, seed=SEED)
            if reasons
            else BareAgent(me, _without_prediction(me), seed=SEED)
        )
        return {me: lonely, other: AdaptiveAgent(other, task.reasoner(), seed=SEED)}

    return seats


def _without_prediction(me: str) -> Callable[[Situation, Any], str]:
    def answer(situation: Situation, _: Any) -> str:
        if len(situation.history) % 4 == 2:
            raise LLMError("no answer")
        return situation.actions[me][len(situation.history) * 2 % len(situation.actions[me])]

    return answer


def declared_team(liar: str = "") -> Callable[[Any], Seats]:
    """A team under contract; the last member may play as somebody else."""

    def seats(task: Any) -> Seats:
        orders = team_orders(itertools.combinations(task.players, 2))
        reasoner = DeclaredReasoner(task.reasoner(), orders)
        settings: Any = {"orders": sorted(set(orders.values())), "contract": Contract(orders), "seed": SEED}
        team: dict[str, Any] = {me: AdaptiveAgent(me, reasoner, **settings) for me in task.players}
        if liar:
            last = task.players[-1]
            team[last] = make_partner(liar, last, task.reasoner(), seed=SEED)
        return team

    return seats


def _promise(first: int | None, second: int | None, **settings: Any) -> Contract:
    orders = {"player-1": first, "player-2": second}
    return Contract({player: order for player, order in orders.items() if order is not None}, **settings)


SETTINGS: dict[str, Any] = {
    "bayes": Bayes(),
    "bayes-steady": Bayes(hazard=0.0),
    "bayes-informed": Bayes(prior=(0.5, 0.3, 0.1, 0.1)),
    "hedge": Hedge(),
    "hedge-2": Hedge(2.0),
    "fixed-share": FixedShare(),
    "fixed-share-0.2": FixedShare(share=0.2),
    "ftl": FollowTheLeader(),
    "adahedge": AdaHedge(),
    "rescorla-wagner": RescorlaWagner(),
    "rescorla-wagner-fast": RescorlaWagner(0.6, 0.1),
    "uniform": Uniform(),
}
MATCHES: dict[str, tuple[str, Callable[[Any], Seats]]] = {
    **{
        f"learner {name}": ("one-ahead-5", beside("switching:2-0@8", learner=learner, orders=(0, 1, 2, 3)))
        for name, learner in SETTINGS.items()
    },
    **{
        f"selection {selection}, response {response}": (
            "anti-coordination-3",
            everybody(selection=selection, response=response),
        )
        for selection in ("win-stay", "sample", "leader")
        for response in ("nearest", "above")
    },
    "two hypotheses": ("one-ahead-5", beside("noisy:0.2:tom-2", orders=(1, 3))),
    "contract, kept": ("one-ahead-5", everybody(contract=_promise(0, 1))),
    "contract, kept on a grid": ("game-2", everybody(contract=_promise(2, 1))),
    "contract, kept with slips": ("one-ahead-5", beside("noisy:0.1:tom-1", contract=_promise(0, 1))),
    "contract, broken": ("one-ahead-5", beside("tom-2", contract=_promise(1, 0))),
    "contract, broken late": ("one-ahead-5", beside("switching:1-0@7", contract=_promise(0, 1, lapse=0.1))),
    "contract, hardly trusted": ("one-ahead-5", beside("random", contract=_promise(0, 1, trust=0.5))),
    "contract, only the partner's": ("memory-n", beside("hedge", contract=_promise(None, 1))),
    "changes": ("one-ahead-5", beside("switching:2-0-1@5-10", changes=ChangePoints())),
    "changes, short window": (
        "one-ahead-5",
        beside("switching:0-1-2@4-9", changes=ChangePoints(window=3, threshold=0.51)),
    ),
    "changes of an adaptive partner": ("one-ahead-5", beside("hedge:2", changes=ChangePoints(window=4))),
    "changes under contract": (
        "one-ahead-5",
        beside("switching:1-2@8", changes=ChangePoints(), contract=_promise(0, 1)),
    ),
    "pruning": ("one-ahead-5", beside("noisy:0.15:tom-1", billed, prune=Pruning())),
    "pruning, hardly anything left": (
        "one-ahead-5",
        everybody(billed, prune=Pruning(threshold=0.3, recheck=4), orders=(0, 1, 2, 3)),
    ),
    **{
        f"budget of {calls} calls a decision": ("one-ahead-5", everybody(billed, budget=Budget(calls=calls)))
        for calls in (0, 1, 2, 3, 4, 5, 6)
    },
    "budget of calls an episode": ("one-ahead-5", everybody(billed, budget=Budget(calls=50, per="episode"))),
    "budget of tokens an episode": (
        "one-ahead-5",
        everybody(billed, budget=Budget(tokens=4000, per="episode")),
    ),
    "budget of money an episode": ("memory-n", everybody(billed, budget=Budget(cost=0.3, per="episode"))),
    "budget and pruning": (
        "one-ahead-5",
        everybody(billed, budget=Budget(calls=45, per="episode"), prune=Pruning(0.1, 3)),
    ),
    "budget of an agent that is wrapped": (
        "one-ahead-5",
        everybody(billed, budget=Budget(calls=3), agent=scripted),
    ),
    **{
        f"gate {gate}": ("one-ahead-5", everybody(agent=scripted, gate=gate))
        for gate in ("off", "ask", "override")
    },
    **{
        f"gate {gate} in a crowd": ("tickets-3-3", everybody(agent=scripted, gate=gate))
        for gate in ("ask", "override")
    },
    "gate ask of an agent that fails": ("one-ahead-5", everybody(agent=out_of_order, gate="ask")),
    "wrapped where nobody knows payoffs": ("game-2", everybody(agent=scripted)),
    "failing reasoner": ("one-ahead-5", everybody(failing(5))),
    "failing reasoner, often": ("one-ahead-5", everybody(failing(2), response="above")),
    "failing reasoner, always": ("memory-1", everybody(failing(1))),
    "failing reasoner, payoffs known": (
        "anti-coordination-3",
        everybody(failing(3), payoffs=NormalFormReasoner(symmetric_payoffs(1.0 - np.eye(3))), agent=scripted),
    ),
    "failing agent": ("one-ahead-5", everybody(agent=out_of_order)),
    "failing agent and reasoner": ("one-ahead-5", everybody(failing(4), agent=out_of_order)),
    "failing player of a fixed order": ("one-ahead-5", alone(reasons=True)),
    "failing player without a prediction": ("one-ahead-5", alone(reasons=False)),
    "three in a crowd": ("tickets-3-3", everybody()),
    "five in a crowd": ("tickets-5-5", everybody(orders=(0, 1, 2, 3))),
    "five in a crowd, above": ("tickets-5-5", everybody(response="above", selection="sample")),
    "three in a crowd of other payoffs": ("tickets-3-3", everybody(crowd("uniform"))),
    "four in a crowd, first come": ("volunteer-4", everybody(crowd("first"))),
    "three by recursion": ("tickets-3-3", everybody(billed)),
    "three who change": ("tickets-3-3", beside("switching:2-0@9", changes=ChangePoints())),
    "five of a zoo": ("tickets-5-5", lambda task: seat_team(task, "bayes+tom-1+hedge", seed=SEED)),
    "three under contract": ("tickets-3-3", declared_team()),
    "five under contract": ("tickets-5-5", lambda task: seat_team(task, "contract", seed=SEED)),
    "five under contract, one lies": ("tickets-5-5", declared_team("random")),
    "specialists under contract": ("specialists-3-4", declared_team()),
    "a minority under contract, one lies": ("minority-3", declared_team("tom-0")),
}
"""What a match is called -> its task and who sits there."""
MATCH_RUNTIMES = {**RUNTIMES, "awaited": awaited}


def match_lines(runtime: str, name: str) -> Lines:
    """One episode of a match."""
    label, seats = MATCHES[name]
    task = make_task(label)
    return MATCH_RUNTIMES[runtime](task, seats(task), 3)


# ---- graphs of other shapes ----

FIVE = ("A", "B", "C", "D", "E")
RING = NormalFormReasoner(
    symmetric_payoffs([[5 if (a - b) % 5 in (1, 4) else 0 for b in range(5)] for a in range(5)]), ties="next"
)


class Kept(AdaptiveAgent):
    """An adaptive agent whose decisions are kept."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.kept: Lines = []

    def decide(self, situation: Any, memory: Any) -> Any:
        decided = super().decide(situation, memory)
        self.kept.append([situation_line(situation), decision_line(decided[0])])
        return decided

    async def adecide(self, situation: Any, memory: Any) -> Any:
        decided = await super().adecide(situation, memory)
        self.kept.append([situation_line(situation), decision_line(decided[0])])
        return decided


def merged(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """Both."""
    return {**left, **right}


class Board(ToMState, total=False):
    """Two or more players choose at once; ``here`` are those who take part."""

    rounds: int
    here: list[str]
    actions: Annotated[dict[str, str], merged]
    history: Annotated[list[dict[str, str]], add]


def board_node(agent: Any, legal: Sequence[str] = FIVE, **options: Any) -> AdaptiveToMNode:
    """The node of a player on a board."""
    me = agent.me
    return AdaptiveToMNode(
        me,
        agent,
        situation=lambda board: Situation(
            dict.fromkeys(board["here"], legal),
            history=[{p: joint[p] for p in board["here"] if p in joint} for joint in board["history"][-1:]],
        ),
        observed=lambda board: (
            {p: a for p, a in board["history"][-1].items() if p != me and p in board["here"]}
            if board["history"]
            else None
        ),
        write=lambda decision: {"actions": {me: decision.action}},
        **options,
    )


def board_graph(nodes: Sequence[AdaptiveToMNode]) -> Any:
    """A graph that plays some rounds and keeps the history; both players are nodes."""
    builder: Any = StateGraph(Board)
    builder.add_node("board", lambda board: {"history": [{p: board["actions"][p] for p in board["here"]}]})
    for node in nodes:
        add_tom_node(builder, node.agent.me, node)
        builder.add_edge(START, node.agent.me)
        builder.add_edge(node.agent.me, "board")
    names = [node.agent.me for node in nodes]
    builder.add_conditional_edges(
        "board", lambda board: END if len(board["history"]) % board["rounds"] == 0 else names, [*names, END]
    )
    return builder


def streamed(graph: Any, start: Any, thread: str, *, waits: bool) -> Lines:
    """The events of one run; those of players who decide at once in the order of their names."""
    config = {"configurable": {"thread_id": thread}, "recursion_limit": 200}

    async def awaited_events() -> Lines:
        return [event async for event in graph.astream(start, config, stream_mode="custom")]

    events = (
        asyncio.run(awaited_events()) if waits else list(graph.stream(start, config, stream_mode="custom"))
    )
    return sorted(
        (event_line(event) for event in events), key=lambda event: (event["step"], event["observer"])
    )


def node_lines(*, waits: bool) -> Lines:
    """Two nodes with checkpoints, in two runs of one thread: orders declared, changes looked for."""
    ann = Kept("ann", RING, contract=Contract(), changes=ChangePoints(), seed=SEED)
    ben = Kept("ben", RING, Hedge(), selection="sample", seed=SEED)
    cem = FixedOrderAgent("ben", RING, 2, seed=SEED)
    lines: Lines = []
    for thread, other in enumerate((ben, cem)):
        saver = InMemorySaver()
        graph = board_graph([board_node(ann), board_node(other)]).compile(checkpointer=saver)
        start = {"rounds": 6, "here": ["ann", "ben"], "history": [], **declare({"ann": 0, "ben": 1})}
        lines += streamed(graph, start, str(thread), waits=waits)
        lines += streamed(graph, {"rounds": 6}, str(thread), waits=waits)
        lines += graph.get_state({"configurable": {"thread_id": str(thread)}}).values["history"]
    return [*lines, *ann.kept, *ben.kept]


def team_lines(*, waits: bool) -> Lines:
    """One node for a team whose members leave and join."""
    tickets = CongestionReasoner(lambda player, ticket, same, others: float(same == 0))
    agents = [Kept(me, tickets, seed=SEED) for me in ("ann", "ben", "cem", "dan", "eve")]
    builder: Any = StateGraph(Board)
    nodes = [board_node(agent, FIVE[:4]) for agent in agents]
    everybody_here = add_tom_team(builder, "team", nodes, who=lambda board: board["here"])
    builder.add_conditional_edges(START, everybody_here, ["team"])
    builder.add_node("board", lambda board: {"history": [{p: board["actions"][p] for p in board["here"]}]})
    builder.add_edge("team", "board")
    builder.add_edge("board", END)
    graph = builder.compile(checkpointer=InMemorySaver())
    lines: Lines = []
    teams = [["ann", "ben", "cem"], ["ann", "ben"], ["dan", "ann", "ben"], ["ann", "ben", "dan", "eve"]]
    for here in itertools.chain.from_iterable([team] * 4 for team in teams):
        start: Any = {"here": here} if lines else {"here": here, "history": []}
        lines += streamed(graph, start, "team", waits=waits)
    return [*lines, *(line for agent in agents for line in agent.kept)]


def middleware_lines(*, waits: bool) -> Lines:
    """An agent of ``create_agent`` that does what is advised in two rounds of three."""
    game = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    legal = {"ann": ("A", "B"), "ben": ("A", "B")}
    ann = Kept("ann", game, seed=SEED)
    ben = FixedOrderAgent("ben", game, 1)
    memory = ben.start(["ann"])
    played: list[dict[str, str]] = []

    def answer(_: Any) -> AIMessage:
        t = len(played)
        if t >= 9:
            return AIMessage("done")
        action = "A" if t % 3 == 2 else ann.kept[-1][1]["action"]
        return AIMessage("", tool_calls=[{"name": "choose", "args": {"action": action}, "id": f"call-{t}"}])

    @tool
    def choose(action: str) -> str:
        """Choose A or B."""
        nonlocal memory
        decision, memory = ben.decide(Situation(legal, history=tuple(played)), memory)
        played.append({"ann": action, "ben": decision.action})
        return json.dumps({"ben_did": decision.action})

    middleware = AdaptiveToMMiddleware(
        ann,
        situation=lambda state: Situation(legal, history=tuple(played)),
        observed=json_field("ben", "ben_did"),
        acted=tool_calls("ann", "choose"),
    )
    agent = create_agent(ScriptedModel(answer=answer), tools=[choose], middleware=[middleware])
    lines = streamed(agent, {"messages": [HumanMessage("Go.")]}, "agent", waits=waits)
    return [*lines, *ann.kept, *played]


def memory_lines(*, waits: bool) -> Lines:
    """Two threads that share what they learn through a Store, and what it then knows."""
    store, beliefs = InMemoryStore(), BeliefMemory("ring", half_life=None)
    lines: Lines = []
    for thread, order in (("first", 1), ("second", 2)):
        ann = Kept("ann", RING, seed=SEED)
        nodes = [board_node(ann, beliefs=beliefs), board_node(FixedOrderAgent("ben", RING, order))]
        graph = board_graph(nodes).compile(store=store)
        start = {"rounds": 6, "here": ["ann", "ben"], "history": []}
        lines += [*streamed(graph, start, thread, waits=waits), *ann.kept]
        lines.append(beliefs.known(store, "ann", "ben"))
    return lines


GRAPHS: dict[str, Callable[..., Lines]] = {
    "node": node_lines,
    "team": team_lines,
    "middleware": middleware_lines,
    "memory": memory_lines,
}

# ---- recording ----


def record() -> dict[str, dict[str, str]]:
    """All digests, as the plain runtime and synchronous graphs give them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_files(folder)
        episodes = {
            label: {
                pairing: digest(episode_lines("plain", label, pairing, folder))
                for pairing in pairings(label, len(task_of(label, folder).players))
            }
            for label in TASKS_PLAYED
        }
    matches = {name: digest(match_lines("plain", name)) for name in MATCHES}
    graphs = {name: digest(lines(waits=False)) for name, lines in GRAPHS.items()}
    return {**episodes, "matches": matches, "graphs": graphs}


def main() -> None:
    """Record, if that is what was asked for."""
    if sys.argv[1:] != ["--write"]:
        sys.exit("python -m tests.digests --write records all digests anew in tests/digests.json")
    RECORDED.write_text(json.dumps(record(), indent=1) + "\n")


if __name__ == "__main__":
    main()
