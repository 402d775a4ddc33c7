"""Names are data on every surface: markup, escape sequences, formulas and odd letters change nothing."""

import csv
import io
import json

import duckdb
import pytest
from rich.console import Console

from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
from eval.results.export import _cell
from eval.show.console import Table, as_data

NAMES = (
    "[red]", "[/]", "[/red]", "[link=http://x]a[/link]", "\x1b[31mred", "\x9b31m", "\x1b]8;;http://x\x07a",
    "a\u202eb",
    "a,b", 'a"b', "a\nb", "a\rb", "\u05d0\u05d1", "=1+1", "+1", "-1", "@x", "\tx", "\rx", "a" * 2_000,
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_table_shows_a_name_and_obeys_nothing(name):
    table = Table(title=f"title {name}")
    table.add_column(name)
    table.add_row(name)
    seen = io.StringIO()
    Console(file=seen, force_terminal=True, color_system="truecolor", width=5_000).print(table)
    plain = io.StringIO()
    Console(file=plain, width=5_000).print(table)
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(plain.getvalue())
    assert "\x1b[31" not in seen.getvalue()
    assert "\x1b]8" not in seen.getvalue()
    if "\n" not in name and "\t" not in name:
        assert str(as_data(name)) in plain.getvalue()


def test_a_spreadsheet_takes_no_name_for_a_formula(tmp_path):
    """By the expression that exports use, in DuckDB; names come back as they were."""
    target = tmp_path / "names.csv"
    with duckdb.connect() as database:
        database.execute("CREATE TABLE names (place BIGINT, name VARCHAR)")
        database.executemany("INSERT INTO names VALUES (?, ?)", list(enumerate(NAMES)))
        database.execute(
            f"COPY (SELECT place, {_cell('name', 'VARCHAR', 'csv')} FROM names ORDER BY place) "  # noqa: S608
            f"TO '{target}' (FORMAT csv, HEADER)"
        )
    with target.open(newline="", encoding="utf-8") as lines:
        found = [row[1] for row in list(csv.reader(lines))[1:]]
    assert len(found) == len(NAMES)
    assert not [name for name in found if name[:1] in {*"=+-@\t\r"}]
    assert [name.removeprefix("'") for name in found] == list(NAMES)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_players_and_actions_may_be_called_anything(name):
    agent = AdaptiveAgent(name, NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
    other = f"{name}2"
    situation = Situation({name: (name, "B"), other: (name, "B")})
    decision, memory = agent.decide(situation, agent.start([other]))
    memory = agent.observe(json.loads(json.dumps(memory)), situation, {other: name})
    assert decision.action in (name, "B")
    assert set(agent.decide(situation, memory)[0].partners) == {other}
