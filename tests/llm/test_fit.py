"""How a model should be told: situations whose best response is known, and what follows from the answers."""

import json

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.modelserver import Faults
from eval.studies.fit import WAYS, Answers, choose, fit, known_situations
from partners import LLMBackend
from tests.llm.conftest import GREEDY, QUICK

MODEL = "openai/scripted"


def backend(server):
    options = {"api_base": server.url, "api_key": "none"}
    return LLMBackend(sampling=GREEDY, patience=QUICK, memo=None, endpoints={MODEL: options})


def test_what_is_best_is_a_matter_of_the_payoffs():
    known = list(known_situations(["memory-1", "one-ahead-5", "stag-hunt"]))
    assert [(one.task, one.does, sorted(one.best)) for one in known] == [
        ("memory-1", "A", ["B"]),
        ("memory-1", "B", ["A"]),
        *[("one-ahead-5", a, sorted(("ABCDE"[i - 1], "ABCDE"[(i + 1) % 5]))) for i, a in enumerate("ABCDE")],
        ("stag-hunt", "stag", ["stag"]),
        ("stag-hunt", "hare", ["hare"]),
    ]
    told = known[0].prediction("told")
    assert (told.expected, told.recommended) == ({"player-2": {"A": 1.0}}, None)
    assert known[0].prediction("recommended").recommended == "B"
    assert not known[0].prediction("untold").partners


@pytest.mark.parametrize("task", ["game-1", "tickets-3-3", "volunteer-5"])
def test_only_games_of_two_with_known_payoffs(task):
    with pytest.raises(ValueError, match="no normal-form game of two players"):
        list(known_situations([task]))


def test_a_model_that_answers_what_it_is_told_is_told_so(server):
    known = list(known_situations(["memory-1", "one-ahead-5"]))
    found = fit(MODEL, backend(server), known)
    told = next(one for one in found.answers if one.way == "told")
    assert (told.best, told.none, told.asked) == (7, 0, 7)
    assert found.gate == "off"
    assert found.tell is not None
    assert found.chance == pytest.approx((2 * 0.5 + 5 * 0.4) / 7)
    assert server.requests == 3 * len(known)


def test_a_model_without_answers_needs_the_gate(serve):
    found = fit(MODEL, backend(serve(faults=Faults({"illegal": 1.0}))), list(known_situations(["memory-1"])))
    assert [(one.none, one.best, one.place) for one in found.answers] == [(2, 0, 0)] * 3
    assert (found.tell, found.gate) == (None, "override")
    assert found.reason == "no usable answer to 6 of 6 questions: it cannot be judged"


def answers(**best):
    return [Answers(way, 20, best[way], 0, 0.5, 1, 300.0) for way in WAYS]


@pytest.mark.parametrize(
    ("untold", "told", "recommended", "tell", "gate"),
    [
        (10, 20, 20, "recommendation", "off"),  # equal: the shorter way for the model
        (10, 20, 18, "text", "off"),
        (6, 11, 15, "recommendation", "override"),
        (10, 10, 12, None, "override"),  # two more may be chance
        (10, 10, 9, None, "override"),  # no better than untold, so it is not told
        (20, 20, 20, "recommendation", "off"),  # right whatever it is told
    ],
)
def test_what_follows_from_the_answers(untold, told, recommended, tell, gate):
    assert choose(answers(untold=untold, told=told, recommended=recommended))[:2] == (tell, gate)


def test_the_command_says_what_to_write(server, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    file = tmp_path / "fit.json"
    done = CliRunner().invoke(app, ["fit", MODEL, "--yes", "--task", "memory-1", "--json", str(file)])
    assert done.exit_code == 0, done.output
    assert "LLMActor(me" in done.output
    assert f"llm:{MODEL}@" in done.output
    found = json.loads(file.read_text())
    assert found["name"] == MODEL
    assert [one["way"] for one in found["answers"]] == list(WAYS)
    assert found["tell"] in ("text", "recommendation")


def test_a_dead_server_is_said_before_any_question(server, monkeypatch):
    server.close()
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    done = CliRunner().invoke(app, ["fit", MODEL, "--yes", "--task", "memory-1"])
    assert "cannot be asked" in str(done.exception)


def test_it_asks_before_it_asks_a_model_and_says_when_that_has_no_answers(serve, monkeypatch):
    server = serve(faults=Faults({"illegal": 1.0}))
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    command = ["fit", MODEL, "--task", "memory-1"]
    done = CliRunner().invoke(app, command, input="n\n")
    assert "6 short questions?" in done.output
    assert (done.exit_code, server.requests) == (1, 0)
    done = CliRunner().invoke(app, command, input="y\n")
    assert done.exit_code == 3
    assert "LLMActor" not in done.output
