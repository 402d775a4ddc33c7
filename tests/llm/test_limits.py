"""Refusals of a limit of tokens: too large, too small, not taken at all, or a reply that it cut off."""

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from atom import LLMError
from atom.llm import LLMReasoner, Sampling
from atom.models.asking import MOST_ANSWERS
from atom.models.responses import Objection, objection_to
from atom.usage import Meter, metered
from tests.llm.conftest import QUICK, reasoner_at
from tests.llm.test_chat_models import Picky, chat_at
from tests.llm.test_picky import ROOM, SINGLE, SITUATION, asked, failed, limits, picky, warnings

pytestmark = pytest.mark.usefixtures("transport")


@pytest.mark.parametrize("mode", ["small-range", "small-limit"])
def test_a_limit_that_is_too_large_in_other_words_is_never_left_out(mode, serve, caplog):
    server = picky(serve, "reasoning", mode)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert [body["max_tokens"] for body in bodies] == [16, ROOM, ROOM // 4, ROOM // 16]
    assert [body["max_tokens"] for body in asked(server, reasoner)[1]] == [ROOM // 16]
    (warning,) = warnings(caplog)
    assert "no limit is above 257 tokens" in warning


def by_litellm(server, **settings):
    return reasoner_at(server, memo=None, **settings)


def by_chat(server, **settings):
    return LLMReasoner(chat_at(server), patience=QUICK, memo=None, **settings)


@pytest.mark.parametrize("made", [by_litellm, by_chat])
def test_a_reply_that_is_refused_since_it_was_cut_off_is_asked_for_with_more_room(made, serve, caplog):
    server = picky(serve, "reasoning", "unfinished")
    reasoner = made(server, sampling=SINGLE)
    with metered(Meter()) as meter:
        policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert limits(bodies) == [16, ROOM]
    assert (meter.usage().truncated, meter.usage().repairs) == (1, 0)
    assert limits(asked(server, reasoner)[1]) == [ROOM]
    assert warnings(caplog) == []


@pytest.mark.parametrize("made", [by_litellm, by_chat])
def test_log_probabilities_that_are_cut_off_that_way_are_tried_once(made, serve):
    server = picky(serve, "reasoning", "unfinished")
    reasoner = made(server, sampling=Sampling(temperature=0.0, methods=("logprobs", "single")))
    assert limits(asked(server, reasoner)[1]) == [1, 16, ROOM]
    assert limits(asked(server, reasoner)[1]) == [ROOM]


@pytest.mark.parametrize("made", [by_litellm, by_chat])
def test_a_stated_limit_within_which_no_reply_ends_is_named(made, serve):
    server = picky(serve, "reasoning", "unfinished")
    reasoner = made(server, sampling=Sampling(methods=("single",), max_tokens=100))
    words = r"truncated within its thoughts at its limit of 100 tokens, .*raise max_tokens="
    for _ in range(2):
        assert limits(failed(server, reasoner, words)[0]) == [100]


@pytest.mark.parametrize(
    "settings", [{"sampling": Sampling(methods=("single",), max_tokens=300)}, {"max_tokens": 300}]
)
def test_a_stated_limit_that_a_server_takes_by_no_name_is_not_left_out(settings, serve):
    server = picky(serve, "refuse-limits")
    stated = reasoner_at(server, memo=None, **{"sampling": SINGLE, **settings})
    words = r"a limit that was stated is never left out; .*state none: no max_tokens=.*--model-option"
    assert limits(failed(server, stated, words)[0]) == [300, 300]


def test_a_stated_limit_is_not_left_out_where_another_found_out_that_none_is_taken(serve):
    server = picky(serve, "refuse-limits")
    assert limits(asked(server, reasoner_at(server, memo=None, sampling=SINGLE))[1]) == [16, 16, None]
    stated = reasoner_at(server, memo=None, sampling=Sampling(methods=("single",), max_tokens=300))
    words = r"openai/scripted: the server takes no limit of tokens; .*never left out"
    assert failed(server, stated, words)[0] == []


def test_a_limit_that_is_too_small_is_made_larger_once(serve, caplog):
    server = picky(serve, "reasoning", "thinking-budget", thoughts=5_000)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE, options={"reasoning_effort": "low"})
    policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert limits(bodies) == [ROOM, 4 * ROOM]
    assert limits(asked(server, reasoner)[1]) == [4 * ROOM]
    (warning,) = warnings(caplog)
    assert "no limit is below 16,448 tokens" in warning


def test_a_limit_that_stays_too_small_is_named_and_raised_once(serve):
    server = picky(serve, "thinking-budget", thoughts=100_000)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE, options={"reasoning_effort": "low"})
    words = r"must be greater than.*the limit of tokens is too small for it; raise max_tokens=, on the"
    assert limits(failed(server, reasoner, words)[0]) == [ROOM, 4 * ROOM]
    assert limits(failed(server, reasoner, words)[0]) == [ROOM]
    stated = reasoner_at(server, memo=None, sampling=SINGLE, max_tokens=300)
    assert limits(failed(server, stated, words)[0]) == [300], "never above what was stated"


class Rambling(Picky):
    """Names no option, at first within its limit and then beyond it, whatever that is."""

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self.calls.append(messages)
        ended = "stop" if len(self.calls) == 1 else "length"
        message = AIMessage("Let me see.", response_metadata={"finish_reason": ended})
        return ChatResult(generations=[ChatGeneration(message=message)])


def test_a_reply_that_is_cut_off_after_a_repair_is_asked_for_once_more_and_no_more():
    model = Rambling()
    reasoner = LLMReasoner(model, sampling=SINGLE, patience=QUICK, memo=None)
    with pytest.raises(LLMError, match="truncated at its limit of 64 tokens, which was raised once"):
        reasoner.policy(SITUATION, "player-1", 0)
    assert len(model.calls) == MOST_ANSWERS


LARGE = {
    "max_tokens: 9000 > 4096, which is the maximum allowed number of output tokens",
    "Invalid 'max_tokens': integer above maximum value. Expected a value <= 4096, but got 9000 instead.",
    "'max_tokens' is too large: 9000. The context length is 4096 tokens (9000 > 4096 - 100).",
    "max_tokens must not be greater than 4,096",
    "max_tokens cannot exceed 4096",
    "max_tokens is greater than the maximum",
    "max_tokens: Input should be less than or equal to 8192",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    "max_tokens should be between 16 and 8,192",
    "max_tokens (9000) is not supported: the limit is 4096",
    "max_tokens: the limit was reached",
}
SMALL = {
    "Invalid max_tokens value, the valid range of max_tokens is [16, 8192]": 16,
    "Invalid 'max_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.": 16,
    "max_tokens: Input should be greater than or equal to 16": 16,
    "max_tokens must be at least 1,024": 1024,
    "max_tokens must not be less than 16": 16,
    "max_tokens is less than thinking.budget_tokens": None,
    "`max_tokens` must be greater than `thinking.budget_tokens`": None,
    "max_tokens must exceed the budget for thoughts": None,
    "give a higher max_tokens": None,
}
UNKNOWN = {
    "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "Unrecognized request argument supplied: max_tokens",
    "max_tokens and gpt-4.1 do not go together",
}
CUT_OFF = {
    "Could not finish the message because max_tokens or model output limit was reached.",
    "The output token limit was reached, try again with higher max_tokens.",
}
REFUSALS = [
    *((9000, words, Objection("too large")) for words in sorted(LARGE)),
    *((1, words, Objection("too small", least)) for words, least in SMALL.items()),
    *((300, words, Objection("argument")) for words in sorted(UNKNOWN)),
    *((300, words, Objection("cut off")) for words in sorted(CUT_OFF)),
]


@pytest.mark.parametrize(("limit", "words", "objection"), REFUSALS)
def test_what_a_refusal_has_against_a_limit(limit, words, objection):
    assert objection_to(ValueError(words), limit) == objection
