"""The report of a results file as one page, in a browser: phone and desktop, light and dark."""

import base64
import json
import re
import sqlite3
import zlib

import pytest
from browser import serious_findings, watched_page
from serving import command

from eval.results import stored_episodes
from eval.show.explorer import MAX_BYTES, onefile
from eval.show.report.page import render

FIGURES = ("heat", "self", "curves", "calibration", "regret", "cost")


@pytest.fixture(scope="module")
def report(results):
    out = results.with_name("report.html")
    done = command("report", str(results), "-o", str(out))
    assert done.exit_code == 0, done.output
    return out


def opened(browser, report, state="", size="desktop", scheme="light"):
    page, wrong = watched_page(browser, size, scheme)
    page.goto(f"{report.as_uri()}#{state}")
    page.wait_for_selector("body[data-drawn]")
    return page, wrong


def press(page, key):
    before = page.get_attribute("body", "data-drawn")
    page.keyboard.press(key)
    page.wait_for_selector(f"body:not([data-drawn='{before}'])")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_figure_is_seen(browser, report, size, scheme):
    page, wrong = opened(browser, report, "view=still", size, scheme)
    assert page.inner_text("h1") == "Figures and methods"
    for task in ("one-ahead-5", "game-2"):
        for figure in FIGURES:
            image = page.locator(f"[id='{task}-{figure}'] img")
            image.scroll_into_view_if_needed()
            assert image.evaluate("i => i.complete && i.naturalWidth > 0"), (task, figure)
            source = image.evaluate("i => i.currentSrc")
            drawing = base64.b64decode(source.partition(",")[2]).decode()
            assert ("#171a1f" in drawing) == (scheme == "dark"), (task, figure)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page does not scroll sideways"
    assert serious_findings(page) == []
    assert wrong == []


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desktop", "light")])
def test_one_file_leads_from_the_verdict_to_a_decision(browser, report, size, scheme):
    page, wrong = opened(browser, report, "", size, scheme)
    assert page.inner_text("h1") == "Verdict"
    assert "best beside its 2 partners together" in page.inner_text(".verdict")
    assert not page.is_visible("#still")
    page.keyboard.press("ArrowDown")
    for _ in range(3):
        press(page, "Enter")
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.inner_text(".decision h2").startswith("Step 1: player-1 (ftl) does ")
    address = page.url
    again, _ = opened(browser, report, address.partition("#")[2], size, scheme)
    assert again.inner_text("#view") == page.inner_text("#view")
    assert wrong == []


def test_paper_has_the_verdict_and_the_figures(browser, report):
    page, _ = opened(browser, report)
    page.emulate_media(media="print")
    assert page.is_visible(".verdict")
    assert page.is_visible("[id='one-ahead-5-heat'] img")
    assert page.is_visible("#methods")
    assert not page.is_visible(".filters")


def test_the_page_is_small_and_tells_how_it_was_made(report):
    text = report.read_text()
    assert len(text.encode()) < MAX_BYTES
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    for words in ("seed 42", "numpy", "python -m eval crossplay --task one-ahead-5,game-2", "bootstrap"):
        assert words in text
    assert "still going on" not in text
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


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
    assert done.exit_code == 0, done.output
    page, wrong = opened(browser, out, "", "phone", "dark")
    verdict = page.inner_text(".verdict")
    assert "This run is still going on: 7 of 32 episodes are in" in verdict
    assert "25 episodes are missing: " in verdict
    assert "ftl with tom-1 on game-2 (1 of 4), ftl with self on game-2 (0 of 4)" in verdict
    assert "On game-2 the agent has no partner with two episodes" in page.inner_text("#view")
    cell = page.get_by_role("link", name="ftl with tom-1").first
    assert "3 episodes are missing" in cell.get_attribute("aria-label")
    assert serious_findings(page) == []
    still, _ = opened(browser, out, "view=still", "phone", "dark")
    assert "This run is still going on: 7 of 32 episodes are in" in " ".join(still.inner_text("main").split())
    assert wrong == []


def packs(text):
    """Pairing -> its episodes that are in a page whole."""
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])
    return {
        tuple(key): json.loads(zlib.decompress(base64.b64decode(pack)))["episodes"]
        for *key, pack in data["pairings"]
    }


@pytest.fixture
def without_figures(monkeypatch):
    """Pages whose figures, which take seconds to draw, are a line."""

    def fragment(run, *, seen, prefix):
        for episode in stored_episodes(run.file, run.stored.number):
            seen(episode)
        return f'<p id="{prefix}figures">{run.id}</p>'

    monkeypatch.setattr("eval.show.report.page.still_fragment", fragment)


@pytest.mark.usefixtures("without_figures")
def test_episodes_are_left_out_before_the_page_grows_too_large(results, monkeypatch, browser, tmp_path):
    whole = render(results)
    assert {len(episodes) for episodes in packs(whole).values()} == {4}
    monkeypatch.setattr(onefile, "MAX_BYTES", len(whole) - 4_000 + onefile._REST_BYTES)
    assert {len(episodes) for episodes in packs(render(results)).values()} == {2}
    assert {len(episodes) for episodes in packs(render(results, replays=3)).values()} <= {1, 2, 3}
    monkeypatch.setattr(onefile, "MAX_BYTES", 0)
    out = tmp_path / "none.html"
    out.write_text(render(results))
    page, wrong = opened(browser, out, "run=1.1&task=game-2&agent=ftl&partner=self&episode=0")
    alert = page.get_by_role("alert").inner_text()
    assert "left out to keep this page small; python -m eval view results.sqlite shows every one" in alert
    assert wrong == []


@pytest.mark.usefixtures("without_figures")
def test_two_runs_in_one_page(browser, results, asked, tmp_path):
    out = tmp_path / "both.html"
    done = command("report", str(results), str(asked), "-o", str(out))
    assert done.exit_code == 0, done.output
    page, wrong = opened(browser, out, "run=1.1&beside=2.1")
    assert "No pairing is in both runs" in page.inner_text("section[aria-labelledby=both]")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert wrong == []


def test_names_cannot_break_out_of_the_page(results, tmp_path):
    evil = "</script><script>alert(1)</script>"
    file = tmp_path / "evil.sqlite"
    with sqlite3.connect(results) as source, sqlite3.connect(file) as target:
        source.backup(target)
    target.execute("UPDATE episodes SET checksum = NULL, agent = ? WHERE agent = 'ftl'", (evil,))
    configuration = target.execute("SELECT configuration FROM runs").fetchone()[0]
    configuration = configuration.replace('"ftl"', json.dumps(evil))
    target.execute("UPDATE runs SET checksum = NULL, configuration = ?", (configuration,))
    target.commit()
    target.close()
    text = render(file)
    assert evil not in text
    assert text.count("<script") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.sqlite"], "there is no results file"),
        (["missing.sqlite", "-o", "nowhere/r.html"], "no directory"),
    ],
)
def test_errors_say_what_to_do(arguments, words):
    assert words in str(command("report", *arguments).exception)
