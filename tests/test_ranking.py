"""Who is best, by how much, and how that is corrected; sums of SQLite; verdicts in sentences."""

import json
import sqlite3
from itertools import pairwise

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.measure import (
    compare,
    holm,
    mean_interval,
    mean_intervals,
    paired_difference,
    ranking,
    sign_flip_test,
    sign_flip_tests,
)
from eval.play import Cell
from eval.results import stored_cells, stored_episodes, stored_heads, stored_summaries
from eval.show.explorer import explored_runs
from eval.show.explorer.overview import overview
from eval.show.explorer.truth import truth_of


def scores_of(table):
    """Agent -> partner -> episode -> score, of ``[A][P][N]``."""
    return {
        f"agent-{a}": {f"partner-{p}": dict(enumerate(own)) for p, own in enumerate(row)}
        for a, row in enumerate(np.asarray(table, dtype=float).tolist())
    }


@pytest.fixture
def table():
    """``[4][3][12]``: the last agent is best."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(4, 3, 12)) + np.arange(4)[:, None, None]


@pytest.mark.parametrize("n", [2, 5, 9])
def test_all_flips_are_those_of_one_test(n):
    values = np.random.default_rng(n).integers(-3, 4, (4, n)).astype(float)
    assert sign_flip_tests(values).tolist() == pytest.approx([sign_flip_test([row]) for row in values])


def test_drawn_flips_are_near_those_of_one_test():
    values = np.random.default_rng(1).normal(0.3, 1.0, (3, 40))
    expected = [sign_flip_test([row], resamples=40_000) for row in values]
    assert sign_flip_tests(values, resamples=40_000).tolist() == pytest.approx(expected, abs=0.012)
    assert sign_flip_tests(np.zeros((1, 40))).tolist() == [1.0]
    with pytest.raises(ValueError, match="a row of episodes for every comparison"):
        sign_flip_tests([1.0, 2.0])


def test_a_part_of_a_family_is_corrected_as_if_it_had_been_chosen():
    """Never less than in the whole family, whichever part it is."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        p = rng.random(8) ** 4
        part = rng.choice(8, 3, replace=False)
        assert (holm(p[part], family=8) >= holm(p)[part] - 1e-12).all()
    assert holm([0.01, 0.04], family=2).tolist() == holm([0.01, 0.04]).tolist()
    with pytest.raises(ValueError, match="a family of 1 tests has no part of 2"):
        holm([0.01, 0.04], family=1)


def test_intervals_together_are_those_of_each():
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=20), rng.exponential(size=20), rng.normal(size=7), [3.0] * 20, [1.0]]
    found = mean_intervals(samples)
    for values, interval in zip(samples[:4], found, strict=False):
        one = mean_interval(values)
        assert (interval.low, interval.high) == pytest.approx((one.low, one.high))
        assert (interval.estimate, interval.rare, interval.method) == (one.estimate, one.rare, one.method)
    assert found[4].is_unknown
    wide, narrow = mean_intervals([samples[0], samples[0]], level=[0.999, 0.9])
    assert narrow.low == pytest.approx(mean_interval(samples[0], level=0.9).low)
    assert wide.low == pytest.approx(mean_interval(samples[0], level=0.999).low)


def test_the_best_is_ahead_of_the_others_over_the_same_episodes(table):
    found = ranking(scores_of(table))
    assert list(found.means) == [f"agent-{i}" for i in (3, 2, 1, 0)]
    assert [lead.other for lead in found.leads] == ["agent-2", "agent-1", "agent-0"]
    for lead in found.leads:
        other = int(lead.other[-1])
        plain = paired_difference(list(table[3]), list(table[other]))
        assert lead.difference.estimate == pytest.approx(plain.estimate)
        assert lead.difference.low < plain.low, "the level is that of Holm's procedure"
        assert lead.beyond_chance
    levels = [lead.difference.level for lead in sorted(found.leads, key=lambda lead: lead.p_holm)]
    assert levels == pytest.approx([1 - 0.05 / 6, 1 - 0.05 / 5, 1 - 0.05 / 4])
    assert all(a >= b for a, b in pairwise(levels))
    lower = ranking(scores_of(-table), "lower")
    assert list(lower.means) == list(found.means)
    assert lower.leads[0].difference.estimate == pytest.approx(-found.leads[0].difference.estimate)


def test_corrected_p_values_are_at_least_those_of_all_comparisons(table):
    cells = [
        {f"partner-{p}": Cell(f"agent-{a}", f"partner-{p}", tuple(own)) for p, own in enumerate(row)}
        for a, row in enumerate(table.tolist())
    ]
    pairs = [(cells[a], cells[b]) for a in range(4) for b in range(a)]
    all_of_them = {c.second: c.p_holm for c in compare(pairs, each=False) if c.first == "agent-3"}
    for lead in ranking(scores_of(table)).leads:
        assert lead.p_holm >= all_of_them[lead.other] - 1e-9


def test_equal_agents_are_not_told_apart():
    """The rate of false findings, with the best picked by looking."""
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(100):
        found = ranking(scores_of(rng.normal(size=(4, 2, 10))))
        wrong += any(lead.beyond_chance for lead in found.leads)
    assert wrong <= 10


def test_gaps_in_a_matrix():
    scores = scores_of(np.random.default_rng(0).normal(size=(3, 2, 6)))
    del scores["agent-0"]["partner-1"]
    del scores["agent-1"]["partner-0"][2]
    found = ranking(scores)
    assert found.partners == ["partner-0"]
    assert {lead.episodes for lead in found.leads if "agent-1" in (lead.best, lead.other)} == {5}
    assert {lead.partner for lead in found.beside} == {"partner-0", "partner-1"}
    assert ranking({"a": {"b": {0: 1.0}}}).means == {}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    file = tmp_path_factory.mktemp("ranking") / "results.sqlite"
    asked = "crossplay --task one-ahead-5,game-2 --agents ftl,tom-0,random --partners tom-1,self --episodes 3"
    result = CliRunner().invoke(app, [*asked.split(), "--results", str(file), "--epsilon", "0.2"])
    assert result.exit_code == 0, result.output
    return file


def test_sums_are_those_of_the_episodes(results):
    cells = {
        (task, c.agent, c.partner): c for task, rows in stored_cells(results).items() for r in rows for c in r
    }
    found = stored_summaries(results)
    assert {summary.key for summary in found} == set(cells)
    for summary in found:
        task, agent, partner = summary.key
        episodes = list(stored_episodes(results, task=task, agent=agent, partner=partner))
        assert tuple(summary.scores.values()) == cells[summary.key].scores
        assert summary.tally == cells[summary.key].tally
        assert summary.steps == pytest.approx(np.mean([len(e.steps) for e in episodes]))
        assert summary.seconds == pytest.approx(np.mean([e.seconds for e in episodes]))
        heads = stored_heads(results, 1, summary.key)
        assert [(h.episode, h.seat, h.score) for h in heads] == [
            (e.episode, e.seat, e.score) for e in episodes
        ]


def copied(source, target):
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    return other


def test_files_that_do_not_count_everything(results, tmp_path):
    """Without tallies, as older releases wrote them, and with a price that is not known."""
    file = tmp_path / "older.sqlite"
    connection = copied(results, file)
    connection.execute("UPDATE episodes SET checksum = NULL")
    connection.execute("UPDATE episodes SET decisions = NULL, repaired = NULL, truncated = NULL")
    connection.execute("UPDATE episodes SET cost = NULL WHERE agent = 'ftl' AND episode = 1")
    connection.commit()
    connection.close()
    cells = {
        (task, c.agent, c.partner): c for task, rows in stored_cells(file).items() for r in rows for c in r
    }
    for summary in stored_summaries(file):
        assert summary.tally == cells[summary.key].tally
        assert (summary.cost is None) == (summary.agent == "ftl")


def sentences(found):
    return ["".join(p if isinstance(p, str) else p["text"] for p in s["parts"]) for s in found]


def test_the_verdict_says_what_is_missing_and_degraded(results, tmp_path):
    file = tmp_path / "wrong.sqlite"
    connection = copied(results, file)
    connection.execute("DELETE FROM episodes WHERE agent = 'ftl' AND partner = 'self' AND episode > 0")
    connection.execute("UPDATE episodes SET checksum = NULL")
    connection.execute(
        "UPDATE episodes SET degraded = decisions WHERE agent = 'random' AND partner = 'tom-1'"
    )
    connection.commit()
    connection.close()
    said = sentences(overview(explored_runs([file])[0])["verdict"])
    assert any("4 episodes are missing: ftl with self on" in words and "(1 of 3)" in words for words in said)
    assert any(
        "2 pairings are no result of these players (†), since more than 5% of the decisions were degraded"
        in words
        for words in said
    )
    whole = overview(explored_runs([results])[0])
    assert "Nothing is missing: all 36 episodes are in." in sentences(whole["verdict"])
    assert "No decision was degraded." in sentences(whole["verdict"])
    (first, *_), (task, *_) = sentences(whole["verdict"]), whole["tasks"]
    best = task["ranking"]["means"][0]["agent"]
    assert f"On {task['name']} {best} has " in sentences(task["verdict"])[0]
    assert "3 episodes cannot show any difference among 3 pairs of agents, 7 can" in " ".join(
        sentences(task["verdict"])
    )
    assert "of 2 tasks" in first
    assert json.loads(json.dumps(whole)) == whole


def test_a_file_that_changed_since_is_a_sentence_and_changes_no_figure(tmp_path):
    game, file = tmp_path / "game.json", tmp_path / "results.sqlite"
    game.write_text('{"payoffs": [[0, 5], [5, 0]], "symmetric": true}')
    asked = ["--task", f"matrix:{game}", "--agents", "ftl,tom-1", "--partners", "tom-0", "--episodes", "3"]
    result = CliRunner().invoke(app, ["crossplay", *asked, "--results", str(file)])
    assert result.exit_code == 0, result.output
    before = overview(explored_runs([file])[0])
    game.write_text('{"payoffs": [[0, 9], [9, 0]], "symmetric": true}')
    after = overview(explored_runs([file])[0])
    assert after["tasks"] == before["tasks"]
    (new,) = [words for words in sentences(after["verdict"]) if words not in sentences(before["verdict"])]
    assert "the file holds something else today" in new
    assert str(tmp_path / "results") not in new


def test_what_players_truly_are():
    assert truth_of("noisy:0.1:tom-2", [2, 2])["labels"] == ["2", "2"]
    assert truth_of("switching:2-0@3", [2, 2, 0])["labels"] == ["2", "2", "0"]
    assert truth_of("bayes", [1, None]) == {
        "kind": "acts", "labels": ["1", None], "text": "bayes chooses an order in every step",
    }  # fmt: skip
    assert truth_of("imitate", [None])["labels"] == ["habits"]
    assert truth_of("llm:openai/x", [None])["kind"] == "none"
