"""Whatever a model's server does: a right answer or a named error, in time, in bounds, and no key told."""

import contextlib
import json
import logging
import math
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from atom import AdaptiveAgent, LLMError, NormalFormReasoner, Situation, errors, symmetric_payoffs
from atom.llm import LLMActor, LLMReasoner, Patience, Sampling
from atom.models import bounds, entering, run_blocking, through_litellm
from atom.models.secrets import HIDDEN, redact, secrets_of, without
from atom.usage import Budget, Meter, Usage, metered
from tests.attacks.hostile import (
    HEADER,
    KEY,
    MODES,
    Hostile,
    answers,
    bomb,
    completion,
    drips,
    hangs,
    logprobs,
    usage,
    without_end,
)

WAYS = ("direct", "litellm")
SITUATION = Situation({"ann": ("A", "B"), "ben": ("A", "B")}, description="Two doors.")
PATIENCE = Patience(timeout=30.0, deadline=60.0, attempts=1, pause=0.001, failures=50)
IMPATIENT = replace(PATIENCE, timeout=3.0)
"""For what never ends; elsewhere a busy machine is not to be taken for a server that hangs."""

ENDLESS = ("hangs", "drips")
SECRETS = (KEY, HEADER)


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """LiteLLM is imported, and has made its first call."""
    with Hostile(answers(completion())) as server:
        reasoner_at(server.url, "litellm", patience=Patience()).policy(SITUATION, "ann", 0)
    yield
    import litellm  # noqa: PLC0415  # as the plugin does it
    from litellm.llms.custom_httpx.async_client_cleanup import close_litellm_async_clients  # noqa: PLC0415

    for _ in range(5):
        with contextlib.suppress(RuntimeError):  # its cache changes meanwhile
            run_blocking(close_litellm_async_clients())
            break
    litellm.in_memory_llm_clients_cache.flush_cache()


@pytest.fixture(autouse=True)
def _said_anew():
    errors.forget_said()


def reasoner_at(url, way, **settings):
    single = Sampling(methods=("logprobs", "single"))
    settings = {"patience": PATIENCE, "sampling": single, "memo": None, **settings}
    return LLMReasoner(
        "openai/scripted",
        api_base=url,
        api_key=KEY,
        options={"transport": way, "extra_headers": {"x-api-key": HEADER}},
        **settings,
    )


def asked(mode, way, **settings):
    """What came of a question: a policy, or the error's words; and what it cost."""
    told = []
    with Hostile(mode) as server, metered(Meter()) as meter:
        reasoner = reasoner_at(server.url, way, observer=told.append, **settings)
        try:
            outcome = reasoner.policy(SITUATION, "ann", 0)
        except LLMError as error:
            outcome = f"{error}{error.__cause__ or ''}{error.__context__ or ''}"
    return outcome, meter.usage(), repr(told), server


def test_there_are_sixty_and_more():
    assert len(MODES) >= 60


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODES)
def test_a_hostile_server(name, way, caplog):
    began = time.monotonic()
    patience = IMPATIENT if name.startswith(ENDLESS) else PATIENCE
    outcome, spent, told, server = asked(MODES[name], way, patience=patience)
    assert time.monotonic() - began < 30.0
    assert server.requests
    assert not any(secret in text for secret in SECRETS for text in (str(outcome), told, caplog.text))
    if isinstance(outcome, str):
        assert outcome.startswith("openai/scripted")
        json.dumps(outcome, ensure_ascii=False).encode()  # it can be written down
    else:
        assert set(outcome) == {"A", "B"}
        assert all(0.0 <= p <= 1.0 for p in outcome.values())
        assert math.fsum(outcome.values()) == pytest.approx(1.0)
    assert 0 <= spent.prompt_tokens <= entering.MOST_TOKENS * spent.calls
    assert 0 <= spent.completion_tokens <= entering.MOST_TOKENS * spent.calls
    assert server.sent < 3 * bounds.MOST_BYTES * spent.calls


RIGHT = {
    "half a surrogate", "utf-16", "cookies that are broken", "finish_reason is an object", "usage below zero",
    "usage huge", "log-probability NaN", "log-probabilities all NaN", "log-probability infinite",
    "log-probability above 0", "log-probability huge", "usage details a text", "echoes in its reasoning",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_what_is_wrong_beside_an_answer_does_not_take_it_away(name):
    outcome, *_ = asked(MODES[name], "direct")
    if name == "half a surrogate":
        assert "is none of the options" in outcome or outcome["A"] > 0.9
    else:
        assert outcome["A"] > 0.9


@pytest.mark.parametrize("way", WAYS)
def test_log_probabilities_that_are_none_are_set_aside_with_one_warning(way, caplog):
    mode = logprobs(("1", -5.0), ("2", float("nan")))
    with Hostile(mode) as server, caplog.at_level(logging.WARNING):
        reasoner = reasoner_at(server.url, way)
        found = [reasoner.policy(SITUATION, player, 0) for player in ("ann", "ben", "ann")]
    assert all(policy["A"] > 0.9 for policy in found), "NaN would have counted as certain"
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "is not asked for logprobs from now on" in warning
    assert "nan" in warning


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [-(10**9), 10**30])
def test_counts_that_are_none_neither_lift_a_budget_nor_end_anything(way, count, caplog):
    mode = usage(prompt_tokens=count, completion_tokens=count, total_tokens=count)
    with Hostile(mode) as server, caplog.at_level(logging.WARNING):
        reasoner = reasoner_at(server.url, way, sampling=Sampling(methods=("single",)))
        agent = AdaptiveAgent("ann", reasoner, budget=Budget(tokens=100, calls=4, per="episode"))
        memory = agent.start(["ben"])
        for _ in range(3):
            decision, memory = agent.decide(SITUATION, memory)
            assert decision.usage is None or decision.usage.tokens == 0
        json.dumps(memory)
    assert len(server.requests) == 4
    assert len([record for record in caplog.records if "no number of tokens" in record.getMessage()]) == 1


# ---- keys ----

URL_KEY = "planted-in-url-77c1"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["content", "label", "thoughts", "json", "reason", "token", "model"])
def test_a_key_that_comes_back_in_an_answer_reaches_nothing(way, where, caplog, capfd):
    told = []
    mode = MODES[f"echoes in its {where}"]
    with Hostile(mode) as server, caplog.at_level(logging.DEBUG, logger="atom"):
        reasoner = reasoner_at(server.url, way, observer=told.append, sampling=Sampling())
        options = {"transport": way, "extra_headers": {"x-api-key": HEADER}}
        actor = LLMActor(
            "ann", "openai/scripted", api_base=server.url, api_key=KEY, options=options, patience=PATIENCE,
            observer=told.append,
        )  # fmt: skip
        agent = AdaptiveAgent("ann", reasoner, agent=actor)
        decision, memory = agent.decide(SITUATION, agent.start(["ben"]))
    sent = [request.decode("latin-1") for request in server.requests]
    assert all(KEY in request and HEADER in request for request in sent), "the server has both"
    bodies = [request.partition("\r\n\r\n")[2] for request in sent]
    written = [repr(told), repr(decision), json.dumps(memory), caplog.text, *capfd.readouterr(), *bodies]
    assert not [secret for secret in SECRETS for text in written if secret in text]
    assert where in ("reason", "token", "model", "thoughts") or HIDDEN in repr(told) or way == "litellm"


def test_secrets_are_found_wherever_they_stand_in_options():
    options = {
        "api_base": f"https://ann:{URL_KEY}@host/v1?key={URL_KEY}2&top_k=3",
        "extra_headers": {"X-Title": "a title", "Authorization": "Bearer planted-bearer-1"},
        "extra_body": {"deep": [{"client_secret": "planted-deep-1"}], "mode": "fast and loose"},
        "max_tokens": 3,
    }
    found = secrets_of(options, "planted-key-1")
    wanted = {URL_KEY, URL_KEY + "2", "planted-bearer-1", "planted-deep-1", "planted-key-1"}
    assert wanted <= found
    assert "fast and loose" not in found
    said = without(" ".join(sorted(wanted)), found)
    assert said.replace(HIDDEN, "").replace("2", "").strip() == ""


def test_a_variable_of_the_environment_that_is_a_word_stays_a_word(monkeypatch):
    monkeypatch.setenv("SORT_KEY", "cooperate")
    monkeypatch.setenv("MY_TOKEN", "Planted-0815-env")
    assert without("I cooperate, Planted-0815-env.", ()) == f"I cooperate, {HIDDEN}."


# ---- time ----


def test_long_texts_of_one_part_are_redacted_in_bounded_time():
    parts = (
        *("eyJ-", "eyJ.", "sk-", "://", "://a", "?key=", "?a", "&", "bearer ", "basic ", "AIza-", "ghp_"),
        *('"', "Action: ", "\\", "{", "=", "eyJaaaaaa.", "a=b&", "%5B", "hf_", "key", "=eyJ"),
    )  # fmt: skip
    began = time.process_time()
    for part in parts:
        redact((part * 10**6)[: 2 * 10**5])
    assert time.process_time() - began < 30.0


@pytest.mark.parametrize("way", WAYS)
def test_what_drips_holds_up_nobody_else_and_leaves_nothing_open(way):
    with Hostile(drips()) as slow, Hostile(answers(completion("1"))) as quick:
        dripping = reasoner_at(slow.url, way, patience=IMPATIENT)
        others = reasoner_at(quick.url, way)
        others.policy(SITUATION, "ann", 0)
        with ThreadPoolExecutor(20) as pool:
            began = time.monotonic()
            hung = [pool.submit(_failed, dripping) for _ in range(16)]
            for _ in range(5):
                assert others.policy(SITUATION, "ann", 0)["A"] > 0.9
            took = time.monotonic() - began
            assert all(future.result() for future in hung)
        assert took < 24.0  # one after the other they would take 48 s
        deadline = time.monotonic() + 30.0
        while slow.open and time.monotonic() < deadline:
            time.sleep(0.02)
        assert slow.open == 0, "sockets of calls that were given up"
    assert len(through_litellm._under_way) == 0


def _failed(reasoner):
    try:
        reasoner.policy(SITUATION, "ann", 0)
    except LLMError:
        return True
    return False


async def test_calls_that_overstay_are_capped_and_cancelled(monkeypatch):
    """A provider of LiteLLM's that is asked by something else than its usual client, and never ends.

    However long it takes to reach it: the loop's clock is put on by hand.
    """
    import asyncio  # noqa: PLC0415

    import litellm  # noqa: PLC0415

    began, ended, passed = [], [], [0.0]
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "time", lambda: time.monotonic() + sum(passed))

    class Hangs(litellm.CustomLLM):
        async def acompletion(self, *arguments, **keywords):
            began.append(True)
            try:
                await asyncio.sleep(10**6)
            finally:
                ended.append(True)

    monkeypatch.setattr(litellm, "custom_provider_map", [{"provider": "hanging", "custom_handler": Hangs()}])
    monkeypatch.setattr(through_litellm, "_LAST", 1_000.0)
    monkeypatch.setattr(through_litellm, "_MOST_OVERDUE", 4)

    def ask():
        return through_litellm.ask("hanging/x", [{"role": "user", "content": "x"}], 1_000.0, None, {})

    asked = [asyncio.ensure_future(ask()) for _ in range(4)]
    while len(began) < 4:
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in asked)
    passed.append(1_500.0)
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in found] == [TimeoutError] * 4
    assert (len(through_litellm._overdue), len(ended)) == (4, 0)
    with pytest.raises(TimeoutError, match="4 requests before this one have not ended"):
        await ask()
    passed.append(1_500.0)
    while through_litellm._overdue:  # noqa: ASYNC110 - what ends them is not ours
        await asyncio.sleep(0.01)
    assert (len(began), len(ended)) == (4, 4)


# ---- memory ----

CHILD = """
import resource, sys, time
from tests.attacks.test_hostile_server import reasoner_at, Hostile, answers, completion, SITUATION
from atom import LLMError
from atom.llm import Patience
way, *urls = sys.argv[1:]
with Hostile(answers(completion())) as server:
    reasoner_at(server.url, way, patience=Patience()).policy(SITUATION, "ann", 0)
for url in urls:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    patience = Patience(timeout=8.0, deadline=8.0, attempts=1)
    try:
        reasoner_at(url, way, patience=patience).policy(SITUATION, "ann", 0)
    except LLMError as error:
        took = time.monotonic() - began
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, took, error)
"""


@pytest.mark.parametrize("way", WAYS)
def test_memory_stays_bounded(way):
    """300 MB in 306 KB of gzip, a body without end, and lists that take 30 times their room."""
    modes = (
        answers(bomb(300), Content_Encoding="gzip"),
        without_end(b" " * 65_536),
        answers(b"[" + b"[]," * 2_000_000 + b"[]]"),
    )
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(Hostile(mode)).url for mode in modes]
        child = [sys.executable, "-c", CHILD, way, *urls]
        done = subprocess.run(child, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert len(lines) == len(modes)
    for kilobytes, seconds, said in lines:
        assert "longer than 16 MiB" in said or "too many parts" in said
        assert float(kilobytes) < 120 * 1024, said
        assert float(seconds) < 60.0, said  # the deadline is 8, on a quiet machine


# ---- settings ----


@pytest.mark.parametrize("name", ["calls", "tokens", "cost", "seconds"])
@pytest.mark.parametrize("limit", [float("nan"), -1, "3", True])
def test_a_budget_that_is_no_number_is_refused(name, limit):
    with pytest.raises(ValueError, match=name):
        Budget(**{name: limit})


def test_settings_that_are_no_numbers_are_refused():
    nan = float("nan")
    for name in ("timeout", "deadline", "pause", "longest_pause", "cooldown"):
        with pytest.raises(ValueError, match="positive"):
            Patience(**{name: nan})
    for settings in ({"temperature": nan}, {"temperature": math.inf}, {"lapse": nan}):
        with pytest.raises(ValueError, match="temperature"):
            Sampling(**settings)


def test_what_was_spent_is_read_from_a_state_or_refused():
    for odd in (
        {"calls": -5},
        {"prompt_tokens": float("nan")},
        {"cost": -1.0},
        {"calls": "3"},
        {"x": 1},
        [1],
    ):
        with pytest.raises(ValueError, match="spent"):
            Usage.from_plain(odd)
    assert Usage.from_plain(Usage(calls=3, cost=None).as_plain()) == Usage(calls=3, cost=None)


# ---- wrapped chat models ----


class Slow:
    """A chat model that answers after a while, or never."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.ended = threading.Event()

    def generate_prompt(self, prompts):
        raise NotImplementedError

    def invoke(self, messages):
        self.ended.wait(self.seconds)
        return "A"

    async def ainvoke(self, messages):
        import asyncio  # noqa: PLC0415

        await asyncio.sleep(self.seconds)
        return "A"


@pytest.mark.parametrize("how", ["at once", "awaited"])
async def test_the_seconds_of_a_budget_hold_for_wrapped_chat_models(how):
    model = Slow(100.0)
    exact = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    agent = AdaptiveAgent("ann", exact, agent=model, budget=Budget(seconds=2.0))
    began = time.monotonic()
    if how == "awaited":
        decision, _ = await agent.adecide(SITUATION, agent.start(["ben"]))
    else:
        decision, _ = agent.decide(SITUATION, agent.start(["ben"]))
    model.ended.set()
    assert time.monotonic() - began < 30.0
    assert decision.action in "AB"
    assert "the budget's time ended" in decision.degraded[0]
    quick = AdaptiveAgent("ann", exact, agent=Slow(0.0), budget=Budget(seconds=60.0))
    assert quick.decide(SITUATION, quick.start(["ben"]))[0].degraded == ()


def test_a_server_that_hangs_while_it_says_what_a_model_can_holds_up_nobody(monkeypatch):
    """LiteLLM asks Ollama's server what a model can, by a client of its own."""
    with Hostile(hangs) as server:
        monkeypatch.setenv("OLLAMA_API_BASE", server.url.removesuffix("/v1"))
        base = server.url.removesuffix("/v1")
        reasoner = LLMReasoner("ollama_chat/no-such", api_base=base, patience=IMPATIENT, memo=None)
        began = time.monotonic()
        with pytest.raises(LLMError):
            reasoner.policy(SITUATION, "ann", 0)
        assert time.monotonic() - began < 30.0
