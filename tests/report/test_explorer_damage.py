"""Damaged episodes and runs of scores alone in the explorer, served and in one file."""

import contextlib
import sqlite3
import warnings

import httpx
import pytest
from browser import serious_findings
from looking import fits, opened, until, window
from serving import command, served

from eval.results import DamageWarning, stored_damage, stored_summaries
from eval.show.explorer import Explorer, RunPacker, explored_runs, one_file, server
from eval.show.report.collect import collect

DAMAGED = {
    ("one-ahead-5", "ftl", "tom-1", 0),
    ("one-ahead-5", "ftl", "tom-1", 1),
    ("game-2", "bayes", "self", 3),
}
SAID = "python -m eval check damaged.sqlite --repair"


def written(file, runs, seen=lambda _: None):
    packers = [RunPacker(run) for run in explored_runs(runs)]
    for packer in packers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DamageWarning)
            collect(packer.run.file, packer.run.stored.number, seen=packer.add)
    file.write_text(one_file(packers))
    return file.as_uri()


@pytest.fixture(scope="module")
def damaged(results, tmp_path_factory):
    """Three rows of a run were changed, and their checksums were not."""
    file = tmp_path_factory.mktemp("damage") / "damaged.sqlite"
    with sqlite3.connect(results) as source, contextlib.closing(sqlite3.connect(file)) as target:
        source.backup(target)
        for key in DAMAGED:
            target.execute(
                "UPDATE episodes SET score = score + 1000 "
                "WHERE (task, agent, partner, episode) = (?, ?, ?, ?)",
                key,
            )
        target.commit()
    return file


@pytest.fixture(scope="module")
def scores_alone(results):
    file = results.with_name("scores.sqlite")
    asked = "--task one-ahead-5,game-2 --agents ftl,bayes --partners tom-1,self --episodes 4 --scores-only"
    line = ["crossplay", *asked.split(), "--results", str(file)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["atom-eval", *line])  # which the file keeps
        assert command(*line).exit_code == 0
    return file


@pytest.fixture(scope="module", params=["served", "one file"])
def address(request, damaged, scores_alone, tmp_path_factory):
    """1.1 is damaged, 2.1 has scores alone."""
    if request.param == "one file":
        yield written(tmp_path_factory.mktemp("page") / "page.html", [damaged, scores_alone])
        return
    with served(damaged, scores_alone) as there:
        yield there


def test_damaged_episodes_are_left_out_and_told(browser, address, results):
    page, wrong = window(browser, address)
    opened(page, address, "run=1.1")
    said = page.inner_text(".verdict")
    assert "3 episodes are damaged and left out: episode 3 of bayes with self on game-2" in said
    assert f"{SAID} keeps all that is whole in a new file" in said
    assert "3 episodes are missing, those that are damaged:" in said
    assert "Nothing is missing" not in said
    assert serious_findings(page) == []
    assert fits(page)
    opened(page, address, "run=1.1&task=one-ahead-5&agent=ftl&partner=tom-1")
    until(page, lambda: page.inner_text("h1") == "ftl with tom-1")
    assert page.inner_text("#damaged") == "Damaged and left out: episodes 0, 1."
    assert page.locator(".list tbody tr").count() == 2
    assert "1,0" not in page.inner_text(".facts"), "the damaged scores are a thousand points more"
    opened(page, address, "run=1.1&task=one-ahead-5&agent=bayes&partner=tom-1")
    until(page, lambda: page.inner_text("h1") == "bayes with tom-1")
    assert page.locator("#damaged").count() == 0
    assert wrong == []


def test_a_run_of_scores_alone_opens_and_says_how_to_get_more(browser, address):
    page, wrong = window(browser, address, "phone", "dark")
    opened(page, address, "run=2.1")
    said = page.inner_text(".verdict")
    assert "No steps were stored (--scores-only)" in said
    assert "python -m eval crossplay --task one-ahead-5,game-2" in said
    assert said.count("--scores-only") == 1
    assert said.rstrip().splitlines()[-1].endswith("--results with-steps.sqlite")
    for level in ("", "&episode=1"):
        state = f"run=2.1&task=one-ahead-5&agent=ftl&partner=tom-1{level}"
        opened(page, address, state)
        heading = "Episode 1" if level else "ftl with tom-1"
        until(page, lambda heading=heading: page.inner_text("h1").startswith(heading))
        assert "--scores-only" in page.inner_text("#view")
        assert all(text.strip() for text in page.locator("figure, .stage, .charts, table").all_inner_texts())
        assert serious_findings(page) == []
        assert fits(page)
    opened(page, address, "run=2.1&task=one-ahead-5&agent=ftl&partner=tom-1")
    until(page, lambda: page.locator(".list").count() == 1)
    assert page.locator(".list tbody tr").first.inner_text().split("\t")[3] == "15", "steps are counted"
    assert wrong == []


def test_the_sums_without_what_is_damaged_are_those_of_the_others(damaged, results):
    lost = stored_damage(damaged)
    assert {row.key for row in lost} == DAMAGED
    (pairing,) = [stored_damage(damaged, None, ("game-2", "bayes", "self"))]
    assert [row.key for row in pairing] == [("game-2", "bayes", "self", 3)]
    before = {one.key: one for one in stored_summaries(results)}
    for one in stored_summaries(damaged, without=[row.place for row in lost]):
        expected = {n: s for n, s in before[one.key].scores.items() if (*one.key, n) not in DAMAGED}
        assert one.scores == expected
        assert one.with_steps == len(expected)


def test_a_large_run_is_shown_first_and_looked_through_then(browser, damaged, monkeypatch):
    monkeypatch.setattr(server, "_VERIFIED_AT_ONCE", 0)
    assert not Explorer([damaged]).answer("overview", {"run": "1.1"})["verified"]
    with served(damaged) as address:
        page, wrong = window(browser, address)
        opened(page, address)
        until(page, lambda: SAID in page.inner_text(".verdict"))
        assert httpx.get(f"{address}api/damage?run=1.1", trust_env=False).json() == 3
        assert wrong == []


def test_a_damaged_row_that_cannot_be_summed_does_not_keep_the_page_from_opening(
    results, tmp_path, monkeypatch
):
    monkeypatch.setattr(server, "_VERIFIED_AT_ONCE", 0)
    file = tmp_path / "damaged.sqlite"
    with sqlite3.connect(results) as source, contextlib.closing(sqlite3.connect(file)) as target:
        source.backup(target)
        target.execute(
            "UPDATE episodes SET score = 'x' WHERE task = 'game-2' AND agent = 'ftl' AND episode = 0"
        )
        target.commit()
    found = Explorer([file]).answer("overview", {"run": "1.1"})
    assert found["verified"]
    assert any("2 episodes are damaged" in str(one["parts"]) for one in found["verdict"])
