"""Rewards of teams: what they come to, and that trainers can call them in every way they do."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atom import ToMError
from atom.rewards import RewardError, actions_in, alignment_reward, order_reward
from eval.tasks import make_task
from eval.training import play, softmax, stage_of

PAIR = {"ann": ["A", "B"], "ben": ["A", "B"]}
DIFFER = [[[0.0, 1.0], [1.0, 0.0]]] * 2


def called(reward, prompts, completions, batch_items=None):
    """How CoMLRL 1.4 calls a reward, in its own order: by its signature, then without items on a TypeError.

    Our own words of its protocol; ``tests_optional/test_comlrl.py`` calls the real one.
    """
    parameters = inspect.signature(reward).parameters
    kinds = [one.kind for one in parameters.values()]
    has_more = inspect.Parameter.VAR_KEYWORD in kinds
    named = {}
    if batch_items is not None and ("batch_items" in parameters or has_more):
        named["batch_items"] = batch_items
    assert inspect.Parameter.VAR_POSITIONAL in kinds  # so every agent's completions come as an argument
    if "prompts" in parameters or has_more:
        named["prompts"] = prompts
    try:
        return [float(r) for r in reward(*completions, **named)]
    except TypeError as first:
        try:
            return [float(r) for r in reward(*completions)]
        except TypeError:
            raise first from None


def test_payoff_and_orders_add_up():
    reward = order_reward(DIFFER, PAIR, steps=3, weight=2.0, orders=(0, 1))
    # ToM-0 answers the last round, which everybody remembers as A and A at first; ToM-1 answers that
    assert reward(["B A B"], ["A A A"]) == pytest.approx([2 / 3 + 2 * (1.0 + 2 / 3) / 2])
    perfect = order_reward(DIFFER, PAIR, steps=3, orders=(0, 1))(["B B B"], ["A A A"])
    assert perfect == [2.0]
    assert reward.reward_range == (0.0, 3.0)


def test_aligned_orders_are_counted_together():
    own = order_reward(DIFFER, PAIR, steps=2, orders=(0, 1))
    both = alignment_reward(DIFFER, PAIR, steps=2, orders=(0, 1))
    same = (["B B"], ["B A"])  # in the second round each answers what the other just did, or itself
    assert own(*same) >= both(*same)
    assert both(["B B"], ["A A"]) == [2.0]  # orders 0 and 1
    assert both(["B A"], ["B A"]) == [0.0 + 0.0]  # two of order 0: nobody is one above the other
    with pytest.raises(RewardError, match="differ by one"):
        alignment_reward(DIFFER, PAIR, orders=(0, 2))


def test_what_is_no_action_pays_the_least_and_is_no_order():
    uneven = order_reward([[[3.0, -1.0], [0.0, 2.0]]] * 2, PAIR, steps=2)
    assert uneven([""], [None]) == [-1.0]
    assert uneven.lowest == -1.0
    assert uneven(["A"], ["A A A A"])[0] < uneven(["A A"], ["A A"])[0]


def test_readers():
    assert actions_in('["A", 3, "B"]', "AB") == ["A", None, "B"]
    assert actions_in("pull the lever", ["pull the lever"]) == ["pull the lever"]
    assert actions_in("I play **A**, then (B).", "AB") == ["A", "B"]
    assert actions_in("[" * 100_000, "AB") == []
    assert order_reward(DIFFER, PAIR, read=lambda text, legal: [legal[1]])(["?"], ["?"]) == [1.0]

    def fails(text, legal):
        raise TypeError("a reader's own")

    with pytest.raises(RewardError, match="reader failed on 'A'"):
        order_reward(DIFFER, PAIR, read=fails)(["A"], ["A"])


def test_items_say_what_was_done_before():
    reward = order_reward(DIFFER, PAIR, orders=(0,))
    before = [{"ann": "B", "ben": "B"}]
    assert called(reward, ["p"], [["A"], ["A"]], [{"history": before}]) == [1.0]
    assert called(reward, ["p"], [["A"], ["A"]]) == [0.0]
    both = called(reward, ["p"] * 2, [["A", "A"], ["A", "A"]], [{"history": before}, {}])
    assert both == [1.0, 0.0]
    for strange in ([{"history": [{"ann": "X", "ben": "A"}]}], [{"history": "AB"}], [{}, {}, {}]):
        with pytest.raises(RewardError):
            called(reward, ["p"] * 2, [["A", "A"], ["A", "A"]], strange)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
REWARDS = [make(DIFFER, PAIR, steps=2) for make in (order_reward, alignment_reward)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(anything, max_size=4) | anything, max_size=3), anything, st.sampled_from(REWARDS))
def test_no_call_raises_a_type_error(completions, items, reward):
    """A TypeError would be taken for another form of calling, and lose the items in silence."""
    try:
        found = reward(*completions, batch_items=items, prompts=["?"], something=1)
    except TypeError:
        pytest.fail("a TypeError")
    except ToMError:
        pass
    else:
        low, high = reward.reward_range
        assert len(found) == len(completions[0])
        assert all(type(one) is float and low - 1e-9 <= one <= high + 1e-9 for one in found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABX"), st.sampled_from("ABX")), min_size=1, max_size=4))
def test_players_may_change_places(rounds):
    """The game is the same for both, so who is called first makes no difference."""
    first, second = (" ".join(own) for own in zip(*rounds, strict=True))
    for make in (order_reward, alignment_reward):
        reward = make(DIFFER, PAIR, steps=len(rounds))
        assert reward([first], [second]) == pytest.approx(reward([second], [first]))
        assert reward([first, second], [second, first]) == reward([first], [second]) + reward(
            [second], [first]
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"payoffs": [[0, 1], [1, 0]]}, "N, A_1"),
        ({"payoffs": "no"}, "numbers in an array"),
        ({"orders": ()}, "one at least"),
        ({"weight": -1.0}, "weight >= 0"),
        ({"weight": float("nan")}, "weight >= 0"),
        ({"steps": 0}, "steps >= 1"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings, message):
    given = {"payoffs": DIFFER, "actions": PAIR, **settings}
    with pytest.raises(ValueError, match=message):
        order_reward(**given)


def test_calls_that_do_not_fit_are_named():
    reward = order_reward(DIFFER, PAIR)
    for strange in ([["A"]], [["A"], ["A", "B"]], [["A"]] * 3, ["A", "B"], [None, None], []):
        with pytest.raises(RewardError):
            reward(*strange)
    assert reward([], []) == []


def test_training_in_arrays_looks_for_the_same_orders():
    """The share of rounds by orders of ``eval train`` is this reward's, episode by episode."""
    task = make_task("one-ahead-5")
    stage = stage_of(task)
    rng = np.random.default_rng(3)
    policies = softmax(rng.normal(size=(1, 2, stage.n_states, 5)))
    seats = np.zeros((2, 1, 6), dtype=np.int64)
    orders = stage.order_policies((0, 1, 2))
    played = play(stage, policies, seats, rng.random((stage.rounds, 2, 1, 6)), orders=orders)
    actions = dict.fromkeys(task.players, stage.actions)
    reward = order_reward(
        task.payoffs / stage.worth, actions, steps=stage.rounds, weight=3.0, reasoner=task.reasoner()
    )
    texts = [
        [" ".join(stage.actions[a] for a in played.actions[:, seat, 0, g]) for g in range(6)]
        for seat in (0, 1)
    ]
    assert reward(*texts) == pytest.approx(played.payoffs[:, 0].mean(axis=0) + 3.0 * played.by_order[0])
