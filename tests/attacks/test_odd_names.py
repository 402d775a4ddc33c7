"""Names are data on every surface: markup, escape sequences, formulas and odd letters change nothing."""

import csv
import io
import json
import math

import duckdb
import pytest
from langgraph.store.memory import InMemoryStore
from rich.console import Console

from atom import AdaptiveAgent, BeliefMemory, NormalFormReasoner, Situation, symmetric_payoffs
from atom.belief import sound
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


def test_an_item_of_a_store_that_is_damaged_stops_nobody(caplog):
    """Every number and key of it in turn, also what was there beside it."""
    sound.forget_said()
    agent = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
    situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")})
    for odd in (
        {"log": None}, {"log": {"0": [math.nan] * 5}}, {"observations": -1}, {"observations": math.inf},
        {"log": {"0": [1.0]}}, {"at": "x"}, {"log": {"0": [78.0] * 5}},
    ):  # fmt: skip
        store, beliefs = InMemoryStore(), BeliefMemory("game", half_life=None)
        memory = {**beliefs.before(store, agent, agent.start(["ben"])), "writer": "w"}
        for _ in range(3):
            _, memory = agent.decide(situation, memory)
            memory = agent.observe(memory, situation, {"ben": "A"})
        found = list(store.search((), limit=100))
        namespace = found[0].namespace if found else None
        if namespace is not None:
            store.put(namespace, "odd", {"version": 1, "observations": 3, "log": {}, **odd})
        after = beliefs.before(store, agent, agent.start(["ben"]))
        belief = agent.posterior(after, "ben")
        assert all(0.0 <= p <= 1.0 for p in belief.values())
