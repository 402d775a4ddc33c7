"""Every example of graphs runs and shows what it promises; the development server serves them."""

import contextlib
import importlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from langgraph_sdk import get_client

from eval.delegation import Cap, by_depth

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def lines(name):
    """What an example prints, by the title before the colon."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], capture_output=True, text=True, check=True, timeout=120
    )
    return {title.strip(): rest for title, rest in (line.split(":", 1) for line in done.stdout.splitlines())}


def counts(text):
    return [int(number) for number in re.findall(r"(\d+) of", text)]


def test_a_supervisor_that_models_its_workers_suits_every_team():
    printed = lines("supervisor.py")
    for habit in ("of order 0", "of order 1"):
        assert min(counts(printed[habit])) == 0
    assert min(counts(printed["with AdaptiveAgent"])) >= 9


def test_a_parent_that_knows_the_key_remembers():
    printed = lines("subgraph.py")
    first, *later = counts(printed["forgetful parent"])
    assert later == [first, first]
    assert counts(printed["parent with ToMState"]) == [first, 6, 6]
    assert first < 6


def test_contracts_hold_and_breaches_are_found():
    printed = lines("contracts.py")
    assert "15.0 of 15 rounds in step, 15 at least" in printed["under contract"]
    assert "13 at least; breach found after [2] rounds in 20 episodes" in printed["ben breaks it"]
    assert float(printed["nothing declared"].split()[0]) < 14


def test_an_agent_with_the_middleware_suits_every_colleague():
    printed = lines("agent_middleware.py")
    assert min(counts(printed["bare agent"])) == 0
    assert min(counts(printed["with middleware"])) >= 9


def test_a_lead_that_models_its_workers_repeats_less_and_keeps_the_cap():
    printed = lines("research_team.py")
    ours, fixed, faulty, believed = (re.findall(r"[\d.]+", text) for text in printed.values())
    assert float(ours[0]) < float(fixed[0]) / 2
    assert abs(int(ours[2]) / int(fixed[2]) - 1) < 0.02
    assert int(faulty[3]) <= 1000
    assert int(faulty[4]) > 0
    assert believed == ["1", "0", "2", "2", "3", "1", "4", "0"]


def test_a_worker_of_the_research_team_may_ask_a_person(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    research = importlib.import_module("research_team")
    team = {name: by_depth(k) for name, k in zip(research.NAMES, research.ORDERS, strict=True)}
    undisturbed = research.build(team, Cap(), believes=True).invoke(
        research.start(), {"recursion_limit": 200}
    )

    def asks(given):
        if given.question.number == 1 and given.key[2] == 0:
            assert interrupt("may I look at this?") == "yes"
        return by_depth(research.ORDERS[1])(given)

    graph = research.build({**team, "worker-2": asks}, Cap(), believes=True, saver=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}, "recursion_limit": 200}
    paused = graph.invoke(research.start(), thread)
    assert [asked.value for asked in paused["__interrupt__"]] == ["may I look at this?"]
    assert len(paused["done"]) == 1
    ended = graph.invoke(Command(resume="yes"), thread)
    assert (ended["done"], ended["beliefs"]) == (undisturbed["done"], undisturbed["beliefs"])
    assert len(graph.store.search(("findings",), limit=100)) == len(ended["keys"])
    assert {*ended["keys"][0]} == {"question", "worker", "key", "section", "facets", "tokens", "problem"}


def test_promises_are_read_from_branches_and_worth_what_they_were():
    printed = lines("coding_promises.py")
    assert "0 of 10 clash" in printed["node, ben keeps"]
    assert counts(printed["trusts, ben breaks"])[0] >= 3
    assert "2 of 10 clash, the breach found before round 2" in printed["node, ben breaks"]
    assert counts(printed["node, ben its like"])[0] <= 2


def test_coders_leave_the_users_own_repository_and_settings_alone(tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    subprocess.run(["git", "init", "-q", "-b", "main", mine], check=True, timeout=60)
    ran = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-checkout", "gpg"):
        (hooks / name).write_text(f"#!/bin/sh\necho $0 >> {ran}\nexit 1\n")
        (hooks / name).chmod(0o755)
    settings = tmp_path / "settings"
    settings.write_text(
        f"[core]\nhooksPath = {hooks}\n[commit]\ngpgSign = true\n[gpg]\nprogram = {hooks}/gpg\n"
    )
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(mine / ".git"))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    folder = tmp_path / "coders"
    base = importlib.import_module("coding_promises").opened(folder)
    assert len(base) == 40
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == before
    assert not ran.exists(), ran.read_text()
    assert (folder / "ann" / "shop" / "tax.py").read_text() == "TAX = 1\n"


@contextlib.contextmanager
def served(folder):
    """``langgraph dev`` in a folder, which it writes to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).parent / "langgraph", "dev", "--no-browser", "--no-reload"]
    environment = {**os.environ, "LANGSMITH_TRACING": "false", "LANGGRAPH_STRICT_MSGPACK": "true"}
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=folder, stdout=output, stderr=output, env=environment
        )
        url = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + 60
            while not _answers(url):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The development server in a copy of the examples."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    with served(folder) as url:
        yield url


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """The development server in a copy of the root, as far as its ``langgraph.json`` needs it."""
    folder = tmp_path_factory.mktemp("studio")
    for name in ("langgraph.json", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    for name in ("atom", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with served(folder) as url:
        yield url


def _answers(url):
    try:
        return httpx.get(f"{url}/ok", timeout=1.0).is_success
    except httpx.HTTPError:
        return False


async def test_the_development_server_serves_the_examples(server):
    async with get_client(url=server) as client:
        served = {assistant["graph_id"] for assistant in await client.assistants.search()}
        assert served == {"tickets", "season", "under_contract"}
        thread = (await client.threads.create())["thread_id"]
        start = {"episode": 0, "seats": {}, "rounds": []}
        parts = [
            part
            async for part in client.runs.stream(
                thread, "under_contract", input=start, stream_mode="custom", config={"recursion_limit": 100}
            )
        ]
        events = [part.data for part in parts if part.event == "custom"]
        assert {event["observer"] for event in events} == {"ann", "ben"}
        assert max(event["step"] for event in events) == 14
        state = (await client.threads.get_state(thread))["values"]
        assert len(state["rounds"]) == 15
        assert state["tom"]["ann"]["partners"]["ben"]["contract"]["broken"] is None
        season = await client.runs.wait(
            None, "season", input={"points": [], "number": 0}, config={"recursion_limit": 200}
        )
        assert season["points"][6:] == [1] * 12


@pytest.mark.parametrize("folder", [ROOT, EXAMPLES], ids=["root", "examples"])
def test_the_configurations_are_valid(folder):
    command = [Path(sys.executable).parent / "langgraph", "validate"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_the_root_serves_a_graph_that_runs_as_it_is(studio):
    async with get_client(url=studio) as client:
        (assistant,) = await client.assistants.search()
        assert assistant["graph_id"] == "rooms"
        schemas = await client.assistants.get_schemas(assistant["assistant_id"])
        defaults = {
            name: field["default"]
            for schema in ("input_schema", "context_schema")
            for name, field in schemas[schema]["properties"].items()
        }
        assert defaults == {
            "order_of_ben": 1,
            "rounds": 10,
            "learner": "bayes",
            "orders": [0, 1, 2],
            "seed": 0,
        }
        state = await client.runs.wait(None, "rooms", input={})
        assert len(state["met"]) == 10
        assert re.match(r"ben: order 1 \(\d+ %\), order", state["beliefs"])
        assert state["tom"]["ann"]["learner"] == "Bayes"


async def test_the_context_says_how_ann_believes(studio):
    async with get_client(url=studio) as client:
        thread = (await client.threads.create())["thread_id"]
        start = {"order_of_ben": 2, "rounds": 5}
        context = {"learner": "hedge", "orders": [1, 2], "seed": 3}
        state = await client.runs.wait(thread, "rooms", input=start, context=context)
        assert state["tom"]["ann"]["learner"] == "Hedge"
        assert re.fullmatch(r"ben: order 2 \(\d+ %\), order 1 \(\d+ %\)", state["beliefs"])
        state = await client.runs.wait(thread, "rooms", input=start)  # other settings, the same thread
        assert len(state["met"]) == 10
        assert state["tom"]["ann"]["learner"] == "Bayes"
        assert "order 0" in state["beliefs"]  # which the first run did not think of
