"""A person's finished game is kept whatever happens to its file; a connection takes its part and no more."""

import contextlib
import json
import socket
import sqlite3
import threading
import time

import httpx
import pytest

from eval.cli.play import _store
from eval.human import GameError, begin, move, offer_of, rescue, save
from eval.human.games import Games, NotStoredError
from eval.human.server import serve
from eval.results import ResultsError, check_usable, open_run, stored_episodes, stored_run, stored_tasks
from eval.web import bounded


def played(episode=0, seed=42):
    game = begin("memory-1", "bayes", seed=seed, episode=episode)
    while not game.done:
        game = move(game, game.actions[0]).game
    return game


def new_games(task, agent, seed):
    return offer_of([task], agent, seed=seed).begin


def to_the_last_round(games):
    """A game of which one move is missing."""
    name, game = games.begin()
    while game.round < game.task.max_steps:
        game = games.move(name, "A", game.round)
    return name, game.round


@contextlib.contextmanager
def locked(file):
    """Another program writes to a results file, and does not come to an end."""
    save(file, played())
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits ten seconds for a lock."""
    monkeypatch.setattr("eval.results.database._BUSY_SECONDS", 0.05)


def test_a_game_is_over_once_it_is_stored(tmp_path, impatient):
    file = tmp_path / "games.sqlite"
    games = Games(new_games("memory-1", "bayes", seed=1), lambda game: save(file, game), pauses=(0.0,))
    name, last = to_the_last_round(games)
    with locked(file):
        with pytest.raises(NotStoredError, match=r"could not be stored yet \(.*locked it.*It is kept"):
            games.move(name, "A", last)
        view = games.view(name)
        assert (view["done"], view["beliefs"], view["actions"]) == (False, None, [])
        assert "The game is over" in view["problem"]
        assert len(view["history"]) == view["rounds"]
        with pytest.raises(GameError, match="could not be stored yet"):
            games.move(name, "B", last)
    deadline = time.monotonic() + 60
    while not games.view(name)["done"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert games.view(name)["done"]
    assert len(games.view(name)["beliefs"]) == 15
    assert games.close() == []
    assert [len(e.steps) for e in stored_episodes(file, 2)] == [15]


def test_others_play_on_while_a_game_is_being_stored():
    entered, leave = threading.Event(), threading.Event()

    def slow(_):
        entered.set()
        assert leave.wait(60)

    games = Games(new_games("memory-1", "tom-0", seed=1), slow)
    name, last = to_the_last_round(games)
    storing = threading.Thread(target=games.move, args=(name, "A", last))
    storing.start()
    assert entered.wait(60)
    other, game = games.begin()
    assert games.move(other, "A", game.round).round == 2
    assert games.view(name)["problem"] == "The game is over, and is being stored."
    leave.set()
    storing.join()
    assert games.view(name)["done"]


def test_games_that_wait_to_be_stored_are_not_forgotten(tmp_path):
    def broken(_):
        raise OSError("no disk")

    games = Games(new_games("memory-1", "tom-0", seed=1), broken, pauses=(0.0,), most=2)
    waiting, last = to_the_last_round(games)
    with pytest.raises(NotStoredError, match="no disk"):
        games.move(waiting, "A", last)
    unfinished, _ = games.begin()
    games.begin()
    assert games.get(unfinished) is None
    assert games.get(waiting).done
    (left,) = games.close()
    assert left.done
    # elsewhere, where its file cannot be used
    directory = tmp_path / "games.sqlite"
    directory.mkdir()
    found = rescue(directory, left)
    assert [e.score for e in stored_episodes(found)] == [left.scores()["player-1"]]


def test_a_game_whose_storing_failed_at_the_end_is_not_there_twice(tmp_path):
    file, game = tmp_path / "games.sqlite", played()
    assert save(file, game) == save(file, game) == 0
    assert save(file, played()) == 2
    assert len(list(stored_episodes(file))) == 2
    assert stored_tasks(file)["memory-1"].optimum == 75.0


def test_a_damaged_game_keeps_its_number(tmp_path):
    """Nobody can play it again, so nothing takes its place."""
    file = tmp_path / "games.sqlite"
    for episode in (0, 1):
        save(file, played(episode))
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE episodes SET score = 1 WHERE episode = 0")
    assert save(file, played(2)) == 2
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM episodes").fetchone() == (3,)


def test_the_terminal_stores_elsewhere_where_it_must(tmp_path, impatient, capsys):
    file = tmp_path / "games.sqlite"
    with locked(file):
        _store(file, played(1))
    (rescued,) = tmp_path.glob("*rescued*.sqlite")
    assert "games-rescued.sqlite" in capsys.readouterr().err.replace("\n", "")
    assert len(list(stored_episodes(rescued))) == 1


def test_files_are_checked_before_anybody_plays(tmp_path, impatient):
    check_usable(tmp_path / "new.sqlite")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ResultsError, match="choose another directory"):
        check_usable(tmp_path / "no" / "r.sqlite")
    text = tmp_path / "text.sqlite"
    text.write_text("no database " * 100)
    with pytest.raises(ResultsError, match="no results file"):
        check_usable(text)
    with (
        locked(tmp_path / "locked.sqlite"),
        pytest.raises(ResultsError, match="another process has locked it"),
    ):
        check_usable(tmp_path / "locked.sqlite")
    with open_run(tmp_path / "r.sqlite", {"kind": "play", "matrices": {}, "seed": 1}):
        check_usable(tmp_path / "r.sqlite")
    assert stored_run(tmp_path / "r.sqlite").number == 1


# The server


def raw(address, data, *, seconds=5.0):
    """What is answered to bytes."""
    port = int(address.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(data)
        answer = b""
        while part := connection.recv(65536):
            answer += part
            head, _, body = answer.partition(b"\r\n\r\n")
            if b"Content-Length: %d" % len(body) in head:
                break
    return answer


HOST = b"Host: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Origin: http://[::1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Origin: null\r\n\r\n", 403),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9.9\r\n\r\n", 400),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: many\r\n\r\n", 400),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\n\xff\xff\xff\xff", 400),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: 4000\r\n\r\n" + b"[" * 4000, 400),
        (b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\n[]", 400),
    ],
)
def test_what_is_malformed_is_answered_by_a_status(request_, status, address, capfd):
    answer = raw(address, request_)
    assert answer.split()[1] == str(status).encode()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert json.loads(body)["problem"]
    assert b"Connection: close" in head
    assert capfd.readouterr().err == ""


def test_a_request_that_does_not_come_to_its_end_is_cut_off(address, monkeypatch, capfd):
    monkeypatch.setattr(bounded.BoundedHandler, "timeout", 0.3)
    answer = raw(address, b"POST /games HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{")
    assert answer.split()[1] == b"408"
    port = int(address.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        # a byte now and then keeps a time-out between bytes from ever passing
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 1000:
                connection.sendall(b"G")
                sent += 1
                time.sleep(0.05)
    assert sent < 1000
    assert "Traceback" not in capfd.readouterr().err


def test_a_browser_that_leaves_leaves_no_traceback(address, capfd):
    port = int(address.rstrip("/").rpartition(":")[2])
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert httpx.get(address, trust_env=False).status_code == 200
    assert capfd.readouterr().err == ""


def test_more_connections_than_there_are_threads_for_are_refused(address):
    port = int(address.rstrip("/").rpartition(":")[2])
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(bounded.MOST_CONNECTIONS)]
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as refused:
            assert refused.recv(1000).startswith(b"HTTP/1.1 503 ")
    finally:
        for connection in held:
            connection.close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(address, trust_env=False).status_code == 200:
                break
        time.sleep(0.05)
    else:
        pytest.fail("the server does not answer any more")


def test_a_request_that_fails_here_fails_alone(capfd):
    def broken(number, choice):
        raise RuntimeError("no game of that kind")

    with serve(Games(broken, lambda _: None), offer_of()) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"
        answer = httpx.post(address + "games", json={}, trust_env=False)
        assert (answer.status_code, "load the page again" in answer.json()["problem"]) == (500, True)
        assert httpx.get(address, trust_env=False).status_code == 200
        server.shutdown()
        thread.join()
    assert capfd.readouterr().err == "a request failed: RuntimeError('no game of that kind')\n"


def test_nobody_may_frame_the_page(address):
    headers = httpx.get(address, trust_env=False).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_the_page_is_told_of_a_game_that_waits(tmp_path, impatient):
    file = tmp_path / "games.sqlite"
    games = Games(new_games("memory-1", "bayes", seed=1), lambda game: save(file, game), pauses=(0.0,))
    name, last = to_the_last_round(games)
    with serve(games, offer_of()) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/games/{name}"
        with locked(file):
            answer = httpx.post(address, json={"action": "A", "round": last}, trust_env=False)
            assert answer.status_code == 503
            assert answer.json()["actions"] == []
            assert "locked" in answer.json()["problem"]
            assert httpx.get(address, trust_env=False).json()["done"] is False
        assert games.close() == []
        assert httpx.get(address, trust_env=False).json()["done"] is True
        server.shutdown()
        thread.join()
