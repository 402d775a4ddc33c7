"""Partners on tables that are no ToM agents."""

from __future__ import annotations

import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from atom import NormalFormReasoner, symmetric_payoffs
from eval.cli import app
from eval.play import play, seat_players
from eval.sweeps import play_cell
from eval.tasks import make_task
from partners import ZOO, make_partner
from partners.population import evaluate, load_policies, save_policies, train

ON_TABLES = [
    name for name, kind in ZOO.items() if kind.plays in ("tables", "kitchens") and name != "population"
]


@pytest.fixture(scope="module")
def kitchen():
    return make_task("overcooked")


@pytest.fixture(scope="module")
def trained():
    """The last generation of a population trained on game-2."""
    model = make_task("game-2").model
    return list(train(model, generations=12, members=4, games=64, steps=40, horizon=30, seed=1))


@pytest.mark.parametrize("name", ON_TABLES)
def test_the_same_seed_gives_the_same_legal_actions(kitchen, name):
    def actions():
        seats = seat_players(kitchen, [name, "tom-1"], seed=5, epsilon=0.1)
        return [step.actions for step in itertools.islice(play(kitchen, seats, 3), 40)]

    first = actions()
    assert first == actions()
    assert {action for joint in first for action in joint.values()} <= set(kitchen.model.actions)


@pytest.mark.parametrize("name", [*ON_TABLES, "population"])
def test_tasks_without_a_table_are_refused(name):
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    with pytest.raises(ValueError, match="overcooked"):
        make_partner(name, "ann", reasoner)


@pytest.mark.parametrize(("name", "optimum"), [("game-1", 6), ("game-2", 7), ("overcooked", 33)])
def test_one_convention_is_a_joint_optimal_plan(name, optimum):
    for seed in range(3):
        cell = play_cell(make_task(name), f"convention:{seed}", "self", 2, seed=0)
        assert cell.scores == (optimum, optimum)


def test_other_ties_make_another_hierarchy_of_the_same_kind(kitchen):
    aligned = play_cell(kitchen, "independent-ties:0@3", "independent-ties:1@3", 2, seed=0)
    assert aligned.mean == kitchen.optimum
    reasoner = kitchen.reasoner()
    partner = make_partner("independent-ties:0@3", "player-1", reasoner)
    differ = partner._policies[0] != reasoner.policies[0, 0]
    assert 0.05 < differ.mean() < 0.95


def test_greedy_follows_the_package_and_leaves_no_files(kitchen):
    planners = importlib.import_module("overcooked_ai_py.planning.planners")
    agents = importlib.import_module("overcooked_ai_py.agents.agent")
    partner = make_partner("greedy", "player-2", kitchen.reasoner())
    rng = np.random.default_rng(0)
    for index in rng.integers(kitchen.model.n_states - 1, size=50).tolist():
        model = agents.GreedyHumanModel(partner._manager, auto_unstuck=False)
        model.set_agent_index(1)
        expected = model.action(kitchen.reasoner().real_state(index))[0]
        situation = kitchen.situation({"index": index, "step": 0})
        decision, _ = partner.decide(situation, partner.start(["player-1"]))
        names = {(0, -1): "up", (0, 1): "down", (-1, 0): "left", (1, 0): "right", (0, 0): "stay"}
        assert decision.action == names.get(expected, expected)
    assert not list(Path(planners.PLANNERS_DIR).glob("*.pkl"))


def test_unstuck_moves_at_random_exactly_where_the_package_does(kitchen):
    agents = importlib.import_module("overcooked_ai_py.agents.agent")
    start = kitchen.model.starts[0]
    partner = make_partner("greedy-unstuck", "player-1", kitchen.reasoner())
    situation = kitchen.situation({"index": start, "step": 1})
    ours = set()
    for episode in range(40):
        memory = {**partner.start(["player-2"], episode=episode), "last": start}
        ours.add(partner.decide(situation, memory)[0].action)
    real = agents.GreedyHumanModel(partner._manager, auto_unstuck=True)
    real.set_agent_index(0)
    state = kitchen.reasoner().real_state(start)
    theirs = set()
    for _ in range(40):
        real.prev_state = state
        theirs.add(real.action(state)[0])
    names = {(0, -1): "up", (0, 1): "down", (-1, 0): "left", (1, 0): "right", (0, 0): "stay"}
    assert ours == {names[action] for action in theirs}
    assert len(ours) > 1


def test_greedy_is_read_as_order_zero(kitchen):
    seats = seat_players(kitchen, ["bayes", "greedy"], seed=1)
    *_, last = play(kitchen, seats, 0)
    posterior = last.decisions["player-1"].posterior["player-2"]
    assert max(posterior, key=posterior.__getitem__) == 0


def test_a_population_learns_and_its_best_is_kept(trained):
    model = make_task("game-2").model
    bests = [generation.best for generation in trained]
    assert bests == sorted(bests, reverse=True)
    assert trained[0].best > 20
    assert bests[-1] < 12
    own = evaluate(model, trained[-1].policies[None], 30)
    assert own[0] < 12


def test_a_checkpoint_comes_back_and_a_bad_one_is_named(trained, tmp_path):
    model, other = make_task("game-2").model, make_task("game-1").model
    path = tmp_path / "best.npz"
    save_policies(path, model, trained[-1].policies)
    assert np.array_equal(load_policies(path, model), trained[-1].policies)
    assert play_cell(make_task("game-2"), "tom-1", f"population:{path}", 2, seed=0).mean <= 30
    with pytest.raises(ValueError, match="another task"):
        load_policies(path, other)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"cannot be read .* train-partner"):
        load_policies(path, model)
    with path.open("wb") as stream:
        np.savez(stream, version=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="cannot be read"):
        load_policies(path, model)
    with pytest.raises(ValueError, match=r"no trained partner .* train-partner"):
        make_partner(f"population:{tmp_path / 'none.npz'}", "player-1", make_task("game-2").reasoner())


def test_the_command_trains_writes_and_names_the_partner(tmp_path):
    out = tmp_path / "p.npz"
    result = CliRunner().invoke(
        app,
        ["train-partner", "--task", "game-1", "--generations", "1", "--members", "2", "--out", str(out)],
    )
    assert result.exit_code == 0, result.output
    assert f"population:{out}" in " ".join(result.output.split()).replace(" ", "")
    assert load_policies(out, make_task("game-1").model).shape == (2, make_task("game-1").model.n_states)


@pytest.mark.parametrize("name", ["convention:x", "independent-ties:9@1", "independent-ties:1"])
def test_arguments_of_another_form_are_errors(kitchen, name):
    with pytest.raises(ValueError, match="the form is"):
        make_partner(name, "player-1", kitchen.reasoner())
