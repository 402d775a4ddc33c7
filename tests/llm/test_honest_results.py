"""Scores say how far models answered; what nobody can be asked for is said before the first episode."""

import contextlib
import csv
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from atom.llm import Sampling
from eval.cli import app
from eval.modelserver import Faults
from eval.play import Cell, Tally, Unit, play_unit
from eval.results import content_digest, export, open_run, stored_cells, stored_episodes
from eval.show.report.page import render
from eval.show.tables import Marks, cross_play_table, markdown
from eval.show.tables.marks import percent
from eval.sweeps import Execution, ModelUnavailableError, Sweep, cross_plays, estimate, outcomes_of
from eval.sweeps.reachable import check_names_and_keys, first_question
from eval.tasks import make_task
from partners import LLMBackend, SimplePartner, Traits, partner
from partners.registry import ZOO
from tests.llm.conftest import QUICK

MODEL = "openai/scripted"
SILENT = Faults({"illegal": 1.0})
"""A server that always answers, and never with an option."""


@pytest.fixture
def played(monkeypatch):
    """A command as a user gives it, with a server in the environment."""

    def called(server, *arguments, key="sk-planted-in-the-environment", answer=""):
        monkeypatch.setenv("OPENAI_API_BASE", server if isinstance(server, str) else server.url)
        if key is None:
            monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        else:
            monkeypatch.setenv("OPENAI_API_KEY", key)
        return CliRunner().invoke(app, list(map(str, arguments)), input=answer)

    return called


def _crossplay(*extra, model=MODEL, partners="tom-1"):
    return (
        "crossplay", "--task", "memory-1", "--agents", f"llm:{model}", "--partners", partners,
        "--episodes", "3", "--temperature", "0", "--yes", *extra,
    )  # fmt: skip


def _episodes(file):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT count(*) FROM episodes").fetchone()[0]


def _dead(serve):
    server = serve()
    server.close()
    return server.url


# Before the first episode


def test_a_model_of_no_provider_is_said_at_once(server, played, tmp_path):
    file = tmp_path / "r.sqlite"
    done = played(server, *_crossplay("--results", file, model="gpt-nonexistent"))
    assert isinstance(done.exception, ModelUnavailableError)
    assert "'gpt-nonexistent'" in str(done.exception)
    assert "PROVIDER/MODEL" in str(done.exception)
    assert server.requests == _episodes(file) == 0


@pytest.mark.parametrize(
    ("model", "variable"),
    [("openai/gpt-4o-mini", "OPENAI_API_KEY"), ("anthropic/claude-3-haiku-20240307", "ANTHROPIC_API_KEY")],
)
def test_a_missing_key_is_said_before_anybody_is_asked_to_pay(
    server, played, monkeypatch, tmp_path, model, variable
):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    file = tmp_path / "r.sqlite"
    done = played(server, *_crossplay("--results", file, model=model)[:-3], "--results", file, key=None)
    assert isinstance(done.exception, ModelUnavailableError)
    assert f"{model!r}" in str(done.exception)
    assert f"{variable} is not set" in str(done.exception)
    assert "Ask " not in done.output
    assert server.requests == _episodes(file) == 0


def test_an_empty_key_is_called_a_key(server, played):
    done = played(server, *_crossplay(), key="")
    assert isinstance(done.exception, ModelUnavailableError)
    assert "the key in OPENAI_API_KEY is missing or refused" in str(done.exception)
    assert server.requests == 0


def test_the_program_ends_with_status_2(server):
    environment = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    command = [sys.executable, "-m", "eval", *_crossplay()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "OPENAI_API_KEY is not set" in done.stderr
    assert "±" not in done.stdout


def test_keys_that_are_there_or_needed_by_nobody_are_not_asked_for(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    ours = ["ollama_chat/llama3.1", "hosted_vllm/any", "bedrock/anthropic.claude-v2", "azure/deployed"]
    check_names_and_keys({model: {} for model in ours})
    check_names_and_keys({MODEL: {"api_base": "http://127.0.0.1:1/v1"}})
    check_names_and_keys({MODEL: {"api_key": "none"}})
    with pytest.raises(ModelUnavailableError, match="OPENAI_API_KEY"):
        check_names_and_keys({MODEL: {}})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, "its server does not answer"),
        ({"faults": Faults({"unauthorized": 1.0})}, "the key in OPENAI_API_KEY is missing or refused"),
        ({"models": ["another"]}, "its server has no such model"),
    ],
)
def test_who_does_not_answer_ends_the_command_before_any_episode(serve, played, tmp_path, settings, words):
    file, transcripts = tmp_path / "r.sqlite", tmp_path / "transcripts"
    server = _dead(serve) if settings is None else serve(**settings)
    done = played(server, *_crossplay("--results", file, "--transcripts", transcripts))
    assert isinstance(done.exception, ModelUnavailableError)
    assert words in str(done.exception)
    assert f"{MODEL!r} cannot be asked" in str(done.exception)
    assert "planted" not in str(done.exception)
    # a server that may come back is asked as often as during episodes
    assert f"spent: {4 if settings is None else server.requests} calls" in done.output
    assert "0 decisions degraded" in done.output
    assert "±" not in done.output
    assert _episodes(file) == 0
    shown = CliRunner().invoke(app, ["statistics", str(file)])
    assert "has no episode yet" in str(shown.exception)
    assert not list(transcripts.rglob("*.jsonl"))


def test_the_first_question_is_asked_after_the_user_agrees_and_paid_for(server, played):
    assert played(server, *_crossplay()[:-1], answer="n\n").exit_code == 1
    assert server.requests == 0
    done = played(server, *_crossplay())
    assert done.exit_code == 0, done.output
    assert server.requests == 1 + 3 * 15
    assert f"spent: {server.requests} calls" in done.output


def test_a_question_that_is_refused_for_its_form_ends_nothing(server):
    """The scripted server does not read kitchens, and says so with status 400."""
    backend = LLMBackend(patience=QUICK, options={"api_base": server.url, "api_key": "none"})
    problem = first_question(MODEL, backend, make_task("overcooked"))
    assert server.requests == 1
    assert "cannot read the prompt" in problem
    assert first_question(MODEL, backend, make_task("memory-1")) == ""


# What tables, files and the exit status say


def test_what_no_model_answered_is_no_result(serve, played, tmp_path):
    """Every reply names no option: episodes are stored, and every place where the score stands says so."""
    file, out = tmp_path / "r.sqlite", tmp_path / "out.json"
    done = played(serve(faults=SILENT), *_crossplay("--results", file, "--json", out))
    assert done.exit_code == 3, done.output
    assert "(100/100/0 %) †" in done.output
    assert f"no result of these players: llm:{MODEL} with tom-1 100 %" in " ".join(done.output.split())
    found = json.loads(out.read_text())
    assert (found["degraded"], found["repaired"], found["truncated"]) == ([[1.0]], [[1.0]], [[0.0]])
    assert found["marked"] == [[True]]
    assert _episodes(file) == 3

    numbers = tmp_path / "statistics.json"
    shown = CliRunner().invoke(app, ["statistics", str(file), "--json", str(numbers)])
    assert shown.exit_code == 3
    assert "(100/100/0 %) †" in shown.output
    (agent,) = json.loads(numbers.read_text())["tasks"]["memory-1"]["agents"]
    assert agent["tallies"]["tom-1"]["degraded"] == 1.0
    assert agent["tallies"]["tom-1"]["marked"]

    page = render(file)
    assert "What models answered:" in page
    assert f"no result of these players: llm:{MODEL} with tom-1 100 %" in page
    assert "<td>100 %</td>" in page

    export(file, tmp_path / "tables", "csv")
    rows = (tmp_path / "tables" / "episodes.csv").read_text().splitlines()
    heading, *_ = written = list(csv.reader(rows))
    row = dict(zip(heading, written[1], strict=True))
    assert [row[name] for name in ("decisions", "degraded", "repaired", "truncated")] == [
        "15",
        "15",
        "15",
        "0",
    ]
    (first, *_) = stored_episodes(file)
    assert first.tally == Tally(15, 15, 15, 0)


def test_a_larger_share_may_be_allowed_and_is_still_told(serve, played):
    done = played(serve(faults=SILENT), *_crossplay("--max-degraded", 1))
    assert done.exit_code == 0, done.output
    assert "(100/100/0 %)" in done.output
    assert "†" not in done.output


def test_a_few_broken_replies_are_told_and_no_reason_to_fail(serve, played, tmp_path):
    """5 % no JSON are sent again, 5 % without an option asked for again: no decision is degraded."""
    out, file = tmp_path / "out.json", tmp_path / "r.sqlite"
    server = serve(faults=Faults({"garbage": 0.05, "illegal": 0.05}))
    asked = _crossplay("--json", out, "--results", file, "--episodes", 6, partners="tom-0")
    done = played(server, *asked)
    assert done.exit_code == 0, done.output
    assert server.fault_counts["garbage"] >= 1
    found = json.loads(out.read_text())
    ((degraded,),), ((repaired,),) = found["degraded"], found["repaired"]
    assert degraded <= 0.05
    assert repaired >= degraded
    assert found["marked"] == [[False]]
    assert repaired > 0
    told = f"({percent(degraded)}/{percent(repaired)}/0 %)"
    assert told in done.output
    assert told in CliRunner().invoke(app, ["statistics", str(file)]).output
    page = render(file)
    assert f"<td>{percent(repaired)} %</td>" in page
    assert "†" not in page


COMMANDS = {
    "compare": ("--task", "memory-1", "--agents", f"llm:{MODEL}", "--against", "tom-1", "--partners", "tom-0",
                "--episodes", "2", "--yes"),
    "paper": ("--agent", f"llm:{MODEL}", "--columns", "memory-1", "--episodes", "1", "--yes"),
    "equal-tokens": ("--model", MODEL, "--task", "memory-1", "--partners", "tom-0", "--episodes", "2",
                     "--yes"),
    "strangers": ("--task", "memory-1", "--agents", f"llm:{MODEL}", "--partners", "constant:0",
                  "--episodes", "2"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_plays_models_ends_so(command, serve, played, tmp_path):
    out = tmp_path / "out.json"
    done = played(serve(faults=SILENT), command, *COMMANDS[command], "--json", out, answer="y\n")
    assert done.exit_code == 3, (done.output, done.exception)
    assert "†" in done.output
    assert '"marked": true' in out.read_text()


def test_markdown_has_the_sign_and_the_footnote():
    cells = [
        Cell("a", "b", (1.0, 2.0), Tally(1000, 51, 3, 1)),
        Cell("a", "c", (1.0, 2.0), Tally(1000, 50, 0, 0)),
    ]
    written = markdown(cross_play_table(make_task("memory-1"), ["b", "c"], [cells]))
    assert "| 1.50 ± 0.50 (5.1/0.3/0.1 %) † | 1.50 ± 0.50 (5/0/0 %) |" in written
    assert "† more than 5 %" in written
    assert written.rstrip().endswith("a with b 5.1 %.")
    clean = [replace(cell, tally=Tally(1000)) for cell in cells]
    assert "%" not in markdown(cross_play_table(make_task("memory-1"), ["b", "c"], [clean]))


def test_shares_are_never_rounded_to_none_or_all():
    assert [percent(share) for share in (0.0, 1e-5, 0.0333, 0.99999, 1.0, None)] == [
        "0", "<0.1", "3.3", "99.9", "100", "?",
    ]  # fmt: skip
    assert Marks({("a", "b"): Tally(10, 1, None, None)}).after(("a", "b")) == " (10/?/? %) †"
    assert not Tally(10, 10).exceeds(1.0)


@pytest.mark.parametrize("runtime", ["plain", "langgraph"])
@pytest.mark.parametrize("detailed", [True, False])
def test_players_that_are_no_models_count_where_they_are_degraded(runtime, detailed):
    @partner("limping", source="a test", traits=Traits(stochastic=False, adaptive=False))
    class Limping(SimplePartner):
        """Takes its first action, and says that it had no better one every third time."""

        def choose(self, situation, memory, rng):
            return situation.legal(self.me)[0], memory

        def decide(self, situation, memory):
            decision, memory = super().decide(situation, memory)
            limps = len(situation.history) % 3 == 0
            return (replace(decision, degraded=("no better one",)) if limps else decision), memory

        async def adecide(self, situation, memory):
            return self.decide(situation, memory)

    try:
        unit = Unit("memory-1", "tom-1", "limping", 0, seed=0, runtime=runtime)
        result = play_unit(unit, detailed=detailed)
    finally:
        del ZOO["limping"]
    assert result.tally.degraded >= 1
    assert result.tally.decisions == 2 * 15
    assert result.tally.exceeds(0.05)


# Resumption


def test_episodes_that_no_model_answered_are_played_again(serve, played, tmp_path):
    file = tmp_path / "r.sqlite"
    arguments = _crossplay("--results", file)
    assert played(serve(faults=SILENT), *arguments).exit_code == 3
    sound = serve()
    again = played(sound, *arguments)
    assert again.exit_code == 0, again.output
    said = " ".join(again.output.split())
    assert (
        "3 episodes of before, in which every decision of a language model was degraded, are played" in said
    )
    assert "†" not in again.output
    assert sound.requests == 1 + 3 * 15
    assert [episode.tally.degraded for episode in stored_episodes(file)] == [0, 0, 0]
    asked = sound.requests
    done = played(sound, *arguments)
    assert (done.exit_code, sound.requests) == (0, asked)
    assert "of before" not in done.output


def test_and_those_of_transcripts(serve, played, tmp_path):
    arguments = _crossplay("--transcripts", tmp_path / "transcripts")
    assert played(serve(faults=SILENT), *arguments).exit_code == 3
    sound = serve()
    again = played(sound, *arguments)
    assert again.exit_code == 0, again.output
    assert "3 episodes of before" in again.output
    asked = sound.requests
    assert asked == 1 + 3 * 15
    done = played(sound, *arguments)
    assert (done.exit_code, sound.requests) == (0, asked)


def test_transcripts_that_are_found_tell_their_shares(serve, played, tmp_path):
    """Most decisions of such a model are degraded, not all of them; they stand, and are marked again."""
    arguments = _crossplay("--transcripts", tmp_path / "transcripts")
    server = serve(faults=Faults({"illegal": 0.6}))
    first = played(server, *arguments)
    assert first.exit_code == 3, first.output
    asked = server.requests
    again = played(server, *arguments)
    assert (again.exit_code, server.requests) == (3, asked)
    row = next(line for line in first.output.splitlines() if "│" in line and "†" in line)
    assert row in again.output.splitlines()


def test_a_good_episode_is_never_replaced(tmp_path):
    file = tmp_path / "r.sqlite"
    sweep = Sweep((("memory-1", ("tom-1",), ("tom-0",)),), 1, seed=0)
    with open_run(file, sweep.configuration()) as run:
        cross_plays(sweep, Execution(run=run))
        run.add(replace(play_unit(sweep.units[0]), score=-1.0))
    (episode,) = stored_episodes(file)
    assert episode.score >= 0


# Files of before


def _aged(file):
    """The file as the release before this one wrote it."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        for column in ("decisions", "repaired", "truncated"):
            connection.execute(f"ALTER TABLE episodes DROP COLUMN {column}")
        for table in ("episodes", "runs", "sessions"):
            if "checksum" in {column[1] for column in connection.execute(f"PRAGMA table_info({table})")}:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
        connection.execute("DROP TABLE materials")
        connection.execute("PRAGMA user_version=2")


def test_files_of_before_are_read_and_continued(serve, played, tmp_path):
    file = tmp_path / "r.sqlite"
    arguments = _crossplay("--results", file, partners="tom-1,self")
    server = serve(faults=SILENT)
    assert played(server, *arguments).exit_code == 3
    digest, cells = content_digest(file), stored_cells(file)
    _aged(file)
    before = file.read_bytes()
    assert content_digest(file) == digest
    shares = [cell.tally.shares for row in stored_cells(file)["memory-1"] for cell in row]
    assert shares == [(1.0, None, None), (1.0, None, None)]
    assert "(100/?/? %) †" in CliRunner().invoke(app, ["statistics", str(file)]).output
    assert file.read_bytes() == before
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE episodes SET degraded = 1 WHERE partner = 'self'")
    again = played(server, *arguments)
    assert "3 episodes of before" in again.output
    ((beside, own),) = stored_cells(file)["memory-1"]
    assert beside == cells["memory-1"][0][0]
    assert own.tally == Tally(3 * 2 * 15, 3, None, None)


# The bound


def test_no_run_asks_more_often_than_the_bound_says(serve, played):
    """A model that never names an option: each form is tried, and each reply asked for again."""
    server = serve(faults=Faults({"over-long": 1.0}))
    task = make_task("memory-1")
    for mode in ("", "@tom-1", "@bayes", "@vote-2"):
        before = server.requests
        agent = f"llm:{MODEL}{mode}"
        bound = estimate(MODEL, Sampling(temperature=0.0), [(task, agent, "tom-1", 1)])
        done = played(
            server, "crossplay", "--task", "memory-1", "--agents", agent, "--partners", "tom-1",
            "--episodes", "1", "--temperature", "0", "--yes",
        )  # fmt: skip
        assert done.exit_code == 3, done.output
        assert f"at most {bound.most_calls:,} calls" in done.output
        assert "all repairs" in done.output
        assert bound.calls < server.requests - before <= bound.most_calls + 1


def test_outcomes_say_what_decisions_were_like(server):
    sweep = Sweep((("memory-1", ("tom-1",), ("tom-0",)),), 2, seed=0)
    assert [found.tally for found in outcomes_of(sweep.units).values()] == [Tally(30), Tally(30)]
