"""A person's games without a browser: wrong answers, storage, the server, the terminal."""

import concurrent.futures
import io

import httpx
import pytest
from rich.console import Console

from atom import FixedOrderAgent
from eval.human import GameError, begin, move, save
from eval.human.terminal import play_in_terminal
from eval.play import Pairing
from eval.results import read_results, stored_episodes
from eval.show.report.page import render


def played(task="one-ahead-5", agent="bayes", episode=0, action=None):
    game = begin(task, agent, seed=42, episode=episode)
    while not game.done:
        game = move(game, action or game.actions[0]).game
    return game


def test_a_person_who_plays_like_tom_1_is_believed_to_be_and_gets_the_same_game():
    """A game is an episode: with the moves of a zoo partner it is that partner's episode."""
    game = begin("one-ahead-5", "bayes", seed=42, episode=3)
    tom_1 = FixedOrderAgent(game.me, game.task.reasoner(), 1)
    while not game.done:
        game = move(game, tom_1.decide(game.situation, tom_1.start([]))[0].action).game
    pairing = Pairing(game.task, "bayes", "tom-1", game.unit.seat, seed=42)
    assert [step.actions for step in game.steps] == [step.actions for step in pairing.steps(3)]
    assert game.beliefs()[-1][pairing.me]["posterior"]["1"] > 0.8


def test_answers_that_are_no_action():
    game = begin("one-ahead-5", "tom-0", seed=1)
    with pytest.raises(GameError, match="'Z' is not possible here; choose one of A, B, C, D, E"):
        move(game, "Z")
    with pytest.raises(GameError, match="round 2 has been played already"):
        move(game, "A", round_=2)
    with pytest.raises(GameError, match="this game is over"):
        move(played(), "A")
    with pytest.raises(GameError, match="not over"):
        save(None, game)


def test_beliefs_are_hidden_until_the_end():
    game = begin("tickets-3-3", "bayes", seed=1)
    assert game.view()["beliefs"] is None
    assert len(game.agents) == 2
    assert set(played("tickets-3-3").view()["beliefs"][0]) == {"player-1", "player-3"}


def test_a_board_shows_where_one_is():
    game = begin("game-1", "tom-0", seed=1)
    assert game.view()["board"].splitlines()[:2] == [" @  ·  ·  · YOU", " ·  ·  ·  ·  · "]
    moved = move(game, "down").game.view()["board"].splitlines()
    assert "YOU" in moved[1]
    assert moved[0].startswith((" + ", " @ "))


def test_games_are_stored_like_any_episode(tmp_path):
    file = tmp_path / "games.db"
    games = [played(episode=e) for e in (0, 1, 0)]
    assert [save(file, game) for game in games] == [0, 1, 2]
    save(file, played("memory-1"))
    found = list(stored_episodes(file, 1))
    assert [(e.agent, e.partner, e.episode, e.seat) for e in found] == [
        ("bayes", "person", n, n % 2) for n in range(3)
    ]
    assert found[0].score == games[0].scores()["player-1"]
    assert len(found[0].steps) == 15
    assert found[0].steps[3]["actions"] == games[0].steps[3].actions
    assert "posterior" in found[0].steps[0]["decisions"]["player-1"]["partners"]["player-2"]
    with read_results(file) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    page = render(file, 1)
    assert "3 of 3 episodes on one-ahead-5" in page
    assert "Games of a person on one-ahead-5: 3;" in page


def post(address, path, body):
    return httpx.post(address + path, json=body, trust_env=False)


def test_the_server_refuses_what_is_no_move(address):
    game = post(address, "games", {}).json()
    path = "games/" + game["name"]
    bad = post(address, path, {"action": "Z", "round": 1})
    assert (bad.status_code, bad.json()["round"]) == (422, 1)
    assert "choose one of A" in bad.json()["problem"]
    assert post(address, path, {"action": 1, "round": 1}).status_code == 400
    assert post(address, path, ["A"]).status_code == 400
    assert post(address, path, {"action": "A" * 5000, "round": 1}).status_code == 413
    assert post(address, "games/nobody", {"action": "A", "round": 1}).status_code == 404
    assert httpx.get(address + "elsewhere", trust_env=False).status_code == 404
    foreign = httpx.get(address, headers={"Host": "evil.example"}, trust_env=False)
    assert foreign.status_code == 403
    other_site = httpx.post(address + "games", headers={"Origin": "http://evil.example"}, trust_env=False)
    assert other_site.status_code == 403
    good = post(address, path, {"action": "A", "round": 1}).json()
    assert (good["round"], good["beliefs"]) == (2, None)


def test_of_many_moves_at_once_one_counts(address):
    path = "games/" + post(address, "games", {}).json()["name"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda a: post(address, path, {"action": a, "round": 1}), "ABCDEABC"))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert httpx.get(address + path, trust_env=False).json()["round"] == 2


def test_the_terminal():
    lines = iter(["?", "zzz", "2", "C", "q"])
    out = Console(file=io.StringIO(), width=100)
    game = play_in_terminal(begin("one-ahead-5", "bayes", seed=42), out, lambda _: next(lines))
    shown = out.file.getvalue()
    assert [step.actions["player-2"] for step in game.steps] == ["B", "C"]
    assert "player-1 takes you for order" in shown
    assert "'zzz' is not possible here" in shown
    assert "round 3 of 15" in shown


def test_the_terminal_without_a_person():
    def nobody(_):
        raise EOFError

    assert not play_in_terminal(begin("memory-1", "tom-0", seed=1), Console(file=io.StringIO()), nobody).done
