"""The nine graphs do what docs/fits.md says of them, beside every partner by itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SEEDS = 2


@pytest.fixture(scope="module")
def examples():
    """The modules of the examples, which import each other as scripts do."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import nine_graphs  # noqa: PLC0415

        yield nine_graphs
    finally:
        sys.path.remove(str(EXAMPLES))


@pytest.fixture(scope="module")
def played(examples):
    """Graph -> partner -> way -> episodes."""
    return {
        # two coding agents that are alike part at once in most runs, whatever they are
        title: numbers(2 * SEEDS if title.startswith("5") else SEEDS)
        for title, numbers in examples.GRAPHS.items()
    }


@pytest.fixture(scope="module")
def table(examples, played):
    """Graph -> partner -> way -> mean number of rounds that went wrong."""
    return {
        title: {
            partner: {way: examples.summary({partner: by_way}, way).wrong for way in by_way}
            for partner, by_way in numbers.items()
        }
        for title, numbers in played.items()
    }


def mean(by_partner, way):
    return sum(by_way[way] for by_way in by_partner.values()) / len(by_partner)


def test_there_are_nine(table):
    assert sorted({int(title.split()[0]) for title in table}) == list(range(1, 10))


def test_a_follower_that_sees_needs_no_theory_of_mind(table):
    """0 of 20 beside leaders of orders 0, 1 and 2, with the node and without it."""
    seen = table["2 in turn, the leader is seen"]
    assert list(seen) == ["order 0", "order 1", "order 2", "chance"]
    for by_way in seen.values():
        assert by_way["bare"] == by_way["ours"] == 0
    assert seen["chance"]["not told"] > 5  # the drop-in as it stands in the README


def test_a_follower_that_has_to_anticipate_is_helped(table):
    anticipated = table["2 in turn, and a colleague at once"]
    assert mean(anticipated, "bare") > 13
    assert mean(anticipated, "ours") < 1.5
    for order in ("order 0", "order 2"):
        assert (anticipated[order]["bare"], anticipated[order]["ours"] < 2) == (20, True)


def test_ours_is_ahead_of_the_coin_and_of_bare_agents_over_all_partners(table):
    for title, by_partner in table.items():
        assert mean(by_partner, "ours") < mean(by_partner, "coin"), title
        assert mean(by_partner, "ours") <= mean(by_partner, "bare"), title


def test_ours_is_beside_no_partner_much_worse_than_anything_else_that_knows_as_little(table):
    """What learning costs beside a partner whom a bare agent suits by chance: three rounds of twenty."""
    for title, by_partner in table.items():
        for partner, by_way in by_partner.items():
            assert by_way["ours"] <= by_way["bare"] + 3, (title, partner)
            assert by_way["ours"] <= by_way["coin"] + 1, (title, partner)


def test_where_a_convention_does_better_the_table_says_so(table):
    """Where all seats are yours, and agreed on what is whose, nothing goes wrong and nothing is learned."""
    for title in ("1 two at once", "5 two coding agents", "9 functional API"):
        assert table[title]["its like"]["convention"] == 0
    assert mean(table["8 Send fan-out, five agents"], "convention") == 0
    assert mean(table["8 Send fan-out, five agents"], "ours") > 0
    for title in ("1 two at once", "7 human approval inside"):  # and one that the other does not know
        assert table[title]["order 1"]["convention"] == 20


def test_what_the_page_warns_of(table):
    """Habits of alike agents, a model in a crowd, and periods that habits do not see."""
    alike = table["5 two coding agents"]["its like"]
    assert alike["ours"] < alike["default"]
    crowd = table["8 Send fan-out, five agents"]["five of a kind"]
    assert crowd["ours"] + 5 < crowd["model inside"]
    assert table["4 swarm of two"]["two busy, one free"]["ours"] > 5


def test_a_model_inside_is_called_once_a_round(examples, played):
    """Approved or not, paused or not, as often as the bare agent's; in a crowd no model acts."""
    for title, numbers in played.items():
        bare, ours = (examples.summary(numbers, way) for way in ("bare", "ours"))
        if title.startswith("8"):
            assert (bare.calls, ours.calls, ours.tokens) == (100, 0, 0)
        else:
            assert bare.calls == ours.calls == 20, title


def test_the_page_has_the_numbers_that_the_command_prints(examples, monkeypatch, capsys):
    """The cheapest of the rows in full, and the titles and ways of all; ``make results`` plays all rows."""
    page = (ROOT / "docs" / "fits.md").read_text()
    played = {title: examples.GRAPHS[title] for title in ("3 supervisor, accept or hand back",)}
    titles = re.findall(r"^\| (\d [^|]+?) \|", page, re.MULTILINE)
    assert titles == list(examples.GRAPHS)
    monkeypatch.setattr(examples, "GRAPHS", played)
    monkeypatch.setattr(sys, "argv", ["nine_graphs.py", "--markdown"])
    examples.main()
    for line in capsys.readouterr().out.splitlines():
        assert line in page


def test_the_command_runs_by_itself():
    done = subprocess.run(
        [sys.executable, EXAMPLES / "nine_graphs.py", "--help"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "--seeds" in done.stdout


def test_the_table_is_shown_at_the_terminal(examples, monkeypatch, capsys):
    monkeypatch.setattr(examples, "GRAPHS", {"1 two at once": examples.at_once.numbers})
    monkeypatch.setattr(sys, "argv", ["nine_graphs.py", "--seeds", "1"])
    examples.main()
    assert "two at" in capsys.readouterr().out


def test_a_person_who_objects_has_the_last_word(examples):
    """The wrapped agent does what the person says instead, once asked and once paused."""
    approval = examples.approval
    model = approval.ScriptedModel()
    builder = StateGraph(approval.Deployment)
    approval.add_ann(builder, "ours", model, 0)
    graph = builder.add_edge(START, "ann").compile(checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    start = {"number": 0, "ann": "blue", "ben": "blue", "clashes": []}
    (paused,) = graph.invoke(start, thread)["__interrupt__"]
    other = next(server for server in approval.SERVERS if server != paused.value["approve"])
    assert graph.invoke(Command(resume=other), thread)["ann"] == other
    assert len(model.spent) == 1
