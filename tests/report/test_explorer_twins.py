"""The same episode of two runs, side by side: one step for both, and where they first differ."""

import shutil

import pytest
from browser import serious_findings
from looking import after, fits, opened, until, window
from serving import command, served

from eval.results import stored_episodes
from eval.show.explorer import RunPacker, explored_runs, one_file

PAIRING = "task=game-2&agent=bayes&partner=self"


@pytest.fixture(scope="module")
def lapsing(results):
    """The same pairings and seed with more lapses, and an episode less of each."""
    file = results.with_name("lapsing.sqlite")
    asked = "--task one-ahead-5,game-2 --agents ftl,bayes --partners tom-1,self --episodes 3 --epsilon 0.3"
    assert command("crossplay", *asked.split(), "--results", str(file)).exit_code == 0
    return file


@pytest.fixture(scope="module")
def both(results, lapsing):
    with served(results, lapsing) as address:
        yield address


def steps_of(file, **which):
    (episode,) = stored_episodes(file, **which)
    return episode.steps


def differing(one, other):
    """The first step in which somebody does something else, from 0."""
    pairs = zip(one, other, strict=False)
    return next(
        (i for i, (a, b) in enumerate(pairs) if a["actions"] != b["actions"]), min(len(one), len(other))
    )


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_both_are_shown_at_one_step_and_the_first_difference_is_marked(
    browser, both, results, lapsing, size, scheme
):
    which = {"task": "game-2", "agent": "bayes", "partner": "self", "episode": 1}
    one, other = steps_of(results, **which), steps_of(lapsing, **which)
    at = differing(one, other)
    assert 0 < at < min(len(one), len(other)), "or this test shows nothing"
    page, wrong = window(browser, both, size, scheme)
    opened(page, both, f"run=1.1&beside=2.1&{PAIRING}&episode=1")
    halves = page.locator(".half")
    assert halves.count() == 2
    assert page.inner_text("#difference").startswith(
        f"They differ from step {at + 1} on: in run 1.1 player-1"
    )
    assert page.locator("tr.differs th").first.inner_text().split() == [
        str(at + 1),
        "≠",
        "first",
        "difference",
    ]
    after(page, page.click, "#to-difference")
    for half, steps in zip(halves.all(), (one, other), strict=True):
        for player, action in steps[at]["actions"].items():
            assert f"{player} (bayes) does {action}" in half.locator(".doing").inner_text()
    assert f"step={at + 1}" in page.url
    page.locator("h1").focus()
    after(page, page.keyboard.press, "End")
    longest = max(len(one), len(other))
    assert page.inner_text("#where") == f"end, after {longest}"
    assert all("The episode is over" in said for said in page.locator(".doing").all_inner_texts())
    assert page.locator(".decisions tbody tr").count() == longest
    assert serious_findings(page) == []
    assert fits(page)
    assert wrong == []


def test_one_decision_is_shown_in_both_and_a_link_reopens_it(browser, both):
    page, _ = window(browser, both)
    opened(page, both, f"run=1.1&beside=2.1&{PAIRING}&episode=1")
    after(page, page.get_by_role("link", name="Run 2.1, Step 2, player-1").click)
    assert page.locator(".half .decision").count() == 2
    assert "beside=2.1" in page.url
    there, wrong = window(browser, both)
    opened(there, both, page.url.partition("#")[2])
    until(there, lambda: there.locator(".half .decision").count() == 2)
    assert there.inner_text("#view") == page.inner_text("#view")
    after(there, there.get_by_role("link", name="Next episode").click)
    assert there.inner_text("h1").startswith("Episode 2")
    assert there.locator(".half").count() == 2
    assert wrong == []


@pytest.mark.parametrize(("run", "beside"), [("1.1", "2.1"), ("2.1", "1.1")])
def test_an_episode_that_only_one_run_has_says_so(browser, both, run, beside):
    page, _ = window(browser, both)
    opened(page, both, f"run={run}&beside={beside}&{PAIRING}&episode=3")
    assert page.inner_text("#only").startswith("This episode is in run 1.1 only: run 2.1 has no episode 3 of")
    assert page.locator(".stage-board").count() == 1
    opened(page, both, f"run={run}&beside={beside}&{PAIRING}&episode=99")
    until(page, lambda: page.get_by_role("alert").count() == 1)


def test_what_is_the_same_is_said_to_be_and_one_file_has_it_too(browser, results, tmp_path):
    copy = tmp_path / "copy.sqlite"
    shutil.copy(results, copy)
    packers = [RunPacker(run) for run in explored_runs([results, copy])]
    for packer in packers:
        for episode in stored_episodes(packer.run.file):
            packer.add(episode)
    out = tmp_path / "page.html"
    out.write_text(one_file(packers))
    page, wrong = window(browser, out.as_uri())
    opened(page, out.as_uri(), f"run=1.1&beside=2.1&{PAIRING}&episode=0")
    until(page, lambda: page.locator(".half").count() == 2)
    steps = len(steps_of(results, task="game-2", agent="bayes", partner="self", episode=0))
    assert page.inner_text("#difference").strip() == f"Both do the same in all {steps} steps."
    assert page.locator("tr.differs").count() == 0
    assert wrong == []
