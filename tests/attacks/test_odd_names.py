"""Names are data on every surface: markup, escape sequences, formulas and odd letters change nothing."""

import csv
import io
import json
import math
import re
import threading
import warnings
from pathlib import Path
from urllib.request import urlopen

import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner

from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
from eval.cli import app
from eval.coding.summary import Success
from eval.coding.tables import net_table, success_table
from eval.coding.tasks import FAILURES
from eval.measure import Interval
from eval.people.matches import AGENTS, Beaten
from eval.people.tables import beaten_table
from eval.results import stored_episodes, stored_tasks
from eval.results.export import _cell
from eval.show.console import DataConsole, Table, as_data, note, progress_bar, working
from eval.show.explorer import Explorer, serve
from eval.show.tables import markdown

ROOT = Path(__file__).parents[2]

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


HOSTILE = [
    "[red]A[/red]",
    "[/]",
    "\x1b[31mred",
    "a\u202eb",
    'a,"b"',
    "=1+1",
    "'=1+1",
    "＝1+1",
    "$x^$",
    "</script><b>",
]


def shown_in_a_terminal(table):
    seen = io.StringIO()
    Console(file=seen, force_terminal=True, color_system="truecolor", width=2_000).print(table)
    return seen.getvalue()


def is_tame(text):
    return not any(sign in text for sign in ("\x1b[31", "\x1b]8", "\x9b", "\u202e", "\x07"))


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_tables_of_people_and_of_coding_obey_no_name(name):
    n = Interval(0.5, 0.4, 0.6)
    table = beaten_table([Beaten(name, 1, n, dict.fromkeys(AGENTS, n))], 3)
    whole = Success(
        agent=name, partner=name, naive=n, union=0.5, all_tasks=0.5, looks=0.5, net=0.5, degraded=0.25,
        failures=dict.fromkeys(FAILURES, 0), tasks=4, kept=1, broken=1, tests=True, reported=1, runs=2,
    )  # fmt: skip
    for one in (table, success_table([whole], name), net_table([whole], 0.1)):
        seen = shown_in_a_terminal(one)
        assert is_tame(seen)
        lines = markdown(one).splitlines()
        rows = [line for line in lines if line.startswith("|")]
        cells = {len(re.split(r"(?<!\\)\|", row)) for row in rows}
        assert len(cells) == 1, "a name begins no cell"


def test_nothing_but_the_console_makes_tables_or_consoles():
    """Rich reads markup in texts; ours do not."""
    for path in (ROOT / "eval").rglob("*.py"):
        if path.name != "console.py":
            text = path.read_text()
            assert "from rich.table" not in text, path
            assert "rich.markup" not in text, path
            assert "Console(" not in text, path


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_a_console_prints_a_name_and_obeys_nothing(name, capfd):
    seen = io.StringIO()
    console = DataConsole(file=seen, force_terminal=True, color_system="truecolor", width=5_000)
    console.print(name)
    console.print("x", name, style="bold")
    assert is_tame(seen.getvalue())
    with progress_bar(name, 2) as progress, working(name):
        progress()
    note(name)
    assert is_tame("".join(capfd.readouterr()))


@pytest.fixture(scope="module")
def odd_run(tmp_path_factory):
    """A game whose file and actions have odd names, played and stored."""
    folder = tmp_path_factory.mktemp("odd")
    game = folder / "[red]='\u202e$x^$ <b>.json"
    k = len(HOSTILE)
    payoffs = [[float(i != j) for j in range(k)] for i in range(k)]
    game.write_text(json.dumps({"payoffs": payoffs, "actions": HOSTILE, "symmetric": True, "rounds": 12}))
    results = folder / "results.sqlite"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = CliRunner().invoke(
            app,
            [
                "crossplay", "--task", f"matrix:{game}", "--agents", "bayes,random", "--partners", "self",
                "--episodes", "2", "--results", str(results),
            ],
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert is_tame(done.output)
    return results


def test_names_come_back_from_a_results_file_as_they_were(odd_run):
    episodes = list(stored_episodes(odd_run))
    assert len(episodes) == 4
    assert {action for one in episodes for step in one.steps for action in step["actions"].values()} <= {
        *HOSTILE
    }
    (task,) = stored_tasks(odd_run)
    assert "[red]='\u202e$x^$ <b>.json" in task


@pytest.mark.parametrize("command", [["statistics"], ["check"], ["digest"]], ids=" ".join)
def test_commands_show_names_and_obey_nothing(odd_run, command):
    done = CliRunner().invoke(app, [*command, str(odd_run)])
    assert is_tame(done.output), command
    assert done.exit_code == 0, done.output


def unapostrophed(cell):
    """As whoever reads an export takes the apostrophe off."""
    return cell[1:] if re.match(r"'+[-=+@\t\r\n＝＋－＠]", cell) else cell


def test_names_come_back_from_a_table_as_they_were(odd_run, tmp_path):
    done = CliRunner().invoke(
        app, ["export", str(odd_run), "--csv", str(tmp_path), "--parquet", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    with (tmp_path / "steps.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert not [
        cell
        for row in rows
        for cell in row.values()
        if cell[:1] in {*"=+-@\t\r＝＋－＠"} and not is_number(cell)
    ]
    wanted = [
        (one.task, player, action)
        for one in stored_episodes(odd_run)
        for step in one.steps
        for player, action in step["actions"].items()
    ]
    assert [(unapostrophed(r["task"]), r["player"], unapostrophed(r["action"])) for r in rows] == wanted
    assert len({action for *_, action in wanted}) > len(HOSTILE) - 3, "most are tried"
    found = duckdb.read_parquet(str(tmp_path / "steps.parquet")).select("task", "player", "action").fetchall()
    assert found == wanted


def is_number(cell):
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def test_a_report_shows_names_and_runs_none(odd_run, tmp_path):
    target = tmp_path / "report.html"
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*[Mm]ath")
        done = CliRunner().invoke(app, ["report", str(odd_run), "-o", str(target)])
    assert done.exit_code == 0, done.output
    page = target.read_text(encoding="utf-8")
    assert "</script><b>" not in page
    assert "<b>.json" not in page


def test_an_explorer_has_names_as_they_were(odd_run):
    with serve(Explorer([odd_run])) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            page = answer.read()
        server.shutdown()
        thread.join()
    assert b"</script><b>" not in page
