import json

import numpy as np
import pytest

from atom import (
    AdaptiveAgent,
    Contract,
    ContractError,
    FixedOrderAgent,
    NormalFormReasoner,
    Situation,
    SituationError,
    alternating_orders,
    symmetric_payoffs,
)
from eval.play import play, total_scores
from eval.tasks import make_task
from partners import make_partner

MATRIX_TASKS = ["memory-1", "memory-n", "one-ahead-5"]
TIMED_TASKS = ["game-1", "game-2", "overcooked"]
ADJACENT = [(0, 1), (1, 0), (1, 2), (2, 1)]
LIES = [(0, 1), (1, 0), (1, 2), (2, 1)]
NAMES = ("0", "1", "2")


def _score(task, seats, episode=0):
    steps = list(play(task, seats, episode))
    return total_scores(task, [step.scores for step in steps])[task.players[0]], steps


@pytest.mark.parametrize("name", MATRIX_TASKS)
@pytest.mark.parametrize("orders", ADJACENT)
def test_two_adaptive_agents_under_contract_coordinate_in_every_round_of_every_episode(name, orders):
    task = make_task(name)
    contract = Contract(dict(zip(task.players, orders, strict=True)))
    for episode in range(10):
        seats = {p: AdaptiveAgent(p, task.reasoner(), contract=contract, seed=episode) for p in task.players}
        score, steps = _score(task, seats, episode)
        assert score == 75.0
        assert [step.decisions[task.players[0]].order for step in steps] == [orders[0]] * 15


@pytest.mark.parametrize("name", TIMED_TASKS)
@pytest.mark.parametrize("orders", ADJACENT)
def test_under_contract_tasks_take_the_aligned_time(name, orders):
    task = make_task(name)
    contract = Contract(dict(zip(task.players, orders, strict=True)))
    for episode in range(3):
        seats = {p: AdaptiveAgent(p, task.reasoner(), contract=contract, seed=episode) for p in task.players}
        assert _score(task, seats, episode)[0] == task.optimum


@pytest.mark.parametrize("name", TIMED_TASKS)
@pytest.mark.parametrize(("declared", "played"), LIES)
def test_a_liar_costs_two_steps_of_time_at_most(name, declared, played):
    task = make_task(name)
    me, liar = task.players
    contract = Contract({me: 1 if declared != 1 else 0, liar: declared})
    seats = {
        me: AdaptiveAgent(me, task.reasoner(), contract=contract),
        liar: make_partner(f"tom-{played}", liar, task.reasoner()),
    }
    assert _score(task, seats)[0] <= task.optimum + 2


@pytest.mark.parametrize("name", MATRIX_TASKS)
@pytest.mark.parametrize(("declared", "played"), LIES)
def test_a_liar_costs_two_rounds_at_most(name, declared, played):
    task = make_task(name)
    me, liar = task.players
    contract = Contract({me: 1 if declared != 1 else 0, liar: declared})
    for episode in range(50):
        seats = {
            me: AdaptiveAgent(me, task.reasoner(), contract=contract, seed=3),
            liar: make_partner(f"tom-{played}", liar, task.reasoner()),
        }
        score, steps = _score(task, seats, episode)
        assert score >= 65.0
        last = steps[-1].decisions[me].contracts[liar]
        assert last.broken_at is not None
        assert last.kept == 0.0


@pytest.mark.parametrize("name", ["memory-1", "one-ahead-5"])
@pytest.mark.parametrize(("declared", "played"), LIES)
def test_a_liar_that_slips_is_found_out_within_five_informative_rounds(name, declared, played):
    task = make_task(name)
    me, liar = task.players
    contract = Contract({me: 1 if declared != 1 else 0, liar: declared})
    found = 0
    episodes = 300
    for episode in range(episodes):
        seats = {
            me: AdaptiveAgent(me, task.reasoner(), contract=contract),
            liar: make_partner(f"noisy:0.05:tom-{played}", liar, task.reasoner()),
        }
        informative = 0
        for step in play(task, seats, episode):
            decision = step.decisions[me]
            if decision.contracts[liar].broken_at is not None or informative > 5:
                break
            policies = decision.partners[liar].by_order
            informative += policies[declared] != policies[played]
        found += informative <= 5
    assert found >= 0.95 * episodes


@pytest.mark.parametrize("n_actions", [2, 5])
@pytest.mark.parametrize("lapse", [0.0, 0.05])
def test_honest_partners_are_hardly_ever_reported(n_actions, lapse):
    """Whole lives of 10,000 rounds each."""
    contract = Contract({"ben": 1})
    actions = [str(a) for a in range(n_actions)]
    rng = np.random.default_rng(7)
    reported = 0
    lives, rounds = (25, 10_000)
    for _ in range(lives):
        term = contract.opening("ann", NAMES)["ben"]
        draws = rng.random(rounds)
        acts = rng.integers(n_actions, size=rounds)
        for draw, act in zip(draws.tolist(), acts.tolist(), strict=True):
            policies = {"0": {actions[0]: 1.0}, "1": {actions[1]: 1.0}, "2": {actions[-1]: 1.0}}
            action = actions[act] if draw < lapse else actions[1]
            term = contract.verify(term, policies, action, n_actions, 0)
        reported += term["broken"] is not None
    assert contract.false_reports <= 0.01
    assert reported <= 2  # more have a chance below 0.1 % if each is reported with probability 0.53 %


def test_honest_episodes_with_lapses_are_not_reported():
    """10,000 rounds with 5 % lapses in episodes of 15: at most 1 % of them."""
    task = make_task("one-ahead-5")
    me, ben = task.players
    contract = Contract({me: 1, ben: 0})
    reported = episodes = 0
    while episodes * 15 < 10_000:
        seats = {
            me: AdaptiveAgent(me, task.reasoner(), contract=contract),
            ben: make_partner("noisy:0.05:tom-0", ben, task.reasoner()),
        }
        _, steps = _score(task, seats, episodes)
        reported += steps[-1].decisions[me].contracts[ben].broken_at is not None
        episodes += 1
    assert reported <= 0.01 * episodes


def test_a_partner_that_stops_keeping_its_word_late_is_found_out():
    contract = Contract({"ben": 0})
    policies = {"0": {"A": 1.0}, "1": {"B": 1.0}, "2": {"A": 1.0}}
    term = contract.opening("ann", NAMES)["ben"]
    for step in range(1000):
        term = contract.verify(term, policies, "A", 2, step)
    assert contract.kept(term) > 0.97
    needed = 0
    while term["broken"] is None:
        term = contract.verify(term, policies, "B", 2, 1000 + needed)
        needed += 1
    assert needed <= 7


def test_orders_that_act_alike_are_no_evidence():
    contract = Contract({"ben": 0})
    term = contract.opening("ann", ("0", "2"))["ben"]
    before = contract.odds(term)
    term = contract.verify(term, {"0": {"A": 1.0}, "2": {"A": 1.0}}, "A", 2, 0)
    assert term["evidence"]["2"] == [0.0, 0]
    assert contract.odds(term) > before  # it is less likely that no order explains it


def test_little_trust_gives_up_earlier():
    policies = {"0": {"A": 1.0}, "1": {"B": 1.0}}

    def rounds(trust):
        contract = Contract({"ben": 0}, trust=trust)
        term = contract.opening("ann", ("0", "1"))["ben"]
        for step in range(10):
            term = contract.verify(term, policies, "B", 2, step)
            if term["broken"] is not None:
                return step + 1
        return None

    assert rounds(0.5) < rounds(0.95) < rounds(0.9999)


def test_a_breach_is_in_the_decision_and_the_memory_stays_plain():
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    ann = AdaptiveAgent("ann", reasoner, contract=Contract({"ann": 1, "ben": 0}))
    ben = FixedOrderAgent("ben", reasoner, 1)
    history = []
    memory, other = ann.start(["ben"]), ben.start(["ann"])
    seen = []
    for _ in range(4):
        situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")}, history=tuple(history))
        decision, memory = ann.decide(situation, memory)
        act, other = ben.decide(situation, other)
        joint = {"ann": decision.action, "ben": act.action}
        memory = json.loads(json.dumps(ann.observe(memory, situation, joint)))
        history.append(joint)
        seen.append(decision)
    assert [d.contracts["ben"].broken_at for d in seen] == [None, None, 2, 2]
    assert [d.contracts["ben"].kept > 0.5 for d in seen] == [True, True, False, False]
    assert seen[2].estimates == {"ben": 1}
    assert seen[2].as_plain()["partners"]["ben"]["contract"]["broken_at"] == 2
    assert memory["partners"]["ben"]["contract"]["broken"] == 2


def test_declarations_that_are_heard_later_are_believed_and_broken_ones_not_again():
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    ann = AdaptiveAgent("ann", reasoner, contract=Contract({"ann": 1}))
    situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    memory = ann.hear(ann.start(["ben"]), {"ben": 2, "ann": 0, "eve": 9})
    assert set(memory["partners"]) == {"ben"}
    assert memory["partners"]["ben"]["contract"]["order"] == 2
    decision, memory = ann.decide(situation, memory)
    assert decision.order == 1
    assert decision.posterior["ben"][2] > 0.9
    record = memory["partners"]["ben"]
    lied = {**record, "contract": {**record["contract"], "broken": 1}}
    broken = {**memory, "partners": {"ben": lied}}
    assert ann.hear(broken, {"ben": 0}) == broken
    changed = ann.hear(memory, {"ben": 0})["partners"]["ben"]["contract"]
    assert changed["order"] == 0
    assert changed["trust"] <= 0.95


def test_changing_the_declaration_does_not_wash_a_liar_clean():
    contract = Contract({"ben": 0})
    policies = {"0": {"A": 1.0}, "1": {"B": 1.0}, "2": {"C": 1.0}}
    term = contract.opening("ann", NAMES)["ben"]
    orders = [0, 2]
    for step in range(6):
        term = contract.adopt(term, orders[step % 2], NAMES)
        term = contract.verify(term, policies, "B", 3, step)
    assert term["broken"] is not None


def test_roles_alternate_along_the_partner_graph():
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("x", "y")]
    orders = alternating_orders(pairs)
    assert all(abs(orders[one] - orders[other]) == 1 for one, other in pairs)
    assert alternating_orders(pairs, {"b": 2})["a"] == 1
    with pytest.raises(ContractError, match="odd cycle"):
        alternating_orders([("a", "b"), ("b", "c"), ("c", "a")])
    with pytest.raises(ContractError, match="'z', who is in no pair"):
        alternating_orders(pairs, {"z": 1})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"orders": {"ben": -1}}, "integer >= 0"),
        ({"orders": {"ben": True}}, "integer >= 0"),
        ({"trust": 1.0}, "trust is a probability"),
        ({"lapse": 0.0}, "lapse rate"),
        ({"threshold": 30.0}, "threshold lies between 0 and"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ContractError, match=message):
        Contract(**settings)


def test_contracts_that_cannot_work_are_refused(anti_coordination, situation):
    with pytest.raises(ContractError, match=r"not among the hypotheses of 'ann', \['0', '1', '2', '3', 'hab"):
        AdaptiveAgent("ann", anti_coordination, contract=Contract({"ben": 7}))
    with pytest.raises(ContractError, match="differ by one"):
        AdaptiveAgent("ann", anti_coordination, contract=Contract({"ann": 1, "ben": 1}))
    stranger = AdaptiveAgent("ann", anti_coordination, contract=Contract({"ann": 0, "eve": 1}))
    with pytest.raises(ContractError, match=r"with \['eve'\], who are not in this situation"):
        stranger.decide(situation, stranger.start(["ben"]))


def test_a_misspelt_partner_is_named_also_under_a_contract(anti_coordination, situation):
    agent = AdaptiveAgent("ann", anti_coordination, contract=Contract({"ann": 0, "ben": 1}))
    with pytest.raises(SituationError, match="bob"):
        agent.decide(situation, agent.start(["bob"]))
