"""What a person plays: chosen on the page, in a link or on the command line, and kept with the game."""

import contextlib
import json
import sys
import threading
from pathlib import Path

import httpx
import pytest

from eval.cli import app
from eval.human import SURPRISE, Choice, move, offer_of, save
from eval.human.choices import GIVEN, LARGEST_SEED
from eval.human.games import Games
from eval.human.server import serve
from eval.results import stored_episodes, stored_runs
from eval.tasks import make_task

sys.path.append(str(Path(__file__).parents[1] / "report"))
from browser import chromium, serious_findings
from typer.testing import CliRunner


def over(game):
    while not game.done:
        game = move(game, game.actions[0]).game
    return game


@contextlib.contextmanager
def served(offer, stored=None, **limits):
    games = Games(offer.begin, (lambda _: None) if stored is None else stored, **limits)
    with serve(games, offer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def post(address, body):
    return httpx.post(address + "games", json=body, trust_env=False)


OFFER = offer_of()
ALL = [
    (one["name"], partner)
    for group in OFFER.as_plain()["tasks"]
    for one in group["names"]
    for partner in one["partners"]
    if one["name"] != "overcooked-ring"  # a table of seconds, for the same kinds as overcooked
]


@pytest.mark.parametrize("task", dict.fromkeys(task for task, _ in ALL))
def test_whatever_is_offered_can_be_played(task):
    for partner in (partner for name, partner in ALL if name == task):
        game = OFFER.begin(0, Choice(task, partner))
        game = move(game, game.actions[0]).game
        assert game.unit.task == task
        assert partner in (game.unit.agent, SURPRISE)


@pytest.mark.parametrize("task", ["memory-1", "tickets-3-3"])
@pytest.mark.parametrize("first", [0, 5])
def test_a_seat_that_was_chosen_is_ones_own_in_every_game(task, first):
    offer = offer_of(episode=first)
    players = make_task(task).players
    for seat in range(1, len(players) + 1):
        games = [offer.begin(number, Choice(task, "tom-0", seat)) for number in range(4)]
        assert {game.me for game in games} == {players[seat - 1]}
        episodes = [game.unit.episode for game in games]
        assert len(set(episodes)) == 4, "no two games have the same luck"
        assert min(episodes) >= first
    in_turn = [offer.begin(number, Choice(task, "tom-0")).me for number in range(len(players))]
    assert sorted(in_turn) == list(players)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"task": "matrix:/etc/passwd"}, 422, "there is no task 'matrix:/etc/passwd' here; choose one of"),
        ({"task": ["memory-1"]}, 422, "choose one of one-ahead-5, memory-1"),
        ({"partner": "llm:openai/gpt-4o"}, 422, "there is no partner 'llm:openai/gpt-4o' here"),
        ({"task": "game-1", "partner": "frequency"}, 422, "'frequency' cannot play 'game-1'"),
        ({"seat": 3}, 422, "a seat of 'one-ahead-5' is 1 to 2"),
        ({"seat": True}, 422, "a seat of"),
        ({"seed": -1}, 422, "a seed is a whole number from 0 to"),
        ({"seed": 1.5}, 422, "a seed is a whole number"),
        ({"seed": LARGEST_SEED + 1}, 422, "a seed is a whole number"),
        ({"seed": "1"}, 422, "a seed is a whole number"),
        ({"epsilon": 0.5}, 422, "a choice has task, partner, seat and seed, and not 'epsilon'"),
        ({"task": "x" * 4096}, 413, "that is no move"),
    ],
)
def test_a_bad_choice_is_answered_in_words(address, body, status, words):
    answer = post(address, body)
    assert answer.status_code == status
    assert words in answer.json()["problem"]
    assert len(answer.text) < 1500


def test_only_the_page_itself_may_ask_what_can_be_chosen(address):
    def get(**headers):
        return httpx.get(address + "choices", headers=headers, trust_env=False)

    assert get().json()["first"] == Choice("one-ahead-5", "bayes").as_plain()
    assert get(Host="evil.example").status_code == 403
    assert get(Origin="http://evil.example").status_code == 403
    assert get(**{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status_code == 403


def test_a_surprise_is_told_when_the_game_is_over_and_not_before(tmp_path):
    offer, drawn = offer_of(), set()
    for number in range(12):
        game = offer.begin(number, Choice("memory-1", SURPRISE, seed=3))
        drawn.add(game.unit.agent)
        assert game.view()["partner"] is None
        assert game.unit.agent not in json.dumps(game.view())
    assert len(drawn) > 3
    done = over(game)
    assert done.view()["partner"] == done.unit.agent
    assert done.told[0].startswith(f"Your partner was {done.unit.agent}: ")
    again = offer_of().begin(11, Choice("memory-1", SURPRISE, seed=3))
    assert again.unit == game.unit, "the same seed and number draw the same"


def test_stored_games_keep_what_was_chosen(tmp_path):
    file, offer = tmp_path / "games.sqlite", offer_of()
    choices = [
        Choice("memory-1", "tom-1", 2, 7),
        Choice("memory-1", SURPRISE, 1, 7),
        Choice("game-1", "bayes", 1, 8),
        Choice("memory-1", "tom-1", 2, 7),
    ]
    games = [over(offer.begin(number, choice)) for number, choice in enumerate(choices)]
    for game in games:
        save(file, game)
    runs = stored_runs(file)
    assert [run.configuration.get("surprise", False) for run in runs] == [False, True, False]
    assert [run.configuration["seed"] for run in runs] == [7, 7, 8]
    assert [run.configuration["matrices"] for run in runs] == [
        {game.unit.task: {"agents": [game.unit.agent], "partners": ["person"]}} for game in games[:3]
    ]
    (first, second), (surprise,), (maze,) = [list(stored_episodes(file, run.number)) for run in runs]
    assert [first.seat, second.seat, surprise.seat, maze.seat] == [0, 0, 1, 1]  # the partner's


def test_games_of_a_payoff_file_are_offered_beside_all_others(tmp_path):
    file = tmp_path / "game.json"
    file.write_text(json.dumps({"actions": [["in", "out"]] * 2, "payoffs": [[[1, 0], [0, 2]]] * 2}))
    task = f"matrix:{file}"
    offer = offer_of([task, "one-ahead-7", "memory-1"], "hedge:0.5")
    plain = offer.as_plain()
    assert (plain["tasks"][0]["group"], plain["partners"][0]["group"]) == (GIVEN, GIVEN)
    assert [one["name"] for one in plain["tasks"][0]["names"]] == [task, "one-ahead-7"]
    assert "hedge:0.5" in plain["tasks"][-1]["names"][0]["partners"]
    with served(offer) as address:
        assert post(address, {}).json()["actions"] == ["in", "out"]
        assert post(address, {"task": "one-ahead-7", "partner": "tom-0"}).json()["task"] == "one-ahead-7"
        file.unlink()
        gone = post(address, {})
        assert (gone.status_code, "No such file" in gone.json()["problem"]) == (422, True)


def test_games_that_gave_way_say_so():
    with served(offer_of(["memory-1"], "tom-0"), most=2) as address:
        names = [post(address, {}).json()["name"] for _ in range(3)]
        gone = httpx.get(f"{address}games/{names[0]}", trust_env=False)
        assert gone.status_code == 410
        assert (
            gone.json()["problem"] == "this game gave way to newer ones, of which 2 are kept; begin a new one"
        )
        assert httpx.get(f"{address}games/{names[1]}", trust_env=False).status_code == 200
        assert httpx.get(f"{address}games/never", trust_env=False).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--task", "memory-1,game-1"], "with --web the page lets choose among several"),
        (["--task", "no-such"], "no-such"),
        (["--agent", "no-such"], "no-such"),
        (["--seat", "3"], "a seat of 'one-ahead-5' is 1 to 2"),
        (["--task", "tiny-hanabi"], "all act at once"),
    ],
)
def test_the_command_line_is_checked_before_anybody_plays(arguments, words):
    done = CliRunner().invoke(app, ["play", *arguments])
    assert isinstance(done.exception, ValueError | LookupError)
    assert words in str(done.exception)


# In a browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def window(browser, address, size=(1100, 900), scheme="light"):
    page = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, bypass_csp=True
    ).new_page()
    page.set_default_timeout(60_000)
    wrong = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    page.wait_for_function("document.activeElement.id === 'begin'")
    return page, wrong


def focus(page, field):
    while page.evaluate("document.activeElement.id") != field:
        page.keyboard.press("Shift+Tab")


def fields(page):
    return {name: page.input_value(f"#{name}") for name in ("task", "partner", "seat", "seed")}


@pytest.mark.parametrize(("size", "scheme"), [((1100, 900), "light"), ((360, 740), "dark")])
def test_everything_is_chosen_by_keys_and_a_second_game_without_a_restart(browser, size, scheme):
    kept = []
    with served(offer_of(["overcooked"], "tom-1", seat=2, seed=9), kept.append) as address:
        page, wrong = window(browser, address, size, scheme)
        assert fields(page) == {"task": "overcooked", "partner": "tom-1", "seat": "2", "seed": "9"}
        assert serious_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        focus(page, "task")
        page.keyboard.type("memory-1")
        page.keyboard.press("Tab")
        page.keyboard.type("surprise")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Tab")
        page.keyboard.press("Control+a")
        page.keyboard.type("21")
        page.keyboard.press("Enter")
        page.wait_for_selector("#actions button")
        assert page.inner_text("h1") == "memory-1: you are player-1"
        assert "Partner a surprise" in page.inner_text("#score")
        assert page.url.endswith("task=memory-1&partner=surprise&seat=1&seed=21")
        for number in range(1, 16):
            page.keyboard.press("1")
            page.wait_for_function(
                f"document.querySelector('#rounds tr:nth-child(2) th')?.textContent === '{number}'"
            )
        assert page.inner_text("#told").startswith(f"Your partner was {kept[0].unit.agent}: ")
        assert "In your seat, with the same luck: tom-1" in page.inner_text("#seat-scores")
        assert kept[0].unit.seed == 21
        focus(page, "other")
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'begin'")
        assert fields(page) == {"task": "memory-1", "partner": "surprise", "seat": "1", "seed": "21"}
        page.keyboard.press("Enter")
        page.wait_for_selector("#actions button")
        assert "Round 1 of 15" in page.inner_text("#score")
        assert wrong == []


def test_a_link_holds_the_choice_and_says_what_is_not_on_offer(browser, address):
    page, _ = window(browser, address + "#task=game-2&partner=ftl&seat=1&seed=5")
    assert fields(page) == {"task": "game-2", "partner": "ftl", "seat": "1", "seed": "5"}
    page.select_option("#task", "minority-3")
    assert page.url.endswith("#task=minority-3&partner=ftl&seat=1&seed=5")
    assert page.locator("#seat option").count() == 4
    there, wrong = window(browser, page.url)
    assert fields(there) == fields(page)
    there.goto(address + "#task=game-9&partner=nobody&seed=5")
    there.get_by_text("The task game-9 of the link is not on offer here.").wait_for()
    assert "The partner nobody of the link" in there.inner_text("#setup-status")
    assert fields(there)["task"] == "one-ahead-5"
    there.select_option("#task", "game-1")
    assert there.locator("#partner option[value=frequency]").count() == 0
    assert wrong == []


def test_a_choice_that_the_server_refuses_is_told_on_the_page(browser, address):
    page, _ = window(browser, address)
    page.evaluate("document.querySelector('#seed').removeAttribute('max')")
    page.fill("#seed", str(LARGEST_SEED + 3))
    page.keyboard.press("Enter")
    page.get_by_text("a seed is a whole number from 0 to").wait_for()
    assert page.is_visible("#setup")
