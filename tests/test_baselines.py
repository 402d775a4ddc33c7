"""Baselines lack, or are given, exactly one thing."""

import json
import re
from collections import Counter

import pytest
from typer.testing import CliRunner

from atom import SituationError
from eval.cli import app
from eval.measure import belief_summaries
from eval.play import play, seat_players, told_names, true_orders
from eval.studies import ablation
from eval.sweeps import Sweep, cross_play, who_plays
from eval.tasks import make_task
from partners import UnknownNameError, make_partner


def steps(task, names, episode=0, seed=0):
    task = make_task(task)
    return list(play(task, seat_players(task, names, seed=seed), episode))


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.mark.parametrize("partner", ["tom-0", "tom-1", "tom-2", "switching", "switching:1-2-0@3-9"])
def test_the_oracle_always_scores(partner):
    """Told the order, it is aligned from the first round on; a learner is not."""
    (row,) = cross_play("one-ahead-5", ["oracle"], [partner], 4, seed=1)
    assert set(row[0].scores) == {75.0}


def test_who_can_be_told():
    assert true_orders("tom-3") == "3"
    assert true_orders("switching") == "2-0@8"
    assert true_orders("noisy") == "1"
    assert true_orders("noisy:0.1:switching:0-2@5") == "0-2@5"
    assert [true_orders(name) for name in ("bayes", "random", "oracle:1", "tomsup")] == [None] * 4
    assert told_names(["oracle", "tom-1"]) == ["oracle:1", "tom-1"]
    assert told_names(["tom-2", "oracle"]) == ["tom-2", "oracle:2"]
    assert told_names(["oracle:0", "bayes"]) == ["oracle:0", "bayes"]
    for partner in ("bayes", "random", "oracle"):
        with pytest.raises(ValueError, match="has none that is fixed beforehand"):
            told_names(["oracle", partner])


@pytest.mark.parametrize("name", ["prompt-only", "gate-only"])
def test_baselines_of_language_models_say_what_they_need(name):
    result = run("crossplay", "--task", "memory-1", "--agents", name, "--episodes", 1)
    assert "needs a language model" in str(result.exception)


def test_no_belief_never_learns_and_still_adapts_its_estimate():
    estimates = Counter()
    for episode in range(30):
        for step in steps("one-ahead-5", ["no-belief", "tom-2"], episode):
            decision = step.decisions["player-1"]
            assert list(decision.posterior["player-2"].values()) == pytest.approx([1 / 3] * 3)
            estimates.update([decision.estimates["player-2"]])
    assert all(110 <= estimates[order] <= 190 for order in (0, 1, 2))


def test_the_permuted_agent_learns_its_own_order_and_not_its_partners():
    told = steps("one-ahead-5", ["permuted", "tom-1"], 3)
    honest = steps("one-ahead-5", ["bayes", "tom-1"], 3)
    assert honest[-1].decisions["player-1"].posterior["player-2"][1] > 0.9
    assert told[-1].decisions["player-1"].posterior["player-2"][1] < 0.9


def test_the_frequency_predictor_answers_the_commonest_action():
    for step in steps("coordination-3", ["frequency", "repeat"], 2)[1:]:
        assert step.actions["player-1"] == step.actions["player-2"]
    counted = steps("anti-coordination-3", ["frequency", "alternate"])
    assert [step.actions["player-1"] for step in counted[:2]] == ["B", "B"]
    with pytest.raises(SituationError, match="cannot play this task"):
        seat_players(make_task("game-1"), ["frequency", "tom-0"], seed=0)


def test_adaptive_of_any_setting():
    reasoner = make_task("memory-1").reasoner()
    plain = make_partner("adaptive", "player-1", reasoner)
    assert (type(plain.beliefs.learner).__name__, plain.acting.selection, plain.acting.response) == (
        "Bayes",
        "win-stay",
        "nearest",
    )
    other = make_partner("adaptive:adahedge/leader/above", "player-1", reasoner)
    assert (type(other.beliefs.learner).__name__, other.acting.selection, other.acting.response) == (
        "AdaHedge",
        "leader",
        "above",
    )
    for name, same in (("hedge", "adaptive:hedge/sample/above"), ("ftl", "adaptive:ftl/leader/above")):
        for episode in range(5):
            ours = [step.actions for step in steps("one-ahead-5", [name, "bayes"], episode)]
            assert ours == [step.actions for step in steps("one-ahead-5", [same, "bayes"], episode)]
    with pytest.raises(UnknownNameError, match="did you mean hedge"):
        make_partner("adaptive:hege", "player-1", reasoner)
    with pytest.raises(ValueError, match="selection must be"):
        make_partner("adaptive:hedge/sometimes", "player-1", reasoner)


def test_all_means_everyone_who_can_play():
    able, reasons = who_plays("game-1")
    assert {"bayes", "tom-0", "adahedge", "convention"} <= set(able)
    assert {"tomsup", "frequency", "oracle", "greedy"} <= set(reasons)
    arguments = ["--task", "stag-hunt,coordination-3", "--agents", "all", "--partners", "tom-0,repeat"]
    result = run("crossplay", *arguments, "--episodes", 1)
    assert result.exit_code == 0, result.exception
    assert re.search(r"coordination-3: without [^;]*tomsup", result.output)


def test_several_tasks_at_once(tmp_path):
    file = tmp_path / "m.json"
    arguments = [
        "crossplay",
        "--task",
        "memory-1,one-ahead-5",
        "--agents",
        "tom-1,tom-2",
        "--partners",
        "tom-0",
    ]
    assert run(*arguments, "--episodes", 2, "--json", file).exit_code == 0
    first, second = json.loads(file.read_text())["matrices"]
    assert (first["task"], first["mean"]) == ("memory-1", [[75.0], [0.0]])
    assert second["task"] == "one-ahead-5"
    units = Sweep((("memory-1", ("a", "b"), ("c", "d")),), 3, seed=0).units
    assert len({unit.key for unit in units}) == 12


def test_the_ablation_has_every_setting_and_the_default(tmp_path):
    names = ablation.settings()
    assert len(set(names)) == 30
    assert ablation.DEFAULT in names
    rows = cross_play(
        "one-ahead-5", ["adaptive:ftl/leader/above", ablation.DEFAULT], ["tom-0", "self"], 20, seed=1
    )
    first, second = ablation.ablate(make_task("one-ahead-5"), rows)
    assert (first.setting, first.difference) == (ablation.DEFAULT, None)
    assert second.means == {"tom-0": 75.0, "self": 0.0}
    assert second.difference.difference.high < 0.0
    written = tmp_path / "t.md"
    arguments = ["--task", "memory-1", "--partners", "tom-0", "--episodes", 2, "--markdown", written]
    assert run("ablation", *arguments).exit_code == 0
    lines = written.read_text().splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 2 + 30
    assert "Student's t" in lines[-1]  # two episodes
    assert sum("(default)" in line for line in lines) == 1


def test_compare_finds_what_switching_costs(tmp_path):
    file = tmp_path / "c.json"
    arguments = [
        "--task",
        "one-ahead-5",
        "--agents",
        "bayes",
        "--against",
        "ftl,hedge",
        "--partners",
        "switching",
    ]
    assert run("compare", *arguments, "--episodes", 60, "--json", file).exit_code == 0
    for found in json.loads(file.read_text())["comparisons"]:
        assert found["difference"]["low"] > 20.0
        assert found["p_holm"] < 0.01


def test_statistics_of_a_file(tmp_path):
    path, file = tmp_path / "r.sqlite", tmp_path / "s.json"
    arguments = ["--agents", "bayes,hedge,ftl,permuted,tom-1", "--partners", "tom-0,tom-1,bayes,hedge"]
    done = run("crossplay", "--task", "one-ahead-5", *arguments, "--episodes", 12, "--results", path)
    assert done.exit_code == 0, done.exception
    done = run("statistics", path, "--json", file)
    assert done.exit_code == 0, done.exception
    assert "not policy regret" in " ".join(done.output.split())
    found = json.loads(file.read_text())
    agents = {agent["agent"]: agent for agent in found["tasks"]["one-ahead-5"]["agents"]}
    assert agents["tom-1"]["worst_with"] == "tom-1"
    assert 0.0 < agents["bayes"]["share"] < 1.0
    assert found["tasks"]["one-ahead-5"]["self_and_cross"]["gap"]["estimate"] < 60.0
    reports = {(r.agent, r.partner): r for r in belief_summaries(path)}
    assert ("tom-1", "tom-0") not in reports  # it holds no belief
    bayes = reports["bayes", "tom-0"]
    assert bayes.calibration.n == 12 * 15
    assert bayes.calibration.accuracy > 0.9
    assert bayes.worst.measured <= bayes.worst.bound
    assert reports["hedge", "bayes"].calibration is None  # an adaptive partner has no order
    assert reports["hedge", "bayes"].worst.eta == 1.0
    assert reports["ftl", "tom-0"].worst.bound is None
    assert reports["permuted", "tom-0"].calibration.log_loss > bayes.calibration.log_loss
    assert reports["permuted", "tom-0"].regret is None  # it did not learn from its partner
