"""Language models in the evaluation: the exact rows, costs beforehand, transcripts, resumption."""

import json
import logging

import pytest
from typer.testing import CliRunner

from atom.llm import Patience, Sampling
from eval.cli import app
from eval.crossplay import cross_play
from eval.llm import LLMRun, TranscriptError, Transcripts, current_run, estimate, read_transcript
from eval.llm.transcripts import observe_exchange
from eval.paper import paper_cells
from eval.tasks import make_task
from partners import LLMBackend, asks_models, llm_backend, make_partner
from tests.llm.conftest import GREEDY, QUICK

MODEL = "openai/scripted"


def _backend(server, **settings):
    settings = {"sampling": GREEDY, "patience": QUICK, "prune": None, **settings}
    return llm_backend(LLMBackend(options={"api_base": server.url, "api_key": "none"}, **settings))


def test_the_papers_rows_are_those_of_the_exact_reasoners(server):
    """Memory-1, Memory-N and both grids through LiteLLM over HTTP, every cell of both tables."""
    columns = ("memory-1", "memory-n", "game-1", "game-2")
    with _backend(server), current_run(LLMRun(workers=2)):
        asked = paper_cells(columns, 2, model=MODEL)
    exact = paper_cells(columns, 2, epsilon=0.0)
    assert [(c.column, c.agent, c.partner, c.mean, c.se) for c in asked] == [
        (c.column, c.agent, c.partner, c.mean, c.se) for c in exact
    ]
    assert server.requests > 200


def test_both_runtimes_play_the_same_episodes(server):
    names = [f"llm:{MODEL}@bayes", f"llm:{MODEL}"], ["tom-1", f"llm:{MODEL}@tom-2"]
    with _backend(server):
        plain, graph = (
            cross_play("memory-1", *names, 2, seed=3, runtime=runtime) for runtime in ("plain", "langgraph")
        )
    assert plain == graph


@pytest.mark.parametrize("mode", ["", "@tom-2", "@ftl", "@hedge", "@bayes"])
def test_players_have_traits(mode, server):
    with _backend(server):
        partner = make_partner(f"llm:{MODEL}{mode}", "player-1", make_task("memory-1").reasoner())
    assert partner.traits.order == (2 if mode == "@tom-2" else None)
    assert partner.traits.adaptive == (mode in {"@ftl", "@hedge", "@bayes"})


def test_names():
    assert asks_models("llm:x/y@bayes")
    assert asks_models("noisy:0.1:llm:x/y")
    assert not asks_models("bayes")
    with pytest.raises(ValueError, match=r"got @tom1.*the form is llm:MODEL"):
        make_partner("llm:x/y@tom1", "player-1", make_task("memory-1").reasoner())
    with pytest.raises(ValueError, match="a model needs a name"):
        make_partner("llm:", "player-1", make_task("memory-1").reasoner())
    dated = make_partner("llm:vertex_ai/claude@20240229", "player-1", make_task("memory-1").reasoner())
    assert dated.traits.order is None


def _invoke(server, monkeypatch, *arguments, answer=""):
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-in-the-environment")
    return CliRunner().invoke(app, list(arguments), input=answer)


def _crossplay(*extra):
    return (
        "crossplay", "--task", "memory-1", "--agents", f"llm:{MODEL}@bayes", "--partners", "tom-0,self",
        "--episodes", "3", "--temperature", "0", *extra,
    )  # fmt: skip


def test_nothing_is_asked_before_the_user_agrees(server, monkeypatch):
    result = _invoke(server, monkeypatch, *_crossplay(), answer="n\n")
    assert result.exit_code == 1
    assert server.requests == 0
    assert "at most 810 calls" in result.output  # (6 + 2 x 6) calls x 15 rounds x 3 episodes
    assert "price unknown" in result.output
    agreed = _invoke(server, monkeypatch, *_crossplay(), answer="y\n")
    assert agreed.exit_code == 0
    assert f"spent: {server.requests:,} calls" in agreed.output


def test_a_priced_model_has_a_price_beforehand():
    pairings = [(make_task("memory-1"), "llm:gpt-4o-mini@tom-1", "tom-0")]
    found = estimate("gpt-4o-mini", Sampling(), pairings, 10)
    assert found.calls == 2 * 15 * 10
    assert 200 < found.prompt_tokens / found.calls < 500
    assert 0.005 < found.cost < 0.05


def test_transcripts_are_kept_shown_and_continued(server, monkeypatch, tmp_path):
    directory, out = tmp_path / "transcripts", tmp_path / "out.json"
    first = _invoke(
        server, monkeypatch, *_crossplay("--yes", "--transcripts", str(directory), "--json", str(out))
    )
    assert first.exit_code == 0, first.output
    files = sorted(directory.rglob("*.jsonl"))
    assert len(files) == 6
    numbers, asked = json.loads(out.read_text()), server.requests
    files[1].unlink()
    again = _invoke(
        server, monkeypatch, *_crossplay("--yes", "--transcripts", str(directory), "--json", str(out))
    )
    assert again.exit_code == 0
    assert 0 < server.requests - asked < asked
    assert json.loads(out.read_text()) == numbers
    assert sorted(directory.rglob("*.jsonl")) == files

    kinds = [record["type"] for record in read_transcript(files[0])]
    assert kinds.count("decision") == 30
    assert kinds[-1] == "episode"
    exchange = read_transcript(files[0])[0]
    assert exchange["messages"][1]["content"].startswith("You are ")
    assert set(exchange["result"]) == {"A", "B"}
    shown = _invoke(server, monkeypatch, "transcript", str(files[0]))
    assert 'You are "player-' in shown.output
    assert "score of player-1" in shown.output
    for file in directory.rglob("*"):
        assert file.is_dir() or "planted" not in file.read_text()


def test_transcripts_of_another_run_are_refused(server, monkeypatch, tmp_path):
    directory = str(tmp_path / "transcripts")
    assert _invoke(server, monkeypatch, *_crossplay("--yes", "--transcripts", directory)).exit_code == 0
    result = _invoke(
        server, monkeypatch, *_crossplay("--yes", "--transcripts", directory, "--temperature", "0.5")
    )
    assert isinstance(result.exception, TranscriptError)
    assert "temperature: 0.0 there, 0.5 now" in str(result.exception)


@pytest.mark.parametrize("damage", ["", "no json\n", '["a list"]\n', '{"type": "exchange"}\n'])
def test_a_damaged_transcript_is_named(damage, tmp_path):
    transcripts = Transcripts(tmp_path, {"seed": 1})
    path = transcripts.path("memory-1", "llm:a/b@bayes", "tom-0", 3)
    path.parent.mkdir(parents=True)
    path.write_text(damage)
    with pytest.raises(TranscriptError, match=r"00003\.jsonl.*delete it"):
        transcripts.finished(path)


def test_a_run_that_is_stopped_goes_on_where_it_was(serve, tmp_path):
    """Stopped after every few episodes; the scores are those of an uninterrupted run."""

    class StoppedError(Exception):
        pass

    def play(directory, stop_after):
        played = 0

        def count(_):
            nonlocal played
            played += 1
            if played == stop_after:
                raise StoppedError

        run = LLMRun(Transcripts(directory, {"seed": 5}), workers=1, on_episode=count)
        with (
            _backend(serve(), sampling=Sampling(temperature=1.0), observer=observe_exchange),
            current_run(run),
        ):
            return cross_play("memory-1", [f"llm:{MODEL}@hedge"], [f"llm:{MODEL}@tom-1"], 8, seed=5)

    whole = play(tmp_path / "whole", stop_after=99)
    for stop_after in (2, 5, 7):
        with pytest.raises(StoppedError):
            play(tmp_path / "parts", stop_after)
    assert play(tmp_path / "parts", stop_after=99) == whole
    assert len(list((tmp_path / "parts").rglob("*.jsonl"))) == 8


def test_models_that_are_down_are_named_once_and_decisions_are_counted(serve, caplog):
    server = serve()
    server.close()
    patience = Patience(timeout=0.5, deadline=1.0, attempts=2, pause=0.001, failures=1)
    run = LLMRun(workers=2)
    with _backend(server, patience=patience), current_run(run), caplog.at_level(logging.WARNING):
        cross_play("memory-1", [f"llm:{MODEL}@bayes"], ["tom-1"], 6, seed=0)
    assert run.degraded == 6 * 15
    assert len(caplog.records) == 1
