"""Options of language models on the command line: what they do, where they are kept, and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from atom.llm import Sampling
from atom.models.findings import REASONING_TOKENS
from eval.cli import app
from eval.cli.options import DEGRADED_STATUS, model_options
from eval.modelserver import Faults
from eval.play import read_transcript
from eval.results import stored_episodes, stored_run
from eval.sweeps import estimate
from eval.tasks import make_task

MODEL = "openai/scripted"


def invoke(server, monkeypatch, *extra, agent=MODEL):
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-in-the-environment")
    asked = (
        "crossplay", "--task", "memory-1", "--agents", f"llm:{agent}", "--partners", "tom-0",
        "--episodes", "1", "--temperature", "0", "--yes",
    )  # fmt: skip
    return CliRunner().invoke(app, [*asked, *extra])


def decisions(directory):
    (file,) = directory.rglob("*.jsonl")
    return [r for r in read_transcript(file) if r["type"] == "decision" and r["seat"] == "player-1"]


def test_truncated_decisions_are_named_and_more_tokens_mend_them(serve, monkeypatch, tmp_path):
    """The model thinks for 30,000 tokens, more than it is given unless told otherwise."""
    server = serve(faults=Faults(modes=("reasoning",), thoughts=30_000), record=True)
    found = invoke(server, monkeypatch, "--transcripts", str(tmp_path / "few"))
    assert found.exit_code == DEGRADED_STATUS, found.output
    few = decisions(tmp_path / "few")
    assert len(few) == 15
    for decision in few:
        (sentence, *_) = decision["degraded"]
        assert "the reply was truncated within its thoughts at its limit of" in sentence
        assert "--model-option max_tokens=" in sentence
        assert decision["usage"]["truncated"] in (1, 2)
    found = invoke(
        server, monkeypatch, "--transcripts", str(tmp_path / "many"), "--model-option", "max_tokens=40000"
    )
    assert found.exit_code == 0, found.output
    many = decisions(tmp_path / "many")
    assert [decision["degraded"] for decision in many] == [[]] * 15
    assert {decision["usage"]["truncated"] for decision in many} == {0}
    assert {decision["usage"]["completion_tokens"] for decision in many} == {30_001}
    assert server.bodies[-1]["max_tokens"] == 40_000
    assert json.loads((tmp_path / "many" / "run.json").read_text())["options"] == {"max_tokens": 40_000}


def test_options_reach_every_request_and_are_part_of_the_run(server, monkeypatch, tmp_path):
    file = tmp_path / "results.sqlite"
    options = ("--model-option", "top_p=0.5", "--model-option", "stop=END", "--model-option", "seed=3")
    for agent in (MODEL, f"{MODEL}@tom-1"):
        found = invoke(
            server, monkeypatch, *options, "--results", str(tmp_path / f"{agent[-5:]}.sqlite"), agent=agent
        )
        assert found.exit_code == 0, found.output
    assert {(body["top_p"], body["stop"], body["seed"]) for body in server.bodies} == {(0.5, "END", 3)}
    assert invoke(server, monkeypatch, *options, "--results", str(file)).exit_code == 0
    configuration = stored_run(file).configuration
    assert configuration["models"]["options"] == {"top_p": 0.5, "stop": "END", "seed": 3}
    other = invoke(server, monkeypatch, *options[:2], "--results", str(file))
    assert "models" in str(other.exception)
    assert "stop" in str(other.exception)
    asked = server.requests
    assert invoke(server, monkeypatch, *options, "--results", str(file)).exit_code == 0
    assert server.requests == asked
    assert len(list(stored_episodes(file))) == 1


def test_without_options_the_configuration_is_as_before(server, monkeypatch, tmp_path):
    file = tmp_path / "results.sqlite"
    assert invoke(server, monkeypatch, "--results", str(file)).exit_code == 0
    assert stored_run(file).configuration["models"] == {"temperature": 0.0}


@pytest.mark.parametrize(
    "entry",
    [
        "api_key=very-private",
        'extra_headers={"X": "very-private"}',
        "headers=very-private",
        "aws_secret_access_key=very-private",
        "azure_ad_token=very-private",
        'extra_body={"auth": {"api_key": "very-private"}}',
        "api_base=https://ann:very-private@example.org/v1",
        "user=sk-very-private",
        'tags=["sk-very-private"]',
    ],
)
def test_secrets_are_refused_and_kept_nowhere(entry, server, monkeypatch, tmp_path):
    found = invoke(
        server, monkeypatch, "--model-option", entry, "--results", str(tmp_path / "results.sqlite")
    )
    assert isinstance(found.exception, ValueError)
    assert "environment variable, such as OPENAI_API_KEY" in str(found.exception)
    assert "very-private" not in found.output + str(found.exception)
    assert list(tmp_path.iterdir()) == []
    assert server.requests == 0


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (["max_tokens"], "--model-option is KEY=VALUE, such as max_tokens=4096; got one for max_tokens"),
        (["=3"], "--model-option is KEY=VALUE"),
        (["a b=3"], "--model-option is KEY=VALUE"),
        (["top_p=1", "top_p=0.5"], "--model-option top_p is given twice"),
        (["stream=true"], "stream=True of the model clashes with reading replies as a whole"),
        (["temperature=0.5"], "on the command line --temperature"),
        (["max_tokens=2", "max_completion_tokens=2"], "two names of one limit"),
        (["max_tokens=lots"], "at least 1; got 'lots'"),
        (['thinking={"budget_tokens": 50}', "max_tokens=40"], "clashes with max_tokens=40"),
    ],
)
def test_what_cannot_be_is_said_before_anybody_is_asked_to_pay(entries, words, server, monkeypatch):
    found = invoke(server, monkeypatch, *(part for entry in entries for part in ("--model-option", entry)))
    assert isinstance(found.exception, ValueError)
    assert words in str(found.exception)
    assert "at most" not in found.output
    assert server.requests == 0


def test_values_are_json_where_they_are_json():
    entries = ["a=1", "b=low", 'c={"d": [true]}', "e=", "f=x=y", "g=null"]
    assert model_options(entries) == {"a": 1, "b": "low", "c": {"d": [True]}, "e": "", "f": "x=y", "g": None}


def estimated(model, agent="", options=None, **sampling):
    pairings = [(make_task("memory-1"), f"llm:{model}{agent}", "tom-0", 1)]
    return estimate(model, Sampling(temperature=0.0, **sampling), pairings, options=options)


def test_estimates_have_room_for_thoughts_and_for_a_stated_limit():
    known, stated = (estimated("o3-mini", max_tokens=limit) for limit in (None, 100))
    assert known.most_cost > 5 * stated.most_cost
    assert known.longest > 4 * REASONING_TOKENS
    assert stated.longest == 100
    assert estimated("gpt-3.5-turbo").longest == 4096, "what it can write, as LiteLLM knows"
    larger = estimated(MODEL, options={"extra_body": {"thinking_budget": 30_000}})
    assert larger.longest > 120_000


@pytest.mark.parametrize(
    ("agent", "questions", "answers"), [("", 15, 3), ("@vote-2", 30, 3), ("@tom-0", 15, 5)]
)
def test_the_bound_counts_every_reply_that_may_be_asked_for(agent, questions, answers):
    """A text, one repair and one larger limit; before them, log-probabilities and one repair."""
    found = estimated(MODEL, agent)
    assert (found.calls, found.most_calls) == (questions, questions * answers)


def test_the_bound_counts_every_listing():
    """Both of them are repaired; text is asked for once."""
    found = estimated(MODEL, "@tom-0", permutations=2)
    assert (found.calls, found.most_calls) == (2 * 15, 15 * (2 * 2 + 3))


@pytest.mark.parametrize("agent", ["", "@tom-0"])
def test_no_request_has_a_larger_limit_than_the_bound_says(agent, serve, monkeypatch):
    server = serve(faults=Faults(modes=("reasoning",), thoughts=100_000), record=True)
    done = invoke(server, monkeypatch, agent=f"{MODEL}{agent}")
    found = estimated(MODEL, agent)
    assert f"at most {found.most_calls:,} calls ({found.longest:,} tokens a reply)" in done.output
    assert 4 * REASONING_TOKENS < max(body["max_tokens"] for body in server.bodies) <= found.longest
    assert server.requests <= found.most_calls + 1


@pytest.mark.parametrize("command", ["crossplay", "paper", "compare", "equal-tokens"])
def test_every_command_that_asks_models_takes_options(command):
    assert "--model-option" in CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
