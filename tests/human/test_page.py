"""The page in a headless browser: keys and clicks, two windows on one game, a window that comes back."""

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait


def text(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector).text


def wait(browser, condition):
    # the page is drawn anew while one looks
    passing = [StaleElementReferenceException, NoSuchElementException]
    return WebDriverWait(browser, 10, ignored_exceptions=passing).until(lambda _: condition())


def play_round(browser, number, how):
    how()
    wait(browser, lambda: text(browser, "#rounds tr:nth-child(2) th") == str(number))


def press(browser, key):
    return lambda: browser.find_element(By.TAG_NAME, "body").send_keys(key)


def opened(browser, address):
    browser.get(address)
    wait(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, "#actions button")) == 5)


def test_a_game_by_keyboard_to_its_end(address, over, open_browser):
    browser = open_browser()
    opened(browser, address)
    assert "you are player-2" in text(browser, "h1")
    assert "Round 1 of 15" in text(browser, "#score")
    assert "at most 75" in text(browser, "#score")
    assert not browser.find_element(By.ID, "end").is_displayed()
    # the buttons are reached by tab and pressed by enter; focus stays where it was
    buttons = browser.find_elements(By.CSS_SELECTOR, "#actions button")
    buttons[1].send_keys(Keys.ENTER)
    wait(browser, lambda: "You chose B" in text(browser, "#status"))
    assert browser.switch_to.active_element.get_attribute("data-action") == "B"
    for number in range(2, 16):
        play_round(browser, number, press(browser, "3"))
    assert "The game is over" in text(browser, "#status")
    assert browser.find_element(By.ID, "end").is_displayed()
    assert len(browser.find_elements(By.CSS_SELECTOR, "#beliefs tr")) == 16
    assert [step.actions["player-2"] for step in over[0].steps] == ["B"] + ["C"] * 14
    browser.find_element(By.ID, "again").click()
    wait(browser, lambda: "you are player-1" in text(browser, "h1"))  # seats are taken in turn


def test_what_a_screen_reader_is_told(address, open_browser):
    browser = open_browser()
    opened(browser, address)
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    status = browser.find_element(By.ID, "status")
    assert (status.aria_role, status.get_attribute("aria-live")) == ("status", "polite")
    group = browser.find_element(By.ID, "actions")
    assert (group.aria_role, group.accessible_name) == ("group", "Your action")
    assert [b.accessible_name for b in group.find_elements(By.TAG_NAME, "button")] == list("ABCDE")
    assert browser.find_element(By.ID, "progress").accessible_name == "rounds played"


def test_two_windows_on_one_game(address, open_browser):
    """The second window's move of a round that was played is refused, and it then sees the round."""
    first, second = open_browser(), open_browser()
    opened(first, address)
    opened(second, first.current_url)
    play_round(first, 1, press(first, "1"))
    press(second, "2")()
    wait(second, lambda: "played already, perhaps in another window" in text(second, "#status"))
    assert "A" in text(second, "#rounds tr:nth-child(2)")
    play_round(second, 2, press(second, "2"))


def test_a_closed_window_comes_back(address, open_browser):
    first = open_browser()
    opened(first, address)
    play_round(first, 1, press(first, "4"))
    game = first.current_url
    first.get("about:blank")
    later = open_browser(390, 800, dark=True)
    opened(later, game)
    assert "Welcome back. Round 2" in text(later, "#status")
    assert text(later, "#rounds tr:nth-child(2)").startswith("1 D")
    later.get("about:blank")
    opened(later, address + "#no-such-game")
    wait(later, lambda: "this is a new one" in text(later, "#status"))


def test_a_phone_in_the_dark(address, open_browser):
    browser = open_browser(360, 740, dark=True)
    opened(browser, address)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(21, 24, 28)"
    for button in browser.find_elements(By.CSS_SELECTOR, "#actions button"):
        assert button.size["height"] >= 44
