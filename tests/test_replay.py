"""Replays: what is recorded, drawn and written."""

from __future__ import annotations

import base64
import json
import re
import zlib
from itertools import pairwise

import pytest
from PIL import Image
from typer.testing import CliRunner

from eval.cli import app
from eval.play import play, seat_players
from eval.show.replay import draw_frame, frames_of, write_replay
from eval.show.replay.board import PLAYERS, TILE
from eval.tasks import make_task


def test_an_episode_is_recorded_step_by_step_with_its_end():
    task = make_task("game-1")
    frames = frames_of(task, ["bayes", "tom-1"], seed=1)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert frames[0].state == task.start()
    assert frames[-1].end == f"finished after {len(frames) - 1} steps"
    for before, after in pairwise(frames):
        actions = {mind.player: mind.action for mind in before.minds}
        assert task.step(before.state, actions).state == after.state
    ours, theirs = frames[2].minds
    assert 0.8 < sum(ours.posterior.values()) < 1  # of orders; the rest are habits
    assert ours.estimate in ours.posterior
    assert (theirs.order, theirs.posterior, theirs.estimate) == (1, {}, None)
    assert frames[-1].minds[0].action is None


def test_an_episode_that_fails_says_so():
    frames = frames_of(make_task("game-2"), ["tom-1", "tom-1"])
    assert frames[-1].end == "not finished after 30 steps"
    assert len(frames) == 31


def colours(image, cell):
    """The colours within a cell of the board, of at least twenty pixels."""
    x, y = 16 + cell[1] * TILE, 50 + cell[0] * TILE + (260 - 2 * TILE) // 2
    found = image.crop((x, y, x + TILE, y + TILE)).getcolors(10_000)
    return {colour for count, colour in found if count >= 20}


def test_players_are_drawn_where_they_are():
    task = make_task("game-1")
    frames = frames_of(task, ["tom-0", "tom-1"])
    first, second = (tuple(bytes.fromhex(colour[1:])) for colour in PLAYERS)
    for frame in (frames[0], frames[3]):
        image = draw_frame(task, frame)
        one, two = task.where(frame.state)
        for row in range(2):
            for column in range(1, 4):  # the outer columns hold goals in the players' colours
                seen = colours(image, (row, column))
                assert (first in seen) == ((row, column) == one)
                assert (second in seen) == ((row, column) == two)


def test_a_gif_moves(tmp_path):
    task = make_task("game-2")
    frames = frames_of(task, ["bayes", "bayes"])
    path = tmp_path / "replay.gif"
    write_replay(task, frames, path)
    with Image.open(path) as image:
        assert image.n_frames == len(frames)


def packed(page):
    """The episodes of the only pairing in a page, and where the page begins."""
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1])
    ((*_, pack),) = data["pairings"]
    return json.loads(zlib.decompress(base64.b64decode(pack)))["episodes"], data["start"]


@pytest.mark.parametrize("task", ["overcooked", "memory-1"])
def test_a_page_holds_every_step_and_needs_no_network(task, tmp_path):
    path = tmp_path / "replay.html"
    asked = ["replay", "--task", task, "--players", "tom-0,bayes", "--episode", "1", "--out", str(path)]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    page = path.read_text()
    assert not re.search(r"(src|href)=.?(https?:)?//", page)
    assert len(page) < 200_000
    episodes, start = packed(page)
    assert start == f"run=1.1&task={task}&agent=bayes&partner=tom-0&episode=1"
    played = list(play(made := make_task(task), seat_players(made, ["tom-0", "bayes"], seed=42), 1))
    found = episodes["1"]
    assert found["who"] == ["tom-0", "bayes"]
    assert found["actions"] == [[step.actions[me] for step in played] for me in made.players]
    assert len(found["frames"]) == len(played) + 1
    assert found["minds"][1]["player-1"]["names"][:3] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--task", "memory-1", "--out", "replay.gif"], "no board"),
        (["--task", "game-1", "--out", "replay.mp4"], ".gif or an .html"),
        (["--task", "game-1", "--out", "no/such/place.gif"], "no directory"),
        (["--task", "game-1", "--players", "bayes"], "2 seats"),
    ],
)
def test_bad_requests_are_named(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["replay", *arguments])
    assert isinstance(result.exception, ValueError)
    assert words in str(result.exception)
