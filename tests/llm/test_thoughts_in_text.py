"""Models that write their thoughts into their text: what transcripts keep, and what a repair quotes."""

import pytest

from atom import LLMError
from atom.llm import LLMReasoner, Sampling
from atom.models.asking import KEPT, QUOTED
from eval.modelserver import Faults
from tests.llm.conftest import QUICK, reasoner_at
from tests.llm.test_chat_models import Picky
from tests.llm.test_picky import SINGLE, SITUATION, asked, failed, picky

pytestmark = pytest.mark.usefixtures("transport")


class Unending(Picky):
    """Thinks, and stops."""

    text: str = "<think>I go left, or"


def told(server, **settings):
    """The last exchange of one question, and the bodies of its requests."""
    exchanges = []
    reasoner = reasoner_at(
        server, memo=None, **{"sampling": SINGLE, "observer": exchanges.append, **settings}
    )
    _, bodies = asked(server, reasoner)
    return exchanges[-1], bodies


def test_a_transcript_has_the_answer_after_the_thoughts(serve):
    exchange, _ = told(picky(serve, "thinking-aloud", thoughts=1_000))
    assert len(exchange.reply) > 4_000
    assert exchange.reply.startswith("<thought>\nLet me see.")
    assert exchange.reply.endswith("</thought>\n2")


def test_of_a_very_long_reply_it_has_head_and_tail(serve):
    exchange, _ = told(
        picky(serve, "thinking-aloud", thoughts=10_000),
        sampling=Sampling(methods=("single",), max_tokens=20_000),
    )
    assert len(exchange.reply) == KEPT + 1
    assert exchange.reply[KEPT // 2] == "…"
    assert exchange.reply.startswith("<thought>")
    assert exchange.reply.endswith("</thought>\n2")


def test_a_repair_quotes_no_thoughts(serve):
    faults = Faults({"illegal": 1.0}, modes=("thinking-aloud",), thoughts=1_000)
    exchanges = []
    server = serve(faults=faults, record=True)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE, observer=exchanges.append)
    failed(server, reasoner, "after one repair")
    quoted = server.bodies[-1]["messages"][-2]
    assert quoted["role"] == "assistant"
    assert 0 < len(quoted["content"]) <= QUOTED
    assert "Let me see" not in quoted["content"]
    assert exchanges[-1].messages[-2] == quoted


def test_a_repair_quotes_no_thoughts_that_were_not_ended():
    model = Unending()
    reasoner = LLMReasoner(model, sampling=SINGLE, patience=QUICK, memo=None)
    with pytest.raises(LLMError, match="ends within its thoughts"):
        reasoner.policy(SITUATION, "player-1", 0)
    assert [message.content for message in model.calls[-1] if message.type == "ai"] == ["(empty)"]
