"""Games as the field stores them: Gambit's .nfg, tables of values, byte-order marks, and clear errors."""

import codecs
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atom import PayoffError
from eval.play.unit import Unit, play_unit
from eval.tasks import make_task
from eval.tasks.files import game_from_file, save_csv, save_nfg
from eval.tasks.files.nfg import Parsed, nfg_text, parse_nfg
from eval.tasks.files.number import number
from eval.tasks.files.table import parse_table, table_text
from tests.classical import GAMES

finite = st.floats(allow_nan=False, allow_infinity=False)
labels = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=6)


@st.composite
def parsed(draw, texts=labels):
    shape = draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
    size = len(shape) * int(np.prod(shape))
    values = draw(st.lists(st.one_of(finite, st.integers(-9, 9).map(float)), min_size=size, max_size=size))
    return Parsed(
        np.array(values).reshape(len(shape), *shape),
        [draw(st.lists(texts, min_size=n, max_size=n, unique=True)) for n in shape],
        draw(st.lists(texts, min_size=len(shape), max_size=len(shape), unique=True)),
        draw(texts),
    )


def same(one, other):
    np.testing.assert_array_equal(one.payoffs, other.payoffs)
    assert one.payoffs.shape == other.payoffs.shape
    assert (one.actions, one.players) == (other.actions, other.players)


@given(game=parsed(), comment=labels)
def test_nfg_written_and_read_again_is_equal(game, comment):
    again = parse_nfg(nfg_text(game, comment), "it")
    same(again, game)
    assert again.title == game.title


plain = st.text("abcXYZ 0,;\"'", min_size=1, max_size=5).map(lambda name: " ".join(name.split())).filter(bool)


@given(game=parsed(plain))
def test_tables_written_and_read_again_are_equal(game):
    same(parse_table(table_text(game), "it"), game)


# written by hand from the description of the format: 3 x 2, the first player's strategy changes fastest
PAYOFF_FORM = """NFG 1 R "Three by two, in \\"quotes\\""
{ "Player 1" "Player 2" } { 3 2 }
"a comment { 1 2 }
 over two lines"

1 1 0 2/4 0 2 1 1. -.5 3e0 2 0
"""
OUTCOME_FORM = """NFG 1 D "The same" { "Player 1" "Player 2" }

{ { "top" "middle" "bottom" } { "left" "right" } }
""

{ { "a" 1, 1 } { "b" 0, 0.5 } { "" 0 2 } { "e" -1/2, 3 } { "f" 2, 0 } { } }
1 2 3 1 4 5
"""
THREE_BY_TWO = np.array([[[1, 1], [0, -0.5], [0, 2]], [[1, 1], [0.5, 3], [2, 0]]])


def test_both_forms_of_nfg(tmp_path):
    payoff, outcome = parse_nfg(PAYOFF_FORM, "it"), parse_nfg(OUTCOME_FORM, "it")
    np.testing.assert_array_equal(payoff.payoffs, THREE_BY_TWO)
    np.testing.assert_array_equal(outcome.payoffs, THREE_BY_TWO)
    assert payoff.title == 'Three by two, in "quotes"'
    assert payoff.actions == [["1", "2", "3"], ["1", "2"]]
    assert outcome.actions == [["top", "middle", "bottom"], ["left", "right"]]
    empty = parse_nfg(OUTCOME_FORM.replace("1 2 3 1 4 5", "0 6 3 1 4 5"), "it")
    assert empty.payoffs[:, :2, 0].tolist() == [[0, 0], [0, 0]]


def test_three_players_in_nfg():
    text = 'NFG 1 R "" { "a" "b" "c" } { 2 1 2 } ' + " ".join(map(str, range(12)))
    payoffs = parse_nfg(text, "it").payoffs
    assert payoffs.shape == (3, 2, 1, 2)
    assert payoffs[:, 1, 0, 0].tolist() == [3, 4, 5]
    assert payoffs[:, 0, 0, 1].tolist() == [6, 7, 8]


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("ending", ["nfg", "csv"])
def test_classical_games_are_played_from_files_as_from_arrays(tmp_path, game, ending):
    payoffs = GAMES[game]
    file = tmp_path / f"game.{ending}"
    {"nfg": save_nfg, "csv": save_csv}[ending](file, payoffs)
    task = make_task(f"matrix:{file}")
    np.testing.assert_array_equal(task.payoffs, payoffs)
    names = [list(own) for own in task.situation(task.start()).actions.values()]
    assert names == [["A", "B", "C"][:n] for n in payoffs.shape[1:]]
    for episode in range(len(payoffs)):
        assert play_unit(Unit(f"matrix:{file}", "bayes", "tom-1", episode, 0)).scores


TABLE = """# Battle of the sexes
ann, ben, payoff ben, payoff ann
opera,opera,2,3

opera,"fight, then home",0,0
fight,opera,0,0
fight,"fight, then home",3,4/2
"""


def test_a_table_of_values():
    game = parse_table(TABLE, "it")
    assert game.players == ["ann", "ben"]
    assert game.actions == [["opera", "fight"], ["opera", "fight, then home"]]
    np.testing.assert_array_equal(game.payoffs, [[[3, 0], [0, 2]], [[2, 0], [0, 3]]])
    for mark in ";\t":
        other = TABLE.replace('"fight, then home"', "home").replace(",", mark)
        np.testing.assert_array_equal(parse_table(other, "it").payoffs, game.payoffs)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("matrix:game.json", json.dumps({"payoffs": [[0, 1], [1, 0]], "symmetric": True}, indent=1)),
        ("matrix:game.nfg", PAYOFF_FORM),
        ("matrix:game.csv", TABLE),
        ("grid:map.txt", "1..2\n...."),
        ("overcooked:kitchen.txt", "XXPXX\nO1 2O\nD   D\nXXSXX"),
    ],
)
def test_byte_order_marks_and_line_ends(tmp_path, monkeypatch, name, content, ends):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / name.partition(":")[2]
    file.write_bytes(codecs.BOM_UTF8 + content.replace("\n", ends).encode())
    task = make_task(name)
    assert task.situation(task.start()).actions
    file.write_bytes(content.encode("utf-16"))
    with pytest.raises(ValueError, match=r"UTF-16 or UTF-32, not UTF-8 text; save it as UTF-8"):
        make_task(name)
    file.write_bytes(b"one\ntwo \xff")
    with pytest.raises(ValueError, match=r"not UTF-8 text: line 2 holds the byte 0xff"):
        make_task(name)


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-.5", -0.5), ("+2.", 2), ("1e-3", 1e-3), ("-7/2", -3.5), ("1/3", 1 / 3), ("1E2", 100)],
)
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1e999", "beyond the range of floats"),
        ("9" * 390 + "/1", "beyond the range of floats"),
        ("1/0", "fraction over 0"),
        ("nan", "no number"),
        ("inf", "no number"),
        ("1_000", "no number"),
        ("0x1", "no number"),
        ("1,5", "a point and not a comma"),
        ("9" * 500, "no number"),
    ],
)
def test_no_numbers(text, words):
    with pytest.raises(ValueError, match=words):
        number(text)


HEAD = 'NFG 1 R "t" { "a" "b" }'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends where NFG is expected"),
        ('EFG 2 R "t" { "a" "b" }', r"is an extensive game \(.efg\).*save its strategic form as .nfg"),
        ("GAME 1 R", "begins with 'GAME' and not with NFG"),
        ("NFG 2 R", "line 1, is of version '2'"),
        ("NFG 1 X", "line 1, says 'X' where R or D is expected"),
        ("NFG 1 R t", "line 1, has 't' where the title in quotes is expected"),
        ('NFG 1 R "t', "line 1, has a quote that is not closed"),
        ('NFG 1 R "t" { "a" } { 2 } 1 2', "has 1 players; a game needs at least two"),
        (HEAD + "\n{ 2 2 2 }", "line 2, has strategies of 3 players and the names of 2"),
        (HEAD + "\n{ 2 0 }", "line 2, has '0' where a number of strategies"),
        (HEAD + "\n{ 2 2", "ends where } is expected"),
        (HEAD + "\n{ 4000000 4000000 } 1", "has 16000000000000 joint actions"),
        (HEAD + '\n{ { "x" "y" }\n { "x" "x" } } 1', "line 3, has the strategy 'x' of 'b' twice"),
        (HEAD + '\n{ { "x" "" } { "x" } } 1', "line 2, has an empty label among the strategies of 'a'"),
        (HEAD + "\n{ { } { 2 } } 1", "line 2, has no strategy of 'a'"),
        (HEAD + " { 2 2 } 1 2 3", "has 3 payoffs, and 4 joint actions of 2 players need 8"),
        (HEAD + " { 1 1 }\n1\n1e999", "line 3, has the payoff '1e999', which is beyond the range of floats"),
        (HEAD + " { 1 1 }\n1 x", "line 2, has the payoff 'x', which is no number"),
        (HEAD + " { 1 1 } 1 }", "has '}' where a payoff is expected"),
        (HEAD + ' { 1 1 } { { "" 1 } } 1', "has an outcome of 1 payoffs for 2 players"),
        (HEAD + ' { 1 2 } { { "" 1 1 } } 1', "ends where the number of an outcome, 2 of 2 is expected"),
        (HEAD + ' { 1 1 } { { "" 1 1 } }\n2', "line 2, has '2' where the number of an outcome, 0 to 1"),
        (HEAD + ' { 1 1 } { { "" 1 1 } } 1 1', "line 1, has '1' where the end of the file is expected"),
    ],
)
def test_bad_nfg_files_are_named(tmp_path, text, words):
    file = tmp_path / "game.nfg"
    file.write_text(text)
    with pytest.raises(PayoffError, match=rf"the payoff file '.*game\.nfg'.*{words}"):
        make_task(f"matrix:{file}")


def test_an_extensive_game_is_named_whatever_its_ending(tmp_path):
    for name in ("game.efg", "game.txt"):
        (tmp_path / name).write_text('EFG 2 R "Nim" { "a" "b" }\np "" 1 1 "" { "l" "r" } 0')
        with pytest.raises(PayoffError, match="is an extensive game"):
            make_task(f"matrix:{tmp_path / name}")


COLUMNS = "a,b,payoff a,payoff b\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; its first row names the columns"),
        ("a,b,payoff a\n", r"line 1, has the players \['a', 'b'\] and payoffs of \['a'\]"),
        ("a,payoff a\nx,1", "at least two players"),
        ("a,a,payoff a,payoff a\n", "line 1, has the column 'a' twice"),
        ("a,,payoff a,payoff b\n", "line 1, has the column '' twice or without a name"),
        (COLUMNS, "has no rows of payoffs"),
        (COLUMNS + "x,y,1\n", "line 2, has 3 columns, the first row 4"),
        (COLUMNS + "x,,1,1\n", "line 2, names no action of 'b'"),
        (COLUMNS + "x,y,1,1\nx,y,1,2\n", r"line 3, has the joint action \('x', 'y'\) again, after line 2"),
        (COLUMNS + "x,y,1,1\nz,w,1,2\n", r"has no row for the joint action \('x', 'w'\)"),
        (
            COLUMNS + "x,y,1,1e999\n",
            "line 2, has '1e999' in the column 'payoff b', which is beyond the range",
        ),
        (
            COLUMNS.replace(",", ";") + "x;y;1,5;1\n",
            "line 2, has '1,5' in the column 'payoff a'.*not a comma",
        ),
        (COLUMNS + 'x,"y,1,1\n', "line 2, is no row of values"),
    ],
)
def test_bad_tables_are_named(tmp_path, text, words):
    file = tmp_path / "game.csv"
    file.write_text(text)
    with pytest.raises(PayoffError, match=rf"the payoff file '.*game\.csv'.*{words}"):
        make_task(f"matrix:{file}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"actions": ["x", "x"]}, "the action 'x' of player 1 twice"),
        ({"actions": [["x", "y"], ["x", ""]]}, "the action '' of player 2 twice or without a name"),
    ],
)
def test_labels_of_json_files_are_checked(tmp_path, content, words):
    file = tmp_path / "game.json"
    file.write_text(json.dumps({"payoffs": [[0, 1], [1, 0]], "symmetric": True, **content}))
    with pytest.raises(PayoffError, match=words):
        make_task(f"matrix:{file}")
    file.write_text('{"payoffs": [[0, 1], [1, 1e999]], "symmetric": true}')
    with pytest.raises(PayoffError, match=r"payoffs must be finite, got inf at \[0, 1, 1\]"):
        make_task(f"matrix:{file}")


def test_what_cannot_be_written(tmp_path):
    for settings, words in (
        ({"actions": [["x", "x"], ["y", "z"]]}, "twice"),
        ({"actions": [["x"], ["y", "z"]]}, r"as many names, got \[1, 2\]"),
        ({"players": ["a", "a"]}, "names of their own"),
        ({"players": ["a"]}, "of 1 players"),
    ):
        with pytest.raises(PayoffError, match=words):
            save_nfg(tmp_path / "game.nfg", GAMES["chicken"], **settings)
    for label in ("#x", "payoff x", " x", "x\ty"):
        with pytest.raises(PayoffError, match="cannot stand in a table"):
            save_csv(tmp_path / "game.csv", GAMES["chicken"], [["a", label], ["a", "b"]])
    assert not list(tmp_path.iterdir())


def test_a_file_says_what_it_holds(tmp_path):
    file = tmp_path / "game.nfg"
    save_nfg(file, GAMES["chicken"], [["dare", "yield"]] * 2, players=["ann", "ben"], title="Chicken")
    assert file.read_text().startswith('NFG 1 R "Chicken" { "ann" "ben" }\n')
    held = game_from_file(file)
    assert held.actions == [["dare", "yield"]] * 2
    assert held.payoffs == GAMES["chicken"].tolist()
