"""Recorded play from files: three forms, and what is said of files that do not fit."""

import gzip

import numpy as np
import pytest

from eval.people import NONE, RecordingError, people, read_choices, read_games

RPS = [["rock", "paper", "scissors"]] * 2
LONG = """pair,round,player,action,group
p1,1,ann,rock,a
p1,1,ben,paper,a
p1,3,ann,scissors,a
p1,3,ben,,a
p1,2,ben,rock,a
p2,1,cem,rock,b
p2,1,dan,rock,b
"""
WIDE = """game,bot,round,person,bot_move
1,x,1,rock,paper
1,x,2,,scissors
2,y,1,paper,rock
"""


def written(tmp_path, text, name="play.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_long_form(tmp_path):
    ann, ben, cem, dan = read_games(written(tmp_path, LONG), RPS)
    assert [side.player for side in (ann, ben, cem, dan)] == ["ann", "ben", "cem", "dan"]
    assert ann.own.tolist() == ben.other.tolist() == [0, NONE, 2]
    assert ben.own.tolist() == ann.other.tolist() == [1, 0, NONE]
    assert (ann.seat, ben.seat, ann.group, cem.group, ann.game) == (0, 1, "a", "b", "p1")
    assert len(people([ann, ben, cem, dan])) == 4


def test_the_wide_form(tmp_path):
    sides = read_games(written(tmp_path, WIDE), RPS)
    assert [(s.game, s.player, s.group, s.bot) for s in sides] == [
        ("1", "person", "x", False),
        ("1", "x", "x", True),
        ("2", "person", "y", False),
        ("2", "y", "y", True),
    ]
    assert sides[0].own.tolist() == sides[1].other.tolist() == [0, NONE]
    without = read_games(written(tmp_path, "game,round,person,bot_move\n1,1,rock,rock\n"), RPS)
    assert [(s.player, s.group) for s in without] == [("person", ""), ("bot", "")]


@pytest.mark.parametrize("text", [LONG, WIDE])
def test_packed_marked_and_spaced_files_read_alike(tmp_path, text):
    def moves(content, name):
        return [(s.player, s.own.tolist()) for s in read_games(written(tmp_path, content, name), RPS)]

    plain = moves(text, "a.csv")
    assert moves(gzip.compress(text.encode()), "a.csv.gz") == plain
    assert moves(text.encode("utf-8-sig"), "b.csv") == plain
    assert moves(text.replace("\n", "\r\n").replace(",", ", "), "c.csv") == plain
    assert moves(text + "\n\n", "d.csv") == plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: no header"),
        ("a,b\n1,2\n", "line 1: the columns are a, b; rename them"),
        ("game;round;player;action\n", "line 1: the columns are game;round;player;action"),
        ("game,game,round\n", "line 1, column 'game': is there twice"),
        ("game,round,player,action\n", "line 2: no rows below the header"),
        (LONG.replace("p1,2,ben,rock", "p1,2,ben,stone"), "line 6, column 'action': 'stone' is none of"),
        (LONG.replace("p1,2,ben", "p1,0,ben"), "line 6, column 'round': '0' is no whole number from 1"),
        (LONG.replace("p1,2,ben", "p1,1e9,ben"), "line 6, column 'round'"),
        (LONG.replace("p1,2,ben", "p1,99999999,ben"), "line 6, column 'round'.*from 1 to 100000"),
        (LONG.replace("p1,2,ben", "p1,1,ben"), "line 6, column 'round': 'ben' is there twice in round 1"),
        (LONG.replace("p1,2,ben", "p1,2,eve"), "line 6, column 'player': 'eve' is the third of game 'p1'"),
        (LONG.replace("p1,2,ben", "p1,2,"), "line 6, column 'player': is empty"),
        (LONG.replace("ben,rock,a", "ben,rock,b"), "line 6, column 'group': game 'p1' began with 'a'"),
        (LONG.replace("p2,1,dan,rock,b\n", ""), "column 'player': game 'p2' has only 'cem'"),
        (LONG.replace("p1,2,ben,rock,a", "p1,2,ben"), "line 6, column 'player': the row has 3 cells"),
        (WIDE.replace("1,x,2", "1,z,2"), "line 3, column 'bot': game '1' began with 'x'"),
        (WIDE.replace("1,x,2", "1,x,1"), "line 3, column 'round': round 1 of game '1' is there twice"),
        (WIDE.replace("scissors", "lizard"), "line 3, column 'bot_move': 'lizard' is none of"),
        (b"game,round\n\xff\xfe", "line 2: no UTF-8 text"),
        (gzip.compress(LONG.encode(), mtime=0)[:-20], "cut off or damaged"),
    ],
)
def test_files_that_do_not_fit(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(RecordingError, match=words) as error:
        read_games(path, RPS)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RecordingError, match=r"cannot read .*nobody.csv"):
        read_games(tmp_path / "nobody.csv", RPS)


CHOICES = """player,seat,choice,payoffs
ann,,1,"[[3, 0], [5, 1]]"
ann,2,3,"[[[1, 2, 3], [4, 5, 6]], [[6, 5, 4], [3, 2, 1]]]"
"""


def test_one_shot_choices(tmp_path):
    first, second = read_choices(written(tmp_path, CHOICES))
    assert (first.player, first.seat, first.action, first.n_actions) == ("ann", 0, 0, 2)
    assert (second.seat, second.action, second.n_actions) == (1, 2, 3)
    assert np.array_equal(first.game.payoffs, [[[3, 0], [5, 1]], [[3, 5], [0, 1]]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("player,choice\nann,1\n", "line 1: the column payoffs is missing"),
        ("player,choice,payoffs\n", "line 2: no rows"),
        (CHOICES.replace("ann,,1", "ann,,3"), "line 2, column 'choice': '3' is no whole number from 1 to 2"),
        (CHOICES.replace("ann,2,3", "ann,3,3"), "line 3, column 'seat'"),
        (CHOICES.replace("[3, 0]", "[3, x]"), "line 2, column 'payoffs': .*; write a symmetric game as"),
        (CHOICES.replace("[3, 0]", "[3]"), "line 2, column 'payoffs'"),
        (CHOICES.replace("[[3, 0], [5, 1]]", "7"), "line 2, column 'payoffs'"),
    ],
)
def test_choices_that_do_not_fit(tmp_path, text, words):
    with pytest.raises(RecordingError, match=words):
        read_choices(written(tmp_path, text))
