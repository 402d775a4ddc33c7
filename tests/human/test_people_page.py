"""The page in a headless browser: keys and clicks, two windows on one game, a window that comes back."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "report"))
from browser import chromium, serious_findings


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def window(browser, address, *, size=(1100, 900), scheme="light"):
    """A window that knows nothing of others, when the page is drawn."""
    page = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, bypass_csp=True
    ).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_function(
        "!document.querySelector('#setup').hidden || !document.querySelector('#game').hidden"
    )
    if page.is_visible("#setup"):
        page.keyboard.press("Enter")  # what is preselected
    page.wait_for_selector("#actions button")
    return page


def press(page, key, number):
    """Plays round ``number`` by a key."""
    page.keyboard.press(key)
    page.wait_for_function(
        f"document.querySelector('#rounds tr:nth-child(2) th')?.textContent === '{number}'"
    )


def test_a_game_by_keyboard_to_its_end(browser, address, over):
    page = window(browser, address)
    assert "you are player-2" in page.inner_text("h1")
    assert "Round 1 of 15" in page.inner_text("#score")
    assert "at most 75" in page.inner_text("#score")
    assert not page.is_visible("#end")
    # buttons are reached by tab and pressed by enter, and focus stays where it was
    while page.evaluate("document.activeElement.dataset.action") != "B":
        page.keyboard.press("Tab")
    press(page, "Enter", 1)
    assert "You chose B" in page.inner_text("#status")
    assert page.evaluate("document.activeElement.dataset.action") == "B"
    for number in range(2, 16):
        press(page, "3", number)
    assert "The game is over" in page.inner_text("#status")
    assert page.is_visible("#end")
    assert page.locator("#beliefs tr").count() == 16
    assert serious_findings(page) == []
    assert [step.actions["player-2"] for step in over[0].steps] == ["B"] + ["C"] * 14
    page.click("#again")
    page.wait_for_function("document.querySelector('h1').textContent.includes('player-1')")  # seats in turn


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_screen_reader_is_told(browser, address, scheme):
    page = window(browser, address, scheme=scheme)
    assert page.get_by_role("group", name="Your action").get_by_role("button").count() == 5
    assert page.get_by_role("button", name="C", exact=True).count() == 1
    assert page.get_by_role("status").get_attribute("aria-live") == "polite"
    assert page.get_by_role("progressbar", name="rounds played").count() == 1
    press(page, "1", 1)
    assert serious_findings(page) == []


def test_two_windows_on_one_game(browser, address):
    """The second window's move of a round that was played is refused, and it then sees the round."""
    first = window(browser, address)
    second = window(browser, first.url)
    press(first, "1", 1)
    press(second, "2", 1)
    assert "played already, perhaps in another window" in second.inner_text("#status")
    assert "A" in second.inner_text("#rounds tr:nth-child(2)")
    press(second, "2", 2)


def test_a_closed_window_comes_back(browser, address):
    first = window(browser, address)
    press(first, "4", 1)
    game = first.url
    first.context.close()
    later = window(browser, game)
    assert "Welcome back. Round 2" in later.inner_text("#status")
    assert later.inner_text("#rounds tr:nth-child(2)").split()[:2] == ["1", "D"]
    gone = browser.new_page()
    gone.goto(address + "#game=no-such-game&task=memory-1&partner=tom-1&seat=2&seed=7")
    gone.get_by_text("The old game is gone").wait_for()
    fields = ("task", "partner", "seat", "seed")
    assert [gone.input_value(f"#{field}") for field in fields] == ["memory-1", "tom-1", "2", "7"]


def test_a_phone_in_the_dark(browser, address):
    page = window(browser, address, size=(360, 740), scheme="dark")
    for number in range(1, 16):
        press(page, str(1 + number % 5), number)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    page.click("#again")
    page.wait_for_selector("#actions button")
    assert all(
        box["height"] >= 44 for box in (b.bounding_box() for b in page.locator("#actions button").all())
    )
