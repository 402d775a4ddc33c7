"""Transcripts: beside the episode's row in a results file, as files of readable names, listed and shown."""

import contextlib
import json
import os
import pickle
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from atom import Usage
from atom.llm import Patience, Sampling
from eval.cli import app
from eval.modelserver import Faults
from eval.play import (
    Tally,
    TranscriptError,
    Transcripts,
    Unit,
    observe_exchange,
    play_unit,
    read_transcript,
    transcripts_in,
)
from eval.play.filenames import readable
from eval.results import (
    ResultsError,
    content_digest,
    open_run,
    read_results,
    stored_episodes,
    stored_transcript,
    stored_transcripts,
)
from eval.show.report.page import render
from eval.sweeps import Sweep
from eval.sweeps.outcomes import transcribed_outcomes
from partners import LLMBackend, llm_backend
from tests.llm.conftest import GREEDY, QUICK

ROOT = Path(__file__).parents[2]
MODEL = "openai/scripted"
AGENT = f"llm:{MODEL}@bayes"


@pytest.fixture
def call(server, monkeypatch):
    """The command line, with the scripted server behind it."""
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-in-the-environment")
    monkeypatch.setattr(sys, "argv", ["eval", "crossplay"])

    def called(*arguments):
        return CliRunner().invoke(app, list(map(str, arguments)))

    return called


def crossplay(*extra, temperature=0):
    return (
        "crossplay", "--task", "memory-1", "--agents", AGENT, "--partners", f"tom-0,llm:{MODEL}",
        "--episodes", "2", "--temperature", temperature, "--yes", *extra,
    )  # fmt: skip


def played(server, unit, **settings):
    settings = {"sampling": GREEDY, "patience": QUICK, "observer": observe_exchange, **settings}
    with llm_backend(LLMBackend(options={"api_base": server.url, "api_key": "none"}, **settings)):
        return play_unit(unit)


def keys(file, table):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        key = "run, task, agent, partner, episode"
        return sorted(connection.execute(f"SELECT {key} FROM {table}"))  # noqa: S608 - names of tables


def stored(file):
    """How many transcripts are in a file; none where it is not even begun."""
    try:
        return len(keys(file, "transcripts")) if file.exists() else 0
    except sqlite3.OperationalError:
        return 0


def in_words(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def asked():
    return Sweep((("memory-1", (AGENT,), ("tom-0",)),), 50, seed=3).configuration()


def test_a_results_file_has_every_transcript(call, tmp_path):
    """By default, the same entries as in files, many times smaller, and without a key."""
    file, directory = tmp_path / "r.sqlite", tmp_path / "files"
    done = call(*crossplay("--results", file, "--transcripts", directory))
    assert done.exit_code == 0, done.output
    assert keys(file, "transcripts") == keys(file, "episodes")
    assert f"transcript {file} --run 1" in done.output

    kept = stored_transcripts(file)
    assert (kept.run, kept.episodes, len(kept.heads)) == (1, 4, 4)
    files = {(h.task, h.agent, h.partner, h.episode): path for h, path in transcripts_in(directory)}
    plain = packed = 0
    for head in kept.heads:
        key = (head.task, head.agent, head.partner, head.episode)
        entries = stored_transcript(file, 1, key)
        assert entries == read_transcript(files[key])
        text = files[key].read_text()
        assert "planted" not in text
        plain += len(text)
        kinds = Counter(entry["type"] for entry in entries)
        assert (kinds["exchange"], kinds["decision"]) == (head.exchanges, head.decisions)
        assert head.decisions == 30
        assert (entries[-1]["score"], entries[-1]["agent"]) == (head.score, AGENT)
    with read_results(file) as connection:
        (packed,) = connection.execute("SELECT sum(length(entries)) FROM transcripts").fetchone()
    assert packed < plain / 15

    found = {(e.task, e.agent, e.partner, e.episode): e for e in stored_episodes(file)}
    for head in kept.heads:
        episode = found[head.task, head.agent, head.partner, head.episode]
        assert (head.score, head.degraded) == (episode.score, episode.degraded)
        assert head.prompt_tokens == episode.usage["prompt_tokens"]


def test_they_can_be_left_out(call, tmp_path):
    file = tmp_path / "r.sqlite"
    done = call(*crossplay("--results", file, "--no-transcripts"))
    assert done.exit_code == 0, done.output
    assert "transcript" not in done.output
    assert stored_transcripts(file).heads == ()
    with pytest.raises(ResultsError, match=r"no transcript of episode 0 of 'llm:.*lists them"):
        stored_transcript(file, 1, ("memory-1", AGENT, "tom-0", 0))
    shown = call("transcript", file)
    assert isinstance(shown.exception, TranscriptError)
    assert "run 1 of" in str(shown.exception)
    assert "--no-transcripts" in str(shown.exception)


def test_a_digest_is_of_episodes_whatever_is_kept_of_them(server, tmp_path, asked):
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3))
    for name, kept in (("with", True), ("without", False)):
        with open_run(tmp_path / name, asked, transcripts=kept) as run:
            run.add(result)
    assert content_digest(tmp_path / "with") == content_digest(tmp_path / "without")
    assert [len(stored_transcripts(tmp_path / name).heads) for name in ("with", "without")] == [1, 0]


def test_exchanges_say_what_they_cost(server):
    """Tokens and time of each question; without a memo they sum to what the decisions say."""
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 1), memo=None)
    exchanges = [entry for entry in result.transcript if entry["type"] == "exchange"]
    usage = result.totals.usage
    assert sum(entry["prompt_tokens"] for entry in exchanges) == usage.prompt_tokens > 0
    assert sum(entry["completion_tokens"] for entry in exchanges) == usage.completion_tokens > 0
    assert all(0 < entry["seconds"] < 6 for entry in exchanges)


def test_a_repair_counts_in_its_exchange(serve):
    server = serve(faults=Faults({"empty": 0.4}))
    result = played(server, Unit("memory-1", f"llm:{MODEL}", "tom-0", 0, 1), memo=None)
    exchanges = [entry for entry in result.transcript if entry["type"] == "exchange"]
    repaired = [entry for entry in exchanges if len(entry["messages"]) > 2]
    assert repaired
    assert sum(e["prompt_tokens"] for e in exchanges) == result.totals.usage.prompt_tokens


def test_the_list_and_its_filters(call, tmp_path):
    file = tmp_path / "r.sqlite"
    assert call(*crossplay("--results", file)).exit_code == 0
    listed = call("transcript", file)
    assert listed.exit_code == 0, listed.output
    for heading in ("task", "agent", "partner", "episode", "score", "decisions", "degraded", "tokens"):
        assert heading in listed.output
    assert listed.output.count(AGENT) == 4
    assert call("transcript", file, "--partner", "tom-0").output.count(AGENT) == 2
    heads = json.loads(call("transcript", file, "--json", "--partner", "tom-0").stdout)
    assert [(head["partner"], head["episode"], head["decisions"]) for head in heads] == [
        ("tom-0", 0, 30), ("tom-0", 1, 30),
    ]  # fmt: skip

    for arguments, words in (
        (("--agent", "nobody"), f"has the agent 'nobody'; there are '{AGENT}'"),
        (("--task", "memory-1", "--episode", 7), "has the episode 7; there are 0, 1"),
        (("--degraded",), "no decision was degraded in the 4 episodes"),
        (("--episode", 1), "2 episodes fit"),
        (("--step", 1, "--partner", "tom-0"), "add --episode"),
        (("--episode", 1, "--partner", "tom-0", "--step", 16), "its steps are 1 to 15"),
        (("--episode", 1, "--partner", "tom-0", "--seat", "p"), "players are 'player-1', 'player-2'"),
        (("--run", 2), "has no run 2; its runs are 1"),
    ):
        failed = call("transcript", file, *arguments)
        assert isinstance(failed.exception, TranscriptError | ResultsError), failed.output
        assert words in str(failed.exception)
    assert "add --partner" in str(call("transcript", file, "--episode", 1).exception)


def test_one_is_shown_in_full_or_in_part(call, tmp_path):
    file = tmp_path / "r.sqlite"
    assert call(*crossplay("--results", file)).exit_code == 0
    one = ("transcript", file, "--partner", "tom-0", "--episode", 0)
    shown = call(*one).stdout
    for words in ('You are "player-1"', "reply: '", "understood: ", "tokens there, ", "player-2 does "):
        assert words in shown
    assert [int(n) for n in re.findall(r"step (\d+) ", shown)] == list(range(1, 16))
    assert "score of player-1: " in shown
    assert 'You are "player-1"' not in call(*one, "--no-prompts").stdout

    entries = json.loads(call(*one, "--json").stdout)
    assert entries == stored_transcript(file, 1, ("memory-1", AGENT, "tom-0", 0))
    part = json.loads(call(*one, "--json", "--step", 3, "--seat", "player-2", "--no-prompts").stdout)
    assert {entry["step"] for entry in part[:-1]} == {2}
    assert {entry.get("player", entry.get("seat")) for entry in part[:-1]} == {"player-2"}
    assert [entry["type"] for entry in part][-2:] == ["decision", "episode"]
    assert not any("messages" in entry for entry in part)


def test_degraded_steps_alone(serve, tmp_path, call, asked):
    server = serve(faults=Faults({"server-error": 0.9}))
    patience = Patience(attempts=1, failures=10_000)
    good = played(serve(), Unit("memory-1", AGENT, "tom-0", 1, 3))
    bad = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3), patience=patience)
    assert bad.totals.degraded > 0
    file = tmp_path / "r.sqlite"
    with open_run(file, asked) as run:
        run.add(good)
        run.add(bad)
    (head,) = json.loads(call("transcript", file, "--degraded", "--json").stdout)
    assert (head["episode"], head["degraded"]) == (0, bad.totals.degraded)
    shown = call("transcript", file, "--degraded", "--episode", 0, "--no-prompts").stdout
    assert "problem: " in shown
    assert "degraded: " in shown


def test_a_run_that_goes_on_has_one_transcript_an_episode(call, tmp_path):
    """Also where somebody deleted episodes by hand to have them played again."""
    file = tmp_path / "r.sqlite"
    assert call(*crossplay("--results", file)).exit_code == 0
    before = keys(file, "transcripts")
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM episodes WHERE episode = 1")
    assert len(keys(file, "transcripts")) == 2
    assert call(*crossplay("--results", file, "--no-transcripts")).exit_code == 0
    assert len(keys(file, "episodes")) == 4
    assert "2 of the 4 episodes of run 1 have a transcript" in call("transcript", file).stderr
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM episodes WHERE episode = 1")
    assert call(*crossplay("--results", file)).exit_code == 0
    assert keys(file, "transcripts") == keys(file, "episodes") == before


def test_runs_of_one_file_keep_to_themselves(call, tmp_path):
    file = tmp_path / "r.sqlite"
    assert call(*crossplay("--results", file)).exit_code == 0
    first = call("transcript", file, "--partner", "tom-0", "--episode", 0, "--json").stdout
    assert call(*crossplay("--results", file, "--force-new", temperature=1)).exit_code == 0
    assert Counter(run for run, *_ in keys(file, "transcripts")) == {1: 4, 2: 4}
    again = ("transcript", file, "--partner", "tom-0", "--episode", 0, "--json")
    assert call(*again, "--run", 1).stdout == first
    assert call(*again).stdout == call(*again, "--run", 2).stdout != first


def test_a_second_process_changes_no_transcript(server, tmp_path, asked):
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3))
    other = replace(result, transcript=result.transcript[:1], score=-1.0)
    file = tmp_path / "r.sqlite"
    with open_run(file, asked) as first, open_run(file, asked) as second:
        first.add(result)
        second.add(other)
    assert stored_transcript(file, 1, result.unit.key)[:-1] == json.loads(json.dumps(result.transcript))


def test_a_transcript_that_cannot_be_stored_takes_its_score_along(server, tmp_path, asked):
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3))
    file = tmp_path / "r.sqlite"
    with open_run(file, asked) as run:
        run.add(result)
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON transcripts BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        with pytest.raises(ResultsError, match=r"does not take an episode \(full\)"):
            run.add(replace(result, unit=replace(result.unit, episode=1)))
        assert keys(file, "episodes") == keys(file, "transcripts")
        assert len(run.scores()) == 1
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("DROP TRIGGER full")
        run.add(replace(result, unit=replace(result.unit, episode=1)))
    assert len(stored_transcripts(file).heads) == 2


STORING = """
import pickle, sys
from dataclasses import replace
from pathlib import Path
from eval.results import open_run
file, kept = map(Path, sys.argv[1:])
with open(kept, "rb") as opened:
    asked, result = pickle.load(opened)
with open_run(file, asked) as run:
    first = len(run.scores())
    print("storing", flush=True)
    for episode in range(first, first + 100_000):
        run.add(replace(result, unit=replace(result.unit, episode=episode)))
"""


def test_a_process_that_is_killed_while_storing_leaves_whole_episodes(server, tmp_path, asked):
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3))
    file, kept = tmp_path / "r.sqlite", tmp_path / "result.pickle"
    kept.write_bytes(pickle.dumps((asked, result)))
    counts = [0]
    for i in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", STORING, str(file), str(kept)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "storing\n"
        time.sleep(0.05 + 0.013 * i)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert keys(file, "episodes") == keys(file, "transcripts")
        counts.append(len(keys(file, "episodes")))
    assert counts == sorted(set(counts))
    for head in stored_transcripts(file).heads:
        key = (head.task, head.agent, head.partner, head.episode)
        assert len(stored_transcript(file, 1, key)) == len(result.transcript) + 1


def test_a_sweep_that_is_killed_goes_on_and_has_every_transcript(serve, tmp_path):
    """The whole program, over HTTP, with files beside the results."""
    server = serve()
    file, directory = tmp_path / "r.sqlite", tmp_path / "files"
    command = [
        sys.executable,
        "-m",
        "eval",
        *map(str, crossplay("--results", file, "--transcripts", directory)),
    ]
    command[command.index("--episodes") + 1] = "60"
    environment = {**os.environ, "OPENAI_API_BASE": server.url, "OPENAI_API_KEY": "none"}

    def start():
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)

    process = start()
    while process.poll() is None and stored(file) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors
    there = keys(file, "episodes")
    assert 0 < len(there) < 120
    assert keys(file, "transcripts") == there
    finish = start()
    _, errors = finish.communicate()
    assert finish.returncode == 0, errors
    assert keys(file, "transcripts") == keys(file, "episodes")
    assert len(keys(file, "episodes")) == len(list(transcripts_in(directory))) == 120


def test_a_directory_and_a_single_file_are_read(call, tmp_path):
    directory = tmp_path / "files"
    assert call(*crossplay("--transcripts", directory)).exit_code == 0
    names = {str(path.relative_to(directory)) for path in directory.rglob("*.jsonl")}
    assert "memory-1/openai-scripted@bayes--tom-0/00001.jsonl" in names
    assert "memory-1/openai-scripted@bayes--openai-scripted/00000.jsonl" in names
    assert len(names) == 4
    assert call("transcript", directory).output.count(AGENT) == 4
    shown = call("transcript", directory, "--partner", "tom-0", "--episode", 1).stdout
    one = directory / "memory-1/openai-scripted@bayes--tom-0/00001.jsonl"
    assert call("transcript", one).stdout == shown
    assert "score of " in shown
    for path, words in (
        (directory / "run.json", "neither a results file nor a transcript"),
        (tmp_path / "nothing", "there is no results file"),
    ):
        failed = call("transcript", path)
        assert isinstance(failed.exception, TranscriptError | ResultsError)
        assert words in str(failed.exception)
    assert "leave --run out" in str(call("transcript", directory, "--run", 1).exception)
    (tmp_path / "empty").mkdir()
    assert "there is no transcript in" in str(call("transcript", tmp_path / "empty").exception)


def test_a_directory_of_the_release_before_goes_on(call, server, tmp_path):
    """Files under quoted names, whose last line does not say which episode it is of."""
    directory = tmp_path / "files"
    assert call(*crossplay("--transcripts", directory)).exit_code == 0
    for head, path in list(transcripts_in(directory)):
        pairing = f"{quote(head.agent, safe='@')}__{quote(head.partner, safe='@')}"
        before = directory / quote(head.task, safe="") / pairing / path.name
        before.parent.mkdir(exist_ok=True)
        *entries, end = read_transcript(path)
        for name in ("task", "agent", "partner", "episode"):
            del end[name]
        for entry in entries:
            for name in ("prompt_tokens", "completion_tokens", "seconds"):
                entry.pop(name, None)
        before.write_text("".join(json.dumps(entry) + "\n" for entry in (*entries, end)))
        path.unlink()
    requests = server.requests
    assert call(*crossplay("--transcripts", directory)).exit_code == 0
    assert server.requests == requests
    listed = json.loads(call("transcript", directory, "--json").stdout)
    assert {(one["agent"], one["partner"], one["episode"]) for one in listed} == {
        (AGENT, partner, episode) for partner in ("tom-0", f"llm:{MODEL}") for episode in (0, 1)
    }
    assert "understood: " in call("transcript", directory, "--partner", "tom-0", "--episode", 1).stdout
    more = list(map(str, crossplay("--transcripts", directory)))
    more[more.index("--episodes") + 1] = "3"
    assert call(*more).exit_code == 0
    assert len(list(transcripts_in(directory))) == 6
    assert (directory / "memory-1/openai-scripted@bayes--tom-0/00002.jsonl").exists()


ALIKE = ["llm:a/b@bayes", "llm:a-b@bayes", "a:b@bayes", "llm:A/B@bayes", "a/b@bayes"]


def test_names_that_would_be_alike_have_folders_of_their_own(tmp_path):
    transcripts = Transcripts(tmp_path, {})
    for round_ in range(2):
        for i, agent in enumerate(ALIKE):
            transcripts.keep(("memory-1", agent, "tom-0", round_), [], "player-1", float(i), Usage())
    folders = sorted(path.name for path in (tmp_path / "memory-1").iterdir())
    assert len({name.casefold() for name in folders}) == len(ALIKE)
    assert sum(re.search(r"tom-0-[0-9a-f]{6}$", name) is not None for name in folders) == len(ALIKE) - 1
    assert "a-b@bayes--tom-0" in folders
    later = Transcripts(tmp_path, {})
    for i, agent in reversed(list(enumerate(ALIKE))):
        assert later.finished(later.path("memory-1", agent, "tom-0", 1)).score == float(i)
        assert later.finished(later.path("memory-1", agent, "tom-0", 2)) is None


def test_folders_are_claimed_at_once(tmp_path):
    """Several sweeps into one directory, all with names that are alike."""

    def keep(agent):
        own = Transcripts(tmp_path, {})
        own.keep(("memory-1", agent, "tom-0", 0), [], "player-1", float(len(agent)), Usage())

    agents = ["a" + ":" * n + "b" for n in range(1, 13)]
    with ThreadPoolExecutor(12) as executor:
        list(executor.map(keep, agents))
    found = {head.agent: head.score for head, _ in transcripts_in(tmp_path)}
    assert found == {agent: float(len(agent)) for agent in agents}
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("links", [True, False])
def test_of_sweeps_that_begin_at_once_only_those_of_the_first_ones_settings_go_on(
    links, tmp_path, monkeypatch
):
    """Also on a file system without links."""
    if not links:

        def refused(*_):
            raise PermissionError("no links here")

        monkeypatch.setattr(os, "link", refused)
    together = Barrier(8)

    def begin(directory, seed):
        together.wait()
        try:
            Transcripts(directory, {"seed": seed})
        except TranscriptError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(8) as executor:
        for number in range(30):
            directory = tmp_path / str(number)
            refusals = list(executor.map(begin, [directory] * 8, [0, 0, 1, 2, 3, 4, 5, 6]))
            kept = json.loads((directory / "run.json").read_text())["seed"]
            seeds = [0, 0, 1, 2, 3, 4, 5, 6]
            assert [seed for seed, refused in zip(seeds, refusals, strict=True) if refused is None] == [
                seed for seed in seeds if seed == kept
            ]
            assert all("use another directory" in refused for refused in refusals if refused)
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_transcript_that_is_found_is_read_once(tmp_path):
    unit = Unit("memory-1", AGENT, "tom-0", 0, 3)
    transcripts = Transcripts(tmp_path, {})
    decisions = [
        {"type": "decision", "step": t, "seat": seat, "action": "A", "degraded": [], "usage": usage}
        for t, usage in enumerate([{"repairs": 1}, None, {"truncated": 2}])
        for seat in ("player-1", "player-2")
    ]
    transcripts.keep(unit.key, decisions, "player-1", 5.0, Usage())
    path = transcripts.path(*unit.key)
    text = path.read_text()
    path.unlink()
    os.mkfifo(path)
    # what is read from a pipe is there once; whoever opens it again waits
    writer = Thread(target=path.write_text, args=(text,), daemon=True)
    writer.start()
    with ThreadPoolExecutor(1) as executor:
        reading = executor.submit(transcribed_outcomes, [unit], transcripts)
        try:
            found, again = reading.result(timeout=60)
        except TimeoutError:
            path.write_text(text)
            raise
    assert found == {unit.key: (5.0, Tally(3, 0, 2, 2))}
    assert again == set()


def test_looking_makes_no_folder(tmp_path):
    transcripts = Transcripts(tmp_path, {})
    assert transcripts.finished(transcripts.path("memory-1", AGENT, "tom-0", 0)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llm:ollama/qwen2.5@bayes", "ollama-qwen2.5@bayes"),
        ("noisy:0.1:llm:x/y", "noisy-0.1-llm-x-y"),
        ("matrix:../../etc/passwd", "matrix-..-..-etc-passwd"),
        ("../..", "_"),
        ("", "_"),
        ("CON", "_CON"),
        ("com1.txt", "_com1.txt"),
        ("conrad", "conrad"),
        ('a<b>|?*"\\\x00\x1b[2J\ud800c', "a-b-2J-c"),
        (" a. ", "a"),
        ("jürgen", "jürgen"),
        ("a----b", "a-b"),
    ],
)
def test_names_are_safe_everywhere(name, expected):
    assert readable(name) == expected


def test_long_names_keep_both_ends(tmp_path):
    long = "llm:openrouter/" + "名" * 200 + "/instruct@recommend-and-gate"
    name = readable(long)
    assert len(name.encode()) <= 48
    assert name.startswith("openrouter-")
    assert name.endswith("@recommend-and-gate")
    transcripts = Transcripts(tmp_path, {})
    for i, agent in enumerate((long, long.replace("instruct", "instrukt"), "x" * 5000, "x" * 5001)):
        transcripts.keep(("memory-1", agent, agent, 0), [], "player-1", float(i), Usage())
        assert transcripts.finished(transcripts.path("memory-1", agent, agent, 0)).score == float(i)
    assert len(list(tmp_path.rglob("*.jsonl"))) == 4


def test_words_of_others_are_data_on_a_terminal(server, tmp_path, asked, call):
    """No markup, no escape sequence, no emoji code, nothing that turns the line around."""
    evil = "[red]x[/red][/nothing] :smile: \x1b[2J\x1b]0;t\x07 \u202e\ud800 \x9b1m\r!"
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3))
    first, *rest = result.transcript
    words = {"player": evil, "model": evil, "purpose": evil, "reply": evil, "problem": evil}
    told = {**first, **words, "result": {evil: 1.0}, "messages": [{"role": evil, "content": evil}]}
    last = {**rest[-1], "action": evil, "degraded": [evil]}
    unit = replace(result.unit, agent=evil.replace("\ud800", ""), partner="[bold]p[/bold]")
    file, directory = tmp_path / "r.sqlite", tmp_path / "files"
    changed = replace(result, unit=unit, transcript=(told, *rest, last))
    with open_run(file, asked) as run:
        run.add(changed)
    Transcripts(directory, {}).keep(unit.key, changed.transcript, evil, 1.0, result.totals.usage)
    for shown in (
        call("transcript", file),
        call("transcript", file, "--episode", 0),
        call("transcript", file, "--episode", 0, "--json"),
        call("transcript", directory, "--episode", 0),
        call("transcript", file, "--agent", "nobody"),
        call("statistics", file),
    ):
        for obeyed in "\x1b\x07\u202e\x9b\r\ud800":
            assert obeyed not in shown.output
    plain = call("transcript", file, "--episode", 0).stdout
    assert r"[red]x[/red][/nothing] :smile: \x1b[2J\x1b]0;t\x07 \u202e\ud800 \x9b1m\r!" in plain
    assert "[bold]p[/bold]" in call("transcript", file).stdout


def test_errors_are_data_too(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "eval", "digest", "no[red]\x1b[31m\u202efile"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "no[red]" in done.stderr


def test_reports_numbers_and_exports_say_where_transcripts_are(call, tmp_path):
    import duckdb  # noqa: PLC0415

    file, other, numbers = tmp_path / "r.sqlite", tmp_path / "other.sqlite", tmp_path / "numbers.json"
    assert call(*crossplay("--results", file, "--json", numbers)).exit_code == 0
    command = f"python -m eval transcript {file} --run 1"
    assert json.loads(numbers.read_text())["transcripts"] == command
    assert command in in_words(render(file))
    assert call("statistics", file, "--json", numbers).exit_code == 0
    assert json.loads(numbers.read_text())["transcripts"] == command

    assert call(*crossplay("--results", other, "--no-transcripts", "--json", numbers)).exit_code == 0
    assert "transcripts" not in json.loads(numbers.read_text())
    assert "eval transcript" not in render(other)

    for form in ("parquet", "csv"):
        exported = call("export", file, f"--{form}", tmp_path / form)
        assert exported.exit_code == 0, exported.output
        source = f"FROM '{tmp_path / form}/transcripts.{form}'"
        where = "WHERE partner = 'tom-0' AND episode = 1 ORDER BY entry"
        rows = duckdb.connect().execute(f"SELECT content {source} {where}").fetchall()
        assert [json.loads(content) for (content,) in rows] == stored_transcript(
            file, 1, ("memory-1", AGENT, "tom-0", 1)
        )
    assert call("export", other, "--csv", tmp_path / "none").exit_code == 0
    assert not (tmp_path / "none" / "transcripts.csv").exists()

    for form in ("parquet", "csv"):
        done = call("export", other, f"--{form}", tmp_path / form)
        assert done.exit_code == 0, done.output
        assert "was of another run" in " ".join(done.output.split())
        assert sorted(path.name for path in (tmp_path / form).iterdir()) == [
            f"episodes.{form}",
            f"steps.{form}",
        ]
    (tmp_path / "csv" / "transcripts.csv").mkdir()
    assert "name another directory" in str(call("export", other, "--csv", tmp_path / "csv").exception)
    told = " ".join(call("export", "--help").output.split())
    assert "all prompts that language models were asked" in told


def test_a_file_of_the_release_before_has_none_and_takes_some(call, tmp_path):
    """Its tables know nothing of transcripts."""
    file = tmp_path / "r.sqlite"
    assert call(*crossplay("--results", file, "--no-transcripts")).exit_code == 0
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        connection.execute("DELETE FROM episodes WHERE partner = 'tom-0'")
    assert "transcripts" not in tables
    assert "by a release before" in str(call("transcript", file).exception)
    assert call(*crossplay("--results", file)).exit_code == 0
    assert [head.partner for head in stored_transcripts(file).heads] == ["tom-0", "tom-0"]


def test_a_damaged_transcript_in_a_results_file_is_named(server, tmp_path, asked):
    result = played(server, Unit("memory-1", AGENT, "tom-0", 0, 3), sampling=Sampling(temperature=0.0))
    file = tmp_path / "r.sqlite"
    with open_run(file, asked) as run:
        run.add(result)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE transcripts SET entries = x'00'")
    with pytest.raises(ResultsError, match=r"episode 0 of 'llm:.* is damaged"):
        stored_transcript(file, 1, result.unit.key)
