"""Training for teamwork: the gradient, the methods, the populations and what they come to."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.cli import app
from eval.studies.levers import ONE_BETTER, ONE_WORSE, pulled
from eval.studies.training import asked_for, beside, judged
from eval.sweeps import play_cell
from eval.tasks import MatrixTask, make_task
from eval.training import (
    METHODS,
    Asked,
    Settings,
    advantages,
    all_trained,
    entropy_gradient,
    gradient,
    greedy,
    play,
    softmax,
    stage_of,
    train_pairs,
    trained,
    values,
)
from partners import PopulationError, load_population, make_partner, save_population
from partners.trained import MOST_BYTES

QUICK = Settings(steps=30, group=8)


def small(rounds=2):
    """A game whose episodes can be listed."""
    payoffs = np.array([[1.0, 0.0], [0.2, 0.5]])
    return stage_of(MatrixTask("small", np.stack([payoffs] * 2), ["A", "B"], rounds=rounds))


def listed(stage, policies, weight, orders):
    """The mean reward of a pair, over every episode there is: its probability times its reward."""
    total, table = 0.0, stage.order_policies(orders)
    for steps in product(product(range(2), repeat=2), repeat=stage.rounds):
        state, chance, paid = 0, 1.0, 0.0
        hits = np.zeros((len(orders), 2))
        for first, second in steps:
            chance *= policies[0, state, first] * policies[1, state, second]
            paid += stage.payoff[first, second]
            for seat, action in enumerate((first, second)):
                hits[:, seat] += table[:, seat, state, action] > 0
            state = 1 + first * 2 + second
        share = (hits / stage.rounds).max(axis=0).mean()
        total += chance * (paid / stage.rounds + weight * share)
    return total


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_the_gradient_is_that_of_the_listed_mean_reward(weight):
    """Its expectation is 1 - 1/G of the exact gradient, by central differences over all episodes."""
    stage, orders, group = small(), (0, 1), 4
    logits = np.random.default_rng(1).normal(size=(2, stage.n_states, 2))
    exact = np.zeros_like(logits)
    for place in np.ndindex(logits.shape):
        for sign in (1.0, -1.0):
            moved = logits.copy()
            moved[place] += sign * 1e-5
            exact[place] += sign * listed(stage, softmax(moved), weight, orders) / 2e-5
    n = 40_000
    policies = softmax(logits)[None].repeat(n, axis=0)
    seats = np.broadcast_to(np.arange(n)[:, None], (2, n, group))
    uniform = np.random.default_rng(2).random((stage.rounds, 2, n, group))
    played = play(stage, policies, seats, uniform, orders=stage.order_policies(orders))
    learns = np.ones((2, n, group), dtype=bool)
    found = gradient(policies, played, seats, learns, advantages(played, weight), 0.0)
    error = found.std(axis=0) / np.sqrt(n)
    assert (np.abs(found.mean(axis=0) - (1 - 1 / group) * exact) < 5 * error + 1e-9).all()
    assert np.abs(exact).max() > 20 * error.max()


def test_the_entropy_gradient_is_the_entropys():
    logits = np.random.default_rng(0).normal(size=4)
    for place in range(4):
        around = []
        for sign in (1e-6, -1e-6):
            moved = logits.copy()
            moved[place] += sign
            p = softmax(moved)
            around.append(-(p * np.log(p)).sum())
        assert entropy_gradient(softmax(logits))[place] == pytest.approx(
            (around[0] - around[1]) / 2e-6, abs=1e-6
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_values_are_the_mean_of_listed_episodes(seed):
    stage = small(rounds=3)
    policies = softmax(np.random.default_rng(seed).normal(size=(2, stage.n_states, 2)))
    found = values(stage, policies[:1], policies[1:])
    assert found[0, 0] == pytest.approx(listed(stage, policies, 0.0, (0,)))


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_is_trained_alike_alone_beside_others_and_in_processes(method):
    asked = Asked("lever-5", method, (3, 4, 5), QUICK)
    together = trained(asked).policies
    alone = trained(Asked("lever-5", method, (4,), QUICK)).policies
    assert np.array_equal(together[1], alone[0])
    assert not np.array_equal(together[0], together[1])


def test_processes_train_the_same():
    asked = [Asked("memory-1", method, (1, 2), QUICK) for method in ("plain", "order")]
    here, there = list(all_trained(asked)), list(all_trained(asked, 2))
    assert all(np.array_equal(a.policies, b.policies) for a, b in zip(here, there, strict=True))
    assert [one.method for one in there] == ["plain", "order"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(5)))
def test_relabelling_a_player_leaves_what_a_pair_gets(seed, permutation):
    """A pair that both call the levers by other names plays as it did: other-play changes nobody's game."""
    stage = stage_of(make_task("lever-5"))
    rng = np.random.default_rng(seed)
    policies = softmax(rng.normal(size=(1, 2, stage.n_states, 5)))
    same = np.broadcast_to(np.arange(5), (2, 1, 4, 5))
    uniform, seats = rng.random((stage.rounds, 2, 1, 4)), np.zeros((2, 1, 4), dtype=np.int64)
    plain = play(stage, policies, seats, uniform)
    assert np.array_equal(plain.payoffs, play(stage, policies, seats, uniform, relabelled=same).payoffs)
    names = np.broadcast_to(np.array(permutation), (2, 1, 4, 5))
    other = play(stage, policies, seats, uniform, relabelled=names)
    truth = np.argsort(permutation)
    assert np.array_equal(
        other.payoffs[0, 0],
        stage.payoff[other.actions[0, 0, 0], truth[other.actions[0, 1, 0]]],
    )


def test_the_order_reward_makes_pairs_that_know_each_other():
    """In little; ``eval train`` shows it with eight pairs."""
    base = Settings(steps=1200, group=32, rate=4.0)
    by = {m: trained(Asked("lever-5", m, (0, 1, 2, 3), base)).policies for m in ("plain", "order")}
    stage = stage_of(make_task("lever-5"))
    crosses = {}
    for method, policies in by.items():
        matrix = values(stage, policies[:, 0], policies[:, 1])
        assert np.diag(matrix).mean() > 0.9
        crosses[method] = matrix[~np.eye(4, dtype=bool)].mean()
    assert crosses["order"] - crosses["plain"] > 0.35


def test_tasks_and_settings_that_cannot_be_trained_are_named():
    for name in ("stag-hunt", "game-2", "tickets-3-3", "rock-paper-scissors"):
        with pytest.raises(ValueError, match="cannot be trained on"):
            stage_of(make_task(name))
    with pytest.raises(ValueError, match="0 or 1 rounds"):
        stage_of(make_task("memory-1"), memory=2)
    for wrong in ({"steps": 0}, {"group": 1}, {"rate": 0.0}, {"spread": np.nan}, {"entropy": -1.0}):
        with pytest.raises(ValueError, match="got"):
            Settings(**wrong)
    with pytest.raises(ValueError, match="four seeds"):
        asked_for(["memory-1"], ["plain"], seeds=3)
    with pytest.raises(ValueError, match="no training nothing"):
        asked_for(["memory-1"], ["nothing"])
    uneven = stage_of(MatrixTask("uneven", np.stack([np.array([[1.0, 0.3], [0.2, 0.7]])] * 2), ["A", "B"]))
    with pytest.raises(ValueError, match="no symmetries"):
        train_pairs(uneven, [[0]], Settings(relabel=True))


# ---- populations as files and as partners ----


@pytest.fixture
def population():
    return trained(Asked("lever-5", "plain", (7, 8, 9), QUICK))


def test_a_population_comes_back_from_its_file(population, tmp_path):
    file = tmp_path / "p.json"
    save_population(file, population)
    again = load_population(file)
    assert np.array_equal(again.policies, population.policies)
    assert (again.task, again.method, again.seeds) == ("lever-5", "plain", (7, 8, 9))
    assert again.settings == population.settings
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_damaged_files_are_named(population, tmp_path):
    file = tmp_path / "p.json"
    save_population(file, population)
    good = file.read_text()
    content = json.loads(good)
    changed = json.loads(good)
    changed["policies"][0][0][0][0] += 1e-9
    with_other = {**content, "policies": [[[[2.0, -1.0]]] * 2] * 3}
    for text, message in (
        (good[: len(good) // 2], "damaged"),
        ("[" * 1_000_000, "damaged"),
        ("{}", "Field required"),
        (json.dumps(changed), "checksum"),
        (json.dumps(with_other), "checksum"),
        (good.replace('"plain"', "1"), "method"),
        (" " * (MOST_BYTES + 1), "more than"),
        ("\x00\xff", "damaged"),
    ):
        file.write_text(text)
        with pytest.raises(PopulationError, match=message) as caught:
            load_population(file)
        assert "python -m eval train --out" in str(caught.value)
    with pytest.raises(PopulationError, match="cannot be read"):
        load_population(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (np.full((3, 2, 1, 5), 0.1), "sum to one"),
        (np.full((3, 2, 2, 5), 0.2), "shape"),
        (np.full((2, 2, 1, 5), 0.2), "shape"),
        (np.array([[[[1.5, -0.5, 0.0, 0.0, 0.0]]] * 2] * 3), "no probabilities"),
    ],
)
def test_policies_that_are_none_are_refused_whatever_their_checksum(population, tmp_path, policies, message):
    file = tmp_path / "p.json"
    object.__setattr__(population, "policies", policies)
    save_population(file, population)
    with pytest.raises(PopulationError, match=message):
        load_population(file)


def test_partners_play_as_they_were_trained(tmp_path):
    base = Settings(steps=800, group=32, rate=5.0)
    population = trained(Asked("lever-5", "plain", (0, 1), base))
    object.__setattr__(population, "policies", greedy(population.policies))
    file, task = tmp_path / "p.json", make_task("lever-5")
    save_population(file, population)
    stage = stage_of(task)
    matrix = values(stage, population.policies[:, 0], population.policies[:, 1])
    for i, j in product(range(2), repeat=2):
        cell = play_cell(task, f"trained:{file}#{i}", f"trained:{file}#{j}", 2, seed=0)
        expected = (matrix[i, j], matrix[j, i])
        assert [score / task.optimum for score in cell.scores] == pytest.approx(expected)
    whole = play_cell(task, f"trained:{file}", "self", 4, seed=0)
    assert [s / task.optimum for s in whole.scores] == pytest.approx(np.diag(matrix).repeat(2))


def test_partners_refuse_other_games_and_members(population, tmp_path):
    file = tmp_path / "p.json"
    save_population(file, population)
    with pytest.raises(ValueError, match="another game"):
        make_partner(f"trained:{file}", "player-1", make_task("memory-1").reasoner())
    with pytest.raises(ValueError, match="members 0 to 2, got 3"):
        make_partner(f"trained:{file}#3", "player-1", make_task("lever-5").reasoner())


def test_agents_meet_every_member_in_both_seats(population):
    found = beside(population, ["tom-0"], seed=1)["tom-0"]
    assert found.shape == (3,)
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_what_a_study_says(tmp_path):
    asked = asked_for(["memory-1"], ["plain", "order"], seeds=4, base=QUICK)
    told = []
    plain, order = judged(list(all_trained(asked)), progress=lambda: told.append(1))
    assert len(told) == 2 * (1 + 3)
    assert plain.gain is None
    assert order.gain.estimate == pytest.approx(order.cross.estimate - plain.cross.estimate)
    less = plain.beside["conventions"].estimate - plain.beside["adaptive:bayes/win-stay/nearest"].estimate
    assert plain.ahead.estimate == pytest.approx(less)


# ---- commands ----


def test_the_command_trains_keeps_and_shows(tmp_path):
    options = [
        "--task",
        "memory-1",
        "--methods",
        "plain,order",
        "--seeds",
        "4",
        "--steps",
        "20",
        "--group",
        "8",
    ]
    files = ["--out", str(tmp_path / "kept"), "--json", str(tmp_path / "t.json")]
    done = CliRunner().invoke(app, ["train", *options, *files])
    assert done.exit_code == 0, done.output
    kept = tmp_path / "kept" / "memory-1-order.json"
    assert load_population(kept).method == "order"
    assert [one["method"] for one in json.loads((tmp_path / "t.json").read_text())["found"]] == [
        "plain",
        "order",
    ]
    crossed = ["crossplay", "--task", "memory-1", "--agents", "bayes", "--partners", f"trained:{kept}"]
    played = CliRunner().invoke(app, [*crossed, "--episodes", "4"])
    assert played.exit_code == 0, played.output


def test_levers_show_what_entropy_does():
    little, much = (pulled(ONE_BETTER, a, pairs=400, seed=0) for a in (0.01, 0.3))
    assert little.own.estimate == pytest.approx(1.01, abs=0.02)
    assert little.cross.estimate < 0.35
    assert much.own.estimate == much.cross.estimate == pytest.approx(1.1)
    lost = pulled(ONE_WORSE, 0.3, pairs=40, seed=0, greedy=False)
    assert lost.cross.estimate < 0.2
    relabelled = pulled(ONE_WORSE, 0.01, pairs=40, seed=0, relabel=True, starts=20)
    assert relabelled.cross.estimate > 0.8
