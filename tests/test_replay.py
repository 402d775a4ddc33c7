"""Replays: what is recorded, drawn and written."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from PIL import Image
from typer.testing import CliRunner

from eval.cli import app
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


def test_a_page_holds_every_frame_and_needs_no_network(tmp_path):
    path = tmp_path / "replay.html"
    result = CliRunner().invoke(
        app, ["replay", "--task", "overcooked", "--players", "bayes,tom-0", "--out", str(path)]
    )
    assert result.exit_code == 0, result.output
    page = path.read_text()
    frames = frames_of(make_task("overcooked"), ["bayes", "tom-0"])
    assert page.count("<img ") == len(frames)
    assert not re.search(r"https?://", page)
    assert f'max="{len(frames) - 1}"' in page
    assert "player-1 believes of its partner: order 0" in page
    assert len(re.findall(r'alt="Step \d+\.', page)) == len(frames)
    assert page.count("<img ") - page.count(" hidden>") == 1
    assert len(page) < 8_000_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--task", "memory-1"], "no board"),
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
