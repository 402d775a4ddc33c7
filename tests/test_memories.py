"""Memories: every key is declared, nothing is modified in place, and those of version 0.1 still serve."""

import copy
import json
import types
from pathlib import Path
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from typing_extensions import is_typeddict

from atom import (
    AdaptiveAgent,
    AdaptiveToMMiddleware,
    BareAgent,
    Bayes,
    BeliefError,
    BeliefMemory,
    Budget,
    ChangePoints,
    Contract,
    FixedOrderAgent,
    FollowTheLeader,
    Hedge,
    NormalFormReasoner,
    Pruning,
    Situation,
    json_field,
    symmetric_payoffs,
    take_turn,
    tool_calls,
)
from atom.memories import PlayerMemory, as_plain
from atom.usage import current_meter

FIVE = [[5 if (a - b) % 5 in (1, 4) else 0 for b in range(5)] for a in range(5)]
REASONER = NormalFormReasoner(symmetric_payoffs(FIVE), ties="next")
ACTIONS = dict.fromkeys(("ann", "ben"), tuple("ABCDE"))
PRIOR = Bayes().init(("0", "1", "2"))


def situation(history=()):
    return Situation(ACTIONS, history=tuple(history))


def spending(situation, prediction):
    """An agent whose every action costs one call."""
    meter = current_meter()
    meter.end_call(meter.begin_call(), prompt_tokens=7, completion_tokens=2, cost=0.5)
    return "A"


# ---- version 1 ----

VERSION_1 = json.loads(Path(__file__).with_name("version_1.json").read_text())
"""Name -> ``history``, ``memories`` (all as version 0.1 made them) and ``then``: the next four decisions of
version 0.1, ``[action, order, estimate]``, beside a partner that plays D, B, A and C."""

SETTINGS: dict[str, dict[str, Any]] = {
    "bayes": {},
    "hedge": {"learner": Hedge(0.8), "selection": "sample"},
    "leader": {"learner": FollowTheLeader(), "orders": (1, 2)},
    "contract": {"contract": Contract({"ann": 1, "ben": 0})},
    "changes": {"changes": ChangePoints(window=3)},
    "pruned": {"prune": Pruning(0.2, 3), "budget": Budget(calls=100, per="episode"), "agent": spending},
    "heard": {"contract": Contract({"ann": 1})},
    "stored-first": {"contract": Contract({"ann": 1})},
    "stored-again": {"contract": Contract({"ann": 1})},
    "middleware": {},
}


def numbers_of_version_1(seed, episode, step, player):
    """What drew the decisions that were recorded."""
    name = int.from_bytes(f"{player}\0".encode(), "little")
    return np.random.default_rng([seed, episode, step, name])


@pytest.fixture
def as_version_1_drew(monkeypatch):
    monkeypatch.setattr("atom.agents.adaptive.RandomStream", numbers_of_version_1)


class BayesOfVersion1(Bayes):
    """Every partner changes alike, whatever its lapse rate."""

    @property
    def stays(self):
        return (1.0 - self.hazard,) * len(self.lapses)


BayesOfVersion1.__name__ = "Bayes"


def make_agent(name):
    learner = BayesOfVersion1(lapses=(0.02, 0.1, 0.3, 0.6, 1.0))
    settings = {"orders": (0, 1, 2), "learner": learner, **SETTINGS[name]}
    return AdaptiveAgent("ann", REASONER, seed=3, **settings)


def migrated(agent, memory):
    return agent.beliefs.typed(memory, "ann")


def replayed(name):
    """Moment -> the memory that the same history makes today."""
    agent, history = make_agent(name), VERSION_1[name]["history"]
    episode = next(iter(VERSION_1[name]["memories"].values()))["episode"]
    memory = agent.start([] if name == "heard" else ["ben"], episode=episode)
    store, beliefs = InMemoryStore(), BeliefMemory("five", half_life=None)
    if name == "heard":
        memory = agent.hear(memory, {"ben": 2})
    found = {"started": memory}
    if name.startswith("stored"):
        memory = {**beliefs.before(store, agent, memory), "writer": name}
    for t, joint in enumerate(history):
        _, memory = agent.decide(situation(history[:t]), memory)
        found["decided"] = memory
        memory = agent.observe(memory, None, joint)
    return {**found, "observed": memory}


def close(found, expected):
    """Whether plain data is the same but for the last digits of numbers, and for seconds."""
    if isinstance(expected, dict):
        # how well a partner is explained, when it was counted, what was asked twice, where it is
        # written in a Store: not known of before
        new = {"explained", "counted", "repairs", "truncated", "place", "written"}
        return found.keys() | new == expected.keys() | new and all(
            key in {"seconds", *new} or close(found[key], expected[key]) for key in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    if isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-12)
    return type(found) is type(expected) and found == expected


MOMENTS = [
    (name, moment)
    for name in VERSION_1
    if name != "middleware"  # what it told a model depends on messages; it has a test of its own
    for moment in VERSION_1[name]["memories"]
]


@pytest.mark.usefixtures("as_version_1_drew")
@pytest.mark.parametrize(("name", "moment"), MOMENTS, ids=str)
def test_a_memory_of_version_1_is_what_the_same_history_makes_today(name, moment):
    agent, old = make_agent(name), VERSION_1[name]["memories"][moment]
    assert close(migrated(agent, old), replayed(name)[moment])


@pytest.mark.usefixtures("as_version_1_drew")
@pytest.mark.parametrize("name", [name for name in VERSION_1 if VERSION_1[name].get("then")])
def test_whoever_goes_on_from_version_1_decides_as_version_1_did(name):
    agent, game = make_agent(name), VERSION_1[name]
    history = list(game["history"])
    moment, memory = list(game["memories"].items())[-1]
    if moment == "decided":
        memory = agent.observe(memory, None, history[-1])
    found = []
    for act in "DBAC":
        decision, memory = agent.decide(situation(history), memory)
        joint = {"ann": decision.action, "ben": act}
        memory = agent.observe(memory, None, joint)
        history.append(joint)
        found.append([decision.action, decision.order, decision.estimates["ben"]])
    assert found == game["then"]
    assert memory["version"] == 2


def test_a_memory_of_version_1_key_by_key():
    policies = {"0": {"A": 1.0}, "1": {"B": 1.0}, "2": {"A": 1.0}}
    pending = {"actions": ["A", "B"], "policies": policies}
    term = {"order": 0, "trust": 0.9, "evidence": {"1": [0.5, 1], "none": [1.5, 2]}, "broken": 4}
    last = {"step": 6, "before": 2, "after": 0, "probability": 0.8, "followed": True}
    track = {"then": PRIOR, "seen": [[1, 2, [1.0, 0.0, 1.0]]], "probability": 0.1, "last": last}
    evidence = {"observations": 2, "log": {"0": [-0.1] * 5, "1": [-2.0] * 5, "2": [-0.1] * 5}}
    told = {"text": "…", "decision": {}, "taken": "A", "problems": [], "read": "m1"}
    old = {
        "version": 1, "learner": "Bayes", "orders": [0, 1, 2], "episode": 5, "step": 7, "order": 1,
        "estimates": {"ben": 2}, "belief": {"ben": [[0.2], [0.3], [0.5]]}, "pending": {"ben": pending},
        "declares": 1, "contracts": {"ben": term, "cem": {**term, "order": 2}}, "changes": {"ben": track},
        "checked": None, "spent": {"calls": 3}, "writer": "w", "evidence": {"ben": evidence},
        "recalled": {"ben": 40}, "declared": True, "told": told,
    }  # fmt: skip
    before = copy.deepcopy(old)
    assert migrated(make_agent("bayes"), old) == {
        "version": 2,
        "learner": "Bayes",
        "hypotheses": ["0", "1", "2"],
        "episode": 5,
        "step": 7,
        "order": 1,
        "partners": {
            "ben": {
                "weights": [[0.2], [0.3], [0.5]],
                "estimate": "2",
                "expected": pending,
                "contract": term,
                "change": {**track, "last": {**last, "before": "2", "after": "0"}},
                "evidence": evidence,
                "recalled": 40,
            },
            "cem": {
                "weights": PRIOR,
                "estimate": None,
                "expected": None,
                "contract": {**term, "order": 2},
                "change": None,
                "evidence": {"observations": 0, "log": {}},
                "recalled": None,
            },
        },
        "declares": 1,
        "checked": None,
        "spent": {"calls": 3},
        "writer": "w",
        "published": True,
        "told": told,
    }
    assert old == before


def test_a_stranger_in_a_memory_of_version_1_gets_a_prior_of_its_own():
    agent, old = make_agent("heard"), VERSION_1["heard"]["memories"]["started"]
    migrated(agent, old)["partners"]["ben"]["weights"][0][0] = 99.0
    assert agent.posterior(migrated(agent, old), "ben") == agent.posterior(agent.hear(old, {}), "ben")
    assert agent.beliefs.prior == PRIOR


def test_what_a_thread_of_version_1_observes_today_is_counted():
    """It had begun to keep evidence and had seen nothing yet."""
    agent, game = make_agent("stored-first"), VERSION_1["stored-first"]
    store, beliefs = InMemoryStore(), BeliefMemory("five")
    memory = agent.observe(game["memories"]["decided"], None, game["history"][-1])
    beliefs.after(store, agent, beliefs.before(store, agent, memory))
    assert beliefs.known(store, "ann", "ben")["observations"] == 1
    again = agent.start(["ben"])
    assert agent.posterior(beliefs.before(store, agent, again), "ben")[2] > 0.5


def test_a_middlewares_memory_of_version_1_goes_on():
    old, text = VERSION_1["middleware"]["memories"]["decided"], json.dumps({"ben_did": "A"})
    middleware = AdaptiveToMMiddleware(
        make_agent("middleware"), situation=lambda state: situation(), observed=json_field("ben", "ben_did")
    )
    messages = [AIMessage("done", id="last"), HumanMessage(text, id="news")]
    update = middleware.before_model({"messages": messages, "tom": {"ann": old}}, runtime())
    memory = update["tom"]["ann"]
    assert (memory["version"], memory["step"], memory["told"]["read"]) == (2, old["step"] + 1, "news")
    assert memory["told"]["decision"]["partners"]["ben"]["posterior"] != {
        name: pytest.approx(p) for name, p in old["told"]["decision"]["partners"]["ben"]["posterior"].items()
    }


def test_what_a_memory_of_version_1_expects_is_known_in_every_form():
    """The actions that it waits for stand elsewhere in it than today."""
    old = {"ann": VERSION_1["bayes"]["memories"]["decided"]}
    agent = make_agent("bayes")
    _, expected = take_turn(agent, old, situation(), {"ben": "A"})
    decision, found = take_turn(agent, old, situation(), {"ben": "a"})
    assert (found, decision.degraded) == (expected, ())
    decision, found = take_turn(agent, old, situation(), {"ben": "Z"})
    assert "'Z' is not a legal action of 'ben'" in decision.degraded[0]


REMEDY = r"begin a new one with start\(partners\)"
OLD = VERSION_1["bayes"]["memories"]["decided"]


@pytest.mark.parametrize("missing", sorted(OLD.keys() - {"version"}))
def test_a_memory_of_version_1_that_is_not_whole_is_refused(missing):
    broken = {key: value for key, value in OLD.items() if key != missing}
    with pytest.raises(
        BeliefError, match=rf"of 'ann' is of version 1 and lacks \['{missing}'\].*to version 2; {REMEDY}"
    ):
        make_agent("bayes").decide(situation(), broken)


@pytest.mark.parametrize("memory", [OLD, make_agent("bayes").start(["ben"])], ids=["of 1", "of 2"])
@pytest.mark.parametrize(
    "other", [{"learner": Hedge()}, {"orders": (0, 1)}, {"orders": (0, 1, 3)}], ids=["learner", "fewer", "3"]
)
def test_a_memory_of_another_learner_or_hypotheses_is_refused(memory, other):
    agent = AdaptiveAgent("ann", REASONER, **other)
    for use in (
        lambda: agent.decide(situation(), memory),
        lambda: agent.observe(memory, None, {"ben": "A"}),
        lambda: agent.posterior(memory, "ben"),
    ):
        with pytest.raises(BeliefError, match=f"{REMEDY}, or use the settings that made it"):
            use()


@pytest.mark.parametrize("version", [0, 3, "2", None])
def test_a_memory_of_an_unknown_version_is_refused(version):
    agent = make_agent("bayes")
    with pytest.raises(BeliefError, match=rf"= \({version!r}, 'Bayes'.*this agent has \(2, .*{REMEDY}"):
        agent.decide(situation(), {**agent.start(["ben"]), "version": version})


# ---- keys ----


def optional(typed):
    hints = get_type_hints(typed, include_extras=True)
    return {key for key, hint in hints.items() if get_origin(hint) is NotRequired}


def undeclared(value, hint, where="memory"):
    """Where plain data has keys that a typed dictionary does not declare, or lacks some that it requires."""
    hint = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
    if get_origin(hint) in (types.UnionType, Union):
        return [] if value is None else undeclared(value, get_args(hint)[0], where)
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True)
        wrong = [f"{where}.{key}" for key in value.keys() - hints.keys()]
        wrong += [f"{where}.{key} is missing" for key in hints.keys() - optional(hint) - value.keys()]
        return wrong + [w for key in value.keys() & hints for w in undeclared(value[key], hints[key], key)]
    if get_origin(hint) is dict:
        return [w for key, inner in value.items() for w in undeclared(inner, get_args(hint)[1], key)]
    return []


def runtime(store=None):
    return Runtime(context=None, store=store, stream_writer=lambda event: None)


def everything():
    """States before and after every hook of a middleware whose agent remembers all that there is."""
    agent = AdaptiveAgent(
        "ann",
        REASONER,
        contract=Contract({"ann": 1, "ben": 0}),
        changes=ChangePoints(window=3),
        prune=Pruning(),
        budget=Budget(calls=1000, per="episode"),
    )
    middleware = AdaptiveToMMiddleware(
        agent,
        situation=lambda state: situation(),
        observed=json_field("ben", "ben_did"),
        acted=tool_calls("ann", "choose"),
        beliefs=BeliefMemory("five"),
    )
    store, state = InMemoryStore(), {"messages": [HumanMessage("Go.", id="go")]}
    for t, act in enumerate("BBBAAAA?"):
        yield state, middleware.before_model, (state, runtime(store))
        call = {"name": "choose", "args": {"action": "E" if t % 2 else "Z"}, "id": f"c{t}"}
        state = {**state, "messages": [*state["messages"], AIMessage("", tool_calls=[call], id=f"a{t}")]}
        yield state, middleware.after_model, (state, runtime(store))
        news = HumanMessage(json.dumps({"ben_did": act}), id=f"h{t}")
        state = {**state, "messages": [*state["messages"], news]}


def last_memory():
    states = everything()
    step = next(states)
    seen = []
    while step is not None:
        state, hook, arguments = step
        update = hook(*arguments)
        if update is not None:
            state["tom"] = {**state.get("tom", {}), **update["tom"]}
            seen.append(state["tom"]["ann"])
        step = next(states, None)
    return seen


def test_every_key_of_a_memory_is_declared():
    memories = last_memory()
    for memory in memories:
        assert undeclared(memory, PlayerMemory) == []
        assert json.loads(json.dumps(memory, allow_nan=False)) == memory
    last = memories[-1]
    assert optional(PlayerMemory) == last.keys() & optional(PlayerMemory)
    record = last["partners"]["ben"]
    assert all(value is not None for value in record.values())
    assert record["contract"]["broken"] is not None
    assert record["written"]["observations"] > 0
    assert record["change"] is not None


def test_an_undeclared_key_would_be_found():
    """The walk itself: at every depth."""
    memory = copy.deepcopy(last_memory()[-1])
    record = memory["partners"]["ben"]
    for place in (memory, record, record["expected"], record["contract"], record["change"], memory["told"]):
        place["other"] = 1
        assert len(undeclared(memory, PlayerMemory)) == 1
        del place["other"]
    del record["evidence"]["log"]
    assert undeclared(memory, PlayerMemory) == ["evidence.log is missing"]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_key_of_an_agents_memory_is_declared(name):
    for memory in replayed(name).values():
        assert undeclared(memory, PlayerMemory) == []
        assert json.loads(json.dumps(memory, allow_nan=False)) == memory


@pytest.mark.parametrize("name", SETTINGS)
def test_a_memory_that_went_through_json_decides_alike(name):
    agent = make_agent(name)
    memory = agent.hear(agent.start(["ben"]), {"ben": 0})
    through = memory
    for act in "DBACDBAC":
        decision, memory = agent.decide(situation(), memory)
        other, through = agent.decide(situation(), json.loads(json.dumps(through)))
        assert close(other.as_plain(), decision.as_plain())
        memory = agent.observe(memory, None, {"ben": act})
        through = agent.observe(json.loads(json.dumps(through)), None, {"ben": act})


def test_plain_and_typed_are_one_object():
    agent = make_agent("bayes")
    memory = agent.start(["ben"])
    assert as_plain(agent.beliefs.typed(memory, "ann")) is memory


# ---- nothing is modified in place ----


@pytest.mark.parametrize("name", SETTINGS)
def test_nobody_modifies_a_memory_in_place(name):
    agent = make_agent(name)
    store, kept = InMemoryStore(), BeliefMemory("five")
    memory = agent.start(["ben"])
    for act in "DDBACA":
        for use in (
            lambda m: agent.hear(m, {"ben": 0}),
            lambda m: kept.before(store, agent, m),
            lambda m: agent.decide(situation(), m)[1],
            lambda m: agent.observe(m, None, {"ben": act}),  # noqa: B023  # used at once
        ):
            before = copy.deepcopy(memory)
            after = use(memory)
            assert memory == before
            memory = after
        kept.after(store, agent, memory)
    assert memory["step"] == 6


def test_neither_does_the_middleware():
    for state, hook, arguments in everything():
        before = copy.deepcopy(state.get("tom"))
        update = hook(*arguments)
        assert state.get("tom") == before
        if update is not None:
            state["tom"] = {**state.get("tom", {}), **update["tom"]}


@pytest.mark.parametrize(
    "player",
    [FixedOrderAgent("ann", REASONER, 1), BareAgent("ann", lambda situation, prediction: "A")],
    ids=lambda player: type(player).__name__,
)
def test_whoever_remembers_nothing_counts_steps(player):
    memories = {}
    for _ in range(3):
        before = copy.deepcopy(memories)
        _, after = take_turn(player, memories, situation(), {"ben": "A"})
        assert memories == before
        memories = after
    assert memories == {"ann": {"version": 2, "episode": 0, "step": 3}}
