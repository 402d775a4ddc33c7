"""The explorer in a browser: from the verdict to one decision, by keys, by links, on phone and desktop."""

import json
import signal
import sqlite3
import subprocess
import sys
from itertools import product

import httpx
import pytest
from browser import SIZES, serious_findings
from looking import after, drawn, fits, opened, until, window
from serving import ROOT, served
from typer.testing import CliRunner

from benchmarks.explorer import grown
from eval.cli import app
from eval.measure import paired_difference
from eval.results import stored_cells, stored_episodes, stored_run, stored_transcript
from eval.show.explorer import RunPacker, explored_runs, one_file
from eval.show.explorer.overview import overview


@pytest.mark.parametrize(("size", "scheme"), list(product(SIZES, ["light", "dark"])))
def test_four_keys_from_the_verdict_to_a_prompt(browser, explorer, asked, size, scheme):
    page, wrong = window(browser, explorer, size, scheme)
    opened(page, explorer, "run=2.1")
    assert page.inner_text("h1") == "Verdict"
    assert serious_findings(page) == []
    assert fits(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent")[:1].isdigit(), "a cell of the heat map"
    assert page.is_visible(".tip")
    for _ in range(3):
        after(page, page.keyboard.press, "Enter")
        assert serious_findings(page) == []
        assert fits(page)
    run = stored_run(asked)
    entries = stored_transcript(asked, run.number, ("memory-1", "llm:openai/scripted@tom-1", "tom-0", 0))
    question = next(e for e in entries if e["type"] == "exchange" and e["player"] == "player-1")
    assert question["messages"][-1]["content"] in page.locator(".question .said").all_text_contents()
    assert page.locator(".question .reply").first.text_content() == question["reply"]
    assert page.evaluate("document.activeElement.id") == "decision"
    assert wrong == []


def test_three_clicks_and_escape_goes_back(browser, explorer):
    page, wrong = window(browser, explorer)
    opened(page, explorer, "run=2.1")
    after(page, page.locator("a.heat").first.click)
    after(page, page.get_by_role("link", name="Episode 1,").click)
    after(page, page.get_by_role("link", name="Step 3, player-2").click)
    assert "Prompt (user)" in page.inner_text(".decision")
    assert "tokens there" in page.inner_text(".decision")
    for words in ("Episode 1", "llm:openai/scripted@tom-1 with tom-0", "Verdict", "Verdict"):
        after(page, page.keyboard.press, "Escape")
        assert page.inner_text("h1").startswith(words)
    assert wrong == []


def state_of(page):
    return page.url, page.inner_text("#trail"), page.inner_text("#view")


@pytest.mark.parametrize(
    "state",
    [
        "run=1.1&show=steps&find=bayes",
        "run=1.1&beside=2.1",
        "run=1.1&task=game-2&agent=bayes&partner=tom-1&sort=-score",
        "run=1.1&task=game-2&agent=bayes&partner=tom-1&episode=3&step=4",
        "run=2.1&task=memory-1&agent=llm%3Aopenai%2Fscripted%40tom-1&partner=tom-0&episode=0&step=2&player=player-1",
    ],
)
def test_a_link_reopens_the_view(browser, explorer, state):
    page, _ = window(browser, explorer)
    opened(page, explorer, state)
    there, wrong = window(browser, explorer)
    there.goto(page.url)
    until(there, lambda: drawn(there) > 0)
    assert state_of(there) == state_of(page)
    assert page.url.endswith(state)
    assert wrong == []


def test_filters_and_steps_stand_in_the_address(browser, explorer):
    page, wrong = window(browser, explorer)
    opened(page, explorer)
    after(page, lambda: page.get_by_label("Colour by").select_option("steps"))
    after(page, lambda: page.get_by_label("Task").select_option("game-2"))
    assert "show=steps" in page.url
    assert page.locator("section h2").all_text_contents() == ["game-2"]
    box = page.get_by_label("Agents and partners")
    box.fill("ftl")
    after(page, lambda: box.press("Enter"))
    assert page.locator(".matrix tbody th").all_text_contents() == ["ftl"]
    after(page, page.locator("a.heat").first.click)
    after(page, page.keyboard.press, "Enter")
    before = page.locator(".stage-board svg").inner_html()
    after(page, page.keyboard.press, "ArrowRight")
    assert "step=2" in page.url
    assert page.inner_text("#where").startswith("step 2 of")
    after(page, page.keyboard.press, "End")
    assert "The episode is over" in page.inner_text("#doing")
    assert page.locator(".stage-board svg").inner_html() != before, "somebody has moved"
    after(page, lambda: page.locator("#step").fill("2"))
    assert page.inner_text("#where").startswith("step 3 of")
    after(page, page.go_back)
    assert page.inner_text("h1") == "ftl with tom-1"
    assert wrong == []


def test_beliefs_are_those_that_were_stored(browser, explorer, results):
    page, _ = window(browser, explorer)
    opened(page, explorer, "run=1.1&task=one-ahead-5&agent=bayes&partner=tom-1&episode=0&step=1")
    (stored,) = stored_episodes(results, task="one-ahead-5", agent="bayes", partner="tom-1", episode=0)
    for number, step in enumerate(stored.steps):
        until(page, lambda number=number: page.inner_text("#where").startswith(f"step {number + 1} of"))
        mind = step["decisions"]["player-1"]["partners"]["player-2"]
        rows = page.locator(".stage-beliefs .beliefs tbody tr").all_inner_texts()
        shown = {row.split("\t")[0].removeprefix("order "): row for row in rows}
        for name, p in mind["posterior"].items():
            assert float(shown[name].split("\t")[2]) == pytest.approx(p, abs=0.0061)
            assert ("✓ true" in shown[name]) == (name == "1")
            taken = mind.get("hypothesis") or str(mind["order"])
            assert ("▸ taken" in shown[name]) == (name == taken)
        assert f"player-1 (bayes) does {step['actions']['player-1']}" in page.inner_text("#doing")
        page.keyboard.press("ArrowRight")


def test_what_was_degraded_is_marked_at_every_level(browser, explorer, asked):
    episodes = [e for e in stored_episodes(asked) if e.degraded]
    first = episodes[0]
    where = f"run=2.1&task=memory-1&agent=llm%3Aopenai%2Fscripted%40tom-1&partner={first.partner}"
    step = next(
        i for i, s in enumerate(first.steps) if any(d.get("degraded") for d in s["decisions"].values())
    )
    me = next(p for p, d in first.steps[step]["decisions"].items() if d.get("degraded"))
    page, wrong = window(browser, explorer)
    opened(page, explorer, "run=2.1&only=wrong")
    assert page.locator(".matrix tbody th").all_text_contents() == ["llm:openai/scripted@tom-1"]
    opened(page, explorer, f"{where}&only=wrong")
    until(
        page,
        lambda: page.locator(".list tbody tr").count() == sum(e.partner == first.partner for e in episodes),
    )
    opened(page, explorer, f"{where}&episode={first.episode}&step={step + 1}&player={me}")
    until(page, lambda: page.locator(".decision").count() == 1)
    assert f"degraded: {first.steps[step]['decisions'][me]['degraded'][0]}" in page.inner_text(".decision")
    assert wrong == []


def test_two_runs_side_by_side(browser, results, tmp_path):
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(results) as source, sqlite3.connect(other) as target:
        source.backup(target)
    of_ftl = "WHERE task = 'one-ahead-5' AND agent = 'ftl'"
    target.execute(f"UPDATE episodes SET score = score + 1 + episode % 2 {of_ftl}")  # noqa: S608
    player = "'$.\"player-' || (seat + 1) || '\"'"
    changed = f"UPDATE episodes SET checksum = NULL, scores = json_set(scores, {player}, score) {of_ftl}"  # noqa: S608
    target.execute(changed)
    target.execute("DELETE FROM episodes WHERE task = 'game-2' AND partner = 'self'")
    target.execute("UPDATE runs SET checksum = NULL, finished = NULL")
    target.commit()
    target.close()
    with served(results, other) as address:
        page, wrong = window(browser, address)
        opened(page, address, "run=1.1&beside=2.1")
        assert page.locator(".matrix").count() == 4
        words = page.inner_text("section[aria-labelledby=both]")
        assert "6 pairings are in both runs" in words
        assert "2 pairings are in run 1.1 alone" in words
        page.locator("section[aria-labelledby=both] summary").click()
        rows = page.locator("section[aria-labelledby=both] tbody tr").all_inner_texts()
        (row,) = [r.split("\t") for r in rows if r.split("\t")[:3] == ["one-ahead-5", "ftl", "tom-1"]]
        cells = [
            {(c.agent, c.partner): c.scores for r in stored_cells(f)["one-ahead-5"] for c in r}[
                "ftl", "tom-1"
            ]
            for f in (other, results)
        ]
        expected = paired_difference([cells[0]], [cells[1]])
        assert row[5] == str(expected)
        opened(page, address, "run=1.1&beside=2.1&task=one-ahead-5&agent=ftl&partner=tom-1")
        until(page, lambda: page.inner_text("h1") == "ftl with tom-1")
        scores = page.locator(".list tbody tr").first.inner_text().split("\t")
        assert float(scores[-1]) == float(scores[2]) + 1
        assert wrong == []


def test_names_and_replies_are_text(browser, asked, tmp_path):
    """Markup in every name that a file holds is shown, and never obeyed."""
    evil = "<img src=x onerror=alert(1)>"
    file = tmp_path / "<b>evil.sqlite"
    with sqlite3.connect(asked) as source, sqlite3.connect(file) as target:
        source.backup(target)
    agent = "llm:openai/scripted@tom-1"
    for table in ("episodes", "transcripts"):
        changed = f"UPDATE {table} SET agent = ?, task = ? WHERE agent = ?"  # noqa: S608
        target.execute(changed, (evil, evil, agent))
    target.execute("UPDATE episodes SET checksum = NULL")
    asks = json.loads(target.execute("SELECT configuration FROM runs").fetchone()[0])
    asks["matrices"] = {evil: {"agents": [evil], "partners": ["tom-0", "tom-1"]}}
    target.execute("UPDATE runs SET checksum = NULL, configuration = ?", (json.dumps(asks),))
    target.commit()
    target.close()
    with served(file) as address:
        page, wrong = window(browser, address)
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        opened(page, address)
        page.keyboard.press("ArrowDown")
        for _ in range(3):
            assert evil in page.inner_text("main")
            after(page, page.keyboard.press, "Enter")
        assert evil in page.inner_text("#trail")
        assert page.locator("main img").count() == 0
        assert wrong == []


def test_the_server_answers_its_own_page_only(explorer, results):
    before = results.read_bytes()

    def get(path, **headers):
        return httpx.get(explorer + path, headers=headers, trust_env=False)

    page = get("")
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert get("", Host="evil.example").status_code == 403
    assert get("api/runs", Origin="http://evil.example").status_code == 403
    assert get("api/runs", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status_code == 403
    for path in (
        "static/../server.py",
        "static/%2e%2e/pages.py",
        "static//etc/passwd",
        "static/index.html",
        "x",
    ):
        assert get(path).status_code == 404, path
    assert get("api/overview?run=9.9").json() == {"problem": "there is no run '9.9' here"}
    assert get("api/overview").status_code == 404
    assert get("api/episode?run=1.1&task=game-2&agent=ftl&partner=self&episode=x").status_code == 400
    assert "no episode 99" in get("api/episode?run=1.1&task=game-2&agent=ftl&partner=self&episode=99").text
    assert "no episode of" in get("api/cell?run=1.1&task=game-2&agent=x&partner=self").text
    assert httpx.post(explorer + "api/runs", json={}, trust_env=False).status_code == 501
    assert results.read_bytes() == before


def test_a_view_that_is_not_there_says_so(browser, explorer):
    page, _ = window(browser, explorer)
    opened(page, explorer, "run=1.1&task=game-2&agent=ftl&partner=self&episode=99")
    assert "has no episode 99" in page.get_by_role("alert").inner_text()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """2,000 episodes of eight pairings, and a tenth of them."""
    folder = tmp_path_factory.mktemp("large")
    return [grown(folder / f"{n}.sqlite", n, agents=4, partners=2) for n in (2_000, 200)]


def first_view(browser, file):
    """What is asked for until the first view is there, how many bytes come, how many elements are made."""
    with served(file) as address:
        page, wrong = window(browser, address)
        sent = []
        page.on("response", lambda one: sent.append(one))  # noqa: PLW0108 - it is given an attribute
        opened(page, address)
        assert wrong == []
        asked = sorted(one.url.removeprefix(address) for one in sent)  # they come as they come
        size = sum(int(one.headers["content-length"]) for one in sent)
        return asked, size, page.evaluate("document.querySelectorAll('*').length")


def test_the_first_view_is_no_larger_for_more_episodes(browser, large):
    """How many seconds it takes is measured by ``benchmarks/explorer.py``."""
    (asked, size, elements), (asked_of_few, size_of_few, elements_of_few) = (
        first_view(browser, file) for file in large
    )
    assert asked == asked_of_few == ["", "api/overview?run=1.1", "api/runs?", "explorer.css", "explorer.js"]
    assert abs(elements - elements_of_few) < 6, "a sentence has links where differences are beyond chance"
    assert elements < 400
    assert abs(size - size_of_few) < 500, "numbers with more digits"
    assert size < 120_000


def test_a_pairing_of_many_episodes_shows_the_first_and_the_others_on_request(browser, large):
    with served(large[0]) as address:
        page, wrong = window(browser, address)
        opened(page, address)
        assert "2,000 episodes" in page.inner_text(".verdict")
        assert page.locator("a.heat").count() == 8
        assert "agent-3" in page.inner_text(".verdict li.good, .verdict li.plain")
        page.keyboard.press("ArrowDown")
        after(page, page.keyboard.press, "Enter")
        assert page.locator(".list tbody tr").count() == 200
        page.get_by_role("button", name="Show all 250 episodes").click()
        assert page.locator(".list tbody tr").count() == 250
        assert wrong == []


def test_no_record_is_read_for_the_overview(large, monkeypatch):
    for place in ("content", "rows"):
        monkeypatch.setattr(f"eval.results.{place}.read_record", lambda _: pytest.fail("it was unpacked"))
    (run,) = explored_runs(large[:1])
    found = overview(run.verified())
    assert found["tasks"][0]["ranking"]["means"][0]["agent"] == "agent-3"


def test_an_episode_takes_few_bytes_of_one_file(large):
    """So that 6,000 of them are below 8 MB; ``benchmarks/explorer.py --one-file 6000`` measures that page."""
    size = []
    for file in large:
        (run,) = explored_runs([file])
        packer = RunPacker(run)
        for episode in stored_episodes(file):
            packer.add(episode)
        size.append(len(one_file([packer])))
    assert (size[0] - size[1]) / 1_800 < 700
    assert size[1] < 400_000


def test_errors_of_the_command(tmp_path):
    missing = CliRunner().invoke(app, ["view", str(tmp_path / "missing.sqlite")])
    assert "there is no results file" in str(missing.exception)
    assert CliRunner().invoke(app, ["view"]).exit_code == 2


def test_the_command_ends_with_one_line(results):
    """Ctrl-C in a terminal, and a port that is taken."""
    arguments = [sys.executable, "-m", "eval", "view", str(results), "--no-browser", "--port"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen([*arguments, "0"], **pipes) as running:
        address = running.stdout.readline().split()[0]
        assert httpx.get(address, trust_env=False).status_code == 200
        port = address.rstrip("/").rpartition(":")[2]
        taken = subprocess.run([*arguments, port], **pipes, check=False, timeout=60)
        assert (taken.returncode, taken.stderr.count("\n")) == (2, 1)
        running.send_signal(signal.SIGINT)
        said, wrong = running.communicate(timeout=30)
    assert (running.returncode, said, wrong) == (0, "", "ended\n")
