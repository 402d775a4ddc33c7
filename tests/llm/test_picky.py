"""Models that think, are cut off, or refuse arguments: what it costs to find out, and what errors say."""

import logging

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from atom import Budget, LLMError, Prediction
from atom.llm import LLMActor, LLMReasoner, Model, Sampling
from atom.models.findings import REASONING_TOKENS
from atom.usage import Meter, metered
from eval.modelserver import MODES, Faults
from eval.tasks import make_task
from tests.llm.conftest import GREEDY, QUICK, described, reasoner_at
from tests.llm.test_chat_models import Picky

pytestmark = pytest.mark.usefixtures("transport")

SITUATION = described(make_task("memory-1"), [])
SINGLE = Sampling(temperature=0.0, methods=("single",))
ROOM = REASONING_TOKENS + 16


def picky(serve, *modes, thoughts=200, **settings):
    return serve(faults=Faults(modes=modes, thoughts=thoughts), record=True, **settings)


def asked(server, reasoner, player="player-1"):
    """The policy, and the bodies of the requests that it took."""
    before = server.requests
    policy = reasoner.for_decision().policy(SITUATION, player, 0)
    return policy, server.bodies[before:]


def failed(server, reasoner, words):
    """The bodies of the requests of a question that has no answer, and what was spent on it."""
    before = server.requests
    with metered(Meter()) as meter, pytest.raises(LLMError, match=words):
        reasoner.for_decision().policy(SITUATION, "player-1", 0)
    return server.bodies[before:], meter.usage()


def limits(bodies):
    return [body.get("max_tokens", body.get("max_completion_tokens")) for body in bodies]


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_model_that_thinks_is_found_out_once_and_has_room_from_then_on(serve):
    server = picky(serve, "reasoning")
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    with metered(Meter()) as meter:
        policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert limits(bodies) == [16, ROOM]
    assert [len(body["messages"]) for body in bodies] == [2, 2], "asked the same again, not repaired"
    usage = meter.usage()
    assert (usage.calls, usage.truncated, usage.repairs) == (2, 1, 0)
    assert usage.completion_tokens == 16 + 200 + 1
    assert limits(asked(server, reasoner)[1]) == [ROOM]
    before = server.requests
    actor = LLMActor("player-1", "openai/scripted", api_base=server.url, api_key="none", patience=QUICK)
    actor(SITUATION, Prediction(0, {}))
    assert limits(server.bodies[before:]) == [ROOM], "whoever asks"


def test_log_probabilities_of_a_model_that_thinks_are_tried_once(serve):
    server = picky(serve, "reasoning")
    reasoner = reasoner_at(server, memo=None)
    assert [body.get("logprobs") for body in asked(server, reasoner)[1]] == [True, None]
    assert [body.get("logprobs") for body in asked(server, reasoner, "player-2")[1]] == [None]
    again = reasoner_at(server, memo=None)
    assert [body.get("logprobs") for body in asked(server, again)[1]] == [None]


def test_a_model_that_litellm_knows_to_think_has_room_from_the_beginning(serve):
    server = picky(serve, "reasoning")
    reasoner = LLMReasoner("openai/o3-mini", api_base=server.url, api_key="none", patience=QUICK, memo=None)
    _, bodies = asked(server, reasoner)
    assert len(bodies) == 1
    assert bodies[0]["max_completion_tokens"] > REASONING_TOKENS
    assert "logprobs" not in bodies[0]


def test_a_longest_reply_that_litellm_knows_is_not_exceeded(serve):
    server = picky(serve, "reasoning", thoughts=100_000)
    options = {"api_base": server.url, "custom_llm_provider": "openai", "reasoning_effort": "high"}
    reasoner = LLMReasoner("gpt-3.5-turbo", api_key="none", patience=QUICK, sampling=SINGLE, options=options)
    assert limits(failed(server, reasoner, "limit of 4,096 tokens")[0]) == [4096]


def test_thoughts_that_do_not_end_are_named_with_the_remedy(serve):
    server = picky(serve, "reasoning", thoughts=100_000)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    words = (
        r"scripted: the reply was truncated within its thoughts at its limit of 4,112 tokens, which was "
        r"raised once, before it named an option; raise max_tokens=, on the command line "
        r"--model-option max_tokens="
    )
    bodies, usage = failed(server, reasoner, words)
    assert limits(bodies) == [16, ROOM]
    assert (usage.truncated, usage.repairs, usage.completion_tokens) == (2, 0, 16 + ROOM)
    # each question raises it once, to four times the room at most
    assert limits(failed(server, reasoner, "truncated")[0]) == [4 * ROOM]
    assert limits(failed(server, reasoner, "truncated")[0]) == [4 * ROOM]


def test_a_stated_limit_is_never_exceeded(serve):
    server = picky(serve, "reasoning")
    for settings in ({"sampling": Sampling(max_tokens=100)}, {"max_tokens": 100}):
        reasoner = reasoner_at(server, memo=None, **{"sampling": SINGLE, **settings})
        bodies, usage = failed(server, reasoner, "truncated within its thoughts at its limit of 100 tokens, ")
        assert set(limits(bodies)) <= {1, 100}
        assert usage.repairs == 0
    for settings in ({"sampling": Sampling(max_tokens=300)}, {"options": {"max_completion_tokens": 300}}):
        _, bodies = asked(server, reasoner_at(server, memo=None, **{"sampling": SINGLE, **settings}))
        assert limits(bodies)[-1] == 300
    assert "max_tokens" not in bodies[-1]


def test_a_limit_is_raised_within_the_budget(serve):
    server = picky(serve, "reasoning")
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    with metered(Meter(Budget(tokens=1_000))):
        _, bodies = asked(server, reasoner)
    prompt = sum(len(message["content"]) for message in bodies[0]["messages"]) // 4
    assert limits(bodies) == [16, 1_000 - prompt - 16]
    long = picky(serve, "truncate", thoughts=5_000)
    with (
        metered(Meter(Budget(tokens=prompt + 20))),
        pytest.raises(LLMError, match="budget"),
    ):
        reasoner_at(long, memo=None, sampling=SINGLE).policy(SITUATION, "player-1", 0)
    assert max(limits(long.bodies)) == 16


def test_a_limit_of_the_servers_own_is_named(serve):
    server = picky(serve, "reasoning", "refuse-limits", thoughts=200_000)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    words = (
        r"truncated within its thoughts at a limit of its server's, which takes none from us.*raise it there"
    )
    assert len(failed(server, reasoner, words)[0]) == 3
    assert len(failed(server, reasoner, words)[0]) == 1


def test_words_that_are_cut_off_are_repaired_with_more_room(serve):
    server = picky(serve, "truncate", thoughts=40)
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    with metered(Meter()) as meter:
        policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert limits(bodies) == [16, 64]
    assert "ended by its limit before it named an option" in bodies[1]["messages"][-1]["content"]
    assert (meter.usage().truncated, meter.usage().repairs) == (1, 1)
    assert limits(asked(server, reasoner)[1]) == [64]


def test_words_that_do_not_end_are_named(serve):
    server = picky(serve, "truncate", thoughts=10_000)
    bodies, usage = failed(
        server,
        reasoner_at(server, memo=None, sampling=SINGLE),
        r"truncated at its limit of 64 tokens, which was raised once, .*--model-option max_tokens=",
    )
    assert (limits(bodies), usage.truncated) == ([16, 64], 2)


def test_samples_are_cut_off_as_well(serve):
    server = picky(serve, "reasoning")
    reasoner = reasoner_at(server, memo=None, sampling=Sampling(methods=("samples",), n=3))
    policy, bodies = asked(server, reasoner)
    assert sum(policy.values()) == pytest.approx(1.0)
    assert limits(bodies) == [16, ROOM]


REFUSALS = {
    "refuse-temperature": ("temperature is left out", {"temperature"}, SINGLE),
    "refuse-max-tokens": ("max_tokens is called max_completion_tokens", {"max_tokens"}, SINGLE),
    "refuse-limits": ("max_tokens is left out", {"max_tokens", "max_completion_tokens"}, SINGLE),
    "refuse-logprobs": ("logprobs from now on", {"logprobs", "top_logprobs"}, GREEDY),
    "refuse-n": ("n samples from now on", {"n"}, Sampling(temperature=1.0, methods=("samples", "single"))),
    "refuse-response-format": (
        "response_format from now on",
        {"response_format"},
        Sampling(temperature=0.0, methods=("single",), structured=True),
    ),
}


@pytest.mark.parametrize("mode", REFUSALS)
def test_an_argument_that_a_server_refuses_is_found_out_once_and_said_once(mode, serve, caplog):
    words, names, sampling = REFUSALS[mode]
    server = picky(serve, mode)
    with caplog.at_level(logging.WARNING):
        policy, bodies = asked(server, reasoner_at(server, memo=None, sampling=sampling))
        assert sum(policy.values()) == pytest.approx(1.0)
        assert names & bodies[0].keys()
        assert not names & bodies[-1].keys()
        assert len(bodies) == (3 if mode == "refuse-limits" else 2)
        for player in ("player-1", "player-2"):
            _, bodies = asked(server, reasoner_at(server, memo=None, sampling=sampling), player)
            assert len(bodies) == 1
            assert not names & bodies[0].keys()
    (warning,) = warnings(caplog)
    assert words in warning
    if mode == "refuse-max-tokens":
        assert bodies[0]["max_completion_tokens"] == 16


def test_all_at_once_are_found_out_once(serve, caplog):
    modes = [mode for mode in MODES if mode.startswith("refuse")]
    server = picky(serve, *modes, "reasoning")
    sampling = Sampling(temperature=1.0, structured=True)
    policy, _ = asked(server, reasoner_at(server, memo=None, sampling=sampling))
    assert sum(policy.values()) == pytest.approx(1.0)
    for _ in range(2):
        _, bodies = asked(server, reasoner_at(server, memo=None, sampling=sampling))
        assert [sorted(body) for body in bodies] == [["messages", "model"]]
    assert len(warnings(caplog)) == len({*warnings(caplog)})


def test_a_limit_that_is_too_large_is_made_smaller_once(serve, caplog):
    server = picky(serve, "reasoning", "small-context")
    reasoner = reasoner_at(server, memo=None, sampling=SINGLE)
    policy, bodies = asked(server, reasoner)
    assert policy["B"] > 0.9
    assert limits(bodies) == [16, ROOM, ROOM // 4, ROOM // 16]
    assert limits(asked(server, reasoner)[1]) == [ROOM // 16]
    (warning,) = warnings(caplog)
    assert "no limit is above 257 tokens" in warning


@pytest.mark.parametrize(("mode", "first"), [("no-logprobs", 2), ("chatty-logprobs", 3)])
def test_log_probabilities_that_are_of_no_use_are_found_out_once(mode, first, serve):
    server = picky(serve, mode)
    assert len(asked(server, reasoner_at(server, memo=None))[1]) == first
    for player in ("player-1", "player-2"):
        assert len(asked(server, reasoner_at(server, memo=None), player)[1]) == 1


def test_without_the_only_method_there_is_a_single_answer_at_once(serve):
    server = picky(serve, "no-logprobs")
    reasoner = reasoner_at(server, memo=None, sampling=Sampling(methods=("logprobs",), temperature=0.0))
    assert [body.get("logprobs") for body in asked(server, reasoner)[1]] == [True, None]
    assert [body.get("logprobs") for body in asked(server, reasoner)[1]] == [None]


def test_one_chatty_reply_among_others_costs_no_method(serve):
    server = serve(faults=Faults({"illegal": 0.5}), seed=10, record=True)
    reasoner = reasoner_at(server, memo=None, sampling=Sampling(methods=("logprobs", "single")))
    assert [body["logprobs"] for body in asked(server, reasoner)[1]] == [True, True]
    assert server.fault_counts == {"illegal": 1}
    assert asked(server, reasoner)[1][0]["logprobs"] is True


@pytest.mark.parametrize(
    ("mode", "words", "requests"),
    [
        ("content-filter", r"provider's filter \(finish_reason content_filter\).*fallbacks", 1),
        ("tool-calls", r"calls a tool \(finish_reason tool_calls\).*after one repair", 2),
    ],
)
def test_other_ends_of_replies_are_named(mode, words, requests, serve):
    server = picky(serve, mode)
    bodies, usage = failed(server, reasoner_at(server, memo=None, sampling=SINGLE), words)
    assert (len(bodies), usage.truncated) == (requests, 0)


def test_thoughts_without_an_answer_are_named(serve):
    server = serve(faults=Faults({"empty": 1.0}, modes=("reasoning",)), record=True)
    failed(
        server,
        reasoner_at(server, memo=None, sampling=Sampling(methods=("single",), max_tokens=500)),
        r"thoughts \(reasoning_content\) and no text",
    )


CLASHES = [
    ({"options": {"stream": True}}, "stream=True of openai/x clashes with reading replies as a whole"),
    ({"options": {"messages": []}}, "messages of openai/x clashes with the question itself"),
    ({"options": {"model": "y"}}, "model of openai/x clashes with the model that is asked"),
    ({"n": 3}, r"n of openai/x clashes with the number of samples; give sampling=Sampling\(methods"),
    ({"temperature": 1}, r"temperature of openai/x clashes with .*Sampling\(temperature=.*--temperature"),
    ({"timeout": 9}, r"timeout of openai/x clashes with .*Patience\(timeout"),
    ({"response_format": {}}, r"response_format of openai/x clashes with .*structured"),
    ({"top_logprobs": 3}, "top_logprobs of openai/x clashes"),
    ({"drop_params": False}, "drop_params of openai/x clashes"),
    (
        {"max_tokens": 10, "max_completion_tokens": 10},
        "max_tokens=10 and max_completion_tokens=10 of openai/x clash",
    ),
    ({"max_tokens": "many"}, "max_tokens of openai/x is a number of tokens, at least 1; got 'many'"),
    (
        {"max_tokens": 10, "sampling": Sampling(max_tokens=20)},
        r"max_tokens=10 of openai/x clashes with Sampling\(max_tokens=20\)",
    ),
    (
        {"logprobs": False, "sampling": Sampling(methods=("logprobs",))},
        r"logprobs=False of openai/x clashes with Sampling\(methods=\('logprobs',\)\)",
    ),
    ({"logprobs": True, "sampling": SINGLE}, "logprobs=True of openai/x clashes with"),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 2000},
        r"thinking.budget_tokens=2000 of openai/x clashes with max_tokens=2000.*above 2000",
    ),
    (
        {"extra_body": {"thinking_budget": 50}, "sampling": Sampling(max_tokens=50)},
        "thinking_budget=50 of openai/x clashes with max_tokens=50",
    ),
]


@pytest.mark.parametrize(("settings", "words"), CLASHES, ids=[words[:24] for _, words in CLASHES])
def test_options_that_clash_are_refused_at_construction(settings, words):
    for make in (LLMReasoner, lambda model, **given: LLMActor("ann", model, **given)):
        with pytest.raises(ValueError, match=words):
            make("openai/x", **settings)


def test_options_of_a_fallback_clash_as_well():
    with pytest.raises(ValueError, match="max_tokens=10 of openai/y clashes"):
        LLMReasoner(
            "openai/x",
            fallbacks=[Model("openai/y", options={"max_tokens": 10})],
            sampling=Sampling(max_tokens=20),
        )


def test_samples_that_are_all_the_same_are_refused():
    with pytest.raises(ValueError, match=r"methods=\('samples',\) clashes with temperature=0"):
        Sampling(methods=("samples",), temperature=0.0)


def test_log_probabilities_can_be_left_out_and_insisted_on(serve):
    server = picky(serve)
    assert "logprobs" not in asked(server, reasoner_at(server, memo=None, logprobs=False))[1][0]
    insisting = LLMReasoner(
        "openai/o3-mini", api_base=server.url, api_key="none", patience=QUICK, memo=None,
        options={"logprobs": True, "allowed_openai_params": ["logprobs", "top_logprobs"]},
    )  # fmt: skip
    assert asked(server, insisting)[1][0]["logprobs"] is True


def test_a_budget_for_thoughts_is_room_for_them(serve):
    server = picky(serve, "reasoning")
    reasoner = reasoner_at(
        server, memo=None, sampling=SINGLE, options={"extra_body": {"thinking_budget": 1000}}
    )
    assert limits(asked(server, reasoner)[1]) == [1016]


def test_a_key_among_the_options_is_kept_as_one():
    model = Model("openai/x", options={"api_key": "sk-secret-key", "top_p": 0.5})
    assert model.api_key.get_secret_value() == "sk-secret-key"
    assert model.options == {"top_p": 0.5}
    assert "sk-secret" not in repr(model)


class Thinking(Picky):
    """A chat model that takes arguments and thinks 100 tokens before it answers."""

    limits: list[int] = Field(default_factory=list)

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        self.limits.append(kwargs["max_tokens"])
        cut = kwargs["max_tokens"] < 100
        message = AIMessage(
            "" if cut else "2",
            additional_kwargs={"reasoning_content": "hm"},
            response_metadata={"finish_reason": "length" if cut else "stop"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def test_a_chat_model_that_thinks_has_room_as_well():
    model = Thinking()
    reasoner = LLMReasoner(model, sampling=SINGLE, patience=QUICK, memo=None)
    for _ in range(2):
        assert reasoner.for_decision().policy(SITUATION, "player-1", 0)["B"] > 0.9
    assert model.limits == [16, ROOM, ROOM]


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"no mode \['shy'\]; modes are reasoning"):
        Faults(modes=("shy",))
    with pytest.raises(ValueError, match="thoughts take at least 0 tokens"):
        Faults(thoughts=-1)
