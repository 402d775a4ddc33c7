"""What tables say of the decisions behind scores: who is marked, where, and what the signs mean."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from eval.measure import BeliefSummary, Comparison, Interval
from eval.play import Cell, Tally
from eval.results import open_run, stored_cells
from eval.show.tables import (
    Marks,
    belief_table,
    close_cells,
    cross_play_table,
    excess_table,
    markdown,
    overall_table,
    paper_marks,
    strangers_table,
)
from eval.studies import PaperCell, excesses
from eval.studies.paper import pairings, published
from eval.studies.strangers import judge
from eval.sweeps import Execution, Sweep, cross_plays
from eval.tasks import make_task

MODEL = "llm:openai/scripted"
SOUND, LAME = Tally(100), Tally(100, 50, 0, 0)


def _crossplay(*cells):
    task = make_task("memory-1")
    return markdown(cross_play_table(task, [cell.partner for cell in cells], [list(cells)]))


def test_what_was_not_counted_is_told_as_unknown_and_not_as_none():
    unknown = Cell(MODEL, "tom-0", (1.0, 2.0), Tally(100, 0, None, None))
    some = Cell(MODEL, "tom-1", (1.0, 2.0), Tally(100, 3, None, None))
    none = Cell(MODEL, "tom-2", (1.0, 2.0), Tally(100))
    written = _crossplay(unknown, some, none)
    assert "| 1.50 ± 0.50 (0/?/? %) | 1.50 ± 0.50 (3/?/? %) | 1.50 ± 0.50 |" in written
    assert "none where there are no brackets; ? was not counted when the file was written." in written
    assert "? was not counted" in _crossplay(unknown)
    assert "%" not in _crossplay(none)


def test_in_files_of_before_nothing_is_unknown_where_no_model_plays(tmp_path):
    file = tmp_path / "r.sqlite"
    sweep = Sweep((("memory-1", ("tom-1",), ("tom-0",)),), 2, seed=0)
    with open_run(file, sweep.configuration()) as run:
        cross_plays(sweep, Execution(run=run))
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        for column in ("decisions", "repaired", "truncated"):
            connection.execute(f"ALTER TABLE episodes DROP COLUMN {column}")
        connection.execute("PRAGMA user_version=2")
    (((cell,),),) = stored_cells(file).values()
    assert cell.tally == Tally(60)
    assert "%" not in _crossplay(cell)


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ([MODEL], "in % of language models' decisions; none"),
        (["tom-1"], "in % of the decisions; none"),
        ([MODEL, "tom-1"], "in % of language models' decisions, or of all players' where no model plays; "),
    ],
)
def test_the_footnote_says_whose_decisions_are_counted(agents, told):
    marks = Marks({(agent, "tom-0"): LAME for agent in agents})
    assert told in marks.footnote
    also = Marks({**marks.tallies, ("tom-2", "tom-0"): SOUND, (MODEL, "tom-2"): SOUND})
    assert told in also.footnote, "who has no brackets is none of its business"


def test_beliefs_have_the_footnote_of_those_that_are_shown():
    held = [BeliefSummary(task, "llm:m@bayes", "tom-0", *[None] * 5) for task in ("memory-1", "game-2")]
    marks = {
        "memory-1": Marks({("llm:m@bayes", "tom-0"): LAME, ("tom-1", "tom-0"): LAME}),
        "game-2": Marks({("llm:m@bayes", "tom-0"): SOUND}),
    }
    written = markdown(belief_table(held, marks))
    assert "| memory-1 | llm:m@bayes | tom-0 (50/0/0 %) † |" in written
    assert "| game-2 | llm:m@bayes | tom-0 |" in written
    assert written.rstrip().endswith("no result of these players: llm:m@bayes with tom-0 on memory-1 50 %.")
    assert "†" not in markdown(belief_table(held))


def _excesses(lame):
    cells = [
        PaperCell(
            table, column, agent, partner, 0.0, 10.0, 1.0, 3, published(agent, partner, column),
            LAME if (agent, partner, column) == lame else SOUND,
        )
        for column in ("memory-1", "game-2")
        for table, agent, partner in pairings()
    ]  # fmt: skip
    written = markdown(excess_table(excesses(cells), paper_marks(cells, 0.05)))
    rows = {line.split(" | ")[0].strip("| "): line for line in written.splitlines() if "±" in line}
    return rows, written


def test_what_is_beyond_aligned_orders_is_marked_where_either_is():
    rows, written = _excesses(("bayes", "tom-1", "memory-1"))
    assert (rows["memory-1"].count("†"), rows["game-2"].count("†")) == (1, 0)
    assert "no result of these players: bayes with tom-1 on memory-1 50 %." in written
    rows, _ = _excesses(("tom-1", "tom-2", "game-2"))
    assert (rows["memory-1"].count("†"), rows["game-2"].count("†")) == (0, 4)
    _, written = _excesses(("ftl", "tom-1", "memory-1"))
    assert "†" not in written, "nothing here is drawn from ours of the paper's algorithms"


SCORES = {
    "bayes": 44.0, "tom-0": 30.0, "tom-1": 45.0, "tom-2": 10.0, "tom-3": 1.0, "frequency": 20.0,
    "markov-predictor": 2.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("lame", "signs"),
    [("bayes", (1, 0, 0)), ("tom-1", (0, 1, 0)), ("frequency", (0, 0, 1)), ("tom-2", (0, 0, 0))],
)
def test_verdicts_beside_strangers_are_marked_where_a_score_behind_them_is(lame, signs):
    cells = [
        [Cell(player, "repeat", (own, own + 1.0), LAME if player == lame else SOUND)]
        for player, own in SCORES.items()
    ]
    found = judge(Sweep((("memory-1", tuple(SCORES), ("repeat",)),), 2, 0), [cells], ("bayes",))
    marks = Marks.of(cell for row in cells for cell in row)
    written = markdown(strangers_table(make_task("memory-1"), found.cells, 2, marks))
    row = next(line for line in written.splitlines() if line.startswith("| repeat")).split(" | ")
    verdict = any(signs)
    assert tuple(cell.count("†") for cell in row[2:5]) == signs
    assert ["†" in cell for cell in row[5:]] == [verdict, verdict]
    close, _ = close_cells(found, Marks.over({"memory-1": marks}))
    assert close.endswith("memory-1 (repeat †)" if verdict else "memory-1 (repeat)")


def test_the_mean_over_cells_is_marked_where_one_of_them_is():
    at = Interval(0.1, 0.0, 0.2, 0.95)
    overall = [Comparison("bayes", order, "all", at, 0.1, 0.2) for order in ("tom-0", "tom-1")]
    by_task = {
        "memory-1": Marks({("bayes", "repeat"): SOUND, ("tom-1", "repeat"): LAME}),
        "game-2": Marks({("bayes", "repeat"): SOUND, ("frequency", "repeat"): LAME}),
    }
    written = markdown(overall_table(overall, 2, Marks.over(by_task)))
    first, second = (line for line in written.splitlines() if line.startswith("| bayes"))
    assert "†" not in first
    assert "† |" in second
    assert "tom-1 with repeat on memory-1 50 %." in written
    assert "frequency" not in written
