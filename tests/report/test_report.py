"""The report of a results file, in a browser: phone and desktop, light and dark."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from browser import chromium, serious_findings, watched_page

from eval.results import stored_episodes
from eval.show.report import MAX_BYTES
from eval.show.report import page as page_module
from eval.show.report.collect import TaskData
from eval.show.report.episodes import PairingEpisodes
from eval.show.report.page import _replays

ROOT = Path(__file__).parents[2]
FIGURES = ("heat", "self", "curves", "calibration", "regret", "cost")


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "eval", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    file = tmp_path_factory.mktemp("report") / "results.sqlite"
    asked = "--task one-ahead-5,game-2 --agents ftl,bayes --partners tom-1,self --episodes 4 --epsilon 0.05"
    done = command("crossplay", *asked.split(), "--results", str(file))
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="module")
def report(results):
    out = results.with_name("report.html")
    done = command("report", str(results), "-o", str(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def opened(browser, report, size="desktop", scheme="light"):
    page, wrong = watched_page(browser, size, scheme)
    page.goto(report.as_uri())
    page.wait_for_function("document.getElementById('r-where').textContent !== ''")
    return page, wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_figure_is_seen(browser, report, size, scheme):
    page, wrong = opened(browser, report, size, scheme)
    for task in ("one-ahead-5", "game-2"):
        for figure in FIGURES:
            image = page.locator(f"[id='{task}-{figure}'] img")
            image.scroll_into_view_if_needed()
            assert image.evaluate("i => i.complete && i.naturalWidth > 0"), (task, figure)
            dark = page.evaluate(
                "async i => (await (await fetch(i)).text()).includes('#171a1f')",
                image.evaluate("i => i.currentSrc"),
            )
            assert dark == (scheme == "dark"), (task, figure)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page does not scroll sideways"
    assert serious_findings(page) == []
    assert wrong == []


def test_the_replay_steps_by_click_by_key_and_by_slider(browser, report):
    page, wrong = opened(browser, report)
    page.select_option("#r-task", "game-2")
    page.select_option("#r-agent", "bayes")
    page.select_option("#r-partner", "tom-1")
    page.wait_for_function("document.getElementById('r-words').textContent.includes('(tom-1)')")
    where, words = page.locator("#r-where"), page.locator("#r-words")
    assert where.inner_text().startswith("step 1 of")
    board, belief = page.locator("#r-board svg").inner_html(), page.locator("#r-beliefs").inner_html()
    page.click("#r-on")
    assert where.inner_text().startswith("step 2 of")
    assert page.locator("#r-beliefs").inner_html() != belief
    page.keyboard.press("ArrowRight")
    assert where.inner_text().startswith("step 3 of")
    assert re.match(
        r"Step 3: player-1 \(bayes\) does \w+, takes its partner for order \d", words.inner_text()
    )
    page.keyboard.press("ArrowLeft")
    page.click("#r-back")
    assert page.locator("#r-board svg").inner_html() == board
    page.keyboard.press("End")
    assert "The episode is over" in words.inner_text()
    assert page.locator("#r-board svg").inner_html() != board, "somebody has moved"
    page.locator("#r-step").fill("1")
    assert where.inner_text().startswith("step 2 of")
    page.select_option("#r-episode", "1")
    assert "player-1 (tom-1)" in words.inner_text(), "in odd episodes the agent has the second seat"
    assert wrong == []


def test_the_replay_shows_what_was_stored(browser, report, results):
    """The actions of an episode as the page says them, against the file."""
    page, _ = opened(browser, report)
    page.select_option("#r-task", "one-ahead-5")
    page.select_option("#r-agent", "bayes")
    page.select_option("#r-partner", "tom-1")
    page.wait_for_function("document.getElementById('r-words').textContent.includes('(tom-1)')")
    (stored,) = [
        e for e in stored_episodes(results)
        if (e.task, e.agent, e.partner, e.episode) == ("one-ahead-5", "bayes", "tom-1", 0)
    ]  # fmt: skip
    for step in stored.steps:
        said = re.findall(r"does (\w+)", page.locator("#r-words").inner_text())
        assert said == [step["actions"]["player-1"], step["actions"]["player-2"]]
        first = step["decisions"]["player-1"]["partners"]["player-2"]
        shown = re.findall(r"(\w+): (\d\.\d\d)", page.locator("#r-beliefs p").first.inner_text())
        assert {k: float(p) for k, p in shown} == pytest.approx(first["posterior"], abs=0.006)
        page.click("#r-on")


def test_the_page_is_small_and_tells_how_it_was_made(report):
    text = report.read_text()
    assert len(text.encode()) < MAX_BYTES
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    for words in ("seed 42", "numpy", "python -m eval crossplay --task one-ahead-5,game-2", "bootstrap"):
        assert words in text
    assert "still going on" not in text


def test_a_run_that_is_still_going_on_says_so(browser, results, tmp_path):
    """The first episodes of a run: half of its pairings have not begun."""
    unfinished = tmp_path / "unfinished.sqlite"
    with sqlite3.connect(results) as source, sqlite3.connect(unfinished) as target:
        source.backup(target)
    target.execute("DELETE FROM episodes WHERE partner = 'self' OR episode > 2")
    target.execute("DELETE FROM episodes WHERE task = 'game-2' AND (agent = 'bayes' OR episode > 0)")
    target.execute("UPDATE runs SET finished = NULL")
    target.commit()
    target.close()
    out = tmp_path / "report.html"
    done = command("report", str(unfinished), "-o", str(out))
    assert done.returncode == 0, done.stderr
    page, wrong = opened(browser, out, "phone", "dark")
    assert "This run is still going on: 7 of 32 episodes are in" in " ".join(
        page.inner_text("header").split()
    )
    assert serious_findings(page) == []
    assert wrong == []


def test_replays_are_left_out_before_the_page_grows_too_large(results, monkeypatch, browser, tmp_path):
    whole = len(page_module.render(results).encode())
    monkeypatch.setattr(page_module, "MAX_BYTES", whole - 2_000 + page_module._REST_BYTES)
    text = page_module.render(results)
    assert len(text.encode()) < whole
    monkeypatch.setattr(page_module, "MAX_BYTES", 0)
    out = tmp_path / "none.html"
    out.write_text(page_module.render(results))
    page, wrong = watched_page(browser)
    page.goto(out.as_uri())
    assert "No episode is kept in this page" in page.inner_text("#r-note")
    assert wrong == []


def test_names_cannot_break_out_of_the_page(tmp_path):
    data = TaskData(players=("</script><script>alert(1)</script>",))
    data.pairings = [PairingEpisodes("a", "b", [])]
    assert "</script" not in _replays({"x": data}, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.sqlite"], "there is no results file"),
        (["missing.sqlite", "-o", "nowhere/r.html"], "no directory"),
    ],
)
def test_errors_say_what_to_do(arguments, words, tmp_path):
    done = command("report", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
