"""A model server that means harm: real HTTP on loopback, a script for every mode."""

import contextlib
import gzip
import json
import socket
import threading
import time
import zlib

KEY = "sk-planted-0a1b2c3d4e5f6a7b"
HEADER = "planted-header-9f8e7d6c5b4a"
MEGABYTE = 2**20


def completion(content="1", **further):
    """A chat completion; ``further`` replaces parts of it, or of its first choice."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    choice |= {
        name: further.pop(name) for name in ("message", "finish_reason", "logprobs") if name in further
    }
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}
    whole = {"id": "x", "object": "chat.completion", "created": 1, "model": "scripted"}
    return {**whole, "choices": [choice], "usage": usage, **further}


def packed(content):
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def head(status=200, length=None, **headers):
    lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["Connection: close"] + ([] if length is None else [f"Content-Length: {length}"])
    return "\r\n".join([*lines, "", ""]).encode()


def answers(content, status=200, **headers):
    """A mode that answers so, whole."""
    body = packed(content)
    return lambda stream, request: stream.send(head(status, len(body), **headers) + body)


def drips(first=b'{"choices": ', pause=0.02):
    def mode(stream, request):
        stream.send(head() + first)
        for _ in range(3_000):
            stream.send(b" ")
            time.sleep(pause)

    return mode


def drips_its_head(stream, request):
    stream.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(3_000):
        stream.send(b"x")
        time.sleep(0.02)


def hangs(stream, request):
    time.sleep(100.0)


def goes_away(stream, request):
    stream.close()


def breaks_off(stream, request):
    stream.send(head(length=1_000) + b'{"choices": [')


def without_end(part, **headers):
    def mode(stream, request):
        stream.send(head(**headers))
        while True:
            stream.send(part)

    return mode


def head_without_end(stream, request):
    stream.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        stream.send(b"X-More: " + b"x" * 1_000 + b"\r\n")


def bomb(megabytes=300, level=9):
    """``megabytes`` of spaces, as gzip packs them: a thousandth of that."""
    pack = zlib.compressobj(level, zlib.DEFLATED, 31)
    part = b" " * MEGABYTE
    return b"".join([*(pack.compress(part) for _ in range(megabytes)), pack.flush()])


def twice(content):
    return gzip.compress(gzip.compress(content))


def echoes(where):
    """A mode that says back what it was sent with, in a successful answer."""

    def mode(stream, request):
        heads = request.split(b"\r\n\r\n")[0].decode("latin-1")
        secrets = " ".join(line for line in heads.splitlines()[1:] if "planted" in line)
        made = {
            "content": lambda: completion(f"Sure. {secrets}"),
            "label": lambda: completion(f"1\n{secrets}"),
            "thoughts": lambda: completion(f"<think>{secrets}</think>1"),
            "reasoning": lambda: completion(
                message={"role": "assistant", "content": "1", "reasoning_content": secrets}
            ),
            "json": lambda: completion(json.dumps({"reply": secrets})),
            "reason": lambda: completion("", finish_reason=secrets),
            "token": lambda: completion(
                logprobs={
                    "content": [
                        {"token": secrets, "logprob": 0, "top_logprobs": [{"token": secrets, "logprob": 0.0}]}
                    ]
                }
            ),
            "model": lambda: completion("neither", model=secrets, id=secrets),
        }[where]()
        answers(made, X_Echo=secrets)(stream, request)

    return mode


def refuses(status, message, **headers):
    return answers(
        {"error": {"message": message, "type": "x", "param": None, "code": status}}, status, **headers
    )


def logprobs(*tokens):
    """A mode of log-probabilities, of one token for every one that is given."""
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in tokens]
    first = {**top[0], "top_logprobs": top} if top else {}
    return answers(completion("1", logprobs={"content": [first]}))


def usage(**counts):
    return answers(completion("1", usage=counts))


class Hostile:
    """The server; a context manager.

    Args:
        mode: what is done with every connection, ``mode(socket, request)``.
    """

    def __init__(self, mode):
        self.mode = mode
        self.requests = []
        self.open = 0
        self.sent = 0
        self._lock = threading.Lock()
        self._sockets = set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._sockets.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self._lock:
            self.open += 1
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(20.0)
            request = _read(connection)
            if request:
                self.requests.append(request)
                self.mode(_Counting(connection, self), request)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        self._sockets.discard(connection)
        with self._lock:
            self.open -= 1


class _Counting:
    """A socket of which the server counts what it sends, and notices that nobody reads it any more."""

    def __init__(self, connection, server):
        self._connection, self._server = connection, server

    def send(self, content):
        self._connection.sendall(content)
        self._server.sent += len(content)

    def close(self):
        self._connection.close()


def _read(connection):
    """A request, whole."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = connection.recv(65_536)
        if not part:
            return found
        found += part
    heads, _, body = found.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in heads.lower().splitlines()
            if line.startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        part = connection.recv(65_536)
        if not part:
            break
        body += part
    return heads + b"\r\n\r\n" + body


NAN, INFINITY = float("nan"), float("inf")
E30 = 10**30
LONG = "9" * 5_000

MODES = {
    # speeds
    "drips": drips(),
    "drips spaces before its answer": drips(b""),
    "drips its head": drips_its_head,
    "hangs": hangs,
    "goes away": goes_away,
    "breaks off": breaks_off,
    # sizes
    "body without end": without_end(b" " * 65_536),
    "answer without end": without_end(b'{"choices": "' + b"x" * 65_536),
    "head without end": head_without_end,
    "gzip without end": without_end(gzip.compress(b" " * 2**22), Content_Encoding="gzip"),
    "bomb": answers(bomb(64), Content_Encoding="gzip"),
    "bomb in an error": answers(bomb(64), 500, Content_Encoding="gzip"),
    "bomb within a bomb": answers(gzip.compress(bomb(64)), Content_Encoding="gzip, gzip"),
    "long answer": answers(completion("x" * 2 * MEGABYTE)),
    "long error": refuses(400, "x" * 2 * MEGABYTE),
    "long error with numbers": refuses(400, f"max_tokens is {LONG}, which is too large"),
    "long error of keys": refuses(500, "eyJ-" * 100_000),
    "many choices": answers(completion() | {"choices": completion()["choices"] * 20_000}),
    "many arrays": answers(b"[" + b"[]," * 200_000 + b"[]]"),
    "nested": answers(b"[" * 200_000),
    "length that is a lie": lambda stream, request: stream.send(head(length=10**12) + packed(completion())),
    "length below zero": lambda stream, request: stream.send(head(length=-5) + packed(completion())),
    # encodings
    "no text": answers(b"\xff\xfe\x00\x81"),
    "utf-16": answers(json.dumps(completion()).encode("utf-16")),
    "half a surrogate": answers(json.dumps(completion("\ud800 1")).encode()),
    "only half a surrogate": answers(json.dumps(completion("\udfff")).encode()),
    "zero characters": answers(completion("\0" * 100)),
    "packed by nothing known": answers(completion(), Content_Encoding="zip"),
    "packed badly": answers(b"no gzip", Content_Encoding="gzip"),
    "packed twice": answers(twice(packed(completion())), Content_Encoding="gzip"),
    "odd charset": answers(completion(), Content_Type="application/json; charset=no-such"),
    # types
    "is null": answers(b"null"),
    "is a number": answers(b"1e999"),
    "is a long number": answers(b'{"choices": ' + LONG.encode() + b"}"),
    "choices is a number": answers(completion(choices=3)),
    "choices are texts": answers(completion(choices=["1"])),
    "choices are null": answers(completion(choices=[None])),
    "message is a text": answers(completion(message="1")),
    "message is null": answers(completion(message=None)),
    "content is a number": answers(completion(1)),
    "content is a list": answers(completion([{"type": "text", "text": "1"}, None])),
    "content is an object": answers(completion({"text": "1"})),
    "content is null": answers(completion(None)),
    "finish_reason is an object": answers(completion("1", finish_reason={"a": []})),
    "tool_calls are numbers": answers(completion(message={"content": None, "tool_calls": [1, None]})),
    "id is an object": answers(completion("1", id={}, created="x", model=[])),
    "error is a list": answers({"error": [1, 2]}),
    # log-probabilities
    "log-probability NaN": logprobs(("1", NAN), ("2", -1.0)),
    "log-probabilities all NaN": logprobs(("1", NAN), ("2", NAN)),
    "log-probability infinite": logprobs(("1", INFINITY), ("2", -1.0)),
    "log-probability above 0": logprobs(("1", 78.0), ("2", 78.0)),
    "log-probability a text": logprobs(("1", "high"), ("2", -1.0)),
    "log-probability null": logprobs(("1", None), ("2", -1.0)),
    "log-probability huge": logprobs(("1", -E30), ("2", E30)),
    "log-probability of no token": logprobs((None, -0.1), (7, -0.1)),
    "log-probabilities a text": answers(completion("1", logprobs="yes")),
    "log-probabilities of numbers": answers(completion("1", logprobs={"content": [1, 2]})),
    "log-probabilities without a place": answers(completion("1", logprobs={"content": [{"top_logprobs": 3}]})),  # noqa: E501
    # usage
    "usage below zero": usage(prompt_tokens=-(10**9), completion_tokens=-5, total_tokens=-(10**9)),
    "usage huge": usage(prompt_tokens=E30, completion_tokens=E30, total_tokens=E30),
    "usage NaN": usage(prompt_tokens=NAN, completion_tokens=NAN, total_tokens=NAN),
    "usage infinite": usage(prompt_tokens=INFINITY, completion_tokens=1, total_tokens=INFINITY),
    "usage of texts": usage(prompt_tokens="many", completion_tokens="12", total_tokens=[]),
    "usage of fractions": usage(prompt_tokens=1.5, completion_tokens=True, total_tokens=None),
    "usage is a list": answers(completion("1", usage=[1, 2])),
    "usage is a text": answers(completion("1", usage="much")),
    "usage details a text": usage(prompt_tokens=1, completion_tokens=1, completion_tokens_details="x"),
    # status
    "status 200 with an error": answers({"error": {"message": "no", "code": "weird"}}),
    "status 204": answers(b"", 204),
    "status 418": refuses(418, "a teapot"),
    "status 429 for ever": refuses(429, "slow down", Retry_After="1e308"),
    "status 503 and NaN": refuses(503, "later", Retry_After="nan"),
    "status 999": refuses(999, "odd"),
    "status without a number": lambda stream, request: stream.send(b"HTTP/1.1 abc OK\r\n\r\n"),
    "no HTTP": lambda stream, request: stream.send(b"\x16\x03\x01 no http\r\n\r\n"),
    # redirects and cookies
    "redirects in a circle": answers(b"", 307, Location="/v1/chat/completions"),
    "redirects to a file": answers(b"", 307, Location="file:///etc/passwd"),
    "redirects to nothing": answers(b"", 302, Location="http://"),
    "redirects without a place": answers(b"", 307),
    "cookies": answers(completion("neither"), Set_Cookie="a=" + "x" * 3_000 + "; Path=/"),
    "cookies that are broken": answers(completion(), Set_Cookie="=;=; \x01"),
    # echoes
    **{f"echoes in its {where}": echoes(where) for where in (
        "content", "label", "thoughts", "reasoning", "json", "reason", "token", "model"
    )},
    # instructions and marks
    "escape sequences": answers(completion("\x1b[31m\x1b]8;;http://x\x07 1 \x1b[0m")),
    "brackets": answers(completion("[" * 3_000)),
    "backticks": answers(completion("```json\n" * 2_000)),
}  # fmt: skip
