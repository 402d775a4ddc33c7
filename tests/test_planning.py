"""Planning on tables: against brute force, mirrors, ties, the cache, bad input."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atom import ModelError, Situation, SituationError, TabularModel, TabularReasoner
from atom.reasoning.tables import UNREACHABLE, Mirror, Solo
from atom.reasoning.tables.levels import RANDOM_PARTNER_HORIZON, best_response, solve
from eval.tasks import GridTask
from eval.tasks.grid import GAME_TWO, game_one, game_two
from eval.tasks.overcooked import overcooked

NAMES = ("a", "b", "c")
ROOT = Path(__file__).parents[1]


@st.composite
def models(draw, solo=True):
    """Models of at most six states with two or three actions, not all of them able to end."""
    n, a = draw(st.integers(2, 6)), draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    terminal = np.zeros(n, dtype=bool)
    terminal[rng.integers(n)] = True
    cost = rng.integers(1, 4, size=n)
    alone = None
    if solo:
        t = int(rng.integers(2, 5))
        project = rng.integers(t, size=(2, n))
        alone = Solo(rng.integers(t, size=(t, a)), np.ones(t, dtype=int), np.arange(t) == 0, project)
    ties = tuple(tuple(rng.permutation(a).tolist()) for _ in range(2))
    return TabularModel(
        rng.integers(n, size=(n, a, a)), cost, terminal, (0,), NAMES[:a], solo=alone, ties=ties
    )


def cost_of(model, state, act):
    """Cost of following ``act(state) -> next state`` to the end, found by walking."""
    total = 0
    for _ in range(model.n_states + 1):
        if model.terminal[state]:
            return total
        total += int(model.cost[state])
        state = act(state)
    return UNREACHABLE


def brute_force(model, player, partner):
    """Least cost from each state over all deterministic policies of ``player``, by trying them all."""
    n, a = model.next.shape[:2]

    def following(state, own):
        other = partner[state]
        return int(model.next[(state, own, other) if player == 0 else (state, other, own)])

    best = [UNREACHABLE] * n
    for policy in itertools.product(range(a), repeat=n):
        for state in range(n):
            found = cost_of(model, state, lambda s, policy=policy: following(s, policy[s]))
            best[state] = min(best[state], found)
    return best, following


@settings(max_examples=60, deadline=None)
@given(models())
def test_every_order_is_the_best_response_that_brute_force_finds(model):
    policies = solve(model, 3).policies
    for order, player in itertools.product((1, 2, 3), (0, 1)):
        best, following = brute_force(model, player, policies[order - 1, 1 - player])
        own = policies[order, player]
        for state in np.flatnonzero(~model.terminal):
            values = [best[following(state, action)] for action in model.tie_order(player)]
            if min(values) == UNREACHABLE:
                assert own[state] == policies[0, player][state]
            else:
                assert own[state] == model.tie_order(player)[int(np.argmin(values))]
                walked = cost_of(model, state, lambda s: following(s, own[s]))  # noqa: B023
                assert walked == best[state]


@settings(max_examples=30, deadline=None)
@given(models())
def test_joint_values_are_the_least_over_all_joint_plans(model):
    values = solve(model, 0).values
    n = model.n_states
    # Floyd and Warshall's algorithm on the graph of states: another method for the same distances.
    distance = np.full((n, n), np.inf)
    np.fill_diagonal(distance, 0)
    for s in np.flatnonzero(~model.terminal):
        for t in set(model.next[s].flat) - {s}:
            distance[s, t] = model.cost[s]
    for k in range(n):
        distance = np.minimum(distance, distance[:, [k]] + distance[[k]])
    expected = distance[:, model.terminal].min(axis=1)
    assert np.array_equal(np.where(values == UNREACHABLE, np.inf, values), expected)


@settings(max_examples=30, deadline=None)
@given(models(solo=False))
def test_without_a_solo_game_order_zero_answers_a_random_partner(model):
    policies = solve(model, 0).policies
    values = np.zeros(model.n_states)
    for _ in range(RANDOM_PARTNER_HORIZON):
        expected = [
            model.cost[s] + min(np.mean([values[t] for t in row]) for row in model.next[s])
            for s in range(model.n_states)
        ]
        values = np.where(model.terminal, 0, expected)
    for s in np.flatnonzero(~model.terminal):
        means = [np.mean([values[t] for t in row]) for row in model.next[s]]
        assert means[policies[0, 0][s]] <= min(means) + 1e-6


@pytest.mark.parametrize("task", [game_one(), game_two(), overcooked()], ids=lambda task: task.name)
def test_policies_are_mirror_images_in_every_state(task):
    model = task.model
    assert model.mirror is not None
    alone = TabularModel(
        model.next, model.cost, model.terminal, model.starts, model.actions, model.solo, None, model.ties
    )
    # Solved for both players one by one, without the mirror.
    policies = solve(alone, 3).policies
    mirror = model.mirror
    for order in range(4):
        seen = mirror.actions[policies[order, 0]][mirror.states]
        live = ~model.terminal
        assert np.array_equal(policies[order, 1][live], seen[live])
    assert np.array_equal(policies[..., live], solve(model, 3).policies[..., live])


def test_a_best_response_breaks_ties_in_the_order_given():
    following = np.array([[[1, 1], [1, 1], [0, 0]], [[1, 1]] * 3])[:, :, [0, 0, 0]]
    model = TabularModel(following, [1, 0], [False, True], (0,), NAMES, ties=((2, 1, 0), (0, 1, 2)))
    partner = np.zeros(2, dtype=np.int8)
    assert best_response(model, 0, partner, otherwise=partner)[0] == 1


def two_buttons():
    solo = Solo([[1, 0], [1, 1]], [1, 0], [False, True], [[0, 1], [0, 1]])
    return TabularModel(
        [[[1, 0], [0, 0]], [[1, 1], [1, 1]]], [1, 0], [False, True], (0,), ("press", "wait"), solo
    )


def situation(state=0, actions=("press", "wait")):
    return Situation({"ann": actions, "ben": actions}, state=state)


def test_lapses_are_mixed_into_every_policy():
    reasoner = TabularReasoner(two_buttons(), epsilon=0.2, cache=False)
    assert reasoner.policy(situation(), "ann", 2) == pytest.approx({"press": 0.9, "wait": 0.1})


def test_tables_come_back_from_the_cache(tmp_path):
    first = TabularReasoner(game_two().model, cache=tmp_path)
    policies = first.policies
    (path,) = tmp_path.iterdir()
    written = path.stat().st_mtime_ns
    again = TabularReasoner(game_two().model, cache=tmp_path)
    assert np.array_equal(again.policies, policies)
    assert np.array_equal(again.values, first.values)
    assert path.stat().st_mtime_ns == written
    assert policies.dtype == np.int8


def test_a_model_that_differs_in_one_entry_has_another_key():
    model = game_two().model
    other = model.next.copy()
    other[0, 0, 0] += 1

    def digest(following):
        return TabularModel(
            following, model.cost, model.terminal, model.starts, model.actions, model.solo, ties=model.ties
        ).digest()

    assert digest(other) != digest(model.next) == digest(model.next.astype(np.int64))


def _truncate(path):
    path.write_bytes(path.read_bytes()[:100])


def _empty(path):
    path.write_bytes(b"")


def _other_model(path):
    TabularReasoner(game_one().model, cache=path.parent / "other").policies  # noqa: B018
    (other,) = (path.parent / "other").iterdir()
    path.write_bytes(other.read_bytes())


def _pickled(path):
    with path.open("wb") as stream:
        np.savez(stream, version=np.array([{}], dtype=object))


def _wrong_shape(path):
    with np.load(path) as archive:
        content = dict(archive)
    content["policies"] = content["policies"][:2]
    with path.open("wb") as stream:
        np.savez(stream, **content)


@pytest.mark.parametrize("damage", [_truncate, _empty, _other_model, _pickled, _wrong_shape])
def test_a_damaged_cache_file_is_reported_and_mended(tmp_path, damage):
    expected = TabularReasoner(game_two().model, cache=tmp_path).policies
    (path,) = tmp_path.iterdir()
    damage(path)
    with pytest.warns(UserWarning, match="not usable"):
        found = TabularReasoner(game_two().model, cache=tmp_path).policies
    assert np.array_equal(found, expected)
    assert np.array_equal(TabularReasoner(game_two().model, cache=tmp_path).policies, expected)
    assert not list(tmp_path.glob(".unfinished*"))


def test_without_a_writable_directory_there_is_no_cache(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for directory in (tmp_path / "file" / "tables", tmp_path / "file"):
        assert TabularReasoner(two_buttons(), cache=directory).policies.shape == (4, 2, 2)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    assert TabularReasoner(two_buttons(), cache=locked).policies.shape == (4, 2, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"next": np.zeros((2, 2, 3), int)}, r"shape \[S, A, A\]"),
        ({"next": np.full((2, 2, 2), 2)}, "allowed are 0 to 1"),
        ({"cost": [0, 0]}, "at least 1"),
        ({"cost": [0.5, 0]}, "whole numbers"),
        ({"cost": [1, 0, 0]}, r"shape \[2\]"),
        ({"starts": (2,)}, "starts"),
        ({"starts": ()}, "starts"),
        ({"ties": ((0, 0), (0, 1))}, "ties"),
        ({"mirror": Mirror([1, 0], [0, 1])}, "no symmetry"),
        ({"mirror": Mirror([0], [0, 1])}, "the mirror has 1 states"),
        ({"solo": Solo([[0]], [1], [False], [[0, 0], [0, 0]])}, "solo.next has 1 actions"),
        ({"solo": Solo([[0, 0]], [1], [False], [[0], [0]])}, "solo.project"),
    ],
)
def test_arrays_that_do_not_fit_are_named(change, message):
    model = two_buttons()
    names = ("next", "cost", "terminal", "starts", "actions", "solo")
    fields = {name: getattr(model, name) for name in names}
    with pytest.raises(ModelError, match=message):
        TabularModel(**{**fields, **change})


def test_a_mirror_is_its_own_inverse():
    with pytest.raises(ModelError, match="own inverse"):
        Mirror([1, 2, 0], [0, 1])


def test_a_mirror_that_fails_in_one_state_is_refused():
    model = GridTask("two", GAME_TWO).model
    following = model.next.copy()
    start = model.starts[0]
    following[start, 4, 4] = (start + 1) % model.n_states
    with pytest.raises(ModelError, match=f"fails in state {start}"):
        TabularModel(
            following, model.cost, model.terminal, model.starts, model.actions, model.solo, model.mirror
        )


def test_questions_beyond_the_table_are_errors():
    reasoner = TabularReasoner(two_buttons(), max_order=1, cache=False)
    with pytest.raises(ModelError, match="max_order=2"):
        reasoner.policy(situation(), "ann", 2)
    with pytest.raises(ModelError, match="from 0 to 1, got 7"):
        reasoner.policy(situation(7), "ann", 1)
    with pytest.raises(ModelError, match="got None"):
        reasoner.policy(situation(None), "ann", 1)
    for integer in (np.int64(0), np.uint8(0), False):
        assert reasoner.policy(situation(integer), "ann", 1) == reasoner.policy(situation(0), "ann", 1)
    with pytest.raises(ModelError, match="the model has"):
        reasoner.policy(situation(0, ("wait", "press")), "ann", 1)
    with pytest.raises(SituationError, match="cid"):
        reasoner.policy(situation(), "cid", 1)
    three = Situation(dict.fromkeys(("ann", "ben", "cid"), ("press", "wait")), state=0)
    with pytest.raises(ModelError, match="two players"):
        reasoner.policy(three, "ann", 1)
    with pytest.raises(ValueError, match="epsilon"):
        TabularReasoner(two_buttons(), epsilon=1.5)


def test_without_scipy_the_extra_is_named():
    script = """
import sys
sys.modules["scipy.sparse"] = None  # as if it were not installed
from atom import MissingExtraError
from eval.tasks.grid import game_one
try:
    game_one().reasoner().policies
except MissingExtraError as error:
    print(error)
"""
    environment = {**os.environ, "XDG_CACHE_HOME": os.devnull}
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert found.stdout.strip().endswith("is not installed: pip install 'langgraph-atom[tables]'")
