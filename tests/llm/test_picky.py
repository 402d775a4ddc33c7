"""Models that think, are cut off, or refuse arguments: what it costs to find out, and what decisions say."""

import json
import logging

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI
from typer.testing import CliRunner

from atom import AdaptiveAgent, Budget, LLMError
from atom.llm import LLMActor, LLMReasoner, Model, Sampling
from atom.models.findings import REASONING_TOKENS
from atom.usage import Meter, metered
from eval.cli import app
from eval.modelserver import Faults
from eval.results import open_run
from eval.tasks import make_task
from tests.llm.conftest import GREEDY, QUICK, described, reasoner_at
from tests.llm.test_chat_models import Picky

SITUATION = described(make_task("memory-1"), [])
SINGLE = Sampling(temperature=0.0, methods=("single",))


def picky(serve, *modes, thoughts=200, **settings):
    return serve(faults=Faults(modes=modes, thoughts=thoughts), record=True, **settings)


def asked(server, reasoner, player="player-1"):
    """The policy, and the bodies of the requests that it took."""
    before = server.requests
    policy = reasoner.for_decision().policy(SITUATION, player, 0)
    return policy, server.bodies[before:]


def limits(bodies):
    return [body.get("max_tokens", body.get("max_completion_tokens")) for body in bodies]


def test_a_model_that_thinks_is_found_out_once_and_has_room_from_then_on(serve):
    server = picky(serve, "reasoning")
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    with metered(Meter()) as meter:
        policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert limits(bodies) == [16, REASONING_TOKENS + 16]
    assert [len(body["messages"]) for body in bodies] == [2, 2], "asked the same again, not repaired"
    usage = meter.usage()
    assert (usage.calls, usage.truncated, usage.repairs) == (2, 1, 0)
    assert usage.completion_tokens == 16 + 200 + 1
    assert limits(asked(server, reasoner)[1]) == [REASONING_TOKENS + 16]
    actor = LLMActor("player-1", "openai/scripted", api_base=server.url, api_key="none", patience=QUICK)
    before = server.requests
    actor(
        SITUATION, AdaptiveAgent("player-1", reasoner).decide(SITUATION, {})[0].partners and None or _told()
    )
    assert limits(server.bodies[before:])[-1] == REASONING_TOKENS + 16, "whoever asks"
