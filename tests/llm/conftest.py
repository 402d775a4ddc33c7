"""A scripted model server on loopback for every test that asks for one."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from atom import Situation
from atom.llm import LLMReasoner, Patience, Sampling
from atom.models import run_blocking
from eval.modelserver import ScriptedServer
from eval.tasks import Task, make_task

QUICK = Patience(timeout=30.0, deadline=90.0, attempts=6, pause=0.001, longest_pause=0.01)
GREEDY = Sampling(temperature=0.0)


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    """LiteLLM is imported, and has made its first call, which takes seconds on a busy machine."""
    with ScriptedServer() as server:
        task = make_task("memory-1")
        reasoner = reasoner_at(server, patience=Patience(), transport="litellm")
        reasoner.policy(described(task, []), "player-1", 0)


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    """LiteLLM keeps 200 clients, one for each of our servers, and drops the oldest without closing them."""
    yield
    import litellm  # noqa: PLC0415  # it is imported as the plugin does it, at the first question
    from litellm.llms.custom_httpx.async_client_cleanup import close_litellm_async_clients  # noqa: PLC0415

    run_blocking(close_litellm_async_clients())
    litellm.in_memory_llm_clients_cache.flush_cache()


@pytest.fixture(params=["auto", "litellm"], ids=["direct", "litellm"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What all models that say nothing of it are reached by: the scripted server, both ways."""
    monkeypatch.setenv("ATOM_TRANSPORT", request.param)
    return str(request.param)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Starts servers; all are closed at the end."""
    servers: list[ScriptedServer] = []

    def start(**settings: Any) -> ScriptedServer:
        servers.append(ScriptedServer(**settings).start())
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(serve: Callable[..., ScriptedServer]) -> ScriptedServer:
    return serve(record=True)


def reasoner_at(server: ScriptedServer, **settings: Any) -> LLMReasoner:
    """A reasoner that asks the scripted server, greedily unless told otherwise."""
    settings = {"sampling": GREEDY, "patience": QUICK, "api_key": "none", **settings}
    return LLMReasoner("openai/scripted", api_base=server.url, **settings)


def described(task: Task, state: Any) -> Situation:
    """A situation with its words."""
    return dataclasses.replace(task.situation(state), description=task.describe(state))
