"""The scripted model server: chat completions over HTTP on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, TypedDict, Unpack

import numpy as np

from eval.modelserver.answering import Mind, complete
from eval.modelserver.faults import Faults
from eval.modelserver.modes import in_mode, refusal
from eval.modelserver.reading import UnreadableError

_REPLY_FAULTS = ("empty", "over-long", "illegal", "wrong-schema")


@dataclass
class _Traffic:
    """What the server saw."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    repeats: Counter[bytes] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)


class Behaviour(TypedDict, total=False):
    """What the scripted model is like, and what its server can.

    Attributes:
        rationality, gullible, chatty: see ``Mind``.
        logprobs: whether log-probabilities are given where asked for.
        samples: whether n > 1 is honoured.
        schemas: whether a ``response_format`` is accepted; if not, such requests are refused.
        models: names of the models that are served, 404 for others; None serves every name.
    """

    rationality: float
    gullible: bool
    chatty: bool
    logprobs: bool
    samples: bool
    schemas: bool
    models: Collection[str] | None


class ScriptedServer:
    """A scripted model behind an OpenAI-compatible endpoint; a context manager.

    Whatever is random is drawn by (seed, request, how often that request came before), so the same
    questions meet the same answers and faults in whatever order they arrive.

    Args:
        port: to listen on; 0 for a free one.
        latency: seconds before every answer, >= 0.
        faults: what goes wrong, and how often; what its model does to every request.
        seed: seed of answers and faults, >= 0.
        record: whether to keep the requests' bodies in ``bodies``.
        behaviour: see ``Behaviour``; a rational model that is neither gullible nor chatty, and a server
            that can all.

    Raises:
        TypeError: no such behaviour.

    Example:
        >>> with ScriptedServer() as server:
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        faults: Faults | None = None,
        seed: int = 0,
        record: bool = False,
        **behaviour: Unpack[Behaviour],
    ) -> None:
        if unknown := behaviour.keys() - Behaviour.__annotations__.keys():
            raise TypeError(f"a scripted server has no {', '.join(sorted(unknown))}")
        self.latency = latency
        self.faults = faults or Faults()
        self.mind = Mind(
            behaviour.get("rationality", 3.0),
            behaviour.get("gullible", False),
            behaviour.get("chatty", "chatty-logprobs" in self.faults.modes),
        )
        self.logprobs = behaviour.get("logprobs", "no-logprobs" not in self.faults.modes)
        self.samples = behaviour.get("samples", True)
        self.schemas = behaviour.get("schemas", True)
        self.models = behaviour.get("models")
        self.seed = seed
        self.record = record
        self._traffic = _Traffic()
        self._http = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """What clients call ``api_base``."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def requests(self) -> int:
        """How many requests came."""
        return self._traffic.requests

    @property
    def fault_counts(self) -> dict[str, int]:
        """Kind of fault -> how often it struck."""
        return dict(self._traffic.faults)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The requests' bodies, with ``record=True``."""
        return list(self._traffic.bodies)

    def start(self) -> Self:
        """Answers from now on, in threads of its own."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops listening, so that further connections are refused, and drops the open ones."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.drop_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def arrange(self, body: bytes) -> tuple[np.random.Generator, str]:
        """The random numbers and the fault of the next request with this body."""
        digest = hashlib.sha256(body).digest()
        with self._traffic.lock:
            repeat = self._traffic.repeats[digest]
            self._traffic.repeats[digest] += 1
            self._traffic.requests += 1
            rng = np.random.default_rng([self.seed, repeat, *digest[:8]])
            fault = self.faults.draw(rng)
            if fault:
                self._traffic.faults[fault] += 1
            if self.record:
                self._traffic.bodies.append(json.loads(body))
        return rng, fault

    def answer(self, body: bytes, rng: np.random.Generator, fault: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """Status and body of the response."""
        try:
            request = json.loads(body)
        except ValueError:
            return _error(HTTPStatus.BAD_REQUEST, "the body is no JSON")
        name = request.get("model")
        if self.models is not None and name not in self.models:
            return _error(HTTPStatus.NOT_FOUND, f"the model {name!r} does not exist")
        if request.get("response_format") and not self.schemas:
            return _error(HTTPStatus.BAD_REQUEST, "response_format is not supported")
        refused = refusal(request, self.faults.modes, self.faults.thoughts)
        if refused:
            return _error(HTTPStatus.BAD_REQUEST, *refused)
        if not self.logprobs:
            request.pop("logprobs", None)
        if not self.samples:
            request["n"] = 1
        try:
            completion = complete(request, self.mind, rng, fault)
            return HTTPStatus.OK, in_mode(completion, request, self.faults.modes, self.faults.thoughts)
        except UnreadableError as error:
            return _error(HTTPStatus.BAD_REQUEST, f"the scripted server cannot read the prompt: {error}")


def _error(status: HTTPStatus, message: str, param: str | None = None) -> tuple[HTTPStatus, dict[str, Any]]:
    error = {"message": message, "type": status.phrase, "param": param, "code": int(status)}
    return status, {"error": error}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], scripted: ScriptedServer) -> None:
        self.scripted = scripted
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Ends connections that clients keep open."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that time out hang up; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:  # the name is the protocol's
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scripted = self.server.scripted
        if not self.path.endswith("/chat/completions"):
            self._respond(*_error(HTTPStatus.NOT_FOUND, f"there is no {self.path} here"))
            return
        rng, fault = scripted.arrange(body)
        if scripted.latency:
            time.sleep(scripted.latency)
        if fault == "timeout":
            time.sleep(scripted.faults.hang)
        if fault == "reset":
            # an immediate close with a timeout of 0 sends RST instead of FIN
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif fault == "rate-limit":
            after = scripted.faults.retry_after
            content = json.dumps(_error(HTTPStatus.TOO_MANY_REQUESTS, "too many requests")[1])
            header = "" if after is None else f"Retry-After: {after:g}\r\n"
            self._write(HTTPStatus.TOO_MANY_REQUESTS, content.encode(), header)
        elif fault == "server-error":
            self._respond(*_error(HTTPStatus.INTERNAL_SERVER_ERROR, "something broke"))
        elif fault == "leak":
            key = self.headers.get("Authorization", "")
            self._respond(*_error(HTTPStatus.INTERNAL_SERVER_ERROR, f"internal error, headers: {key}"))
        elif fault == "unauthorized":
            self._respond(*_error(HTTPStatus.UNAUTHORIZED, "no such key"))
        elif fault == "garbage":
            self._write(HTTPStatus.OK, b'{"choices": [{"mess')
        else:
            self._respond(*scripted.answer(body, rng, fault if fault in _REPLY_FAULTS else ""))

    def _respond(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        self._write(status, json.dumps(content).encode())

    def _write(self, status: HTTPStatus, content: bytes, header: str = "") -> None:
        head = (
            f"HTTP/1.1 {int(status)} {status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n{header}\r\n"
        )
        # One write: two small ones would wait for each other's acknowledgement, some 50 ms a call.
        self.wfile.write(head.encode() + content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""
