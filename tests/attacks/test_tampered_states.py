"""What is remembered was tampered with: a right decision, or a named error; nothing else is lost."""

import copy
import json
import logging
import math
import random

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Bayes,
    BeliefError,
    ChangePoints,
    CongestionReasoner,
    Contract,
    Hedge,
    NormalFormReasoner,
    Situation,
    ToMError,
    ToMState,
    add_tom_node,
    errors,
    symmetric_payoffs,
)

REASONER = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
TWO = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
ODD = [
    float("nan"), math.inf, -math.inf, -1.0, 78.0, 1e308, 10**30, -(10**30), None, True, "x", "", "\ud800",
    [], {}, [float("nan")], {"A": float("nan")}, {"A": 78.0}, [[1.0]], "9" * 5_000,
    b"x", (), {"version": 2}, 0, -0.0,
]  # fmt: skip


def agent_of(**settings):
    return AdaptiveAgent("ann", REASONER, **settings)


KINDS = {
    "plain": {},
    "late": {"late": 2},
    "changes": {"changes": ChangePoints(), "orders": (0, 1, 2)},
    "contract": {"contract": Contract({"ben": 1}), "orders": (0, 1, 2)},
    "hedge": {"learner": Hedge(), "orders": (0, 1, 2)},
    "no hazard": {"learner": Bayes(hazard=0.0)},
}


def played(agent, steps=4):
    memory = agent.start(["ben"])
    for step in range(steps):
        _, memory = agent.decide(TWO, memory)
        memory = agent.observe(memory, TWO, {"ben": "AB"[step % 2]})
    return agent.decide(TWO, memory)[1]


def places(data, path=()):
    """Every place in plain data."""
    yield path
    for key, inner in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        yield from places(inner, (*path, key))


def tampered(memory, rng):
    """A copy in which something is another thing, or is not there, or is there twice."""
    found = copy.deepcopy(memory)
    *way, last = rng.choice([path for path in places(memory) if path])
    inner = found
    for key in way:
        inner = inner[key]
    kind = rng.random()
    if kind < 0.15:
        del inner[last]
    elif kind < 0.25 and isinstance(inner, dict):
        inner[f"{last}x"] = inner.pop(last)
    elif kind < 0.3 and isinstance(inner, list):
        inner.append(copy.deepcopy(inner[last]))
    else:
        inner[last] = copy.deepcopy(rng.choice(ODD))
    return found


def is_sound(agent, memory):
    belief = agent.posterior(memory, "ben")
    return all(0.0 <= p <= 1.0 for p in belief.values()) and sum(belief.values()) <= 1.0 + 1e-6


@pytest.fixture(autouse=True)
def _said_anew():
    errors.forget_said()


@pytest.mark.parametrize("kind", KINDS)
def test_a_tampered_state_is_answered_or_named(kind):
    """840 of each of six kinds, 5,040 together; each is decided on, observed and decided on again."""
    agent, rng = agent_of(**KINDS[kind]), random.Random(kind)  # noqa: S311
    memory = played(agent)
    before = json.dumps(memory)
    named = 0
    for number in range(840):
        odd = tampered(memory, rng)
        try:
            seen = agent.observe(odd, TWO, {"ben": "AB"[number % 2]})
            decision, after = agent.decide(TWO, seen)
        except ToMError as error:
            named += bool(str(error))
            continue
        assert decision.action in "AB"
        assert is_sound(agent, after), odd
        policies = after["partners"]["ben"]["expected"]["policies"]
        assert all(0.0 <= p <= 1.0 + 1e-9 for policy in policies.values() for p in policy.values())
        agent.observe(after, TWO, {"ben": "A"})
    assert 0 < named < 800
    assert json.dumps(memory) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("weights", 0, 0), float("nan")),
        (("weights", 1, 2), 78.0),
        (("weights", 1, 2), -0.1),
        (("expected", "policies", "0", "A"), float("nan")),
        (("expected", "policies", "1"), {"A": 78.0}),
        (("explained",), float("nan")),
        (("habits", "weights", 0), float("nan")),
        (("habits", "counts", "frequency", "", "A"), math.inf),
    ],
)
def test_a_poisoned_partner_is_set_aside_with_one_warning_and_the_others_stay(path, value, caplog):
    agent = agent_of()
    memory = played(agent)
    memory["partners"]["cid"] = copy.deepcopy(memory["partners"]["ben"])
    poisoned = copy.deepcopy(memory)
    inner = poisoned["partners"]["ben"]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            decision, after = agent.decide(TWO, poisoned)
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "what 'ann' remembers of 'ben' is set aside" in warning
    assert decision.action in "AB"
    assert agent.posterior(after, "ben") == agent.posterior(agent.start(["ben"]), "ben")
    assert agent.posterior(after, "cid") == agent.posterior(memory, "cid"), "somebody else's is lost"
    strict = agent_of(on_error="raise")
    with pytest.raises(BeliefError, match="what 'ann' remembers of 'ben' is damaged"):
        strict.decide(TWO, poisoned)
    assert strict.decide(TWO, memory)[0].action in "AB"


def test_nothing_that_is_sound_is_set_aside(caplog):
    for settings in KINDS.values():
        agent = agent_of(**settings)
        memory = agent.start(["ben"])
        for step in range(60):
            _, memory = agent.decide(TWO, memory)
            memory = agent.observe(memory, TWO, {"ben": "AB"[step % 3 == 0]})
            memory = json.loads(json.dumps(memory))
    assert not caplog.records


class Seen(ToMState, total=False):
    did: dict[str, str]
    action: str
    degraded: tuple[str, ...]


THREAD = {"configurable": {"thread_id": "1"}}
THREE = Situation({"ann": ("A", "B"), "ben": ("A", "B"), "cid": ("A", "B")})


def graph_of(agent):
    """A turn of ann's; what her partners did since her last one is in the state."""
    node = AdaptiveToMNode(
        "ann",
        agent,
        situation=lambda _: THREE,
        observed=lambda state: state["did"],
        write=lambda decision: {"action": decision.action, "degraded": decision.degraded},
    )
    builder = add_tom_node(StateGraph(Seen), "ann", node)
    builder.add_edge(START, "ann").add_edge("ann", END)
    return builder.compile(checkpointer=InMemorySaver())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("weights", 0, 0), float("nan")),
        (("expected", "policies", "0", "A"), float("nan")),
        (("expected", "actions"), "x"),
        (("expected",), 78.0),
        (("explained",), None),
    ],
)
def test_a_thread_whose_checkpoint_is_poisoned_goes_on(path, value):
    agent = AdaptiveAgent("ann", CongestionReasoner(lambda me, action, same, others: -float(same)))
    graph = graph_of(agent)
    for _ in range(3):
        graph.invoke({"did": {"ben": "A", "cid": "B"}}, THREAD)
    memory = copy.deepcopy(graph.get_state(THREAD).values["tom"]["ann"])
    inner = memory["partners"]["ben"]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    graph.update_state(THREAD, {"tom": {"ann": memory}}, as_node="ann")
    said = graph.invoke({"did": {"ben": "A", "cid": "B"}}, THREAD)
    lost = path[0] == "expected"
    damaged = [sentence for sentence in said["degraded"] if "what was expected of it was damaged" in sentence]
    assert len(damaged) == lost
    after = said["tom"]["ann"]
    assert agent.posterior(after, "cid") != agent.posterior(memory, "cid"), "somebody else was not seen"
    assert is_sound(agent, after)
    assert (agent.posterior(after, "ben") == agent.posterior(agent.start(["ben"]), "ben")) is lost
    # and it learns of the partner again
    said = graph.invoke({"did": {"ben": "A", "cid": "B"}}, THREAD)
    assert not said["degraded"]
    assert agent.posterior(said["tom"]["ann"], "ben") != agent.posterior(after, "ben")
