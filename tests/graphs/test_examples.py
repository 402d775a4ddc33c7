"""Every example of graphs runs and shows what it promises; the development server serves them."""

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
from langgraph_sdk import get_client

EXAMPLES = Path(__file__).parents[2] / "examples"


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


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """``langgraph dev`` in a copy of the examples: it writes beside its configuration."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
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
