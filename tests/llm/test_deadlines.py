"""Whose time is whose: fallbacks have theirs, waits are nobody's, and no server is blamed for either."""

import asyncio
import contextlib
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from atom import LLMError, Prediction, Situation, errors
from atom.llm import LLMActor, LLMReasoner, Model, Patience, Sampling
from atom.models import prompts, run_blocking, through_litellm
from atom.models.asking import Asking, Talk
from atom.models.client import Client
from atom.models.deadline import Deadline
from atom.models.settings import ModelSettings
from atom.usage import Budget, Meter, metered
from eval.modelserver import Faults
from tests.attacks.hostile import Hostile, answers, completion, logprobs, refuses

SINGLE = Sampling(methods=("single",), structured=False)
HELLO = [{"role": "user", "content": "Hello"}]
STRICT = Patience(timeout=30.0, deadline=90.0, attempts=1, failures=1, cooldown=900.0)
"""One failure is one too many."""


SITUATION = Situation({"ann": ("A", "B"), "ben": ("A", "B")}, description="Two doors.")


def question(number):
    return replace(SITUATION, description=f"Round {number}.")


@pytest.fixture(autouse=True)
def _said_anew():
    errors.forget_said()


# ---- fallbacks ----


def models_at_nowhere(models, patience):
    fallbacks = [f"openai/{number}" for number in range(1, models)]
    return Client(ModelSettings.of("openai/first", {"fallbacks": fallbacks, "patience": patience}))


@pytest.mark.parametrize(
    ("seconds", "models", "shares"),
    [
        (90.0, 1, [90.0]),
        (90.0, 2, [60.0, 30.0]),
        (90.0, 3, [30.0, 30.0, 30.0]),
        (90.0, 4, [22.5] * 4),
        (20.0, 2, [10.0, 10.0]),
        (300.0, 3, [240.0, 30.0, 30.0]),
    ],
)
@pytest.mark.parametrize("by_budget", [False, True], ids=["deadline", "budget"])
def test_models_that_use_up_their_time_leave_the_others_theirs(
    seconds, models, shares, by_budget, monkeypatch
):
    clock, passed = time.monotonic(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock + sum(passed))
    patience = Patience(timeout=30.0, deadline=300.0 if by_budget else seconds)
    with metered(Meter(Budget(seconds=seconds) if by_budget else None)):
        deadline = models_at_nowhere(models, patience)._deadline()
    had = []
    for model in range(models):
        deadline.keep_for(models - 1 - model)
        had.append(deadline.left())
        passed.append(had[-1])
    assert had == pytest.approx(shares)
    assert deadline.left() == pytest.approx(0.0)


def test_what_a_model_waits_for_is_not_taken_from_the_next():
    deadline = Deadline.after(90.0, 30.0)
    deadline.keep_for(1)
    deadline.at += 900.0
    assert deadline.left() == pytest.approx(960.0, abs=30.0)
    deadline.keep_for(0)
    assert deadline.left() == pytest.approx(990.0, abs=30.0)


class Hanging:
    """A chat model that hangs until it is given up; the clock is put on by hand, and it waits no longer."""

    model_name = "hangs"

    def __init__(self, passed):
        self.passed, self.asked, self.over = passed, 0, threading.Event()

    def generate_prompt(self, prompts):
        raise NotImplementedError

    def invoke(self, messages, config=None, **arguments):
        self.asked += 1
        run_blocking(self._wait())  # in the loop that waits for it, and so after it has begun to
        self.over.wait(60.0)

    async def _wait(self):
        self.passed.append(30.0)


@pytest.fixture
def hanging(monkeypatch):
    clock, passed = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(passed))
    model = Hanging(passed)
    yield model
    model.over.set()


@pytest.fixture
def whole():
    with Hostile(answers(completion("1"))) as server:
        yield server


@pytest.mark.parametrize("what", ["policy", "action"])
def test_a_fallback_is_asked_where_the_first_model_hangs(what, hanging, whole):
    settings = {
        "patience": Patience(timeout=30.0, deadline=90.0, attempts=4, pause=0.0, failures=1, cooldown=900.0),
        "sampling": SINGLE,
        "fallbacks": [Model("openai/scripted", "none", {"api_base": whole.url})],
    }
    if what == "policy":
        asked = LLMReasoner(hanging, memo=None, **settings)
        assert asked.policy(SITUATION, "ann", 0).keys() == {"A", "B"}
    else:
        asked = LLMActor("ann", hanging, **settings)
        assert asked(SITUATION, Prediction(1, {})) in "AB"
    assert [endpoint.breaker.is_open for endpoint in asked.client.endpoints] == [True, False]
    assert (hanging.asked, len(whole.requests)) == (2, 1)


# ---- what says nothing about a server ----


def endpoint_at(server, **settings):
    settings = {"api_base": server.url, "api_key": "none", "patience": STRICT, **settings}
    return Client(ModelSettings.of("openai/scripted", settings)).endpoints[0]


def complete(endpoint, deadline):
    return run_blocking(endpoint.complete(HELLO, deadline=deadline, temperature=0.0, max_tokens=5))


def test_a_server_that_was_not_asked_has_not_failed(serve):
    server = serve()
    endpoint = endpoint_at(server)
    for _ in range(3):
        with pytest.raises(LLMError, match="the deadline passed before it was asked"):
            complete(endpoint, Deadline.after(-1.0, 30.0))
    assert (server.requests, endpoint.breaker.is_open) == (0, False)


@pytest.mark.parametrize("way", ["direct", "litellm"])
@pytest.mark.parametrize("is_whole", [True, False], ids=["its-time", "the-rest"])
def test_a_server_that_had_the_rest_of_its_time_has_not_failed(way, is_whole, serve):
    """As one that answers slowly, and has next to nothing left for a repair."""
    server = serve(faults=Faults({"timeout": 1.0}, hang=60.0))
    endpoint = endpoint_at(server, transport=way)
    with pytest.raises(LLMError, match="no answer within"):
        complete(endpoint, Deadline.after(1.0, 0.2 if is_whole else 30.0))
    assert endpoint.breaker.is_open == is_whole


def test_a_failure_counts_whatever_came_of_the_last_attempt(serve):
    """The second one has next to no time."""
    server = serve(faults=Faults({"timeout": 1.0}, hang=60.0))
    patience = Patience(timeout=1.0, deadline=1.4, attempts=3, pause=0.001, failures=1)
    endpoint = endpoint_at(server, patience=patience)
    with pytest.raises(LLMError, match="no answer within"):
        complete(endpoint, Deadline.after(1.4, 1.0))
    assert endpoint.breaker.is_open


def test_what_other_models_leave_under_way_is_no_failure_of_a_server(whole, monkeypatch):
    monkeypatch.setattr(through_litellm, "_MOST_OVERDUE", 0)
    endpoint = endpoint_at(whole, transport="litellm")
    with pytest.raises(LLMError, match="0 requests before this one have not ended"):
        complete(endpoint, Deadline.after(90.0))
    assert (whole.requests, endpoint.breaker.is_open) == ([], False)
    monkeypatch.undo()
    assert complete(endpoint, Deadline.after(90.0)).texts == ("1",)


class Limiter:
    """Lets everybody go after a while, or nobody."""

    def __init__(self, seconds=0.0, error=None):
        self.seconds, self.error = seconds, error

    async def __aenter__(self):
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error

    async def __aexit__(self, *_):
        pass


class StatusError(Exception):
    status_code = 404


@pytest.mark.parametrize("error", [ConnectionError("its store is down"), StatusError("its store is down")])
def test_a_limiter_that_fails_is_no_failure_of_a_server(error, serve):
    server = serve()
    endpoint = endpoint_at(server, limiter=Limiter(error=error))
    with pytest.raises(LLMError, match=r"its limiter failed: \w+: its store is down"):
        complete(endpoint, Deadline.after(90.0))
    assert (server.requests, endpoint.breaker.is_open) == (0, False)


def test_options_that_are_no_json_are_no_failure_of_a_server(serve):
    server = serve()
    endpoint = endpoint_at(server, extra_body={"top_k": float("nan")}, transport="direct")
    with pytest.raises(LLMError, match=r"options.*JSON"):
        complete(endpoint, Deadline.after(90.0))
    assert (server.requests, endpoint.breaker.is_open) == (0, False)


class TimesOut(Hanging):
    """Its client says itself that it took too long, and where."""

    api_key = "planted-0815-key"

    def __init__(self):
        pass

    def invoke(self, messages, config=None, **arguments):
        raise TimeoutError(f"no answer from https://host/v1?key={self.api_key}")


def test_time_outs_of_others_are_said_without_keys():
    with pytest.raises(LLMError, match="no answer from https://host/v1") as error:
        LLMReasoner(TimesOut(), patience=STRICT, memo=None).policy(SITUATION, "ann", 0)
    assert TimesOut.api_key not in str(error.value)


# ---- waits for a limiter ----


@pytest.mark.parametrize("fails", [False, True])
def test_parallel_waits_put_a_deadline_off_once(fails):
    """By no more than has passed, and by the longest of them: fallbacks have their time, too."""
    actions, count, wait = tuple("ABCDEF"), [0], 0.25
    listed = logprobs(("1", -0.1), ("2", -3.0))

    def mode(stream, request):
        count[0] += 1
        (refuses(401, "no") if fails and count[0] > 1 else listed)(stream, request)

    sampling = Sampling(methods=("logprobs",), permutations=len(actions))
    with Hostile(mode) as server:
        endpoint = endpoint_at(server, limiter=Limiter(wait))
        run_blocking(endpoint.look_up(Deadline.after(90.0)))
        client = Client(ModelSettings.of("openai/x", {"sampling": sampling}))
        asked = prompts.level_zero(Situation({"ann": actions, "ben": actions}), "ann")
        asking = Asking(endpoint, sampling, asked, Deadline.after(90.0), Talk())
        at, began = asking.deadline.at, time.monotonic()
        with pytest.raises(LLMError) if fails else contextlib.nullcontext():
            run_blocking(client._by_listings(asking))
        passed = time.monotonic() - began
    assert 2 * wait <= asking.deadline.at - at + 0.01
    assert asking.deadline.at - at <= passed


# ---- suspensions ----


def test_a_suspended_server_that_answers_is_asked_again(caplog):
    """What was under way before the others failed."""
    slow, failed = threading.Event(), threading.Event()

    def mode(stream, request):
        if b"Round 0" in request:
            slow.set()
            failed.wait(60.0)
        (refuses(503, "no") if b"Round 1" in request else answers(completion("1")))(stream, request)

    with Hostile(mode) as server, ThreadPoolExecutor(1) as pool, caplog.at_level(logging.WARNING):
        reasoner = LLMReasoner(
            "openai/scripted",
            api_base=server.url,
            api_key="none",
            patience=STRICT,
            sampling=SINGLE,
            memo=None,
        )
        answer = pool.submit(reasoner.policy, question(0), "ann", 0)
        assert slow.wait(60.0)
        with pytest.raises(LLMError, match="no"):
            reasoner.policy(question(1), "ann", 0)
        with pytest.raises(LLMError, match="is suspended"):
            reasoner.policy(question(2), "ann", 0)
        failed.set()
        assert answer.result()["A"] > 0.9
        assert reasoner.policy(question(2), "ann", 0)["A"] > 0.9
    said = [record.getMessage() for record in caplog.records]
    assert ["does not answer" in said[0], "answers again" in said[1], len(said)] == [True, True, 2]
