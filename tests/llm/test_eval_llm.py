"""Language models in the evaluation: the exact rows, costs beforehand, transcripts, resumption."""

import asyncio
import contextlib
import json
import logging
import sqlite3
import time

import pytest
from aiolimiter import AsyncLimiter
from typer.testing import CliRunner

from atom import Budget, BudgetError, LLMError, Usage
from atom.llm import Patience, Sampling
from atom.usage import Meter, metered
from eval.cli import app
from eval.play import TranscriptError, Transcripts, observe_exchange, read_transcript
from eval.results import open_run, stored_episodes
from eval.show.report.page import render
from eval.studies import paper_cells, paper_sweep, priced
from eval.sweeps import (
    Execution,
    ModelSession,
    Sweep,
    cross_play,
    cross_plays,
    estimate,
    rate_limiter,
    run_sweep,
    threads,
)
from eval.tasks import make_task
from partners import LLMBackend, asks_models, llm_backend, make_partner, traits_of
from tests.llm.conftest import GREEDY, QUICK, described, reasoner_at

MODEL = "openai/scripted"


def _backend(server, **settings):
    settings = {"sampling": GREEDY, "patience": QUICK, "prune": None, **settings}
    return llm_backend(LLMBackend(options={"api_base": server.url, "api_key": "none"}, **settings))


def _played(agent, partner, how, *, episodes, seed=0, **asked):
    """One cell of Memory-1."""
    return cross_plays(Sweep((("memory-1", (agent,), (partner,)),), episodes, seed, **asked), how)


def test_the_papers_rows_are_those_of_the_exact_reasoners(server):
    """Memory-1, Memory-N and both grids through LiteLLM over HTTP, every cell of the paper's agents.

    ``bayes`` is another agent there: it looks for order 3 only where that costs no call.
    """
    columns = ("memory-1", "memory-n", "game-1", "game-2")
    with _backend(server):
        asked = paper_cells(paper_sweep(columns, 2, model=MODEL), Execution(threads(2)))
    exact = paper_cells(paper_sweep(columns, 2, epsilon=0.0))
    assert [(c.column, c.agent, c.partner, c.mean, c.se) for c in asked if c.agent != "bayes"] == [
        (c.column, c.agent, c.partner, c.mean, c.se) for c in exact if c.agent != "bayes"
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
def test_players_have_traits(mode):
    traits = traits_of(f"llm:{MODEL}{mode}")
    assert traits.order == (2 if mode == "@tom-2" else None)
    assert traits.adaptive == (mode in {"@ftl", "@hedge", "@bayes"})
    assert traits.stochastic


def test_names():
    assert asks_models("llm:x/y@bayes")
    assert asks_models("noisy:0.1:llm:x/y")
    assert not asks_models("bayes")
    with pytest.raises(ValueError, match=r"got @tom1.*the form is llm:MODEL"):
        make_partner("llm:x/y@tom1", "player-1", make_task("memory-1").reasoner())
    with pytest.raises(ValueError, match="a model needs a name"):
        make_partner("llm:", "player-1", make_task("memory-1").reasoner())
    assert traits_of("llm:vertex_ai/claude@20240229").order is None


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
    assert "810 calls where every reply is usable" in result.output  # (6 + 2 x 6) x 15 rounds x 3 episodes
    # log-probabilities and one repair of them, then text, with a repair and a larger limit
    assert "at most 4,050 calls" in result.output
    assert "price unknown" in result.output
    agreed = _invoke(server, monkeypatch, *_crossplay(), answer="y\n")
    assert agreed.exit_code == 0
    assert f"spent: {server.requests:,} calls" in agreed.output


def test_a_priced_model_has_a_price_beforehand():
    pairings = [(make_task("memory-1"), "llm:gpt-4o-mini@tom-1", "tom-0", 10)]
    found = estimate("gpt-4o-mini", Sampling(), pairings)
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
    assert exchange["messages"][1]["content"].startswith("The players are ")
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

        run = ModelSession(Transcripts(directory, {"seed": 5}), on_episode=count)
        with _backend(serve(), sampling=Sampling(temperature=1.0), observer=observe_exchange):
            return _played(
                f"llm:{MODEL}@hedge", f"llm:{MODEL}@tom-1", Execution(models=run), episodes=8, seed=5
            )

    whole = play(tmp_path / "whole", stop_after=99)
    for stop_after in (2, 3, 2):
        with pytest.raises(StoppedError):
            play(tmp_path / "parts", stop_after)
    assert play(tmp_path / "parts", stop_after=99) == whole
    assert len(list((tmp_path / "parts").rglob("*.jsonl"))) == 8


def test_models_that_are_down_are_named_once_and_decisions_are_counted(serve, caplog):
    server = serve()
    server.close()
    patience = Patience(attempts=2, pause=0.001, failures=1)
    run = ModelSession()
    with _backend(server, patience=patience), caplog.at_level(logging.WARNING):
        _played(f"llm:{MODEL}@bayes", "tom-1", Execution(threads(2), models=run), episodes=6)
    assert run.degraded == 6 * 15
    assert len(caplog.records) == 1


def test_episodes_are_stored_and_continued(server, monkeypatch, tmp_path):
    """With --results, models are players like any other: steps, tokens, resumption, statistics."""
    file, transcripts = tmp_path / "results.sqlite", tmp_path / "transcripts"
    arguments = _crossplay("--yes", "--results", str(file), "--transcripts", str(transcripts))
    assert _invoke(server, monkeypatch, *arguments).exit_code == 0
    whole = list(stored_episodes(file))
    assert len(whole) == 6
    assert sum(episode.usage["calls"] for episode in whole) == server.requests - 1  # whether it answers
    assert all(len(episode.steps) == 15 for episode in whole)
    assert "posterior" in whole[0].steps[3]["decisions"]["player-1"]["partners"]["player-2"]
    assert len(list(transcripts.rglob("*.jsonl"))) == 6

    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM episodes WHERE episode = 1")
    asked = server.requests
    assert _invoke(server, monkeypatch, *arguments).exit_code == 0
    again = list(stored_episodes(file))
    assert 0 < server.requests - asked < asked
    assert [(e.partner, e.episode, e.score, e.scores) for e in again] == [
        (e.partner, e.episode, e.score, e.scores) for e in whole
    ]
    assert "planted" not in file.read_bytes().decode("latin-1")

    other = _invoke(server, monkeypatch, *arguments, "--temperature", "0.7")
    assert isinstance(other.exception, ValueError)
    assert "temperature" in str(other.exception)
    shown = _invoke(server, monkeypatch, "statistics", str(file))
    assert shown.exit_code == 0, shown.output
    assert f"llm:{MODEL}@bayes" in shown.output


@pytest.mark.parametrize("runtime", ["plain", "langgraph"])
def test_transcripts_are_the_same_in_both_runtimes(server, tmp_path, runtime):
    run = ModelSession(Transcripts(tmp_path, {}))
    with _backend(server, observer=observe_exchange):
        how = Execution(threads(2), models=run)
        _played(f"llm:{MODEL}@tom-1", "tom-0", how, episodes=2, seed=1, runtime=runtime)
    for file in tmp_path.rglob("*.jsonl"):
        records = read_transcript(file)
        assert [r["type"] for r in records].count("decision") == 30
        for step in range(15):
            own = [r for r in records if r.get("step") == step]
            assert [r["purpose"] for r in own if r["type"] == "exchange"] == ["order 0", "order 1"]
            assert [r["seat"] for r in own if r["type"] == "decision"] == ["player-1", "player-2"]


class Watched:
    """A limiter that notes when it lets somebody go."""

    def __init__(self, limiter):
        self._limiter = limiter
        self.times = []

    async def __aenter__(self):
        await self._limiter.__aenter__()
        self.times.append(time.monotonic())

    async def __aexit__(self, *_):
        pass


def test_requests_keep_to_a_rate(server):
    """Eight episodes at once: never more than the burst and the rate allow, whatever the stretch of time."""
    watched = Watched(rate_limiter(50 * 60))
    with _backend(server, memo=None, limiter=watched):
        run = ModelSession()
        _played(f"llm:{MODEL}", "tom-0", Execution(threads(8), models=run), episodes=8)
    assert (server.requests, len(watched.times), run.degraded) == (8 * 15, 8 * 15, 0)
    for i, began in enumerate(watched.times):
        for n, ended in enumerate(watched.times[i:], 1):
            assert n <= 50 + 50 * (ended - began) + 1.5


async def test_waiting_for_ones_turn_counts_against_no_deadline(server, monkeypatch):
    """However long: the clock is put on by a quarter of an hour meanwhile."""
    clock, waited = time.monotonic, []

    class Queue:
        async def __aenter__(self):
            waited.append(900.0)
            monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(waited))

        async def __aexit__(self, *_):
            pass

    reasoner = reasoner_at(server, patience=Patience(attempts=1), memo=None, limiter=Queue())
    for action in "ABC":
        situation = described(make_task("one-ahead-5"), [{"player-1": action, "player-2": "A"}])
        await reasoner.apolicy(situation, "player-1", 0)
    assert len(waited) == 3


class Held:
    """A limiter that lets nobody go."""

    async def __aenter__(self):
        await asyncio.sleep(60)

    async def __aexit__(self, *_):
        pass


async def test_a_budget_that_ends_while_a_request_waits_says_nothing_about_the_server(server):
    """Neither is the server suspended, nor does somebody without a budget get the error."""
    situation = described(make_task("one-ahead-5"), [])
    patience = Patience(failures=1, cooldown=60)
    reasoner = reasoner_at(server, memo="process", patience=patience, limiter=Held())
    with metered(Meter(Budget(seconds=0.1))) as meter:
        with pytest.raises(BudgetError, match="while a request waited"):
            await reasoner.apolicy(situation, "player-1", 0)
        with pytest.raises(BudgetError, match="budget is spent"):
            await reasoner.apolicy(situation, "player-2", 0)
    assert (meter.usage().calls, server.requests) == (0, 0)
    reasoner.client.endpoints[0].limiter = None
    assert await reasoner.apolicy(situation, "player-1", 0)


async def test_a_limiter_that_fails_is_a_failed_attempt(server):
    class Broken(Held):
        async def __aenter__(self):
            raise TimeoutError("the limiter is broken")

    patience = Patience(attempts=1)
    reasoner = reasoner_at(server, memo=None, patience=patience, limiter=Broken())
    with metered(Meter(Budget(seconds=60))), pytest.raises(LLMError, match="limiter is broken") as failed:
        await reasoner.apolicy(described(make_task("one-ahead-5"), []), "player-1", 0)
    assert not isinstance(failed.value, BudgetError)


async def test_a_question_under_way_survives_the_budget_of_whoever_asked_first(server):
    situation = described(make_task("one-ahead-5"), [])
    reasoner = reasoner_at(server, memo="process", limiter=AsyncLimiter(1, 3.0))
    await reasoner.apolicy(described(make_task("memory-1"), []), "player-1", 0)  # the next one has to wait

    async def ask(budget):
        with metered(Meter(budget)):
            return await reasoner.for_decision().apolicy(situation, "player-1", 0)

    first, second = await asyncio.gather(ask(Budget(seconds=0.05)), ask(None), return_exceptions=True)
    assert isinstance(first, BudgetError)
    assert set(second) == set("ABCDE")


def test_no_rate_is_no_rate():
    assert rate_limiter(None) is None
    with pytest.raises(ValueError, match="must be positive"):
        rate_limiter(0)
    slow = rate_limiter(6)  # one in ten seconds, and no burst
    assert (slow.max_rate, slow.time_period) == (1.0, 10.0)


def test_models_are_not_sent_to_a_cluster(server, monkeypatch):
    result = _invoke(server, monkeypatch, *_crossplay("--yes", "--dask", "tcp://127.0.0.1:1"))
    assert isinstance(result.exception, ValueError)
    assert "leave --dask out" in str(result.exception)
    assert server.requests == 0


def test_what_cannot_be_played_is_said_before_anybody_is_asked_to_pay(server, monkeypatch):
    result = _invoke(
        server, monkeypatch, "crossplay", "--task", "game-1", "--agents", f"llm:{MODEL}@gate-only",
        "--partners", "tom-0",
    )  # fmt: skip
    assert isinstance(result.exception, ValueError)
    assert "@gate-only overrules by expected payoffs" in str(result.exception)
    assert "at most" not in result.output


@pytest.mark.parametrize("runtime", ["plain", "langgraph"])
@pytest.mark.parametrize("workers", [1, 8])
def test_no_decision_is_answered_from_another(server, runtime, workers):
    """Two models at the table, without a memo: each pays for its own questions, in both runtimes."""
    before = server.requests
    names = f"llm:{MODEL}@tom-1", f"llm:{MODEL}@tom-2"
    with _backend(server, memo=None):
        _played(*names, Execution(threads(workers)), episodes=4, runtime=runtime)
    assert server.requests - before == 4 * 15 * (2 + 3)


def test_what_was_paid_for_is_kept_when_a_sweep_ends_early(serve, tmp_path):
    """An interrupt in the middle: no request is wasted on an episode that is not stored."""
    server, file = serve(), tmp_path / "results.sqlite"
    sweep = Sweep((("memory-1", (f"llm:{MODEL}",), ("tom-0",)),), 12, seed=0)
    asked = sweep.configuration()

    def interrupt():
        interrupt.calls += 1
        if interrupt.calls == 3:
            raise KeyboardInterrupt

    interrupt.calls = 0
    run = ModelSession(Transcripts(tmp_path / "transcripts", {}))
    with _backend(server, memo=None):
        with open_run(file, asked) as stored, pytest.raises(KeyboardInterrupt):
            run_sweep(sweep, Execution(threads(4), stored, run, interrupt))
        requests = server.requests
        kept = len(list(stored_episodes(file)))
        assert 3 <= kept < 12
        assert requests == 15 * kept == run.spent.calls
        assert len(list((tmp_path / "transcripts").rglob("*.jsonl"))) == kept
        with open_run(file, asked) as stored:
            run_sweep(sweep, Execution(threads(4), stored, run))
    assert server.requests == 15 * 12


def test_a_complete_file_costs_nothing_and_asks_nothing(server, monkeypatch, tmp_path):
    arguments = _crossplay("--results", str(tmp_path / "results.sqlite"))
    assert _invoke(server, monkeypatch, *arguments, "--yes").exit_code == 0
    asked = server.requests
    again = _invoke(server, monkeypatch, *arguments)
    assert again.exit_code == 0, again.output
    assert "at most" not in again.output
    assert server.requests == asked
    other = _invoke(server, monkeypatch, *arguments, "--seed", "7")
    assert "seed: 42 -> 7" in str(other.exception)
    assert "at most" not in other.output


def test_what_was_spent_is_said_also_of_a_run_that_fails(server, monkeypatch, tmp_path):
    def broken(*_):
        raise OSError("no space left")

    monkeypatch.setattr("eval.results.runs.Run.add", broken)
    result = _invoke(server, monkeypatch, *_crossplay("--yes", "--results", str(tmp_path / "r.sqlite")))
    assert isinstance(result.exception, OSError)
    assert "calls" in result.output.partition("spent: ")[2]


def test_a_report_of_models_promises_no_repetition(server, monkeypatch, tmp_path):
    file = tmp_path / "results.sqlite"
    assert _invoke(server, monkeypatch, *_crossplay("--yes", "--results", str(file))).exit_code == 0
    page = render(file)
    assert "the same command plays the same episodes" not in page
    assert "at temperature 0, with a memo that episodes share" in page


def test_separators_and_surrogates_in_replies_are_kept(tmp_path):
    transcripts = Transcripts(tmp_path, {})
    path = transcripts.path("memory-1", "a", "b", 0)
    reply = "A\u2028B\u0085\ud800ä"
    key = ("memory-1", "a", "b", 0)
    transcripts.keep(key, [{"type": "exchange", "reply": reply}], "player-1", 5.0, Usage())
    assert read_transcript(path)[0]["reply"] == reply
    finished = transcripts.finished(path)
    assert finished is not None
    assert finished.score == 5.0
    assert finished.entries == read_transcript(path)


def test_calls_of_teams_are_bounded():
    """Three players: nine questions of an adaptive one and an answer to partners of different orders."""
    task = make_task("tickets-3-3")
    found = estimate(MODEL, Sampling(), [(task, f"llm:{MODEL}@bayes", f"llm:{MODEL}@tom-2", 2)])
    assert found.calls == 2 * task.max_steps * (9 + 1 + 2 * 6)


def test_decisions_at_once_pay_for_their_own_questions_only_once(server):
    """Eight episodes share one reasoner; without a memo each decision asks what it would ask alone."""
    for workers in (1, 8):
        before = server.requests
        with _backend(server, memo=None):
            _played(f"llm:{MODEL}@tom-2", "tom-0", Execution(threads(workers)), episodes=8)
        assert server.requests - before == 8 * 15 * 3


def test_equal_tokens(server, monkeypatch, tmp_path):
    out, file = tmp_path / "out.json", tmp_path / "results.sqlite"
    arguments = (
        "equal-tokens", "--model", MODEL, "--task", "memory-1", "--partners", "tom-0,tom-1",
        "--episodes", "2", "--temperature", "0", "--yes", "--json", str(out), "--results", str(file),
    )  # fmt: skip
    done = _invoke(server, monkeypatch, *arguments)
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text())
    adaptive, bare, votes = found["agents"]
    assert bare["calls"] == 1.0
    assert votes["agent"] == f"llm:{MODEL}@vote-{found['votes']}"
    assert votes["calls"] == found["votes"] > 1
    assert votes["tokens"] >= adaptive["tokens"] > votes["tokens"] - bare["tokens"]
    assert bare["mean"] == votes["mean"]  # at temperature 0 all votes are alike
    assert adaptive["mean"]["tom-0"] > 60 > bare["mean"]["tom-0"]
    assert {c["second"] for c in found["comparisons"]} == {bare["agent"], votes["agent"]}
    asked = server.requests
    assert _invoke(server, monkeypatch, *arguments).exit_code == 0
    assert server.requests == asked  # both runs are in the file


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", MODEL, "--partners", "tom-0,self"), "leave self out"),
        (("--model", MODEL, "--partners", f"llm:{MODEL}"), "ask no models"),
        (("--model", f"{MODEL}@bayes"), "without a mode"),
        (("--model", MODEL, "--mode", "vote-3"), "--mode is one of ftl, hedge, bayes"),
    ],
)
def test_equal_tokens_says_what_is_wrong(server, monkeypatch, arguments, words):
    result = _invoke(server, monkeypatch, "equal-tokens", *arguments)
    assert isinstance(result.exception, ValueError)
    assert words in str(result.exception)


def test_tokens_that_nobody_counts_cannot_be_made_equal(tmp_path):
    file = tmp_path / "results.sqlite"
    sweep = Sweep((("memory-1", ("tom-1",), ("tom-0",)),), 1, seed=0)
    with open_run(file, sweep.configuration()) as run:
        (rows,) = cross_plays(sweep, Execution(run=run))
    with pytest.raises(ValueError, match="no tokens were counted for tom-1"):
        priced(file, run.number, rows)
