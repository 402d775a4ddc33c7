"""The paper's further findings, in small."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from eval.cli import app
from eval.show.tables import findings_tables
from eval.show.tables.findings import ADAPTIVE, ALIGNED, BLIND, EQUAL, by_condition
from eval.studies import fewer_optimal_actions, less_rational, other_partners, readings
from eval.studies.findings import AGENTS, mean_over


def test_misalignment_hurts_more_when_fewer_actions_are_optimal():
    groups = list(by_condition(fewer_optimal_actions((2, 3, 8), episodes=60)).values())
    penalties = [mean_over(some, ALIGNED) - mean_over(some, EQUAL) for some in groups]
    assert penalties[0] > penalties[1] + 10 > penalties[2] + 10
    gains = [mean_over(some, ADAPTIVE) - mean_over(some, BLIND) for some in groups]
    assert gains[0] > gains[1] > gains[2] > 0


def test_misalignment_hurts_more_when_players_are_rational():
    groups = list(by_condition(less_rational(("memory-1", "game-1"), (0.0, 0.1, 0.4), episodes=40)).items())
    for task in ("memory-1", "game-1"):
        some = [found for (name, _), found in groups if name == task]
        penalties = [abs(mean_over(found, ALIGNED) - mean_over(found, EQUAL)) for found in some]
        gains = [abs(mean_over(found, ADAPTIVE) - mean_over(found, BLIND)) for found in some]
        assert penalties == sorted(penalties, reverse=True)
        assert gains == sorted(gains, reverse=True)


def test_a_tom_1_partner_is_read_as_one_and_order_2_looks_like_order_0():
    found = {reading.partner: reading for reading in readings(("tom-1", "tom-2"), episodes=6, env="table")}
    assert found["tom-1"].last[1] > 0.8
    assert found["tom-2"].last[1] < 0.1
    assert 0.9 < sum(found["tom-2"].posterior.values()) < 1  # the rest are habits


def test_beside_the_greedy_planner_bayes_beats_a_misaligned_order():
    found = {(f.agent, f.partner): f for f in other_partners(("greedy",), episodes=6)}
    assert {agent for agent, _ in found} == set(AGENTS)
    assert found["bayes", "greedy"].mean < found["tom-0", "greedy"].mean


def test_the_command_writes_tables_numbers_and_pictures(tmp_path):
    out, file = tmp_path / "pictures", tmp_path / "findings.json"
    result = CliRunner().invoke(app, ["findings", "--episodes", "1", "--out", str(out), "--json", str(file)])
    assert result.exit_code == 0, result.output
    for words in ("no ToM agents", "reads its partner", "Rationality", "penalty"):
        assert words in result.output
    assert sorted(path.name for path in out.iterdir()) == ["actions.png", "partners.png", "rationality.png"]
    content = json.loads(file.read_text())
    assert {finding["finding"] for finding in content["findings"]} == {"partners", "actions", "rationality"}
    assert len(content["readings"]) == 7


def test_nothing_measured_is_no_table():
    assert findings_tables([], []) == []
