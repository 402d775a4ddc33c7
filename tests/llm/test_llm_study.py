"""The study of language models: who plays, what a decision costs, what differences come to."""

import json
import re

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.modelserver import Faults
from eval.play import Cell
from eval.show.tables import Marks, markdown
from eval.show.tables.language_models import study_table
from eval.studies.language_models import (
    OWN,
    VOTES,
    WAYS,
    Row,
    equal_votes,
    gains,
    matrices,
    references,
    verdicts,
)
from eval.sweeps import ModelSettings, Sweep
from eval.tasks import make_task

MODEL = "openai/scripted"


@pytest.fixture
def study(monkeypatch, tmp_path):
    """The command, with a server in the environment, and what it wrote."""

    def called(server, *further):
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        file = tmp_path / "study.json"
        command = ["llm-study", "--models", MODEL, "--task", "memory-1", "--yes", "--json", str(file)]
        command += ["--temperature", "0", "--markdown", str(tmp_path / "study.md")]
        command += ["--results", str(tmp_path / "r.db"), *further]
        done = CliRunner().invoke(app, command)
        return done, json.loads(file.read_text()) if file.exists() else None

    called.folder = tmp_path
    return called


def row(way, *scores, partner="tom-0", tokens=None, model=MODEL):
    return Row(
        "memory-1", model, way, way, (Cell(way, partner, tuple(map(float, scores))),), 1.0, tokens, 1.0
    )


def test_a_gate_needs_payoffs_and_a_convention_seats():
    (name, players, _), = matrices(["memory-1"], MODEL, ["tom-0"])  # fmt: skip
    assert name == "memory-1"
    assert players == (*(f"llm:{MODEL}{mode}" for mode in WAYS.values()), "random", "by-seat", "bayes")
    ((_, players, _),) = matrices(["game-1"], MODEL, ["tom-0"])
    models = [f"llm:{MODEL}{mode}" for mode in ("", "@prompt-only", "@recommend-only")]
    assert players == (*models, "random", "convention", "bayes")
    assert set(references(make_task("tickets-3-3")).values()) == {"random", "by-seat", "bayes"}
    with pytest.raises(ValueError, match="models play bare"):
        matrices(["memory-1"], MODEL, ["tom-0"], ["shouted"])


def test_differences_are_paired_and_signed():
    rows = [row("bare", 10, 20, 30, 40), row("told", 12, 23, 31, 42), row("a coin", 50, 50, 50, 50, model="")]
    found = {(gain.way, gain.than): gain for gain in gains(make_task("memory-1"), rows)}
    assert found["told", "bare"].difference.estimate == pytest.approx(2.0)
    assert found["told", "bare"].difference.low == pytest.approx(2.0 - 3.182446 * 0.8164966 / 2.0, abs=1e-4)
    assert found["told", "bare"].verdict == "better"
    assert found["bare", "a coin"].verdict == "worse"
    assert "told less bare: better in 1 of 1 cells" in " ".join(verdicts(found.values()))


def test_where_fewer_is_better_the_sign_turns():
    rows = [row("bare", 10, 11, 12), row("told", 8, 9, 9)]
    (gain,) = gains(make_task("game-1"), rows)
    assert gain.difference.estimate == pytest.approx(7 / 3)


@pytest.mark.parametrize(("episodes", "verdict"), [(5, "undecided"), (6, "better")])
def test_the_same_difference_in_every_episode_is_a_matter_of_signs(episodes, verdict):
    """All of five signs alike happen by chance in 6 % of cases, all of six in 3 %."""
    rows = [row("bare", *[0.0] * episodes), row("told", *[75.0] * episodes)]
    (gain,) = gains(make_task("memory-1"), rows)
    assert gain.verdict == verdict


def test_votes_cost_what_own_hypotheses_do():
    assert equal_votes([row("bare", 1, 2, tokens=300.0), row(OWN, 1, 2, tokens=1001.0)]) == 4
    assert equal_votes([row("bare", 1, 2, tokens=0.0), row(OWN, 1, 2, tokens=1001.0)]) is None
    assert equal_votes([row("bare", 1, 2, tokens=300.0)]) is None


def test_the_command_plays_every_way_and_says_what_it_comes_to(server, study):
    done, found = study(server, "--episodes", "2", "--partners", "tom-0,self", "--ways", "bare,told,gated")
    assert done.exit_code in (0, 3), done.output
    by_way = {row["way"]: row for row in found["rows"]}
    assert set(by_way) == {"bare", "told", "gated", "a coin", "a convention", "belief", OWN, VOTES}
    assert [cell["partner"] for cell in by_way["bare"]["cells"]] == ["tom-0", "self"]
    assert [cell["partner"] for cell in by_way[OWN]["cells"]] == ["tom-0"]
    assert by_way["bare"]["calls"] == pytest.approx(1.0)
    assert by_way["told"]["tokens"] > by_way["bare"]["tokens"] > 100
    votes = int(re.search(r"@vote-(\d+)", by_way[VOTES]["agent"])[1])
    assert votes == -(-by_way[OWN]["tokens"] // by_way["bare"]["tokens"])
    assert by_way["a coin"]["tokens"] is None
    assert found["n"] == 2
    assert found["versions"]["litellm"]
    # told what ToM-0 does, the scripted model answers it; bare it does the same as ToM-0 for ever
    assert by_way["told"]["cells"][0]["scores"] > [60.0, 60.0]
    assert by_way["bare"]["cells"][0]["scores"] == [0.0, 0.0]
    assert "told less bare" in done.output


def test_a_model_without_answers_is_marked_and_ends_with_another_status(serve, study):
    server = serve(faults=Faults({"illegal": 1.0}))
    done, found = study(server, "--episodes", "2", "--partners", "tom-0", "--ways", "bare", "--no-own")
    assert done.exit_code == 3
    bare = next(row for row in found["rows"] if row["way"] == "bare")
    assert bare["cells"][0]["degraded"] == 1.0
    assert bare["cells"][0]["marked"]
    assert {gain["verdict"] for gain in found["gains"]} == {"no result"}
    said = (study.folder / "study.md").read_text()
    assert "bare less a coin: better in 0 of 1 cells, no result in 1" in said
    assert "no result of these players" in " ".join(done.output.split())


def test_what_is_marked_is_a_matter_of_the_limit(serve, study):
    server = serve(faults=Faults({"illegal": 1.0}))
    done, found = study(
        server, "--episodes", "2", "--partners", "tom-0", "--ways", "bare", "--no-own", "--max-degraded", "1"
    )
    assert done.exit_code == 0
    assert not any(cell["marked"] for row in found["rows"] for cell in row["cells"])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [(["--task", "memory-2"], "no task 'memory-2'"), (["--ways", "shouted"], "models play bare")],
)
def test_what_is_misspelled_is_said_before_a_model_is_loaded(wrong, says, monkeypatch):
    monkeypatch.setattr("eval.cli.served.LocalModel", None)  # which would fail otherwise
    done = CliRunner().invoke(app, ["llm-study", "--models", "packaged", *wrong])
    assert says in str(done.exception)


def test_a_model_that_may_cost_money_needs_a_file(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    done = CliRunner().invoke(app, ["llm-study", "--models", MODEL, "--task", "memory-1", "--yes"])
    assert "--results" in str(done.exception)
    assert server.requests == 0


def beside(model, partner, *scores):
    agent = f"llm:openai/{model}" if model else "random"
    title = (f"openai/{model}", "bare") if model else ("", "a coin")
    return Row("memory-1", *title, agent, (Cell(agent, f"llm:openai/{partner}", scores),))


def test_another_model_has_a_column_of_its_name():
    rows = [
        beside("a", "b", 5.0, 6.0),
        beside("b", "a", 50.0, 51.0),
        beside("", "b", 1.0, 2.0),
        beside("", "a", 3.0, 4.0),
    ]
    table = markdown(study_table(make_task("memory-1"), rows, 2, Marks()))
    coin, a, b = [line.split("|") for line in table.splitlines() if "[" in line and not line.startswith("**")]
    assert "| b | a |" in table
    assert (coin[3].split()[0], coin[4].split()[0]) == ("1.50", "3.50")
    assert (a[3].split()[0], a[4].strip()) == ("5.50", "")
    assert (b[3].strip(), b[4].split()[0]) == ("", "50.50")


def test_results_of_other_weights_are_another_run():
    matrix = ("memory-1", ("llm:openai/m",), ("tom-0",))
    one, other = (
        Sweep((matrix,), 2, 0, models=ModelSettings(weights={"openai/m": sha})).configuration()
        for sha in ("aa", "bb")
    )
    assert one != other


def test_bad_questions_are_refused_before_anything_is_asked(server, study):
    done, _ = study(server, "--episodes", "1")
    assert "at least two episodes" in str(done.exception)
    done, _ = study(server, "--partners", "other")
    assert "there is only one" in str(done.exception)
    assert server.requests == 0
