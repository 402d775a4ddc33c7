"""Lists, boards and actions that a program changes in place are another situation, whoever asks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import (
    AdaptiveAgent,
    CongestionReasoner,
    DeclaredReasoner,
    NormalFormReasoner,
    RecursiveReasoner,
    Situation,
    symmetric_payoffs,
)
from atom.reasoning.snapshots import snapshot

TWO = {"ann": ("A", "B"), "ben": ("A", "B")}


def repeats(situation, player):
    """What ann did last."""
    return {situation.history[-1]["ann"]: 1.0} if situation.history else {"A": 1.0}


def avoids(situation, player, predicted):
    (other,) = predicted.values()
    return {"B" if max(other, key=other.get) == "A" else "A": 1.0}


def normal_form():
    return NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))


REASONERS = {
    "recursive": lambda: RecursiveReasoner(repeats, avoids),
    "normal form": normal_form,
    "declared": lambda: DeclaredReasoner(normal_form(), {"ann": 0, "ben": 1}),
    "congestion": lambda: CongestionReasoner(lambda player, action, same, others: float(same == 0)),
}


def growing(one_situation):
    """Situations of a history that grows in one list, and the same of lists that are copied."""
    history = []
    situation = Situation(TWO, history=history)
    for did in "ABABBA":
        history.append({"ann": did, "ben": did})
        changed = situation if one_situation else Situation(TWO, history=history)
        yield changed, Situation(TWO, history=list(history))


@pytest.mark.parametrize("one_situation", [True, False])
@pytest.mark.parametrize("name", REASONERS)
def test_a_history_that_grows_in_one_list(name, one_situation):
    asked, fresh = REASONERS[name](), REASONERS[name]()
    found = []
    for changed, copied in growing(one_situation):
        for player in TWO:
            for order in (0, 1, 2):
                found.append(dict(asked.policy(changed, player, order)))
                assert found[-1] == fresh.policy(copied, player, order)
    assert len({str(policy) for policy in found}) == 2, "what was done matters"


@pytest.mark.parametrize("name", REASONERS)
def test_a_window_of_one_round_that_moves_on_in_one_list(name):
    asked, window = REASONERS[name](), [{"ann": "A", "ben": "A"}]
    situation = Situation(TWO, history=window)
    for number, did in enumerate("ABBABA"):
        if number % 2:
            window[:] = [{"ann": did, "ben": did}]
        else:  # the new round takes the place in memory of the one that is gone
            window.clear()
            window.append({"ann": did, "ben": did})
        fresh = REASONERS[name]().policy(Situation(TWO, history=tuple(window)), "ben", 0)
        assert asked.policy(situation, "ben", 0) == fresh


@pytest.mark.parametrize("awaited", [False, True])
async def test_a_board_that_is_changed_in_place(awaited):
    def opened(situation, player, predicted=None):
        return {situation.state["open"][0]: 1.0}

    reasoner, board = RecursiveReasoner(opened, opened), {"open": ["A"]}
    for action in "ABAB":
        board["open"][0] = action
        situation = Situation(TWO, state=board)
        policy = reasoner.policy(situation, "ann", 1)
        if awaited:
            policy = await reasoner.apolicy(situation, "ann", 1)
        assert policy == {action: 1.0}


def test_a_partners_order_is_found_beside_a_history_in_one_list():
    beliefs = []
    for copies in (False, True):
        agent, history = AdaptiveAgent("ann", RecursiveReasoner(repeats, avoids), orders=(0, 1)), []
        memory = agent.start(["ben"])
        for _ in range(6):
            given_history = list(history) if copies else history
            decision, memory = agent.decide(Situation(TWO, history=given_history), memory)
            did = history[-1]["ann"] if history else "A"  # what order 0 does
            history.append({"ann": decision.action, "ben": did})
            memory = agent.observe(memory, None, {"ben": did})
        beliefs.append(agent.posterior(memory, "ben"))
    assert beliefs[0] == beliefs[1]
    assert beliefs[0][0] > 0.95


def test_actions_that_are_changed_in_place():
    actions = {"ann": ["A", "B"], "ben": ["A", "B"]}
    reasoner = CongestionReasoner(lambda player, action, same, others: float(same == 0))
    assert reasoner.policy(Situation(actions), "ann", 0) == {"B": 1.0}
    for own in actions.values():
        own[1] = "C"
    assert reasoner.policy(Situation(actions), "ann", 0) == {"C": 1.0}


class Board:
    """Equal to itself alone, however it changes."""


STATES = [np.arange(3), Board(), {"board": np.arange(2)}, [Board()], {1, 2}, bytearray(b"x")]


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_states_of_which_nothing_can_be_said_are_asked_about_anew(state):
    asked = []

    def level0(situation, player):
        asked.append(player)
        return {"A": 1.0}

    reasoner = RecursiveReasoner(level0, avoids)
    for _ in range(2):
        situation = Situation(TWO, state=state)
        for _ in range(3):
            reasoner.policy(situation, "ben", 0)
    assert asked == ["ben", "ben"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=2), parts, max_size=3),
    max_leaves=8,
)


@given(plain, plain, st.lists(st.sampled_from("AB"), max_size=4))
def test_equal_plain_situations_have_equal_snapshots_and_others_none(one, other, did):
    history = [{"ann": action, "ben": action} for action in did]
    here = Situation(TWO, state=one, history=history)
    again = Situation(TWO, state=one, history=tuple(history))
    there = Situation(TWO, state=other, history=history)
    assert snapshot(here) == snapshot(again) is not None
    if one != other:
        assert snapshot(here) != snapshot(there)
    assert snapshot(here) != snapshot(Situation(TWO, state=one, history=[*history, {"ann": "A", "ben": "A"}]))
