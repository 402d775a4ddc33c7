"""The direct way and LiteLLM's: the same requests, replies, failures, findings and prices."""

import asyncio
import functools
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from atom import LLMError, ToMError
from atom.llm import LLMReasoner, Patience, Sampling
from atom.models import bounds, run_blocking
from atom.models.client import Client
from atom.models.deadline import Deadline
from atom.models.loading import load_litellm
from atom.models.responses import Reply
from atom.models.settings import ModelSettings
from atom.models.table import entry_of, is_plain, price_of
from atom.models.transport import SENT, place_of
from atom.usage import Meter, metered
from eval.modelserver import KINDS, MODES, Faults
from eval.tasks import make_task
from tests.llm.conftest import described, reasoner_at

WAYS = ("direct", "litellm")
SITUATION = described(make_task("memory-1"), [])
# where nothing hangs, a busy machine is not to be taken for a server that does
STEADY = Patience(timeout=30.0, deadline=60.0, attempts=2, pause=0.001, longest_pause=0.002, failures=2)
KEY = "planted-key-4f9d2c7ab81e"


class Raw:
    """A server that sends what it is told, whatever it is asked."""

    def __init__(self, *answers):
        self.requests = []
        raw, left = self, list(answers)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                raw.requests.append((self.command, self.path, dict(self.headers.items()), body))
                status, headers, content = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                if isinstance(content, bytes):
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                    return
                self.send_header("Connection", "close")
                self.end_headers()
                content(self.wfile)
                self.close_connection = True

            def do_GET(self):
                self.do_POST()

            def log_message(self, *_):
                """Silence."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """Clients hang up."""

        self._http = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()


def completion(**changes):
    """The body of a chat completion, with parts of its first choice, message and itself changed."""
    message = {"role": "assistant", "content": "1", **changes.pop("message", {})}
    choice = {"index": 0, "finish_reason": "stop", "message": message, **changes.pop("choice", {})}
    usage = {"prompt_tokens": 30, "completion_tokens": 2, "total_tokens": 32}
    whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "scripted"}
    return {**whole, "choices": [choice], "usage": usage, **changes}


def packed(data):
    return json.dumps(data).encode()


def failing(status, said, **headers):
    return status, headers, said if isinstance(said, bytes) else packed(said)


def endpoint_at(url, way, model="openai/scripted", patience=STEADY, **settings):
    keywords = {"api_base": url, "api_key": KEY, "patience": patience, "transport": way, **settings}
    return Client(ModelSettings.of(model, keywords)).endpoints[0]


def asked(endpoint, **request):
    """What came of one request: a reply, or an error; and what was booked."""
    request = {"temperature": 0.0, "max_tokens": 5, **request}
    with metered(Meter()) as meter:
        try:
            work = endpoint.complete(
                [{"role": "user", "content": "Hello"}], deadline=Deadline.after(60), **request
            )
            outcome = run_blocking(work)
        except LLMError as error:
            outcome = (type(error).__name__, getattr(error, "named", None), getattr(error, "objection", None))
            said = str(error)
        else:
            said = ""
    assert KEY not in said
    usage = meter.usage()
    suspended = endpoint.breaker.is_open
    return outcome, (usage.calls, usage.prompt_tokens, usage.completion_tokens, usage.cost), suspended


def read(outcome):
    """A reply by what is made of it: LiteLLM calls every end that it does not know ``stop``."""
    if not isinstance(outcome, Reply):
        return outcome
    ended = {"length", "content_filter"}.intersection(outcome.ended)
    return outcome.texts, outcome.top, ended, outcome.thinks, outcome.calls_tools


def both(*answers, **settings):
    """The outcome on either way, and how many requests it took."""
    found = []
    for way in WAYS:
        with Raw(*answers) as server:
            found.append((*asked(endpoint_at(server.url, way, **settings)), len(server.requests)))
    return found


E = {"error": {"message": "it broke", "type": "x", "param": None, "code": None}}


def error(message, **more):
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **more}
    }


ERRORS = {
    "500": failing(500, E),
    "500 without a body": failing(500, b""),
    "500 of HTML": failing(500, b"<html>Bad gateway</html>"),
    "502": failing(502, E),
    "503": failing(503, E),
    "504": failing(504, E),
    "408": failing(408, E),
    "409": failing(409, E),
    "418": failing(418, E),
    "429": failing(429, E),
    "429 with a header": failing(429, E, **{"Retry-After": "0.01"}),
    "429 with a date": failing(429, E, **{"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "429 longer than the deadline": failing(429, E, **{"Retry-After": "900"}),
    "401": failing(401, error("Incorrect API key provided: " + KEY, code="invalid_api_key")),
    "403": failing(403, E),
    "403 for its rate": failing(403, {"error": {"message": "rate limit exceeded"}}),
    "404": failing(404, error("The model does not exist", code="model_not_found")),
    "405": failing(405, E),
    "400": failing(400, E),
    "400 of a parameter": failing(400, error("Unsupported value: 'temperature'", param="temperature")),
    "400 in words": failing(400, error("Unrecognized request argument supplied: max_tokens")),
    "400 of text": failing(400, b"temperature is not supported"),
    "400 of an object": failing(400, {"object": "error", "message": "temperature clashes", "code": 400}),
    "400 of a text": failing(400, {"error": "max_tokens must be at least 16"}),
    "400 too large": failing(400, error("max_tokens is too large: 5. At most 3.", param="max_tokens")),
    "400 cut off": failing(400, error("Could not finish the message because max_tokens was reached.")),
    "400 too long": failing(400, error("This model's maximum context length is 8192 tokens.")),
    "500 too long": failing(500, {"error": {"message": "the request exceeds the available context size"}}),
    "413": failing(413, E),
    "415": failing(415, E),
    "3xx to nowhere": failing(304, b""),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_the_same(name):
    one, other = both(ERRORS[name])
    assert one == other


USAGE = {"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def told(*alternatives):
    """Log-probabilities of one token."""
    named = [{"bytes": None, **one} for one in alternatives]
    return {"logprobs": {"content": [{"token": "1", "logprob": -0.1, "bytes": None, "top_logprobs": named}]}}


BODIES = {
    "plain": completion(),
    "no choices": completion(choices=[]),
    "choices of null": completion(choices=None),
    "no message": completion(choices=[{"index": 0, "finish_reason": "stop"}]),
    "message of null": completion(choice={"message": None}),
    "content of null": completion(message={"content": None}),
    "content of parts": completion(message={"content": [{"type": "text", "text": "1"}]}),
    "content of a number": completion(message={"content": 1}),
    "no usage": {name: part for name, part in completion().items() if name != "usage"},
    "usage of null": completion(usage=None),
    "usage with thoughts": completion(usage={**USAGE, "completion_tokens_details": {"reasoning_tokens": 8}}),
    "thoughts in the total": completion(usage={**USAGE, "total_tokens": 99}),
    "thoughts": completion(message={"reasoning_content": "Hm."}),
    "thoughts by another name": completion(message={"reasoning": "Hm."}),
    "a tool": completion(message={"content": None, "tool_calls": [CALL]}),
    "cut off": completion(choice={"finish_reason": "length"}),
    "filtered": completion(choice={"finish_reason": "content_filter"}, message={"content": None}),
    "an error within": {"error": {"message": "it broke", "code": 502}},
    "an error without a code": {"error": {"message": "it broke"}},
    "an error of text": {"error": "it broke"},
    "an empty error": completion(error={}),
    "an error of null": completion(error=None),
    "a list": [1],
    "a text": "hello",
    "null": None,
    "logprobs": completion(choice=told({"token": "1", "logprob": -0.1}, {"token": "2", "logprob": -2})),
    "logprobs without alternatives": completion(choice=told()),
    "logprobs of null": completion(choice={"logprobs": {"content": None}}),
    "another end": completion(choice={"finish_reason": "eos"}),
    "more than was asked": completion(citations=["a"], x_groq={"id": "y"}),
    "two choices": completion(choices=completion()["choices"] * 2),
}  # fmt: skip


UNREADABLE = ("choices of null", "no message", "message of null", "content of parts", "content of a number")
"""What LiteLLM does not read at all; its tokens are counted on the direct way, as the server did."""


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_read_the_same(name):
    one, other = both((200, {}, packed(BODIES[name])))
    assert read(one[0]) == read(other[0])
    assert one[2] == other[2]
    assert one[3] == (other[3] if name != "an error without a code" else 1)  # LiteLLM sends that twice
    assert one[1] == ((2, 60, 4, None) if name in UNREADABLE else other[1])


TO = {"Location": "/v1/elsewhere"}
REDIRECTS = {
    "307": [(307, TO, b""), (200, {}, packed(completion()))],
    "308": [(308, TO, b""), (200, {}, packed(completion()))],
    "301": [(301, TO, b""), (404, {}, packed(E))],
    "302": [(302, TO, b""), (200, {}, packed(completion()))],
    "303": [(303, TO, b""), (500, {}, packed(E))],
    "without end": [(307, TO, b"")],
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_redirects_are_followed_the_same(name):
    went = []
    for way in WAYS:
        with Raw(*REDIRECTS[name]) as server:
            outcome = asked(endpoint_at(server.url, way))
            went.append((outcome[0], outcome[2], [request[:2] for request in server.requests[:3]]))
    assert went[0] == went[1]


@pytest.mark.parametrize("way", WAYS)
def test_a_redirect_to_another_server_is_not_followed(way):
    """Headers of one's own may be keys as well, and so may be messages."""
    with Raw((200, {}, packed(completion()))) as stranger:
        for there in (stranger.url, stranger.url.replace("127.0.0.1", "localhost")):
            with Raw((307, {"Location": f"{there}/chat/completions"}, b"")) as server:
                endpoint = endpoint_at(server.url, way)
                work = endpoint.complete([{"role": "user", "content": "Hello"}], deadline=Deadline.after(60))
                with pytest.raises(LLMError, match="redirects to another server"):
                    run_blocking(work)
            assert KEY in str(server.requests)
    assert not stranger.requests


def breaks_off(stream):
    stream.write(b'{"choices": [')


def trickles(stream):
    for _ in range(2_000):
        stream.write(b" ")
        stream.flush()
        time.sleep(0.02)


BROKEN = {
    "breaks off": (200, {}, breaks_off),
    "breaks off before its length": (200, {"Content-Length": "1000"}, breaks_off),
    "trickles": (200, {}, trickles),
    "is no JSON": (200, {}, b'{"choices": [{"mess'),
    "is empty": (200, {}, b""),
    "is no text": (200, {}, b"\xff\xfe\x00"),
    "is packed": (200, {"Content-Encoding": "gzip"}, gzip.compress(packed(completion()))),
    "is packed badly": (200, {"Content-Encoding": "gzip"}, b"no gzip"),
    "is nested": (200, {}, b"[" * 100_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_responses_are_survived_the_same(name):
    patience = replace(STEADY, timeout=1.0) if name == "trickles" else STEADY
    one, other = both(BROKEN[name], patience=patience)
    assert one == other
    assert (name == "is packed") == isinstance(one[0], Reply)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("packs", [False, True])
def test_a_response_without_end_is_given_up_at_a_limit_that_is_named(packs, status):
    sent = []
    content = gzip.compress(b" " * 2**22) if packs else b" " * 2**16

    def endless(stream):
        for _ in range(2_000):
            stream.write(content)
            sent.append(len(content))

    headers = {"Content-Encoding": "gzip"} if packs else {}
    patience = Patience(timeout=20.0, deadline=20.0, attempts=1)
    with Raw((status, headers, endless)) as server:
        endpoint = endpoint_at(server.url, "direct", patience=patience)
        words = "longer than 16 MiB" if status == 200 else "InternalServerError"
        with pytest.raises(LLMError, match=words):
            run_blocking(endpoint.complete([{"role": "user", "content": "x"}], deadline=Deadline.after(20)))
    assert sum(sent) < 4 * bounds.MOST_BYTES


def test_nobody_listens():
    with Raw((200, {}, b"")) as server:
        pass
    one, other = (asked(endpoint_at(server.url, way)) for way in WAYS)
    assert one == other
    assert one[0][0] == "LLMError"


ALL = [*({kind: 0.3 if kind == "timeout" else 0.5} for kind in KINDS), *((mode,) for mode in MODES)]


@pytest.mark.parametrize("fault", ALL, ids=[str(*fault) for fault in ALL])
def test_every_fault_and_mode_ends_the_same(fault, serve):
    """The same bytes are sent, so the same faults are drawn: requests, answers, usage, findings, errors."""
    found = []
    for way in WAYS:
        rates, modes = (fault, ()) if isinstance(fault, dict) else ({}, fault)
        server = serve(faults=Faults(rates, hang=60.0, modes=modes), record=True, seed=3)
        patience = replace(STEADY, timeout=3.0 if "timeout" in rates else 30.0, attempts=3, failures=50)
        reasoner = reasoner_at(server, patience=patience, transport=way, memo=None, sampling=Sampling())
        outcomes = []
        with metered(Meter()) as meter:
            for player in ("player-1", "player-2"):
                for order in (0, 1):
                    try:
                        outcomes.append(reasoner.for_decision().policy(SITUATION, player, order))
                    except LLMError as error:
                        outcomes.append(type(error))
        usage = replace(meter.usage(), seconds=0.0)
        if fault == ("unfinished",):  # LiteLLM makes a reply of this refusal, with a guess of its tokens
            usage = replace(usage, prompt_tokens=0)
        findings = dict(vars(reasoner.client.endpoints[0].findings))
        found.append((outcomes, server.bodies, server.fault_counts, usage, findings))
    assert found[0] == found[1]
    assert len(found[0][1]) >= 4 or fault == {"unauthorized": 0.5}


def test_what_is_sent_is_the_same_byte_for_byte():
    options = {
        "seed": 3, "top_p": 0.5, "stop": ["x"], "frequency_penalty": 0.1, "presence_penalty": 0.2,
        "logit_bias": {"5": 1}, "extra_body": {"min_p": 0.1}, "extra_headers": {"X-Tag": "b"},
        "organization": "me",
    }  # fmt: skip
    for request in (
        {"n": 3},
        {"logprobs": True, "top_logprobs": 5},
        {"response_format": {"type": "json_object"}},
    ):
        sent = []
        for way in WAYS:
            with Raw((200, {}, packed(completion()))) as server:
                endpoint = endpoint_at(server.url, way, options=options)
                messages = [{"role": "user", "content": "Größe \u2028"}]
                work = endpoint.complete(messages, deadline=Deadline.after(60), temperature=0.1, **request)
                run_blocking(work)
            ((method, path, headers, body),) = server.requests
            kept = ("authorization", "x-tag", "openai-organization", "content-type", "accept")
            headers = {name.lower(): value for name, value in headers.items()}
            sent.append((method, path, body, {name: headers[name] for name in kept}))
        assert sent[0] == sent[1]
        assert sent[0][3]["authorization"] == f"Bearer {KEY}"


AT = {"api_base": "http://127.0.0.1:1/v1"}
DIRECT = [
    ("openai/scripted", AT, {}),
    ("openai/meta-llama/Llama-3.3-70B-Instruct", {}, {"OPENAI_API_BASE": "http://localhost:8000/v1"}),
    ("openai/gpt-4o-mini", {}, {}),
    ("openai/gpt-4.1-2025-04-14", {}, {}),
    ("openai/x", {**AT, "custom_llm_provider": "openai", "seed": 1, "num_ctx": None}, {}),
    ("openai/x", AT, {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}),
    ("openai/o3-mini", {**AT, "transport": "direct"}, {}),
    ("openai/x", {**AT, "transport": "auto"}, {"ATOM_TRANSPORT": "litellm"}),
]  # fmt: skip
THROUGH_LITELLM = [
    ("anthropic/claude-sonnet-4-5", {}, {}),
    ("ollama_chat/llama3.1", {}, {}),
    ("gpt-4o-mini", {}, {}),
    *(
        (f"openai/{name}", {}, {})
        for name in ("o3-mini", "o9-x", "gpt-5", "gpt-5-mini", "gpt-6-sol", "gpt-4")
    ),
    *((f"openai/{name}", {}, {}) for name in ("ft:gpt-4o-2024-08-06", "gpt-audio", "responses/x", "o1-pro")),
    ("openai/gpt-3.5-turbo-instruct", {}, {}),
    ("openai/x", {**AT, "transport": "litellm"}, {}),
    ("openai/x", AT, {"ATOM_TRANSPORT": "litellm"}),
    ("openai/x", {**AT, "num_ctx": 4096}, {}),
    ("openai/x", {**AT, "reasoning_effort": "low"}, {}),
    ("openai/x", {**AT, "custom_llm_provider": "hosted_vllm"}, {}),
    ("openai/x", {"api_base": "http://ann:pw@host/v1"}, {}),
    ("openai/x", {"api_base": "http://host/v1?api-version=2"}, {}),
    ("openai/x", {"api_base": "unix:///x"}, {}),
    ("openai/x", AT, {"HTTP_PROXY": "http://127.0.0.1:9"}),
    ("openai/x", AT, {"all_proxy": "socks5://127.0.0.1:9"}),
    ("openai/x", AT, {"SSL_VERIFY": "False"}),
    ("openai/x", AT, {"LITELLM_LOCAL_MODEL_COST_MAP": "False"}),
    ("openai/x", AT, {"OPENAI_API_KEY": ""}),
]


@pytest.mark.parametrize(("model", "options", "environment"), [*DIRECT, *THROUGH_LITELLM])
def test_which_way(model, options, environment, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    place = place_of(model, options, None)
    assert (place is not None) == ((model, options, environment) in DIRECT)
    if place:
        assert place.name == model.removeprefix("openai/")


def test_what_a_program_told_litellm_is_not_lost(monkeypatch):
    litellm = load_litellm()
    assert place_of("openai/x", AT, SecretStr("none"))
    for name in ("callbacks", "success_callback", "cache", "api_base", "headers", "use_litellm_proxy"):
        with monkeypatch.context() as patch:
            patch.setattr(litellm, name, ["something"])
            assert place_of("openai/x", AT, SecretStr("none")) is None
            with pytest.raises(
                LLMError, match=f"openai/x cannot be asked directly.*{name} is set for LiteLLM"
            ):
                place_of("openai/x", {**AT, "transport": "direct"}, SecretStr("none"))


def test_what_wraps_litellms_call_is_not_passed_by(monkeypatch):
    litellm = load_litellm()
    traced = functools.wraps(litellm.acompletion)(lambda **_: None)  # as tracers do
    monkeypatch.setattr(litellm, "acompletion", traced)
    assert place_of("openai/x", AT, SecretStr("none")) is None


def test_a_gateway_of_the_environment_an_odd_address_and_many_stops_go_through_litellm(monkeypatch):
    key = SecretStr("none")
    assert place_of("openai/x", {"api_base": "http://[::1:8000/v1"}, key) is None
    assert place_of("openai/x", {**AT, "stop": list("abcd")}, key)
    assert place_of("openai/x", {**AT, "stop": list("abcde")}, key) is None
    monkeypatch.setenv("USE_LITELLM_PROXY", "true")
    assert place_of("openai/x", AT, key) is None


CLASHES = [
    ("openai/x", {"transport": "fast"}, "transport of openai/x is one of auto, direct, litellm; got 'fast'"),
    ("ollama/x", {"transport": "direct"}, "transport='direct' of ollama/x clashes with its name"),
    ("openai/x", {"transport": "direct", "num_ctx": 3}, "clashes with the option num_ctx"),
]


@pytest.mark.parametrize(("model", "options", "words"), CLASHES)
def test_a_way_that_cannot_be_is_refused_at_construction(model, options, words):
    with pytest.raises(ToMError, match=words):
        LLMReasoner(model, options=options)


def test_an_environment_variable_that_names_no_way_is_refused(monkeypatch):
    monkeypatch.setenv("ATOM_TRANSPORT", "fast")
    with pytest.raises(ToMError, match="ATOM_TRANSPORT is one of auto, direct, litellm; got 'fast'"):
        LLMReasoner("openai/x", **AT, api_key="none").policy(SITUATION, "player-1", 0)


def test_a_memo_and_findings_know_no_ways(serve):
    server = serve()
    one, other = (reasoner_at(server, transport=way).client.endpoints[0] for way in WAYS)
    assert one.identity == other.identity
    assert one.findings is other.findings


def test_what_litellm_knows_of_models_is_known_without_it():
    """Of every model of its table, as one of OpenAI's or on a server of one's own."""
    litellm = load_litellm()
    names = sorted({name.removeprefix("openai/") for name in litellm.model_cost})
    plain = [name for name in names if is_plain(name)]
    assert {"gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-3.5-turbo"} < {*plain}
    for name in (*plain, "scripted", "qwen3:8b", "deepseek-r1", "a/b/c", "Llama-3.3-70B"):
        model = f"openai/{name}"
        assert not litellm.supports_reasoning(model=model, custom_llm_provider=None), name
        schema = bool(entry_of(name).get("supports_response_schema"))
        assert litellm.supports_response_schema(model=model) == schema, name
        taken = {"temperature", "max_tokens", "logprobs", "top_logprobs", "n", "response_format", *SENT}
        assert taken <= {*litellm.get_supported_openai_params(model=model, custom_llm_provider=None)}, name
        usage = {
            "prompt_tokens": 1000,
            "completion_tokens": 70,
            "prompt_tokens_details": {"cached_tokens": 200},
        }
        if entry_of(name):
            known = litellm.ModelResponse(model=name, usage=litellm.Usage(**usage, total_tokens=1070))
            priced = litellm.completion_cost(known, model=model)
            assert price_of(name, usage, None) == pytest.approx(priced), name


PRICED = [
    (asked, answered, tier)
    for asked in ("scripted", "gpt-4o-mini")
    for answered in ("scripted", "gpt-4o-mini-2024-07-18", "gpt-4o", "gpt-5", "o3-mini", "claude-sonnet-4-5")
    for tier in (None, "priority")
]


@pytest.mark.parametrize(("asked_of", "answered", "tier"), PRICED)
def test_prices_are_the_same_whoever_answers(asked_of, answered, tier):
    usage = {
        "prompt_tokens": 1000, "completion_tokens": 70, "total_tokens": 1070,
        "prompt_tokens_details": {"cached_tokens": 200, "audio_tokens": 0},
    }  # fmt: skip
    body = completion(model=answered, usage=usage, **({"service_tier": tier} if tier else {}))
    one, other = both((200, {}, packed(body)), model=f"openai/{asked_of}")
    assert one[1][3] == pytest.approx(other[1][3])
    assert one[1][3] is not None or asked_of == "scripted"


_ASKING = """
import sys, threading, time
from atom import Situation
from atom.llm import LLMReasoner, Sampling
import atom.models.prompts as prompts
situation = Situation({"ann": ("A", "B"), "ben": ("A", "B")}, description="Different actions pay 5.")
SINGLE = Sampling(methods=("single",))
"""

_SLOWLY = """
from importlib.machinery import PathFinder
from atom import LLMError
from atom.llm import Patience
from atom.usage import Budget, Meter, metered

class Slowly:
    imported = False

    def find_spec(self, name, path=None, target=None):
        if name != module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module
        def slowly(made):
            wait()
            execute(made)
            self.imported = True
        spec.loader.exec_module = slowly
        return spec

sys.meta_path.insert(0, slowly := Slowly())
"""


def process(code, url):
    environment = {**os.environ, "OPENAI_API_BASE": url, "OPENAI_API_KEY": "none"}
    return subprocess.run(
        [sys.executable, "-c", _ASKING + code], capture_output=True, text=True, check=True, env=environment
    )


def test_litellm_is_not_imported_where_models_are_asked_directly(serve):
    code = (
        "for model in ('openai/scripted', 'openai/gpt-4o-mini'):\n"
        "    for sampling in (SINGLE, Sampling(methods=('single',), structured=True)):\n"
        "        LLMReasoner(model, memo=None, sampling=sampling).policy(situation, 'ann', 1)\n"
        "print(sorted({'litellm', 'openai', 'httpx'} & sys.modules.keys()))"
    )
    with Raw((200, {}, packed(completion()))) as server:
        done = process(code, server.url)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert len(server.requests) >= 4


def test_litellm_is_imported_in_a_thread_while_the_question_is_written():
    code = (
        "written = prompts.level_zero\n"
        "def level_zero(*arguments):\n"
        "    print([thread.name for thread in threading.enumerate() if thread.name == 'atom-import'])\n"
        "    print(hasattr(sys.modules.get('litellm'), 'acompletion'))\n"
        "    return written(*arguments)\n"
        "prompts.level_zero = level_zero\n"
        "reasoner = LLMReasoner('openai/scripted', memo=None, sampling=SINGLE, transport='litellm')\n"
        "print('litellm' in sys.modules)\n"
        "reasoner.policy(situation, 'ann', 0)\n"
        "print('litellm' in sys.modules)"
    )
    with Raw((200, {}, packed(completion()))) as server:
        done = process(code, server.url)
    assert done.stdout.splitlines() == ["False", "['atom-import']", "False", "True"]


@pytest.mark.parametrize(("way", "module"), [("direct", "aiohttp"), ("litellm", "litellm")])
def test_what_an_import_takes_is_no_time_of_a_request(way, module):
    """However long: the clock is put on by a quarter of an hour meanwhile."""
    code = (
        f"module, clock = {module!r}, time.monotonic\n"
        "def wait():\n"
        "    time.sleep(2)\n"
        "    time.monotonic = lambda: clock() + 900.0\n"
        f"reasoner = LLMReasoner('openai/scripted', memo=None, sampling=SINGLE, transport={way!r},\n"
        "    patience=Patience(timeout=60.0, deadline=60.0, attempts=1))\n"
        "print(reasoner.policy(situation, 'ann', 0)['A'] > 0.9, slowly.imported)"
    )
    with Raw((200, {}, packed(completion()))) as server:
        done = process(_SLOWLY + code, server.url)
    assert (done.stdout.strip(), done.stderr) == ("True True", "")
    assert len(server.requests) == 1


@pytest.mark.parametrize(("way", "module"), [("direct", "aiohttp"), ("litellm", "litellm")])
def test_a_budget_waits_for_no_import(way, module):
    code = (
        f"module = {module!r}\n"
        "def wait():\n"
        "    time.sleep(5)\n"
        f"reasoner = LLMReasoner('openai/scripted', memo=None, sampling=SINGLE, transport={way!r})\n"
        "try:\n"
        "    with metered(Meter(Budget(seconds=0.3))):\n"
        "        reasoner.policy(situation, 'ann', 0)\n"
        "except LLMError as error:\n"
        "    print(type(error).__name__, slowly.imported)\n"
        "print(reasoner.policy(situation, 'ann', 0)['A'] > 0.9, slowly.imported)"
    )
    with Raw((200, {}, packed(completion()))) as server:
        done = process(_SLOWLY + code, server.url)
    assert done.stdout.splitlines() == ["BudgetError False", "True True"]
    assert len(server.requests) == 1


def test_a_child_asks_on_connections_of_its_own(serve):
    code = (
        "import os\n"
        "reasoner = LLMReasoner('openai/scripted', memo=None, sampling=SINGLE)\n"
        "reasoner.policy(situation, 'ann', 0)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    reasoner.policy(situation, 'ben', 0)\n"
        "    sys.exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "reasoner.policy(situation, 'ben', 0)\n"
    )
    with Raw((200, {}, packed(completion()))) as server:
        done = process(code, server.url)
    assert (done.stdout, done.stderr) == ("", "")
    assert len(server.requests) >= 3


def test_waiting_callers_do_not_wait_for_each_other(serve):
    server = serve(latency=0.3)
    reasoner = reasoner_at(server, memo=None)

    async def many():
        began = time.monotonic()
        await asyncio.gather(*(reasoner.for_decision().apolicy(SITUATION, "player-1", 0) for _ in range(150)))
        return time.monotonic() - began

    assert asyncio.run(many()) < 40.0  # one after the other, 45
    assert server.requests == 150
